"""Put each row where it belongs: into a batch, or to the rejected ones, and count it once."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson

from chalicelib.catalog.archive_rules import ArchiveRules
from chalicelib.catalog.batches import Batches
from chalicelib.catalog.codes import FaultCode, InvalidCode, WarningCode
from chalicelib.catalog.faults import Fault, RejectedRow
from chalicelib.catalog.item_rules import ItemRules, Judged
from chalicelib.catalog.prepared import Invalid, Prepared, Sink
from chalicelib.catalog.repeated_items import RepeatedItems, fingerprint
from chalicelib.catalog.rows import Block, InvalidFile


_NON_ASCII = str(WarningCode.NON_ASCII)


class Sorting:
    """Sorts the rows of one file. Runs of good rows are taken at once, for speed; what comes out is the same as one by one."""

    def __init__(self, rules: ItemRules | ArchiveRules, batches: Batches, sink: Sink, seen: RepeatedItems) -> None:
        self._rules: Any = rules
        self._batches = batches
        self._sink = sink
        self._seen = seen
        self._rejected = self._skipped = self._good = 0
        self._warnings: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()

    def take(self, block: Block) -> None:
        """Sort a block of rows."""
        run = _Run()
        for row, verdict in enumerate(self._rules.judge(block), block.first):
            if type(verdict) is not Judged:
                run.items.append(verdict)
                run.rows.append(row)
            elif len(verdict.items) == 1:
                run.items.append(verdict.items[0])
                run.rows.append(row)
                run.warnings[row] = verdict.warnings
            else:
                self._take_run(run)
                run = _Run()
                self._take_judged(row, verdict)
        self._take_run(run)

    def refuse_if_too_bad(self, max_rejected_ratio: float, where_rows_are: str) -> None:
        """Raise InvalidFile if the file as a whole is not to be sent: no rows, too many rejected, none good."""
        read = self._rejected + self._skipped + self._good
        if not read:
            raise InvalidFile(InvalidCode.NO_ROWS, f"The file has no rows: {where_rows_are}. Check the export that made it.")
        if self._rejected > max_rejected_ratio * read:
            raise InvalidFile(
                InvalidCode.TOO_MANY_REJECTED,
                f"{self._rejected:,} of {read:,} rows ({self._rejected / read:.1%}) are rejected, more than the {max_rejected_ratio:.1%} that are "
                f"let through; nothing is sent. {self._most_frequent()} Correct the rows and upload the file again.",
            )
        if self._rejected and not self._good:
            raise InvalidFile(
                InvalidCode.NO_GOOD_ROWS,
                f"None of the {read:,} rows is good; nothing is sent. {self._most_frequent()} Correct the rows and upload the file again.",
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
            warnings=dict(sorted(self._warnings.items())),
            reasons=dict(sorted(self._reasons.items())),
            invalid=invalid,
            format=name,
        )

    def _most_frequent(self) -> str:
        reasons = (f"{code} ({count:,} rows)" for code, count in self._reasons.most_common(3))
        return f"The most frequent reasons: {', '.join(reasons)}."

    def _take_judged(self, row: int, verdict: Judged) -> None:
        if verdict.skipped:
            self._skipped += 1
        elif verdict.faults:
            self._reject(row, verdict.sku, verdict.store_id, self._with_twin(verdict))
        else:
            self._take_row(row, verdict.items, verdict.warnings)

    def _take_run(self, run: "_Run") -> None:
        """Good rows of one item each: all at once, or one by one if anything is special about them."""
        items, rows = run.items, run.rows
        if not items:
            return
        text = orjson.dumps(items)
        keys = [fingerprint(self._rules.key(item)) for item in items]
        if len(text) - 2 > self._batches.max_bytes or not self._seen.add_all(keys, rows):
            for item, row in zip(items, rows, strict=True):
                self._take_row(row, (item,), run.warnings.get(row, ()))
            return
        marks = [self._rules.mark(row, item) for row, item in zip(rows, items, strict=True)]
        if not self._batches.add_rows(items, marks, text):
            for item, mark in zip(items, marks, strict=True):
                self._batches.add_row((item,), (mark,))
        self._good += len(items)
        for warnings in run.warnings.values():
            self._warnings.update(map(str, warnings))
        if not text.isascii():
            self._warnings[_NON_ASCII] += sum(not orjson.dumps(item).isascii() for item in items)

    def _take_row(self, row: int, items: Sequence[Any], warnings: Sequence[WarningCode]) -> None:
        """A row whose items are good each by itself: are they among the others, too?"""
        keys = [fingerprint(self._rules.key(item)) for item in items]
        faults = []
        fresh: dict[bytes, int] = {}
        for item, key in zip(items, keys, strict=True):
            earlier = fresh.get(key) or self._seen.find(key)
            fresh[key] = row
            if earlier is not None:
                faults.append(self._rules.twin_fault(item, earlier))
        if not self._batches.fits(items):
            faults.append(self._too_large(len(items)))
        marks = [self._rules.mark(row, item) for item in items]
        if faults:
            stores = {store for _, _, store in marks}
            self._reject(row, marks[0][1], marks[0][2] if len(stores) == 1 else None, tuple(faults))
            return
        for key in keys:
            self._seen.add(key, row)
        self._batches.add_row(items, marks)
        self._good += 1
        self._warnings.update(map(str, warnings))
        if not orjson.dumps(items).isascii():
            self._warnings[_NON_ASCII] += 1

    def _with_twin(self, verdict: Judged) -> tuple[Fault, ...]:
        """A faulty row's faults; if an earlier row has its item already, that is one more."""
        named = {fault.field for fault in verdict.faults}
        item = {"item_sku": verdict.sku, "store_id": verdict.store_id}
        if None in item.values() or named & {None, *item}:
            return verdict.faults
        earlier = self._seen.find(fingerprint(self._rules.key(item)))
        return verdict.faults if earlier is None else (*verdict.faults, self._rules.twin_fault(item, earlier))

    def _reject(self, row: int, sku: str | None, store_id: str | None, faults: tuple[Fault, ...]) -> None:
        self._rejected += 1
        self._reasons.update({str(fault.code) for fault in faults})
        self._sink.rejected(RejectedRow(row, sku, store_id, faults))

    def _too_large(self, count: int) -> Fault:
        if count == 1:
            message = f"The item alone is longer than a batch may be ({self._batches.max_bytes:,} bytes). Shorten its texts."
        else:
            message = f"The row makes {count:,} items, more than one batch takes. Send it to fewer stores, or list the stores in rows of their own."
        return Fault(FaultCode.ITEM_TOO_LARGE, message)


class _Run:
    """Rows of one item each that follow one another, rejected rows aside; `warnings` by row."""

    __slots__ = ("items", "rows", "warnings")

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.rows: list[int] = []
        self.warnings: dict[int, tuple[WarningCode, ...]] = {}
