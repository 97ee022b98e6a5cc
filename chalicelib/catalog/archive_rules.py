"""The rules for the rows of an archive operation: each is a SKU, alone or as an object's item_sku."""

from collections.abc import Sequence
from typing import Any

from chalicelib.catalog.codes import FaultCode
from chalicelib.catalog.faults import Fault, RowMapping
from chalicelib.catalog.item_faults import schema_faults
from chalicelib.catalog.item_rules import Judged, Warned, exact_record, merged, text_of
from chalicelib.catalog.normalise import broken_number, normalise
from chalicelib.catalog.repeated_items import fingerprints
from chalicelib.catalog.rows import Block, Unreadable

SKU = "item_sku"


class ArchiveRules:
    """Judges the rows of an archive file."""

    def __init__(self, mapping: RowMapping | None) -> None:
        self._mapping = mapping

    def judge(self, block: Block) -> tuple[list[str | Judged], Warned]:
        """One verdict per row: its SKU, or what else there is to say. There are no warnings."""
        return [self._judge(record, block, index) for index, record in enumerate(block.records)], {}

    def keys(self, items: Sequence[str]) -> list[bytes]:
        """What makes a row the same as another one."""
        return fingerprints(items)

    def marks(self, rows: Sequence[int], items: Sequence[str]) -> list[tuple[int, str, str | None]]:
        """The entries for SKUs, each of its row, in the list beside a batch."""
        return [(row, item, None) for row, item in zip(rows, items, strict=True)]

    def twin_fault(self, item: str, earlier: int) -> Fault:
        """The fault of a SKU that an earlier row has already."""
        return Fault(
            FaultCode.DUPLICATE,
            f"Row {earlier:,} has the same item_sku ({item}) already. Keep one of the two.",
            SKU,
            item,
        )

    def _judge(self, record: Any, block: Block, index: int) -> str | Judged:
        if isinstance(record, dict | Unreadable):
            record = exact_record(record, block, index)
            if isinstance(record, Judged):
                return record
            if self._mapping is not None:
                if fault := broken_number(record):
                    return Judged(faults=(fault,))
                mapped = self._mapping.apply(record)
                if mapped.skipped:
                    return Judged(skipped=True)
                faults = tuple(fault for fault in mapped.faults if fault.field in (SKU, None))
                if faults:
                    return Judged(faults=faults)
                record = mapped.items[0]
            return _judge_sku(record.get(SKU))
        if isinstance(record, float) and block.exact is not None:
            record = block.exact(index)
        return _judge_sku(record)


def _judge_sku(value: Any) -> str | Judged:
    item, faults = normalise({SKU: value})
    all_faults = merged(faults, (fault for fault in schema_faults(item) if fault.field == SKU))
    return Judged(faults=all_faults, sku=text_of(item, SKU)) if all_faults else item[SKU]
