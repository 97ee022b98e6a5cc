"""Reading Amazon's report of 10,000 items: `python -m benchmarks.reports` prints the best of some tries, in ms."""

import io
import json
import time
from collections.abc import Callable
from functools import partial

import orjson

from chalicelib.amazon.reports import Report, ReportIssue, join_report, read_report

ITEMS = 10_000
TRIES = 7
FAILED_EVERY = 20


def item_list() -> bytes:
    """The larger of the two shapes: an entry for every item, one in twenty with an error."""
    return orjson.dumps(
        [
            {"item_sku": f"SKU-{number:07d}", "store_id": "store-1", "status": "FAILED", "errors": [_error(number)]}
            if number % FAILED_EVERY == 0
            else {"item_sku": f"SKU-{number:07d}", "store_id": "store-1", "status": "SUCCESS", "errors": []}
            for number in range(1, ITEMS + 1)
        ]
    )


def issue_list() -> bytes:
    """The SP-API's shape: issues of the items that failed, and a summary."""
    failed = range(FAILED_EVERY, ITEMS + 1, FAILED_EVERY)
    issues = [
        {
            "messageId": number,
            "sku": f"SKU-{number:07d}",
            "severity": "ERROR",
            "attributeName": "item_name",
            **_error(number),
        }
        for number in failed
    ]
    accepted = ITEMS - len(failed)
    summary = {"errors": len(failed), "warnings": 0, "messagesProcessed": ITEMS, "messagesAccepted": accepted}
    return orjson.dumps({"header": {}, "issues": issues, "summary": {**summary, "messagesInvalid": len(failed)}})


def _error(number: int) -> dict[str, str]:
    return {
        "code": "8560",
        "message": f"The attribute item_name of item {number} does not match the barcode's product.",
    }


def best_ms(work: Callable[[], object]) -> float:
    times = []
    for _ in range(TRIES):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times) * 1000


def _read(data: bytes) -> Report:
    return read_report(io.BytesIO(data))


def _read_and_join(data: bytes, rows: list[tuple[int, str, str | None]]) -> dict[int, list[ReportIssue]]:
    return join_report(_read(data), rows)


def main() -> None:
    rows: list[tuple[int, str, str | None]] = [
        (number, f"SKU-{number:07d}", "store-1") for number in range(1, ITEMS + 1)
    ]
    found = {}
    for name, data in (("item list", item_list()), ("issue list", issue_list())):
        failed = _read_and_join(data, rows)
        if len(failed) != ITEMS // FAILED_EVERY:
            raise SystemExit(f"{name}: {len(failed)} rows failed instead of {ITEMS // FAILED_EVERY}")
        found[name] = {
            "bytes": len(data),
            "json_loads_ms": best_ms(partial(json.loads, data)),
            "read_ms": best_ms(partial(_read, data)),
            "read_and_join_ms": best_ms(partial(_read_and_join, data, rows)),
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
