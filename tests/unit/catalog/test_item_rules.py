"""The rules for an item, one by one, as prepare applies them to a row."""

from typing import Any

import orjson
import pytest

from chalicelib.catalog.prepare import Limits, RejectedRow
from tests.unit.catalog.recording import good, lines, run

MORE = "additional_external_product_information"


def reject(*rows: Any, **arguments: Any) -> list[RejectedRow]:
    """The rejected rows of a JSON Lines file."""
    return run(lines(*rows), **arguments).rejections


def only_fault(row: Any, **arguments: Any) -> tuple[str, str | None, str]:
    """The code, the field and the message of the one fault of the one row."""
    [rejected] = reject(row, **arguments)
    [fault] = rejected.faults
    return fault.code, fault.field, fault.message


def test_a_good_item_is_sent_as_it_is() -> None:
    row = good(**{MORE: [{"external_product_id": "4006381333931", "external_product_id_type": "EAN"}]})
    assert run(lines(row)).items == [row]


@pytest.mark.parametrize("field", ["item_sku", "external_product_id", "item_name", "store_id"])
@pytest.mark.parametrize("value", [None, "", " \t ", "\u00a0\u2003"])
def test_a_required_field_that_is_empty_is_missing(field: str, value: str | None) -> None:
    row = good() | {field: value}
    code, where, message = only_fault(row)
    assert (code, where) == ("missing", field)
    assert message == f"{field} is missing or empty. Every item needs one: fill it in."


def test_a_row_without_a_sku_is_rejected_with_its_number_and_store() -> None:
    [row] = reject(good(), good(item_sku=None))
    assert (row.row, row.sku, row.store_id) == (2, None, "store-1")


@pytest.mark.parametrize(
    "field",
    [
        "item_name",
        "store_id",
        "brand_name",
        "product_tax_code",
        "size_name",
        "main_image_url",
        "other_image_url8",
        "else",
    ],
)
def test_255_characters_pass_in_every_text_and_256_do_not(field: str) -> None:
    assert not reject(good(**{field: "é" * 255}))
    code, where, message = only_fault(good(**{field: "é" * 256}))
    assert (code, where) == ("too_long", field)
    assert "256 characters; 255 are allowed" in message


def test_the_length_counts_code_points_after_trimming() -> None:
    assert not reject(good(item_name=f"  {'😀' * 255}\n"))


@pytest.mark.parametrize("sign", "®©™℠℗")
@pytest.mark.parametrize("field", ["item_name", "store_id", "brand_name", "unknown"])
def test_the_five_signs_are_refused_in_every_text(sign: str, field: str) -> None:
    code, where, message = only_fault(good(**{field: f"a{sign}b"}))
    assert (code, where) == ("forbidden_sign", field)
    assert sign in message


@pytest.mark.parametrize("sign", ["\0", "\x07", "\n", "\t", "\x1f", "\x7f", "\x80", "\x9f"])
@pytest.mark.parametrize("field", ["item_name", "brand_name", "unknown"])
def test_control_characters_are_refused_in_every_text(sign: str, field: str) -> None:
    code, where, message = only_fault(good(**{field: f"a{sign}b"}))
    assert (code, where) == ("control_character", field)
    assert f"U+{ord(sign):04X}" in message


def test_every_fault_of_a_row_is_reported() -> None:
    [row] = reject(
        good(item_sku="a b®", item_name="\x07™", standard_price="-1", external_product_id="1", store_id=None)
    )
    assert {(fault.field, str(fault.code)) for fault in row.faults} == {
        ("item_sku", "sku"),
        ("item_sku", "forbidden_sign"),
        ("item_name", "forbidden_sign"),
        ("item_name", "control_character"),
        ("standard_price", "price"),
        ("external_product_id", "barcode_length"),
        ("store_id", "missing"),
    }


@pytest.mark.parametrize("sku", ["a", "A-1_2.3", "x" * 255])
def test_a_sku_of_letters_digits_and_three_signs_passes(sku: str) -> None:
    assert not reject(good(item_sku=sku))


@pytest.mark.parametrize("sku", ["a b", "a/b", "ä", "a,b", "#1"])
def test_a_sku_with_other_signs_is_refused(sku: str) -> None:
    code, where, message = only_fault(good(item_sku=sku))
    assert (code, where) == ("sku", "item_sku")
    assert repr(sku) in message


@pytest.mark.parametrize("price", ["0", "9.99", "1000000", "0.5", "007"])
def test_a_decimal_price_passes(price: str) -> None:
    assert not reject(good(standard_price=price))


@pytest.mark.parametrize(
    ("price", "hint"),
    [
        ("-1.00", "not negative"),
        ("9,99", "a point: 9.99"),
        ("1,299.00", "no thousands separator"),
        ("$9.99", "no currency sign"),
        (".99", "digits"),
        ("9.", "digits"),
        ("1e3", "digits"),
        ("٩", "digits"),
    ],
)
def test_a_price_that_is_no_decimal_number_is_refused_with_a_hint(price: str, hint: str) -> None:
    code, where, message = only_fault(good(standard_price=price))
    assert (code, where) == ("price", "standard_price")
    assert hint in message


def test_an_unknown_barcode_type_is_refused_and_types_are_case_sensitive() -> None:
    for kind in ("upc", "ASIN", "UPC-A"):
        code, where, message = only_fault(good(external_product_id_type=kind))
        assert (code, where) == ("barcode_type", "external_product_id_type")
        assert "UPC, EAN, EAN8, ISBN, GTIN and PLU, in capitals" in message


def test_an_absent_barcode_type_is_not_filled_in() -> None:
    assert run(lines(good(external_product_id_type=None))).items == [good(external_product_id_type=None)]


def test_a_barcode_that_a_spreadsheet_has_rounded_is_told_as_such() -> None:
    code, where, message = only_fault(good(external_product_id="8.90103E+12"))
    assert (code, where) == ("barcode_digits", "external_product_id")
    assert "a spreadsheet has rounded it" in message


def test_a_barcode_with_blanks_is_told_to_be_digits_alone() -> None:
    code, _, message = only_fault(good(external_product_id="0 36000 29145 2"))
    assert code == "barcode_digits"
    assert "without blanks, dashes or letters" in message


def test_a_barcode_without_its_check_digit_is_told_with_it() -> None:
    code, _, message = only_fault(good(external_product_id="03600029145"))
    assert code == "barcode_length"
    assert message == "UPC 03600029145 has 11 digits; with its check digit it is 036000291452."


def more(count: int) -> list[dict[str, str]]:
    return [{"external_product_id": "4011", "external_product_id_type": "PLU"}] * count


def test_50_more_barcodes_pass_and_51_do_not() -> None:
    assert not reject(good(**{MORE: more(50)}))
    assert only_fault(good(**{MORE: more(51)}))[:2] == ("too_many_barcodes", MORE)
    assert run(lines(good(**{MORE: []}))).items == [good(**{MORE: []})]


@pytest.mark.parametrize(
    ("value", "code", "field"),
    [
        ("036000291452", "barcode_list", MORE),
        ({"external_product_id": "4011"}, "barcode_list", MORE),
        (True, "barcode_list", MORE),
        (4011, "barcode_list", MORE),
        ([3], "barcode_list", f"{MORE}[0]"),
        ([None], "barcode_list", f"{MORE}[0]"),
        ([{}], "missing", f"{MORE}[0].external_product_id"),
        ([{"external_product_id": "036000291453"}], "barcode_check_digit", f"{MORE}[0].external_product_id"),
        ([{"external_product_id": ["x"]}], "not_a_scalar", f"{MORE}[0].external_product_id"),
        ([{"external_product_id": "x"}], "barcode_digits", f"{MORE}[0].external_product_id"),
        (
            [{"external_product_id": "4011", "external_product_id_type": "X"}],
            "barcode_type",
            f"{MORE}[0].external_product_id_type",
        ),
        ([{"external_product_id": "4011", "note": "a\x07"}], "control_character", f"{MORE}[0].note"),
        ([{"external_product_id": "4011", "no\x07te": "a"}], "field_name", "no\x07te"),
    ],
)
def test_what_is_wrong_in_the_list_of_more_barcodes_is_named_by_its_place(value: Any, code: str, field: str) -> None:
    assert only_fault(good(**{MORE: value}))[:2] == (code, field)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("036000291453", "An additional barcode is wrong: Barcode 036000291453 ends in the check digit 3"),
        ("x", "An additional barcode is wrong: Barcode x has signs that are no digits"),
    ],
)
def test_a_wrong_barcode_of_the_list_of_more_is_told_to_be_one_of_them(code: str, words: str) -> None:
    recording = run(lines(good(**{MORE: [{"external_product_id": code}]})), limits=Limits(max_rejected_ratio=1))
    assert recording.rejections[0].faults[0].message.startswith(words)


def test_numbers_in_the_list_of_more_barcodes_become_text() -> None:
    row = good(**{MORE: [{"external_product_id": 4011, "external_product_id_type": " PLU ", "note": None}]})
    assert run(lines(row)).items[0][MORE] == [{"external_product_id": "4011", "external_product_id_type": "PLU"}]


@pytest.mark.parametrize("value", [True, False, [1], {"a": 1}])
@pytest.mark.parametrize("field", ["item_name", "standard_price", "unknown"])
def test_what_is_no_scalar_is_refused(field: str, value: Any) -> None:
    assert only_fault(good(**{field: value}))[:2] == ("not_a_scalar", field)


def test_a_value_that_can_not_be_shown_is_named_by_its_kind() -> None:
    row = orjson.dumps(good(brand_name="HUGE"))
    huge = [row.replace(b'"HUGE"', value % (b"7" * 30)) for value in (b"[%s]", b'{"a": %s}')]
    assert [row.faults[0].value for row in run(b"\n".join(huge)).rejections] == ["list", "dict"]


def test_a_line_that_is_nested_too_deeply_is_refused() -> None:
    rows = [orjson.dumps(good(brand_name="DEEP")).replace(b'"DEEP"', b"[" * n + b"]" * n) for n in (99, 100, 900, 5000)]
    codes = run(b"\n".join(rows), limits=Limits(max_rejected_ratio=1)).codes
    assert codes == {1: ["not_a_scalar"], 2: ["nested_too_deeply"], 3: ["nested_too_deeply"], 4: ["nested_too_deeply"]}


@pytest.mark.parametrize("value", [1, "a", None, True, [], 1.5, [good()]])
def test_a_row_that_is_no_object_is_refused(value: Any) -> None:
    for data in (lines(good(), value), orjson.dumps([good(), value])):
        recording = run(data)
        assert recording.codes == {2: ["not_an_object"]}
        assert recording.rejections[0].faults[0].field is None


def test_an_unknown_field_is_sent_with_a_warning() -> None:
    recording = run(lines(good(shelf="A1"), good(item_sku="2", shelf=4)))
    assert [item["shelf"] for item in recording.items] == ["A1", "4"]
    assert recording.answer.warnings == {"unknown_field": 2}


def test_a_name_of_more_than_100_characters_is_sent_with_a_warning() -> None:
    recording = run(lines(good(item_name="x" * 100), good(item_sku="2", item_name="x" * 101)))
    assert recording.answer.warnings == {"long_name": 1}
    assert recording.answer.good == 2


def test_other_signs_than_ascii_are_sent_with_a_warning_that_counts_rows() -> None:
    recording = run(
        lines(good(item_name="Käse", brand_name="Ä"), good(item_sku="2"), good(item_sku="3", item_name="日本"))
    )
    assert recording.answer.warnings == {"non_ascii": 2}
    assert recording.items[2]["item_name"] == "日本"


def test_a_rejected_row_is_not_warned_of() -> None:
    recording = run(lines(*[good(item_sku=str(n)) for n in range(9)], good(item_sku="1", shelf="x")))
    assert recording.codes == {10: ["duplicate"]}
    assert recording.answer.warnings == {}


def test_a_field_without_a_name_or_with_control_characters_in_it_is_refused() -> None:
    assert only_fault(good(**{"": "x"}))[:2] == ("field_name", "")
    assert only_fault(good(**{"a\x07": "x"}))[:2] == ("field_name", "a\x07")


def test_an_unknown_store_is_refused_when_the_stores_are_known() -> None:
    code, field, message = only_fault(good(), known_store_ids=["s2", "s1"])
    assert (code, field) == ("unknown_store", "store_id")
    assert "none of the known stores (s1, s2)" in message
    assert not reject(good(), known_store_ids=["store-1"])


def test_many_known_stores_are_not_all_listed() -> None:
    _, _, message = only_fault(good(), known_store_ids=[f"s{number:02}" for number in range(20)])
    assert "s09 ..." in message
    assert "s10" not in message


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (b"9.99", "9.99"),
        (b"4011", "4011"),
        (b"1.0", "1"),
        (b"1e3", "1000"),
        (b"0.10", "0.1"),
        (b"18446744073709551616", "18446744073709551616"),
        (b"9.990000000000000001", "9.990000000000000001"),
    ],
)
def test_a_number_becomes_its_shortest_text_in_every_json_format(number: bytes, text: str) -> None:
    row = orjson.dumps(good(standard_price="PRICE")).replace(b'"PRICE"', number)
    for data in (row, b"[" + row + b"]", b'{"catalogItems":[' + row + b"]}"):
        assert run(data).items == [good(standard_price=text)]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (b"1e999999999", "number_too_long"),
        (b"-1e-999999999", "number_too_long"),
        (b"1e99999999999999999999", "not_a_number"),
        (b"1" + b"0" * 500, "too_long"),
        (b"-1", "price"),
    ],
)
def test_a_number_beyond_reason_is_refused_in_every_json_format(number: bytes, code: str) -> None:
    row = orjson.dumps(good(standard_price="PRICE")).replace(b'"PRICE"', number)
    for data in (row, b"[" + row + b"]"):
        recording = run(data)
        assert recording.codes[1][0] == code
        assert recording.rejections[0].faults[0].field == "standard_price"


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity"])
def test_nan_and_infinity_reject_a_line_and_break_an_array(number: bytes) -> None:
    row = orjson.dumps(good(standard_price="PRICE")).replace(b'"PRICE"', number)
    assert run(row).codes == {1: ["not_a_number"]}
    invalid = run(b"[" + row + b"]").answer.invalid
    assert invalid is not None
    assert invalid.code == "broken_json"


def test_a_key_that_repeats_counts_as_its_last_in_every_json_format() -> None:
    row = orjson.dumps(good(item_name="first"))[:-1] + b',"item_name":"last"}'
    for data in (row, b"[" + row + b"]", row[:-1] + b',"standard_price":9.99}'):
        assert run(data).items == [good(item_name="last")]


@pytest.mark.parametrize("escape", [rb"\ud83d", rb"\uDE00", rb"\ud83d\u0041", rb"\ude00\ud83d"])
def test_a_lone_surrogate_is_refused_in_every_json_format(escape: bytes) -> None:
    row = orjson.dumps(good(item_name="NAME")).replace(b"NAME", b"a" + escape)
    for data in (row, b"[" + row + b"]"):
        recording = run(data)
        assert recording.codes == {1: ["lone_surrogate"]}
        assert "\ufdd0" not in str(recording.rejections)


def test_a_pair_of_surrogates_and_an_escaped_backslash_are_text() -> None:
    row = orjson.dumps(good(item_name="NAME")).replace(b"NAME", rb"a\ud83d\ude00 \\ud83d")
    for data in (row, b"[" + row + b"]"):
        assert run(data).items == [good(item_name="a😀 \\ud83d")]


@pytest.mark.parametrize(
    "row",
    [
        good(**{MORE: [{"a": "®", "b": "®", "c": "®"}] * 5_000}),
        good(**{f"field {number}": True for number in range(20_000)}),
        good(**{f"field {number}": "®" for number in range(20_000)}),
        good(**{f"field\t{number}": "x" for number in range(20_000)}),
    ],
)
def test_of_thousands_of_faults_of_a_row_a_hundred_are_listed(row: dict[str, Any]) -> None:
    [rejected] = reject(row)
    assert len(rejected.faults) == 101
    assert rejected.faults[-1].code == "more_faults"


@pytest.mark.parametrize("entry", ["x", {}, {"external_product_id": "036000291453"}, 1.5])
def test_of_thousands_of_more_barcodes_those_behind_the_fiftieth_are_not_looked_at(entry: Any) -> None:
    [rejected] = reject(good(**{MORE: [entry] * 20_000}))
    assert rejected.faults[0].code == "too_many_barcodes"
    assert len(rejected.faults) == 52


def test_a_row_of_thousands_of_unknown_fields_is_sent_or_has_its_one_fault() -> None:
    many = {f"field {number}": "x" for number in range(10_000)}
    assert not reject(good(**many))
    assert only_fault(good(**many, last="®"))[:2] == ("forbidden_sign", "last")


def test_a_value_in_a_fault_is_cut_at_80_characters() -> None:
    [row] = reject(good(item_name="x" * 300))
    value = row.faults[0].value
    assert value is not None
    assert len(value) == 80
    assert value.endswith("…")
