"""What is noticed of a whole file: unknown fields, and parts of a mapping that find nothing."""

from typing import Any

import orjson
import pytest

from chalicelib.catalog.mapping import Mapping
from chalicelib.catalog.noticed import MAX_NAMES
from chalicelib.catalog.operations import Operation
from tests.unit.catalog.recording import good, goods, lines, run

FIELDS = {name: name for name in good()}


def mapping_of(**document: Any) -> Mapping:
    return Mapping.from_document(orjson.dumps({"fields": FIELDS, **document}))


def test_unknown_fields_are_counted_by_name_with_the_first_row_of_them() -> None:
    rows = [*goods(2), good(item_sku="3", shelf="A1"), good(item_sku="4", shelf="A2", standard_prise="1")]
    answer = run(lines(*rows)).answer
    assert answer.unknown_fields == {"shelf": 2, "standard_prise": 1}
    assert answer.warning_details == {
        "unknown_field": {"first_row": 3, "fields": {"shelf": 2, "standard_prise": 1}},
    }


def test_a_row_that_is_rejected_is_not_warned_of() -> None:
    answer = run(lines(*goods(9), good(item_sku="SKU-1", shelf="A1"), good(item_name=None, rack="x"))).answer
    assert (answer.rejected, answer.unknown_fields, answer.warning_details) == (2, {}, {})


def test_of_very_many_unknown_fields_the_first_twenty_are_named_and_long_names_are_cut() -> None:
    names = {"n" * 100: "x", **{f"field {number}": "x" for number in range(50)}}
    answer = run(lines(good(**names), good(item_sku="2", **names))).answer
    assert len(answer.unknown_fields) == MAX_NAMES
    assert answer.unknown_fields["n" * 79 + "…"] == 2
    assert "field 18" in answer.unknown_fields
    assert "field 19" not in answer.unknown_fields


@pytest.mark.parametrize("format", ["jsonl", "csv"])
def test_a_field_of_the_mapping_that_no_good_row_has_is_noticed(format: str) -> None:
    fields = {**FIELDS, "brand_name": "brand", "size_name": "size", "color_name": {"constant": "red"}}
    rows = [
        {**good(item_name=None), "item_name": "", "brand": "Alder", "size": ""},
        {**good(item_sku="2"), "brand": "", "size": "L"},
    ]
    rows += [{**row, "brand": "", "size": ""} for row in goods(9)]
    header = list(rows[0])
    table = "\n".join([";".join(header), *(";".join(row[name] for name in header) for row in rows)])
    data = lines(*rows) if format == "jsonl" else table.encode()
    answer = run(data, mapping=mapping_of(fields=fields)).answer
    assert answer.unfilled_fields == ("brand_name",)
    assert answer.warnings == {"unfilled_field": 10}
    assert answer.warning_details == {"unfilled_field": {"first_row": 2, "fields": ["brand_name"]}}


def test_of_very_many_fields_that_no_row_has_the_first_twenty_are_named() -> None:
    others = {f"field {number}": f"column {number}" for number in range(50)}
    answer = run(lines(good()), mapping=mapping_of(fields=FIELDS, other_fields=others)).answer
    assert answer.unfilled_fields == tuple(others)[:MAX_NAMES]


def test_a_field_is_found_however_late_it_comes() -> None:
    rows = [*goods(5_000), good(item_sku="last", brand="Alder")]
    mapping = mapping_of(fields={**FIELDS, "brand_name": "brand"}, skip_when=[{"column": "brand", "equals": "x"}])
    assert run(lines(*rows), mapping=mapping).answer.unfilled_fields == ()


def test_a_field_with_a_default_and_one_taken_from_a_field_are_filled() -> None:
    fields = {
        **FIELDS,
        "brand_name": {"column": "brand", "default": "none"},
        "size_name": {"from_field": "item_name"},
        "color_name": {"from_field": "brand_name", "transforms": [{"lookup": {"none": ""}}]},
    }
    mapping = mapping_of(fields=fields, other_fields={"shelf": "shelf", "rack": {"expression": "a.b"}})
    answer = run(lines(*goods(2)), mapping=mapping).answer
    assert answer.unfilled_fields == ("color_name", "shelf", "rack")


def test_a_condition_on_a_column_that_no_record_has_is_noticed() -> None:
    conditions = [
        {"column": " ITEM  name", "equals": "x"},
        {"column": "status.code", "equals": "x"},
        {"expression": "status", "equals": "x"},
        {"column": "Item_Name", "equals": "x"},
    ]
    answer = run(lines(*goods(2), {"item name": "x"}), mapping=mapping_of(skip_when=conditions)).answer
    assert (answer.skipped, answer.unfilled_fields) == (1, ("skip_when[2]",))


def test_a_file_without_good_rows_is_not_warned_of() -> None:
    mapping = mapping_of(other_fields={"shelf": "shelf"}, skip_when=[{"column": "status", "empty": True}])
    answer = run(lines(*goods(2)), mapping=mapping).answer
    assert (answer.skipped, answer.warnings, answer.warning_details) == (2, {}, {})


def test_an_archive_misses_no_field_but_a_condition() -> None:
    mapping = mapping_of(other_fields={"shelf": "shelf"}, skip_when=[{"column": "status", "equals": "x"}])
    arguments: dict[str, Any] = {"operation": Operation.ARCHIVE, "known_store_ids": ["s1"], "mapping": mapping}
    assert run(lines({"item_sku": "1"}, {"item_sku": "2"}), **arguments).answer.unfilled_fields == ("skip_when[1]",)


def test_warnings_that_are_about_no_field_have_their_first_row_alone() -> None:
    answer = run(lines(*goods(2), good(item_sku="3", item_name="n" * 101), good(item_sku="4", item_name="Käse"))).answer
    assert answer.warning_details == {"long_name": {"first_row": 3}, "non_ascii": {"first_row": 4}}
