"""Open a catalog file: find out what it is and give its rows, whatever its format."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from chalicelib.catalog.codes import InvalidCode
from chalicelib.catalog.csv_dialect import api_header, find_dialect, fold, listed, refuse_missing, refuse_repeated
from chalicelib.catalog.csv_table import CsvTable
from chalicelib.catalog.faults import RowMapping
from chalicelib.catalog.formats import Format, find_format
from chalicelib.catalog.item_schema import known_fields
from chalicelib.catalog.json_document import read_json_document
from chalicelib.catalog.json_lines import read_json_lines
from chalicelib.catalog.operations import Operation
from chalicelib.catalog.rows import Block, InvalidFile, Unreadable
from chalicelib.catalog.source import Source


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of an open file. `none` says, in case there are none, where they were looked for."""

    format: Format
    blocks: Iterator[Block]
    none: str


def open_rows(source: Source, operation: Operation, mapping: RowMapping | None, wanted: Format | None) -> Rows:
    """Find out the file's format (unless one is `wanted`) and start to read it. Raises InvalidFile."""
    chunks = source.chunks()
    head = next((chunk for chunk in chunks if not chunk.isspace()), b"")
    if not head:
        raise InvalidFile(InvalidCode.EMPTY, "The file is empty. Check the export that made it.")
    list_name = "itemSkus" if operation is Operation.ARCHIVE else "catalogItems"
    list_path = (mapping.records if mapping else None) or list_name
    # With a mapping any object may be a row, but not if the mapping says in which list the rows are.
    row_fields = known_fields() if mapping is None else frozenset[str]() if mapping.records else None
    found = find_format(head, list_path, row_fields, wanted)
    chunks = chain([head], chunks)
    if found.format is Format.JSON:
        missing = _missing_list(found.path, found.names)
        none = f"the list {found.path!r} is empty, or no list" if found.path else "its list is empty"
        return Rows(Format.JSON, read_json_document(source, chunks, found.path, missing), missing or none)
    if found.format is Format.JSON_LINES:
        line_end = b"\r" if b"\n" not in head and b"\r" in head else b"\n"
        return Rows(Format.JSON_LINES, read_json_lines(chunks, line_end), "there is no line with an object on it")
    rows = _csv_rows(head, chunks, operation, mapping)
    return Rows(Format.CSV, rows, "there is nothing but the header line")


def _missing_list(path: str, names: Mapping[str, tuple[str, ...]]) -> str | None:
    """Why a JSON document does not have the list of the rows, if the names on the way to it tell."""
    if not path:
        return None
    if not known_fields().isdisjoint(names[""]):
        return "it is one object over several lines; put the rows into a list, [...], or each on a line of its own"
    for place, found in names.items():
        step = path.removeprefix(place).removeprefix(".").partition(".")[0]
        if step not in found:
            where = repr(place) if place else "the file"
            has = f"{where} has the fields {listed(found)}" if found else f"{where} has no fields"
            mend = "Correct `records` in the mapping" if place else "Name the list with `records` in a mapping"
            return f"they are looked for in the list {path!r}, but {has}. {mend}"
    return None


def _csv_rows(
    head: bytes, chunks: Iterator[bytes], operation: Operation, mapping: RowMapping | None
) -> Iterator[Block]:
    options = mapping.csv if mapping else None
    dialect, skip = find_dialect(head, options)
    table = CsvTable(chunks, dialect, skip)
    header = (
        list(options.header) if options and options.header else _header(table, operation, mapping, dialect.delimiter)
    )
    yield from table.blocks(header, as_items=mapping is None)


def _header(table: CsvTable, operation: Operation, mapping: RowMapping | None, delimiter: str) -> list[str]:
    cells = table.first()
    if cells is None:
        raise InvalidFile(
            InvalidCode.NO_ROWS, "The file has no rows: its lines are blank. Check the export that made it."
        )
    if isinstance(cells, Unreadable):
        raise InvalidFile(InvalidCode.CSV_HEADER, f"The first line has to name the columns. {cells.fault.message}")
    if mapping is not None:
        header = [cell.strip() for cell in cells]
        refuse_repeated(header)
        refuse_missing(mapping.missing_columns(header), header, delimiter)
        return header
    if operation is Operation.ARCHIVE and len(cells) == 1 and fold(cells[0]) != fold("item_sku"):
        table.give_back_first()
        return ["item_sku"]
    return api_header(cells, operation)
