"""The stores that a row goes to, and its additional barcodes."""

from typing import Any

from tests.unit.catalog.mappings import ITEM, NO_STORE, RECORD, mapping_of, only_fault


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
