"""The lenient reading of what Amazon puts into a message: nobody knows its shape."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.amazon.messages import Completion, UnreadableMessage, ingestion_id_candidates, read_completion

GOLDEN = Path(__file__).parent / "golden/completions"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.txt"))
LINK = "https://results.s3.us-west-2.amazonaws.com/ing-1.json?X-Amz-Signature=00ff&a=%7E%2f'|"


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_message_is_read_as_expected(name: str) -> None:
    text = (GOLDEN / f"{name}.txt").read_bytes().decode()
    expected = json.loads((GOLDEN / f"{name}.expected.json").read_text())
    if "unreadable" in expected:
        with pytest.raises(UnreadableMessage) as caught:
            read_completion(text)
        assert caught.value.reason == expected["unreadable"]
    else:
        assert read_completion(text) == Completion(**expected)


def test_every_golden_message_has_its_expectation() -> None:
    assert {path.name.removesuffix(".expected.json") for path in GOLDEN.glob("*.expected.json")} == set(NAMES)
    assert len(NAMES) >= 30


@pytest.mark.parametrize(
    "text", [LINK, json.dumps(LINK), json.dumps({"a": [LINK]}), json.dumps({"reportDownloadLink": LINK})]
)
def test_a_link_is_kept_to_the_letter(text: str) -> None:
    assert read_completion(text).link == LINK


def test_plain_http_counts_for_the_local_aws_alone() -> None:
    link = "http://127.0.0.1:4566/bucket/ing-1.json?X-Amz-Signature=0"
    text = json.dumps({"ingestionId": "ing-1", "reportDownloadLink": link})
    assert read_completion(text) == Completion("ing-1", None, None)
    assert read_completion(text, http_allowed=True) == Completion("ing-1", None, link)
    assert read_completion(link, http_allowed=True).link == link


def test_the_first_of_two_ingestion_ids_counts_and_the_outer_one_is_the_first() -> None:
    text = json.dumps({"inner": {"ingestionId": "inner"}, "ingestionId": "outer"})
    assert read_completion(text).ingestion_id == "outer"


@pytest.mark.parametrize("value", ["", " ", None, True, ["ing-1", 1], {"id": "ing-1"}, "two words", "x" * 300])
def test_an_ingestion_id_that_is_none_is_passed_over(value: object) -> None:
    text = json.dumps({"ingestionId": value, "reportDownloadLink": LINK})
    assert read_completion(text).ingestion_id in (None, "ing-1" if isinstance(value, list) else None)


def test_a_nesting_bomb_is_read_in_bounded_time() -> None:
    text = '{"a":' * 60_000 + "1" + "}" * 60_000
    with pytest.raises(UnreadableMessage):
        read_completion(text)
    bomb: Any = "x"
    for _ in range(12):
        bomb = json.dumps([bomb, bomb] if len(json.dumps(bomb)) < 20_000 else [bomb])
    with pytest.raises(UnreadableMessage):
        read_completion(bomb)


def test_the_reason_never_shows_the_message() -> None:
    with pytest.raises(UnreadableMessage) as caught:
        read_completion("http://bucket.example.com/r.json?X-Amz-Signature=secret")
    assert "secret" not in str(caught.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(LINK) | st.just("ing-1"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["ingestionId", "processingStatus", "status", "reportDownloadLink", "x", ""]),
            inner,
            max_size=4,
        )
        | inner.map(json.dumps)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(text=st.text() | json_values.map(json.dumps), http_allowed=st.booleans())
def test_any_text_at_all_is_read_or_unreadable(text: str, http_allowed: bool) -> None:
    try:
        found = read_completion(text, http_allowed=http_allowed)
    except UnreadableMessage:
        return
    assert found.ingestion_id or found.link
    if found.link:
        assert found.link.lower().startswith("https://" if not http_allowed else "http")
        assert all("!" <= sign <= "~" for sign in found.link)
        ingestion_id_candidates(found.link)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://b.s3.amazonaws.com/ing-1.json?X-Amz-Signature=0", ["ing-1", "ing-1.json"]),
        ("https://b.s3.amazonaws.com/ing-1.json.gz", ["ing-1", "ing-1.json.gz"]),
        ("https://b.s3.amazonaws.com/ing.1", ["ing.1"]),
        ("https://b.s3.amazonaws.com/ing-1/report.json", ["report", "report.json", "ing-1"]),
        (
            "https://b.s3.amazonaws.com/r/2026/0b1e8a52-5a0c-4f5e-8f0d-6f9d8c7b6a50-report.json",
            [
                "0b1e8a52-5a0c-4f5e-8f0d-6f9d8c7b6a50-report",
                "0b1e8a52-5a0c-4f5e-8f0d-6f9d8c7b6a50",
                "0b1e8a52-5a0c-4f5e-8f0d-6f9d8c7b6a50-report.json",
                "2026",
                "r",
            ],
        ),
        ("https://b.s3.amazonaws.com/ing%3A1.json", ["ing:1", "ing:1.json"]),
        ("https://s3.amazonaws.com/b/ing-1/ing-1.json", ["ing-1", "ing-1.json", "b"]),
        ("https://b.s3.amazonaws.com/", []),
        ("https://b.s3.amazonaws.com", []),
        ("https://b.s3.amazonaws.com/two%20words.json", []),
        ("https://[::1/ing-1.json", []),
        ("", []),
    ],
)
def test_a_link_suggests_ingestion_ids_the_likeliest_first(link: str, expected: list[str]) -> None:
    assert ingestion_id_candidates(link) == expected


@settings(deadline=None)
@given(link=st.text())
def test_any_text_suggests_only_possible_ingestion_ids(link: str) -> None:
    for candidate in ingestion_id_candidates(link):
        assert 1 <= len(candidate) <= 256
