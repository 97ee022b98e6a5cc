from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.tracking.batches import Batches, Closing, NewBatch, Refusal, SubmissionStopped
from chalicelib.tracking.models import Batch, Upload
from chalicelib.tracking.outcomes import Outcome, check_law
from chalicelib.tracking.states import BatchState, ImpossibleTransition
from chalicelib.tracking.uploads import Uploads

Submitting = Callable[..., tuple[Upload, list[Batch]]]
POLL = timedelta(minutes=20)


def submit(batches: Batches, batch: Batch, ingestion_id: str = "ing-1") -> Batch:
    attempt = batches.begin_attempt(batch)
    batches.set_submitted(attempt, ingestion_id, http_status=201, request_id="r", first_poll_in=POLL)
    return batches.get(batch.upload_id, int(batch.number))


def done(accepted: int, failed: int = 0) -> Closing:
    counts = {Outcome.ACCEPTED: accepted, Outcome.FAILED: failed}
    return Closing(state=BatchState.DONE, counts=counts, outcome_part="part" if failed else None)


def test_a_batch_that_is_recorded_twice_stays_as_it_is(batches: Batches, submitting: Submitting) -> None:
    upload, [batch] = submitting(3)
    submit(batches, batch)
    batches.add(upload, NewBatch(1, 3, 3, 100))
    assert batches.get("u1", 1).batch_state is BatchState.SUBMITTED


def test_batches_are_listed_by_number_without_their_attempts(batches: Batches, submitting: Submitting) -> None:
    _, [first, *_] = submitting(1, 2, 3)
    batches.begin_attempt(first)
    assert [(batch.number, batch.rows) for batch in batches.all("u1")] == [(1, 1), (2, 2), (3, 3)]
    assert [batch.number for batch in batches.all("u1", after=1)] == [2, 3]


def test_an_attempt_is_recorded_before_the_call_and_has_no_end_yet(batches: Batches, submitting: Submitting) -> None:
    _, [batch] = submitting(3)
    batches.begin_attempt(batch)
    [attempt] = batches.attempts("u1", 1)
    assert (attempt.number, attempt.ended_at) == (1, None)
    assert batches.get("u1", 1).attempts == 1


def test_a_refused_attempt_says_why(batches: Batches, submitting: Submitting) -> None:
    _, [batch] = submitting(3)
    refusal = Refusal(error="CatalogApiThrottled", message="Slow down.", reached="no", http_status=429, request_id="r1")
    batches.set_refused_attempt(batches.begin_attempt(batch), refusal)
    [attempt] = batches.attempts("u1", 1)
    assert (attempt.error, attempt.reached, attempt.http_status, attempt.request_id) == (
        "CatalogApiThrottled",
        "no",
        429,
        "r1",
    )
    assert attempt.ended_at


def test_a_stopped_submission_takes_no_attempt(batches: Batches, uploads: Uploads, submitting: Submitting) -> None:
    _, [batch] = submitting(3)
    uploads.stop_submission("u1")
    with pytest.raises(SubmissionStopped):
        batches.begin_attempt(batch)
    assert batches.attempts("u1", 1) == []


def test_two_callers_of_one_batch_cannot_both_begin_the_same_attempt(batches: Batches, submitting: Submitting) -> None:
    _, [batch] = submitting(3)
    batches.begin_attempt(batch)
    with pytest.raises(SubmissionStopped):
        batches.begin_attempt(batch)


def test_an_answer_names_the_ingestion_on_batch_and_attempt(batches: Batches, submitting: Submitting) -> None:
    _, [batch] = submitting(3)
    batch = submit(batches, batch)
    assert (batch.batch_state, batch.ingestion_id) == (BatchState.SUBMITTED, "ing-1")
    assert batches.attempts("u1", 1)[0].ingestion_id == "ing-1"
    ingestion = batches.ingestion("ing-1")
    assert ingestion
    assert (ingestion.upload_id, ingestion.batch, ingestion.attempt) == ("u1", 1, 1)


def test_a_second_ingestion_of_a_batch_points_to_it_and_leaves_it_as_it_is(
    batches: Batches, submitting: Submitting
) -> None:
    _, [batch] = submitting(3)
    first = batches.begin_attempt(batch)
    second = batches.begin_attempt(batches.get("u1", 1))
    for attempt, ingestion_id in ((second, "ing-2"), (first, "ing-1")):
        batches.set_submitted(attempt, ingestion_id, http_status=201, request_id=None, first_poll_in=POLL)
    assert batches.get("u1", 1).ingestion_id == "ing-2"
    assert [attempt.ingestion_id for attempt in batches.attempts("u1", 1)] == ["ing-1", "ing-2"]
    late = batches.ingestion("ing-1")
    assert late
    assert late.batch == 1


def test_whoever_comes_second_finds_both_the_report_and_its_batch(batches: Batches, submitting: Submitting) -> None:
    _, [batch] = submitting(3)
    parked = batches.land_result("ing-1", status="DONE", report_key="reports/ing-1.json", link="https://l")
    assert parked.upload_id is None
    submit(batches, batch)
    found = batches.ingestion("ing-1")
    assert found
    assert (found.upload_id, found.report_key) == ("u1", "reports/ing-1.json")
    again = batches.land_result("ing-1", status="DONE", report_key="reports/ing-1.json", link="https://l")
    assert again.upload_id == "u1"


def test_closing_moves_the_rows_once(batches: Batches, uploads: Uploads, submitting: Submitting) -> None:
    _, [first, _second] = submitting(3, 4, rejected=2)
    first = submit(batches, first)
    assert batches.close(first, done(2, 1)) is True
    assert batches.close(first, done(2, 1)) is False
    upload = uploads.get("u1")
    assert (upload.pending, upload.accepted, upload.failed, upload.rejected) == (4, 2, 1, 2)
    check_law(int(upload.rows_read), upload.counts, final=False)
    assert batches.get("u1", 1).outcome_part == "part"


def test_closing_with_other_rows_than_the_batch_has_is_refused(batches: Batches, submitting: Submitting) -> None:
    _, [batch] = submitting(3)
    with pytest.raises(ValueError, match="3 rows"):
        batches.close(submit(batches, batch), done(2))


def test_a_batch_without_an_ingestion_cannot_be_done(batches: Batches, submitting: Submitting) -> None:
    _, [batch] = submitting(3)
    with pytest.raises(ImpossibleTransition, match="PREPARED"):
        batches.close(batch, done(3))


def test_the_link_and_its_time_are_kept_on_the_batch(batches: Batches, submitting: Submitting) -> None:
    _, [batch] = submitting(3)
    batch = submit(batches, batch)
    batches.set_report(batch, batches.land_result("ing-1", status=None, report_key="reports/x", link="https://l"))
    batch = batches.get("u1", 1)
    assert (batch.report_key, batch.report_link) == ("reports/x", "https://l")
    assert batch.report_link_received_at


def test_nothing_is_written_on_the_batch_for_a_result_without_a_report(
    batches: Batches, submitting: Submitting
) -> None:
    _, [batch] = submitting(3)
    batch = submit(batches, batch)
    batches.set_report(batch, batches.land_result("ing-1", status="FATAL", report_key=None, link=None))
    assert batches.get("u1", 1).report_key is None


def test_each_poll_is_counted_and_puts_off_the_next(batches: Batches, submitting: Submitting) -> None:
    _, [batch] = submitting(3)
    batch = submit(batches, batch)
    first = batch.next_poll_at
    batches.set_polled(batch, again_in=timedelta(hours=1))
    batch = batches.get("u1", 1)
    assert batch.polls == 1
    assert batch.next_poll_at > first
