import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.tracking.outcomes import Outcome, Reason, RowOutcome
from chalicelib.tracking.spreadsheet import BYTE_ORDER_MARK, COLUMNS, header, lines


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def test_the_header_names_the_columns_behind_a_byte_order_mark() -> None:
    assert header().startswith(BYTE_ORDER_MARK)
    assert read(header().removeprefix(BYTE_ORDER_MARK)) == [list(COLUMNS)]


def test_each_reason_of_a_row_is_a_line() -> None:
    outcome = RowOutcome(7, Outcome.FAILED, (Reason("a", "First.", "item_name", "x"), Reason("b", "Second.")), "s", "1")
    assert read(b"".join(lines(outcome))) == [
        ["7", "s", "1", "failed", "a", "item_name", "x", "First."],
        ["7", "s", "1", "failed", "b", "", "", "Second."],
    ]


@given(st.text(alphabet=st.characters(blacklist_categories=("Cs",))))
def test_no_cell_begins_as_a_formula_and_every_text_survives(text: str) -> None:
    outcome = RowOutcome(1, Outcome.REJECTED, (Reason("code", "Why.", "item_sku", text),), text, text)
    [cells] = read(b"".join(lines(outcome)))
    for cell in (cells[1], cells[2], cells[6]):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
        assert cell in (text, f"'{text}")
