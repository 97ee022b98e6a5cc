"""What Amazon says of a batch: messages, links and reports, in any order and number."""

import json
from datetime import timedelta

import pytest

from chalicelib.amazon.errors import (
    CatalogApiOutcomeUnknown,
)
from chalicelib.amazon.ingestions import ProcessingStatus
from chalicelib.tracking.states import BatchState, UploadState
from tests.unit.use_cases.world import World, row

GOOD = [row(f"A{n}") for n in range(7)]


def test_a_message_that_comes_before_the_answer_is_parked_and_counts(world: World) -> None:
    world.amazon.before_answer = world.message
    upload = world.run(world.drop(*GOOD).upload_id)
    assert (upload.upload_state, upload.accepted) == (UploadState.COMPLETED, 7)


def test_a_message_that_comes_twice_counts_once(world: World) -> None:
    upload = world.run(world.drop(*GOOD).upload_id)
    for _ in range(2):
        world.messages()
    upload = world.check(upload.upload_id)
    assert (upload.accepted, world.notified) == (7, ["COMPLETED"])


@pytest.mark.parametrize(
    ("status", "state"), [(ProcessingStatus.FATAL, "FATAL"), (ProcessingStatus.CANCELLED, "CANCELLED")]
)
def test_an_ingestion_that_broke_off_fails_its_rows(world: World, status: ProcessingStatus, state: str) -> None:
    upload = world.run(world.drop(row("A1")).upload_id)
    world.message("ing-1", status)
    [batch] = world.all_batches(upload.upload_id)
    assert (batch.state, world.check(upload.upload_id).state) == (state, "FAILED")
    assert world.outcome_rows(upload.upload_id, "failed.csv")[0]["code"] == f"ingestion_{state.lower()}"


def test_a_message_of_work_under_way_changes_nothing(world: World) -> None:
    upload = world.run(world.drop(row("A1")).upload_id)
    world.message("ing-1", ProcessingStatus.INPROGRESS)
    assert world.check(upload.upload_id).upload_state is UploadState.AWAITING_RESULTS


def test_a_report_that_cannot_be_read_is_named_in_the_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.amazon.reports["ing-1"] = b"<html>"
    upload = world.run(world.drop(row("A1")).upload_id)
    world.messages()
    [line] = [vars(record) for record in caplog.records if record.message == "report unreadable"]
    assert (line["upload_id"], line["batch"], line["ingestion_id"], line["report_key"]) == (
        upload.upload_id,
        1,
        "ing-1",
        "reports/ing-1.json",
    )


def test_a_report_that_cannot_be_read_is_kept_and_its_rows_fail(world: World) -> None:
    world.amazon.reports["ing-1"] = b"<html>"
    upload = world.run(world.drop(row("A1")).upload_id)
    world.messages()
    [batch] = world.all_batches(upload.upload_id)
    assert (batch.state, world.check(upload.upload_id).state) == ("UNREADABLE", "FAILED")
    assert world.data.read(batch.report_key) == b"<html>"
    assert batch.report_link == world.amazon.link("ing-1")


def test_an_expired_link_is_replaced_by_a_fresh_one(world: World) -> None:
    upload = world.run(world.drop(row("A1")).upload_id)
    world.amazon.expired.add(world.amazon.link("ing-1"))
    world.messages()
    assert world.check(upload.upload_id).upload_state is UploadState.COMPLETED


def test_an_expired_link_of_an_unknown_ingestion_is_left_to_polling(world: World) -> None:
    world.amazon.ingestions["other"] = []
    world.amazon.expired.add(world.amazon.link("other"))
    world.message("other")
    assert world.batches.ingestion("other") is None


def test_a_bare_link_is_matched_by_its_name(world: World) -> None:
    upload = world.run(world.drop(row("A1")).upload_id)
    world_completion(world, "https://bucket.example/ing-1.json?X-Amz-Signature=1")
    assert world.check(upload.upload_id).upload_state is UploadState.COMPLETED


def test_a_bare_link_is_matched_by_the_reports_header(world: World) -> None:
    upload = world.run(world.drop(row("A1")).upload_id)
    report = json.loads(world.amazon.report("ing-1"))
    world.amazon.reports["some-name"] = json.dumps({**report, "header": {"ingestionId": "ing-1"}}).encode()
    world_completion(world, "https://bucket.example/some-name.json?X-Amz-Signature=1")
    assert world.check(upload.upload_id).upload_state is UploadState.COMPLETED


def test_a_bare_link_that_names_nothing_is_kept_under_its_name(world: World) -> None:
    upload = world.run(world.drop(row("A1")).upload_id)
    world.amazon.reports["some-name"] = b"[]"
    world_completion(world, "https://bucket.example/some-name.json?X-Amz-Signature=1")
    assert world.check(upload.upload_id).upload_state is UploadState.AWAITING_RESULTS
    [key] = world.data.keys("reports/")
    assert world.data.read(key) == b"[]"
    assert world.batches.ingestion("some-name")


def world_completion(world: World, link: str) -> None:
    from chalicelib.amazon.messages import Completion
    from chalicelib.use_cases.result import take_completion

    take_completion(world.result, Completion(None, None, link))


def test_links_that_end_in_the_same_name_do_not_overwrite_each_others_reports(world: World) -> None:
    def early(ingestion_id: str) -> None:
        world.amazon.reports["report"] = json.dumps(
            {**json.loads(world.amazon.report(ingestion_id)), "header": {"ingestionId": ingestion_id}}
        ).encode()
        world_completion(world, f"https://bucket.example/{ingestion_id}-x/report.json?X-Amz-Signature=1")

    world.amazon.before_answer = early
    upload = world.run(world.drop(row("BAD1"), row("BAD2"), row("BAD3"), row("A1"), row("A2"), row("A3")).upload_id)
    upload = world.check(upload.upload_id)
    assert (upload.upload_state, upload.accepted, upload.failed) == (UploadState.COMPLETED_WITH_ERRORS, 3, 3)


def test_a_report_that_names_another_ingestion_of_ours_closes_nothing_as_accepted(world: World) -> None:
    upload = world.run(world.drop(*GOOD).upload_id)
    report = json.loads(world.amazon.report("ing-1"))
    world.amazon.reports["ing-1"] = json.dumps({**report, "header": {"ingestionId": "ing-2"}}).encode()
    world.message("ing-1")
    assert world.all_batches(upload.upload_id)[0].batch_state is BatchState.UNREADABLE


def test_a_second_ingestion_that_is_cancelled_leaves_its_batch_to_the_first(world: World) -> None:
    world.amazon.script = [CatalogApiOutcomeUnknown("no answer")]
    upload = world.run(world.drop(row("A1")).upload_id)
    [batch] = world.all_batches(upload.upload_id)
    attempt = world.batches.attempts(upload.upload_id, 1)[0]
    world.batches.set_submitted(attempt, "ing-1", http_status=201, request_id=None, first_poll_in=timedelta(0))
    world.message("ing-1", ProcessingStatus.CANCELLED)
    assert world.check(upload.upload_id).pending == 1
    world.message(batch.ingestion_id)
    assert world.check(upload.upload_id).accepted == 1
