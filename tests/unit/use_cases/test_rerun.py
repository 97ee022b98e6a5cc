"""prepare runs twice, with a deployment in between or side by side: what was recorded is what is sent and counted."""

import json

import pytest

from chalicelib.catalog.prepare import Limits
from chalicelib.storage import keys
from chalicelib.tracking.models import Upload
from chalicelib.tracking.uploads import Reason
from chalicelib.use_cases.submit import submit_batch
from tests.unit.use_cases.world import World, row


class Killed(Exception):
    pass


def kill_at(world: World, key_end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process die before it writes an object whose key ends so."""
    write = world.data.write

    def write_or_die(key: str, body: bytes, content_type: str = "application/json") -> None:
        if key.endswith(key_end):
            raise Killed(key)
        write(key, body, content_type)

    monkeypatch.setattr(world.data, "write", write_or_die)


@pytest.fixture
def upload(world: World) -> Upload:
    return world.drop(*(row(f"BAD{number}") for number in range(6)))


def stored(world: World, upload: Upload) -> dict[str, bytes]:
    return {key: world.data.read(key) for key in world.data.keys(keys.upload_prefix(upload.upload_id))}


def test_a_second_run_goes_by_the_settings_of_the_first(world: World, upload: Upload) -> None:
    world.prepare(upload.upload_id)
    first = stored(world, upload)
    world.limits = Limits(max_batch_items=1, max_batch_bytes=1000, max_rejected_ratio=0)
    world.known_store_ids = ("another",)
    world.prepare(upload.upload_id)
    assert stored(world, upload) == first


def test_a_second_run_that_dies_half_way_leaves_what_the_first_has_made(
    world: World, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.prepare(upload.upload_id)
    first = stored(world, upload)
    world.limits = Limits(max_batch_items=1)
    with monkeypatch.context() as patch:
        kill_at(world, "batches.json", patch)
        with pytest.raises(Killed):
            world.prepare(upload.upload_id)
    assert stored(world, upload) == first
    world.end_submission(upload.upload_id, Reason("States.Timeout", "gone"))
    ended = world.check(upload.upload_id)
    assert (ended.accepted, ended.not_sent) == (0, 6)


def rewrite(world: World, upload: Upload, number: int, rows: int) -> None:
    """What a run of another version of prepare might leave behind."""
    items = ",".join(f'[{row},"BAD{row}","s1"]' for row in range(1, rows + 1))
    world.data.write(keys.batch_rows(upload.upload_id, number), f"[{items}]".encode())


def test_a_batch_that_was_rewritten_after_it_was_recorded_is_not_sent(world: World, upload: Upload) -> None:
    world.prepare(upload.upload_id)
    world.record(upload.upload_id)
    world.data.write(keys.batch_body(upload.upload_id, 1), b'{"catalogItems":[]}')
    for number in (1, 2):
        submit_batch(world.submit, upload.upload_id, number)
    world.end_submission(upload.upload_id)
    ended = world.check(upload.upload_id)
    assert (ended.reason_code, ended.not_sent, world.amazon.sent) == ("batch_rewritten", 6, [])


def test_a_report_is_not_joined_to_rows_that_are_not_those_of_its_batch(world: World, upload: Upload) -> None:
    world.prepare(upload.upload_id)
    world.record(upload.upload_id)
    submit_batch(world.submit, upload.upload_id, 1)
    rewrite(world, upload, 1, rows=6)
    world.messages()
    world.check(upload.upload_id)
    batch = world.batches.get(upload.upload_id, 1)
    assert (batch.state, batch.accepted, batch.failed) == ("UNREADABLE", 0, 3)
    assert "not the one that was recorded" in batch.reason


def test_an_upload_ends_though_the_rows_of_an_unsent_batch_are_gone(world: World, upload: Upload) -> None:
    world.prepare(upload.upload_id)
    world.record(upload.upload_id)
    world.send(upload.upload_id, 1)
    world.data.delete([keys.batch_rows(upload.upload_id, 2), keys.batch_body(upload.upload_id, 2)])
    world.end_submission(upload.upload_id)
    world.messages()
    ended = world.check(upload.upload_id)
    assert (ended.state, ended.failed, ended.not_sent, ended.pending) == ("FAILED", 3, 3, 0)
    assert [line["row"] for line in world.outcome_rows(upload.upload_id, "failed.csv")] == ["1", "2", "3"]


def test_an_upload_ends_though_the_rejected_rows_are_gone(world: World) -> None:
    upload = world.drop(*(row(f"A{number}") for number in range(6)), row("A7", item_name=""))
    world.run(upload.upload_id)
    world.data.delete([keys.rejected_rows(upload.upload_id)])
    world.messages()
    assert world.check(upload.upload_id).state == "COMPLETED_WITH_ERRORS"
    assert world.outcome_rows(upload.upload_id, "rejected.csv") == []


def test_what_was_prepared_before_a_deployment_is_recorded_after_it(world: World, upload: Upload) -> None:
    world.prepare(upload.upload_id)
    found = json.loads(world.data.read(keys.prepared(upload.upload_id)))
    del found["warning_details"]
    world.data.write(keys.prepared(upload.upload_id), json.dumps(found).encode())
    world.record(upload.upload_id)
    assert world.check(upload.upload_id).pending == 6


def test_settings_that_were_pinned_before_a_deployment_may_be_others_than_those_after_it(
    world: World, upload: Upload
) -> None:
    pinned = {"max_batch_items": 2, "a_setting_of_old": 1}
    world.uploads.set_preparing(upload.upload_id, mapping_key=None, mapping_version_id=None, prepare_settings=pinned)
    assert world.prepare(upload.upload_id)["batch_count"] == 3
