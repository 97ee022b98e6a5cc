"""Cut items into batches: the bytes of API calls, by count and by bytes, with each item's row beside them."""

from collections.abc import Sequence
from typing import Any

import orjson

from chalicelib.catalog.operations import Operation
from chalicelib.catalog.prepared import Batch, Limits, Sink

Mark = tuple[int, str, str | None]
"""Row number, SKU, store id."""


class Batches:
    """Collects items in order and hands the sink a batch whenever the next row would not fit any more."""

    def __init__(self, sink: Sink, limits: Limits, operation: Operation, store_ids: Sequence[str] = ()) -> None:
        self._sink = sink
        self._max_items = limits.max_batch_items
        self._opening, self._closing = b'{"catalogItems":[', b"]}"
        if operation is Operation.ARCHIVE:
            self._opening = b'{"itemSkus":['
            self._closing = b'],"allApplicableStores":' + orjson.dumps(list(store_ids)) + b"}"
        self.max_bytes = limits.max_batch_bytes - len(self._opening) - len(self._closing)
        self.number = self.items = self.bytes = 0
        self._start()

    def _start(self) -> None:
        self._texts: list[bytes] = []
        self._marks: list[bytes] = []
        self._size = self._row_count = self._item_count = 0

    def fits(self, items: Sequence[Any]) -> bool:
        """Whether the items of one row fit into a batch at all."""
        return len(items) <= self._max_items and len(orjson.dumps(items)) - 2 <= self.max_bytes

    def add_row(self, items: Sequence[Any], marks: Sequence[Mark]) -> None:
        """Add the items of one row, which `fits`; they stay together."""
        text = orjson.dumps(items)[1:-1]
        if self._item_count and not self._has_room(len(items), len(text)):
            self.finish()
        self._append(text, marks, 1)

    def add_rows(self, items: Sequence[Any], marks: Sequence[Mark], text: bytes) -> None:
        """Add rows of one item each, each of which `fits`: the same as one by one, but quicker. `text`: the items as a
        JSON array.
        """
        start = 0
        while start < len(items):
            count = min(self._max_items - self._item_count, len(items) - start)
            end = start + count
            part = text if count == len(items) else orjson.dumps(items[start:end])
            if count and self._has_room(count, len(part) - 2):
                self._append(part[1:-1], marks[start:end], count)
            elif count:
                for place in range(start, end):
                    self.add_row(items[place : place + 1], marks[place : place + 1])
            else:
                self.finish()
            start = end

    def finish(self) -> None:
        """Hand out what is collected, if anything is."""
        if not self._item_count:
            return
        self.number += 1
        body = b"".join((*self._texts, self._closing))  # at once: each copy of some megabytes takes its time
        rows = b"".join((*self._marks, b"]"))
        batch = Batch(self.number, body, rows, self._row_count, self._item_count)
        self.items += self._item_count
        self.bytes += len(body)
        self._start()
        self._sink.batch(batch)

    def _has_room(self, count: int, size: int) -> bool:
        comma = 1 if self._item_count else 0
        return self._item_count + count <= self._max_items and self._size + comma + size <= self.max_bytes

    def _append(self, text: bytes, marks: Sequence[Mark], row_count: int) -> None:
        self._size += len(text) + (1 if self._item_count else 0)
        self._texts += (b"," if self._item_count else self._opening, text)
        self._marks += (b"," if self._item_count else b"[", orjson.dumps(marks)[1:-1])
        self._row_count += row_count
        self._item_count += len(marks)
