"""Transforms: the small corrections that a mapping makes to a value on its way from the retailer's file to an item.

Every transform takes text and gives text, or raises `TransformFailedError` with a sentence that says how to mend the
value. A transform never guesses: what it cannot read exactly is a fault of the row.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any

from chalicelib.catalog.check_digits import gs1_digit, has_gs1_digit, has_upc_e_digit, isbn10_digit
from chalicelib.catalog.decimal_text import NumberTooLong, decimal_text

Transform = Callable[[str], str]

_DIGITS = re.compile(r"[0-9]+")
_CENTS = re.compile(r"(-?)([0-9]+)(?:\.0+)?")
_COMMA_DECIMAL = re.compile(r"(-?)([0-9]+|[1-9][0-9]{0,2}(?:[.' \u00a0\u202f\u2019][0-9]{3})+)(?:,([0-9]+))?")
_POINT_DECIMAL = re.compile(r"-?[0-9]+\.[0-9]+")
_SIGNS = str.maketrans(dict.fromkeys("\u00ae\u00a9\u2122\u2120\u2117"))
_ASCII_FORMS = str.maketrans({
    "\u00df": "ss", "\u1e9e": "SS", "\u00e6": "ae", "\u00c6": "AE", "\u0153": "oe", "\u0152": "OE", "\u00f8": "o",
    "\u00d8": "O", "\u0142": "l", "\u0141": "L", "\u0111": "d", "\u0110": "D", "\u00f0": "d", "\u00d0": "D",
    "\u00fe": "th", "\u00de": "Th", "\u0131": "i", "\u20ac": "EUR", "\u00a3": "GBP", "\u00d7": "x", "\u2044": "/",
    **dict.fromkeys("\u2018\u2019\u201a\u2032", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u2033\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\u2022\u00b7", "-"),
    **dict.fromkeys("\u00b0\u200b\u00ad\ufeff", ""),
})  # fmt: skip

ISBN_10 = 10
PLU_LENGTHS = range(3, 7)
TYPE_OF_LENGTH = {**dict.fromkeys(PLU_LENGTHS, "PLU"), 8: "EAN8", 10: "ISBN", 12: "UPC", 13: "EAN", 14: "GTIN"}
CHECKED_LENGTHS = (8, 10, 12, 13, 14)
"""Lengths of barcodes that end in a check digit, that digit counted."""


class MappingFaultCode(StrEnum):
    """Why a mapping rejects a row. The codes are stable: programs may act on them; docs/mapping.md explains each."""

    EXPRESSION = "mapping_expression"
    STORE_IDS = "mapping_store_ids"
    ZERO_PAD = "mapping_zero_pad"
    TO_ASCII = "mapping_to_ascii"
    PRICE_FROM_CENTS = "mapping_price_from_cents"
    PRICE_FROM_COMMA_DECIMAL = "mapping_price_from_comma_decimal"
    ADD_CHECK_DIGIT = "mapping_add_check_digit"
    LOOKUP = "mapping_lookup"


class TransformFailedError(Exception):
    """The value is not what the transform needs. The text goes on after the field's name and its value: `is not`."""

    def __init__(self, code: MappingFaultCode, message: str) -> None:
        super().__init__(message)
        self.code = code


def trim(text: str) -> str:
    """White space at both ends goes, each run of it inside becomes one space, as a spreadsheet's TRIM does."""
    return " ".join(text.split())


def strip_signs(text: str) -> str:
    """The five signs that Amazon refuses go: registered, copyright, trade mark, service mark, sound recording."""
    return text.translate(_SIGNS)


def to_ascii(text: str) -> str:
    """Letters lose their accents, typographic quotes and dashes become plain; a letter without such a form is a fault.

    >>> to_ascii("Cr\u00e8me br\u00fbl\u00e9e \u2013 500\u00a0g")
    'Creme brulee - 500 g'
    """
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text.translate(_ASCII_FORMS)).translate(_ASCII_FORMS)
    plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    if not plain.isascii():
        left = "".join(dict.fromkeys(sign for sign in plain if not sign.isascii()))
        mend = "use strip_signs before to_ascii" if left.translate(_SIGNS) != left else "write it in Latin letters"
        raise TransformFailedError(
            MappingFaultCode.TO_ASCII, f"has '{left[:10]}', which has no plain ASCII form: {mend}"
        )
    return plain


def price_from_cents(text: str) -> str:
    """A whole number of cents becomes a decimal: 1299 is 12.99."""
    found = _CENTS.fullmatch(text)
    if found is None:
        raise TransformFailedError(
            MappingFaultCode.PRICE_FROM_CENTS, "is not a whole number of cents, such as 1299 for 12.99"
        )
    sign, cents = found.groups()
    cents = cents.lstrip("0").rjust(3, "0")
    return f"{sign}{cents[:-2]}.{cents[-2:]}"


def price_from_comma_decimal(text: str) -> str:
    """1.299,50 becomes 1299.50; thousands may be set off by points, spaces or apostrophes, in threes."""
    found = _COMMA_DECIMAL.fullmatch(text)
    if found is None:
        raise TransformFailedError(MappingFaultCode.PRICE_FROM_COMMA_DECIMAL, _no_comma_decimal(text))
    sign, whole, fraction = found.groups()
    whole = "".join(filter(str.isdigit, whole))
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def _no_comma_decimal(text: str) -> str:
    if _POINT_DECIMAL.fullmatch(text):
        return "has a decimal point, not a comma; leave the transform out if the whole file has"
    has_more = any(sign.isalpha() or unicodedata.category(sign) == "Sc" for sign in text)
    hint = "; a currency does not belong there" if has_more else ""
    return f"is not a number with a decimal comma, such as 12,99 or 1.299,00{hint}"


def barcode_type(text: str) -> str:
    """The type that a barcode's length stands for; of 8 digits, EAN8 unless only a UPC-E has that check digit.

    Nothing ('') for another length: without a type the item rules tell best what is wrong with the barcode.
    """
    if len(text) == 8 and _DIGITS.fullmatch(text):
        return "UPC" if not has_gs1_digit(text) and has_upc_e_digit(text) else "EAN8"
    return TYPE_OF_LENGTH.get(len(text), "")


def make_zero_pad(length: int, at_least: int = 1) -> Transform:
    """Zeros in front up to `length`, as spreadsheets drop them. Text shorter than `at_least` (a PLU) stays as it is."""

    def zero_pad(text: str) -> str:
        if not at_least <= len(text) < length:
            return text
        if not _DIGITS.fullmatch(text[:-1] if length == ISBN_10 and text[-1] in "xX" and len(text) > 1 else text):
            raise TransformFailedError(
                MappingFaultCode.ZERO_PAD,
                f"is not digits alone, which zero_pad fills up to {length}; a spreadsheet may have changed it",
            )
        return text.rjust(length, "0")

    return zero_pad


def make_add_check_digit(length: int | None = None) -> Transform:
    """The check digit behind a barcode that lacks it. A PLU (3 to 6 digits) has none and stays as it is.

    `length`: of the whole barcode; one that has it already stays as it is. None: every barcode lacks its check digit.
    """
    wanted = CHECKED_LENGTHS if length is None else (length,)
    bare = tuple(each - 1 for each in wanted)
    lengths = " or ".join((", ".join(map(str, bare[:-1])), str(bare[-1]))) if len(bare) > 1 else str(bare[0])

    def add_check_digit(text: str) -> str:
        if len(text) == length or (len(text) in PLU_LENGTHS and _DIGITS.fullmatch(text)):
            return text
        if len(text) not in bare or not _DIGITS.fullmatch(text):
            raise TransformFailedError(
                MappingFaultCode.ADD_CHECK_DIGIT,
                f"has {len(text)} digits; add_check_digit needs {lengths}"
                if _DIGITS.fullmatch(text)
                else f"is not digits alone; add_check_digit needs {lengths} of them; a spreadsheet may have changed it",
            )
        return text + (isbn10_digit(text) if len(text) == ISBN_10 - 1 else gs1_digit(text))

    return add_check_digit


def make_lookup(table: Mapping[str, str]) -> Transform:
    """The value that `table` has for the text, e.g. the store ID of a store number; a text that it lacks is a fault."""

    def lookup(text: str) -> str:
        found = table.get(text)
        if found is None:
            raise TransformFailedError(
                MappingFaultCode.LOOKUP, "is not in the mapping's lookup table; add it there, or correct it"
            )
        return found

    return lookup


PLAIN: Mapping[str, Transform] = {
    "trim": trim,
    "upper": str.upper,
    "strip_signs": strip_signs,
    "to_ascii": to_ascii,
    "price_from_cents": price_from_cents,
    "price_from_comma_decimal": price_from_comma_decimal,
    "barcode_type": barcode_type,
    "add_check_digit": make_add_check_digit(),
}
"""The transforms that a mapping names without a parameter."""


def make_transform(document: str | Mapping[str, Any]) -> Transform:
    """The transform that a (valid) mapping document names: `trim`, `{"zero_pad": 12}`, `{"lookup": {"1": "A"}}`."""
    if isinstance(document, str):
        return PLAIN[document]
    ((name, parameter),) = document.items()
    if name == "zero_pad":
        return make_zero_pad(**parameter) if isinstance(parameter, Mapping) else make_zero_pad(parameter)
    if name == "add_check_digit":
        return make_add_check_digit(parameter)
    return make_lookup({key: as_text(value) or "" for key, value in parameter.items()})


def make_chain(documents: Sequence[str | Mapping[str, Any]]) -> Callable[[Any], Any]:
    """One function for a list of transforms. It takes any value that a record can hold.

    Nothing (None, or text of white space) gives None. A boolean, a list, an object or an endless number comes back as
    it is: the item's own rules say what belongs there. A JSON number is a decimal already: no comma is read in it.
    """
    for_text = tuple(map(make_transform, documents))
    for_numbers = tuple(each for each in for_text if each is not price_from_comma_decimal)

    def chain(value: Any) -> Any:
        if isinstance(value, str):
            text = value.strip()
            for transform in for_text:
                if not text:
                    return None
                text = transform(text).strip()
            return text or None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return value
        try:
            text = decimal_text(value)
        except NumberTooLong:
            return value
        for transform in for_numbers:
            text = text and transform(text)
        return text or None

    return chain


def as_text(value: Any) -> str | None:
    """A scalar as text (`true`, `9.99`, trimmed text); None for nothing, a list, an object or an endless number."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, int | Decimal):
        return None
    try:
        return decimal_text(value)
    except NumberTooLong:
        return None
