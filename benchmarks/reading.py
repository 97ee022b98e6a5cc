"""Three ways through a catalog file: ours, the floor that no check can beat, and what one would write first.

Run in a process of its own: `python -m benchmarks.reading prepare jsonl FILE` prints `{"rows", "good", "seconds",
"wall_seconds", "peak_memory_mb"}`; `seconds` is processor time, which other programs on the machine change little. All
three build batches of 10,000 items and drop them.
"""

import csv
import io
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from samples.generate import POS_HEADER

BATCH = 10_000
POS_MAPPING = Path("samples/mappings/pos.yaml")
ITEM_SCHEMA = Path("chalicelib/catalog/item.schema.json")
Counts = tuple[int, int]
"""Rows read, rows good."""


def prepare(format: str, file: BinaryIO) -> Counts:
    """Ours."""
    from chalicelib.catalog.mapping import Mapping
    from chalicelib.catalog.prepare import prepare as prepare_catalog

    mapping = Mapping.from_document(POS_MAPPING.read_bytes()) if format == "pos" else None
    found = prepare_catalog(file, _Dropped(), mapping=mapping)
    if found.invalid:
        raise SystemExit(f"prepare found the file INVALID: {found.invalid.message}")
    return found.rows_read, found.good


class _Dropped:
    """A sink that keeps nothing."""

    def batch(self, batch: Any) -> None:
        pass

    def rejected(self, row: Any) -> None:
        pass


def floor(format: str, file: BinaryIO) -> Counts:
    """Read the rows with ijson (CSV: the csv module), write them with orjson, and nothing else."""
    import ijson
    import orjson

    rows: Iterable[Any]
    if format == "pos":
        rows = csv.DictReader(io.TextIOWrapper(file, encoding="utf-8", newline=""), delimiter=";")
    else:
        rows = ijson.items(file, "item" if format == "json" else "", multiple_values=format == "jsonl")
    count = 0
    for batch in _slices(rows):
        count += len(batch)
        b'{"catalogItems":[%b]}' % b",".join(map(orjson.dumps, batch))
    return count, count


def naive(format: str, file: BinaryIO) -> Counts:
    """What one would write first: read everything, check each row with jsonschema, dump slices of 10,000."""
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(json.loads(ITEM_SCHEMA.read_text()))
    if format == "json":
        rows = json.load(file)
    elif format == "jsonl":
        rows = [json.loads(line) for line in file]
    else:
        rows = [_api_names(row) for row in csv.DictReader(io.TextIOWrapper(file, encoding="utf-8"), delimiter=";")]
    good = [row for row in rows if validator.is_valid(row)]
    for batch in _slices(good):
        json.dumps({"catalogItems": batch}).encode()
    return len(rows), len(good)


def _api_names(row: dict[str, str]) -> dict[str, str]:
    item = {field: row[column] for column, field in POS_HEADER.items() if row[column]}
    if "standard_price" in item:
        item["standard_price"] = item["standard_price"].replace(",", ".")
    return item


def _slices(rows: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        yield batch


WAYS: dict[str, Callable[[str, BinaryIO], Counts]] = {"prepare": prepare, "floor": floor, "naive": naive}


def main() -> None:
    from catalogctl.check import peak_memory_mb

    way, kind, path = sys.argv[1:]
    with Path(path).open("rb") as file:
        start, wall_start = time.process_time(), time.perf_counter()
        rows, good = WAYS[way](kind, file)
        seconds, wall_seconds = time.process_time() - start, time.perf_counter() - wall_start
    found = {"rows": rows, "good": good, "seconds": seconds, "wall_seconds": wall_seconds}
    print(json.dumps({**found, "peak_memory_mb": peak_memory_mb()}))


if __name__ == "__main__":
    main()
