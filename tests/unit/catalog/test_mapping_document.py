"""Mapping documents: how they are read, what is wrong with them in words, and that docs/mapping.md holds."""

import json
import re
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.catalog.faults import CsvOptions
from chalicelib.catalog.mapping import Mapping, MappingError
from chalicelib.catalog.mapping_columns import fold_name
from chalicelib.catalog.mapping_document import read_document
from chalicelib.catalog.mapping_mistakes import SCHEMA_PATH
from chalicelib.catalog.transforms import MappingFaultCode
from tests.unit.catalog.mappings import RECORD, mapping_of

BAD_MAPPINGS = Path(__file__).parent / "bad_mappings"


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
