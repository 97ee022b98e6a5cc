"""jsonschema-rs decides and jsonschema explains: they must not disagree, nor the quick way with the whole one."""

import sys
from typing import Any

import orjson
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from chalicelib.catalog.item_faults import FORBIDDEN_SIGNS, schema_faults
from chalicelib.catalog.item_schema import LONG_NAME, MAX_MORE_BARCODES, is_plain, is_valid, item_schema, known_fields
from tests.unit.catalog.recording import good
from tests.unit.catalog.strategies import good_items, texts_items, values

reference = Draft202012Validator(item_schema())


def test_the_schema_is_a_schema_and_allows_as_many_barcodes_as_the_code_looks_at() -> None:
    Draft202012Validator.check_schema(item_schema())
    assert item_schema()["properties"]["additional_external_product_information"]["maxItems"] == MAX_MORE_BARCODES


@settings(max_examples=300)
@given(texts_items)
def test_both_validators_decide_the_same(item: dict[str, Any]) -> None:
    assert is_valid()(item) == reference.is_valid(item)


@given(good_items)
def test_both_validators_take_good_items(item: dict[str, Any]) -> None:
    assert is_valid()(item)
    assert reference.is_valid(item)


@given(values)
def test_both_validators_decide_the_same_of_any_value(value: Any) -> None:
    assert is_valid()(value) == reference.is_valid(value)


@settings(max_examples=300)
@given(texts_items)
def test_an_item_is_plain_when_it_is_valid_and_takes_no_warning(item: dict[str, Any]) -> None:
    takes_none = (
        known_fields().issuperset(item) and orjson.dumps(item).isascii() and len(item.get("item_name", "")) <= LONG_NAME
    )
    assert is_plain()(item) == (is_valid()(item) and takes_none)


@given(good_items)
def test_a_good_item_is_plain_unless_it_takes_a_warning(item: dict[str, Any]) -> None:
    warned = "shelf" in item or len(item["item_name"]) > LONG_NAME or not orjson.dumps(item).isascii()
    assert is_plain()(item) != warned


@settings(max_examples=300)
@given(texts_items)
def test_there_are_faults_exactly_when_an_item_is_not_valid(item: dict[str, Any]) -> None:
    trimmed = {name: value.strip() if isinstance(value, str) else value for name, value in item.items()}
    item = {name: value for name, value in trimmed.items() if value != ""}
    for entry in item.get("additional_external_product_information", []):
        if isinstance(entry, dict):
            stripped = {name: value.strip() for name, value in entry.items()}
            entry.clear()
            entry.update({name: value for name, value in stripped.items() if value})
    assert bool(schema_faults(item)) == (not is_valid()(item))


def test_the_schema_knows_every_sign_that_trimming_takes_and_every_control_character() -> None:
    refused_inside, refused_at_ends = set(), set()
    for code_point in [*range(0xD800), *range(0xE000, sys.maxunicode + 1)]:
        sign = chr(code_point)
        if sign.isspace() or code_point < 0x3100 or code_point % 997 == 0 or 0xFDC0 < code_point < 0xFE00:
            if not is_valid()(good(brand_name=f"a{sign}b")):
                refused_inside.add(sign)
            if not is_valid()(good(brand_name=f"a{sign}")) and not is_valid()(good(brand_name=f"{sign}a")):
                refused_at_ends.add(sign)
    controls = {chr(code_point) for code_point in (*range(0x20), *range(0x7F, 0xA0))}
    assert refused_inside == controls | set(FORBIDDEN_SIGNS) | {"\ufdd0"}
    white = {chr(code_point) for code_point in range(sys.maxunicode + 1) if chr(code_point).isspace()}
    assert refused_at_ends == refused_inside | white
