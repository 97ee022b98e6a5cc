import json
from typing import Any

import boto3
import pytest

from chalicelib.amazon.signatures import MessageNotVerifiableNow, Verifier
from chalicelib.tracking.states import UploadState
from chalicelib.use_cases.message import TakeMessage, take_message
from tests.unit.use_cases.world import World, row

TOPIC = "arn:aws:sns:eu-west-1:210987654321:results"


class FakeSns:
    def __init__(self) -> None:
        self.confirmed: list[tuple[str, str]] = []

    def confirm_subscription(self, *, TopicArn: str, Token: str, AuthenticateOnUnsubscribe: str) -> dict[str, str]:  # noqa: N803
        assert AuthenticateOnUnsubscribe == "true"
        self.confirmed.append((TopicArn, Token))
        return {"SubscriptionArn": f"{TOPIC}:1"}


class Queue:
    """The handler over a real dead-letter queue of moto's."""

    def __init__(self, world: World, verifier: Any = None) -> None:
        self.sqs = boto3.client("sqs")
        self.url = self.sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
        self.sns, self.regions = FakeSns(), []
        self.take = TakeMessage(
            result=world.result,
            sqs=self.sqs,
            sns_of_region=lambda region: self.regions.append(region) or self.sns,  # type: ignore[func-returns-value]
            dead_letter_queue_url=self.url,
            verifier=verifier or Verifier(TOPIC, check_signatures=False),
            http_allowed=False,
        )

    def deliver(self, body: str) -> None:
        take_message(self.take, body, "message-1")

    def dead_letters(self) -> list[tuple[str, str]]:
        found = self.sqs.receive_message(QueueUrl=self.url, MessageAttributeNames=["All"], MaxNumberOfMessages=10)
        return [
            (message["Body"], message["MessageAttributes"]["reason"]["StringValue"])
            for message in found.get("Messages", ())
        ]


def envelope(message: str = "", kind: str = "Notification", **fields: str) -> str:
    return json.dumps(
        {
            "Type": kind,
            "MessageId": "m-1",
            "TopicArn": TOPIC,
            "Message": message,
            "Timestamp": "2026-11-23T09:00:00.000Z",
            "SignatureVersion": "2",
            "Signature": "c2ln",
            "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem",
            **fields,
        }
    )


def test_a_completion_message_closes_its_batch(world: World) -> None:
    upload = world.run(world.drop(row("A1")).upload_id)
    message = {"ingestionId": "ing-1", "processingStatus": "DONE", "reportDownloadLink": world.amazon.link("ing-1")}
    queue = Queue(world)
    queue.deliver(envelope(json.dumps(message)))
    assert world.check(upload.upload_id).upload_state is UploadState.COMPLETED
    assert queue.dead_letters() == []


def test_a_subscription_is_confirmed_in_the_topics_own_region(world: World) -> None:
    queue = Queue(world)
    queue.deliver(envelope("confirm", "SubscriptionConfirmation", Token="token", SubscribeURL="https://x"))
    assert queue.sns.confirmed == [(TOPIC, "token")]
    assert queue.regions == ["eu-west-1"]


def test_the_end_of_the_subscription_is_no_dead_letter(world: World) -> None:
    queue = Queue(world)
    queue.deliver(envelope("end", "UnsubscribeConfirmation", Token="token", SubscribeURL="https://x"))
    assert queue.dead_letters() == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("no JSON", "not JSON"),
        ('{"Type": "Other"}', ""),
        (envelope("{}"), ""),
        (envelope("x", TopicArn="arn:aws:sns:eu-west-1:210987654321:other"), "other"),
    ],
)
def test_what_can_never_be_read_becomes_a_dead_letter_with_its_reason(world: World, body: str, reason: str) -> None:
    queue = Queue(world)
    queue.deliver(body)
    [(found, why)] = queue.dead_letters()
    assert found == body
    assert reason in why
    assert why


def test_what_may_be_read_later_stays_in_the_queue(world: World) -> None:
    class NotNow:
        def verify(self, _: object) -> None:
            raise MessageNotVerifiableNow("the certificate did not come")

    queue = Queue(world, NotNow())
    with pytest.raises(MessageNotVerifiableNow):
        queue.deliver(envelope("x"))
    assert queue.dead_letters() == []
