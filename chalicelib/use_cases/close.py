"""close submission: no further attempt begins; unsent batches end, and what was sent is awaited."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.amazon.errors import Reached
from chalicelib.storage.objects import NoSuchObject, Objects
from chalicelib.tracking.batches import Batches
from chalicelib.tracking.clock import Clock
from chalicelib.tracking.models import Attempt, Batch, Upload
from chalicelib.tracking.outcomes import Outcome
from chalicelib.tracking.outcomes import Reason as RowReason
from chalicelib.tracking.states import BatchState, UploadState
from chalicelib.tracking.turns import Turns
from chalicelib.tracking.uploads import Reason, RecordedMeanwhile, Uploads
from chalicelib.use_cases.outcome_parts import close_whole_batch
from chalicelib.use_cases.record import record_upload
from chalicelib.use_cases.unsent import call_ends, in_flight, unsent_state


class SubmissionInFlight(Exception):
    """An attempt may still get its answer, or the upload has just been recorded; tried again by this name."""


@dataclass(frozen=True, kw_only=True)
class Close:
    """What closing a submission needs. `finish` ends the upload if it can end."""

    uploads: Uploads
    batches: Batches
    turns: Turns
    data: Objects
    finish: Callable[[str], None]
    clock: Clock


def close_submission(close: Close, upload_id: str, reason: Reason | None = None) -> None:
    """Close the upload's submission, whatever has happened to it before.

    Args:
        reason: why submitting has stopped early, if it has.

    Raises:
        SubmissionInFlight: a call is under way; try again.
    """
    upload = close.uploads.get(upload_id)
    if not upload.submission_closed_at:
        upload = _record_if_prepared(close, close.uploads.stop_submission(upload_id, reason))
        _close_unsent_batches(close, upload)
        try:
            upload = close.uploads.close_submission(upload)
        except RecordedMeanwhile as error:
            raise SubmissionInFlight(str(error)) from error
    close.turns.release(upload, at=_last_call_ends(close, upload_id))
    close.finish(upload_id)


def _last_call_ends(close: Close, upload_id: str) -> datetime | None:
    """When no call can be under way any more, for the next upload to begin then; None: there is none already.

    A batch may have been submitted while an earlier call of it, whose function was given up, is still on its way.
    """
    tried = [int(batch.number) for batch in close.batches.all(upload_id) if batch.attempts > 1]
    return call_ends([attempt for number in tried for attempt in close.batches.attempts(upload_id, number)])


def _record_if_prepared(close: Close, upload: Upload) -> Upload:
    """If prepare has ended and record has not, its counts are the upload's all the same."""
    if upload.upload_state is UploadState.PREPARING:
        try:
            record_upload(upload.upload_id, uploads=close.uploads, batches=close.batches, data=close.data)
        except NoSuchObject:
            pass
    return close.uploads.get(upload.upload_id)


def _close_unsent_batches(close: Close, upload: Upload) -> None:
    if upload.upload_state is not UploadState.SUBMITTING:
        return
    reason = Reason(upload.reason_code, str(upload.reason)) if upload.reason_code else None
    unsent = [batch for batch in close.batches.all(upload.upload_id) if batch.batch_state is BatchState.PREPARED]
    attempts = {int(batch.number): close.batches.attempts(upload.upload_id, int(batch.number)) for batch in unsent}
    for batch in unsent:
        if not in_flight(attempts[int(batch.number)], close.clock()):
            _close_unsent(close, batch, attempts[int(batch.number)], reason)
    waiting = [number for number, tried in attempts.items() if in_flight(tried, close.clock())]
    if waiting:
        raise SubmissionInFlight(f"{len(waiting)} calls of upload {upload.upload_id} are under way")


def _close_unsent(close: Close, batch: Batch, attempts: list[Attempt], reason: Reason | None) -> None:
    state = unsent_state(attempts)
    outcome = Outcome.NOT_SENT if state is BatchState.NOT_SENT else Outcome.FAILED
    why = _why(state, attempts, reason)
    close_whole_batch(close.batches, close.data, batch, state, outcome, why)


def _why(state: BatchState, attempts: list[Attempt], reason: Reason | None) -> RowReason:
    if state is BatchState.UNKNOWN:
        return RowReason(
            "outcome_unknown",
            "Amazon may have taken this batch, but its answer never came. Uploading these rows again is safe.",
        )
    answered = [attempt for attempt in attempts if attempt.error]
    if answered and (state is BatchState.REFUSED or reason is None):
        last = next((a for a in reversed(answered) if a.reached == Reached.REFUSED), answered[-1])
        return RowReason(str(last.error), str(last.message))
    if reason:
        return RowReason(reason.code, f"Not sent, because the upload was stopped: {reason.message}")
    return RowReason("not_sent", "Not sent: the upload ended before this batch's turn. Upload these rows again.")
