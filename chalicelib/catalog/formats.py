"""The kinds of catalog file, and finding out which one a file is from its first bytes."""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import InvalidOperation, localcontext
from enum import StrEnum
from typing import Any

import ijson
import orjson
from ijson.backends import yajl2_c

from chalicelib.catalog.codes import InvalidCode
from chalicelib.catalog.json_lines import read_exactly
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
    (b"Rar!\x1a", "a RAR archive"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"{\\rtf", "a rich text document (RTF)"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
)
_HOW_TO_MEND = "Export it as JSON, JSON Lines or CSV, in UTF-8; gzip is fine."


def refuse_other_kinds(head: bytes) -> None:
    """Raise InvalidFile, with its name, for a kind of file that is known and no catalog. `head` may be any bytes."""
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    for magic, name in _OTHER_KINDS:
        if start.startswith(magic) and not (magic.isalnum() and _is_text(start[:64])):
            raise InvalidFile(InvalidCode.UNKNOWN_KIND, f"The file is {name}, not a catalog. {_HOW_TO_MEND}")
    sample = head[:1024]
    if _controls(sample) * 10 > len(sample):
        message = f"The file is binary: a tenth of its first bytes, or more, are no text. {_HOW_TO_MEND}"
        raise InvalidFile(InvalidCode.UNKNOWN_KIND, message)


def _is_text(start: bytes) -> bool:
    """Whether bytes that begin like a binary file are text all the same: an SKU may begin with ORC."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return not _controls(start)


def _controls(sample: bytes) -> int:
    return sum(byte < 0x20 and byte not in b"\t\r\n\f" for byte in sample)


@dataclass(frozen=True, slots=True)
class Found:
    """A file's format. `path`: where the list of rows is in a JSON document ('' at the top). `names`: the names in the
    objects on the way there, by their own path ('' for the document's), as far as they can be seen.
    """

    format: Format
    path: str = ""
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def find_format(head: bytes, list_path: str, row_fields: frozenset[str] | None, wanted: Format | None) -> Found:
    """Find out the format of a file that starts with `head`, unless one is `wanted`.

    `list_path` is where a JSON document's rows are looked for. `row_fields`: names that only a row has, by which a lone
    object is known as one; None: any may be one (a mapping reads it); empty: none is (a mapping looks into it). A first
    line that is no object by itself may be the start of a document, or a broken line: it is the former if the text goes
    on soundly behind it.
    """
    start = head.lstrip()
    if wanted in (Format.JSON_LINES, Format.CSV):
        return Found(wanted)
    if start.startswith(b"["):
        return Found(Format.JSON)
    if not start.startswith(b"{"):
        return Found(wanted or Format.CSV)
    names, is_sound = _outline(start, list_path)
    first, *others = (line for line in start.splitlines() if line.strip())
    row = _object(first.rstrip().removesuffix(b","))  # commas between the lines are for each row's own fault
    if row is not None:
        names[""] = tuple(row)
    document = Found(Format.JSON, list_path, names)
    if wanted or list_path.split(".")[0] in names[""]:
        return document
    may_be_row = row_fields is None or not row_fields.isdisjoint(names[""])
    if row is not None:
        is_lines = may_be_row or bool(others)
    elif others:
        is_lines = not is_sound and any(_object(line) is not None for line in others)
    else:
        is_lines = may_be_row
    return Found(Format.JSON_LINES) if is_lines else document


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        try:
            value = read_exactly(line)  # it may have a NaN in it, or a number that is too long
        except UnicodeDecodeError:
            return None  # the first bytes end in this line, within a letter
    return value if isinstance(value, dict) else None


def _outline(text: bytes, path: str) -> tuple[dict[str, tuple[str, ...]], bool]:
    """The names in the objects on the way to `path`, and whether the text is sound, as far as can be seen."""
    events: list[tuple[str, str, Any]] = ijson.sendable_list()
    stopped = NestingGuard().check(text, 0)
    is_sound = stopped is None
    try:
        with localcontext() as context:
            context.traps[InvalidOperation] = False  # an exponent out of reach is no break in the text
            yajl2_c.parse_coro(events).send(mark_lone_surrogates(text[: stopped[0]] if stopped else text))
    except ijson.JSONError:
        is_sound = False  # the names that were seen before that place will do
    steps = path.split(".")
    names: dict[str, list[str]] = {".".join(steps[:depth]): [] for depth in range(len(steps))}
    for prefix, event, value in events:
        if event == "map_key" and prefix in names:
            names[prefix].append(value)
    return {prefix: tuple(found) for prefix, found in names.items()}, is_sound
