"""What a catalog manager is told about a wrong barcode."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.catalog.barcodes import barcode_fault, is_right
from chalicelib.catalog.check_digits import gs1_digit, has_gs1_digit, has_isbn10_digit, has_upc_e_digit

KINDS = ("UPC", "EAN", "EAN8", "ISBN", "GTIN", "PLU", None)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("036000291452", "UPC"),
        ("04252614", "UPC"),
        ("4006381333931", "EAN"),
        ("96385074", "EAN8"),
        ("080442957X", "ISBN"),
        ("10614141000415", "GTIN"),
        ("4011", "PLU"),
        ("401", "PLU"),
        ("940110", "PLU"),
        ("036000291452", None),
        ("04252614", None),
        ("96385074", None),
        ("080442957X", None),
        ("4006381333931", None),
        ("10614141000415", None),
        ("4011", None),
    ],
)
def test_a_right_barcode_has_no_fault(code: str, kind: str | None) -> None:
    assert is_right(code, kind)
    assert barcode_fault(code, kind, "external_product_id") is None


@pytest.mark.parametrize(
    ("code", "kind", "fault", "words"),
    [
        (
            "03600029145",
            "UPC",
            "barcode_length",
            "UPC 03600029145 has 11 digits; with its check digit it is 036000291452.",
        ),
        ("36000291452", "UPC", "barcode_length", "leading zeros: with them it is 036000291452"),
        ("4123456782", "UPC", "barcode_length", "leading zeros: with them it is 004123456782"),
        ("6000291452", "UPC", "barcode_length", "a UPC has 12 digits (8 as UPC-E). Correct it"),
        ("0306406152", "EAN8", "barcode_length", "right as an ISBN"),
        ("96385074", "EAN", "barcode_length", "right as an EAN8"),
        ("400638133393", "EAN", "barcode_length", "with its check digit it is 4006381333931"),
        (
            "036000291452",
            "EAN",
            "barcode_length",
            "an EAN has 13 digits; it is right as a UPC: correct external_product_id_type",
        ),
        ("4006381333931", "UPC", "barcode_length", "right as an EAN"),
        ("080442957", "ISBN", "barcode_length", "with its check digit it is 080442957X"),
        ("9780804429573", "ISBN", "barcode_length", "right as an EAN"),
        ("1061414100041", "GTIN", "barcode_length", "with its check digit it is 10614141000415"),
        ("9638507", "EAN8", "barcode_length", "with its check digit it is 96385074"),
        ("0096385", "EAN8", "barcode_length", "with its check digit it is 0096385"),
        ("03600029145", None, "barcode_length", "a UPC has 12: with its check digit it is 036000291452"),
        ("40", "PLU", "barcode_length", "a PLU has 3 to 6 digits"),
        ("1", None, "barcode_length", "has 1 digit; a barcode has 3 to 6 (PLU), 8, 10 (ISBN), 12, 13 or 14 digits"),
        ("036000291453", "UPC", "barcode_check_digit", "check digit 3, but for these digits it is 2"),
        ("4006381333930", "EAN", "barcode_check_digit", "(4006381333931)"),
        ("04252615", "UPC", "barcode_check_digit", "it is 4"),
        ("96385074", "UPC", "barcode_check_digit", "it is a UPC-E, which starts with 0 or 1"),
        ("96385075", None, "barcode_check_digit", "it is 4"),
        ("0306406153", "ISBN", "barcode_check_digit", "it is 2"),
        ("0306406153", None, "barcode_check_digit", "it is 2"),
        ("03600029145X", "UPC", "barcode_digits", "only an ISBN"),
        ("40X", "PLU", "barcode_digits", "only an ISBN"),
        ("X", None, "barcode_digits", "only an ISBN"),
    ],
)
def test_a_wrong_barcode_is_told_how_to_mend(code: str, kind: str | None, fault: str, words: str) -> None:
    found = barcode_fault(code, kind, "external_product_id")
    assert found is not None
    assert found.code == fault
    assert words in found.message
    assert (found.field, found.value) == ("external_product_id", code)


codes = st.one_of(
    st.from_regex(r"[0-9]{1,16}X?", fullmatch=True),
    st.from_regex(r"[0-9]{7,13}", fullmatch=True).map(lambda digits: digits + gs1_digit(digits)),
    st.just("X"),
)


@given(codes, st.sampled_from(KINDS))
def test_a_barcode_is_right_by_length_type_and_check_digit(code: str, kind: str | None) -> None:
    digits = code.isdecimal()
    upc = len(code) == 12 and digits and has_gs1_digit(code)
    upc_e = len(code) == 8 and digits and has_upc_e_digit(code)
    ean = len(code) == 13 and digits and has_gs1_digit(code)
    ean_8 = len(code) == 8 and digits and has_gs1_digit(code)
    isbn = len(code) == 10 and code[:9].isdecimal() and has_isbn10_digit(code)
    gtin = len(code) == 14 and digits and has_gs1_digit(code)
    plu = 3 <= len(code) <= 6 and digits
    expected = {
        "UPC": upc or upc_e,
        "EAN": ean,
        "EAN8": ean_8,
        "ISBN": isbn,
        "GTIN": gtin,
        "PLU": plu,
        None: upc or upc_e or ean or ean_8 or isbn or gtin or plu,
    }[kind]
    assert is_right(code, kind) == expected
    assert (barcode_fault(code, kind, "external_product_id") is None) == expected


@given(st.from_regex(r"[0-9]{11}", fullmatch=True))
def test_what_a_message_proposes_is_right(code: str) -> None:
    fault = barcode_fault(code, "UPC", "external_product_id")
    assert fault is not None
    proposed = [
        word.strip(".") for word in fault.message.split() if len(word.strip(".")) == 12 and word[:2].isdecimal()
    ]
    assert proposed == [] or all(has_gs1_digit(word) for word in proposed)
