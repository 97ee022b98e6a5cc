"""result: what Amazon says of an ingestion closes its batch, once, however and however often it arrives."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from chalicelib.amazon.downloads import DownloadFailed, LinkExpired
from chalicelib.amazon.ingestions import IngestionStatus, ProcessingStatus
from chalicelib.amazon.messages import Completion, ingestion_id_candidates
from chalicelib.amazon.reports import UnreadableReport, join_report, read_report
from chalicelib.storage import keys
from chalicelib.storage.objects import Objects
from chalicelib.telemetry import count, logger
from chalicelib.tracking.batches import Batches
from chalicelib.tracking.models import Batch, Ingestion
from chalicelib.tracking.outcomes import Outcome, Reason, RowOutcome
from chalicelib.tracking.states import BatchState
from chalicelib.use_cases.outcome_parts import (
    RowsGone,
    all_rows,
    close_batch,
    close_whole_batch,
    read_items,
    row_outcomes,
)

_BROKEN = {
    ProcessingStatus.FATAL: (
        BatchState.FATAL,
        Reason("ingestion_fatal", "Amazon's processing of this batch broke off (FATAL). Upload these rows again."),
    ),
    ProcessingStatus.CANCELLED: (
        BatchState.CANCELLED,
        Reason("ingestion_cancelled", "Amazon cancelled the processing of this batch. Upload these rows again."),
    ),
}
_CHUNK_BYTES = 1024 * 1024
_UNDER_WAY = (ProcessingStatus.INQUEUE, ProcessingStatus.INPROGRESS)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What taking a result needs. `finish` is called with an upload's ID after each batch that was closed;
    `download` opens a presigned link as a stream; `ask_status` asks Amazon where an ingestion is.
    """

    batches: Batches
    data: Objects
    finish: Callable[[str], None]
    download: Callable[[str], BinaryIO]
    ask_status: Callable[[str], IngestionStatus]


def take_completion(result: Result, completion: Completion) -> None:
    """Take a completion message: keep its report at once, then close the batch it belongs to.

    A message of an ingestion that we do not know yet is parked: submit finds it.

    Raises:
        chalicelib.amazon.downloads.DownloadFailed: the report did not come; the message is to be delivered again.
        chalicelib.amazon.pacer.Wait, chalicelib.amazon.errors.CatalogApiError: its link had expired, and a fresh one
            could not be had now.
    """
    ingestion_id = completion.ingestion_id or _known_ingestion(result, completion.link)
    if ingestion_id:
        take_result(result, ingestion_id, status=completion.status, link=completion.link)
    elif completion.link:
        _take_unnamed(result, completion.status, completion.link)


def take_result(result: Result, ingestion_id: str, *, status: str | None, link: str | None) -> None:
    """Keep what became of an ingestion, and close its batch if it is known. Raises as `take_completion` does."""
    if status in _UNDER_WAY:
        return
    known = result.batches.ingestion(ingestion_id)
    report_key = known.report_key if known else None
    if link and not report_key:
        report_key = _keep_report(result, ingestion_id, link)
    _land(result, ingestion_id, status, report_key, link)


def _take_unnamed(result: Result, status: str | None, link: str) -> None:
    """A bare URL that names no ingestion we know: its report's header may, else the object's name is taken for it.

    It is kept under a hash of the whole link: many links may end in the same name, and must not overwrite each other.
    """
    if status in _UNDER_WAY:
        return
    candidates = ingestion_id_candidates(link)
    report_key = _keep_report(result, hashlib.sha256(link.encode()).hexdigest(), link)
    if report_key is None:
        return
    ingestion_id = _id_in_report(result, report_key) or (candidates[0] if candidates else None)
    if ingestion_id is None:
        logger.warning("a report names no ingestion; polling closes its batch", extra={"report_key": report_key})
        count("ReportsWithoutIngestion")
        return
    _land(result, ingestion_id, status, report_key, link)


def _land(result: Result, ingestion_id: str, status: str | None, report_key: str | None, link: str | None) -> None:
    if not report_key and status not in _BROKEN:
        return
    known = result.batches.land_result(ingestion_id, status=status, report_key=report_key, link=link)
    if not known.upload_id:
        logger.info("result parked: its batch is not known yet", extra={"ingestion_id": ingestion_id})
        return
    apply_result(result, known)


def apply_result(result: Result, ingestion: Ingestion) -> None:
    """Close the batch of an ingestion whose result has landed; what closes it twice changes nothing."""
    upload_id, number = str(ingestion.upload_id), int(ingestion.batch or 0)
    batch = result.batches.get(upload_id, number)
    if batch.batch_state.is_final:
        if batch.batch_state is not BatchState.DONE and ingestion.report_key:
            result.batches.set_late_report(batch, ingestion.report_key)
        result.finish(upload_id)
        return
    if ingestion.status in _BROKEN and ingestion.ingestion_id != batch.ingestion_id:
        # A second ingestion of the batch broke off; its own one is still to come.
        return
    result.batches.set_report(batch, ingestion)
    try:
        state, reason, outcomes = _outcomes(result, batch, ingestion)
    except RowsGone as error:
        reason = _unreadable(ingestion, str(error))
        close_whole_batch(result.batches, result.data, batch, BatchState.UNREADABLE, Outcome.FAILED, reason)
    else:
        close_batch(result.batches, result.data, batch, state, outcomes, reason)
    result.finish(upload_id)


def _outcomes(result: Result, batch: Batch, ingestion: Ingestion) -> tuple[BatchState, Reason | None, list[RowOutcome]]:
    items = read_items(result.data, batch)
    if ingestion.status in _BROKEN:
        state, reason = _BROKEN[ProcessingStatus(ingestion.status)]
        return state, reason, all_rows(items, Outcome.FAILED, reason)
    try:
        report = read_report(result.data.open(str(ingestion.report_key)))
        _refuse_report_of_another(result, ingestion, report.ingestion_id)
        issues = join_report(report, items)
    except UnreadableReport as error:
        reason = _unreadable(ingestion, error.reason)
        return BatchState.UNREADABLE, reason, all_rows(items, Outcome.FAILED, reason)

    def reasons(row: int) -> tuple[Reason, ...]:
        return tuple(Reason(issue.code, issue.message, issue.field) for issue in issues.get(row, ()))

    return BatchState.DONE, None, list(row_outcomes(items, Outcome.FAILED, reasons))


def _unreadable(ingestion: Ingestion, why: str) -> Reason:
    details = {"upload_id": ingestion.upload_id, "batch": int(ingestion.batch or 0), "report_key": ingestion.report_key}
    logger.error("report unreadable", extra={**details, "ingestion_id": ingestion.ingestion_id, "why": why})
    count("UnreadableReports")
    return Reason(
        "report_unreadable",
        f"Amazon's report of this batch can't be read: {why}. It is kept as {ingestion.report_key}; whether these rows "
        "were accepted is not known, and uploading them again is safe.",
    )


def _refuse_report_of_another(result: Result, ingestion: Ingestion, named: str | None) -> None:
    if named and named != ingestion.ingestion_id:
        other = result.batches.ingestion(named)
        if other and other.upload_id:
            raise UnreadableReport("it names another ingestion, which is one of ours")


def _known_ingestion(result: Result, link: str | None) -> str | None:
    for candidate in ingestion_id_candidates(link) if link else ():
        found = result.batches.ingestion(candidate)
        if found and found.upload_id:
            return candidate
    return None


def _id_in_report(result: Result, report_key: str) -> str | None:
    try:
        return read_report(result.data.open(report_key)).ingestion_id
    except UnreadableReport:
        return None


def _keep_report(result: Result, ingestion_id: str, link: str) -> str | None:
    """Download the report as it is. None: the link has expired, and the ingestion is not one to ask a fresh one for."""
    key = keys.report(ingestion_id)
    try:
        _store(result, link, key)
    except LinkExpired:
        known = result.batches.ingestion(ingestion_id)
        if not (known and known.upload_id):
            return None
        fresh = result.ask_status(ingestion_id).report_link
        if not fresh:
            return None
        try:
            _store(result, fresh, key)
        except LinkExpired as error:
            raise DownloadFailed("a link fresh from the status operation has expired, too") from error
    return key


def _store(result: Result, link: str, key: str) -> None:
    with result.data.writer(key, "application/json") as writer, result.download(link) as report:
        while chunk := report.read(_CHUNK_BYTES):
            writer.write(chunk)
