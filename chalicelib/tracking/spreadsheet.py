"""Row outcomes as CSV that opens in a spreadsheet. Pure."""

import csv
import io
from collections.abc import Iterator

from chalicelib.tracking.outcomes import RowOutcome

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""Without it Excel takes UTF-8 for a local code page."""
COLUMNS = ("row", "sku", "store_id", "outcome", "code", "field", "value", "message")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def header() -> bytes:
    """The first line of the file."""
    return BYTE_ORDER_MARK + _line(COLUMNS)


def lines(outcome: RowOutcome) -> Iterator[bytes]:
    """One line per reason of a row."""
    for reason in outcome.reasons:
        yield _line(
            (
                str(outcome.row),
                outcome.sku,
                outcome.store_id,
                outcome.outcome.value,
                reason.code,
                reason.field,
                reason.value,
                reason.message,
            )
        )


def guard(text: str) -> str:
    """Keep a spreadsheet from taking text for a formula (OWASP, 'CSV injection').

    >>> guard("=HYPERLINK(1)"), guard("milk")
    ("'=HYPERLINK(1)", 'milk')
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _line(cells: tuple[str | None, ...]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([guard(cell or "") for cell in cells])
    return buffer.getvalue().encode()
