"""One message of the result queue: confirm a subscription, take a completion, or put what can't be read aside."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.amazon.messages import (
    EnvelopeType,
    UnreadableMessage,
    confirm_subscription,
    read_completion,
    read_envelope,
)
from chalicelib.amazon.signatures import Verifier
from chalicelib.telemetry import count, logger
from chalicelib.use_cases.result import Result, take_completion

if TYPE_CHECKING:
    from mypy_boto3_sns.client import SNSClient
    from mypy_boto3_sqs.client import SQSClient


@dataclass(frozen=True, kw_only=True)
class TakeMessage:
    """What taking a message needs. `http_allowed` is for the local AWS."""

    result: Result
    sqs: "SQSClient"
    sns_of_region: "Callable[[str], SNSClient]"
    dead_letter_queue_url: str
    verifier: Verifier
    http_allowed: bool


def take_message(take: TakeMessage, body: str, message_id: str) -> None:
    """Take one message. What can never be read goes to the dead-letter queue at once, with its reason.

    Raises:
        Exception: the message may be read later: leave it in the queue.
    """
    try:
        _take(take, body)
    except UnreadableMessage as error:
        take.sqs.send_message(
            QueueUrl=take.dead_letter_queue_url,
            MessageBody=body,
            MessageAttributes={"reason": {"DataType": "String", "StringValue": error.reason[:1024] or "unreadable"}},
        )
        logger.error("message put into the dead-letter queue", extra={"message_id": message_id, "reason": error.reason})
        count("MessagesUnreadable")


def _take(take: TakeMessage, body: str) -> None:
    envelope = read_envelope(body)
    take.verifier.verify(envelope)
    if envelope.type is EnvelopeType.NOTIFICATION:
        take_completion(take.result, read_completion(envelope.message, http_allowed=take.http_allowed))
    elif envelope.type is EnvelopeType.SUBSCRIPTION_CONFIRMATION:
        confirm_subscription(envelope, take.sns_of_region)
        logger.info("subscription to Amazon's topic confirmed")
        count("SubscriptionsConfirmed")
    else:
        logger.error("Amazon's topic no longer sends to this queue: results come by polling until it subscribes again")
        count("SubscriptionsEnded")
