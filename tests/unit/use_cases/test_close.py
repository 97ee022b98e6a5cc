"""Closing a submission, whatever breaks off or goes on meanwhile."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.amazon.client import Answer
from chalicelib.amazon.errors import CatalogApiServerErrorFinal, Forbidden
from chalicelib.storage import keys
from chalicelib.tracking.states import ImpossibleTransition, UploadState
from chalicelib.tracking.uploads import MAX_REASON, Reason
from chalicelib.use_cases.close import SubmissionInFlight, close_submission
from chalicelib.use_cases.submit import submit_batch
from tests.unit.use_cases.world import INBOX, World, row

GOOD = [row(f"A{n}") for n in range(7)]


def test_a_final_refusal_of_a_call_whose_batch_another_call_has_submitted_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = world.drop(row("A")).upload_id
    world.prepare(upload_id)
    world.record(upload_id)
    first = world.batches.begin_attempt(world.batches.get(upload_id, 1))

    def refuse_after_the_first_was_taken(operation: str, body: bytes) -> Answer:
        world.batches.set_submitted(
            first, "ing-1", http_status=201, request_id=None, first_poll_in=timedelta(minutes=20)
        )
        raise CatalogApiServerErrorFinal("Server Error - No Retry", http_status=500)

    monkeypatch.setattr(world.amazon, "send", refuse_after_the_first_was_taken)
    submit_batch(world.submit, upload_id, 1)
    assert world.batches.get(upload_id, 1).state == "SUBMITTED"


def test_batches_that_are_recorded_while_the_submission_is_closed_are_closed_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = world.drop(*(row(f"A{number}") for number in range(6))).upload_id
    world.preflight(upload_id)
    close = world.uploads.close_submission

    def record_first(seen: Any) -> Any:
        monkeypatch.setattr(world.uploads, "close_submission", close)
        world.prepare(upload_id)  # a run that was given up, and ends now
        world.record(upload_id)
        return close(seen)

    monkeypatch.setattr(world.uploads, "close_submission", record_first)
    with pytest.raises(SubmissionInFlight):
        close_submission(world.close, upload_id, Reason("States.Timeout", "gone"))
    close_submission(world.close, upload_id, Reason("States.Timeout", "gone"))
    upload = world.check(upload_id)
    assert (upload.state, upload.not_sent, upload.pending) == ("FAILED", 6, 0)


def test_batches_are_not_recorded_once_the_submission_is_closed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    upload_id = world.drop(row("A")).upload_id
    world.preflight(upload_id)
    world.prepare(upload_id)
    add = world.batches.add

    def close_first(*arguments: Any) -> None:
        world.uploads.close_submission(world.uploads.get(upload_id))
        add(*arguments)

    monkeypatch.setattr(world.batches, "add", close_first)
    world.record(upload_id)
    world.step_functions.executions[upload_id] = "ABORTED"
    world.reconcile()
    upload = world.check(upload_id)
    assert (upload.state, upload.pending) == ("FAILED", 0)


def test_an_upload_that_was_recorded_since_it_was_looked_at_does_not_end(world: World) -> None:
    upload_id = world.drop(row("A")).upload_id
    world.preflight(upload_id)
    world.prepare(upload_id)
    seen = world.uploads.get(upload_id)
    world.record(upload_id)
    with pytest.raises(ImpossibleTransition):
        world.uploads.set_final(seen)
    assert world.check(upload_id).pending == 1


def test_a_wrong_file_stays_invalid_though_recording_it_broke_off(world: World) -> None:
    upload_id = world.drop(row("A"), row("B", store_id="")).upload_id
    world.preflight(upload_id)
    world.prepare(upload_id)
    world.end_submission(upload_id, Reason("UpdateError", "Failed to update item: timed out"))
    upload = world.check(upload_id)
    assert (upload.state, upload.reason_code) == ("INVALID", "too_many_rejected")


def test_an_upload_that_was_wholly_sent_does_not_ask_to_be_sent_again(world: World) -> None:
    upload_id = world.drop(row("A")).upload_id
    world.preflight(upload_id)
    world.prepare(upload_id)
    world.record(upload_id)
    world.send(upload_id, 1)
    world.step_functions.executions[upload_id] = "FAILED"
    world.reconcile()
    world.messages()
    upload = world.check(upload_id)
    assert (upload.state, upload.reason) == ("COMPLETED", None)


def test_a_refusal_that_comes_after_the_end_is_not_the_uploads_reason(world: World) -> None:
    upload_id = world.drop(row("A")).upload_id
    world.run(upload_id)
    world.messages()
    world.uploads.stop_submission(upload_id, Reason("Forbidden", str(Forbidden("no", http_status=403))))
    upload = world.check(upload_id)
    assert (upload.state, upload.reason_code) == ("COMPLETED", None)


def test_a_mapping_with_thousands_of_mistakes_gives_a_reason_that_the_table_can_hold(world: World) -> None:
    wrong = ", ".join(f'"x{number:05d}": "column"' for number in range(6000))
    world.s3.put_object(Bucket=INBOX, Key=f"{keys.MAPPINGS_PREFIX}pos.json", Body=f'{{"fields": {{{wrong}}}}}'.encode())
    upload = world.run(world.drop(row("A")).upload_id)
    assert (upload.state, upload.reason_code) == ("INVALID", "mapping_wrong")
    assert MAX_REASON < len(upload.reason) < MAX_REASON + 10


def test_closing_waits_for_a_call_under_way_then_gives_it_up_as_unknown(world: World) -> None:
    upload = world.drop(*GOOD)
    world.preflight(upload.upload_id)
    world.prepare(upload.upload_id)
    world.record(upload.upload_id)
    world.batches.begin_attempt(world.batches.get(upload.upload_id, 1))
    world.end_submission(upload.upload_id)
    assert [batch.state for batch in world.all_batches(upload.upload_id)] == ["UNKNOWN", "NOT_SENT", "NOT_SENT"]
    upload = world.check(upload.upload_id)
    assert (upload.upload_state, upload.failed, upload.not_sent) == (UploadState.FAILED, 3, 4)


def test_an_answer_that_comes_after_the_batch_was_given_up_leads_to_a_late_report(world: World) -> None:
    upload = world.drop(row("A1"))
    world.preflight(upload.upload_id)
    world.prepare(upload.upload_id)
    world.record(upload.upload_id)
    attempt = world.batches.begin_attempt(world.batches.get(upload.upload_id, 1))
    world.end_submission(upload.upload_id)
    world.amazon.ingestions["ing-9"] = ["A1"]
    world.batches.set_submitted(attempt, "ing-9", http_status=201, request_id=None, first_poll_in=timedelta(0))
    world.message("ing-9")
    [batch] = world.all_batches(upload.upload_id)
    assert (batch.state, batch.late_report) == ("UNKNOWN", "reports/ing-9.json")
    assert world.check(upload.upload_id).failed == 1


def test_a_fault_of_ours_while_submitting_leaves_no_row_without_an_outcome(world: World) -> None:
    upload = world.drop(*GOOD)
    world.amazon.before_answer = lambda ingestion_id: (_ for _ in ()).throw(RuntimeError("a fault of ours"))
    upload = world.run(upload.upload_id)
    world.check(upload.upload_id)
    assert upload.upload_state is UploadState.FAILED
    assert (upload.failed, upload.not_sent) == (3, 4)


def test_counts_are_recorded_even_if_recording_was_never_reached(world: World) -> None:
    upload = world.drop(*GOOD)
    world.prepare(upload.upload_id)
    world.end_submission(upload.upload_id)
    upload = world.check(upload.upload_id)
    assert (upload.rows_read, upload.not_sent, upload.upload_state) == (7, 7, UploadState.FAILED)
