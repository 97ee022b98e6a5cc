"""prepare as a whole: the law, the order, batches by count and bytes, all formats alike."""

import csv
import gzip
import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.catalog.prepare import Format, Limits, Operation, prepare
from chalicelib.catalog.sorting import Sorting
from tests.unit.catalog.recording import GOOD, Recording, Trickle, good, goods, lines, run
from tests.unit.catalog.strategies import good_items, rows

ALL = Limits(max_rejected_ratio=1.0)


@given(st.lists(rows, max_size=12))
def test_the_law_holds_for_any_rows_and_both_json_formats_agree(some: list[Any]) -> None:
    some = [good(item_sku="first"), *some]
    array, line_file = run(orjson.dumps(some), limits=ALL), run(lines(*some), limits=ALL)
    assert array.answer.rows_read == len(some)
    assert line_file.batches == array.batches
    assert line_file.rejections == array.rejections
    assert line_file.answer == replace(array.answer, format="jsonl")


@given(st.lists(good_items, max_size=30), st.integers(1, 5), st.integers(400, 2000))
def test_batches_laid_end_to_end_are_the_good_items_in_order(items: list[Any], most: int, size: int) -> None:
    recording = run(
        orjson.dumps(items), limits=Limits(max_batch_items=most, max_batch_bytes=size, max_rejected_ratio=1)
    )
    seen: dict[tuple[str, str], int] = {}
    expected = []
    for number, item in enumerate(items, 1):
        key = (item["store_id"], item["item_sku"])
        if key not in seen:
            seen[key] = number
            expected.append(item)
    assert recording.items == expected
    assert [mark[0] for mark in recording.marks] == list(seen.values())
    assert [(mark[2], mark[1]) for mark in recording.marks] == list(seen)
    assert all(len(batch.body) <= size and batch.item_count <= most for batch in recording.batches)
    for first, second in zip(recording.batches, recording.batches[1:], strict=False):
        [next_item, *_] = orjson.loads(second.body)["catalogItems"]
        is_full = first.item_count == most or len(first.body) + 1 + len(orjson.dumps(next_item)) > size
        assert is_full


@given(st.lists(good_items, max_size=12), st.integers(1, 3))
def test_the_same_file_gives_the_same_calls_however_its_bytes_arrive(items: list[Any], size: int) -> None:
    data = orjson.dumps(items)
    limits = Limits(max_batch_items=3, max_rejected_ratio=1)
    whole, trickled = run(data, limits=limits), run(data, stream=Trickle(data, size), limits=limits)
    packed = gzip.compress(data)
    unpacked = run(packed, stream=Trickle(packed, size), limits=limits)
    assert whole.batches == trickled.batches == unpacked.batches
    assert whole.rejections == trickled.rejections == unpacked.rejections
    assert unpacked.answer.format == "json+gzip"


@given(
    st.lists(st.one_of(good_items, rows), max_size=25),
    st.integers(1, 7),
    st.integers(300, 3000),
    st.sampled_from([2, 5, 100]),
)
def test_runs_of_good_rows_taken_at_once_come_out_as_one_by_one(
    some: list[Any], most: int, size: int, newest: int
) -> None:
    def one_by_one(self: Sorting, first: int, items: list[Any]) -> None:
        for row, item in enumerate(items, first):
            self._take_row(row, (item,))

    data = orjson.dumps(some)
    limits = Limits(max_batch_items=most, max_batch_bytes=size, max_rejected_ratio=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chalicelib.catalog.repeated_items._NEWEST", newest)
        at_once = run(data, limits=limits)
        patch.setattr(Sorting, "_take_run", one_by_one)
        slowly = run(data, limits=limits)
    assert (at_once.answer, at_once.batches, at_once.rejections) == (slowly.answer, slowly.batches, slowly.rejections)


def test_a_batch_is_the_exact_body_of_the_call_and_its_rows_stand_beside_it() -> None:
    recording = run(lines(good(item_sku="a"), {}, good(item_sku="b", store_id="store-2")), limits=ALL)
    [batch] = recording.batches
    assert batch.body == orjson.dumps({"catalogItems": [good(item_sku="a"), good(item_sku="b", store_id="store-2")]})
    assert batch.rows == b'[[1,"a","store-1"],[3,"b","store-2"]]'
    assert (batch.number, batch.row_count, batch.item_count) == (1, 2, 2)


def test_batches_are_cut_by_count() -> None:
    recording = run(lines(*goods(25)), limits=Limits(max_batch_items=10))
    assert [batch.item_count for batch in recording.batches] == [10, 10, 5]


def test_batches_are_cut_by_bytes_and_may_be_filled_to_the_last_one() -> None:
    two = len(orjson.dumps({"catalogItems": goods(2)}))
    assert [batch.item_count for batch in run(lines(*goods(6)), limits=Limits(max_batch_bytes=two)).batches] == [
        2,
        2,
        2,
    ]
    assert [batch.item_count for batch in run(lines(*goods(6)), limits=Limits(max_batch_bytes=two - 1)).batches] == [
        1
    ] * 6


def test_batches_are_cut_by_bytes_across_blocks_of_rows_too() -> None:
    items = goods(6000)
    limits = Limits(max_batch_bytes=300_000)
    recording = run(lines(*items), limits=limits)
    assert recording.items == items
    for first, second in zip(recording.batches, recording.batches[1:], strict=False):
        [next_item, *_] = orjson.loads(second.body)["catalogItems"]
        assert len(first.body) <= 300_000 < len(first.body) + 1 + len(orjson.dumps(next_item))


def test_an_item_that_alone_is_over_the_byte_limit_is_rejected() -> None:
    limit = len(orjson.dumps({"catalogItems": [good()]}))
    for limits, codes in (
        (Limits(max_batch_bytes=limit), {}),
        (Limits(max_batch_bytes=limit - 1, max_rejected_ratio=1), {1: ["item_too_large"]}),
    ):
        assert run(lines(good()), limits=limits).codes == codes


def test_batches_come_while_the_file_is_still_being_read() -> None:
    class Watched(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            read_at.append(len(recording.batches))
            return super().read(size)

    read_at: list[int] = []
    recording = Recording()
    prepare(Watched(lines(*goods(5000))), recording, limits=Limits(max_batch_items=100))
    assert read_at[-1] > read_at[0] == 0


def test_a_row_that_repeats_an_earlier_one_is_rejected_with_that_rows_number() -> None:
    recording = run(lines(good(), good(store_id="store-2"), good(item_name="again")), limits=ALL)
    assert recording.codes == {3: ["duplicate"]}
    [fault] = recording.rejections[0].faults
    assert fault.message.startswith("Row 1 has the same item_sku (SKU-1) for the same store (store-1).")
    assert (fault.field, fault.value) == ("item_sku", "SKU-1")


def test_a_row_that_repeats_a_rejected_one_is_good() -> None:
    recording = run(lines(good(standard_price="x"), good(), good()), limits=ALL)
    assert recording.codes == {1: ["price"], 3: ["duplicate"]}
    assert "Row 2 has" in recording.rejections[1].faults[0].message


def test_a_faulty_row_that_repeats_an_earlier_one_is_told_both() -> None:
    assert run(lines(good(), good(standard_price="x")), limits=ALL).codes == {2: ["price", "duplicate"]}


def test_a_repetition_is_found_across_blocks_batches_and_the_temporary_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.catalog.repeated_items._NEWEST", 500)
    some = goods(4000)
    recording = run(
        lines(*some, *some[::-7], good(item_sku="new")), limits=Limits(max_batch_items=300, max_rejected_ratio=1)
    )
    assert recording.answer.good == 4001
    for row in recording.rejections:
        assert row.faults[0].message.startswith(f"Row {int(str(row.sku)[4:]):,} has")


def test_more_rejected_rows_than_the_ratio_make_the_file_invalid() -> None:
    some = [*goods(8), {}, {}]
    assert run(lines(*some), limits=Limits(max_rejected_ratio=0.2)).answer.invalid is None
    recording = run(lines(*some), limits=Limits(max_rejected_ratio=0.19))
    assert recording.answer.invalid is not None
    assert recording.answer.invalid.code == "too_many_rejected"
    assert recording.message.startswith("2 of 10 rows (20.0%) are rejected, more than the 19.0% that are let through")
    assert "missing (2 rows)" in recording.message


def test_a_share_that_is_exactly_the_ratio_is_let_through() -> None:
    for rejected in range(1, 100):
        some = [*goods(100 - rejected), *[{}] * rejected]
        assert run(lines(*some), limits=Limits(max_rejected_ratio=rejected / 100)).answer.invalid is None


def test_a_ratio_of_zero_means_all_or_nothing() -> None:
    assert run(lines(*goods(2)), limits=Limits(max_rejected_ratio=0)).answer.invalid is None
    assert run(lines(*goods(2), {}), limits=Limits(max_rejected_ratio=0)).answer.invalid is not None


def test_a_file_without_any_good_row_is_invalid_whatever_the_ratio() -> None:
    recording = run(lines({}, {}), limits=ALL)
    assert recording.answer.invalid is not None
    assert recording.answer.invalid.code == "no_good_rows"


def test_reasons_count_rows_not_faults() -> None:
    recording = run(lines({}, good(standard_price="x")), limits=ALL)
    assert recording.answer.reasons == {"missing": 1, "price": 1}


def as_csv(items: Sequence[dict[str, str]], delimiter: str = ",") -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(GOOD), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(items)
    return out.getvalue().encode()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("data", "name"),
    [
        (orjson.dumps(goods(30)), "json"),
        (orjson.dumps(goods(30), option=orjson.OPT_INDENT_2), "json"),
        (orjson.dumps({"version": 1, "catalogItems": goods(30)}), "json"),
        (lines(*goods(30)), "jsonl"),
        (as_csv(goods(30)), "csv"),
        (as_csv(goods(30), ";"), "csv"),
        (b"\xef\xbb\xbf" + lines(*goods(30)), "jsonl"),
    ],
)
def test_every_format_gives_the_same_batches(data: bytes, name: str, pack: Any) -> None:
    recording = run(pack(data))
    assert recording.items == goods(30)
    assert recording.answer.format == name + ("+gzip" if pack is gzip.compress else "")


def test_a_wanted_format_is_taken_for_granted() -> None:
    data = lines(good())
    assert run(data, format=Format.JSON_LINES).answer.good == 1
    assert run(data, format=Format.JSON).answer.invalid is not None
    assert run(data, format=Format.CSV).answer.invalid is not None


@pytest.mark.parametrize("operation", [Operation.CATALOG, Operation.CART])
def test_a_cart_catalog_has_the_same_body(operation: Operation) -> None:
    assert run(lines(good()), operation=operation).items == [good()]


def test_errors_of_the_stream_and_of_the_sink_pass_through() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        prepare(Broken(), Recording())

    class Full(Recording):
        def batch(self, batch: Any) -> None:
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        prepare(io.BytesIO(lines(good())), Full())
