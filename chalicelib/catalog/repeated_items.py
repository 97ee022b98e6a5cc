"""Which items were there before: exact enough to trust, small enough for tens of millions, quick enough for every row.

An item is known by 96 bits of BLAKE2b of its store and SKU, and by its row's number. The newest are in a dictionary;
when it is full its entries go to a temporary file of 4,096 buckets, and into a bit map that tells 'never seen' without
a look into the file. Memory stays below 40 MB whatever the number of rows; the file takes 16 bytes a row.

That two different ones of ten million items have the same 96 bits, so that the later would wrongly be refused, has a
probability of 6 in 10 to the 16.
"""

import os
import struct
import tempfile
from collections.abc import Sequence
from hashlib import blake2b
from operator import itemgetter
from types import TracebackType
from typing import Self

KEY_BYTES = 12
_ROW_BYTES = 4
_RECORD_BYTES = KEY_BYTES + _ROW_BYTES
_NEWEST = 65_536
_BUCKETS = 4_096
_BUCKET_BYTES = 65_536
_FLOOR_BYTES = _BUCKETS * _BUCKET_BYTES
_MAP_BYTES = 1 << 24


def fingerprints(keys: Sequence[str]) -> list[bytes]:
    """What stands for each item: 96 bits of BLAKE2b."""
    return [blake2b(key.encode(), digest_size=KEY_BYTES).digest() for key in keys]


class RepeatedItems:
    """A growing set of fingerprints, each with the number of the row that brought it. A context manager: it may own a
    file.
    """

    def __init__(self) -> None:
        self._newest: dict[bytes, int] = {}
        self._older: _BucketFile | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._older is not None:
            self._older.close()

    def find(self, key: bytes) -> int | None:
        """The row that brought this fingerprint, if one did."""
        row = self._newest.get(key)
        if row is None and self._older is not None and self._older.candidates((key,)):
            return self._older.find(key)
        return row

    def add(self, key: bytes, row: int) -> None:
        """Remember a fingerprint that `find` does not know."""
        self._newest[key] = row
        self._make_room()

    def add_all(self, keys: Sequence[bytes], first_row: int) -> list[tuple[int, int]]:
        """Remember the fingerprints of consecutive rows. Answers those that were known: their index, and the row that
        brought them.
        """
        known = []
        new = dict(zip(keys, range(first_row, first_row + len(keys)), strict=True))
        if len(new) < len(keys) or not self._newest.keys().isdisjoint(new) or self._is_any_older(keys):
            new = {}
            for index, key in enumerate(keys):
                earlier = new.get(key) or self.find(key)
                if earlier is None:
                    new[key] = first_row + index
                else:
                    known.append((index, earlier))
        self._newest.update(new)
        self._make_room()
        return known

    def _is_any_older(self, keys: Sequence[bytes]) -> bool:
        older = self._older
        return older is not None and any(older.find(key) is not None for key in older.candidates(keys))

    def _make_room(self) -> None:
        if len(self._newest) >= _NEWEST:
            if self._older is None:
                self._older = _BucketFile()
            self._older.add(self._newest)
            self._newest = {}


class _BucketFile:
    """Fingerprints and row numbers on disk, in buckets by some bits of the fingerprint."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - `close` closes it
        self._map = bytearray(_MAP_BYTES)
        self._lengths = [0] * _BUCKETS

    def close(self) -> None:
        """Give the disk space back."""
        self._file.close()

    def candidates(self, keys: Sequence[bytes]) -> list[bytes]:
        """Those of the keys whose bit is set: all that are here, and a few (at ten million rows 7 %) that are not."""
        bits = _bits(keys)
        values = itemgetter(*[bit >> 3 for bit in bits], 0, 0)(
            self._map
        )  # of two places at least, so that it is a tuple
        return [key for key, bit, value in zip(keys, bits, values, strict=False) if value and value >> (bit & 7) & 1]

    def find(self, key: bytes) -> int | None:
        """The row that brought this fingerprint, if it is here."""
        [bucket] = _buckets((key,))
        length = self._lengths[bucket]
        for start in range(0, length, _BUCKET_BYTES):
            place = bucket * _BUCKET_BYTES + start * _BUCKETS
            records = os.pread(self._file.fileno(), min(_BUCKET_BYTES, length - start), place)
            found = records.find(key)
            while found % _RECORD_BYTES and found >= 0:  # made of the end of one record and the start of the next
                found = records.find(key, found + 1)
            if found >= 0:
                return int.from_bytes(records[found + KEY_BYTES : found + _RECORD_BYTES], "big")
        return None

    def add(self, entries: dict[bytes, int]) -> None:
        """Write entries that are not here yet."""
        keys = list(entries)
        bit_map = self._map
        for bit in _bits(keys):
            bit_map[bit >> 3] |= 1 << (bit & 7)
        rows = struct.pack(f">{len(keys)}I", *entries.values())
        buckets: list[list[bytes]] = [[] for _ in range(_BUCKETS)]
        for bucket, key, place in zip(_buckets(keys), keys, range(0, len(rows), _ROW_BYTES), strict=True):
            buckets[bucket].append(key + rows[place : place + _ROW_BYTES])
        for bucket, records in enumerate(buckets):
            self._append(bucket, b"".join(records))

    def _append(self, bucket: int, records: bytes) -> None:
        """Write behind a bucket's end. A full bucket goes on one floor above, 256 MiB further on in the sparse file."""
        while records:
            length = self._lengths[bucket]
            floor, offset = divmod(length, _BUCKET_BYTES)
            place = floor * _FLOOR_BYTES + bucket * _BUCKET_BYTES + offset
            written = os.pwrite(self._file.fileno(), records[: _BUCKET_BYTES - offset], place)
            records = records[written:]
            self._lengths[bucket] = length + written


def _buckets(keys: Sequence[bytes]) -> list[int]:
    """Each key's bucket: 12 bits of its first four bytes."""
    return [word & (_BUCKETS - 1) for word in memoryview(b"".join(keys)).cast("I")[::3].tolist()]


def _bits(keys: Sequence[bytes]) -> list[int]:
    """Each key's place in the bit map: 27 bits of its last four bytes."""
    return [word & (8 * _MAP_BYTES - 1) for word in memoryview(b"".join(keys)).cast("I")[2::3].tolist()]
