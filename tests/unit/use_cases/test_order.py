"""Files of one source reach Amazon in the order of their arrival, whatever comes late, so that prices stay new."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.amazon.errors import RoleNotAllowed
from chalicelib.amazon.pacer import Wait
from chalicelib.tracking.models import Upload
from chalicelib.tracking.turns import LEASE
from chalicelib.use_cases.close import close_submission
from chalicelib.use_cases.preflight import EVENT_DEADLINE, FileReplaced
from chalicelib.use_cases.reconcile import EVENT_GRACE
from chalicelib.use_cases.start import start_dropped, start_upload
from chalicelib.use_cases.submit import submit_batch
from tests.unit.use_cases.world import INBOX, World, row

KEY = "inbox/pos/prices.jsonl"
Put = Callable[..., str]


@pytest.fixture
def put(world: World) -> Put:
    """Put a file with a price into the inbox, a minute after the one before; no event is sent."""

    def put_price(price: str, key: str = KEY) -> str:
        world.clock.turn(minutes=1)
        body = json.dumps(row("A", standard_price=price)).encode()
        version: str = world.s3.put_object(Bucket=INBOX, Key=key, Body=body)["VersionId"]
        return version

    return put_price


def prices_sent(world: World) -> list[str]:
    return [json.loads(body)["catalogItems"][0]["standard_price"] for _, body in world.amazon.sent]


def announced(world: World, key: str, version_id: str) -> Upload:
    upload = start_dropped(world.start, key=key, version_id=version_id)
    assert upload
    return upload


def test_an_earlier_file_whose_event_is_late_is_waited_for_and_goes_first(world: World, put: Put) -> None:
    first, second = put("1", "inbox/pos/0900.jsonl"), put("2", "inbox/pos/1000.jsonl")
    newer = announced(world, "inbox/pos/1000.jsonl", second)
    with pytest.raises(Wait, match="not been announced"):
        world.preflight(newer.upload_id)
    older = announced(world, "inbox/pos/0900.jsonl", first)
    with pytest.raises(Wait, match="still submitting"):
        world.preflight(newer.upload_id)
    world.run(older.upload_id)
    world.run(newer.upload_id)
    assert prices_sent(world) == ["1", "2"]


def test_an_earlier_file_that_is_started_while_the_folder_is_looked_through_goes_first(
    world: World, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = put("1", "inbox/pos/0900.jsonl"), put("2", "inbox/pos/1000.jsonl")
    newer = announced(world, "inbox/pos/1000.jsonl", second)
    newest_versions = world.inbox.newest_versions

    def its_event_comes_now(prefix: str, *, below: bool = True) -> Any:
        announced(world, "inbox/pos/0900.jsonl", first)
        return newest_versions(prefix, below=below)

    monkeypatch.setattr(world.inbox, "newest_versions", its_event_comes_now)
    with pytest.raises(Wait, match="still submitting"):
        world.preflight(newer.upload_id)


def test_two_uploads_never_wait_for_each_other(world: World, put: Put) -> None:
    first, second = put("1", "inbox/pos/0900.jsonl"), put("2", "inbox/pos/1000.jsonl")
    world.clock.turn(minutes=30)
    newer = announced(world, "inbox/pos/1000.jsonl", second)
    world.pacer.waits = 1
    with pytest.raises(Wait, match="no turn"):
        world.preflight(newer.upload_id)  # it has its source's turn by now
    older = announced(world, "inbox/pos/0900.jsonl", first)
    with pytest.raises(Wait):
        world.preflight(older.upload_id)
    with pytest.raises(Wait):
        world.preflight(newer.upload_id)
    world.preflight(older.upload_id)


def test_an_earlier_file_that_nobody_starts_is_not_waited_for_for_ever(world: World, put: Put) -> None:
    put("1", "inbox/pos/0900.jsonl")
    newer = announced(world, "inbox/pos/1000.jsonl", put("2", "inbox/pos/1000.jsonl"))
    world.clock.turn(seconds=EVENT_DEADLINE.total_seconds())
    world.preflight(newer.upload_id)


@pytest.mark.parametrize("early", ["inbox/0900.jsonl", "inbox//0900.jsonl", "inbox/default/0900.jsonl"])
def test_every_place_of_the_source_without_a_folder_is_looked_through(world: World, put: Put, early: str) -> None:
    put("1", early)
    with pytest.raises(Wait, match="not been announced"):
        world.preflight(announced(world, "inbox/1000.jsonl", put("2", "inbox/1000.jsonl")).upload_id)


def test_an_older_version_is_sent_if_the_newer_one_failed_before_anything_was(world: World, put: Put) -> None:
    first, second = put("1"), put("2")
    world.amazon.access = RoleNotAllowed("no", http_status=403)
    assert world.run(announced(world, KEY, second).upload_id).state == "FAILED"
    world.amazon.access = None
    world.run(start_upload(world.start, key=KEY, version_id=first).upload_id)
    assert prices_sent(world) == ["1"]


@pytest.mark.parametrize("other", ["inbox/erp/0900.jsonl", "inbox/0900.jsonl", "inbox/pos/2026/"])
def test_files_of_another_source_and_folders_are_not_waited_for(world: World, put: Put, other: str) -> None:
    put("1", other)
    world.preflight(announced(world, KEY, put("2")).upload_id)


def test_a_file_without_a_folder_waits_for_such_files_alone(world: World, put: Put) -> None:
    put("1", "inbox/pos/0900.jsonl")
    put("1", "inbox/0900.jsonl")
    newer = announced(world, "inbox/1000.jsonl", put("2", "inbox/1000.jsonl"))
    with pytest.raises(Wait, match="source 'default'"):
        world.preflight(newer.upload_id)
    start_upload(world.start, key="inbox/0900.jsonl")
    with pytest.raises(Wait, match="still submitting"):
        world.preflight(newer.upload_id)


def test_an_older_version_that_was_claimed_after_the_newer_one_had_gone_is_not_sent(world: World, put: Put) -> None:
    first, second = put("1"), put("2")
    world.run(announced(world, KEY, second).upload_id)
    older = start_upload(world.start, key=KEY, version_id=first)
    with pytest.raises(FileReplaced):
        world.preflight(older.upload_id)
    upload = world.run(older.upload_id)
    assert (upload.state, upload.reason_code, upload.rows_read) == ("FAILED", "FileReplaced", 0)
    assert "drop it again" in upload.reason
    assert prices_sent(world) == ["2"]


def test_an_older_version_is_sent_if_nothing_of_the_newer_one_was(world: World, put: Put) -> None:
    first = put("1")
    world.clock.turn(minutes=1)
    wrong = world.s3.put_object(Bucket=INBOX, Key=KEY, Body=b"{")["VersionId"]
    assert world.run(start_upload(world.start, key=KEY, version_id=wrong).upload_id).state == "INVALID"
    world.run(start_upload(world.start, key=KEY, version_id=first).upload_id)
    assert prices_sent(world) == ["1"]


def test_a_slow_upload_that_has_lost_its_turn_sends_nothing_more(world: World) -> None:
    slow = world.drop(row("A"), row("B"), row("C"), row("D", standard_price="1"), key="inbox/pos/a.jsonl")
    later = world.drop(row("D", standard_price="2"), key="inbox/pos/b.jsonl")
    world.preflight(slow.upload_id)
    world.prepare(slow.upload_id)
    world.record(slow.upload_id)
    submit_batch(world.submit, slow.upload_id, 1)
    world.clock.turn(seconds=LEASE.total_seconds() + 1)
    with pytest.raises(Wait):
        world.preflight(later.upload_id)  # a call of the slow one may be under way
    world.clock.turn(minutes=3)
    world.run(later.upload_id)
    submit_batch(world.submit, slow.upload_id, 2)
    assert len(world.amazon.sent) == 2
    world.end_submission(slow.upload_id)
    upload = world.check(slow.upload_id)
    assert (upload.reason_code, upload.not_sent) == ("turn_lost", 1)


def test_the_turn_is_kept_while_a_second_call_of_a_submitted_batch_may_be_on_its_way(world: World) -> None:
    upload = world.drop(row("A"))
    world.preflight(upload.upload_id)
    world.prepare(upload.upload_id)
    world.record(upload.upload_id)
    world.batches.begin_attempt(world.batches.get(upload.upload_id, 1))  # its function is given up, and still calling
    submit_batch(world.submit, upload.upload_id, 1)
    close_submission(world.close, upload.upload_id)
    later = world.drop(row("A"), key="inbox/pos/later.jsonl")
    with pytest.raises(Wait, match="still submitting"):
        world.preflight(later.upload_id)
    world.reconcile()
    with pytest.raises(Wait, match="still submitting"):
        world.preflight(later.upload_id)
    world.clock.turn(minutes=3)
    world.preflight(later.upload_id)


def test_a_lost_file_is_started_before_it_is_no_longer_waited_for() -> None:
    assert EVENT_GRACE + timedelta(minutes=5) < EVENT_DEADLINE  # reconcile runs every 5 minutes


def test_a_turn_whose_upload_the_table_has_forgotten_stands_in_nobodys_way(world: World) -> None:
    first, second = world.drop(row("A1")), world.drop(row("A2"), key="inbox/pos/later.jsonl")
    world.preflight(first.upload_id)
    first.delete()
    world.clock.turn(seconds=LEASE.total_seconds() + 1)
    world.preflight(second.upload_id)
