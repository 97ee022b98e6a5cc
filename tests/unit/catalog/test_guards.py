"""What stands before the JSON parser: the nesting guard and the marking of lone surrogates, against plain
formulations.
"""

import json
from typing import Any

import ijson
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.catalog.json_document import _broken
from chalicelib.catalog.nesting import MAX_DIGITS, NestingGuard
from chalicelib.catalog.rows import MAX_DEPTH
from chalicelib.catalog.surrogates import STAND_IN, mark_lone_surrogates, split_before_escape

leaves = st.one_of(st.text(st.sampled_from('a"\\[]{}é\n'), max_size=5), st.integers(), st.none())
nested = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('a[{"\\', max_size=3), inner, max_size=3),
    max_leaves=20,
)


def depth(value: Any) -> int:
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 0


def guarded(text: bytes, size: int) -> tuple[int, str] | None:
    """Where the guard stops a text that comes in chunks, and why."""
    guard = NestingGuard()
    for start in range(0, len(text), size):
        stopped = guard.check(text[start : start + size], start)
        if stopped:
            return start + stopped[0], str(stopped[1].invalid.code)
    return None


@settings(max_examples=150)
@given(nested, st.integers(0, MAX_DEPTH + 5), st.integers(1, 60))
def test_the_guard_stops_exactly_what_is_nested_too_deeply(value: Any, around: int, size: int) -> None:
    for _ in range(around):
        value = [value] if around % 2 else {"[": value}
    text = json.dumps(value).encode()
    stopped = guarded(text, size)
    assert (stopped is not None) == (depth(value) > MAX_DEPTH)
    if stopped is not None:
        place, code = stopped
        assert code == "nested_too_deeply"
        assert text[place : place + 1] in (b"[", b"{")
        assert guarded(text[:place], size) is None


@given(nested, nested, st.integers(1, 30))
def test_the_guard_follows_rows_that_close_again(first: Any, second: Any, size: int) -> None:
    text = json.dumps([first, second] * 60).encode()
    assert guarded(text, size) is None


@given(st.integers(MAX_DIGITS - 2, MAX_DIGITS + 3), st.integers(1, 700), st.booleans(), st.integers(0, 9))
def test_the_guard_stops_long_numbers_and_lets_long_texts_pass(
    count: int, size: int, quoted: bool, before: int
) -> None:
    quote = b'"' if quoted else b""
    text = b"[" + b'"a\\"1",' * before + quote + b"7" * count + quote + b"]"
    stopped = guarded(text, size)
    assert (stopped is not None) == (count > MAX_DIGITS and not quoted)
    if stopped:
        assert stopped[1] == "number_too_long"


def reference_marking(text: str) -> str:
    """Let Python's json read the text: it keeps lone surrogates, which can then be replaced one by one."""
    value = json.loads(text)
    joined = value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return "".join(STAND_IN if "\ud800" <= sign <= "\udfff" else sign for sign in joined)


escapes = st.lists(
    st.sampled_from(
        [r"\ud83d", r"\ude00", r"\uD83D", r"\uDE00", r"\u0041", r"\\", r"\"", r"\n", "ud83d", "a", "é", "0", "f"]
    ),
    max_size=12,
).map("".join)


@settings(max_examples=200)
@given(escapes)
def test_lone_surrogates_are_marked_and_nothing_else_changes(body: str) -> None:
    text = f'"{body}"'
    marked = mark_lone_surrogates(text.encode())
    assert len(marked) == len(text.encode())
    assert json.loads(marked) == reference_marking(text)


@settings(max_examples=200)
@given(escapes, st.integers(1, 40))
def test_marking_in_chunks_is_the_same_as_marking_at_once(body: str, size: int) -> None:
    text = f'"{body * 3}"'.encode()
    parts, rest = [], b""
    for start in range(0, len(text), size):
        whole, rest = split_before_escape(rest + text[start : start + size])
        assert len(rest) < 20
        parts.append(mark_lone_surrogates(whole))
    parts.append(mark_lone_surrogates(rest))
    assert b"".join(parts) == mark_lone_surrogates(text)


def test_an_error_whose_place_can_not_be_found_names_the_slice() -> None:
    fault = _broken(ijson.JSONError("parse error: odd\n" + " " * 10 + "nowhere\n"), b"piece", 10)
    assert fault.invalid.message == "between byte 10 and 15 the JSON is broken: odd. Correct it there."
