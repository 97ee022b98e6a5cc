"""What the tests of prepare share: a good item, and a sink that keeps what it gets."""

import io
from dataclasses import dataclass, field
from typing import Any

import orjson

from chalicelib.catalog.prepare import Batch, Prepared, RejectedRow, prepare

GOOD = {
    "item_sku": "SKU-1",
    "external_product_id": "036000291452",
    "external_product_id_type": "UPC",
    "item_name": "Coffee, whole bean",
    "store_id": "store-1",
    "standard_price": "9.99",
}


def good(**changes: Any) -> dict[str, Any]:
    """A good item with some fields changed; None takes a field out."""
    return {name: value for name, value in (GOOD | changes).items() if value is not None}


def goods(count: int) -> list[dict[str, Any]]:
    """So many good items, all different."""
    return [good(item_sku=f"SKU-{number}") for number in range(1, count + 1)]


def lines(*rows: Any) -> bytes:
    """Rows as JSON Lines; bytes are lines as they are."""
    return b"".join((row if isinstance(row, bytes) else orjson.dumps(row)) + b"\n" for row in rows)


@dataclass
class Recording:
    """A sink that keeps what it gets, and the answer of prepare."""

    batches: list[Batch] = field(default_factory=list)
    rejections: list[RejectedRow] = field(default_factory=list)
    prepared: Prepared | None = None

    def batch(self, batch: Batch) -> None:
        self.batches.append(batch)

    def rejected(self, row: RejectedRow) -> None:
        self.rejections.append(row)

    @property
    def answer(self) -> Prepared:
        assert self.prepared is not None
        return self.prepared

    @property
    def items(self) -> list[Any]:
        """All items sent, in order."""
        bodies = [orjson.loads(batch.body) for batch in self.batches]
        return [item for body in bodies for item in body.get("catalogItems", body.get("itemSkus"))]

    @property
    def marks(self) -> list[list[Any]]:
        """The rows beside the batches."""
        return [mark for batch in self.batches for mark in orjson.loads(batch.rows)]

    @property
    def codes(self) -> dict[int, list[str]]:
        """Row number -> its faults' codes."""
        return {row.row: [str(fault.code) for fault in row.faults] for row in self.rejections}

    @property
    def message(self) -> str:
        """Why the file is invalid."""
        assert self.answer.invalid is not None
        return self.answer.invalid.message


class Trickle(io.RawIOBase):
    """A stream that delivers a few bytes at a time, as a network may, and can't seek."""

    def __init__(self, data: bytes, size: int) -> None:
        self._stream = io.BytesIO(data)
        self._size = size

    def read(self, size: int = -1) -> bytes:
        return self._stream.read(self._size if size < 0 else min(size, self._size))

    def seekable(self) -> bool:
        return False


def run(data: bytes, *, stream: Any = None, **arguments: Any) -> Recording:
    """Prepare a file from memory; the law is checked every time."""
    recording = Recording()
    recording.prepared = prepare(stream or io.BytesIO(data), recording, **arguments)
    check_the_law(recording)
    return recording


def check_the_law(recording: Recording) -> None:
    """What holds for every file, good or bad."""
    answer = recording.answer
    assert answer.rows_read == answer.rejected + answer.skipped + answer.good
    assert answer.rejected == len(recording.rejections)
    assert answer.batches == len(recording.batches)
    assert answer.items == len(recording.items) == len(recording.marks)
    assert answer.items == sum(batch.item_count for batch in recording.batches)
    assert answer.good == sum(batch.row_count for batch in recording.batches)
    assert answer.good == len({mark[0] for mark in recording.marks})
    assert answer.bytes == sum(len(batch.body) for batch in recording.batches)
    assert [batch.number for batch in recording.batches] == list(range(1, answer.batches + 1))
    numbers = [row.row for row in recording.rejections]
    assert numbers == sorted(set(numbers))
    assert not set(numbers) & {mark[0] for mark in recording.marks}
    assert all(1 <= number <= answer.rows_read for number in numbers)
    assert all(row.faults for row in recording.rejections)
    for row in recording.rejections:
        assert all(fault.message and (fault.value is None or len(fault.value) <= 80) for fault in row.faults)
