"""The simulator's envelopes, verified by the app's own verifier."""

import json

import pytest

from chalicelib.amazon.messages import UnreadableMessage, read_envelope
from chalicelib.amazon.signatures import Verifier
from local.amazon import certificate
from local.amazon.service import envelopes

TOPIC = "arn:aws:sns:us-east-1:000000000000:amazon-catalog-ingestions"
PREFIX = "http://127.0.0.1:4566/amazon-catalog/"
URL = f"{PREFIX}SimpleNotificationService-0123abcd.pem"
KEY, CERTIFICATE = certificate.make()
VERIFIER = Verifier(TOPIC, certificate_url_prefix=PREFIX, fetch=lambda _: CERTIFICATE)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize(
    "envelope",
    [
        envelopes.notification(TOPIC, '{"ingestionId": "i-1"}'),
        envelopes.notification(TOPIC, "a text", message_id="m-1") | {"Subject": "with a subject"},
        envelopes.subscription_confirmation(TOPIC, "token", "http://127.0.0.1:4566/?Action=ConfirmSubscription"),
    ],
    ids=["notification", "with subject", "confirmation"],
)
def test_a_signed_envelope_is_verified(envelope: dict[str, str], version: str) -> None:
    VERIFIER.verify(read_envelope(envelopes.sign(envelope, KEY, URL, version=version)))


def test_a_changed_envelope_is_not() -> None:
    signed = json.loads(envelopes.sign(envelopes.notification(TOPIC, "a text"), KEY, URL))
    with pytest.raises(UnreadableMessage, match="signature is wrong"):
        VERIFIER.verify(read_envelope(json.dumps({**signed, "Message": "another text"})))
