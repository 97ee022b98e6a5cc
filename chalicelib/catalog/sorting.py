"""Put each row where it belongs: into a batch, or to the rejected ones, and count it once."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson

from chalicelib.catalog.archive_rules import ArchiveRules
from chalicelib.catalog.batches import Batches
from chalicelib.catalog.codes import FaultCode, InvalidCode
from chalicelib.catalog.faults import MAX_FAULTS, Fault, RejectedRow
from chalicelib.catalog.item_rules import ItemRules, Judged, Warned
from chalicelib.catalog.noticed import Noticed
from chalicelib.catalog.prepared import Invalid, Prepared, Sink
from chalicelib.catalog.repeated_items import RepeatedItems
from chalicelib.catalog.rows import Block, InvalidFile


class Sorting:
    """Sorts the rows of one file. Runs of good rows are taken at once, for speed; what comes out is the same as one by
    one.
    """

    def __init__(
        self, rules: ItemRules | ArchiveRules, batches: Batches, sink: Sink, seen: RepeatedItems, noticed: Noticed
    ) -> None:
        self._rules: Any = rules
        self._batches = batches
        self._sink = sink
        self._seen = seen
        self._noticed = noticed
        self._rejected = self._skipped = self._good = 0
        self._reasons: Counter[str] = Counter()
        self._warned: Warned = {}

    def take(self, block: Block) -> None:
        """Sort a block of rows: what comes between two special ones is a run of good rows of one item each."""
        self._noticed.take_records(block.records)
        verdicts, self._warned = self._rules.judge(block)
        start = 0
        for index in [index for index, verdict in enumerate(verdicts) if type(verdict) is Judged]:
            self._take_run(block.first + start, verdicts[start:index])
            self._take_judged(block.first + index, verdicts[index])
            start = index + 1
        self._take_run(block.first + start, verdicts[start:])
        self._noticed.take_warned(self._warned)

    def refuse_if_too_bad(self, max_rejected_ratio: float, where_rows_are: str) -> None:
        """Raise InvalidFile if the file as a whole is not to be sent: no rows, too many rejected, none good."""
        read = self._rejected + self._skipped + self._good
        if not read:
            raise InvalidFile(
                InvalidCode.NO_ROWS, f"The file has no rows: {where_rows_are}. Check the export that made it."
            )
        if self._rejected / read > max_rejected_ratio:
            raise InvalidFile(
                InvalidCode.TOO_MANY_REJECTED,
                f"{self._rejected:,} of {read:,} rows ({self._rejected / read:.1%}) are rejected, more than the "
                f"{max_rejected_ratio:.1%} that are let through; nothing is sent. {self._most_frequent()} Correct the "
                "rows and upload the file again.",
            )
        if self._rejected and not self._good:
            raise InvalidFile(
                InvalidCode.NO_GOOD_ROWS,
                f"None of the {read:,} rows is good; nothing is sent. {self._most_frequent()} Correct the rows and "
                "upload the file again.",
            )

    def prepared(self, invalid: Invalid | None, name: str | None) -> Prepared:
        """The counts."""
        return Prepared(
            rows_read=self._rejected + self._skipped + self._good,
            rejected=self._rejected,
            skipped=self._skipped,
            good=self._good,
            items=self._batches.items,
            batches=self._batches.number,
            bytes=self._batches.bytes,
            warnings=self._noticed.warnings,
            unknown_fields=self._noticed.unknown_fields,
            unfilled_fields=self._noticed.unfilled_fields,
            first_warned_rows=self._noticed.first_rows,
            reasons=dict(sorted(self._reasons.items())),
            invalid=invalid,
            format=name,
        )

    def _most_frequent(self) -> str:
        reasons = (f"{code} ({count:,} row{'' if count == 1 else 's'})" for code, count in self._reasons.most_common(3))
        return f"The most frequent reasons: {', '.join(reasons)}."

    def _take_judged(self, row: int, verdict: Judged) -> None:
        if verdict.skipped:
            self._skipped += 1
        elif verdict.faults:
            self._reject(row, verdict.sku, verdict.stores, self._with_twin(verdict))
        else:
            self._take_row(row, verdict.items)

    def _take_run(self, first: int, items: list[Any]) -> None:
        """Good rows of one item each that follow one another: all at once, but for those that have an earlier twin."""
        if not items:
            return
        text = orjson.dumps(items)
        if len(text) - 2 > self._batches.max_bytes:
            for row, item in enumerate(items, first):
                self._take_row(row, (item,))
            return
        start = 0
        for index, earlier in self._seen.add_all(self._rules.keys(items), first):
            self._accept(first + start, items[start:index])
            self._reject_items(first + index, (items[index],), (self._rules.twin_fault(items[index], earlier),))
            start = index + 1
        self._accept(first + start, items[start:] if start else items, None if start else text)

    def _accept(self, first: int, items: list[Any], text: bytes | None = None) -> None:
        if items:
            marks = self._rules.marks(range(first, first + len(items)), items)
            self._batches.add_rows(items, marks, orjson.dumps(items) if text is None else text)
            self._noticed.take_good(first, len(items), items)
            self._good += len(items)

    def _take_row(self, row: int, items: Sequence[Any]) -> None:
        """A row whose items are good each by itself: are they among the others, too?"""
        keys = self._rules.keys(items)
        faults = []
        fresh: dict[bytes, int] = {}
        for item, key in zip(items, keys, strict=True):
            earlier = fresh.get(key) or self._seen.find(key)
            fresh[key] = row
            if earlier is not None:
                faults.append(self._rules.twin_fault(item, earlier))
        if not self._batches.fits(items):
            faults.append(self._too_large(len(items)))
        if faults:
            self._reject_items(row, items, tuple(faults))
            return
        for key in keys:
            self._seen.add(key, row)
        self._batches.add_row(items, self._rules.marks([row] * len(items), items))
        self._noticed.take_good(row, 1, items)
        self._good += 1

    def _with_twin(self, verdict: Judged) -> tuple[Fault, ...]:
        """A faulty row's faults; each of its items that an earlier row has already is one more."""
        named = {fault.field for fault in verdict.faults}
        if verdict.sku is None or named & {None, "item_sku", "store_id"}:
            return verdict.faults
        items = [{"item_sku": verdict.sku, "store_id": store} for store in verdict.stores]
        found = zip(items, map(self._seen.find, self._rules.keys(items)), strict=True)
        return (*verdict.faults, *(self._rules.twin_fault(item, row) for item, row in found if row is not None))

    def _reject_items(self, row: int, items: Sequence[Any], faults: tuple[Fault, ...]) -> None:
        """Reject a row whose items are good each by itself."""
        marks = self._rules.marks([row] * len(items), items)
        stores = tuple(dict.fromkeys(store for _, _, store in marks if store))
        self._reject(row, marks[0][1], stores, faults)

    def _reject(self, row: int, sku: str | None, stores: Sequence[str], faults: tuple[Fault, ...]) -> None:
        self._rejected += 1
        self._warned.pop(row, None)
        if len(faults) > MAX_FAULTS:
            message = f"The row has more than {MAX_FAULTS} faults; the others are not listed. Correct these first."
            faults = (*faults[:MAX_FAULTS], Fault(FaultCode.MORE_FAULTS, message))
        self._reasons.update({str(fault.code) for fault in faults})
        self._sink.rejected(RejectedRow(row, sku, ", ".join(stores) or None, faults))

    def _too_large(self, count: int) -> Fault:
        if count == 1:
            message = (
                f"The item alone is longer than a batch may be ({self._batches.max_bytes:,} bytes). Shorten its texts."
            )
        else:
            message = (
                f"The row makes {count:,} items, more than one batch takes. Send it to fewer stores, or list the "
                "stores in rows of their own."
            )
        return Fault(FaultCode.ITEM_TOO_LARGE, message)
