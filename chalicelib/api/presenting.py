"""What the API shows of an upload, a batch and an attempt. What is not named here stays inside."""

from typing import Any

from chalicelib.tracking.models import Attempt, Batch, Upload
from chalicelib.tracking.outcomes import Outcome

ROW_OUTCOMES = (Outcome.REJECTED, Outcome.FAILED, Outcome.NOT_SENT)
"""Outcomes whose rows have reasons to show."""


def upload_json(upload: Upload) -> dict[str, Any]:
    """The document's schema `Upload`."""
    return {
        "upload_id": upload.upload_id,
        "state": upload.state,
        "final": upload.upload_state.is_final,
        "reason": _reason(upload.reason_code, upload.reason),
        "rows_read": int(upload.rows_read),
        "outcomes": {outcome.value: count for outcome, count in upload.counts.items()},
        "source": upload.source,
        "key": upload.key,
        "version_id": upload.version_id,
        "size": int(upload.size),
        "format": upload.format,
        "operation": upload.operation,
        "mapping": upload.mapping,
        "mapping_key": upload.mapping_key,
        "mapping_version_id": upload.mapping_version_id,
        "items": int(upload.items),
        "batches": int(upload.batches),
        "bytes": int(upload.bytes),
        "warnings": upload.warnings or {},
        "warning_details": upload.warning_details or {},
        "rejected_reasons": upload.rejected_reasons or {},
        "arrived_at": upload.arrived_at,
        "received_at": upload.received_at,
        "updated_at": upload.updated_at,
        "submission_closed_at": upload.submission_closed_at,
        "finished_at": upload.finished_at,
        "links": _links(f"/uploads/{upload.upload_id}"),
    }


def batch_json(batch: Batch, attempts: list[Attempt]) -> dict[str, Any]:
    """The document's schema `Batch`. The report's link is a secret and stays inside."""
    return {
        "number": int(batch.number),
        "state": batch.state,
        "reason": _reason(batch.reason_code, batch.reason),
        "rows": int(batch.rows),
        "outcomes": {
            "pending": 0 if batch.batch_state.is_final else int(batch.rows),
            "not_sent": int(batch.not_sent),
            "accepted": int(batch.accepted),
            "failed": int(batch.failed),
        },
        "items": int(batch.items),
        "bytes": int(batch.bytes),
        "ingestion_id": batch.ingestion_id,
        "submitted_at": batch.submitted_at,
        "closed_at": batch.closed_at,
        "updated_at": batch.updated_at,
        "next_poll_at": batch.next_poll_at,
        "polls": int(batch.polls),
        "report_link_received_at": batch.report_link_received_at,
        "report_key": batch.report_key,
        "late_report_key": batch.late_report,
        "attempts": [_attempt_json(attempt) for attempt in attempts],
    }


def _attempt_json(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": int(attempt.number),
        "started_at": attempt.started_at,
        "ended_at": attempt.ended_at,
        "reached": attempt.reached,
        "http_status": None if attempt.http_status is None else int(attempt.http_status),
        "request_id": attempt.request_id,
        "error": attempt.error,
        "message": attempt.message,
        "ingestion_id": attempt.ingestion_id,
    }


def _reason(code: str | None, message: str | None) -> dict[str, str] | None:
    return {"code": code, "message": message or code} if code else None


def _links(path: str) -> dict[str, str]:
    rows = {f"{outcome.value}_rows": f"{path}/rows?outcome={outcome.value}" for outcome in ROW_OUTCOMES}
    return {"self": path, "batches": f"{path}/batches", **rows, "files": f"{path}/files"}
