"""CSV as retailers have it."""

import csv
import gzip
import io
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.catalog.csv_dialect import find_dialect, fold
from chalicelib.catalog.csv_table import CsvTable, Dialect
from chalicelib.catalog.faults import CsvOptions
from chalicelib.catalog.prepare import Limits, Mapped
from chalicelib.catalog.rows import Unreadable
from tests.unit.catalog.recording import Recording, run

HEADER = "item_sku,external_product_id,item_name,store_id"
ALL = Limits(max_rejected_ratio=1.0)


def table(*rows: str, header: str = HEADER, end: str = "\n", **arguments: Any) -> Recording:
    return run(end.join([header, *rows, ""]).encode(), limits=ALL, **arguments)


def test_values_are_trimmed_and_empty_ones_are_absent() -> None:
    recording = table(" 1 , 4011 , Bananas , s1 ,,", header=HEADER + ",brand_name,size_name")
    assert recording.items == [
        {"item_sku": "1", "external_product_id": "4011", "item_name": "Bananas", "store_id": "s1"}
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_delimiter_is_found_out(delimiter: str, end: str) -> None:
    recording = table(
        delimiter.join(["1", "4011", '"Bananas, ripe; ""A|B"""', "s1"]), header=HEADER.replace(",", delimiter), end=end
    )
    assert recording.items[0]["item_name"] == 'Bananas, ripe; "A|B"'


def test_excels_separator_line_decides_even_if_another_sign_is_more_frequent() -> None:
    data = b"sep=|\r\n" + HEADER.replace(",", "|").encode() + b"|a,b,c,d,e,f,g,h\r\n1|4011|Bananas|s1|x\r\n"
    assert run(data).items[0]["a,b,c,d,e,f,g,h"] == "x"


def test_header_names_match_without_regard_to_case_and_space() -> None:
    assert fold(" Item_SKU ") == fold("itemsku") == fold("ITEM sku") == fold("item-sku")
    recording = table("1,4011,Bananas,s1,x", header=" ITEM SKU ,External Product-ID,item name,STORE_ID,My Shelf ")
    assert recording.items == [
        {"item_sku": "1", "external_product_id": "4011", "item_name": "Bananas", "store_id": "s1", "My Shelf": "x"}
    ]


def test_an_unnamed_column_is_not_read() -> None:
    assert "" not in table("1,4011,Bananas,s1,x,y", header=HEADER + ",,").items[0]


def test_blanks_behind_a_delimiter_do_not_hide_a_quote() -> None:
    assert table('1, 4011, "Bananas, ripe", "s1"').items[0]["item_name"] == "Bananas, ripe"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_empty_lines_before_the_header_are_passed_over(end: str) -> None:
    recording = run(f"{end}item_sku,external_product_id,item_name,store_id{end}1,4011,Bananas,s1{end}".encode())
    assert [item["item_sku"] for item in recording.items] == ["1"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_excels_first_line_tells_the_delimiter_whatever_the_line_ends(end: str) -> None:
    text = f"sep=;{end}item_sku;external_product_id;item_name;store_id{end}1;4011;Bananas, ripe;s1{end}"
    assert run(text.encode()).items[0]["item_name"] == "Bananas, ripe"


@pytest.mark.parametrize("sku", ["ORC-1", "PAR1-1", "BZh1", "GIF8-1"])
def test_text_that_begins_like_a_binary_file_is_text(sku: str) -> None:
    mapping = Columns(CsvOptions(header=("sku", "bc")))
    run(f"{sku},4011\n".encode(), mapping=mapping)
    assert mapping.seen == [{"sku": sku, "bc": "4011"}]


def test_ragged_lines_are_rejected_rows_with_their_line() -> None:
    recording = table("1,4011,Bananas", "2,4011,Bananas,s1", '3,4011,"Ban\nanas",s1', "4,4011,Ba,na,nas,s1")
    assert recording.codes == {1: ["column_count"], 3: ["control_character"], 4: ["column_count"]}
    assert recording.rejections[0].faults[0].message.startswith("Line 2 has 3 columns, the header 4.")
    assert recording.rejections[2].faults[0].message.startswith("Line 6 has 6 columns, the header 4.")


def test_a_broken_record_of_several_lines_costs_its_first_line_alone() -> None:
    recording = table('1,4011,"Ban', "2,4011,Bananas,s1", '3,4011,"Bananas"x,s1', "4,4011,Bananas,s1")
    assert recording.codes == {1: ["quotes"], 3: ["quotes"]}
    assert [item["item_sku"] for item in recording.items] == ["2", "4"]


def test_an_unreadable_header_makes_the_file_invalid() -> None:
    recording = run(b'item_sku,"name\n')
    assert recording.answer.invalid is not None
    assert recording.answer.invalid.code == "csv_header"
    assert "Line 1 opens a quote" in recording.message


class Columns:
    """A mapping with options that takes a row's columns as they are."""

    records = None
    fields = ()

    def __init__(self, csv: CsvOptions | None = None, missing: Mapping[str, str] | None = None) -> None:
        self.csv = csv
        self.missing = missing or {}
        self.seen: list[dict[str, str]] = []

    def conditions_without(self, names: object) -> tuple[str, ...]:
        return ()

    def missing_columns(self, header: Sequence[str]) -> Mapping[str, str]:
        return self.missing

    def apply(self, record: Any) -> Mapped:
        self.seen.append(record)
        return Mapped(skipped=True)


def test_a_mapping_gets_the_header_as_it_stands_and_the_values_but_for_blanks_in_front() -> None:
    mapping = Columns()
    run(b" Artikel-Nr ;VK Preis\n 1 ; 0,99\n2;\n", mapping=mapping)
    assert mapping.seen == [{"Artikel-Nr": "1 ", "VK Preis": "0,99"}, {"Artikel-Nr": "2", "VK Preis": ""}]


def test_a_mapping_gives_delimiter_quote_and_header() -> None:
    mapping = Columns(CsvOptions("~", "'", ("a", "b")))
    run(b"1~'x~y'\n2~z\n", mapping=mapping)
    assert mapping.seen == [{"a": "1", "b": "x~y"}, {"a": "2", "b": "z"}]


def test_columns_that_the_mapping_needs_and_the_file_lacks_make_it_invalid() -> None:
    recording = run(b"a,b\n1,2\n", mapping=Columns(missing={"VK-Preis": " (hint)"}))
    assert recording.answer.invalid is not None
    assert recording.answer.invalid.code == "csv_header"
    assert recording.message == (
        "The mapping reads columns that the first line does not name: 'VK-Preis' (hint); it has 'a', 'b'. Correct the "
        "header or the mapping."
    )


@pytest.mark.parametrize(
    ("header", "given", "words"),
    [
        ("a,b", ";", "read with the delimiter ';'; the file seems to have ','."),
        ("a\tb", ";", "read with the delimiter ';'; the file seems to have '\\t'."),
    ],
)
def test_a_delimiter_of_the_mapping_that_the_file_does_not_have_is_told(header: str, given: str, words: str) -> None:
    mapping = Columns(CsvOptions(given), missing={"b": ""})
    assert words in run(f"{header}\n1\n".encode(), mapping=mapping).message


def test_a_header_of_one_column_is_not_said_to_have_another_delimiter() -> None:
    mapping = Columns(CsvOptions(";"), missing={"b": ""})
    assert "delimiter" not in run(b"a\n1\n", mapping=mapping).message
    assert "delimiter" not in run(b"a;c,d\n1;2\n", mapping=mapping).message


def test_a_long_header_is_not_repeated_in_full() -> None:
    recording = run(",".join(f"column {number}" for number in range(30)).encode())
    assert "'column 19' and 10 more" in recording.message


def test_a_file_of_blank_lines_behind_excels_separator_line_has_no_rows() -> None:
    recording = run(b"sep=;\n\n\n")
    assert recording.answer.invalid is not None
    assert recording.answer.invalid.code == "no_rows"


cells = st.text(st.sampled_from("ab ,;|\t\"'\n\r\u00e9"), max_size=6)


@given(
    st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=6),
    st.sampled_from(",;|\t"),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 50),
)
def test_what_a_strict_writer_writes_is_read_back(rows: list[list[str]], delimiter: str, end: str, size: int) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    data = out.getvalue().encode()
    chunks = iter([data[start : start + size] for start in range(0, len(data), size)])
    blocks = list(CsvTable(chunks, Dialect(delimiter)).blocks(["a", "b", "c"]))
    read = [record for block in blocks for record in block.records]
    assert [list(record.values()) for record in read] == rows
    assert [block.first for block in blocks] == [
        1 + sum(len(earlier.records) for earlier in blocks[:place]) for place in range(len(blocks))
    ]


@given(st.text(st.sampled_from('ab,"\n\r '), max_size=60), st.integers(1, 20))
def test_no_line_is_lost_whatever_the_quotes(text: str, size: int) -> None:
    """Every letter of the file ends in a record, or in a rejected one: none is dropped."""
    data = text.encode()
    chunks = iter([data[start : start + size] for start in range(0, len(data), size)])
    table = CsvTable(chunks, Dialect(","))
    read = []
    while (record := table.first()) is not None:
        read.append(record)
    letters = sum(
        sum((record.fault.value or "").count(letter) for letter in "ab")
        if isinstance(record, Unreadable)
        else sum(cell.count("a") + cell.count("b") for cell in record)
        for record in read
    )
    assert letters == text.count("a") + text.count("b")


@given(st.binary(max_size=300))
def test_a_dialect_is_found_for_any_bytes(head: bytes) -> None:
    dialect, skip = find_dialect(head, None)
    assert len(dialect.delimiter) == 1
    assert dialect.quote in "\"'"
    assert skip in (0, 1)


@pytest.mark.parametrize(
    "line",
    [
        b"a," * 400_000,
        b"a\t" * 400_000,
        b"\t" * 800_000,
        b" " * 800_000 + b"x",
        b",'" * 400_000,
        b'"' * 800_001,
        b", " * 400_000,
    ],
)
def test_a_monstrous_header_is_answered_at_once(line: bytes) -> None:
    started = time.process_time()
    recording = run(line + b"\n1,2\n")
    assert recording.answer.invalid is not None
    assert time.process_time() - started < 10


def test_a_gzip_of_very_many_empty_members_is_unpacked_in_reasonable_time() -> None:
    started = time.process_time()
    recording = run(gzip.compress(b"", mtime=0) * 50_000 + gzip.compress(b"[]", mtime=0))
    assert recording.answer.invalid is not None
    assert recording.answer.invalid.code == "no_rows"
    assert time.process_time() - started < 10
