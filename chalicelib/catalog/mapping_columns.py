"""The columns that a mapping reads, and those that a file lacks."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from chalicelib.catalog.expressions import names_read
from chalicelib.catalog.suggestions import suggestion


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a mapping reads. `where` is the place in the mapping.

    `exact`: an expression reads it, which compares names sign by sign. `needed`: there is no default for its value.
    `compared`: it stands on the right of a comparison, where a text without its quotes may be meant.
    """

    where: str
    name: str
    exact: bool = False
    needed: bool = True
    compared: bool = False

    @property
    def part(self) -> str:
        """The field, or the other part of the mapping, that reads it."""
        return self.where.removeprefix("other_").removeprefix("fields.")


def fold_name(name: str) -> str:
    """A column's name as it is compared: case and the white space around it do not count, a run inside is one space."""
    return " ".join(name.split()).casefold()


def columns_of(document: dict[str, Any]) -> Iterator[Column]:
    """Every column that a mapping document reads, as often as it does."""
    for where, source in _sources(document):
        if isinstance(source, str):
            yield Column(where, source)
            continue
        needed = "default" not in source
        if "column" in source:
            yield Column(where, source["column"], needed=needed)
        if "expression" in source:
            for name, compared in names_read(source["expression"]):
                yield Column(where, name, exact=True, needed=needed, compared=compared)


def _sources(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for group in ("fields", "other_fields"):
        yield from ((f"{group}.{name}", source) for name, source in document.get(group, {}).items())
    yield from ((name, document[name]) for name in ("store_ids", "additional_barcodes") if name in document)
    yield from ((f"skip_when[{number}]", each) for number, each in enumerate(document.get("skip_when", ()), 1))


def lacking(columns: Iterable[Column], header: Collection[str]) -> dict[Column, str]:
    """The columns that `header` lacks, each with a hint in brackets at how to mend it, or ''."""
    folded = {fold_name(name): name for name in header}
    return {
        column: _hint(column, folded)
        for column in columns
        if (column.name not in header if column.exact else fold_name(column.name) not in folded)
    }


def _hint(column: Column, folded: dict[str, str]) -> str:
    same = folded.get(fold_name(column.name))
    if same is not None:
        written = same if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", same) else f'"{same}"'
        return f" (there is '{same}': an expression needs its very name, {written})"
    if column.compared:
        return f" (if that is a text, single quotes go around it: '{column.name}')"
    close = suggestion(fold_name(column.name), folded)
    return f" (did you mean {folded[close]}?)" if close else ""
