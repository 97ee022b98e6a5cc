"""What is noticed of a whole file without a fault of any row: warnings, and parts of the mapping that find nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.catalog.codes import WarningCode
from chalicelib.catalog.faults import RowMapping, shortened
from chalicelib.catalog.operations import Operation

MAX_NAMES = 20
"""So many fields are named: a file may have millions of unknown ones, a mapping thousands that no row fills."""

RowWarnings = Mapping[WarningCode, tuple[str, ...]]
"""What a row is warned of: the code, and the fields that it is about, if it is about some."""


class Noticed:
    """Gathers it, block by block, in constant memory. A part of the mapping is looked for until it has found something,
    which in nearly every file it has with the first rows.
    """

    def __init__(self, mapping: RowMapping | None, operation: Operation) -> None:
        self._mapping = mapping
        self._fields = mapping.fields if mapping and operation is not Operation.ARCHIVE else ()
        self._unfilled: set[str] = set(self._fields)
        self._conditions = mapping.conditions_without(()) if mapping else ()
        self._good = self._first_good = 0
        self._counts: dict[WarningCode, int] = {}
        self._first_rows: dict[WarningCode, int] = {}
        self.unknown_fields: dict[str, int] = {}

    def take_records(self, records: Sequence[Any]) -> None:
        """Look at the records of a block for the columns that decide which rows are left out."""
        if self._mapping and self._conditions:
            names = set().union(*(record for record in records if type(record) is dict))
            blind = self._mapping.conditions_without(names)
            self._conditions = tuple(condition for condition in self._conditions if condition in blind)

    def take_good(self, first: int, rows: int, items: Sequence[Any]) -> None:
        """Take good rows that follow one another, and their items."""
        self._first_good = self._first_good or first
        self._good += rows
        if unfilled := self._unfilled:
            for item in items:
                unfilled = unfilled.difference(item)
                if not unfilled:
                    break
            self._unfilled = unfilled

    def take_warned(self, warned: Mapping[int, RowWarnings]) -> None:
        """Take what the good rows of a block are warned of, by row."""
        rows_alike: dict[tuple[WarningCode, tuple[str, ...]], int] = {}  # most rows of a file have the same fields
        for row, warnings in warned.items():
            for warning in warnings.items():
                if warning in rows_alike:
                    rows_alike[warning] += 1
                else:
                    rows_alike[warning] = 1
                    self._first_rows.setdefault(warning[0], row)
        unknown = self.unknown_fields
        for (code, names), rows in rows_alike.items():
            self._counts[code] = self._counts.get(code, 0) + rows
            for name in dict.fromkeys(map(shortened, names)):
                if name in unknown or len(unknown) < MAX_NAMES:
                    unknown[name] = unknown.get(name, 0) + rows

    @property
    def unfilled_fields(self) -> tuple[str, ...]:
        """The fields that the mapping names and no good row has, and its conditions on a column that no record has."""
        if not self._good:
            return ()
        return (*(field for field in self._fields if field in self._unfilled), *self._conditions)[:MAX_NAMES]

    @property
    def warnings(self) -> dict[str, int]:
        """Code -> good rows."""
        unfilled = {WarningCode.UNFILLED_FIELD: self._good} if self.unfilled_fields else {}
        return {str(code): count for code, count in sorted({**self._counts, **unfilled}.items())}

    @property
    def first_rows(self) -> dict[str, int]:
        """Code -> the first row that is warned of it."""
        unfilled = {WarningCode.UNFILLED_FIELD: self._first_good} if self.unfilled_fields else {}
        return {str(code): row for code, row in sorted({**self._first_rows, **unfilled}.items())}
