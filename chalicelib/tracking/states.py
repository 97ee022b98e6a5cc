"""States of uploads and batches, which change is possible, and which state an upload ends in. Pure."""

from collections.abc import Mapping
from enum import StrEnum

from chalicelib.tracking.outcomes import Outcome


class UploadState(StrEnum):
    """Where an upload is. INVALID: the file is wrong. FAILED: nothing was accepted, or a fault of ours."""

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

    @property
    def predecessors(self) -> frozenset["UploadState"]:
        """The states that this one can be reached from."""
        return _UPLOAD_PREDECESSORS[self]


class BatchState(StrEnum):
    """Where a batch is. PREPARED and SUBMITTED are open; all the others are final."""

    PREPARED = "PREPARED"
    SUBMITTED = "SUBMITTED"
    """Amazon has given an ingestion ID; its result is awaited."""
    DONE = "DONE"
    """Amazon's report has been read."""
    REFUSED = "REFUSED"
    """The API said no."""
    NOT_SENT = "NOT_SENT"
    """No attempt can have reached Amazon."""
    UNKNOWN = "UNKNOWN"
    """An attempt may have reached Amazon, and there is no ingestion ID."""
    CANCELLED = "CANCELLED"
    """Amazon cancelled the ingestion."""
    FATAL = "FATAL"
    """The ingestion broke at Amazon."""
    UNREADABLE = "UNREADABLE"
    """The report is kept, but it cannot be read."""
    NO_RESULT = "NO_RESULT"
    """No result within the deadline."""

    @property
    def is_final(self) -> bool:
        """Whether the batch is closed."""
        return self not in (BatchState.PREPARED, BatchState.SUBMITTED)

    @property
    def predecessor(self) -> "BatchState":
        """The one state that this one can be reached from."""
        return _BATCH_PREDECESSOR[self]


class ImpossibleTransition(Exception):
    """A change of state that the design does not know: a fault of ours."""


_FINAL_UPLOAD_STATES = frozenset(
    {UploadState.COMPLETED, UploadState.COMPLETED_WITH_ERRORS, UploadState.FAILED, UploadState.INVALID}
)
_UPLOAD_PREDECESSORS: Mapping[UploadState, frozenset[UploadState]] = {
    UploadState.RECEIVED: frozenset(),
    UploadState.PREPARING: frozenset({UploadState.RECEIVED}),
    UploadState.SUBMITTING: frozenset({UploadState.PREPARING}),
    UploadState.AWAITING_RESULTS: frozenset({UploadState.SUBMITTING}),
    UploadState.COMPLETED: frozenset({UploadState.SUBMITTING, UploadState.AWAITING_RESULTS}),
    UploadState.COMPLETED_WITH_ERRORS: frozenset({UploadState.SUBMITTING, UploadState.AWAITING_RESULTS}),
    UploadState.FAILED: frozenset(UploadState) - _FINAL_UPLOAD_STATES,
    UploadState.INVALID: frozenset({UploadState.RECEIVED, UploadState.PREPARING}),
}
_BATCH_PREDECESSOR: Mapping[BatchState, BatchState] = {
    BatchState.SUBMITTED: BatchState.PREPARED,
    BatchState.REFUSED: BatchState.PREPARED,
    BatchState.NOT_SENT: BatchState.PREPARED,
    BatchState.UNKNOWN: BatchState.PREPARED,
    BatchState.DONE: BatchState.SUBMITTED,
    BatchState.CANCELLED: BatchState.SUBMITTED,
    BatchState.FATAL: BatchState.SUBMITTED,
    BatchState.UNREADABLE: BatchState.SUBMITTED,
    BatchState.NO_RESULT: BatchState.SUBMITTED,
}


def final_state(counts: Mapping[Outcome, int], *, file_is_wrong: bool) -> UploadState:
    """The state an upload ends in, from its rows by outcome.

    Args:
        counts: rows by outcome, none of them pending.
        file_is_wrong: whether the file could not be read, or had too many rejected rows.
    """
    rows_read = sum(counts.values())
    accepted = counts.get(Outcome.ACCEPTED, 0)
    if file_is_wrong:
        return UploadState.INVALID
    if rows_read and accepted + counts.get(Outcome.SKIPPED, 0) == rows_read:
        return UploadState.COMPLETED
    return UploadState.COMPLETED_WITH_ERRORS if accepted else UploadState.FAILED
