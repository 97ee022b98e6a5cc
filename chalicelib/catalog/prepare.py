"""Prepare a catalog file: read it as a stream, check every row, cut the good ones into batches."""

from collections.abc import Collection
from typing import BinaryIO

from chalicelib.catalog.archive_rules import ArchiveRules
from chalicelib.catalog.batches import Batches
from chalicelib.catalog.codes import InvalidCode
from chalicelib.catalog.faults import Fault, Mapped, RejectedRow, RowMapping
from chalicelib.catalog.formats import Format
from chalicelib.catalog.item_rules import ItemRules
from chalicelib.catalog.noticed import Noticed
from chalicelib.catalog.operations import Operation
from chalicelib.catalog.prepared import Batch, Invalid, Limits, Prepared, Sink
from chalicelib.catalog.reading import open_rows
from chalicelib.catalog.repeated_items import RepeatedItems
from chalicelib.catalog.rows import InvalidFile
from chalicelib.catalog.sorting import Sorting
from chalicelib.catalog.source import Source

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

    The stream needs `read(n)` alone. Memory is bounded whatever the file; beyond 65,536 rows a temporary file takes 16
    bytes a row. A wrong file is never an exception: the answer's `invalid` says what is wrong, and the batches that
    were handed out before that was known must not be sent. Errors of the stream, of the sink and of the temporary file
    pass through. The same file with the same arguments always gives the same calls of the sink.
    """
    store_ids = sorted(set(known_store_ids))
    rules = ArchiveRules(mapping) if operation is Operation.ARCHIVE else ItemRules(mapping, store_ids)
    batches = Batches(sink, limits, operation, store_ids)
    source = Source(stream)
    name = None
    invalid = None
    with RepeatedItems() as seen:
        sorting = Sorting(rules, batches, sink, seen, Noticed(mapping, operation))
        try:
            if operation is Operation.ARCHIVE and not store_ids:
                raise InvalidFile(InvalidCode.NO_STORE_IDS, _NO_STORE_IDS)
            rows = open_rows(source, operation, mapping, format)
            name = f"{rows.format}+gzip" if source.packed else str(rows.format)
            for block in rows.blocks:
                sorting.take(block)
            sorting.refuse_if_too_bad(limits.max_rejected_ratio, rows.none)
        except InvalidFile as fault:
            invalid = fault.invalid
    batches.finish()
    return sorting.prepared(invalid, name)


_NO_STORE_IDS = (
    "An archive has to name all of the retailer's stores, and none is known here. Set the known store ids, then start "
    "the upload again."
)
