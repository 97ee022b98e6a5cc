"""Make a realistic catalog of any size, the same for the same seed.

    python -m samples.generate --rows 25000 --format json --bad 0.02 --stores store-1,store-2 --seed 7 catalog.json

`--format` is one of:
    json     a JSON array of items
    wrapped  {"catalogItems": [...]}
    jsonl    one item a line
    csv      the API's field names as header, commas (without additional barcodes, which a cell cannot hold)
    pos      what a till exports: semicolons, comma decimals, its own header; read it with samples/mappings/pos.yaml

OUT ending in `.gz` is compressed; `-` is standard output. The same rows, bad ones included, come in every format, so
that their outcomes can be compared. Exactly round(rows * bad) rows break a rule; memory is constant.
In Python: `write_catalog(stream, rows=..., format=..., bad=..., stores=..., seed=...)`.
"""

import argparse
import csv
import gzip
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, BinaryIO, cast

import orjson

from samples.products import AISLES, BRANDS, PRODUCE

Record = dict[str, object]

CSV_FIELDS = (
    "item_sku", "external_product_id", "external_product_id_type", "item_name", "store_id", "standard_price",
    "brand_name", "product_tax_code", "product_category", "product_subcategory", "size_name", "main_image_url",
)  # fmt: skip

POS_HEADER = {
    "Artikel-Nr": "item_sku",
    "Barcode": "external_product_id",
    "Bezeichnung": "item_name",
    "Filiale": "store_id",
    "VK-Preis": "standard_price",
    "Marke": "brand_name",
    "Steuerklasse": "product_tax_code",
    "Warengruppe": "product_category",
    "Untergruppe": "product_subcategory",
    "Inhalt": "size_name",
    "Bild": "main_image_url",
}
POS_TAX_CLASSES = {"A_FOOD_GEN": "1", "A_FOOD_SNACK": "2", "A_FOOD_SODA": "3", "A_FOOD_PRODUCE": "4", "A_GEN_TAX": "9"}


def check_digit(digits: str) -> str:
    """GS1's check digit of a barcode that lacks it: weights 3, 1, 3, ... from the right."""
    return str(-sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(digits))) % 10)


def records(*, rows: int, bad: float, stores: Sequence[str], seed: int) -> Iterator[Record]:
    """Yield `rows` items; exactly round(rows * bad) of them break a rule each. Every product is in every store."""
    random = Random(seed).random
    faults_left = round(rows * bad)
    previous_good: Record | None = None
    products = _products(random)
    product: Record = {}
    for row in range(rows):
        store = row % len(stores)
        if store == 0:
            product = next(products)
        record = product | {"store_id": stores[store]}
        if random() * (rows - row) < faults_left:
            faults_left -= 1
            if random() < 0.15 and previous_good is not None:
                record = previous_good | {"standard_price": "0.99"}
            else:
                record = FAULTS[int(random() * len(FAULTS))](record)
        else:
            previous_good = record
        yield record


def _products(random: Callable[[], float]) -> Iterator[Record]:
    number = 0
    while True:
        number += 1
        kind = random()
        yield _loose_produce(number, random) if kind < 0.02 else _packaged(number, kind, random)


def _packaged(number: int, kind: float, random: Callable[[], float]) -> Record:
    aisle = AISLES[int(random() * len(AISLES))]
    brand = BRANDS[int(random() * len(BRANDS))]
    variant = aisle.variants[int(random() * len(aisle.variants))]
    size = aisle.sizes[int(random() * len(aisle.sizes))]
    name = f"{brand} {variant} {aisle.products[int(random() * len(aisle.products))]} {size}".replace("  ", " ")
    barcode, barcode_type = _barcode(number, kind)
    cents = aisle.cheapest + int(random() * (aisle.dearest - aisle.cheapest)) // 10 * 10
    sku = f"{aisle.category[:3].upper()}-{number:07d}"
    record: Record = {
        "item_sku": sku,
        "external_product_id": barcode,
        "external_product_id_type": barcode_type,
        "item_name": name,
        "standard_price": f"{cents // 100}.{cents % 100:02d}",
        "brand_name": brand,
        "product_tax_code": aisle.tax_code,
        "product_category": aisle.category,
        "product_subcategory": aisle.subcategory,
        "size_name": size,
        "main_image_url": f"https://images.example.com/{sku.lower()}.jpg",
    }
    if kind > 0.97:
        case = f"1{barcode.zfill(13)[:12]}"
        record["additional_external_product_information"] = [
            {"external_product_id": case + check_digit(case), "external_product_id_type": "GTIN"}
        ]
    return record


def _barcode(number: int, kind: float) -> tuple[str, str]:
    digits = f"{number * 7919 % 10**9:09d}"  # 7919 is prime: neighbours get unlike barcodes, and no two the same one
    if kind < 0.80:
        code = "08" + digits
        return code + check_digit(code), "UPC"
    if kind < 0.97:
        code = "400" + digits
        return code + check_digit(code), "EAN"
    if kind < 0.98:
        code = digits[2:]
        return code + check_digit(code), "EAN8"
    code = "1400" + digits
    return code + check_digit(code), "GTIN"


def _loose_produce(number: int, random: Callable[[], float]) -> Record:
    code, name = PRODUCE[int(random() * len(PRODUCE))]
    cents = 29 + int(random() * 370)
    return {
        "item_sku": f"PRO-{number:07d}",
        "external_product_id": code,
        "external_product_id_type": "PLU",
        "item_name": name,
        "standard_price": f"{cents // 100}.{cents % 100:02d}",
        "brand_name": "Fresh Market",
        "product_tax_code": "A_FOOD_PRODUCE",
        "product_category": "Produce",
        "product_subcategory": "Loose",
        "size_name": "each",
        "main_image_url": f"https://images.example.com/plu-{code}.jpg",
    }


# What goes wrong in real exports: each breaks one rule, in the same way in every format.
FAULTS: tuple[Callable[[Record], Record], ...] = (
    lambda record: record | {"external_product_id": "03600029145", "external_product_id_type": "UPC"},  # no check digit
    lambda record: record | {"external_product_id": "4006381333932", "external_product_id_type": "EAN"},  # a wrong one
    lambda record: record | {"external_product_id": "8.90103E+12", "external_product_id_type": "EAN"},  # spreadsheet
    lambda record: record | {"external_product_id": ""},
    lambda record: record | {"item_name": ""},
    lambda record: record | {"item_name": f"{record['brand_name']}\u00ae {record['item_name']}"},
    lambda record: record | {"item_name": f"{record['item_name']} - " + "as seen on television, " * 12},  # 276 and more
    lambda record: record | {"standard_price": "-1.00"},
    lambda record: record | {"standard_price": "ask at till"},
    lambda record: record | {"item_sku": str(record["item_sku"]).replace("-", " ")},
    lambda record: record | {"item_sku": ""},
)


def _write_json(out: BinaryIO, items: Iterable[Record], opening: bytes = b"[\n", closing: bytes = b"\n]\n") -> None:
    out.write(opening)
    separator = b""
    for item in items:
        out.write(separator + orjson.dumps(item))
        separator = b",\n"
    out.write(closing)


def _write_wrapped(out: BinaryIO, items: Iterable[Record]) -> None:
    _write_json(out, items, b'{"catalogItems": [\n', b"\n]}\n")


def _write_jsonl(out: BinaryIO, items: Iterable[Record]) -> None:
    out.writelines(orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE) for item in items)


def _write_csv(out: BinaryIO, items: Iterable[Record]) -> None:
    _write_table(out, (CSV_FIELDS,), ([item[name] for name in CSV_FIELDS] for item in items), ",")


def _write_pos(out: BinaryIO, items: Iterable[Record]) -> None:
    def row(item: Record) -> list[object]:
        priced = item | {
            "standard_price": str(item["standard_price"]).replace(".", ","),
            "product_tax_code": POS_TAX_CLASSES[str(item["product_tax_code"])],
        }
        return [*(priced[name] for name in POS_HEADER.values()), "aktiv"]

    _write_table(out, ((*POS_HEADER, "Status"),), map(row, items), ";")


def _write_table(
    out: BinaryIO, header: Sequence[Sequence[str]], lines: Iterable[Sequence[object]], delimiter: str
) -> None:
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=False)
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows(header)
    writer.writerows(lines)
    text.flush()
    text.detach()


WRITERS: dict[str, Callable[[BinaryIO, Iterable[Record]], None]] = {
    "json": _write_json,
    "wrapped": _write_wrapped,
    "jsonl": _write_jsonl,
    "csv": _write_csv,
    "pos": _write_pos,
}


def write_catalog(
    out: BinaryIO,
    *,
    rows: int,
    format: str = "json",
    bad: float = 0.0,
    stores: Sequence[str] = ("store-1",),
    seed: int = 7,
) -> None:
    """Write a catalog to an open binary stream. `bad` is the share of rows, 0 to 1, that break a rule."""
    WRITERS[format](out, records(rows=rows, bad=bad, stores=stores, seed=seed))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m samples.generate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=25_000, help="rows to write (25000)")
    parser.add_argument(
        "--format", choices=sorted(WRITERS), default="json", help="json, wrapped, jsonl, csv or pos (json)"
    )
    parser.add_argument("--bad", type=float, default=0.02, help="share of rows, 0 to 1, that break a rule (0.02)")
    parser.add_argument("--stores", default="store-1,store-2", help="comma-separated store IDs (store-1,store-2)")
    parser.add_argument("--seed", type=int, default=7, help="the same seed makes the same file (7)")
    parser.add_argument("out", metavar="OUT", help="file to write; .gz compresses; - is standard output")
    given = parser.parse_args(arguments)
    stores = [store.strip() for store in given.stores.split(",") if store.strip()]
    if given.rows < 0 or not 0 <= given.bad <= 1 or not stores:
        parser.error("--rows must be 0 or more, --bad between 0 and 1, and --stores must name a store")
    options: dict[str, Any] = {
        "rows": given.rows,
        "format": given.format,
        "bad": given.bad,
        "stores": stores,
        "seed": given.seed,
    }
    if given.out == "-":
        write_catalog(sys.stdout.buffer, **options)
        return 0
    with Path(given.out).open("wb") as file:
        if given.out.endswith(".gz"):  # no name and no time of day inside, so that the same seed gives the same bytes
            with gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0, compresslevel=6) as packed:
                write_catalog(cast(BinaryIO, packed), **options)
        else:
            write_catalog(file, **options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
