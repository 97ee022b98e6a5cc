"""Check a catalog file with the same core as the deployed system, and keep what a person or a program wants of it."""

import hashlib
import resource
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from chalicelib.catalog.faults import RejectedRow
from chalicelib.catalog.formats import Format
from chalicelib.catalog.mapping import Mapping as CatalogMapping
from chalicelib.catalog.operations import Operation
from chalicelib.catalog.prepare import prepare
from chalicelib.catalog.prepared import Batch, Limits, Prepared
from chalicelib.tracking import spreadsheet
from chalicelib.tracking.outcomes import Outcome, Reason, RowOutcome

FIRST_ROWS = 10
"""How many rejected rows are kept to be shown."""


@contextmanager
def naming(name: object) -> Iterator[None]:
    """Let an OSError in the `with` block name the file that it is about: reading and writing leave that out."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(name)
        raise


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is to be checked, and by which rules."""

    mapping: CatalogMapping | None = None
    known_store_ids: Collection[str] = ()
    format: Format | None = None
    operation: Operation = Operation.CATALOG
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Finding:
    """The answer: the core's counts, and what was gathered on the way."""

    prepared: Prepared
    first_rejected: list[RejectedRow]
    columns: Mapping[str, str]
    """The columns that the mapping reads, by the field (or `skip_when[1]`) that they are for."""
    rejected_rows_sha256: str
    seconds: float
    peak_memory_mb: float

    @property
    def exit_status(self) -> int:
        """0: every row is good (or skipped); 1: some are rejected; 2: the file is INVALID."""
        return 2 if self.prepared.invalid else 1 if self.prepared.rejected else 0

    def to_json(self) -> dict[str, Any]:
        """The object that `--json` prints; `invalid` is there for an INVALID file alone."""
        counts = self.prepared
        found = {
            "rows_read": counts.rows_read,
            "rejected": counts.rejected,
            "skipped": counts.skipped,
            "items": counts.items,
            "batches": counts.batches,
            "bytes": counts.bytes,
            "warnings": dict(sorted(counts.warnings.items())),
            "warning_details": counts.warning_details,
            "reasons": dict(sorted(counts.reasons.items())),
            "rejected_rows_sha256": self.rejected_rows_sha256,
            "seconds": round(self.seconds, 3),
            "peak_memory_mb": round(self.peak_memory_mb, 1),
        }
        if counts.invalid:
            found["invalid"] = {"code": str(counts.invalid.code), "message": counts.invalid.message}
        return found


class Gatherer:
    """The sink of a check. Its memory is constant; rejected rows and batches go to files if asked for."""

    def __init__(self, rejected_csv: BinaryIO | None = None, batches: Path | None = None) -> None:
        self.rows = 0
        """Rows that have been handed on: the good ones when their batch is full, the rejected ones at once."""
        self.first_rejected: list[RejectedRow] = []
        self._digest = hashlib.sha256()
        self._separator = b""
        self._rejected_csv = rejected_csv
        self._batches = batches
        self._written: list[Path] = []
        if rejected_csv:
            rejected_csv.write(spreadsheet.header())

    def batch(self, batch: Batch) -> None:
        """Count the batch's rows, and write its body (the bytes that would be sent) and its row numbers."""
        self.rows += batch.row_count
        if self._batches:
            for ending, content in (("json", batch.body), ("rows", batch.rows)):
                path = self._batches / f"{batch.number:05d}.{ending}"
                self._written.append(path)
                with naming(path):
                    path.write_bytes(content)

    def rejected(self, row: RejectedRow) -> None:
        """Add the row to the digest, to the CSV file, and to the first ones."""
        self.rows += 1
        self._digest.update(b"%b%d" % (self._separator, row.row))
        self._separator = b","
        if len(self.first_rejected) < FIRST_ROWS:
            self.first_rejected.append(row)
        if self._rejected_csv:
            reasons = tuple(Reason(fault.code, fault.message, fault.field, fault.value) for fault in row.faults)
            outcome = RowOutcome(row.row, Outcome.REJECTED, reasons, row.sku, row.store_id)
            with naming(self._rejected_csv.name):
                self._rejected_csv.write(b"".join(spreadsheet.lines(outcome)))

    def flush(self) -> None:
        """Write what is still held of the CSV file: a full disk shows while the batches can be taken back."""
        if self._rejected_csv:
            with naming(self._rejected_csv.name):
                self._rejected_csv.flush()

    def take_batches_back(self) -> None:
        """Remove the batches of an INVALID file, or of a run that broke off, so that nobody sends them."""
        for path in self._written:
            path.unlink(missing_ok=True)

    @property
    def rejected_rows_sha256(self) -> str:
        """SHA-256, in hex, of the rejected rows' numbers in ascending order, joined by commas."""
        return self._digest.hexdigest()


class CountingStream:
    """A stream that tells how many bytes have been read, for the progress bar."""

    def __init__(self, stream: BinaryIO, name: str, advance: Callable[[int], object]) -> None:
        self._stream = stream
        self._name = name
        self._advance = advance

    def read(self, size: int = -1) -> bytes:
        """Read as the stream does, and tell the progress."""
        with naming(self._name):
            data = self._stream.read(size)
        self._advance(len(data))
        return data


def check(stream: BinaryIO, question: Question, gatherer: Gatherer) -> Finding:
    """Read the file to its end and judge it. Whatever is raised on the way, no batch is left behind."""
    start = time.perf_counter()
    try:
        prepared = prepare(
            stream,
            gatherer,
            operation=question.operation,
            mapping=question.mapping,
            limits=question.limits,
            known_store_ids=question.known_store_ids,
            format=question.format,
        )
        gatherer.flush()
    except BaseException:
        gatherer.take_batches_back()
        raise
    if prepared.invalid:
        gatherer.take_batches_back()
    return Finding(
        prepared=prepared,
        first_rejected=gatherer.first_rejected,
        columns=question.mapping.columns if question.mapping else {},
        rejected_rows_sha256=gatherer.rejected_rows_sha256,
        seconds=time.perf_counter() - start,
        peak_memory_mb=peak_memory_mb(),
    )


def peak_memory_mb() -> float:
    """The most memory this process has held so far, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux; getrusage would count what held the memory before this program replaced it
        (peak,) = (line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(peak) / 2**10
    peak_used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak_used / 2**20 if sys.platform == "darwin" else peak_used / 2**10  # macOS counts bytes
