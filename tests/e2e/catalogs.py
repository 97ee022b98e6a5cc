"""Small catalog files with known outcomes."""

import gzip
import json
import zlib
from typing import Any

from samples.generate import check_digit


def item(sku: str, store: str = "store-1", **fields: Any) -> dict[str, Any]:
    """A good item. Amazon fails it if its SKU ends in 97."""
    digits = f"08{zlib.crc32(sku.encode()) % 10**9:09d}"
    return {
        "item_sku": sku,
        "external_product_id": digits + check_digit(digits),
        "external_product_id_type": "UPC",
        "item_name": f"Product {sku}",
        "store_id": store,
        "standard_price": "1.99",
        **fields,
    }


def items(count: int, prefix: str, store: str = "store-1") -> list[dict[str, Any]]:
    """Good items with SKUs from `<prefix>-0001` on."""
    return [item(f"{prefix}-{number:04d}", store) for number in range(1, count + 1)]


def as_array(rows: list[Any]) -> bytes:
    return json.dumps(rows).encode()


def as_wrapped(rows: list[Any]) -> bytes:
    return json.dumps({"catalogItems": rows}).encode()


def as_lines(rows: list[Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def zipped(data: bytes) -> bytes:
    return gzip.compress(data)
