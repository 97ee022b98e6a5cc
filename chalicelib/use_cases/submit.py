"""submit: one batch, one call. What may be tried again is the error's class; trying again is the state machine's."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from pynamodb.exceptions import PynamoDBException

from chalicelib.amazon.client import Answer, CatalogApi
from chalicelib.amazon.errors import AccessRefused, CatalogApiError
from chalicelib.amazon.pacer import Pacer, Wait
from chalicelib.storage import keys
from chalicelib.storage.objects import Objects
from chalicelib.tracking.batches import Batches, Refusal, SubmissionStopped
from chalicelib.tracking.models import Attempt, Batch, Ingestion
from chalicelib.tracking.outcomes import Outcome
from chalicelib.tracking.outcomes import Reason as RowReason
from chalicelib.tracking.states import BatchState
from chalicelib.tracking.uploads import Reason, Uploads
from chalicelib.use_cases.outcome_parts import close_whole_batch
from chalicelib.use_cases.refusals import watching_refusals
from chalicelib.use_cases.unsent import may_have_reached

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between the tries to record an ingestion ID: lost, the batch's outcome would never be known."""

_REWRITTEN = Reason(
    "batch_rewritten",
    "A batch is not the one that was recorded: another version of the program has prepared the file again meanwhile. "
    "Upload the file again.",
)


@dataclass(frozen=True, kw_only=True)
class Submit:
    """What submitting a batch needs. `apply_result` closes the batch of an ingestion whose result has landed."""

    uploads: Uploads
    batches: Batches
    data: Objects
    catalog_api: CatalogApi
    pacer: Pacer
    apply_result: Callable[[Ingestion], None]
    first_poll_in: timedelta
    sleep: Callable[[float], None] = time.sleep


def submit_batch(submit: Submit, upload_id: str, number: int) -> None:
    """Send the stored bytes of a batch, unless it has an ingestion ID or is closed.

    Raises:
        Wait: the pacer has no turn.
        CatalogApiError: another try makes sense; `again` is set.
    """
    batch = submit.batches.get(upload_id, number)
    upload = submit.uploads.get(upload_id)
    if batch.batch_state is not BatchState.PREPARED or upload.submission_stopped:
        return
    body = submit.data.read(keys.batch_body(upload_id, number))
    if len(body) != batch.bytes:
        # Sent, its rows could not be told apart. What else was rewritten nobody knows.
        submit.uploads.stop_submission(upload_id, _REWRITTEN)
        return
    submit.pacer.take_turn()
    try:
        attempt = submit.batches.begin_attempt(batch)
    except SubmissionStopped:
        _wait_for_other_call(submit, upload_id, number)
        return
    try:
        with watching_refusals(submit.pacer, upload_id=upload_id, batch=number):
            answer = submit.catalog_api.send(upload.operation, body)
    except CatalogApiError as error:
        _record_refusal(submit, batch, attempt, error)
        return
    _record_answer(submit, attempt, answer)


def _wait_for_other_call(submit: Submit, upload_id: str, number: int) -> None:
    """A function that timed out at the state machine may still be at it: come back when it has ended."""
    going_on = not submit.uploads.get(upload_id).submission_stopped
    if going_on and submit.batches.get(upload_id, number).batch_state is BatchState.PREPARED:
        raise Wait(f"another call of batch {number} is under way")


def _record_answer(submit: Submit, attempt: Attempt, answer: Answer) -> None:
    for pause in (*PAUSES, None):
        try:
            submit.batches.set_submitted(
                attempt,
                answer.ingestion_id,
                http_status=answer.http_status,
                request_id=answer.request_id,
                first_poll_in=submit.first_poll_in,
            )
            break
        except PynamoDBException:
            if pause is None:
                raise
            submit.sleep(pause)
    ingestion = submit.batches.ingestion(answer.ingestion_id)
    if ingestion and (ingestion.report_key or ingestion.status):
        submit.apply_result(ingestion)


def _record_refusal(submit: Submit, batch: Batch, attempt: Attempt, error: CatalogApiError) -> None:
    name = type(error).__name__
    submit.batches.set_refused_attempt(
        attempt,
        Refusal(
            error=name,
            message=str(error),
            reached=error.reached,
            http_status=error.http_status,
            request_id=error.request_id,
        ),
    )
    if error.again:
        raise error
    if isinstance(error, AccessRefused):
        # Every other batch would be refused, too, and each try burns the quota. Closing says what becomes of them all.
        submit.uploads.stop_submission(batch.upload_id, Reason(name, str(error)))
    else:
        _close_refused(submit, batch, name, str(error))


def _close_refused(submit: Submit, batch: Batch, code: str, message: str) -> None:
    """A final no closes the batch, but if an earlier attempt may have reached Amazon, nobody knows what it has."""
    earlier = may_have_reached(submit.batches.attempts(batch.upload_id, int(batch.number)))
    state = BatchState.UNKNOWN if earlier else BatchState.REFUSED
    reason = RowReason(code, message)
    close_whole_batch(submit.batches, submit.data, batch, state, Outcome.FAILED, reason)
