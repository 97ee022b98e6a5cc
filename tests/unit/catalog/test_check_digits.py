"""Check digits, against formulations of their own."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.catalog.check_digits import (
    expand_upc_e,
    gs1_digit,
    has_gs1_digit,
    has_isbn10_digit,
    has_upc_e_digit,
    isbn10_digit,
)


def digits(least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most or least)


def gs1_by_the_book(code: str) -> bool:
    """GS1 General Specifications 7.9: from the right, positions 2, 4, ... times three, plus the others, ends in
    zero.
    """
    places = {place: int(digit) for place, digit in enumerate(reversed(code), 1)}
    even = sum(digit for place, digit in places.items() if place % 2 == 0)
    odd = sum(digit for place, digit in places.items() if place % 2)
    return (3 * even + odd) % 10 == 0


@given(digits(1, 16))
def test_a_gs1_digit_is_right_when_the_book_says_so(code: str) -> None:
    assert has_gs1_digit(code) == gs1_by_the_book(code)


@given(digits(2, 15))
def test_a_code_with_its_computed_digit_is_right_and_with_any_other_wrong(code: str) -> None:
    right = gs1_digit(code)
    assert [digit for digit in "0123456789" if has_gs1_digit(code + digit)] == [right]


@given(digits(11), st.integers(0, 11), digits(1))
def test_one_wrong_digit_in_a_upc_is_always_found(code: str, place: int, digit: str) -> None:
    upc = code + gs1_digit(code)
    wrong = upc[:place] + digit + upc[place + 1 :]
    assert has_gs1_digit(wrong) == (wrong == upc)


def test_known_barcodes_are_right() -> None:
    for code in ("036000291452", "4006381333931", "96385074", "10614141000415", "012345678905"):
        assert has_gs1_digit(code)


@given(digits(9))
def test_an_isbn_10_is_right_when_its_weighted_sum_is_a_multiple_of_eleven(nine: str) -> None:
    code = nine + isbn10_digit(nine)
    values = [10 if sign == "X" else int(sign) for sign in code]
    assert sum(weight * value for weight, value in zip(range(10, 0, -1), values, strict=True)) % 11 == 0
    assert has_isbn10_digit(code)
    assert sum(has_isbn10_digit(nine + sign) for sign in "0123456789X") == 1


def test_known_isbns_are_right() -> None:
    assert has_isbn10_digit("080442957X")
    assert has_isbn10_digit("0306406152")
    assert not has_isbn10_digit("0306406153")


def compress(upc_a: str) -> str | None:
    """UPC-A to UPC-E by the zeros it leaves out: the other way round than the code under test."""
    system, maker, product, check = upc_a[0], upc_a[1:6], upc_a[6:11], upc_a[11]
    if system not in "01":
        return None
    if maker[2:] in ("000", "100", "200") and product[:2] == "00":
        return system + maker[:2] + product[2:] + maker[2] + check
    if maker[3:] == "00" and product[:3] == "000":
        return system + maker[:3] + product[3:] + "3" + check
    if maker[4] == "0" and product[:4] == "0000":
        return system + maker[:4] + product[4] + "4" + check
    if product[:4] == "0000" and product[4] in "56789":
        return system + maker + product[4] + check
    return None


@given(st.sampled_from("01"), digits(6), digits(1))
def test_an_expanded_upc_e_compresses_to_the_same_code_or_a_shorter_form_of_it(
    system: str, body: str, check: str
) -> None:
    code = system + body + check
    expanded = expand_upc_e(code)
    assert expanded is not None
    assert len(expanded) == 12
    again = compress(expanded)
    assert again is not None
    assert expand_upc_e(again) == expanded


def test_known_upc_e_codes_expand_to_their_upc_a() -> None:
    assert expand_upc_e("04252614") == "042100005264"
    assert expand_upc_e("01234565") == "012345000065"
    assert expand_upc_e("01234531") == "012300000451"
    assert expand_upc_e("01234541") == "012340000051"
    assert has_upc_e_digit("04252614")
    assert not has_upc_e_digit("04252615")


def test_an_8_digit_code_of_another_number_system_is_no_upc_e() -> None:
    assert expand_upc_e("96385074") is None
    assert not has_upc_e_digit("96385074")
