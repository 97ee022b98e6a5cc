"""Certificates and RSA signatures of SNS messages.

Apart from messages.py, which imports it at the first signature: cryptography costs a cold start 50 ms, and only one of
the functions reads messages.
"""

import base64
import binascii
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from chalicelib.amazon.messages import Envelope, MessageNotVerifiableNow, UnreadableMessage

_HASHES = {"1": SHA1, "2": SHA256}
"""By signature version."""


class Certificate:
    """A certificate that SNS signs with.

    Args:
        pem: the certificate.
        url: where it came from.

    Raises:
        MessageNotVerifiableNow: what came is no certificate.
    """

    def __init__(self, pem: bytes, url: str) -> None:
        try:
            self._certificate = x509.load_pem_x509_certificate(pem)
            self._key = self._certificate.public_key()
        except (ValueError, UnsupportedAlgorithm) as error:
            raise MessageNotVerifiableNow(f"what came from {url} is no certificate") from error

    def verify(self, envelope: Envelope, now: datetime) -> None:
        """Return if the envelope was signed with this certificate's key.

        Raises:
            UnreadableMessage: it was not, or the certificate's time is over.
            MessageNotVerifiableNow: the certificate's time has not come.
        """
        begin, end = self._certificate.not_valid_before_utc, self._certificate.not_valid_after_utc
        if now < begin:
            raise MessageNotVerifiableNow(f"the signing certificate is good from {begin} on")
        if now > end:
            raise UnreadableMessage(f"the signing certificate was good until {end}")
        hash_of_version = _HASHES.get(envelope.signature_version or "")
        if hash_of_version is None:
            raise UnreadableMessage(
                f"the signature version is {str(envelope.signature_version)[:20]!r}, neither '1' nor '2'"
            )
        try:
            signature = base64.b64decode(envelope.signature or "", validate=True)
        except (binascii.Error, ValueError):
            raise UnreadableMessage("the signature is not base64") from None
        if not isinstance(self._key, RSAPublicKey):
            raise UnreadableMessage("the signing certificate has no RSA key")
        try:
            self._key.verify(signature, envelope.string_to_sign, PKCS1v15(), hash_of_version())
        except InvalidSignature:
            raise UnreadableMessage("the signature is wrong: the message is not what Amazon has signed") from None
