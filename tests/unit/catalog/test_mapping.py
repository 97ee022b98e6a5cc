"""Mappings: what they make of records, and what wrong mapping documents are told."""

import json
import re
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.catalog.faults import CsvOptions, Fault
from chalicelib.catalog.mapping import Mapping, MappingError
from chalicelib.catalog.mapping_columns import fold_name
from chalicelib.catalog.mapping_document import read_document
from chalicelib.catalog.mapping_mistakes import SCHEMA_PATH
from chalicelib.catalog.transforms import MappingFaultCode
from tests.unit.catalog.recording import run

BAD_MAPPINGS = Path(__file__).parent / "bad_mappings"
FIELDS = {"item_sku": "SKU", "external_product_id": "UPC", "item_name": "Name", "store_id": "Store"}
RECORD = {"SKU": "A-1", "UPC": "036000291452", "Name": "Milk", "Store": "store-1"}
ITEM = {"item_sku": "A-1", "external_product_id": "036000291452", "item_name": "Milk", "store_id": "store-1"}


def mapping_of(**document: Any) -> Mapping:
    return Mapping.from_document(orjson.dumps({"fields": FIELDS, **document}))


def field_of(source: Any, record: dict[str, Any]) -> Any:
    """What a mapping makes of one more field."""
    mapped = mapping_of(fields={**FIELDS, "brand_name": source}).apply(RECORD | record)
    assert not mapped.faults
    return mapped.items[0].get("brand_name")


def only_fault(mapping: Mapping, record: dict[str, Any]) -> Fault:
    (fault,) = mapping.apply(record).faults
    return fault


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

NO_STORE = {name: source for name, source in FIELDS.items() if name != "store_id"}


def stores_of(store_ids: dict[str, Any], record: dict[str, Any]) -> list[Any]:
    mapped = mapping_of(fields=NO_STORE, store_ids=store_ids).apply(RECORD | record)
    assert not mapped.faults
    assert all({**ITEM, "store_id": item["store_id"]} == item for item in mapped.items)
    return [item["store_id"] for item in mapped.items]


def test_a_row_goes_to_every_store_of_a_constant_list():
    assert stores_of({"constant": ["s1", "s2", "s1"]}, {}) == ["s1", "s2"]


def test_stores_and_barcodes_that_are_the_same_once_they_are_trimmed_count_once():
    assert stores_of({"constant": ["s1", " s1 "]}, {}) == ["s1"]
    assert stores_of({"column": "Stores", "default": ["s1", " s1 "]}, {}) == ["s1"]
    barcodes = {"expression": "codes", "transforms": ["strip_signs"]}
    [item] = mapping_of(additional_barcodes=barcodes).apply({**RECORD, "codes": ["4012 ®", "4012"]}).items
    assert item["additional_external_product_information"] == [{"external_product_id": "4012"}]


def test_every_mistake_is_named_at_once():
    document = """
fields: {standard_prise: Price, item_sku: SKU, external_product_id: UPC, item_name: Name, store_id: Store,
         brand_name: {expression: "brand.name["}}
skip_when: [{column: Status}]
"""
    with pytest.raises(MappingError) as caught:
        Mapping.from_document(document.encode())
    quoted = re.findall(r"```\n(fields: the.*?)```", PAGE, re.DOTALL)[0]
    assert f"{caught.value}\n" == quoted


def test_a_row_goes_to_the_stores_of_a_column():
    assert stores_of({"column": "Stores", "separator": "|"}, {"Stores": "s2| s1||s2"}) == ["s2", "s1"]


def test_a_row_goes_to_the_stores_of_an_expression():
    record = {"at": [{"id": 12, "on": True}, {"id": "x", "on": False}]}
    assert stores_of({"expression": "at[?on].id", "transforms": [{"zero_pad": 4}]}, record) == ["0012"]


def test_a_single_store_needs_no_separator():
    assert stores_of({"column": "Stores"}, {"Stores": "s1"}) == ["s1"]


def test_a_row_that_names_no_store_goes_to_the_default_ones():
    assert stores_of({"column": "Stores", "default": ["s1", "s2"]}, {"Stores": " "}) == ["s1", "s2"]


def test_a_row_that_names_no_store_is_at_fault_if_there_is_no_default():
    mapping = mapping_of(fields=NO_STORE, store_ids={"column": "Stores"})
    mapped = mapping.apply(RECORD)
    assert [(fault.code, fault.field) for fault in mapped.faults] == [("mapping_store_ids", "store_id")]
    assert mapped.items == ({name: value for name, value in ITEM.items() if name != "store_id"},)


def test_a_store_that_is_no_scalar_is_left_to_the_rules_of_items():
    assert stores_of({"expression": "at"}, {"at": [{"id": 1}, ["s"]]}) == [{"id": 1}, ["s"]]


def test_a_store_expression_that_fails_is_a_fault():
    mapping = mapping_of(fields=NO_STORE, store_ids={"expression": "keys(at)"})
    assert only_fault(mapping, RECORD | {"at": "x"}).field == "store_id"


# Additional barcodes


def barcodes_of(source: dict[str, Any], record: dict[str, Any]) -> Any:
    mapped = mapping_of(additional_barcodes=source).apply(RECORD | record)
    assert not mapped.faults
    return mapped.items[0].get("additional_external_product_information")


def test_additional_barcodes_come_from_a_list():
    source = {"expression": "codes[].ean", "pick_types": True}
    record = {"codes": [{"ean": "4006381333931"}, {"ean": 96385074}, {"ean": "036000291452"}, {"ean": "4006381333931"}]}
    assert barcodes_of(source, record) == [
        {"external_product_id": "4006381333931", "external_product_id_type": "EAN"},
        {"external_product_id": "96385074", "external_product_id_type": "EAN8"},
    ]


def test_additional_barcodes_come_from_a_column():
    source = {"column": "Codes", "separator": ",", "transforms": [{"add_check_digit": 13}]}
    assert barcodes_of(source, {"Codes": "400638133393, 4006381333931,"}) == [{"external_product_id": "4006381333931"}]


def test_additional_barcodes_may_bring_their_types():
    source = {"expression": "codes", "pick_types": True}
    record = {"codes": [{"external_product_id": "96385074", "external_product_id_type": "EAN8", "note": 1}]}
    assert barcodes_of(source, record) == [
        {"external_product_id": "96385074", "external_product_id_type": "EAN8", "note": 1}
    ]


def test_no_additional_barcodes_are_no_field():
    assert barcodes_of({"expression": "codes"}, {}) is None
    assert barcodes_of({"expression": "codes"}, {"codes": []}) is None
    assert barcodes_of({"column": "Codes", "separator": ","}, {"Codes": "036000291452"}) is None


def test_a_number_as_main_barcode_is_not_repeated_among_the_additional_ones():
    mapping = mapping_of(additional_barcodes={"expression": "codes"})
    mapped = mapping.apply(RECORD | {"UPC": 4011, "codes": ["4011", "4012"]})
    assert mapped.items[0]["additional_external_product_information"] == [{"external_product_id": "4012"}]


def test_what_is_no_barcode_is_left_to_the_rules_of_items():
    assert barcodes_of({"expression": "codes"}, {"codes": [True, ["x"]]}) == [
        {"external_product_id": True},
        {"external_product_id": ["x"]},
    ]


def test_every_additional_barcode_at_fault_is_named():
    mapping = mapping_of(additional_barcodes={"expression": "codes", "transforms": [{"zero_pad": 13}]})
    mapped = mapping.apply(RECORD | {"codes": ["x1", "4006381333931", "x2"]})
    assert [fault.value for fault in mapped.faults] == ["x1", "x2"]
    assert mapped.faults[0].message.startswith("An additional barcode 'x1' is not digits alone")
    assert {fault.field for fault in mapped.faults} == {"additional_external_product_information"}
    assert mapped.items == (ITEM,)


def test_a_barcode_whose_length_has_no_type_gets_none():
    assert barcodes_of({"expression": "codes", "pick_types": True}, {"codes": ["1"]}) == [{"external_product_id": "1"}]


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


def test_json_and_yaml_say_the_same():
    yaml = b"""
    # a comment
    csv: {delimiter: ";", quote: "'", header: [SKU, 0012]}
    records: data.items
    fields: &fields
      item_sku: SKU
    """
    mapping = Mapping.from_document(yaml)
    assert mapping.csv == CsvOptions(";", "'", ("SKU", "0012"))
    assert mapping.records == "data.items"
    assert mapping.apply(RECORD).items == ({"item_sku": "A-1"},)
    same = mapping_of(csv={"delimiter": ";", "quote": "'", "header": ["SKU", "0012"]}, fields={"item_sku": "SKU"})
    assert same.csv == mapping.csv


def test_a_mapping_need_not_say_how_the_file_is_written():
    assert (mapping_of().csv, mapping_of().records) == (None, None)


def test_yaml_scalars_are_what_was_written():
    document = b"[0012, no, 9.90, 2024-01-01, 12:30, 1e3, ~, true, -5, 0x1F, 1_000, !!str 7]"
    assert read_document(b"a: " + document)["a"] == [
        "0012",
        "no",
        Decimal("9.90"),
        "2024-01-01",
        "12:30",
        Decimal(1000),
        None,
        True,
        -5,
        "0x1F",
        "1_000",
        "7",
    ]


def test_yaml_keys_are_text_and_may_be_merged():
    assert read_document(b"a: &a {1: x, no: y}\nb: {<<: *a, 1: z}")["b"] == {"1": "z", "no": "y"}


def test_a_byte_order_mark_is_skipped():
    assert read_document(b"\xef\xbb\xbfa: 1") == {"a": 1}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"x" * 1_000_001, "the mapping has 1,000,001 bytes; a mapping has 1,000,000 at the most"),
        (b"[" * 5_000, "the mapping is nested too deeply"),
        (b'{"a":' * 5_000, "the mapping is nested too deeply"),
        (b"a: " + b"9" * 5_000, "a value is not what its tag says, or has thousands of digits; put it in quotes"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "a number has thousands of digits; put it in quotes if it is a text"),
        (b"a: !!int x", "a value is not what its tag says, or has thousands of digits; put it in quotes"),
        (b"a: !!bool x", "a value is not what its tag says, or has thousands of digits; put it in quotes"),
        (b"a: !!float x", "a value is not what its tag says, or has thousands of digits; put it in quotes"),
        (b"? [a]\n: b", "line 1, column 3: a key is a list or an object; give a name"),
        (b"a: \x01", "this is not YAML: unacceptable character #x0001: special characters are not allowed"),
        (b"a: 1\n---\nb: 2", "line 2, column 1: this is not YAML: but found another document"),
    ],
)
def test_a_document_that_cannot_be_read_says_where(document, message):
    with pytest.raises(MappingError) as caught:
        Mapping.from_document(document)
    assert str(caught.value).startswith(message)


bad_mappings = sorted(path for path in BAD_MAPPINGS.iterdir() if path.suffix != ".txt")


@pytest.mark.parametrize("path", bad_mappings, ids=lambda path: path.name)
def test_a_wrong_mapping_is_explained(path):
    with pytest.raises(MappingError) as caught:
        Mapping.from_document(path.read_bytes())
    assert f"{caught.value}\n" == path.with_name(f"{path.name}.txt").read_text(encoding="utf-8")


def test_there_are_enough_wrong_mappings():
    assert len(bad_mappings) >= 35


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
sources = (
    st.text(max_size=3)
    | st.fixed_dictionaries(
        {},
        optional={
            "column": st.sampled_from(["SKU", "a"]),
            "expression": st.sampled_from(["a.b", "a[0]", "a[?", "length(a)"]),
            "constant": json_values,
            "from_field": st.sampled_from(["item_sku", "item_name"]),
            "default": json_values,
            "transforms": st.lists(
                st.sampled_from(["trim", "to_ascii", {"zero_pad": 12}, {"lookup": {"1": 2}}]) | json_values
            ),
        },
    )
    | json_values
)
documents = st.fixed_dictionaries(
    {"fields": st.fixed_dictionaries({"item_sku": sources}, optional={"item_name": sources, "brand_name": sources})},
    optional={
        "csv": json_values,
        "records": json_values,
        "store_ids": sources,
        "additional_barcodes": sources,
        "skip_when": st.lists(sources, max_size=2) | json_values,
    },
)


@settings(deadline=None)
@given(documents | json_values, st.dictionaries(st.sampled_from(["SKU", "a"]), json_values))
def test_any_document_makes_a_mapping_or_is_explained_and_any_mapping_takes_any_record(document, record):
    try:
        mapping = Mapping.from_document(json.dumps(document).encode())
    except MappingError:
        return
    mapped = mapping.apply(record)
    assert mapped.items or mapped.faults or mapped.skipped
    assert not (mapped.skipped and (mapped.items or mapped.faults))


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_a_mapping_or_a_mapping_error(data):
    with suppress(MappingError):
        Mapping.from_document(data)


# Columns that a file lacks


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


@settings(deadline=None)
@given(st.text(max_size=20))
def test_names_fold_once(name):
    assert fold_name(fold_name(name)) == fold_name(name)
    assert fold_name(f"  {name.upper().lower()} ") == fold_name(name.upper().lower())


# The documentation

PAGE = (Path(__file__).parents[3] / "docs" / "mapping.md").read_text(encoding="utf-8")


def test_the_documented_mapping_works():
    (document,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    row = {"Artikel-Nr": "A", "Barcode": "36000291452", "Bezeichnung": "Milch", "VK-Preis": "1,29", "Filialen": "s1,s2"}
    assert Mapping.from_document(document.encode()).apply(row | {"Status": "", "Marke": ""}).items[1] == {
        "item_sku": "A",
        "external_product_id": "036000291452",
        "item_name": "Milch",
        "standard_price": "1.29",
        "brand_name": "none",
        "store_id": "s2",
    }


def test_every_code_transform_and_name_of_the_document_is_documented():
    schema = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    transforms = schema["$defs"]["transform"]
    names = [*schema["properties"], *transforms["then"]["enum"], *transforms["else"]["properties"]]
    names += [
        *schema["$defs"]["source"]["else"]["properties"],
        *schema["$defs"]["condition"]["properties"],
        *MappingFaultCode,
    ]
    assert [name for name in names if not re.search(rf"`[^`]*\b{name}\b[^`]*`", PAGE)] == []


def test_the_documented_mistakes_are_told_in_these_words():
    quoted = re.findall(r"```\n(fields: the.*?)```", PAGE, re.DOTALL)[0].splitlines()
    told = "".join(path.read_text(encoding="utf-8") for path in BAD_MAPPINGS.glob("*.txt")).splitlines()
    assert [line for line in quoted if line not in told] == []
