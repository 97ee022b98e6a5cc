"""Guards in front of the JSON parser: what would take it more memory, or time, than the bytes themselves.

The parser's C code keeps the path to every open bracket (a row of 100,000 brackets would take it 25 GB), and it crashes
on integers of more digits than Python converts. So the nesting and the length of numbers are known here before it sees
a byte."""

import re

from chalicelib.catalog.codes import InvalidCode
from chalicelib.catalog.rows import MAX_DEPTH, InvalidFile

MAX_DIGITS = 600
"""The longest run of digits in a number outside quotes. Python's own limit for int() can't be set below 640."""

_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_ALL_BUT_SIGNS = bytes(set(range(256)) - set(b'"[]{}'))
_DIGITS_AS_ZEROS = bytes(0x30 if 0x30 <= byte <= 0x39 else 0x20 for byte in range(256))
_TOO_MANY_ZEROS = b"0" * (MAX_DIGITS + 1)
_LONG_NUMBERS = re.compile(rb"[0-9]{%d,}" % (MAX_DIGITS + 1))


class NestingGuard:
    """Follows the brackets of a JSON text that comes in chunks. Raises InvalidFile before the parser would suffer."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._digits = b""

    def check(self, chunk: bytes, position: int) -> None:
        """Look at the next chunk, whose first byte is at `position` of the file."""
        was_in_string = self._in_string
        plain = self._without_escapes(chunk)
        signs = plain.translate(None, _ALL_BUT_SIGNS)
        if self._in_string:
            signs = b'"' + signs
        self._in_string = bool(signs.count(b'"') & 1)
        signs = signs.replace(b'""', b"")
        if b'"' in signs:
            signs = b"".join(signs.split(b'"')[::2])
        self._check_depth(signs, position)
        self._check_digits(plain, position, was_in_string=was_in_string)

    def _without_escapes(self, chunk: bytes) -> bytes:
        """The chunk with blanks for its escapes, so that every quote is one that opens or closes."""
        if self._escaped:
            chunk = b" " + chunk[1:]
            self._escaped = False
        if b"\\" not in chunk:
            return chunk
        plain = _ESCAPE.sub(b"  ", chunk)
        if plain.endswith(b"\\"):
            self._escaped = True
        return plain

    def _check_depth(self, signs: bytes, position: int) -> None:
        rounds, rest, length = 0, signs, len(signs) + 1
        while len(rest) < length and rounds <= MAX_DEPTH:
            length = len(rest)
            rest = rest.replace(b"{}", b"").replace(b"[]", b"")
            rounds += 1
        closed = rest.count(b"}") + rest.count(b"]")
        opened = len(rest) - closed
        if self._depth + rounds + opened > MAX_DEPTH:
            self._count_exactly(signs, position)
        else:
            self._depth += opened - closed

    def _count_exactly(self, signs: bytes, position: int) -> None:
        for sign in signs:
            self._depth += 1 if sign in b"[{" else -1
            if self._depth > MAX_DEPTH:
                raise InvalidFile(
                    InvalidCode.NESTED_TOO_DEEPLY,
                    f"soon after byte {position:,} brackets are nested more than {MAX_DEPTH} deep. A catalog's rows are "
                    "flat objects: check that the file is a catalog, and that no row holds itself.",
                )

    def _check_digits(self, plain: bytes, position: int, *, was_in_string: bool) -> None:
        digits = self._digits + plain.translate(_DIGITS_AS_ZEROS)
        before = len(self._digits)
        self._digits = digits[len(digits.rstrip(b"0")) :][-MAX_DIGITS:]
        if _TOO_MANY_ZEROS not in digits:
            return
        for found in _LONG_NUMBERS.finditer(digits):
            quotes = plain.count(b'"', 0, max(found.start() - before, 0))
            if bool(quotes & 1) == was_in_string:
                raise InvalidFile(
                    InvalidCode.NUMBER_TOO_LONG,
                    f"at byte {position + max(found.start() - before, 0):,} there is a number of more than {MAX_DIGITS} "
                    "digits. Put it into quotes if it is text, or correct it.",
                )
