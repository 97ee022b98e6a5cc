"""Numbers as text, exactly."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.catalog.decimal_text import NumberTooLong, decimal_text
from chalicelib.catalog.json_lines import read_exactly, read_json_lines


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("9.99", "9.99"),
        ("4011", "4011"),
        ("1.0", "1"),
        ("1e3", "1000"),
        ("1E-3", "0.001"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("0e999999999", "0"),
        ("-1.50", "-1.5"),
        ("100", "100"),
        ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
        ("12345678901234567890123456789012345678901234567890", "12345678901234567890123456789012345678901234567890"),
    ],
)
def test_a_number_becomes_its_shortest_decimal_text(number: str, text: str) -> None:
    assert decimal_text(Decimal(number)) == text


def test_integers_stay_as_they_are() -> None:
    assert decimal_text(4011) == "4011"
    assert decimal_text(-(10**20)) == "-1" + "0" * 20
    assert decimal_text(10**600) == "1" + "0" * 600


@pytest.mark.parametrize("number", ["1e999999999", "-1e999999999", "1e-999999999", "NaN", "Infinity"])
def test_a_number_that_would_fill_the_memory_is_refused_without_being_computed(number: str) -> None:
    with pytest.raises(NumberTooLong):
        decimal_text(Decimal(number))


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=None).filter(lambda number: abs(number.adjusted()) < 2000)
)
def test_the_text_is_the_same_number_and_none_is_shorter(number: Decimal) -> None:
    try:
        text = decimal_text(number)
    except NumberTooLong:
        assert len(number.as_tuple().digits) + abs(int(number.as_tuple().exponent)) > 5000
        return
    assert Decimal(text) == number
    assert "e" not in text.lower()
    if "." in text:
        assert not text.endswith(("0", "."))
    assert text.lstrip("-")[:2] in ("0", "0.") or not text.lstrip("-").startswith("0")


def numbers_read_twice(text: str) -> tuple[str, str]:
    """A number of a JSON Lines row, as the quick way reads it (if it dares) and as the exact one does."""
    line = b'{"a": %s}' % text.encode()
    [block] = read_json_lines(iter([line]))
    assert block.exact is not None
    return decimal_text(block.exact(0)["a"]), decimal_text(read_exactly(line)["a"])


@given(st.decimals(allow_nan=False, allow_infinity=False).filter(lambda number: abs(number.adjusted()) < 300))
def test_the_quick_way_reads_a_number_as_exactly_as_the_exact_one(number: Decimal) -> None:
    quick, exact = numbers_read_twice(str(number).replace("+", ""))
    assert quick == exact


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,16})(\.[0-9]{1,17})?([eE][+-]?[0-9]{1,2})?", fullmatch=True))
def test_the_quick_way_is_exact_however_a_number_is_written(text: str) -> None:
    quick, exact = numbers_read_twice(text)
    assert quick == exact


@pytest.mark.parametrize(
    "text", ["1e-320", "1.5e-310", "1e-400", "0.0", "-0.0", "1e-199", "123456789012345", "1e300", "9007199254740993.0"]
)
def test_the_quick_way_is_exact_at_the_edges_of_floats(text: str) -> None:
    quick, exact = numbers_read_twice(text)
    assert quick == exact
