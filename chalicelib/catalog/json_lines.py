"""JSON Lines: one row a line. A broken line is a rejected row, not a broken file."""

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

import orjson

from chalicelib.catalog.codes import FaultCode, InvalidCode
from chalicelib.catalog.nesting import NestingGuard
from chalicelib.catalog.rows import MAX_DEPTH, MAX_ROW_BYTES, Block, Unreadable
from chalicelib.catalog.surrogates import mark_lone_surrogates

NOT_A_NUMBER = Decimal("NaN")
"""Stands for a number without a decimal text: NaN, the infinities, an exponent beyond what a Decimal can hold."""

_LONGEST_INTEGER = 600
_TINY = 1e-200
_SCALARS = {str, int, float, bool, type(None)}
_NUMBER_SIGNS_AS_ZEROS = bytes(0x30 if chr(byte) in "0123456789." else 0x20 for byte in range(256))
_LONG_NUMBER = b"0" * 16


def read_json_lines(chunks: Iterator[bytes], line_end: bytes = b"\n") -> Iterator[Block]:
    """Yield the rows of a JSON Lines file; blank lines are no rows."""
    row = 1
    for lines in _lines(chunks, line_end):
        if lines:
            records = _records(lines)
            yield Block(row, records, partial(_read_again, lines, records))
            row += len(lines)


def read_exactly(line: bytes) -> Any:
    """One JSON value with its numbers as int or Decimal; Unreadable if it is not JSON."""
    if len(line) > MAX_ROW_BYTES:
        return Unreadable.because(
            FaultCode.ROW_TOO_LONG,
            f"The line is longer than {MAX_ROW_BYTES:,} bytes, which no item needs. Check that every row ends in a "
            "line break, and that no field holds a whole document.",
            line[:100].decode(errors="replace"),
        )
    text = mark_lone_surrogates(line).decode().strip(" \t\r")
    stopped = NestingGuard().check(line, 0)
    if stopped and stopped[1].invalid.code == InvalidCode.NESTED_TOO_DEEPLY:
        return Unreadable.because(
            FaultCode.NESTED_TOO_DEEPLY,
            f"The line's brackets are nested more than {MAX_DEPTH} deep. A row is a flat object: check what was "
            "exported here.",
            text[:100],
        )
    try:
        return _EXACT.decode(text)
    except json.JSONDecodeError as error:
        return _not_json(text, error)


def _lines(chunks: Iterator[bytes], line_end: bytes) -> Iterator[list[bytes]]:
    """The non-blank lines of each chunk; of a line that is too long no more than shows that it is."""
    torn = b""
    for chunk in chunks:
        lines = chunk.split(line_end)
        lines[0] = torn + lines[0]
        torn = lines.pop()[: MAX_ROW_BYTES + 1]
        yield [line for line in lines if line and not (line.isspace() and len(line) <= MAX_ROW_BYTES)]
    if torn and not torn.isspace():
        yield [torn]


def _records(lines: list[bytes]) -> list[Any]:
    if len(lines[0]) <= MAX_ROW_BYTES:  # the others are shorter than a chunk
        try:
            return list(map(orjson.loads, lines))
        except orjson.JSONDecodeError:
            pass
    return [_record(line) for line in lines]


def _record(line: bytes) -> Any:
    if len(line) <= MAX_ROW_BYTES:
        try:
            return orjson.loads(line)
        except orjson.JSONDecodeError:
            pass
    return read_exactly(line)


def _read_again(lines: list[bytes], records: list[Any], index: int) -> Any:
    line = lines[index]
    record = None if _LONG_NUMBER in line.translate(_NUMBER_SIGNS_AS_ZEROS) else _with_decimals(records[index])
    return read_exactly(line) if record is None else record


def _with_decimals(record: Any) -> dict[str, Any] | None:
    """A record with the numbers of its line, exactly, if they can be told from its floats; the line has no long number.

    A decimal number of up to 15 digits is the shortest one that gives its float, which is what repr writes. That does
    not hold for the tiniest floats, nor for zero, which a tinier number may have become.
    """
    if not isinstance(record, dict) or not _SCALARS.issuperset(map(type, record.values())):
        return None
    if any(type(value) is float and abs(value) < _TINY for value in record.values()):
        return None
    return {field: Decimal(repr(value)) if type(value) is float else value for field, value in record.items()}


def _not_json(text: str, error: json.JSONDecodeError) -> Unreadable:
    here = text[error.pos : error.pos + 20]
    if not here:
        reason = "it breaks off before its end"
    elif error.msg == "Extra data":
        reason = (
            f"behind the row's end there is more: {here!r}. Write one object a line, without commas between the lines, "
            "or put all rows into [ ]"
        )
    else:
        what = error.msg.removesuffix(" at").removesuffix(" starting")
        reason = f"{what} at character {error.pos + 1}: {here!r}"
    return Unreadable.because(FaultCode.NOT_JSON, f"The line is not JSON: {reason}. Correct this line.", text)


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) <= _LONGEST_INTEGER else Decimal(text)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return NOT_A_NUMBER


_EXACT = json.JSONDecoder(parse_int=_integer, parse_float=_decimal, parse_constant=lambda _: NOT_A_NUMBER)
