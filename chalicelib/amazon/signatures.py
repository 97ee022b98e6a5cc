"""Whether an SNS message is Amazon's: its topic, its certificate and its RSA signature.

Apart from messages.py: only one of the functions verifies messages, and should pay for cryptography when it starts.
"""

import base64
import binascii
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from chalicelib.amazon.downloads import DownloadFailed, LinkExpired, download
from chalicelib.amazon.messages import Envelope, UnreadableMessage, region_of_topic

_HASHES = {"1": SHA1, "2": SHA256}
"""By signature version."""

_CERTIFICATE_FILE = re.compile(r"SimpleNotificationService-[0-9a-fA-F]+\.pem")
_CERTIFICATE_BYTES = 64 * 1024
_CERTIFICATE_SECONDS = 15.0


class MessageNotVerifiableNow(Exception):
    """The certificate of the signature could not be had: the message may be read later."""


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


def fetch_certificate(url: str) -> bytes:
    """Get a signing certificate, in PEM.

    Raises:
        MessageNotVerifiableNow: it did not come.
    """
    http_allowed = not url.startswith("https:")  # the verifier has held the URL against its prefix
    try:
        with download(url, total_timeout=_CERTIFICATE_SECONDS, http_allowed=http_allowed) as answer:
            return answer.read(_CERTIFICATE_BYTES)
    except (DownloadFailed, LinkExpired) as error:
        raise MessageNotVerifiableNow(f"the signing certificate {url} can't be had now: {error}") from error


class Verifier:
    """Proves that envelopes are Amazon's: by topic, and by signature. One object serves all threads.

    Args:
        topic_arn: Amazon's topic; messages of any other are refused.
        check_signatures: whether the signature is verified, too.
        certificate_url_prefix: for the local AWS only: where certificates come from instead of
            `https://sns.<region of the topic>.amazonaws.com/`.
        fetch: gets a certificate by its URL; tests hand in their own.
        now: the time, for the certificate's dates.

    Raises:
        ValueError: `topic_arn` is not the ARN of an SNS topic.
    """

    def __init__(
        self,
        topic_arn: str,
        *,
        check_signatures: bool = True,
        certificate_url_prefix: str | None = None,
        fetch: Callable[[str], bytes] = fetch_certificate,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._topic_arn = topic_arn
        self._prefix = certificate_url_prefix or f"https://sns.{region_of_topic(topic_arn)}.amazonaws.com/"
        self._check_signatures = check_signatures
        self._fetch = fetch
        self._now = now
        self._certificates: dict[str, Certificate] = {}
        self._lock = threading.Lock()

    def verify(self, envelope: Envelope) -> None:
        """Return if the envelope is Amazon's.

        Raises:
            UnreadableMessage: it is not, or it cannot be told any more.
            MessageNotVerifiableNow: the certificate could not be had.
        """
        if envelope.topic_arn != self._topic_arn:
            # repr: SQS takes no control characters in the attribute that the reason becomes.
            raise UnreadableMessage(
                f"of the topic {envelope.topic_arn[:300]!r}, and only {self._topic_arn} is Amazon's"
            )
        if self._check_signatures:
            self._certificate(envelope.signing_cert_url or "").verify(envelope, self._now())

    def _certificate(self, url: str) -> Certificate:
        if not url.startswith(self._prefix) or not _CERTIFICATE_FILE.fullmatch(url.removeprefix(self._prefix)):
            raise UnreadableMessage(
                f"the certificate's URL is not {self._prefix}SimpleNotificationService-<hexadecimal>.pem"
            )
        with self._lock:
            if url not in self._certificates:
                self._certificates[url] = Certificate(self._fetch(url), url)
            return self._certificates[url]
