"""A mapping: how the records of a retailer's file become the items of the Catalog API.

The document (JSON or YAML, `mapping.schema.json`, docs/mapping.md) is checked and compiled once; `apply` then runs
closures.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from collections.abc import Mapping as Dictionary
from functools import lru_cache
from operator import methodcaller
from typing import Any

from chalicelib.catalog.expressions import ExpressionFailedError, compile_expression
from chalicelib.catalog.faults import CsvOptions, Fault, Mapped
from chalicelib.catalog.mapping_columns import columns_of, fold_name, lacking
from chalicelib.catalog.mapping_document import read_document
from chalicelib.catalog.mapping_error import MappingError
from chalicelib.catalog.mapping_mistakes import REQUIRED_BESIDE_SKU, find_mistakes
from chalicelib.catalog.operations import Operation
from chalicelib.catalog.transforms import MappingFaultCode, TransformFailedError, as_text, barcode_type, make_chain

__all__ = ["Mapping", "MappingError"]

Record = Dictionary[str, Any]
Read = Callable[[Record], Any]
BARCODE, BARCODE_TYPE = "external_product_id", "external_product_id_type"
ADDITIONAL = "additional_external_product_information"

_ABSENT = object()
_SKIPPED = Mapped(skipped=True)


class _FieldFailedError(Exception):
    """A field has no value; the faults say why."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(faults[0].message)
        self.faults = faults


class Mapping:
    """A compiled mapping. Make it with `from_document`.

    `csv` says how a CSV file is written, `records` where the rows are in a JSON document (`data.items`). `fields` are
    those that are taken from the file; `columns` has the columns that are read by their name: of a field
    (`standard_price`), or of another part (`skip_when[1]`).
    """

    def __init__(self, document: dict[str, Any]) -> None:
        """Compile a document without mistakes; `from_document` is the way to one."""
        csv = document.get("csv")
        self.csv = csv and CsvOptions(csv.get("delimiter"), csv.get("quote"), tuple(csv.get("header", ())))
        self.records: str | None = document.get("records")
        columns = tuple(columns_of(document))
        self._gives_skus_alone = "item_name" not in document["fields"]
        self._needed = tuple(column for column in columns if column.needed)
        self.columns = {column.part: column.name for column in columns if not column.exact}
        sources = {**document["fields"], **document.get("other_fields", {})}
        self.fields = tuple(
            name for name, source in sources.items() if isinstance(source, str) or "constant" not in source
        )
        self._fields = tuple(
            (name, _compile_field(name, source)) for name, source in sources.items() if not _is_derived(source)
        )
        self._derived = tuple(
            (name, _compile_value(name, source, methodcaller("get", source["from_field"])))
            for name, source in sources.items()
            if _is_derived(source)
        )
        self._skip_when = tuple(map(_compile_condition, document.get("skip_when", ())))
        self._barcodes = _compile_barcodes(document.get("additional_barcodes"))
        self._store_ids = _compile_store_ids(document.get("store_ids"))

    @classmethod
    def from_document(cls, data: bytes) -> "Mapping":
        """Read, check and compile a mapping document, JSON or YAML, UTF-8.

        Raises:
            MappingError: what is wrong with it, a line for each mistake.

        >>> mapping = Mapping.from_document(b"fields: {item_sku: Article No}")
        >>> mapping.apply({"article no": "A-1"}).items
        ({'item_sku': 'A-1'},)
        """
        document = read_document(data)
        mistakes = find_mistakes(document)
        if mistakes:
            raise MappingError("\n".join(mistakes))
        return cls(document)

    def check_operation(self, operation: Operation) -> None:
        """Raise MappingError if the mapping gives too little for the operation: a SKU alone makes no item."""
        if self._gives_skus_alone and operation is not Operation.ARCHIVE:
            raise MappingError(
                f"fields: item_sku alone is a mapping for archive, and this is {operation}; say where "
                f"{', '.join(REQUIRED_BESIDE_SKU)} come from"
            )

    def missing_columns(self, header: Collection[str]) -> dict[str, str]:
        """The columns that the mapping reads, has no default for, and `header` lacks, each with a hint or ''."""
        return {column.name: hint for column, hint in lacking(self._needed, header).items()}

    def conditions_without(self, names: Collection[str]) -> tuple[str, ...]:
        """The conditions, such as `skip_when[1]`, whose column is none of the `names`."""
        conditions = [part for part in self.columns if part.startswith("skip_when")]
        known = set(map(_fold, names)) if conditions else ()
        return tuple(part for part in conditions if _fold(self.columns[part]) not in known)

    def apply(self, record: Record) -> Mapped:
        """Map one record: a JSON object (numbers int or `Decimal`) or a CSV row as a dictionary.

        With faults the row is rejected; its items are then as far as they could be mapped, without the fields at fault,
        for the item rules to find what else is wrong. The items are in the order of the row's stores.
        """
        faults: list[Fault] = []
        for meets in self._skip_when:
            try:
                if meets(record):
                    return _SKIPPED
            except _FieldFailedError as failed:
                faults.extend(failed.faults)
        item: dict[str, Any] = {}
        _fill(item, self._fields, record, faults)
        _fill(item, self._derived, item, faults)
        return Mapped(self._spread(record, item, faults), tuple(faults))

    def _spread(self, record: Record, item: dict[str, Any], faults: list[Fault]) -> tuple[dict[str, Any], ...]:
        """The item with its additional barcodes, once for each of its stores."""
        try:
            if self._barcodes is not None:
                barcodes = self._barcodes(record, item.get(BARCODE))
                if barcodes:
                    item[ADDITIONAL] = barcodes
        except _FieldFailedError as failed:
            faults.extend(failed.faults)
        if self._store_ids is None:
            return (item,)
        try:
            return tuple({**item, "store_id": store_id} for store_id in self._store_ids(record))
        except _FieldFailedError as failed:
            faults.extend(failed.faults)
            return (item,)


def _fill(item: dict[str, Any], readers: tuple[tuple[str, Read], ...], record: Record, faults: list[Fault]) -> None:
    """Add what the readers find in `record`; for a field taken from another field the item is the record."""
    for name, read in readers:
        try:
            value = read(record)
        except _FieldFailedError as failed:
            faults.extend(failed.faults)
        else:
            if value is not None:
                item[name] = value


def _is_derived(source: Any) -> bool:
    return isinstance(source, dict) and "from_field" in source


_fold = lru_cache(maxsize=4096)(fold_name)


def _column_reader(name: str) -> Read:
    folded = fold_name(name)
    other = name  # the key that matched last: a file spells its columns the same way in every row

    def read_column(record: Record) -> Any:
        nonlocal other
        value = record.get(name, _ABSENT)
        if value is _ABSENT:
            value = record.get(other, _ABSENT)
        if value is _ABSENT:
            for key in record:
                if _fold(key) == folded:
                    other = key
                    return record[key]
            return None
        return value

    return read_column


def _compile_read(field: str | None, source: dict[str, Any]) -> Read:
    """Reads a column or an expression."""
    if "column" in source:
        return _column_reader(source["column"])
    run, text = compile_expression(source["expression"]), source["expression"]

    def read_expression(record: Record) -> Any:
        try:
            return run(record)
        except ExpressionFailedError as error:
            message = f"The mapping's expression {text} does not work for this row: {error}."
            raise _FieldFailedError(Fault(MappingFaultCode.EXPRESSION, message, field)) from error

    return read_expression


def _compile_field(name: str, source: Any) -> Read:
    if isinstance(source, str):
        return _column_reader(source)
    if "constant" in source:
        constant = as_text(source["constant"])
        return _compile_value(name, source, lambda _: constant)
    return _compile_value(name, source, _compile_read(name, source))


def _compile_value(name: str, source: dict[str, Any], read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What `read` gives, through the transforms; the default where there is nothing before or after them."""
    default = as_text(source["default"]) if "default" in source else None
    if "transforms" not in source and default is None:
        return read
    chain = make_chain(source.get("transforms", ()))

    def value_of(given: Any) -> Any:
        value = read(given)
        try:
            changed = chain(value)
        except TransformFailedError as error:
            raise _transform_failed(name, value, error) from error
        return default if changed is None else changed

    return value_of


def _transform_failed(field: str, value: Any, error: TransformFailedError) -> _FieldFailedError:
    shown = as_text(value) or ""
    what = "An additional barcode" if field == ADDITIONAL else field
    return _FieldFailedError(Fault(error.code, f"{what} '{shown[:80]}' {error}.", field, shown))


def _compile_transforms(field: str, source: dict[str, Any]) -> Callable[[Any], Any]:
    """Only the transforms, for each value of a list."""
    return _compile_value(field, {"transforms": source.get("transforms", ())}, lambda value: value)


def _compile_store_ids(source: dict[str, Any] | None) -> Callable[[Record], list[Any]] | None:
    if source is None:
        return None
    if "constant" in source:
        constant = list(dict.fromkeys(map(str.strip, source["constant"])))
        return lambda _: constant
    read = _compile_read("store_id", source)
    split = _compile_split(source)
    transform = _compile_transforms("store_id", source)
    default = list(dict.fromkeys(map(str.strip, source.get("default", []))))

    def store_ids(record: Record) -> list[Any]:
        stores = (store for store in map(transform, split(read(record))) if store is not None)
        found = _without_repeats(stores, lambda store: store) or default
        if not found:
            raise _FieldFailedError(
                Fault(
                    MappingFaultCode.STORE_IDS,
                    "The row names no store. Name one, or give the mapping's store_ids a default.",
                    "store_id",
                )
            )
        return found

    return store_ids


def _compile_barcodes(source: dict[str, Any] | None) -> Callable[[Record, Any], Any] | None:
    if source is None:
        return None
    read = _compile_read(ADDITIONAL, source)
    split = _compile_split(source)
    transform = _compile_transforms(ADDITIONAL, source)
    pick_types = source.get("pick_types", False)

    def barcode(given: Any) -> Any:
        entry = dict(given) if isinstance(given, dict) else {BARCODE: given}
        entry[BARCODE] = transform(entry.get(BARCODE))
        if pick_types and isinstance(entry[BARCODE], str) and not entry.get(BARCODE_TYPE):
            picked = barcode_type(entry[BARCODE])
            return {**entry, BARCODE_TYPE: picked} if picked else entry
        return entry

    def additional_barcodes(record: Record, main: Any) -> Any:
        """The barcodes without the item's own and without repeats; what is no barcode is left to the item rules."""
        given = split(read(record))
        found: list[Any] = []
        faults: list[Fault] = []
        for each in given:
            try:
                found.append(barcode(each))
            except _FieldFailedError as failed:
                faults.extend(failed.faults)
        if faults:
            raise _FieldFailedError(*faults)
        own = as_text(main)
        others = (entry for entry in found if entry[BARCODE] is not None and as_text(entry[BARCODE]) != own)
        return _without_repeats(others, lambda entry: entry[BARCODE])

    return additional_barcodes


def _compile_split(source: dict[str, Any]) -> Callable[[Any], Sequence[Any]]:
    separator = source.get("separator")

    def split(value: Any) -> Sequence[Any]:
        if value is None:
            return ()
        if isinstance(value, list):
            return value
        if separator is not None and isinstance(value, str):
            return value.split(separator)
        return (value,)

    return split


def _without_repeats(values: Iterable[Any], key: Callable[[Any], Any]) -> list[Any]:
    """The values in order, without those whose key is a text that came before."""
    seen: set[str] = set()
    found = []
    for value in values:
        name = key(value)
        if isinstance(name, str):
            if name in seen:
                continue
            seen.add(name)
        found.append(value)
    return found


def _compile_condition(source: dict[str, Any]) -> Read:
    read = _compile_read(None, source)
    if "equals" in source:
        wanted = as_text(source["equals"])
        return lambda record: _comparable(read(record)) == wanted
    if "in" in source:
        listed = frozenset(map(as_text, source["in"]))
        return lambda record: _comparable(read(record)) in listed
    if "matches" in source:
        search = re.compile(source["matches"]).search
        return lambda record: (text := _comparable(read(record))) is not None and search(text) is not None
    if "empty" in source:
        wanted_empty = source["empty"]
        return lambda record: _is_empty(read(record)) is wanted_empty
    return lambda record: not (_is_empty(value := read(record)) or value is False)


def _comparable(value: Any) -> str | None:
    """A scalar as text, nothing as empty text, a list or an object as None, which equals nothing."""
    return "" if value is None else as_text(value)


def _is_empty(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, list | dict) and not value)
