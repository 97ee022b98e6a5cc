"""reconcile: on a schedule, whatever was lost or has died is found and moved on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.amazon.downloads import DownloadFailed
from chalicelib.amazon.errors import CatalogApiError
from chalicelib.amazon.pacer import Wait
from chalicelib.storage import keys
from chalicelib.storage.objects import NoSuchObject
from chalicelib.telemetry import count, logger
from chalicelib.tracking.clock import iso, parse
from chalicelib.tracking.models import Batch, Upload
from chalicelib.tracking.outcomes import Outcome, Reason
from chalicelib.tracking.states import BatchState, UploadState
from chalicelib.tracking.turns import LONGEST_CALL
from chalicelib.tracking.uploads import Reason as UploadReason
from chalicelib.use_cases.close import Close, SubmissionInFlight, close_submission
from chalicelib.use_cases.outcome_parts import close_whole_batch
from chalicelib.use_cases.result import Result, apply_result, take_result
from chalicelib.use_cases.start import Start, ensure_execution, start_upload, upload_id_of

EVENT_GRACE = timedelta(minutes=10)
"""An object younger than this may still be announced by its event."""
LONGEST_POLL_INTERVAL = timedelta(hours=2)


@dataclass(frozen=True, kw_only=True)
class Reconcile:
    """What reconciling needs. `seconds_left` is the time that the function has left."""

    start: Start
    close: Close
    result: Result
    poll_after: timedelta
    deadline: timedelta
    lost_event_lookback: timedelta
    seconds_left: Callable[[], float]


SECONDS_TO_STOP_BEFORE = 60.0


def reconcile(work: Reconcile) -> None:
    """Start the files that no event has announced, then move on every open upload. A failing one stops no other."""
    _start_lost(work)
    for upload in work.close.uploads.open():
        if work.seconds_left() < SECONDS_TO_STOP_BEFORE:
            logger.warning("reconcile ran out of time; the next run goes on")
            return
        try:
            # The index may lag behind: read it again.
            _move_on(work, work.close.uploads.get(upload.upload_id))
        except Exception:
            logger.exception("upload could not be reconciled", extra={"upload_id": upload.upload_id})
            count("ReconcileFailures")


def _move_on(work: Reconcile, upload: Upload) -> None:
    if upload.submission_closed_at:
        _poll_batches(work, upload)
        _end_closed(work, upload)
        return
    ended = _how_execution_ended(work, upload)
    if ended is None:
        _poll_batches(work, upload)
        return
    if work.close.uploads.get(upload.upload_id).submission_closed_at:
        # It closed its submission and ended since we looked.
        _end_closed(work, upload)
        return
    count("UploadsStuck")
    logger.error("upload without a running execution", extra={"upload_id": upload.upload_id, "execution": ended})
    what = "The upload was stopped" if ended == "ABORTED" else f"Processing broke off ({ended})"
    reason = UploadReason("execution_ended", f"{what}. Upload the file again.")
    try:
        close_submission(work.close, upload.upload_id, reason if _is_left_undone(work, upload) else None)
    except SubmissionInFlight:
        logger.info("calls are under way; the next run closes the upload", extra={"upload_id": upload.upload_id})


def _is_left_undone(work: Reconcile, upload: Upload) -> bool:
    """Whether a row was not sent; if all were, the execution broke off behind its work."""
    if upload.upload_state is not UploadState.SUBMITTING:
        return True
    return any(batch.batch_state is BatchState.PREPARED for batch in work.close.batches.all(upload.upload_id))


def _end_closed(work: Reconcile, upload: Upload) -> None:
    """Do again what follows the closing of a submission: it may have broken off in between."""
    work.close.turns.release(upload, at=work.close.clock() + LONGEST_CALL)
    work.close.finish(upload.upload_id)


def _how_execution_ended(work: Reconcile, upload: Upload) -> str | None:
    """How the state machine ended without closing the upload; None: it is running, or has been started just now."""
    arn = f"{work.start.state_machine_arn.replace(':stateMachine:', ':execution:')}:{upload.upload_id}"
    try:
        status = work.start.step_functions.describe_execution(executionArn=arn)["status"]
    except work.start.step_functions.exceptions.ExecutionDoesNotExist:
        ensure_execution(work.start, upload.upload_id)
        return None
    return None if status == "RUNNING" else status


def _poll_batches(work: Reconcile, upload: Upload) -> None:
    for batch in work.close.batches.all(upload.upload_id):
        if batch.batch_state is not BatchState.SUBMITTED or work.seconds_left() < SECONDS_TO_STOP_BEFORE:
            continue
        now = work.close.clock()
        if batch.next_poll_at and batch.next_poll_at <= iso(now):
            with _one_failure_stops_no_other(batch):
                _poll(work, batch)
        if parse(str(batch.submitted_at)) + work.deadline <= now:
            with _one_failure_stops_no_other(batch):
                _close_without_result(work, batch)


@contextmanager
def _one_failure_stops_no_other(batch: Batch) -> Iterator[None]:
    try:
        yield
    except Exception:
        logger.exception("batch could not be reconciled", extra=_details(batch))
        count("ReconcileFailures")


def _details(batch: Batch) -> dict[str, str | int | None]:
    return {"upload_id": batch.upload_id, "batch": int(batch.number), "ingestion_id": batch.ingestion_id}


def _poll(work: Reconcile, batch: Batch) -> None:
    """Ask Amazon how the ingestion of a batch is getting on; its answer takes the same way as a message."""
    ingestion_id = str(batch.ingestion_id)
    wait = min(work.poll_after * 2 ** min(int(batch.polls), 10), LONGEST_POLL_INTERVAL)
    work.close.batches.set_polled(batch, again_in=wait)
    parked = work.close.batches.ingestion(ingestion_id)
    if parked and (parked.report_key or parked.status):
        apply_result(work.result, parked)
        return
    try:
        status = work.result.ask_status(ingestion_id)
        take_result(work.result, ingestion_id, status=status.status, link=status.report_link)
    except (CatalogApiError, DownloadFailed, Wait) as error:
        logger.warning(
            "status could not be had; asked again later",
            extra={**_details(batch), "error": str(error)},
        )
        count("PollFailures")


def _close_without_result(work: Reconcile, batch: Batch) -> None:
    hours = work.deadline.total_seconds() / 3600
    reason = Reason(
        "no_result",
        f"Amazon gave no result within {hours:g} hours. Uploading these rows again is safe.",
    )
    batches, data = work.close.batches, work.close.data
    if batches.get(batch.upload_id, int(batch.number)).batch_state.is_final:
        return
    if close_whole_batch(batches, data, batch, BatchState.NO_RESULT, Outcome.FAILED, reason):
        logger.error("batch without a result", extra=_details(batch))
        count("BatchesWithoutResult")


def _start_lost(work: Reconcile) -> None:
    """Start the newest version of every recent object that has no upload; older versions have been replaced by it."""
    inbox, now = work.start.inbox, work.close.clock()
    for key, version_id, modified_at in inbox.newest_versions(keys.INBOX_PREFIX):
        if key.endswith("/") or not EVENT_GRACE <= now - modified_at <= work.lost_event_lookback:
            continue
        if work.seconds_left() < SECONDS_TO_STOP_BEFORE:
            return
        try:
            if work.start.uploads.exists(upload_id_of(inbox.bucket, key, version_id)):
                continue
            start_upload(work.start, key=key, version_id=version_id)
        except NoSuchObject:
            continue
        except Exception:
            logger.exception("a file in the inbox has no upload, and can't be started")
            count("ReconcileFailures")
            continue
        count("LostEvents")
        logger.warning("a file in the inbox had no upload; started")
