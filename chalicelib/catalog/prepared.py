"""What preparing a catalog file gives: batches and rejected rows while it reads, counts at the end."""

from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from typing import Any, Protocol

from chalicelib.catalog.codes import WarningCode
from chalicelib.catalog.faults import RejectedRow

MAX_BATCH_ITEMS = 10_000
MAX_BATCH_BYTES = 9_500_000
"""API Gateway takes 10 MB (10,485,760 bytes) per request, headers included; the rest is a margin."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The body of one API call.

    `body`: the exact bytes to send. `rows`: JSON `[[row, sku, store_id], ...]`, one per item, in the order of the items
    (archive: store_id is null). `number` starts at 1. The items of one row never straddle two batches.
    """

    number: int
    body: bytes
    rows: bytes
    row_count: int
    item_count: int


class Sink(Protocol):
    """Where the batches and the rejected rows go, while the file is being read."""

    def batch(self, batch: Batch) -> None:
        """Take a batch; they come in order."""

    def rejected(self, row: RejectedRow) -> None:
        """Take a rejected row; they come in order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How large a batch may be, and how large a share of the rows may be rejected (0: all or nothing)."""

    max_batch_items: int = MAX_BATCH_ITEMS
    max_batch_bytes: int = MAX_BATCH_BYTES
    max_rejected_ratio: float = 0.2


@dataclass(frozen=True, slots=True)
class Invalid:
    """The file is wrong. `message` says in words where (byte or line), what, and how to mend it."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """The counts of one file: `rows_read == rejected + skipped + good`, always.

    `warnings` and `reasons` count rows per code. `unknown_fields` counts the good rows of each (of 20 names at the
    most); `unfilled_fields` are those that the mapping names and no good row has, and its conditions on a column that
    no record has (`skip_when[1]`); `first_warned_rows` has the first row per code of a warning. `format` is what was
    found (`json`, `jsonl` or `csv`, with `+gzip` behind it), None if that failed. If `invalid` is set, the batches that
    were handed out must not be sent.
    """

    rows_read: int
    rejected: int
    skipped: int
    good: int
    items: int
    batches: int
    bytes: int
    warnings: Dictionary[str, int] = field(default_factory=dict)
    unknown_fields: Dictionary[str, int] = field(default_factory=dict)
    unfilled_fields: tuple[str, ...] = ()
    first_warned_rows: Dictionary[str, int] = field(default_factory=dict)
    reasons: Dictionary[str, int] = field(default_factory=dict)
    invalid: Invalid | None = None
    format: str | None = None

    @property
    def warning_details(self) -> dict[str, dict[str, Any]]:
        """Code -> `first_row`, and the `fields` of the two codes that are about some: counted, or listed."""
        details: dict[str, dict[str, Any]] = {code: {"first_row": row} for code, row in self.first_warned_rows.items()}
        if self.unknown_fields:
            details[WarningCode.UNKNOWN_FIELD]["fields"] = dict(self.unknown_fields)
        if self.unfilled_fields:
            details[WarningCode.UNFILLED_FIELD]["fields"] = list(self.unfilled_fields)
        return details
