"""The columns that a mapping needs of a CSV file."""

import pytest

from tests.unit.catalog.mappings import FIELDS, NO_STORE, mapping_of
from tests.unit.catalog.recording import run


def test_the_columns_that_a_file_lacks_are_named():
    fields = {**FIELDS, "brand_name": {"column": "Brand", "default": "none"}}
    mapping = mapping_of(fields=fields, skip_when=[{"column": "Status", "equals": "X"}])
    assert mapping.missing_columns([" sku", "UPC", "NAME"]) == {"Store": "", "Status": ""}
    assert mapping.missing_columns(["sku", "upc", "name", "store", "status", "more"]) == {}


@pytest.mark.parametrize(
    "part",
    [
        {"fields": {**FIELDS, "standard_price": {"expression": "to_number(Price)"}}},
        {"other_fields": {"shelf": {"expression": "Price || 'none'"}}},
        {"fields": NO_STORE, "store_ids": {"expression": "split[?Price].x || Price"}},
        {"additional_barcodes": {"expression": "[Price]"}},
        {"skip_when": [{"expression": "Price == '0'"}]},
    ],
)
def test_a_column_that_an_expression_reads_is_one_that_a_file_needs(part):
    mapping = mapping_of(**part)
    assert "Price" in mapping.missing_columns([*FIELDS.values(), "split"])
    assert mapping.missing_columns([*FIELDS.values(), "split", "Price"]) == {}


def test_a_column_of_an_expression_with_a_default_may_be_missing():
    price = {"expression": "to_number(Price)", "default": "0"}
    assert mapping_of(fields={**FIELDS, "standard_price": price}).missing_columns(FIELDS.values()) == {}


@pytest.mark.parametrize(
    ("expression", "column", "hint"),
    [
        ('"VK Preis"', "VK-Preis", " (did you mean VK-Preis?)"),
        ('"vk-preis"', "VK-Preis", " (there is 'VK-Preis': an expression needs its very name, \"VK-Preis\")"),
        ("status", "Status", " (there is 'Status': an expression needs its very name, Status)"),
        ("Status == gesperrt", "Status", " (if that is a text, single quotes go around it: 'gesperrt')"),
        ('Status == "gesperrt"', "Status", " (if that is a text, single quotes go around it: 'gesperrt')"),
    ],
)
def test_a_column_that_an_expression_misses_is_told_how_to_write_it(expression, column, hint):
    mapping = mapping_of(skip_when=[{"expression": expression}])
    assert list(mapping.missing_columns([*FIELDS.values(), column]).values()) == [hint]


def test_a_csv_file_without_a_column_of_an_expression_is_invalid():
    price = {"expression": '"VK Preis"', "transforms": ["price_from_comma_decimal"]}
    recording = run(
        b"SKU;UPC;Name;Store;VK-Preis\nA-1;036000291452;Milk;s1;1,29\n",
        mapping=mapping_of(fields={**FIELDS, "standard_price": price}),
    )
    assert recording.answer.invalid.code == "csv_header"
    assert "'VK Preis' (did you mean VK-Preis?); it has 'SKU', 'UPC'" in recording.message
