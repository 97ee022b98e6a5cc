"""CSV: one row a record of RFC 4180. A broken record is a rejected row, not a broken file."""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chalicelib.catalog.codes import FaultCode, InvalidCode
from chalicelib.catalog.rows import MAX_ROW_BYTES, Block, InvalidFile, Unreadable

MAX_REREAD = 16 * MAX_ROW_BYTES
"""An opening quote that is never closed swallows lines; they are read again without the one that opens it. More
characters than this, and the file's quotes are past mending.
"""

csv.field_size_limit(2 * MAX_ROW_BYTES)  # Python's own limit of 131,072 is below ours; it is one per process


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is written."""

    delimiter: str
    quote: str = '"'

    def reader(self, lines: Iterator[str]) -> Any:
        """A csv reader that is strict: quotes that don't follow RFC 4180 are an error, not a guess.

        Blanks behind a delimiter are skipped, so that a quote behind them is seen; a field's ends are trimmed in any
        case.
        """
        return csv.reader(
            lines, delimiter=self.delimiter, quotechar=self.quote, strict=True, skipinitialspace=self.delimiter != " "
        )


Cells = list[str] | Unreadable


class CsvTable:
    """The records of a CSV file: `first` takes the header, `blocks` the rows."""

    def __init__(self, chunks: Iterator[bytes], dialect: Dialect, skip_lines: int = 0) -> None:
        self._lines = _Lines(chunks)
        self._reader = dialect.reader(self._lines)
        self._quote = dialect.quote
        self._reread = 0
        for _ in range(skip_lines):
            next(self._lines, None)

    def first(self) -> Cells | None:
        """The next record, if there is one."""
        return next(self._records(), None)

    def give_back_first(self) -> None:
        """Let the record that `first` took be a row."""
        self._lines.give_back(list(self._lines.taken))

    def blocks(self, header: list[str], *, as_items: bool = False) -> Iterator[Block]:
        """The rows, as dictionaries with the header's names. Unnamed columns are not read.

        `as_items`: trimmed and without empty ones, as items want them, which is quicker here than later.
        """
        row, rows, chunk = 1, [], self._lines.chunk
        for cells in self._records():
            rows.append(self._row(cells, header, as_items=as_items))
            if self._lines.chunk != chunk:
                yield Block(row, rows)
                row, rows, chunk = row + len(rows), [], self._lines.chunk
        if rows:
            yield Block(row, rows)

    def _records(self) -> Iterator[Cells]:
        """All records but blank lines."""
        lines = self._lines
        while True:
            lines.taken.clear()
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except _LongLine:
                yield self._too_long()
            except (csv.Error, _TooManyLines) as error:
                yield self._bad_quotes(error)
            else:
                if cells and (len(cells) > 1 or cells[0].strip()):
                    yield cells

    def _row(self, cells: Cells, header: list[str], *, as_items: bool) -> Any:
        if isinstance(cells, Unreadable):
            return cells
        if len(cells) == len(header):
            if as_items:
                pairs = zip(header, cells, strict=True)
                return {name: text for name, cell in pairs if name and (text := cell.strip())}
            row = dict(zip(header, cells, strict=True))
            row.pop("", None)
            return row
        return Unreadable.because(
            FaultCode.COLUMN_COUNT,
            f"Line {self._lines.number:,} has {len(cells)} columns, the header {len(header)}. A delimiter is missing "
            f"or too many: put text that holds one into quotes ({self._quote}).",
            " | ".join(cells),
        )

    def _too_long(self) -> Unreadable:
        return Unreadable.because(
            FaultCode.ROW_TOO_LONG,
            f"Line {self._lines.number:,} is longer than {MAX_ROW_BYTES:,} bytes, which no item needs. Check its line "
            "break, and that no field holds a whole document.",
            self._lines.taken[0],
        )

    def _bad_quotes(self, error: Exception) -> Unreadable:
        """Reject the record's first line; read the lines that it took besides again, as records of their own."""
        first, *others = self._lines.taken
        number = self._lines.number - len(others)
        self._lines.give_back(others)
        self._reread += sum(map(len, others))
        if self._reread > MAX_REREAD:
            raise InvalidFile(
                InvalidCode.CSV_QUOTES,
                f"Line {number:,}: so many quotes ({self._quote}) are opened and not closed up to here that the rows "
                "can't be told apart. Export the file again with every quote inside a field doubled.",
            )
        runaway = isinstance(error, _TooManyLines) or "end of data" in str(error)
        what = "opens a quote that is never closed" if runaway else "has a quote in the middle of a quoted field"
        return Unreadable.because(
            FaultCode.QUOTES,
            f"Line {number:,} {what}. Put the whole field into quotes ({self._quote}), and double every quote inside "
            "it.",
            first.rstrip("\r\n"),
        )


class _LongLine(Exception):
    """The next line is longer than a row may be."""


class _TooManyLines(Exception):
    """A record has taken more lines than a row may be long."""


class _LineStart(str):
    """The first bytes of a line that is too long."""

    __slots__ = ()


class _Lines(Iterator[str]):
    """The physical lines, with their ends, as the csv reader pulls them: they can be given back."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = _split(chunks)
        self._next: deque[str] = deque()
        self._size = 0
        self.taken: list[str] = []
        self.number = 0
        self.chunk = 0

    def __next__(self) -> str:
        while not self._next:
            self._next.extend(next(self._chunks))
            self.chunk += 1
        line = self._next.popleft()
        is_long = type(line) is _LineStart
        if self.taken:
            if is_long or self._size + len(line) > MAX_ROW_BYTES:
                self._next.appendleft(line)
                raise _TooManyLines
        else:
            self._size = 0
        self._size += len(line)
        self.taken.append(line)
        self.number += 1
        if is_long:
            raise _LongLine
        return line

    def give_back(self, lines: list[str]) -> None:
        """Let these lines, the last ones taken, come again."""
        self._next.extendleft(reversed(lines))
        self.number -= len(lines)


def _split(chunks: Iterator[bytes]) -> Iterator[list[str]]:
    """The lines that end in each chunk, whatever their line ends; of a line that is too long, no more than shows that
    it is.
    """
    torn = b""
    for chunk in chunks:
        lines = (torn + chunk).splitlines(keepends=True)
        torn = b"" if lines[-1].endswith(b"\n") else _start_of(lines.pop())
        yield [_text(line) for line in lines]
    if torn:
        yield [_text(torn)]


def _start_of(line: bytes) -> bytes:
    if len(line) <= MAX_ROW_BYTES:
        return line
    return line[: MAX_ROW_BYTES + 1] + (b"\r" if line.endswith(b"\r") else b"")


def _text(line: bytes) -> str:
    if len(line) > MAX_ROW_BYTES:
        return _LineStart(line[:1000].decode(errors="replace"))
    return line.decode()
