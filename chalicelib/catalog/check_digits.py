"""Check digits of the barcodes that the Catalog API takes: GS1 (UPC-A, UPC-E, EAN-13, EAN-8, GTIN-14) and ISBN-10.

All functions take text of ASCII digits; what else is in a barcode is the caller's to refuse first.
"""

_ONE = {str(digit): digit for digit in range(10)}
_TWO = {first + second: 3 * _ONE[first] + _ONE[second] for first in _ONE for second in _ONE}
_MORE = {first + second: total + _TWO[second] for first, total in (_ONE | _TWO).items() for second in _TWO}
_WEIGHTED_SUMS = {"": 0} | _ONE | _TWO | _MORE
"""Up to four digits -> their sum with the weights 3, 1, 3, 1, the last digit weighing 1. As a GS1 code ends in its
check digit, which weighs 1, its groups of four from the right add up to its sum: some times quicker than a loop over
the digits.
"""


def has_gs1_digit(code: str) -> bool:
    """Whether the last digit of a GS1 code of up to 16 digits is its check digit.

    >>> has_gs1_digit("036000291452"), has_gs1_digit("036000291453")
    (True, False)
    """
    sums = _WEIGHTED_SUMS
    return (sums[code[-4:]] + sums[code[-8:-4]] + sums[code[-12:-8]] + sums[code[:-12]]) % 10 == 0


def gs1_digit(digits: str) -> str:
    """The check digit of a GS1 code that lacks it.

    >>> gs1_digit("03600029145")
    '2'
    """
    total = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def isbn10_digit(nine: str) -> str:
    """The check digit of an ISBN-10's first nine digits; ten is written X.

    >>> isbn10_digit("080442957")
    'X'
    """
    total = sum(int(digit) * weight for digit, weight in zip(nine, range(10, 1, -1), strict=True))
    return "0123456789X"[-total % 11]


def has_isbn10_digit(code: str) -> bool:
    """Whether an ISBN-10 (nine digits, then a digit or X) ends in its check digit."""
    return isbn10_digit(code[:9]) == code[9]


def expand_upc_e(code: str) -> str | None:
    """The UPC-A of an 8-digit UPC-E (number system, six digits, check digit); None if the number system is not 0 or 1.

    >>> expand_upc_e("04252614")
    '042100005264'
    """
    system, body, check = code[0], code[1:7], code[7]
    if system not in "01":
        return None
    last = body[5]
    if last in "012":
        product = body[:2] + last + "0000" + body[2:5]
    elif last == "3":
        product = body[:3] + "00000" + body[3:5]
    elif last == "4":
        product = body[:4] + "00000" + body[4]
    else:
        product = body[:5] + "0000" + last
    return system + product + check


def has_upc_e_digit(code: str) -> bool:
    """Whether an 8-digit code is a UPC-E whose check digit is that of its UPC-A."""
    expanded = expand_upc_e(code)
    return expanded is not None and has_gs1_digit(expanded)
