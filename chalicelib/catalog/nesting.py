"""Guards in front of the JSON parser: what would take it more memory, or time, than the bytes themselves.

The parser's C code keeps the path to every open bracket (a row of 100,000 brackets would take it 25 GB), and it crashes
on integers of more digits than Python converts. So the nesting and the length of numbers are known here before it sees
a byte.
"""

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
    """Follows the brackets of a JSON text that comes in chunks."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._digits = b""

    def check(self, chunk: bytes, position: int) -> tuple[int, InvalidFile] | None:
        """Look at the next chunk, whose first byte is at `position` of the file.

        Answers None if it can be parsed; else how many of its bytes can, and what is wrong behind them. After that the
        guard is of no more use.
        """
        was_in_string = self._in_string
        plain = self._without_escapes(chunk)
        signs = plain.translate(None, _ALL_BUT_SIGNS)
        if was_in_string:
            signs = b'"' + signs
        self._in_string = bool(signs.count(b'"') & 1)
        signs = signs.replace(b'""', b"")
        if b'"' in signs:
            signs = b"".join(signs.split(b'"')[::2])
        place = self._too_deep(signs, plain, in_string=was_in_string)
        if place is not None:
            message = (
                f"at byte {position + place:,} brackets are nested more than {MAX_DEPTH} deep. A catalog's rows are "
                "flat objects: check that the file is a catalog, and that no row holds itself."
            )
            return place, InvalidFile(InvalidCode.NESTED_TOO_DEEPLY, message)
        place = self._too_many_digits(plain, in_string=was_in_string)
        if place is not None:
            message = (
                f"at byte {position + place:,} there is a number of more than {MAX_DIGITS} digits. Put it into quotes "
                "if it is text, or correct it."
            )
            return place, InvalidFile(InvalidCode.NUMBER_TOO_LONG, message)
        return None

    def _without_escapes(self, chunk: bytes) -> bytes:
        """The chunk with blanks for its escapes, so that every quote is one that opens or closes."""
        if self._escaped:
            chunk = b" " + chunk[1:]
            self._escaped = False
        if b"\\" not in chunk:
            return chunk
        plain = _ESCAPE.sub(b"  ", chunk)
        self._escaped = plain.endswith(b"\\")
        return plain

    def _too_deep(self, signs: bytes, plain: bytes, *, in_string: bool) -> int | None:
        """Where the nesting becomes too deep, if it does: found out from `signs`, the brackets alone, if possible."""
        rounds, rest, length = 0, signs, len(signs) + 1
        while len(rest) < length and rounds <= MAX_DEPTH:
            length = len(rest)
            rest = rest.replace(b"{}", b"").replace(b"[]", b"")
            rounds += 1
        closed = rest.count(b"}") + rest.count(b"]")
        opened = len(rest) - closed
        if self._depth + rounds + opened <= MAX_DEPTH:
            self._depth += opened - closed
            return None
        for place, sign in enumerate(plain):
            if sign == 0x22:
                in_string = not in_string
            elif not in_string and sign in b"[{]}":
                self._depth += 1 if sign in b"[{" else -1
                if self._depth > MAX_DEPTH:
                    return place
        return None

    def _too_many_digits(self, plain: bytes, *, in_string: bool) -> int | None:
        """Where a number (not a text) begins in this chunk that has too many digits, if there is one."""
        before = len(self._digits)
        digits = self._digits + plain.translate(_DIGITS_AS_ZEROS)
        self._digits = digits[len(digits.rstrip(b"0")) :][-MAX_DIGITS:]
        if _TOO_MANY_ZEROS in digits:
            for found in _LONG_NUMBERS.finditer(digits):
                place = max(found.start() - before, 0)
                if bool(plain.count(b'"', 0, place) & 1) == in_string:
                    return place
        return None
