"""JSON numbers as the text that the Catalog API wants: the shortest decimal form, exactly, never through a float."""

from decimal import Decimal

MAX_TEXT = 5_000
_USUAL_LENGTH = 40


class NumberTooLong(ValueError):
    """The number is valid, but its text would be longer than 5,000 characters (`1e999999999`); it was not computed."""


def decimal_text(number: int | Decimal) -> str:
    """Write a finite number without exponent, without trailing zeros, without a point it does not need.

    Raises NumberTooLong.

    >>> decimal_text(Decimal("1e3")), decimal_text(Decimal("9.990")), decimal_text(Decimal("1.0")), decimal_text(4011)
    ('1000', '9.99', '1', '4011')
    """
    exact = Decimal(number)
    if not exact:
        return "0"
    text = str(exact)
    if len(text) > _USUAL_LENGTH or "E" in text or not text[-1].isdigit():
        _, digits, exponent = exact.as_tuple()
        if not isinstance(exponent, int) or len(digits) + abs(exponent) > MAX_TEXT:
            raise NumberTooLong
        text = f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
