"""SNS envelopes with real signatures, made by the letter of Amazon's description and not by the code under test."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

TOPIC = "arn:aws:sns:us-west-2:555566667777:catalog-ingestion-results"
CERTIFICATE_URL = "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

SIGNED_KEYS = {
    "Notification": ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
    "SubscriptionConfirmation": ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
    "UnsubscribeConfirmation": ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
}


def notification(**changes: Any) -> dict[str, Any]:
    """An unsigned notification; a change to None leaves the key out."""
    fields = {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Message": "https://results.s3.us-west-2.amazonaws.com/ing-1.json?X-Amz-Signature=0",
        "Timestamp": "2026-11-23T11:59:58.123Z",
    }
    return {key: value for key, value in (fields | changes).items() if value is not None}


def confirmation(**changes: Any) -> dict[str, Any]:
    """An unsigned SubscriptionConfirmation."""
    fields = {
        "Type": "SubscriptionConfirmation",
        "Message": f"You have chosen to subscribe to the topic {TOPIC}.\nTo confirm the subscription, visit ...",
        "Token": "2336412f37fb687f5d51e6e241d09c805a5a57b30d712f794cc5f6a988666d92",
        "SubscribeURL": f"https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336",
    }
    return notification(**(fields | changes))


class Signer:
    """A key of our own with a certificate, in SNS's place."""

    def __init__(
        self,
        *,
        valid_from: datetime = NOW - timedelta(days=100),
        valid_until: datetime = NOW + timedelta(days=100),
        elliptic: bool = False,
    ) -> None:
        self._key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = (
            ec.generate_private_key(ec.SECP256R1())
            if elliptic
            else rsa.generate_private_key(public_exponent=65537, key_size=2048)
        )
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(1)
            .not_valid_before(valid_from)
            .not_valid_after(valid_until)
            .sign(self._key, hashes.SHA256())
        )
        self.pem = certificate.public_bytes(serialization.Encoding.PEM)

    def sign(self, fields: dict[str, Any], *, version: str = "1", **changes: Any) -> str:
        """The body of an SQS message. `changes` are made after signing."""
        text = "".join(f"{key}\n{fields[key]}\n" for key in SIGNED_KEYS[fields["Type"]] if key in fields)
        algorithm = {"1": hashes.SHA1(), "2": hashes.SHA256()}[version]
        assert isinstance(self._key, rsa.RSAPrivateKey)
        signature = self._key.sign(text.encode(), padding.PKCS1v15(), algorithm)
        envelope = fields | {
            "SignatureVersion": version,
            "Signature": base64.b64encode(signature).decode(),
            "SigningCertURL": CERTIFICATE_URL,
        }
        return json.dumps({key: value for key, value in (envelope | changes).items() if value is not None})
