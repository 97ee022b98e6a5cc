"""The kinds of catalog file, and finding out which one a file is from its first bytes."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import ijson
import orjson
from ijson.backends import yajl2_c

from chalicelib.catalog.codes import InvalidCode
from chalicelib.catalog.nesting import NestingGuard
from chalicelib.catalog.rows import InvalidFile
from chalicelib.catalog.surrogates import mark_lone_surrogates


class Format(StrEnum):
    """How a catalog file is written; each may be compressed with gzip."""

    JSON = "json"
    JSON_LINES = "jsonl"
    CSV = "csv"


_OTHER_KINDS = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook (.xlsx)"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"),
    (b"PAR1", "a Parquet file"),
    (b"%PDF", "a PDF document"),
    (b"<", "XML or HTML"),
    (b"\x1f\x8b", "gzip within gzip"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"{\\rtf", "a rich text document (RTF)"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
)
_HOW_TO_MEND = "Export it as JSON, JSON Lines or CSV, in UTF-8; gzip is fine."


def refuse_other_kinds(head: bytes) -> None:
    """Raise InvalidFile, with its name, for a kind of file that is known and no catalog."""
    for magic, name in _OTHER_KINDS:
        if head.lstrip().startswith(magic):
            raise InvalidFile(InvalidCode.UNKNOWN_KIND, f"The file is {name}, not a catalog. {_HOW_TO_MEND}")
    sample = head[:1024]
    controls = sum(byte < 0x20 and byte not in b"\t\r\n\f" for byte in sample)
    if controls * 10 > len(sample):
        message = f"The file is binary: a tenth of its first bytes, or more, are no text. {_HOW_TO_MEND}"
        raise InvalidFile(InvalidCode.UNKNOWN_KIND, message)


@dataclass(frozen=True, slots=True)
class Found:
    """A file's format. `path`: where the list of rows is in a JSON document ('' at the top); `names`: that document's
    fields."""

    format: Format
    path: str = ""
    names: tuple[str, ...] = ()


def find_format(head: bytes, list_path: str, row_fields: frozenset[str] | None, wanted: Format | None) -> Found:
    """Find out the format of a file that starts with `head`, unless one is `wanted`.

    `list_path` is where a JSON document's rows are looked for. `row_fields`: names that only a row has, by which a lone
    object is known as one; None: any may be one (a mapping reads it)."""
    start = head.lstrip()
    if wanted in (Format.JSON_LINES, Format.CSV):
        return Found(wanted)
    if start.startswith(b"["):
        return Found(Format.JSON)
    if start.startswith(b"{"):
        names, is_complete = _top_level(start[:_LOOK_AHEAD])
        document = Found(Format.JSON, list_path, names)
        if (
            wanted
            or list_path.split(".")[0] in names
            or not _is_lines(start, names, row_fields, is_complete=is_complete)
        ):
            return document
        return Found(Format.JSON_LINES)
    return Found(wanted or Format.CSV)


_LOOK_AHEAD = 65_536


def _is_lines(start: bytes, names: tuple[str, ...], row_fields: frozenset[str] | None, *, is_complete: bool) -> bool:
    """Whether a file that starts with an object, not one that holds the rows, is one object a line."""
    lines = [line for line in start.splitlines() if line and not line.isspace()]
    is_row = row_fields is None or not row_fields.isdisjoint(names)
    if is_complete and _is_object(lines[0]):
        return is_row or len(lines) > 1
    return (is_row and len(lines) == 1) or any(map(_is_object, lines[1:]))


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _top_level(text: bytes) -> tuple[tuple[str, ...], bool]:
    """The field names of the object that the text starts with, as far as they can be seen, and whether it ends in
    there."""
    events: list[tuple[str, Any]] = ijson.sendable_list()
    try:
        NestingGuard().check(text, 0)
        yajl2_c.basic_parse_coro(events, use_float=True).send(mark_lone_surrogates(text))
    except (InvalidFile, ijson.JSONError):
        pass
    names, depth = [], 0
    for event, value in events:
        if event == "map_key" and depth == 1:
            names.append(value)
        depth += {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}.get(event, 0)
        if not depth:
            break
    return tuple(names), bool(events) and not depth
