"""The rules for the rows of an archive operation: each is a SKU, alone or as an object's item_sku."""

from typing import Any

from chalicelib.catalog.faults import Fault, RowMapping
from chalicelib.catalog.codes import FaultCode
from chalicelib.catalog.item_faults import schema_faults
from chalicelib.catalog.item_rules import Judged
from chalicelib.catalog.normalise import normalise
from chalicelib.catalog.rows import Block, Unreadable

SKU = "item_sku"


class ArchiveRules:
    """Judges the rows of an archive file."""

    def __init__(self, mapping: RowMapping | None) -> None:
        self._mapping = mapping

    def judge(self, block: Block) -> list[Any]:
        """One verdict per row."""
        return [self._judge(record, block, index) for index, record in enumerate(block.records)]

    def key(self, item: str) -> str:
        """What makes a row the same as another one."""
        return item

    def mark(self, row: int, item: str) -> tuple[int, str, str | None]:
        """The entry for a SKU in the list beside a batch."""
        return row, item, None

    def twin_fault(self, item: str, earlier: int) -> Fault:
        """The fault of a SKU that an earlier row has already."""
        return Fault(FaultCode.DUPLICATE, f"Row {earlier:,} has the same item_sku ({item}) already. Keep one of the two.", SKU, item)

    def _judge(self, record: Any, block: Block, index: int) -> Judged:
        if block.exact is not None and isinstance(record, float | list | dict):
            record = block.exact(index)
        if isinstance(record, Unreadable):
            return Judged(faults=(record.fault,))
        if isinstance(record, dict) and self._mapping is not None:
            mapped = self._mapping.apply(record)
            if mapped.skipped:
                return Judged(skipped=True)
            faults = tuple(fault for fault in mapped.faults if fault.field in (SKU, None))
            if faults:
                return Judged(faults=faults)
            record = mapped.items[0]
        return _judge_sku(record.get(SKU) if isinstance(record, dict) else record)


def _judge_sku(value: Any) -> Judged:
    item, faults = normalise({SKU: value})
    faults += [fault for fault in schema_faults(item) if fault.field == SKU and not faults]
    if faults:
        return Judged(faults=tuple(faults), sku=item.get(SKU))
    return Judged(items=(item[SKU],), sku=item[SKU])
