"""finish: when nothing is pending any more, write the outcome files, then the final state, then notify."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from chalicelib.storage import keys
from chalicelib.storage.objects import NoSuchObject, Objects
from chalicelib.telemetry import count, logger
from chalicelib.tracking import spreadsheet
from chalicelib.tracking.batches import Batches
from chalicelib.tracking.models import Batch, Upload
from chalicelib.tracking.outcomes import Outcome, RowOutcome
from chalicelib.tracking.states import UploadState, final_state
from chalicelib.tracking.uploads import Reason, Uploads

Notify = Callable[[Upload], None]
CSV = "text/csv; charset=utf-8"


@dataclass(frozen=True, kw_only=True)
class Finish:
    """What finishing an upload needs. `notify` makes the end of an upload known."""

    uploads: Uploads
    batches: Batches
    data: Objects
    notify: Notify


def finish_upload(finish: Finish, upload_id: str) -> None:
    """End the upload if it can end. Whoever calls it, and however often: the upload ends once.

    If it breaks off anywhere, the next call does the rest; at the worst a notification is sent twice.
    """
    upload = finish.uploads.get(upload_id)
    if not upload.open or not upload.submission_closed_at or upload.pending:
        return
    if not upload.upload_state.is_final:
        upload = _with_reason(finish, upload)
        _write_outcome_files(finish, upload)
        upload = finish.uploads.set_final(upload)
        logger.info("upload ended", extra={"upload_id": upload_id, "state": upload.state})
        count(f"Uploads{upload.state.title().replace('_', '')}")
    finish.notify(upload)
    finish.uploads.set_notified(upload_id)


def _with_reason(finish: Finish, upload: Upload) -> Upload:
    """An upload that fails says why: what its batches say, if nothing else has stopped it."""
    failed = not upload.reason_code and _final_state(upload) is UploadState.FAILED
    unsuccessful = [b for b in finish.batches.all(upload.upload_id) if b.failed or b.not_sent] if failed else []
    if not unsuccessful:
        return upload
    return finish.uploads.set_reason(upload.upload_id, _shared_reason(unsuccessful))


def _shared_reason(batches: Sequence[Batch]) -> Reason:
    first, codes, messages = batches[0], {b.reason_code for b in batches}, {b.reason for b in batches}
    if codes == {None}:
        return Reason("nothing_accepted", "Amazon has accepted none of the rows that were sent; failed.csv says why.")
    if len(codes) > 1:
        return Reason(
            "batches_failed",
            "No row was accepted, and not every batch failed for the same reason: GET /uploads/<upload id>/batches has "
            "that of each batch, failed.csv that of each row.",
        )
    message = str(first.reason)
    if len(messages) > 1:
        message = f"Batch {int(first.number)}: {message} The other batches failed in the same way."
    return Reason(str(first.reason_code), message)


def _final_state(upload: Upload) -> UploadState:
    return final_state(upload.counts, file_is_wrong=bool(upload.file_is_wrong))


def _write_outcome_files(finish: Finish, upload: Upload) -> None:
    failed = _write_batch_outcomes(finish, upload, Outcome.FAILED)
    if upload.not_sent and upload.batches and not upload.file_is_wrong:
        _write_batch_outcomes(finish, upload, Outcome.NOT_SENT)
    with finish.data.writer(keys.outcome_file(upload.upload_id, "rejected.csv"), CSV) as writer:
        writer.write(spreadsheet.header())
        if upload.rejected:
            for found in _rows(finish, keys.rejected_rows(upload.upload_id)):
                writer.write(b"".join(spreadsheet.lines(found)))
    summary = orjson.dumps(_summary(finish, upload, failed), option=orjson.OPT_INDENT_2)
    finish.data.write(keys.outcome_file(upload.upload_id, "summary.json"), summary)


def _write_batch_outcomes(finish: Finish, upload: Upload, outcome: Outcome) -> Counter[str]:
    """Write `failed.csv` or `not_sent.csv` from the batches' parts; gives back how often each reason occurs."""
    reasons: Counter[str] = Counter()
    with finish.data.writer(keys.outcome_file(upload.upload_id, f"{outcome.value}.csv"), CSV) as writer:
        writer.write(spreadsheet.header())
        for batch in finish.batches.all(upload.upload_id):
            if not batch.outcome_part or not getattr(batch, outcome.value):
                continue
            for found in _rows(finish, batch.outcome_part):
                if found.outcome is outcome:
                    reasons.update(reason.code for reason in found.reasons)
                    writer.write(b"".join(spreadsheet.lines(found)))
    return reasons


def _rows(finish: Finish, key: str) -> Iterator[RowOutcome]:
    """The rows of a part. One that is gone keeps no upload from ending: its rows are counted, only not listed."""
    try:
        for line in finish.data.lines(key):
            yield RowOutcome.from_json(orjson.loads(line))
    except NoSuchObject:
        logger.error("rows are counted, but can't be listed", extra={"missing": key})


def _summary(finish: Finish, upload: Upload, failed: Counter[str]) -> dict[str, Any]:
    batches = Counter(batch.state for batch in finish.batches.all(upload.upload_id))
    return {
        "upload_id": upload.upload_id,
        "source": upload.source,
        "key": upload.key,
        "version_id": upload.version_id,
        "operation": upload.operation,
        "state": _final_state(upload),
        "reason_code": upload.reason_code,
        "reason": upload.reason,
        "rows_read": int(upload.rows_read),
        "outcomes": {outcome.value: number for outcome, number in upload.counts.items()},
        "items": int(upload.items),
        "batches": dict(batches),
        "rejected_reasons": upload.rejected_reasons or {},
        "failed_reasons": dict(failed),
        "warnings": upload.warnings or {},
        "warning_details": upload.warning_details or {},
        "received_at": upload.received_at,
    }
