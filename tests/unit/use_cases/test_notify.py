import contextlib
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.use_cases.notify import SUBJECT_LENGTH, notifier, subject
from tests.unit.use_cases.world import DATA, World, row


class FakeSns:
    def __init__(self) -> None:
        self.published: list[dict[str, Any]] = []

    def publish(self, **message: Any) -> None:
        self.published.append(message)


def test_the_end_of_an_upload_is_told_in_words(world: World) -> None:
    upload = world.run(world.drop(row("A1"), row("BAD1")).upload_id)
    world.messages()
    sns = FakeSns()
    notifier(sns, "arn:topic", DATA)(world.uploads.get(upload.upload_id))  # type: ignore[arg-type]
    [message] = sns.published
    assert message["Subject"] == "COMPLETED_WITH_ERRORS: inbox/pos/prices.jsonl"
    assert f"GET /uploads/{upload.upload_id}/files" in message["Message"]
    assert f"s3://{DATA}/uploads/{upload.upload_id}/outcomes/" in message["Message"]
    assert message["MessageAttributes"]["state"]["StringValue"] == "COMPLETED_WITH_ERRORS"


def test_a_subject_is_ascii_and_short_enough_for_sns(world: World) -> None:
    upload = world.drop(row("A1"), key=f"inbox/pos/{'é' * 200}.jsonl")
    sns = FakeSns()
    notifier(sns, "arn:topic", DATA)(upload)  # type: ignore[arg-type]
    assert len(sns.published[0]["Subject"]) == SUBJECT_LENGTH
    assert sns.published[0]["Subject"].isascii()


def test_without_a_topic_nobody_is_told(world: World) -> None:
    notifier(None, None, DATA)(world.drop(row("A1")))


@pytest.mark.parametrize(("code", "passes"), [("InvalidParameter", True), ("Throttling", False)])
def test_a_notification_that_sns_never_takes_does_not_keep_the_upload_open(
    world: World, code: str, passes: bool
) -> None:
    class Refusing:
        def publish(self, **_: Any) -> None:
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "Publish")

    notify = notifier(Refusing(), "arn:topic", DATA)  # type: ignore[arg-type]
    with contextlib.nullcontext() if passes else pytest.raises(ClientError):
        notify(world.drop(row("A1")))


def test_a_subject_has_no_line_break(world: World) -> None:
    assert "\n" not in subject(world.drop(row("A1"), key="inbox/pos/a\nb.jsonl"))
