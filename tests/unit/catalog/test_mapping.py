"""Mappings: what they make of records, and what wrong mapping documents are told."""

from decimal import Decimal
from typing import Any

import pytest

from chalicelib.catalog.faults import Fault
from tests.unit.catalog.mappings import FIELDS, ITEM, RECORD, mapping_of, only_fault


def field_of(source: Any, record: dict[str, Any]) -> Any:
    """What a mapping makes of one more field."""
    mapped = mapping_of(fields={**FIELDS, "brand_name": source}).apply(RECORD | record)
    assert not mapped.faults
    return mapped.items[0].get("brand_name")


def test_columns_become_fields():
    assert mapping_of().apply(RECORD).items == (ITEM,)


def test_what_a_mapping_does_not_name_is_left_out():
    assert mapping_of().apply(RECORD | {"Margin": "0.4"}).items == (ITEM,)


@pytest.mark.parametrize("name", ["Brand  Name", " BRAND NAME ", "brand\u00a0name", "Brand Name"])
def test_a_column_is_found_whatever_its_case_and_space(name):
    assert field_of("brand name", {name: "Alder"}) == "Alder"


def test_the_exact_name_goes_before_a_similar_one():
    mapping = mapping_of(fields={**FIELDS, "brand_name": "Brand"})
    records = [{"brand": "b"}, {"BRAND": "x", "Brand": "y"}, {"BRAND": "x"}, {"brand": "b"}]
    assert [mapping.apply(RECORD | each).items[0]["brand_name"] for each in records] == ["b", "y", "x", "b"]


def test_values_without_transforms_come_as_they_are():
    assert field_of("Brand", {"Brand": Decimal("9.90")}) == Decimal("9.90")
    assert field_of("Brand", {"Brand": [True]}) == [True]
    assert field_of("Brand", {"Brand": " untrimmed "}) == " untrimmed "
    assert field_of("Brand", {"Brand": None}) is None
    assert field_of("Brand", {}) is None


def test_an_expression_reaches_into_objects():
    record = {"brand": {"names": [{"lang": "en", "text": "Alder"}, {"lang": "de", "text": "Erle"}]}}
    assert field_of({"expression": "brand.names[?lang=='de'].text | [0]"}, record) == "Erle"


def test_an_expression_that_fails_is_a_fault_of_the_row():
    mapping = mapping_of(fields={**FIELDS, "brand_name": {"expression": "length(n)"}})
    assert only_fault(mapping, RECORD | {"n": 1}) == Fault(
        "mapping_expression",
        "The mapping's expression length(n) does not work for this row: "
        "length() takes string or array or object, and here it is number.",
        "brand_name",
    )


def test_a_constant_is_text():
    assert field_of({"constant": 1.50}, {}) == "1.5"
    assert field_of({"constant": True}, {}) == "true"


@pytest.mark.parametrize("record", [{}, {"Brand": None}, {"Brand": ""}, {"Brand": "  "}, {"Brand": "\u00ae"}])
def test_a_default_stands_where_nothing_is_left(record):
    assert field_of({"column": "Brand", "transforms": ["strip_signs"], "default": "none"}, record) == "none"


def test_a_default_needs_no_transforms_and_gets_none():
    assert field_of({"column": "Brand", "default": 0.50}, {"Brand": ""}) == "0.5"
    assert field_of({"column": "Brand", "transforms": ["upper"], "default": "none"}, {}) == "none"


def test_a_transform_that_fails_is_a_fault_with_its_value_and_the_other_fields_stay():
    mapping = mapping_of(fields={**FIELDS, "standard_price": {"column": "Price", "transforms": ["price_from_cents"]}})
    mapped = mapping.apply(RECORD | {"Price": "12.99"})
    assert mapped.items == (ITEM,)
    assert mapped.faults == (
        Fault(
            "mapping_price_from_cents",
            "standard_price '12.99' is not a whole number of cents, such as 1299 for 12.99.",
            "standard_price",
            "12.99",
        ),
    )


def test_a_field_is_taken_from_another_after_its_transforms():
    source = {"column": "UPC", "transforms": [{"zero_pad": 12}]}
    kind = {"from_field": "external_product_id", "transforms": ["barcode_type"]}
    fields = {**FIELDS, "external_product_id_type": kind, "external_product_id": source}
    item = mapping_of(fields=fields).apply(RECORD | {"UPC": "36000291452"}).items[0]
    assert (item["external_product_id"], item["external_product_id_type"]) == ("036000291452", "UPC")


def test_a_field_taken_from_one_at_fault_adds_no_second_fault():
    source = {"column": "UPC", "transforms": [{"zero_pad": 12}]}
    kind = {"from_field": "external_product_id", "transforms": ["barcode_type"]}
    fields = {**FIELDS, "external_product_id_type": kind, "external_product_id": source}
    assert only_fault(mapping_of(fields=fields), RECORD | {"UPC": "8.9E+12"}).code == "mapping_zero_pad"


def test_a_barcode_whose_length_has_no_type_is_left_to_the_rules_of_items():
    kind = {"from_field": "external_product_id", "transforms": ["barcode_type"]}
    mapped = mapping_of(fields={**FIELDS, "external_product_id_type": kind}).apply(RECORD | {"UPC": "12"})
    assert mapped.faults == ()
    assert mapped.items == ({**ITEM, "external_product_id": "12"},)


def test_every_fault_of_a_row_is_found():
    price = {"column": "Price", "transforms": ["price_from_cents"]}
    tax = {"column": "Tax", "transforms": [{"lookup": {"1": "A"}}]}
    mapping = mapping_of(fields={**FIELDS, "standard_price": price, "product_tax_code": tax})
    faults = mapping.apply(RECORD | {"Price": "x", "Tax": "9"}).faults
    assert [fault.code for fault in faults] == ["mapping_price_from_cents", "mapping_lookup"]


def test_fields_newer_than_this_program_can_be_mapped():
    mapping = mapping_of(other_fields={"shelf_life": "Life"})
    assert mapping.apply(RECORD | {"Life": "3"}).items == ({**ITEM, "shelf_life": "3"},)


def test_a_mapping_of_skus_alone_serves_archive():
    assert mapping_of(fields={"item_sku": "SKU"}).apply(RECORD).items == ({"item_sku": "A-1"},)


# Stores


# Rows that are left out


@pytest.mark.parametrize(
    ("condition", "skipped", "kept"),
    [
        ({"column": "Status", "equals": "X"}, [{"Status": " X "}], [{"Status": "x"}, {}, {"Status": ["X"]}]),
        ({"column": "Stock", "equals": 0}, [{"Stock": 0}, {"Stock": "0"}, {"Stock": Decimal("0.0")}], [{"Stock": 1}]),
        ({"expression": "off", "equals": True}, [{"off": True}, {"off": "true"}], [{"off": 1}, {}]),
        ({"column": "Status", "equals": ""}, [{}, {"Status": " "}, {"Status": None}], [{"Status": "X"}]),
        ({"column": "Status", "in": ["X", 7]}, [{"Status": "X"}, {"Status": 7}], [{"Status": "Y"}, {"Status": {}}]),
        ({"column": "Name", "matches": "^TEST"}, [{"Name": " TESTER"}], [{"Name": "A TEST"}, {"Name": ["TEST"]}]),
        ({"column": "Price", "empty": True}, [{}, {"Price": " "}, {"Price": []}], [{"Price": 0}, {"Price": False}]),
        ({"column": "Price", "empty": False}, [{"Price": 0}], [{}, {"Price": ""}]),
        ({"expression": "stock <= `0`"}, [{"stock": 0}, {"stock": Decimal("-0.5")}], [{"stock": 1}, {}]),
        (
            {"expression": "off"},
            [{"off": True}, {"off": "yes"}, {"off": 0}],
            [{"off": False}, {"off": ""}, {"off": []}],
        ),
    ],
)
def test_rows_are_left_out(condition, skipped, kept):
    mapping = mapping_of(skip_when=[condition])
    for record in skipped:
        mapped = mapping.apply(RECORD | record)
        assert (mapped.skipped, mapped.items, mapped.faults) == (True, (), ()), record
    for record in kept:
        assert not mapping.apply(RECORD | record).skipped, record


def test_any_condition_leaves_a_row_out():
    mapping = mapping_of(skip_when=[{"column": "A", "equals": 1}, {"column": "B", "equals": 1}])
    assert [mapping.apply(RECORD | each).skipped for each in ({"A": 1}, {"B": 1}, {"C": 1})] == [True, True, False]


def test_a_condition_that_fails_is_a_fault_of_the_row():
    fault = only_fault(mapping_of(skip_when=[{"expression": "stock < `1`"}]), RECORD | {"stock": "7"})
    assert (fault.code, fault.field) == ("mapping_expression", None)


# The document
