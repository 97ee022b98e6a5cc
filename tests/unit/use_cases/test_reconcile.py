import pytest

from chalicelib.amazon.errors import CatalogApiThrottled
from chalicelib.amazon.ingestions import IngestionStatus, ProcessingStatus
from chalicelib.tracking.models import Upload
from chalicelib.tracking.states import UploadState
from tests.unit.use_cases.world import INBOX, World, row


def awaiting(world: World, *rows: dict[str, str]) -> Upload:
    return world.run(world.drop(*(rows or (row("A1"),))).upload_id)


def test_a_lost_message_is_made_up_for_by_asking(world: World) -> None:
    upload = awaiting(world)
    world.reconcile()
    assert world.check(upload.upload_id).upload_state is UploadState.AWAITING_RESULTS
    world.clock.turn(minutes=21)
    world.reconcile()
    assert world.check(upload.upload_id).upload_state is UploadState.COMPLETED


def test_asking_backs_off_while_amazon_is_at_work(world: World) -> None:
    upload = awaiting(world)
    world.amazon.statuses["ing-1"] = ProcessingStatus.INPROGRESS
    for _ in range(60):
        world.clock.turn(minutes=5)
        world.reconcile()
    [batch] = world.all_batches(upload.upload_id)
    assert 3 <= batch.polls <= 6


def test_asking_that_is_refused_is_repeated_later(world: World) -> None:
    upload = awaiting(world)
    world.clock.turn(minutes=21)
    ask, world.amazon.status = world.amazon.status, _throttled  # type: ignore[method-assign]
    world.reconcile()
    world.amazon.status = ask  # type: ignore[method-assign]
    world.clock.turn(hours=1)
    world.reconcile()
    assert world.check(upload.upload_id).upload_state is UploadState.COMPLETED


def _throttled(ingestion_id: str) -> None:
    raise CatalogApiThrottled("slow down", http_status=429)


def test_a_broken_ingestion_is_found_by_asking(world: World) -> None:
    upload = awaiting(world)
    world.amazon.statuses["ing-1"] = ProcessingStatus.FATAL
    world.clock.turn(minutes=21)
    world.reconcile()
    assert world.all_batches(upload.upload_id)[0].state == "FATAL"


def test_after_72_hours_a_batch_without_a_result_fails_and_a_later_report_is_kept(world: World) -> None:
    upload = awaiting(world)
    world.amazon.statuses["ing-1"] = ProcessingStatus.INPROGRESS
    world.clock.turn(hours=71)
    world.reconcile()
    assert world.check(upload.upload_id).pending == 1
    world.clock.turn(hours=2)
    world.reconcile()
    upload = world.check(upload.upload_id)
    assert (upload.upload_state, upload.failed) == (UploadState.FAILED, 1)
    assert world.outcome_rows(upload.upload_id, "failed.csv")[0]["code"] == "no_result"
    world.message("ing-1")
    [batch] = world.all_batches(upload.upload_id)
    assert (batch.state, batch.late_report) == ("NO_RESULT", "reports/ing-1.json")
    assert world.check(upload.upload_id).failed == 1


def test_a_parked_result_that_submit_never_picked_up_is_found_without_asking(world: World) -> None:
    upload = awaiting(world)
    world.batches.land_result("ing-1", status="CANCELLED", report_key=None, link=None)
    world.clock.turn(minutes=21)
    turns = world.pacer.turns
    world.reconcile()
    assert world.all_batches(upload.upload_id)[0].state == "CANCELLED"
    assert world.pacer.turns == turns


def test_a_batch_without_a_result_is_named_in_the_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    upload = awaiting(world)
    world.amazon.statuses["ing-1"] = ProcessingStatus.INPROGRESS
    world.clock.turn(hours=73)
    world.reconcile()
    [line] = [vars(record) for record in caplog.records if record.message == "batch without a result"]
    assert (line["upload_id"], line["batch"], line["ingestion_id"]) == (upload.upload_id, 1, "ing-1")


def test_an_upload_whose_execution_died_is_closed(world: World) -> None:
    upload = world.drop(row("A1"))
    world.prepare(upload.upload_id)
    world.step_functions.executions[upload.upload_id] = "TIMED_OUT"
    world.reconcile()
    upload = world.check(upload.upload_id)
    assert (upload.upload_state, upload.not_sent) == (UploadState.FAILED, 1)
    assert "TIMED_OUT" in upload.reason


def test_an_upload_whose_execution_was_stopped_by_hand_says_so(world: World) -> None:
    upload = world.drop(row("A1"))
    world.step_functions.executions[upload.upload_id] = "ABORTED"
    world.reconcile()
    assert world.check(upload.upload_id).reason == "The upload was stopped. Upload the file again."


def test_an_upload_whose_execution_runs_is_left_alone(world: World) -> None:
    upload = world.drop(row("A1"))
    world.reconcile()
    assert world.check(upload.upload_id).upload_state is UploadState.RECEIVED


def test_a_claim_without_an_execution_is_started(world: World) -> None:
    upload = world.drop(row("A1"))
    world.step_functions.executions.clear()
    world.reconcile()
    assert world.step_functions.executions == {upload.upload_id: "RUNNING"}


def test_calls_under_way_put_off_the_closing_of_a_dead_upload(world: World) -> None:
    upload = world.drop(row("A1"))
    world.preflight(upload.upload_id)
    world.prepare(upload.upload_id)
    world.record(upload.upload_id)
    world.batches.begin_attempt(world.batches.get(upload.upload_id, 1))
    world.step_functions.executions[upload.upload_id] = "TIMED_OUT"
    world.reconcile()
    assert world.check(upload.upload_id).pending == 1
    world.clock.turn(minutes=5)
    world.reconcile()
    assert world.check(upload.upload_id).failed == 1


def test_the_results_of_a_running_submission_are_asked_for_too(world: World) -> None:
    upload = world.drop(row("A1"), row("A2"), row("A3"), row("A4"))
    world.preflight(upload.upload_id)
    world.prepare(upload.upload_id)
    world.record(upload.upload_id)
    world.send(upload.upload_id, 1)
    world.clock.turn(minutes=21)
    world.reconcile()
    assert world.check(upload.upload_id).accepted == 3


def test_a_file_that_no_event_announced_is_started_once(world: World) -> None:
    world.s3.put_object(Bucket=INBOX, Key="inbox/pos/lost.jsonl", Body=b"{}")
    world.s3.put_object(Bucket=INBOX, Key="inbox/pos/", Body=b"")
    arrived = world.inbox.head("inbox/pos/lost.jsonl").modified_at
    world.clock.moment = arrived
    world.reconcile()
    assert world.step_functions.executions == {}
    world.clock.turn(minutes=11)
    for _ in range(2):
        world.reconcile()
    assert len(world.step_functions.executions) == 1


def test_only_the_newest_version_of_a_lost_file_is_started(world: World) -> None:
    for body in (b"old", b"new"):
        world.s3.put_object(Bucket=INBOX, Key="inbox/pos/lost.jsonl", Body=body)
    newest = world.inbox.head("inbox/pos/lost.jsonl")
    world.clock.moment = newest.modified_at
    world.clock.turn(minutes=11)
    world.reconcile()
    [upload_id] = world.step_functions.executions
    assert world.uploads.get(upload_id).version_id == newest.version_id


def test_an_old_file_is_not_taken_for_a_lost_one(world: World) -> None:
    world.s3.put_object(Bucket=INBOX, Key="inbox/pos/lost.jsonl", Body=b"{}")
    world.clock.moment = world.inbox.head("inbox/pos/lost.jsonl").modified_at
    world.clock.turn(hours=25)
    world.reconcile()
    assert world.step_functions.executions == {}


def break_status_of(world: World, ingestion_id: str) -> None:
    """Let asking for an ingestion fail in a way that nobody expects."""
    status = world.amazon.status

    def broken_status(asked: str) -> IngestionStatus:
        if asked == ingestion_id:
            raise RuntimeError("a fault of ours")
        return status(asked)

    world.amazon.status = broken_status  # type: ignore[method-assign]


def test_one_upload_that_cannot_be_moved_on_stops_no_other(world: World) -> None:
    broken, fine = world.drop(row("A1"), key="inbox/a/1.jsonl"), world.drop(row("A2"), key="inbox/b/2.jsonl")
    for upload in (broken, fine):
        world.run(upload.upload_id)
    break_status_of(world, "ing-1")
    world.clock.turn(minutes=21)
    world.reconcile()
    assert world.check(fine.upload_id).upload_state is UploadState.COMPLETED
    assert world.check(broken.upload_id).upload_state is UploadState.AWAITING_RESULTS


def test_a_run_that_is_out_of_time_leaves_the_rest_to_the_next(world: World) -> None:
    upload = awaiting(world)
    world.clock.turn(minutes=21)
    world.seconds_left = 10.0
    world.reconcile()
    assert world.check(upload.upload_id).pending == 1


def test_an_end_that_was_not_notified_is_notified(world: World) -> None:
    upload = awaiting(world)
    notify, world.notified = world.notified, []
    notify.clear()
    world.messages()
    assert world.uploads.get(upload.upload_id).open is None
    Upload(f"UPLOAD#{upload.upload_id}", "UPLOAD").update(
        actions=[Upload.open.set("OPEN"), Upload.notified_at.remove()]
    )
    world.notified.clear()
    world.reconcile()
    assert world.notified == ["COMPLETED"]


def test_a_turn_that_was_not_released_is_released(world: World) -> None:
    first, second = world.drop(row("A1")), world.drop(row("A2"))
    world.uploads.stop_submission(first.upload_id)
    world.uploads.close_submission(world.uploads.get(first.upload_id))
    world.reconcile()
    world.preflight(second.upload_id)


def test_one_batch_that_cannot_be_polled_stops_no_other(world: World) -> None:
    upload = awaiting(world, *(row(f"A{n}") for n in range(6)))
    break_status_of(world, "ing-1")
    world.clock.turn(minutes=21)
    world.reconcile()
    assert [batch.state for batch in world.all_batches(upload.upload_id)] == ["SUBMITTED", "DONE"]
    world.clock.turn(hours=73)
    world.reconcile()
    upload = world.check(upload.upload_id)
    assert (upload.upload_state, upload.accepted, upload.failed) == (UploadState.COMPLETED_WITH_ERRORS, 3, 3)


def test_one_file_that_cannot_be_started_hides_no_other(world: World) -> None:
    for key in ("inbox/a/1.jsonl", "inbox/b/2.jsonl"):
        world.s3.put_object(Bucket=INBOX, Key=key, Body=b"{}")
    world.clock.moment = world.inbox.head("inbox/a/1.jsonl").modified_at
    world.clock.turn(minutes=11)
    start, tries = world.step_functions.start_execution, []

    def fails_once(**arguments: str) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise ConnectionError("Step Functions did not answer")
        start(**arguments)

    world.step_functions.start_execution = fails_once  # type: ignore[method-assign, assignment]
    world.reconcile()
    assert len(world.step_functions.executions) >= 1
