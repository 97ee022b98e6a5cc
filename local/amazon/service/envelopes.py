"""SNS envelopes with a real signature: the emulator's own says `FAKE`."""

import base64
import json
import uuid
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

SIGNED_KEYS = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
DIGESTS: dict[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}


def notification(topic_arn: str, message: str, *, message_id: str | None = None) -> dict[str, Any]:
    """The envelope of a message, unsigned."""
    return {
        "Type": "Notification",
        "MessageId": message_id or str(uuid.uuid4()),
        "TopicArn": topic_arn,
        "Message": message,
        "Timestamp": _now(),
        "UnsubscribeURL": f"https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&TopicArn={topic_arn}",
    }


def subscription_confirmation(topic_arn: str, token: str, subscribe_url: str) -> dict[str, Any]:
    """The envelope of a subscription confirmation, unsigned."""
    return {
        "Type": "SubscriptionConfirmation",
        "MessageId": str(uuid.uuid4()),
        "Token": token,
        "TopicArn": topic_arn,
        "Message": f"You have chosen to subscribe to the topic {topic_arn}.\n"
        "To confirm the subscription, visit the SubscribeURL included in this message.",
        "SubscribeURL": subscribe_url,
        "Timestamp": _now(),
    }


def sign(envelope: dict[str, Any], key_pem: bytes, certificate_url: str, *, version: str = "1") -> str:
    """The envelope as SNS puts it into a queue."""
    key = serialization.load_pem_private_key(key_pem, password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    text = "".join(f"{name}\n{envelope[name]}\n" for name in SIGNED_KEYS[envelope["Type"]] if name in envelope)
    signature = key.sign(text.encode(), padding.PKCS1v15(), DIGESTS[version])
    return json.dumps(
        {
            **envelope,
            "SignatureVersion": version,
            "Signature": base64.b64encode(signature).decode(),
            "SigningCertURL": certificate_url,
        }
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
