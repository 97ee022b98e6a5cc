"""Barcodes: which lengths a type has, whether the check digit is right, and how to mend it in words."""

from collections.abc import Callable
from dataclasses import replace

from chalicelib.catalog.check_digits import (
    expand_upc_e,
    gs1_digit,
    has_gs1_digit,
    has_isbn10_digit,
    has_upc_e_digit,
    isbn10_digit,
)
from chalicelib.catalog.codes import FaultCode
from chalicelib.catalog.faults import Fault


def _has_eight_digits_right(code: str) -> bool:
    return has_gs1_digit(code) or has_upc_e_digit(code)


_PLU: dict[int, Callable[[str], bool]] = dict.fromkeys(range(3, 7), str.isdecimal)
_CHECKS: dict[str | None, dict[int, Callable[[str], bool]]] = {
    "UPC": {12: has_gs1_digit, 8: has_upc_e_digit},
    "EAN": {13: has_gs1_digit},
    "EAN8": {8: has_gs1_digit},
    "ISBN": {10: has_isbn10_digit},
    "GTIN": {14: has_gs1_digit},
    "PLU": _PLU,
    None: _PLU
    | {8: _has_eight_digits_right, 10: has_isbn10_digit, 12: has_gs1_digit, 13: has_gs1_digit, 14: has_gs1_digit},
}
"""Type -> length -> is the code right? No type: the length decides; an 8-digit code may be EAN-8 or UPC-E."""

_LENGTHS = {
    "UPC": "12 digits (8 as UPC-E)",
    "EAN": "13 digits",
    "EAN8": "8 digits",
    "ISBN": "10 digits (the last may be X)",
    "GTIN": "14 digits",
    "PLU": "3 to 6 digits",
    None: "3 to 6 (PLU), 8, 10 (ISBN), 12, 13 or 14 digits",
}
_FULL_LENGTH = {"UPC": 12, "EAN": 13, "EAN8": 8, "GTIN": 14}


def is_right(code: str, kind: str | None) -> bool:
    """Whether a code of digits (an X may end it) fits its type's length and ends in its check digit."""
    check = _CHECKS[kind].get(len(code))
    if check is None:
        return False
    try:
        return check(code)
    except (KeyError, ValueError):  # an X where a digit belongs
        return False


def barcode_fault(code: str, kind: str | None, field: str) -> Fault | None:
    """What is wrong with a code of digits (an X may end it) of a known type, and how to mend it; None if it is
    right.
    """
    if is_right(code, kind):
        return None
    name = kind or "Barcode"
    if "X" in code and not (kind in ("ISBN", None) and len(code) == 10):
        message = f"{name} {code} has a letter X, which only an ISBN of 10 signs may end in. Correct it."
        return Fault(FaultCode.BARCODE_DIGITS, message, field, code)
    if len(code) not in _CHECKS[kind]:
        return Fault(FaultCode.BARCODE_LENGTH, _wrong_length(code, kind, name), field, code)
    return Fault(FaultCode.BARCODE_CHECK_DIGIT, _wrong_check_digit(code, kind, name), field, code)


def not_digits(code: str, field: str) -> Fault:
    """The fault of a code that has other signs than digits."""
    if any(sign in code for sign in "eE") and any(sign in code for sign in ".+"):
        hint = "a spreadsheet has rounded it: format the column as text, fill in the codes again, and export"
    else:
        hint = "write the digits alone, as the scanner reads them, without blanks, dashes or letters"
    return Fault(FaultCode.BARCODE_DIGITS, f"Barcode {code[:80]} has signs that are no digits; {hint}.", field, code)


def additional(fault: Fault) -> Fault:
    """The fault of one of the additional barcodes: its reader would look at the item's own one."""
    return replace(fault, message=f"An additional barcode is wrong: {fault.message}")


def _wrong_length(code: str, kind: str | None, name: str) -> str:
    count = f"{name} {code[:80]} has {len(code)} digit{'' if len(code) == 1 else 's'}"
    if kind is None:
        if len(code) == 11 and code[0] != "0" and is_right(f"0{code}", "UPC"):
            return (
                f"{count}; a spreadsheet may have dropped its leading zero: with it, it is the UPC 0{code}. Format "
                "the column as text."
            )
        if len(code) == 11:
            return f"{count}; a UPC has 12: with its check digit it is {code}{gs1_digit(code)}."
        return f"{count}; a barcode has {_LENGTHS[kind]}. Correct it."
    full = _FULL_LENGTH.get(kind, 0)
    with_zeros = code.zfill(full)
    other = next((other for other in ("UPC", "EAN", "EAN8", "GTIN") if other != kind and is_right(code, other)), None)
    if other is None and len(code) < full and (len(code) < full - 1 or code[0] != "0") and is_right(with_zeros, kind):
        return (
            f"{count}; a spreadsheet may have dropped its leading zeros: with them it is {with_zeros}. Format the "
            "column as text."
        )
    if other is None and is_right(code, "ISBN"):
        other = "ISBN"
    if other is not None:
        return (
            f"{count}, but {_article(kind)} has {_LENGTHS[kind]}; it is right as {_article(other)}: correct "
            "external_product_id_type."
        )
    if len(code) == full - 1:
        return f"{count}; with its check digit it is {code}{gs1_digit(code)}."
    if kind == "ISBN" and len(code) == 9 and code.isdecimal():
        return f"{count}; with its check digit it is {code}{isbn10_digit(code)}."
    return f"{count}; {_article(kind)} has {_LENGTHS[kind]}. Correct it, or its type."


def _wrong_check_digit(code: str, kind: str | None, name: str) -> str:
    if kind == "ISBN" or len(code) == 10:
        right = isbn10_digit(code[:9])
    elif kind == "UPC" and len(code) == 8:
        expanded = expand_upc_e(code)
        if expanded is None:
            return (
                f"UPC {code} has 8 digits, so it is a UPC-E, which starts with 0 or 1. Correct it, or set its type to "
                "EAN8."
            )
        right = gs1_digit(expanded[:11])
    else:
        right = gs1_digit(code[:-1])
    return (
        f"{name} {code} ends in the check digit {code[-1]}, but for these digits it is {right}. Compare it with the "
        f"package: one digit is wrong, or the check digit is ({code[:-1]}{right})."
    )


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'EI' else 'a'} {kind}"
