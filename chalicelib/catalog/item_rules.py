"""The rules for an item, all of them: its shape (item.schema.json), its barcodes' check digits, its store."""

from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any

import orjson

from chalicelib.catalog.barcodes import additional, barcode_fault, is_right
from chalicelib.catalog.codes import FaultCode, WarningCode
from chalicelib.catalog.faults import MAX_FAULTS, Fault, Mapped, RowMapping
from chalicelib.catalog.item_faults import schema_faults
from chalicelib.catalog.item_schema import LONG_NAME, MAX_MORE_BARCODES, is_plain, is_valid, known_fields
from chalicelib.catalog.normalise import MORE_BARCODES, broken_number, normalise, shown
from chalicelib.catalog.noticed import RowWarnings
from chalicelib.catalog.repeated_items import fingerprints
from chalicelib.catalog.rows import Block, Unreadable
from chalicelib.catalog.surrogates import STAND_IN

Item = dict[str, Any]


Warned = dict[int, RowWarnings]
"""Row number -> what it is warned of."""

_SHOWN_LENGTH = 255
_EXACT = {str, int, bool, type(None), Unreadable}


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules say of a row that has not exactly one good item: faults, or several items, or (skipped)
    neither. `sku` and `stores` of a row with faults are as far as they could be read.
    """

    items: tuple[Any, ...] = ()
    faults: tuple[Fault, ...] = ()
    skipped: bool = False
    sku: str | None = None
    stores: tuple[str, ...] = ()


class ItemRules:
    """Judges the rows of a catalog or a cart catalog."""

    def __init__(self, mapping: RowMapping | None, known_store_ids: Collection[str]) -> None:
        self._mapping = mapping
        self._stores = frozenset(known_store_ids)
        self._is_plain = is_plain()
        self._is_valid = is_valid()

    def judge(self, block: Block) -> tuple[list[Item | Judged], Warned]:
        """One verdict per row: its item, if it is good and has one (the usual case), or what else there is to say; and
        warnings.
        """
        warned: Warned = {}
        if self._mapping is None:
            return self._judge_items(block, warned), warned
        return self._judge_mapped(block, self._mapping, warned), warned

    def keys(self, items: Sequence[Item]) -> list[bytes]:
        """What makes an item the same as another one. A store id has no control characters, so a NUL parts the two."""
        return fingerprints([f"{item['store_id']}\0{item['item_sku']}" for item in items])

    def marks(self, rows: Sequence[int], items: Sequence[Item]) -> list[tuple[int, str, str | None]]:
        """The entries for items, each of its row, in the list beside a batch."""
        return [(row, item["item_sku"], item["store_id"]) for row, item in zip(rows, items, strict=True)]

    def twin_fault(self, item: Item, earlier: int) -> Fault:
        """The fault of an item that an earlier row has already."""
        sku, store = item["item_sku"], item["store_id"]
        message = (
            f"Row {earlier:,} has the same item_sku ({sku}) for the same store ({store}). Which of the two would "
            "count is not certain, so keep one of them."
        )
        return Fault(FaultCode.DUPLICATE, message, "item_sku", sku)

    def _judge_items(self, block: Block, warned: Warned) -> list[Item | Judged]:
        records = block.records
        try:
            plain = list(map(self._is_plain, records))
        except ValueError:  # a number that only Decimal holds, a nesting bomb, an unreadable row
            plain = [False] * len(records)
        stores = self._stores
        return [
            record
            if is_plain
            and is_right(record["external_product_id"], record.get("external_product_id_type"))
            and (not stores or record["store_id"] in stores)
            and (MORE_BARCODES not in record or not any(_more_barcode_faults(record)))
            else self._judge_record(record, block, index, warned)
            for index, (record, is_plain) in enumerate(zip(records, plain, strict=True))
        ]

    def _judge_record(self, record: Any, block: Block, index: int, warned: Warned) -> Item | Judged:
        record = exact_record(record, block, index)
        if isinstance(record, Judged):
            return record
        return self._judge_item(*normalise(record), block.first + index, warned)

    def _judge_mapped(self, block: Block, mapping: RowMapping, warned: Warned) -> list[Item | Judged]:
        verdicts: list[Item | Judged] = []
        for row, record in enumerate(exact_records(block), block.first):
            if isinstance(record, Judged):
                verdicts.append(record)
                continue
            if fault := broken_number(record):
                verdicts.append(Judged(faults=(fault,)))
                continue
            mapped = mapping.apply(record)
            items = [self._judge_item(*normalise(item), row, warned) for item in mapped.items]
            if len(items) == 1 and not mapped.faults:
                verdicts.append(items[0])
            else:
                verdicts.append(Judged(skipped=True) if mapped.skipped else _combined(mapped, items))
        return verdicts

    def _judge_item(self, item: Item, faults: list[Fault], row: int, warned: Warned) -> Item | Judged:
        if not faults and self._is_plain(item) and self._is_complete(item):
            return item
        if not faults and self._is_valid(item) and self._is_complete(item):
            warnings = _warnings(item)
            warned[row] = {**warned[row], **warnings} if row in warned else warnings
            return item
        all_faults = merged(faults, self.faults(item))
        if not all_faults:
            raise AssertionError("jsonschema finds no fault in an item that jsonschema-rs refuses")
        store = text_of(item, "store_id")
        return Judged(faults=all_faults, sku=text_of(item, "item_sku"), stores=(store,) if store else ())

    def _is_complete(self, item: Item) -> bool:
        """The rules that the schema does not say, for an item of the right shape."""
        return (
            is_right(item["external_product_id"], item.get("external_product_id_type"))
            and (not self._stores or item["store_id"] in self._stores)
            and (MORE_BARCODES not in item or not any(_more_barcode_faults(item)))
        )

    def faults(self, item: Item) -> list[Fault]:
        """Every fault of a normalised item; of very many, one more than are listed."""
        if isinstance(item.get(MORE_BARCODES), list):  # one more than are allowed shows that they are too many
            item = item | {MORE_BARCODES: item[MORE_BARCODES][: MAX_MORE_BARCODES + 1]}
        faults = schema_faults(item)
        if len(faults) > MAX_FAULTS:
            return faults
        wrong = {fault.field for fault in faults}
        code, kind = item.get("external_product_id"), item.get("external_product_id_type")
        if code is not None and not wrong & {"external_product_id", "external_product_id_type"}:
            fault = barcode_fault(code, kind, "external_product_id")
            faults += [fault] if fault else []
        if isinstance(item.get(MORE_BARCODES), list):
            faults += _more_barcode_faults(item, wrong)
        store = item.get("store_id")
        if self._stores and store is not None and "store_id" not in wrong and store not in self._stores:
            faults.append(self._unknown_store(store))
        return faults

    def _unknown_store(self, store: str) -> Fault:
        some = ", ".join(sorted(self._stores)[:10]) + (" ..." if len(self._stores) > 10 else "")
        message = (
            f"store_id {store[:80]!r} is none of the known stores ({some}). Correct it, or have the store added to "
            "the known ones."
        )
        return Fault(FaultCode.UNKNOWN_STORE, message, "store_id", store)


def exact_record(record: Any, block: Block, index: int) -> Item | Judged:
    """A row's record with its numbers as they are in the file; or, if there is none, the verdict that says so."""
    if block.exact is not None and _may_be_inexact(record):
        record = block.exact(index)
    if isinstance(record, Unreadable):
        return Judged(faults=(record.fault,))
    if not isinstance(record, dict):
        return Judged(faults=(not_an_object(record),))
    return record


def exact_records(block: Block) -> Iterator[Item | Judged]:
    """All records of a block, each by `exact_record`."""
    return (exact_record(record, block, index) for index, record in enumerate(block.records))


def not_an_object(record: Any) -> Fault:
    """The fault of a row that is a number, a text, a list, null..."""
    message = "The row is not an object: {...} with the item's fields. Correct it, or leave it out."
    return Fault(FaultCode.NOT_AN_OBJECT, message, None, shown(record))


def _may_be_inexact(record: Any) -> bool:
    """Whether a record that was read quickly may have numbers that have become floats."""
    return not _EXACT.issuperset(map(type, record.values() if isinstance(record, dict) else (record,)))


def _combined(mapped: Mapped, verdicts: Sequence[Item | Judged]) -> Judged:
    """A row is good if all its items are; a fault that several of them have is said once."""
    refused = [verdict for verdict in verdicts if isinstance(verdict, Judged)]
    faults = merged(mapped.faults, (fault for verdict in refused for fault in verdict.faults))
    if not faults:
        return Judged(items=tuple(verdicts))
    return Judged(
        faults=faults,
        sku=next(filter(None, map(_sku, verdicts)), None),
        stores=tuple(dict.fromkeys(store for verdict in verdicts for store in _stores(verdict))),
    )


def _sku(verdict: Item | Judged) -> str | None:
    return verdict.sku if isinstance(verdict, Judged) else verdict["item_sku"]


def _stores(verdict: Item | Judged) -> tuple[str, ...]:
    return verdict.stores if isinstance(verdict, Judged) else (verdict["store_id"],)


def _more_barcode_faults(item: Item, wrong: Set[str | None] = frozenset()) -> Iterator[Fault]:
    """The wrong ones of the additional barcodes, but for those whose code or type the schema has refused."""
    for number, entry in enumerate(item[MORE_BARCODES]):
        name = f"{MORE_BARCODES}[{number}].external_product_id"
        if isinstance(entry, dict) and "external_product_id" in entry and wrong.isdisjoint((name, f"{name}_type")):
            fault = barcode_fault(entry["external_product_id"], entry.get("external_product_id_type"), name)
            if fault is not None:
                yield additional(fault)


def merged(first: Iterable[Fault], then: Iterable[Fault]) -> tuple[Fault, ...]:
    """All faults once; of a field that the first ones name, nothing more: 'it is missing' would only be their echo."""
    faults = list(dict.fromkeys(first))
    named = {fault.field for fault in faults if fault.field}
    return tuple(faults + [fault for fault in dict.fromkeys(then) if fault.field not in named])


def text_of(item: Item, field: str) -> str | None:
    """A field's text as a rejected row shows it; None if it has none."""
    value = item.get(field)
    return value[:_SHOWN_LENGTH].replace(STAND_IN, "\ufffd") if isinstance(value, str) else None


def _warnings(item: Item) -> RowWarnings:
    found: dict[WarningCode, tuple[str, ...]] = {}
    known = known_fields()
    if not known.issuperset(item):
        found[WarningCode.UNKNOWN_FIELD] = tuple([name for name in item if name not in known])
    if len(item["item_name"]) > LONG_NAME:
        found[WarningCode.LONG_NAME] = ()
    if not orjson.dumps(item).isascii():
        found[WarningCode.NON_ASCII] = ()
    return found
