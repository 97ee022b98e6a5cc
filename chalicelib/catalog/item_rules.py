"""The rules for an item, all of them: its shape (item.schema.json), its barcodes' check digits, its store."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from chalicelib.catalog.barcodes import barcode_fault, is_right
from chalicelib.catalog.codes import FaultCode, WarningCode
from chalicelib.catalog.faults import Fault, Mapped, RowMapping
from chalicelib.catalog.item_faults import schema_faults
from chalicelib.catalog.item_schema import LONG_NAME, is_plain, is_valid, known_fields
from chalicelib.catalog.normalise import MORE_BARCODES, normalise, shown
from chalicelib.catalog.rows import Block, Unreadable

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules say of one row: its items and its warnings if it has no faults; skipped rows have none of the three."""

    items: tuple[Any, ...] = ()
    faults: tuple[Fault, ...] = ()
    warnings: tuple[WarningCode, ...] = ()
    skipped: bool = False
    sku: str | None = None
    store_id: str | None = None


class ItemRules:
    """Judges the rows of a catalog or a cart catalog."""

    def __init__(self, mapping: RowMapping | None, known_store_ids: Collection[str]) -> None:
        self._mapping = mapping
        self._stores = frozenset(known_store_ids)
        self._is_plain = is_plain()
        self._is_valid = is_valid()

    def judge(self, block: Block) -> list[Item | Judged]:
        """One verdict per row: an item that is good as it is (the usual, quick case), or what else there is to say."""
        if self._mapping is None:
            return self._judge_items(block)
        return [self._judge_mapped(record, block, index) for index, record in enumerate(block.records)]

    def key(self, item: Item) -> str:
        """What makes an item the same as another one. A store id has no control characters, so a NUL parts the two."""
        return f"{item['store_id']}\0{item['item_sku']}"

    def mark(self, row: int, item: Item) -> tuple[int, str, str | None]:
        """The entry for an item in the list beside a batch."""
        return row, item["item_sku"], item["store_id"]

    def twin_fault(self, item: Item, earlier: int) -> Fault:
        """The fault of an item that an earlier row has already."""
        sku, store = item["item_sku"], item["store_id"]
        message = (
            f"Row {earlier:,} has the same item_sku ({sku}) for the same store ({store}). Which of the two would count is not certain, "
            "so keep one of them."
        )
        return Fault(FaultCode.DUPLICATE, message, "item_sku", sku)

    def _judge_items(self, block: Block) -> list[Item | Judged]:
        records = block.records
        try:
            plain = list(map(self._is_plain, records))
        except ValueError:  # a number that only Decimal holds, a nesting bomb, an unreadable row
            plain = [False] * len(records)
        return [
            record if is_right and self._is_complete(record) else self._judge_record(record, block, index)
            for index, (record, is_right) in enumerate(zip(records, plain, strict=True))
        ]

    def _is_complete(self, item: Item) -> bool:
        """The rules that the schema does not say, for an item of the right shape."""
        return (
            is_right(item["external_product_id"], item.get("external_product_id_type"))
            and (not self._stores or item["store_id"] in self._stores)
            and (MORE_BARCODES not in item or not _more_barcode_faults(item))
        )

    def _judge_record(self, record: Any, block: Block, index: int) -> Item | Judged:
        if block.exact is not None and not isinstance(record, Unreadable) and _has_numbers(record):
            record = block.exact(index)
        if isinstance(record, Unreadable):
            return Judged(faults=(record.fault,))
        if not isinstance(record, dict):
            return Judged(faults=(not_an_object(record),))
        item, faults = normalise(record)
        return self._judge_item(item, faults)

    def _judge_mapped(self, record: Any, block: Block, index: int) -> Item | Judged:
        if block.exact is not None and not isinstance(record, Unreadable) and _has_numbers(record):
            record = block.exact(index)
        if isinstance(record, Unreadable):
            return Judged(faults=(record.fault,))
        if not isinstance(record, dict):
            return Judged(faults=(not_an_object(record),))
        assert self._mapping is not None
        mapped = self._mapping.apply(record)
        if mapped.skipped:
            return Judged(skipped=True)
        return self._combine(mapped)

    def _combine(self, mapped: Mapped) -> Item | Judged:
        """A row is good if all its items are; a fault that several of them have is said once."""
        verdicts = [self._judge_item(*normalise(item)) for item in mapped.items]
        if len(verdicts) == 1 and not mapped.faults:
            return verdicts[0]
        items = [verdict.items[0] if isinstance(verdict, Judged) and verdict.items else verdict for verdict in verdicts]
        judged = [verdict for verdict in verdicts if isinstance(verdict, Judged)]
        faults = _merged(mapped.faults, (fault for verdict in judged for fault in verdict.faults))
        first = mapped.items[0] if mapped.items else {}
        sku, store_id = _text(first.get("item_sku")), _text(first.get("store_id"))
        if faults:
            return Judged(faults=faults, sku=sku, store_id=store_id if len(items) == 1 else None)
        warnings = tuple(dict.fromkeys(warning for verdict in judged for warning in verdict.warnings))
        return Judged(items=tuple(items), warnings=warnings, sku=sku)

    def _judge_item(self, item: Item, faults: list[Fault]) -> Item | Judged:
        if not faults:
            if self._is_plain(item) and self._is_complete(item):
                return item
            if self._is_valid(item) and self._is_complete(item):
                return Judged(items=(item,), warnings=tuple(_warnings(item)))
        all_faults = _merged(faults, self.faults(item))
        if not all_faults:
            raise AssertionError("jsonschema finds no fault in an item that jsonschema-rs refuses")
        return Judged(faults=all_faults, sku=_text(item.get("item_sku")), store_id=_text(item.get("store_id")))

    def faults(self, item: Item) -> list[Fault]:
        """Every fault of a normalised item."""
        faults = schema_faults(item)
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
        message = f"store_id {store[:80]!r} is none of the known stores ({some}). Correct it, or have the store added to the known ones."
        return Fault(FaultCode.UNKNOWN_STORE, message, "store_id", store)


def not_an_object(record: Any) -> Fault:
    """The fault of a row that is a number, a text, a list, null..."""
    return Fault(FaultCode.NOT_AN_OBJECT, "The row is not an object ({...} with the item's fields). Correct or leave it out.", None, shown(record))


def _has_numbers(record: Any) -> bool:
    """Whether a record, read quickly, may have numbers that a float has spoilt."""
    values = record.values() if isinstance(record, dict) else (record,)
    return any(isinstance(value, float | list | dict) for value in values)


def _more_barcode_faults(item: Item, wrong: Collection[str | None] = ()) -> list[Fault]:
    faults = []
    for number, entry in enumerate(item[MORE_BARCODES]):
        name = f"{MORE_BARCODES}[{number}].external_product_id"
        if isinstance(entry, dict) and "external_product_id" in entry and name not in wrong and f"{name}_type" not in wrong:
            fault = barcode_fault(entry["external_product_id"], entry.get("external_product_id_type"), name)
            faults += [fault] if fault else []
    return faults


def _merged(first: Iterable[Fault], then: Iterable[Fault]) -> tuple[Fault, ...]:
    """All faults once; of a field that the first ones name, nothing more: 'it is missing' would only be their echo."""
    faults = list(dict.fromkeys(first))
    named = {fault.field for fault in faults if fault.field}
    return tuple(faults + [fault for fault in dict.fromkeys(then) if fault.field not in named])


def _warnings(item: Item) -> list[WarningCode]:
    warnings = []
    if not known_fields().issuperset(item):
        warnings.append(WarningCode.UNKNOWN_FIELD)
    if len(item["item_name"]) > LONG_NAME:
        warnings.append(WarningCode.LONG_NAME)
    return warnings


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
