"""What a file is, is told from its content: a JSON document, JSON Lines, or CSV."""

import json
from typing import Any

import pytest

from chalicelib.catalog.mapping import Mapping
from chalicelib.catalog.prepare import Limits
from tests.unit.catalog.recording import good, goods, lines, run

ALL = Limits(max_rejected_ratio=1.0)
NO_NUMBER = b'{"item_sku":"N","external_product_id":"4011","item_name":"x","store_id":"s","standard_price":NaN}'
MAPPING = {"item_sku": "item_sku", "external_product_id": "external_product_id", "item_name": "item_name"}


def mapping_with(records: str) -> Mapping:
    document = {"records": records, "fields": {**MAPPING, "store_id": "store_id"}}
    return Mapping.from_document(json.dumps(document).encode())


def document_by_lines(rows: list[dict[str, Any]], opening: str, closing: str) -> bytes:
    return f"{opening}\n{','.join(json.dumps(row) + chr(10) for row in rows)}{closing}\n".encode()


@pytest.mark.parametrize("first", [NO_NUMBER, b'{"item_sku":"N","standard_price":1' + b"0" * 700 + b"}"])
def test_lines_whose_first_ones_have_broken_numbers_are_lines(first: bytes) -> None:
    many = [first] * 3_000  # more than the first bytes that are looked at
    found = run(lines(*many, *goods(20)), limits=ALL).answer
    assert (found.format, found.rows_read, found.rejected) == ("jsonl", 3_020, 3_000)


@pytest.mark.parametrize(
    ("opening", "closing"), [('{"items":[', "]}"), ('{\n"items": [', "]\n}"), ('{"about": {"a": 1},\n"items":[', "]}")]
)
def test_a_document_with_a_row_on_each_line_is_no_lines(opening: str, closing: str) -> None:
    found = run(document_by_lines(goods(3), opening, closing), limits=ALL)
    assert found.answer.invalid is not None
    assert (found.answer.invalid.code, found.answer.rows_read) == ("no_rows", 0)
    assert "'items'" in found.message


def test_a_document_with_a_row_on_each_line_is_read_if_its_list_is_known() -> None:
    found = run(document_by_lines(goods(3), '{"catalogItems":[', "]}"), limits=ALL)
    assert (found.answer.format, found.answer.good) == ("json", 3)


def test_lines_whose_first_one_breaks_off_are_lines() -> None:
    found = run(b'{"item_sku": "A", "item_name": "x\n' + lines(*goods(3)), limits=ALL)
    assert (found.answer.format, found.answer.good, found.codes) == ("jsonl", 3, {1: ["not_json"]})


@pytest.mark.parametrize("length", [10, 70_000, 300_000])
def test_a_mapping_that_names_the_list_makes_a_long_first_line_a_document(length: int) -> None:
    document = {"export": "x" * length, "data": {"items": [good(item_sku=f"A-{n}") for n in range(4_000)]}}
    found = run(json.dumps(document).encode(), mapping=mapping_with("data.items"))
    assert (found.answer.format, found.answer.good) == ("json", 4_000)


@pytest.mark.parametrize("length", [262_130, 262_131])
def test_first_bytes_that_end_within_a_letter_are_looked_at_all_the_same(length: int) -> None:
    start = b'{"item_sku": "A", "item_name": "x\n{"item_name":"'
    data = start + b"x" * (length - len(start)) + "é".encode() * 20 + b'"}\n'
    found = run(data, limits=ALL)
    assert found.answer.invalid is not None
    assert found.answer.invalid.code == "broken_json"


@pytest.mark.parametrize("number", ["9223372036854775808", "1e400", "1e99999999999999999999", "0.1e-400"])
def test_a_large_number_before_the_list_does_not_make_lines_of_a_document(number: str) -> None:
    for document in ("catalogItems", "items"):
        data = document_by_lines(goods(3), f'{{"id":{number},"{document}":[', "]}")
        found = run(data, mapping=mapping_with(document))
        assert (found.answer.format, found.answer.good) == ("json", 3)


@pytest.mark.parametrize("ends", ["", "\n", "\n\n", "\r\n\r\n"])
def test_empty_lines_behind_a_document_are_no_further_lines(ends: str) -> None:
    found = run(f'{{"items":[{{"item_sku":"A"}}]}}{ends}'.encode(), limits=ALL)
    assert found.answer.invalid is not None
    assert (found.answer.invalid.code, found.answer.rows_read) == ("no_rows", 0)


def test_a_large_document_with_another_list_names_it_too() -> None:
    found = run(json.dumps({"items": goods(12_000)}).encode())
    assert found.answer.invalid is not None
    assert found.answer.invalid.code == "no_rows"
    assert found.message.startswith("Up to byte 1,")
    assert found.message.endswith("has the fields 'items'. Name the list with `records` in a mapping.")


def test_a_large_document_whose_list_comes_late_is_read() -> None:
    document = {"about": ["x" * 300_000], "catalogItems": goods(3)}
    assert run(json.dumps(document).encode()).answer.good == 3
