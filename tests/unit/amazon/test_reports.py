"""Amazon's report becomes each row's fate, or is refused in words; nothing is accepted that it does not confirm."""

import gzip
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.amazon.reports import (
    MAX_ISSUES_OF_A_ROW,
    NOT_IN_REPORT,
    ReportIssue,
    UnreadableReport,
    join_report,
    read_report,
)

GOLDEN = Path(__file__).parent / "golden/reports"
NAMES = sorted(path.name.removesuffix(".expected.json") for path in GOLDEN.glob("*.expected.json"))
Items = list[tuple[int, str, str | None]]
ITEMS: Items = [(1, "A-1", "S1"), (2, "B-2", "S1"), (3, "C-3", "S1"), (3, "C-3", "S2")]


def join(report: object, items: Items = ITEMS) -> dict[int, list[ReportIssue]]:
    return join_report(read_report(io.BytesIO(json.dumps(report).encode())), items)


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_report_is_joined_as_expected(name: str) -> None:
    data = (GOLDEN / f"{name}.json").read_bytes()
    expected = json.loads((GOLDEN / f"{name}.expected.json").read_text())
    items: Items = [(row, sku, store) for row, sku, store in expected["items"]]
    if "unreadable" in expected:
        with pytest.raises(UnreadableReport) as caught:
            join_report(read_report(io.BytesIO(data)), items)
        assert caught.value.reason.startswith(expected["unreadable"])
        assert str(caught.value) == caught.value.reason
        return
    for form in (data, b"\xef\xbb\xbf" + data, gzip.compress(data, mtime=0)):
        report = read_report(io.BytesIO(form))
        assert report.ingestion_id == expected["ingestion_id"]
        failed = join_report(report, items)
        assert failed == {
            int(row): [ReportIssue(*issue) for issue in issues] for row, issues in expected["failed"].items()
        }
        assert list(failed) == sorted(failed)


def test_every_golden_report_has_its_expectation() -> None:
    assert {path.name.removesuffix(".json") for path in GOLDEN.glob("*.json") if ".expected." not in path.name} == set(
        NAMES
    )
    assert len(NAMES) >= 45


def test_a_row_has_a_hundred_issues_at_the_most_however_many_there_are() -> None:
    issues = [{"sku": "A-1", "code": str(number), "severity": "ERROR", "message": "m"} for number in range(500)]
    assert [issue.code for issue in join({"issues": issues})[1]] == [str(n) for n in range(MAX_ISSUES_OF_A_ROW)]


def test_issues_without_an_item_do_not_multiply_without_end() -> None:
    items: Items = [(row, f"SKU-{row}", "S1") for row in range(1, 10_001)]
    issues = [{"code": str(number), "message": "m"} for number in range(20_000)]
    began = time.process_time()
    failed = join({"issues": issues}, items)
    assert time.process_time() - began < 5
    assert len(failed) == 10_000
    assert {len(reasons) for reasons in failed.values()} == {MAX_ISSUES_OF_A_ROW}


def test_a_sku_of_a_thousand_stores_is_joined_quickly() -> None:
    """Amazon may repeat an issue for every store without naming the store."""
    items: Items = [(row, f"SKU-{row % 10}", f"S{row // 10}") for row in range(10_000)]
    issues = [{"sku": sku, "code": "c", "severity": "ERROR", "message": "m"} for _, sku, _ in items]
    began = time.process_time()
    assert len(join({"issues": issues}, items)) == 10_000
    entries = [{"item_sku": sku, "store_id": store, "status": "SUCCESS"} for _, sku, store in items]
    assert join(entries, items) == {}
    assert time.process_time() - began < 2


def test_an_error_of_an_item_and_one_of_no_item_may_be_about_the_same_one() -> None:
    issues = [{"sku": "A-1", "code": "1", "message": "m"}, {"code": "2", "message": "m"}]
    failed = join({"issues": issues, "summary": {"errors": 2, "messagesAccepted": 3, "messagesInvalid": 1}})
    assert [issue.code for issue in failed[1]] == ["1", "2"]
    assert [issue.code for issue in failed[3]] == ["2"]


def test_a_report_of_ten_thousand_failed_items_is_joined_quickly() -> None:
    items: Items = [(row, f"SKU-{row}", "S1") for row in range(1, 10_001)]
    issues = [
        {"messageId": row, "sku": sku, "code": "8541", "severity": "ERROR", "message": "m" * 200, "attributeName": "x"}
        for row, sku, _ in items
    ]
    summary = {"errors": 10_000, "messagesProcessed": 10_000, "messagesAccepted": 0, "messagesInvalid": 10_000}
    data = json.dumps({"issues": issues, "summary": summary}).encode()
    began = time.process_time()
    assert len(join_report(read_report(io.BytesIO(data)), items)) == 10_000
    assert time.process_time() - began < 2


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_report_that_is_too_large_is_refused_in_words(pack: Any) -> None:
    report = json.dumps({"issues": [], "padding": "x" * 1000}).encode()
    assert read_report(io.BytesIO(pack(report)), max_bytes=len(report)).findings == ()
    with pytest.raises(UnreadableReport, match="is larger than"):
        read_report(io.BytesIO(pack(report)), max_bytes=len(report) - 1)


def test_a_gzip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = gzip.compress(b" " * 50_000_000, mtime=0)
    with pytest.raises(UnreadableReport, match="unpacked, is larger than 1000000 bytes"):
        read_report(io.BytesIO(bomb), max_bytes=1_000_000)


def test_a_gzip_of_several_members_is_one_report() -> None:
    assert read_report(io.BytesIO(gzip.compress(b'{"issues"', mtime=0) + gzip.compress(b": []}"))).findings == ()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (gzip.compress(b'{"issues": []}', mtime=0)[:-9], "a gzip that breaks off"),
        (gzip.compress(b'{"issues": []}', mtime=0)[:-8] + b"\0" * 8, "a gzip that is damaged"),
        (b"\x1f\x8b", "a gzip that breaks off"),
        (gzip.compress(b'{"issues": []}', mtime=0) + b"\0\0\0\0", "a gzip that is damaged"),
    ],
)
def test_a_broken_gzip_is_refused_in_words(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableReport, match=reason):
        read_report(io.BytesIO(data))


def test_a_stream_may_come_in_small_pieces() -> None:
    class Trickle(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 0, 7))

    assert read_report(Trickle(b'{"issues": [{"sku": "A-1"}]}')).findings[0].sku == "A-1"


def test_a_nesting_bomb_is_refused_in_words() -> None:
    with pytest.raises(UnreadableReport, match="not JSON"):
        read_report(io.BytesIO(b"[" * 1_000_000))


@pytest.mark.parametrize("value", ["5", 5.0, True, None, [], {}])
def test_a_count_that_is_none_is_not_compared(value: object) -> None:
    names = ("errors", "messagesAccepted", "messagesInvalid", "messagesProcessed")
    assert join({"issues": [], "summary": dict.fromkeys(names, value)}) == {}


KEYS = [
    "header",
    "issues",
    "summary",
    "errors",
    "results",
    "items",
    "sku",
    "item_sku",
    "store_id",
    "status",
    "severity",
]
KEYS += ["code", "message", "attributeNames", "messagesInvalid", "messagesAccepted", "ingestionId"]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["A-1", "B-2", "SUCCESS"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(data=st.binary() | json_values.map(json.dumps).map(str.encode) | st.binary().map(gzip.compress))
def test_any_bytes_at_all_are_read_and_joined_or_refused_in_words(data: bytes) -> None:
    try:
        failed = join_report(read_report(io.BytesIO(data)), ITEMS)
    except UnreadableReport as error:
        reason = error.reason
        failed = {}
    else:
        reason = "read"
    assert reason
    assert set(failed) <= {1, 2, 3}
    assert all(failed.values())


skus = st.sampled_from(["A", "B", "C", "D", "E"])
batches = st.lists(st.tuples(skus, st.sampled_from(["S1", "S2"])), min_size=1, max_size=8, unique=True)


@settings(deadline=None)
@given(batch=batches, data=st.data())
def test_a_truthful_feed_report_is_joined_exactly(batch: list[tuple[str, str]], data: st.DataObject) -> None:
    items: Items = [(row, sku, store) for row, (sku, store) in enumerate(batch, start=1)]
    bad = data.draw(st.sets(st.sampled_from(sorted({sku for sku, _ in batch}))))
    issues = [{"sku": sku, "code": "c", "severity": "ERROR", "message": "m"} for sku in sorted(bad)]
    invalid = sum(sku in bad for sku, _ in batch)
    summary = {
        "errors": len(issues),
        "messagesProcessed": len(batch),
        "messagesAccepted": len(batch) - invalid,
        "messagesInvalid": invalid,
    }
    failed = join({"issues": issues, "summary": summary}, items)
    assert set(failed) == {row for row, sku, _ in items if sku in bad}


@settings(deadline=None)
@given(batch=batches, data=st.data())
def test_a_list_accepts_exactly_what_it_confirms(batch: list[tuple[str, str]], data: st.DataObject) -> None:
    items: Items = [(row, sku, store) for row, (sku, store) in enumerate(batch, start=1)]
    fates = {pair: data.draw(st.sampled_from(["SUCCESS", "FAILED", "left out"])) for pair in batch}
    report = [
        {"item_sku": sku, "store_id": store, "status": fate}
        for (sku, store), fate in fates.items()
        if fate != "left out"
    ]
    failed = join(report, items)
    assert {row for row, sku, store in items if fates[sku, str(store)] == "SUCCESS"} == {
        row for row, _, _ in items
    } - set(failed)
    for row, sku, store in items:
        if fates[sku, str(store)] == "left out":
            assert [issue.code for issue in failed[row]] == [NOT_IN_REPORT]


@pytest.mark.parametrize(
    "value",
    [
        {"summary": {}},
        {"summary": {"total": 2, "failed": 2}, "errors": []},
        {"issues": {"A": ["bad"]}, "summary": {"errors": 1}},
    ],
)
def test_an_object_that_only_looks_like_a_report_confirms_nothing(value: dict[str, object]) -> None:
    with pytest.raises(UnreadableReport):
        read_report(io.BytesIO(json.dumps(value).encode()))


def test_a_list_of_items_beside_a_summary_is_read() -> None:
    value = {"summary": {"status": "FAILED"}, "results": [{"sku": "A", "status": "FAILED"}]}
    report = read_report(io.BytesIO(json.dumps(value).encode()))
    assert join_report(report, [(1, "A", "s1")]).keys() == {1}
