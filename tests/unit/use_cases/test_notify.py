from typing import Any

from chalicelib.use_cases.notify import SUBJECT_LENGTH, notifier
from tests.unit.use_cases.world import World, row


class FakeSns:
    def __init__(self) -> None:
        self.published: list[dict[str, Any]] = []

    def publish(self, **message: Any) -> None:
        self.published.append(message)


def test_the_end_of_an_upload_is_told_in_words(world: World) -> None:
    upload = world.run(world.drop(row("A1"), row("BAD1")).upload_id)
    world.messages()
    sns = FakeSns()
    notifier(sns, "arn:topic")(world.uploads.get(upload.upload_id))  # type: ignore[arg-type]
    [message] = sns.published
    assert message["Subject"] == "COMPLETED_WITH_ERRORS: inbox/pos/prices.jsonl"
    assert f"GET /uploads/{upload.upload_id}/files" in message["Message"]
    assert message["MessageAttributes"]["state"]["StringValue"] == "COMPLETED_WITH_ERRORS"


def test_a_subject_is_ascii_and_short_enough_for_sns(world: World) -> None:
    upload = world.drop(row("A1"), key=f"inbox/pos/{'é' * 200}.jsonl")
    sns = FakeSns()
    notifier(sns, "arn:topic")(upload)  # type: ignore[arg-type]
    assert len(sns.published[0]["Subject"]) == SUBJECT_LENGTH
    assert sns.published[0]["Subject"].isascii()


def test_without_a_topic_nobody_is_told(world: World) -> None:
    notifier(None, None)(world.drop(row("A1")))
