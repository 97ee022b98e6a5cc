"""prepare with a mapping: rows of several items, rows that are left out, numbers that stay exact."""

from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.catalog.prepare import Fault, Limits, Mapped
from tests.unit.catalog.recording import good, lines, run

ALL = Limits(max_rejected_ratio=1.0)


class TwoStores:
    """A mapping that sends a row to two stores; it skips rows without a SKU and refuses those whose name is 'bad'."""

    csv = None
    records: str | None = None
    fields = ()

    def conditions_without(self, names: object) -> tuple[str, ...]:
        return ()

    def missing_columns(self, header: Sequence[str]) -> dict[str, str]:
        return {}

    def apply(self, record: Any) -> Mapped:
        if not record.get("item_sku"):
            return Mapped(skipped=True)
        stores = str(record.get("stores", "a b")).split()
        items = tuple(
            {name: value for name, value in record.items() if name != "stores"} | {"store_id": store}
            for store in stores
        )
        if record.get("item_name") == "bad":
            return Mapped(items=items, faults=(Fault("mapping_x", "Mend it.", "item_name", "bad"),))
        return Mapped(items=items)


def test_a_row_sent_to_two_stores_makes_two_items_of_one_row() -> None:
    recording = run(lines(good()), mapping=TwoStores())
    assert recording.marks == [[1, "SKU-1", "a"], [1, "SKU-1", "b"]]
    assert (recording.answer.good, recording.answer.items) == (1, 2)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=12), st.integers(4, 6))
def test_the_items_of_a_row_never_straddle_two_batches(counts: list[int], most: int) -> None:
    some = [good(item_sku=str(number), stores=" ".join("abcd"[:count])) for number, count in enumerate(counts)]
    recording = run(lines(*some), mapping=TwoStores(), limits=Limits(max_batch_items=most))
    assert recording.answer.items == sum(counts)
    rows_of_batches = [{mark[0] for mark in orjson.loads(batch.rows)} for batch in recording.batches]
    for place, numbers in enumerate(rows_of_batches):
        assert not any(numbers & others for others in rows_of_batches[place + 1 :])


def test_a_row_is_rejected_as_a_whole_if_one_of_its_items_is() -> None:
    recording = run(lines(good(stores="b"), good(stores="a b c"), good(stores="a c")), mapping=TwoStores(), limits=ALL)
    assert recording.codes == {2: ["duplicate"]}
    assert recording.marks == [[1, "SKU-1", "b"], [3, "SKU-1", "a"], [3, "SKU-1", "c"]]
    assert recording.rejections[0].store_id == "a, b, c"


def test_a_row_at_fault_names_its_sku_as_text_and_every_item_that_an_earlier_row_has() -> None:
    some = [good(item_sku=1001, stores="a b"), good(item_sku=1001, standard_price="x", stores="b a c")]
    recording = run(lines(*some), mapping=TwoStores(), limits=ALL)
    [rejection] = recording.rejections
    assert (rejection.sku, rejection.store_id) == ("1001", "b, a, c")
    assert recording.codes == {2: ["price", "duplicate", "duplicate"]}
    assert [store in fault.message for store, fault in zip("ba", rejection.faults[1:], strict=True)] == [True, True]


def test_a_row_that_names_a_store_twice_repeats_itself() -> None:
    recording = run(lines(good(stores="a a")), mapping=TwoStores(), limits=ALL)
    assert recording.codes == {1: ["duplicate"]}
    assert "Row 1 has" in recording.rejections[0].faults[0].message
    assert recording.rejections[0].store_id == "a"


def test_a_rejected_row_names_all_its_stores_the_good_and_the_wrong() -> None:
    recording = run(lines(good(stores="b x a")), mapping=TwoStores(), limits=ALL, known_store_ids=["a", "b"])
    assert recording.codes == {1: ["unknown_store"]}
    assert recording.rejections[0].store_id == "b, x, a"


def test_a_row_of_more_items_than_a_batch_takes_is_rejected() -> None:
    recording = run(
        lines(good(stores="a b c")), mapping=TwoStores(), limits=Limits(max_batch_items=2, max_rejected_ratio=1)
    )
    assert recording.codes == {1: ["item_too_large"]}
    assert "makes 3 items" in recording.rejections[0].faults[0].message


def test_a_fault_that_several_items_of_a_row_share_is_said_once() -> None:
    recording = run(lines(good(standard_price="x")), mapping=TwoStores(), limits=ALL)
    assert recording.codes == {1: ["price"]}
    assert (recording.rejections[0].sku, recording.rejections[0].store_id) == ("SKU-1", "a, b")


def test_a_mapping_fault_comes_first_and_silences_its_echo() -> None:
    recording = run(lines(good(item_name="bad", standard_price="x", stores="a")), mapping=TwoStores(), limits=ALL)
    assert recording.codes == {1: ["mapping_x", "price"]}


def test_skipped_rows_are_counted_and_a_file_of_them_alone_is_no_error() -> None:
    recording = run(lines(good(item_sku=""), good()), mapping=TwoStores())
    assert (recording.answer.skipped, recording.answer.good) == (1, 1)
    alone = run(lines(good(item_sku=""), good(item_sku="")), mapping=TwoStores())
    assert (alone.answer.skipped, alone.answer.invalid, alone.answer.batches) == (2, None, 0)


def test_a_row_that_can_not_be_read_never_reaches_the_mapping() -> None:
    assert run(lines(good(), b"{", 3), mapping=TwoStores(), limits=ALL).codes == {2: ["not_json"], 3: ["not_an_object"]}


@pytest.mark.parametrize("number", [b"1e99999999999999999999", b'[1, {"a": [1e99999999999999999999]}]'])
def test_a_broken_number_never_reaches_the_mapping(number: bytes) -> None:
    row = orjson.dumps(good(stock="STOCK")).replace(b'"STOCK"', number)
    for data in (lines(good(item_sku="2"), row), b"[" + orjson.dumps(good(item_sku="2")) + b"," + row + b"]"):
        recording = run(data, mapping=TwoStores(), limits=ALL)
        assert recording.codes == {2: ["not_a_number"]}
        assert recording.rejections[0].faults[0].field == "stock"


def test_a_mapping_gets_numbers_exactly() -> None:
    row = orjson.dumps(good(standard_price="PRICE")).replace(b'"PRICE"', b"9.9900000000000000001")
    for data in (row, b"[" + row + b"]"):
        assert run(data, mapping=TwoStores()).items[0]["standard_price"] == "9.9900000000000000001"


def test_what_a_mapping_computes_becomes_text_or_a_fault() -> None:
    class Computing(TwoStores):
        def apply(self, record: Any) -> Mapped:
            computed = {"1": 0.1, "2": float("nan"), "3": {1, 2}}[record["item_sku"]]
            return Mapped(items=(record | {"standard_price": computed},))

    recording = run(lines(*[good(item_sku=sku) for sku in "123"]), mapping=Computing(), limits=ALL)
    assert recording.items == [good(item_sku="1", standard_price="0.1")]
    assert recording.codes == {2: ["not_a_number"], 3: ["not_a_scalar"]}


class Nested(TwoStores):
    records = "data.rows"


def test_a_mapping_says_where_the_rows_are_in_a_document() -> None:
    data = orjson.dumps({"data": {"rows": [good()]}, "more": 1})
    assert run(data, mapping=Nested()).answer.items == 2
    assert run(orjson.dumps({"data": [good()]}), mapping=Nested()).message.startswith("The file has no rows")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"date": 1}, "but the file has the fields 'date'. Name the list with `records` in a mapping."),
        (
            {"data": {"row": [good()], "n": 1}},
            "but 'data' has the fields 'row', 'n'. Correct `records` in the mapping.",
        ),
        ({"data": [good()]}, "but 'data' has no fields. Correct `records` in the mapping."),
        ({"data": {"rows": {"1": good()}}}, "the list 'data.rows' is empty, or no list."),
    ],
)
@pytest.mark.parametrize("option", [0, orjson.OPT_INDENT_2])
def test_a_path_to_the_rows_that_breaks_off_is_told_where(document: Any, words: str, option: int) -> None:
    assert words in run(orjson.dumps(document, option=option), mapping=Nested()).message
