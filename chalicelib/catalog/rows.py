"""What the readers hand on: rows in blocks, some of them unreadable."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib.catalog.codes import FaultCode, InvalidCode
from chalicelib.catalog.faults import Fault
from chalicelib.catalog.prepared import Invalid

MAX_ROW_BYTES = 1_048_576
"""The longest row that is read. An item has some 25 fields of at most 255 characters and 50 more barcodes: about 30 kB;
a row of an export that a mapping picks from may be larger. It bounds the memory that one row can take.
"""

MAX_DEPTH = 100
"""The deepest nesting that is read: of brackets in a JSON document."""


class InvalidFile(Exception):
    """The file can't be read on. It never leaves `prepare`, which puts it into its answer."""

    def __init__(self, code: InvalidCode, message: str) -> None:
        super().__init__(message)
        self.invalid = Invalid(code, message)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands where a row's record would be, and says why there is none."""

    fault: Fault

    @classmethod
    def because(cls, code: FaultCode, message: str, value: str | None = None) -> "Unreadable":
        """An unreadable row with one fault."""
        return cls(Fault(code, message, None, value))


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows. `records[i]` is row number `first + i`: any JSON value, or `Unreadable`.

    `exact`, if given, reads record i again with its numbers as they are in the file: the quick reader makes floats of
    them.
    """

    first: int
    records: list[Any]
    exact: Callable[[int], Any] | None = None
