"""Bytes from anywhere: never an exception, never a row uncounted, never another answer for the same bytes."""

import gzip
import re
from pathlib import Path
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.catalog.prepare import Format, Limits, Operation
from tests.unit.catalog.golden import bad_files
from tests.unit.catalog.recording import Recording, Trickle, good, goods, lines, run

ALL = Limits(max_rejected_ratio=1.0, max_batch_items=3)
operations = st.sampled_from(Operation)
formats = st.sampled_from([None, *Format])

HEADER = b"item_sku,external_product_id,item_name,store_id\n"
SEEDS = [
    orjson.dumps(goods(4)),
    orjson.dumps({"catalogItems": goods(3), "more": [1.5, None, True, {"a": '\\"'}]}),
    lines(*goods(4)),
    HEADER + b'1,4011,"a ""b"",\nc",s1\r\n2,4011,d,s1\n3,4011,e,s1\n',
    b'["A1", "B2", "C3"]',
    gzip.compress(lines(*goods(4)), mtime=0),
    *(path.read_bytes() for path in bad_files() if path.stat().st_size < 2000),
]
PIECES = [
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b",",
    b":",
    b"\\",
    b"\\u",
    b"\\ud800",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xc3",
    b"1e9",
    b"9" * 700,
    b"[" * 120,
    b"]" * 120,
    b'{"a":' * 120,
    b"NaN",
    b" ",
    b";",
    b"'",
    b"\x1f\x8b",
    b"PK\x03\x04",
    b'""',
    b"null",
    b"-",
]


@st.composite
def mutated(draw: Any) -> bytes:
    """A file that was good, or bad in one way, with some pieces cut out, put in, doubled or overwritten."""
    data = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        piece = draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=4), st.just(data[start:end] * 2)))
        data = data[:start] + piece + data[draw(st.sampled_from([start, end])) :]
    return data


def answer_twice(data: bytes, size: int, **arguments: Any) -> Recording:
    whole = run(data, limits=ALL, known_store_ids=["store-1", "s1"], **arguments)
    again = run(data, stream=Trickle(data, size), limits=ALL, known_store_ids=["store-1", "s1"], **arguments)
    assert (again.answer, again.batches, again.rejections) == (whole.answer, whole.batches, whole.rejections)
    return whole


@settings(max_examples=150)
@given(st.binary(max_size=400), operations, formats, st.integers(1, 9))
def test_arbitrary_bytes_get_an_answer(data: bytes, operation: Operation, wanted: Format | None, size: int) -> None:
    answer_twice(data, size, operation=operation, format=wanted)


@settings(max_examples=250)
@given(mutated(), operations, formats, st.integers(1, 9))
def test_a_damaged_file_gets_an_answer(data: bytes, operation: Operation, wanted: Format | None, size: int) -> None:
    answer_twice(data, size, operation=operation, format=wanted)


@settings(max_examples=100)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join), formats)
def test_signs_of_all_formats_in_any_order_get_an_answer(data: bytes, wanted: Format | None) -> None:
    answer_twice(data, 1, format=wanted)


@settings(max_examples=100)
@given(mutated())
def test_damage_in_a_line_costs_that_line_alone(damage: bytes) -> None:
    damage = damage.replace(b"\n", b"").replace(b"\r", b"")
    data = lines(good(item_sku="before")) + damage + b"\n" + lines(good(item_sku="after"))
    recording = run(data, limits=ALL, format=Format.JSON_LINES)
    if recording.answer.invalid is None:
        skus = [item["item_sku"] for item in recording.items]
        assert (skus[0], skus[-1]) == ("before", "after")
        assert recording.answer.rows_read == 2 + bool(damage and not damage.isspace())
    else:
        assert recording.answer.invalid.code in ("not_utf8", "unknown_kind")


@settings(max_examples=150)
@given(st.sampled_from([path for path in bad_files() if path.suffix in (".json", ".gz", ".csv", ".jsonl")]), st.data())
def test_a_file_that_breaks_off_anywhere_gets_an_answer(path: Path, data: Any) -> None:
    whole = path.read_bytes()[:5000]
    answer_twice(whole[: data.draw(st.integers(0, len(whole)))], 3)


@settings(max_examples=100)
@given(st.integers(0, 10_000))
def test_a_good_array_that_breaks_off_counts_the_rows_before(end: int) -> None:
    data = orjson.dumps(goods(30))
    end = end % len(data)
    recording = run(data[:end])
    complete = data[:end].count(b'"standard_price":"9.99"}')
    if end:
        assert recording.answer.rows_read == complete
    assert recording.answer.invalid is not None


@settings(max_examples=200)
@given(
    st.integers(0, 400), st.integers(0, 60), st.sampled_from([b" ", b"\n", b""]), st.sampled_from([b"#", b"}", b"tru,"])
)
def test_the_byte_where_an_array_is_broken_is_named(row: int, blanks: int, blank: bytes, wrong: bytes) -> None:
    before = b"[" + b",".join(map(orjson.dumps, goods(row + 1))) + b"," + blank * blanks
    recording = run(before + wrong + orjson.dumps(good()) + b"]")
    assert recording.answer.rows_read == row + 1
    named = re.search(r"at byte ([0-9,]+) the JSON is broken", recording.message)
    assert named is not None
    assert 0 <= int(named[1].replace(",", "")) - len(before) <= len(wrong)
