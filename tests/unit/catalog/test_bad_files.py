"""What real life uploads: each file of the corpus ends as the golden file says, in words that a catalog manager can
use.
"""

import gzip
import io
import json
import random
from pathlib import Path
from typing import Any

import orjson
import pytest

from chalicelib.catalog.prepare import Limits
from chalicelib.catalog.rows import MAX_ROW_BYTES
from tests.unit.catalog.golden import EXPECTED, bad_files, outcome
from tests.unit.catalog.recording import Trickle, good, goods, lines, run

expected: dict[str, Any] = json.loads(EXPECTED.read_text(encoding="utf-8"))


def test_the_corpus_and_the_golden_file_name_the_same_files() -> None:
    assert {path.name for path in bad_files()} == set(expected)
    assert len(expected) >= 60


@pytest.mark.parametrize("path", bad_files(), ids=lambda path: path.name)
def test_a_bad_file_ends_as_expected(path: Path) -> None:
    assert outcome(path) == expected[path.name]


@pytest.mark.parametrize("path", bad_files(), ids=lambda path: path.name)
def test_a_bad_file_ends_the_same_when_its_bytes_trickle_in(path: Path) -> None:
    data = path.read_bytes()
    whole, trickled = run(data), run(data, stream=Trickle(data, 1))
    assert (trickled.answer, trickled.rejections, trickled.batches) == (whole.answer, whole.rejections, whole.batches)


@pytest.mark.parametrize("path", bad_files(), ids=lambda path: path.name)
def test_every_message_is_a_sentence_that_says_what_to_do(path: Path) -> None:
    recording = run(path.read_bytes())
    messages = [fault.message for row in recording.rejections for fault in row.faults]
    if recording.answer.invalid:
        messages.append(recording.answer.invalid.message)
    for message in messages:
        assert (
            message[0].isupper()
            or message[0].isdecimal()
            or message.split()[0].split("[")[0].replace("_", "").islower()
        )
        assert message.endswith(".")
        assert "Error" not in message
        assert "Traceback" not in message
        assert len(message) < 700


def test_a_line_over_the_limit_is_a_rejected_row_and_the_others_are_good() -> None:
    long_line = orjson.dumps(good(item_sku="long", brand_name="x" * MAX_ROW_BYTES))
    recording = run(lines(good(), long_line, *goods(9)[1:]))
    assert recording.codes == {2: ["row_too_long"]}
    assert recording.answer.good == 9


def test_a_line_of_exactly_the_limit_is_read() -> None:
    line = orjson.dumps(good(item_sku="long", brand_name=""))
    full = line.replace(b'"brand_name":""', b'"brand_name":"%s"' % (b"x" * (MAX_ROW_BYTES - len(line))))
    assert len(full) == MAX_ROW_BYTES
    assert run(lines(good(), full, *goods(9)[1:])).codes == {2: ["too_long"]}
    assert run(lines(good(), full + b" ", *goods(9)[1:])).codes == {2: ["row_too_long"]}


def test_a_row_over_the_limit_in_an_array_makes_the_file_invalid_with_the_place() -> None:
    data = b"[" + orjson.dumps(good()) + b',{"brand_name":"' + b"x" * 3 * MAX_ROW_BYTES + b'"}]'
    recording = run(data)
    assert recording.answer.invalid is not None
    assert recording.answer.invalid.code == "row_too_long"
    assert recording.message.startswith("Behind row 1, up to byte 1,179,648 no further row has ended")


def test_a_csv_line_over_the_limit_is_a_rejected_row_and_the_others_are_good() -> None:
    header = b"item_sku,external_product_id,item_name,store_id\n"
    data = header + b"1,4011,a,s1\n2,4011," + b"x" * (2 * MAX_ROW_BYTES) + b",s1\n3,4011,a,s1\n"
    recording = run(data, limits=Limits(max_rejected_ratio=1))
    assert recording.codes == {2: ["row_too_long"]}
    assert "Line 3 is longer than 1,048,576 bytes" in recording.rejections[0].faults[0].message


def test_a_quote_that_swallows_more_than_the_limit_costs_its_own_row_alone() -> None:
    header = b"item_sku,external_product_id,item_name,store_id\n"
    some = b"".join(b"%d,4011,a,s1\n" % number for number in range(100_000))
    recording = run(header + b'x,4011,"a,s1\n' + some)
    assert recording.codes == {1: ["quotes"]}
    assert recording.answer.good == 100_000


def test_a_file_whose_quotes_are_past_mending_is_invalid_before_it_takes_forever() -> None:
    header = b"item_sku,external_product_id,item_name,store_id\n"
    recording = run(header + b'a",x,"\n' * 400_000, limits=Limits(max_rejected_ratio=1))
    assert recording.answer.invalid is not None
    assert recording.answer.invalid.code == "csv_quotes"
    assert "so many quotes" in recording.message


def test_random_bytes_behind_the_gzip_magic_are_a_broken_gzip() -> None:
    recording = run(b"\x1f\x8b" + random.Random(7).randbytes(5000))
    assert recording.answer.invalid is not None
    assert recording.answer.invalid.code == "broken_gzip"


def test_a_gzip_of_many_members_is_one_file() -> None:
    data = b"".join(gzip.compress(lines(item)) for item in goods(50))
    assert run(data).items == goods(50)
    assert run(data, stream=Trickle(data, 7)).items == goods(50)


def test_whitespace_before_the_first_row_does_not_matter() -> None:
    assert run(b"\n" * 600_000 + lines(good())).answer.good == 1
    assert run(b" " * 600_000 + orjson.dumps([good()])).answer.good == 1


def test_nothing_but_whitespace_is_an_empty_file() -> None:
    recording = run(b"", stream=io.BytesIO(b" \n" * 400_000))
    assert recording.answer.invalid is not None
    assert recording.answer.invalid.code == "empty"
