"""The end of an upload: its reason."""

import json

from chalicelib.amazon.ingestions import ProcessingStatus
from chalicelib.storage import keys
from tests.unit.use_cases.world import World, row

GOOD = [row(f"A{n}") for n in range(7)]


def test_an_upload_that_failed_has_the_reason_that_its_batches_share(world: World) -> None:
    upload = world.run(world.drop(*GOOD).upload_id)
    for ingestion_id in list(world.amazon.ingestions):
        world.message(ingestion_id, ProcessingStatus.FATAL)
    upload = world.check(upload.upload_id)
    assert (upload.reason_code, upload.state) == ("ingestion_fatal", "FAILED")
    assert upload.reason == world.all_batches(upload.upload_id)[0].reason
    summary = json.loads(world.data.read(keys.outcome_file(upload.upload_id, "summary.json")))
    assert (summary["reason_code"], summary["reason"]) == (upload.reason_code, upload.reason)


def test_a_reason_that_differs_in_words_alone_is_told_of_the_first_batch(world: World) -> None:
    world.amazon.reports = {"ing-1": b"<html>", "ing-2": b"<html>", "ing-3": b"<html>"}
    upload = world.run(world.drop(*GOOD).upload_id)
    world.messages()
    upload = world.check(upload.upload_id)
    assert upload.reason_code == "report_unreadable"
    assert upload.reason.startswith("Batch 1: Amazon's report")
    assert "reports/ing-1.json" in upload.reason


def test_an_upload_whose_batches_failed_for_different_reasons_says_where_they_are(world: World) -> None:
    upload = world.run(world.drop(*GOOD).upload_id)
    for ingestion_id, status in zip(
        list(world.amazon.ingestions),
        (ProcessingStatus.FATAL, ProcessingStatus.CANCELLED, ProcessingStatus.FATAL),
        strict=True,
    ):
        world.message(ingestion_id, status)
    upload = world.check(upload.upload_id)
    assert upload.reason_code == "batches_failed"
    assert "/batches" in upload.reason


def test_an_upload_of_which_amazon_accepts_no_row_says_where_its_reasons_are(world: World) -> None:
    upload = world.run(world.drop(row("BAD1"), row("BAD2")).upload_id)
    world.messages()
    upload = world.check(upload.upload_id)
    assert (upload.state, upload.reason_code) == ("FAILED", "nothing_accepted")
    assert "failed.csv" in upload.reason


def test_an_upload_with_an_accepted_row_has_no_reason(world: World) -> None:
    upload = world.run(world.drop(row("BAD1"), row("A2")).upload_id)
    world.messages()
    upload = world.check(upload.upload_id)
    assert (upload.state, upload.reason_code, upload.reason) == ("COMPLETED_WITH_ERRORS", None, None)
