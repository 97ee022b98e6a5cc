"""A JSON document: the rows are in a list, at the top or at a path. What is broken in it breaks the file."""

from collections.abc import Iterator
from decimal import InvalidOperation, localcontext
from typing import Any

import ijson
from ijson.backends import yajl2_c

from chalicelib.catalog.codes import InvalidCode
from chalicelib.catalog.nesting import NestingGuard
from chalicelib.catalog.rows import MAX_ROW_BYTES, Block, InvalidFile
from chalicelib.catalog.source import Source
from chalicelib.catalog.surrogates import mark_lone_surrogates, split_before_escape

SLICE_BYTES = 65_536
"""How much the parser gets at once. It hands out rows when a slice is through, so this is also how exactly their length
is known.
"""

_CARET_COLUMN = 40
_SHOWN_BEFORE = 30
_ARROW = b" " * 21 + b"(right here)"
_PLAINER = {
    b"trailing garbage": "there is more behind the document's end",
    b"invalid char in json text.": "here is a character that no JSON value starts with",
    b"invalid character inside string.": "a text holds a line break, a tab or another control character",
    b"inside a string, '\\' occurs before a character which it may not.": "a backslash escapes what needs none",
    b"probable comment found in input text, comments are not enabled.": "JSON has no comments",
    b"unallowed token at this point in JSON text": "a value or bracket stands where none can (a comma too many?)",
    b"after array element, I expect ',' or ']'": "a comma or the closing ']' is missing",
    b"after key and value, inside map, I expect ',' or '}'": "a comma or the closing '}' is missing",
    b"invalid object key (must be a string)": "a field's name has to be in double quotes",
}


def read_json_document(
    source: Source, chunks: Iterator[bytes], path: str, missing: str | None = None
) -> Iterator[Block]:
    """Yield the rows of the list at `path` (names joined by dots; empty: the document is the list).

    `missing`: why there will hardly be any, as far as the first bytes tell.

    Raises InvalidFile where the document breaks, after the rows before that place.
    """
    parser = _Parser(f"{path}.item" if path else "item")
    row = 1
    for position, piece in _slices(source, chunks):
        fault = parser.feed(piece, position)
        if records := parser.take():
            yield Block(row, records)
            row += len(records)
        if fault and missing and row == 1 and fault.invalid.code == InvalidCode.ROW_TOO_LONG:
            raise InvalidFile(
                InvalidCode.NO_ROWS, f"Up to byte {position + len(piece):,} the file has no rows: {missing}."
            )
        if fault:
            where = f"Behind row {row - 1:,}" if row > 1 else "Before the end of the first row"
            raise InvalidFile(InvalidCode(fault.invalid.code), f"{where}, {fault.invalid.message}")


def _slices(source: Source, chunks: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Cut the chunks smaller, never within an escape; an empty slice ends them."""
    rest = b""
    end = 0
    for chunk in chunks:
        start = source.position - len(rest)
        end = source.position + len(chunk)
        whole, rest = split_before_escape(rest + chunk)
        whole = mark_lone_surrogates(whole)
        for offset in range(0, len(whole), SLICE_BYTES):
            yield start + offset, whole[offset : offset + SLICE_BYTES]
    if rest:
        yield end - len(rest), mark_lone_surrogates(rest)
    yield end, b""


class _Parser:
    """The streaming parser behind its guards; rows come out of `take` after each `feed`."""

    def __init__(self, prefix: str) -> None:
        self._rows: list[Any] = ijson.sendable_list()
        self._coroutine = yajl2_c.items_coro(self._rows, prefix)
        self._guard = NestingGuard()
        self._since_a_row = 0

    def take(self) -> list[Any]:
        """The rows that the last slice completed."""
        rows = list(self._rows)
        self._rows.clear()
        return rows

    def feed(self, piece: bytes, position: int) -> InvalidFile | None:
        """Parse the next slice (an empty one is the end); what is wrong with it is returned, so that rows before it can
        be taken.
        """
        stopped = self._guard.check(piece, position)
        if stopped:
            piece = piece[: stopped[0]]
        try:
            if piece:
                with localcontext() as context:
                    # 1e99999999999999999999 becomes NaN, which the rules for rows refuse
                    context.traps[InvalidOperation] = False
                    self._coroutine.send(piece)
            elif not stopped:
                self._coroutine.close()
        except ijson.JSONError as error:
            return _broken(error, piece, position)
        return stopped[1] if stopped else self._too_long(len(piece), position)

    def _too_long(self, length: int, position: int) -> InvalidFile | None:
        self._since_a_row = 0 if self._rows else self._since_a_row + length
        if self._since_a_row <= MAX_ROW_BYTES:
            return None
        return InvalidFile(
            InvalidCode.ROW_TOO_LONG,
            f"up to byte {position + length:,} no further row has ended for more than {MAX_ROW_BYTES:,} bytes. A row "
            "is a flat object of some hundred bytes: check the quotes and brackets there, and that the rows come "
            "first in the document.",
        )


def _broken(error: ijson.JSONError, piece: bytes, position: int) -> InvalidFile:
    text = error.args[0] if isinstance(error.args[0], bytes) else str(error.args[0]).encode()
    reason, _, context = text.partition(b"\n")
    if b"premature EOF" in reason or not piece:
        message = (
            f"the JSON breaks off at byte {position:,}, before its last bracket is closed. Export and upload it again."
        )
        return InvalidFile(InvalidCode.BROKEN_JSON, message)
    reason = reason.removeprefix(b"parse error: ").removeprefix(b"lexical error: ")
    words = _PLAINER.get(reason) or reason.decode(errors="replace")
    offset = _offset(context.partition(b"\n")[0], piece)
    if offset is None:
        message = (
            f"between byte {position:,} and {position + len(piece):,} the JSON is broken: {words}. Correct it there."
        )
    else:
        excerpt = piece[max(offset - 20, 0) : offset + 20].decode(errors="replace")
        message = f"at byte {position + offset:,} the JSON is broken: {words}, near {excerpt!r}. Correct it there."
    return InvalidFile(InvalidCode.BROKEN_JSON, message)


def _offset(context: bytes, piece: bytes) -> int | None:
    """Where in the slice the parser stopped.

    It shows up to 30 bytes before that place and 30 behind it, line breaks as blanks, with blanks in front so that the
    place comes to stand at column 40.
    """
    if _ARROW in context:  # on the same line, because a NUL has cut the text short
        context = context.partition(_ARROW)[0] + b"\0"
    flat = piece.replace(b"\n", b" ").replace(b"\r", b" ")
    for offset in range(_SHOWN_BEFORE):
        if context[: _CARET_COLUMN - offset].isspace() and flat.startswith(context[_CARET_COLUMN - offset :]):
            return offset
    place = flat.find(context[_CARET_COLUMN - _SHOWN_BEFORE :])
    return None if place < 0 else place + _SHOWN_BEFORE
