"""Prepare a catalog file: read it as a stream, check every row, cut the good ones into batches."""

from collections.abc import Collection
from typing import BinaryIO

from chalicelib.catalog.faults import Fault, Mapped, RejectedRow, RowMapping
from chalicelib.catalog.formats import Format
from chalicelib.catalog.operations import Operation
from chalicelib.catalog.prepared import Batch, Invalid, Limits, Prepared, Sink

__all__ = [
    "Batch",
    "Fault",
    "Format",
    "Invalid",
    "Limits",
    "Mapped",
    "Operation",
    "Prepared",
    "RejectedRow",
    "RowMapping",
    "Sink",
    "prepare",
]

DEFAULT_LIMITS = Limits()


def prepare(
    stream: BinaryIO,
    sink: Sink,
    *,
    operation: Operation = Operation.CATALOG,
    mapping: RowMapping | None = None,
    limits: Limits = DEFAULT_LIMITS,
    known_store_ids: Collection[str] = (),
    format: Format | None = None,
) -> Prepared:
    """Read the catalog file in `stream` and hand its batches and its rejected rows to `sink`.

    The stream needs `read(n)` alone. Memory is bounded whatever the file. A wrong file is never an exception: the answer's
    `invalid` says what is wrong. Errors of the stream and of the sink pass through.
    """
    raise NotImplementedError
