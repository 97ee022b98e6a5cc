"""What the tests of catalogctl share: rows, and calls of the command."""

import json
from pathlib import Path

from click.testing import CliRunner

from catalogctl.main import main

PROJECT = Path(__file__).parents[3]
GOOD = {"item_sku": "A-1", "external_product_id": "036000291452", "item_name": "Milk", "store_id": "s1"}


def lines(*records: dict[str, object]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def items(count: int, **changes: object) -> list[dict[str, object]]:
    return [GOOD | {"item_sku": f"A-{number}"} | changes for number in range(1, count + 1)]


def run(*arguments: str, given: bytes | None = None):
    return CliRunner().invoke(main, ["check", *arguments], input=given)
