"""Completion messages: the SNS envelope, the subscription, and the lenient reading of `Message`."""

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import orjson
from botocore.exceptions import ClientError

from chalicelib.amazon.ingestions import ProcessingStatus, ingestion_id_of

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

_TOPIC_ARN = re.compile(r"arn:[a-z-]+:sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_.-]{1,256}")
_WHOLE_LINK = re.compile(r"https?://[!-~]+", re.IGNORECASE)
# Printable ASCII but the signs that no URL has and that texts put around one.
_LINK_IN_TEXT = re.compile(r"(?i:https?)://[!#-&(-;=?-\[\]_a-z~]+")
_AFTER_A_LINK = ".,;:!?)]"
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class UnreadableMessage(Exception):
    """The message can never be read: `reason` goes with it to the dead-letter queue."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """In words; never has a link's query string."""


class EnvelopeType(StrEnum):
    """Types of SNS envelopes. UNSUBSCRIBE_CONFIRMATION: the subscription is gone, no more results come by message."""

    NOTIFICATION = "Notification"
    SUBSCRIPTION_CONFIRMATION = "SubscriptionConfirmation"
    UNSUBSCRIBE_CONFIRMATION = "UnsubscribeConfirmation"


@dataclass(frozen=True)
class Envelope:
    """An SNS envelope, as SQS delivers it. Nothing of it is proven before `signatures.Verifier.verify`."""

    type: EnvelopeType
    message_id: str
    """The same for every delivery of one message."""
    topic_arn: str
    message: str
    timestamp: str
    subject: str | None = None
    token: str | None = None
    """Of confirmations: good for three days."""
    subscribe_url: str | None = None
    signature_version: str | None = None
    signature: str | None = None
    signing_cert_url: str | None = None

    @property
    def string_to_sign(self) -> bytes:
        """`Key\\nValue\\n` of the keys that the signature covers, in byte order."""
        pairs = [("Message", self.message), ("MessageId", self.message_id)]
        if self.type is EnvelopeType.NOTIFICATION:
            pairs += [("Subject", self.subject)] if self.subject is not None else []
            pairs += [("Timestamp", self.timestamp)]
        else:
            pairs += [("SubscribeURL", self.subscribe_url or ""), ("Timestamp", self.timestamp)]
            pairs += [("Token", self.token or "")]
        pairs += [("TopicArn", self.topic_arn), ("Type", self.type.value)]
        return "".join(f"{key}\n{value}\n" for key, value in pairs).encode()


@dataclass(frozen=True)
class Completion:
    """What a completion message says. It has an ingestion ID or a link, or both."""

    ingestion_id: str | None
    status: str | None
    """Amazon's word for the processing status in upper case, if there is one."""
    link: str | None
    """Presigned link to the report: a secret, never logged."""


def read_envelope(body: str) -> Envelope:
    """Read the SNS envelope that is the body of an SQS message.

    Raises:
        UnreadableMessage: it is none.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise UnreadableMessage("not an SNS envelope: the body is not JSON") from None
    if not isinstance(value, dict):
        raise UnreadableMessage("not an SNS envelope: the body is not a JSON object")
    kind = value.get("Type")
    if not isinstance(kind, str) or kind not in list(EnvelopeType):
        raise UnreadableMessage(f"not an SNS envelope: Type is none of {', '.join(EnvelopeType)}")
    required = ["MessageId", "TopicArn", "Message", "Timestamp"]
    if kind != EnvelopeType.NOTIFICATION:
        required += ["Token", "SubscribeURL"]
    optional = ["Subject", "Token", "SubscribeURL", "SignatureVersion", "Signature", "SigningCertURL"]
    for key in required:
        if not isinstance(value.get(key), str):
            raise UnreadableMessage(f"not an SNS envelope: {key} is missing or no text")
    for key in optional:
        if not isinstance(value.get(key), str | None):
            raise UnreadableMessage(f"not an SNS envelope: {key} is no text")
    return Envelope(
        type=EnvelopeType(kind),
        message_id=value["MessageId"],
        topic_arn=value["TopicArn"],
        message=value["Message"],
        timestamp=value["Timestamp"],
        subject=value.get("Subject"),
        token=value.get("Token"),
        subscribe_url=value.get("SubscribeURL"),
        signature_version=value.get("SignatureVersion"),
        signature=value.get("Signature"),
        signing_cert_url=value.get("SigningCertURL"),
    )


def region_of_topic(topic_arn: str) -> str:
    """The region in a topic's ARN.

    >>> region_of_topic("arn:aws:sns:eu-west-1:123456789012:results")
    'eu-west-1'

    Raises:
        ValueError: it is not the ARN of an SNS topic.
    """
    match = _TOPIC_ARN.fullmatch(topic_arn)
    if not match:
        raise ValueError(f"{topic_arn!r} is not the ARN of an SNS topic")
    return match[1]


def confirm_subscription(envelope: Envelope, sns_client_for_region: Callable[[str], "SNSClient"]) -> str:
    """Confirm the subscription that Amazon has made, and return its ARN. Confirming twice does no harm.

    Only we and Amazon can end it then: an unsigned call of the UnsubscribeURL is refused.

    Args:
        envelope: a verified SubscriptionConfirmation.
        sns_client_for_region: gives boto3's SNS client; it must be of the topic's own region.

    Raises:
        UnreadableMessage: the token is wrong or older than three days: Amazon has to subscribe the queue again.
        ClientError: SNS said no for another reason, e.g. a missing permission; it may be mended.
    """
    if envelope.type is not EnvelopeType.SUBSCRIPTION_CONFIRMATION:
        raise ValueError(f"a {envelope.type} is nothing to confirm")
    client = sns_client_for_region(region_of_topic(envelope.topic_arn))
    try:
        answer = client.confirm_subscription(
            TopicArn=envelope.topic_arn, Token=envelope.token or "", AuthenticateOnUnsubscribe="true"
        )
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("InvalidParameter", "InvalidParameterException"):
            raise
        raise UnreadableMessage(
            "the confirmation's token is not good any more (it is for three days): ask Amazon to subscribe again"
        ) from error
    return answer["SubscriptionArn"]


def read_completion(text: str, *, http_allowed: bool = False) -> Completion:
    """Read what Amazon put into a notification's `Message`.

    Its shape is not published: the bare link, a JSON string, a JSON object (`ingestionId`, `processingStatus`,
    `reportDownloadLink` or any https value) at any depth, and text with a link in it are all read.

    Args:
        text: the envelope's `Message`.
        http_allowed: whether a plain http link counts, too; for the local AWS only.

    Raises:
        UnreadableMessage: neither an ingestion ID nor a link is in it.
    """
    ingestion_id: str | None = None
    status: str | None = None
    links: list[tuple[int, str]] = []
    for key, value in _leaves(text):
        name = re.sub(r"[_\s-]", "", key).lower()
        if name == "ingestionid":
            ingestion_id = ingestion_id or ingestion_id_of(value)
        elif name in ("processingstatus", "status") and isinstance(value, str):
            word = value.strip().upper()
            # A field called just 'status' may be about anything.
            known = word in ProcessingStatus.__members__ or (name == "processingstatus" and 0 < len(word) <= 40)
            status = status or (word if known else None)
        elif isinstance(value, str):
            links += [(_rank(name, link), link) for link in _links(value, http_allowed)]
    link = min(links, key=lambda ranked: ranked[0])[1] if links else None
    if ingestion_id is None and link is None:
        raise UnreadableMessage("the message has neither an ingestion ID nor an https link")
    return Completion(ingestion_id, status, link)


def ingestion_id_candidates(link: str) -> list[str]:
    """What may be the ingestion ID in a presigned link, the likeliest first: the object's name, then folders upwards.

    >>> ingestion_id_candidates("https://bucket.s3.amazonaws.com/retailer/ing-1/report.json?X-Amz-Signature=0")
    ['report', 'report.json', 'ing-1', 'retailer']
    """
    try:
        segments = [unquote(part) for part in urlsplit(link).path.split("/") if part]
    except ValueError:
        return []
    if not segments:
        return []
    name = segments[-1]
    stem = re.sub(r"(\.(json|jsonl|gz|txt|csv))+$", "", name, flags=re.IGNORECASE)
    candidates = [stem, *_UUID.findall(stem), name, *reversed(segments[:-1])]
    return list(dict.fromkeys(filter(ingestion_id_of, candidates)))


def _leaves(text: str) -> Iterator[tuple[str, object]]:
    """Every scalar in a JSON text with its key, the outer ones first; JSON inside a JSON string is opened, too."""
    waiting: deque[tuple[str, object]] = deque([("", text)])
    while waiting:
        key, value = waiting.popleft()
        if isinstance(value, dict):
            waiting.extend(value.items())
        elif isinstance(value, list):
            waiting.extend((key, each) for each in value)
        elif isinstance(value, str) and value.lstrip()[:1] in ("{", "[", '"'):
            try:
                waiting.append((key, orjson.loads(value)))
            except orjson.JSONDecodeError:
                yield key, value
        else:
            yield key, value


def _links(text: str, http_allowed: bool) -> list[str]:
    whole = text.strip()
    found = (
        [whole]
        if _WHOLE_LINK.fullmatch(whole)
        else [link.rstrip(_AFTER_A_LINK) for link in _LINK_IN_TEXT.findall(text)]
    )
    return [link for link in found if _is_link(link, http_allowed)]


def _is_link(link: str, http_allowed: bool) -> bool:
    try:
        parts = urlsplit(link)
        return bool(parts.hostname) and (parts.scheme == "https" or (http_allowed and parts.scheme == "http"))
    except ValueError:
        return False


def _rank(name: str, link: str) -> int:
    """The lower, the likelier this is the link to the report."""
    if name == "reportdownloadlink":
        return 0
    return 1 if "signature=" in link.lower() else 2
