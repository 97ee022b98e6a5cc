"""Faults: why a row is rejected, in a form that a program and a catalog manager can both read."""

from collections.abc import Collection, Sequence
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from typing import Any, Protocol

VALUE_LENGTH = 80
MAX_FAULTS = 100
"""The most faults of one row that are listed: a row may have tens of thousands, of no use to anyone."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why a row is rejected.

    `code` is stable (see `codes.py`), `message` is a sentence that says how to mend it, `field` is the item's field,
    `value` is what the file has there, cut at 80 characters.
    """

    code: str
    message: str
    field: str | None = None
    value: str | None = None

    def __post_init__(self) -> None:
        if self.value is not None:
            object.__setattr__(self, "value", shortened(self.value))


def shortened(text: str) -> str:
    """A text of the file, cut at 80 characters."""
    return text if len(text) <= VALUE_LENGTH else text[: VALUE_LENGTH - 1] + "…"


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that is not sent. `sku` and `store_id` are as far as they could be read; of several stores, all stand in
    `store_id`, with commas between. Row numbers start at 1.
    """

    row: int
    sku: str | None
    store_id: str | None
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a mapping makes of one record: items (one per store), or the reasons why it could not, or nothing (skipped).

    A row with faults is rejected whatever its items; a skipped row has neither.
    """

    items: tuple[dict[str, Any], ...] = ()
    faults: tuple[Fault, ...] = ()
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class CsvOptions:
    """How a CSV file is written, where the mapping says so; None: found out from the file's first lines.

    `header`: the columns' names of a file that has no header line. Empty: the first line is the header.
    """

    delimiter: str | None = None
    quote: str | None = None
    header: tuple[str, ...] = field(default=())


class RowMapping(Protocol):
    """The part of a mapping that reading needs.

    `apply` gets one record: a JSON object as it was read, its numbers `int` or `decimal.Decimal`, exactly (never
    float); or a dictionary of a CSV row, its keys the header's names as the file has them, trimmed, its values text (''
    where the column is empty).
    """

    @property
    def csv(self) -> CsvOptions | None:
        """How a CSV file is written, if the mapping says so."""

    @property
    def records(self) -> str | None:
        """Where the rows are in a JSON document: names joined by dots (`data.items`); None: at the top or under
        `catalogItems`.
        """

    @property
    def fields(self) -> Sequence[str]:
        """The fields of an item that the mapping takes from the file."""

    def conditions_without(self, names: Collection[str]) -> Sequence[str]:
        """The conditions for leaving a row out, such as `skip_when[1]`, whose column is none of the `names`."""

    def missing_columns(self, header: Sequence[str]) -> Dictionary[str, str]:
        """The columns that the mapping needs and a CSV file with this header lacks, each with a hint at how to mend it
        (in brackets, with a blank in front), or ''.
        """

    def apply(self, record: Dictionary[str, Any]) -> Mapped:
        """The items of one record."""
