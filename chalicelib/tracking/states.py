"""States of uploads and batches, and which change is possible. Every change of state goes through `check_transition`."""

from enum import StrEnum


class UploadState(StrEnum):
    """Where an upload is. INVALID means that the file is wrong; FAILED that nothing was accepted, or a fault of ours."""

    RECEIVED = "RECEIVED"
    PREPARING = "PREPARING"
    SUBMITTING = "SUBMITTING"
    AWAITING_RESULTS = "AWAITING_RESULTS"
    COMPLETED = "COMPLETED"
    COMPLETED_WITH_ERRORS = "COMPLETED_WITH_ERRORS"
    FAILED = "FAILED"
    INVALID = "INVALID"

    @property
    def is_final(self) -> bool:
        """Whether the upload has ended."""
        return self in _FINAL_UPLOAD_STATES


class BatchState(StrEnum):
    """Where a batch is. PREPARED and SUBMITTED are open; all the others are final."""

    PREPARED = "PREPARED"
    SUBMITTED = "SUBMITTED"
    DONE = "DONE"
    REFUSED = "REFUSED"
    NOT_SENT = "NOT_SENT"
    UNKNOWN = "UNKNOWN"
    CANCELLED = "CANCELLED"
    FATAL = "FATAL"
    UNREADABLE = "UNREADABLE"
    NO_RESULT = "NO_RESULT"

    @property
    def is_final(self) -> bool:
        """Whether the batch is closed."""
        return self not in (BatchState.PREPARED, BatchState.SUBMITTED)


_FINAL_UPLOAD_STATES = frozenset(
    {UploadState.COMPLETED, UploadState.COMPLETED_WITH_ERRORS, UploadState.FAILED, UploadState.INVALID}
)
