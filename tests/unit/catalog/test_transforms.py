"""The transforms of a mapping, by example and by property."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.catalog.check_digits import has_gs1_digit, has_isbn10_digit
from chalicelib.catalog.transforms import (
    MappingFaultCode,
    TransformFailedError,
    as_text,
    barcode_type,
    make_add_check_digit,
    make_chain,
    make_lookup,
    make_zero_pad,
    price_from_cents,
    price_from_comma_decimal,
    strip_signs,
    to_ascii,
    trim,
)

digits = st.text("0123456789", min_size=1, max_size=20)
decimals = st.decimals(min_value=0, max_value=10**12, allow_nan=False, allow_infinity=False, places=2)

CHANGED = "a spreadsheet may have changed it"


def fault_of(transform, text: str) -> TransformFailedError:
    with pytest.raises(TransformFailedError) as caught:
        transform(text)
    return caught.value


def test_trim_leaves_single_spaces_between_words():
    assert trim("\u00a0 WHOLE   MILK \t 1L ") == "WHOLE MILK 1L"


def test_the_five_signs_are_stripped_and_nothing_else():
    assert strip_signs("a\u00aeb\u00a9c\u2122d\u2120e\u2117f\u00e9") == "abcdef\u00e9"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Cr\u00e8me br\u00fbl\u00e9e", "Creme brulee"),
        ("\u201cStra\u00dfe\u201d \u2013 \u0141\u00f3d\u017a", '"Strasse" - Lodz'),
        ("2 \u00d7 \u00bd L\u2026", "2 x 1/2 L..."),
        ("plain", "plain"),
        ("\u2122", "TM"),
    ],
)
def test_letters_become_plain_ascii(text, plain):
    assert to_ascii(text) == plain


def test_a_letter_without_a_plain_form_is_named():
    fault = fault_of(to_ascii, "\u5bff\u53f8 roll")
    assert fault.code == MappingFaultCode.TO_ASCII
    assert str(fault) == "has '\u5bff\u53f8', which has no plain ASCII form: write it in Latin letters"


def test_a_sign_that_ascii_lacks_is_told_how_to_go():
    assert str(fault_of(to_ascii, "Cola\u00ae")).endswith(": use strip_signs before to_ascii")


@settings(deadline=None)
@given(st.text())
def test_to_ascii_gives_ascii_or_a_fault(text):
    with suppress(TransformFailedError):
        assert to_ascii(text).isascii()


@settings(deadline=None)
@given(decimals)
def test_cents_become_the_same_price(price):
    assert price_from_cents(str(int(price * 100))) == f"{price:.2f}"


@pytest.mark.parametrize(
    ("text", "price"), [("0", "0.00"), ("7", "0.07"), ("0099", "0.99"), ("-5", "-0.05"), ("1299.0", "12.99")]
)
def test_cents_at_their_edges(text, price):
    assert price_from_cents(text) == price


@pytest.mark.parametrize("text", ["12.99", "12,99", "1299.5", "", "x", "1e3", "\u0661"])
def test_what_is_no_whole_number_of_cents_is_a_fault(text):
    assert fault_of(price_from_cents, text).code == MappingFaultCode.PRICE_FROM_CENTS


@settings(deadline=None)
@given(decimals, st.sampled_from(["", ".", " ", "'", "\u00a0", "\u202f"]))
def test_a_comma_decimal_becomes_the_same_price(price, thousands):
    written = f"{price:,.2f}".replace(",", "T").replace(".", ",").replace("T", thousands)
    assert Decimal(price_from_comma_decimal(written)) == price


@pytest.mark.parametrize(
    ("text", "price"), [("3,5", "3.5"), ("1.299", "1299"), ("-1,00", "-1.00"), ("0012,90", "0012.90")]
)
def test_comma_decimals_at_their_edges(text, price):
    assert price_from_comma_decimal(text) == price


@pytest.mark.parametrize(
    "text",
    ["12.99", "1.29,00", "1.2999,00", ",99", "3,", "3,49 \u20ac", "1,299.00", "\u0663,\u0664", "0.299", "0.500,25"],
)
def test_what_may_be_read_two_ways_is_no_comma_decimal(text):
    assert fault_of(price_from_comma_decimal, text).code == MappingFaultCode.PRICE_FROM_COMMA_DECIMAL


NO_COMMA = "is not a number with a decimal comma, such as 12,99 or 1.299,00"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("4.99", "has a decimal point, not a comma; leave the transform out if the whole file has"),
        ("3,49 \u20ac", f"{NO_COMMA}; a currency does not belong there"),
        ("EUR 3,49", f"{NO_COMMA}; a currency does not belong there"),
        ("1,299.00", NO_COMMA),
    ],
)
def test_what_is_no_comma_decimal_is_told_why(text, message):
    assert str(fault_of(price_from_comma_decimal, text)) == message


@settings(deadline=None)
@given(digits, st.integers(1, 20))
def test_zero_pad_fills_up_and_never_cuts(text, length):
    padded = make_zero_pad(length)(text)
    assert len(padded) == max(len(text), length)
    assert padded.endswith(text)
    assert set(padded[: len(padded) - len(text)]) <= {"0"}


def test_zero_pad_leaves_short_codes_alone_if_told_so():
    assert make_zero_pad(12, at_least=7)("4011") == "4011"
    assert make_zero_pad(12, at_least=7)("36000291452") == "036000291452"


def test_zero_pad_knows_the_x_of_an_isbn():
    assert make_zero_pad(10)("80442957X") == "080442957X"


@pytest.mark.parametrize("text", ["8.9E+12", "X", "80442957X"])
def test_zero_pad_refuses_what_is_no_number(text):
    assert fault_of(make_zero_pad(12), text).code == MappingFaultCode.ZERO_PAD


@settings(deadline=None)
@given(st.text("0123456789", min_size=7, max_size=13).filter(lambda text: len(text) in (7, 11, 12, 13)))
def test_an_added_check_digit_is_right(text):
    whole = make_add_check_digit()(text)
    assert whole[:-1] == text
    assert has_gs1_digit(whole)


@settings(deadline=None)
@given(st.text("0123456789", min_size=9, max_size=9))
@example("080442957")
def test_nine_digits_get_the_check_digit_of_an_isbn(text):
    assert has_isbn10_digit(make_add_check_digit()(text))


def test_a_barcode_of_the_whole_length_keeps_its_check_digit():
    assert make_add_check_digit(12)("036000291453") == "036000291453"


@settings(deadline=None)
@given(st.text("0123456789", min_size=3, max_size=6))
def test_a_plu_has_no_check_digit(text):
    assert make_add_check_digit()(text) == text
    assert make_add_check_digit(13)(text) == text


@pytest.mark.parametrize(
    ("length", "text", "message"),
    [
        (12, "0360002914", "has 10 digits; add_check_digit needs 11"),
        (None, "0360002914", "has 10 digits; add_check_digit needs 7, 9, 11, 12 or 13"),
        (None, "3600029145X", f"is not digits alone; add_check_digit needs 7, 9, 11, 12 or 13 of them; {CHANGED}"),
        (None, "8.9E12", f"is not digits alone; add_check_digit needs 7, 9, 11, 12 or 13 of them; {CHANGED}"),
    ],
)
def test_a_barcode_of_another_length_or_of_letters_gets_no_check_digit(length, text, message):
    fault = fault_of(make_add_check_digit(length), text)
    assert (fault.code, str(fault)) == (MappingFaultCode.ADD_CHECK_DIGIT, message)


@pytest.mark.parametrize(
    ("barcode", "kind"),
    [
        ("4011", "PLU"),
        ("94011", "PLU"),
        ("96385074", "EAN8"),
        ("04252614", "UPC"),
        ("00000000", "EAN8"),
        ("12345678", "EAN8"),
        ("080442957X", "ISBN"),
        ("036000291452", "UPC"),
        ("4006381333931", "EAN"),
        ("10036000291459", "GTIN"),
    ],
)
def test_the_length_picks_the_type(barcode, kind):
    assert barcode_type(barcode) == kind


def test_a_length_that_no_barcode_has_picks_nothing():
    assert barcode_type("03600029145") == ""
    assert make_chain(["barcode_type", "upper"])("03600029145") is None


def test_a_lookup_gives_what_the_table_has():
    assert make_lookup({"1": "A_FOOD_GEN"})("1") == "A_FOOD_GEN"
    assert fault_of(make_lookup({"1": "A_FOOD_GEN"}), "2").code == MappingFaultCode.LOOKUP


def test_a_table_may_be_written_with_numbers_and_truth():
    chain = make_chain([{"lookup": {"1": 20, "2": Decimal("9.90"), "3": True}}])
    assert [chain("1"), chain(2), chain(" 3 ")] == ["20", "9.9", "true"]


def test_a_chain_runs_in_the_order_it_is_written():
    assert make_chain(["strip_signs", "to_ascii", "trim", "upper"])(" Caf\u00e9\u00ae  au  lait ") == "CAFE AU LAIT"


def test_a_chain_may_end_in_nothing():
    assert make_chain(["strip_signs"])("\u00ae") is None
    assert make_chain(["upper"])("   ") is None
    assert make_chain(["upper"])(None) is None


@pytest.mark.parametrize("value", [True, False, ["a"], {"a": "b"}, Decimal("1e999999999")])
def test_what_is_no_scalar_is_left_to_the_rules_of_items(value):
    assert make_chain(["upper", {"zero_pad": 12}])(value) is value


def test_a_json_number_is_a_decimal_already():
    assert make_chain(["price_from_comma_decimal"])(Decimal("1.299")) == "1.299"
    assert make_chain(["price_from_comma_decimal"])("1.299") == "1299"
    assert make_chain([{"zero_pad": {"length": 12}}])(36000291452) == "036000291452"
    assert make_chain([{"add_check_digit": 13}])(400638133393) == "4006381333931"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" a ", "a"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (Decimal("9.90"), "9.9"),
        (None, None),
        ([], None),
        ({}, None),
        (Decimal("1e999999999"), None),
    ],
)
def test_scalars_are_compared_as_text(value, text):
    assert as_text(value) == text
