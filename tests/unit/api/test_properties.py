"""What holds for every input, not for the chosen ones alone."""

import io
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.api import rows
from chalicelib.api.cursors import LARGEST_NUMBER, read_cursor, write_cursor
from chalicelib.api.problems import Problem
from chalicelib.api.reading import read_body
from chalicelib.api.starting import is_new_file
from chalicelib.tracking.uploads import BadCursor

POSITIONS = st.fixed_dictionaries(
    {
        "outcome": st.text(max_size=10),
        "part": st.integers(0, LARGEST_NUMBER),
        "offset": st.integers(0, LARGEST_NUMBER),
        "complete": st.booleans(),
    }
)
TYPES = {"outcome": str, "part": int, "offset": int, "complete": bool}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
BODIES = st.dictionaries(
    st.sampled_from(["key", "version_id", "filename", "source", "mapping", "operation", "other"]), JSON, max_size=7
)


class OneObject:
    """An object in memory, read in byte ranges as S3's are."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def open_from(self, _: str, offset: int) -> io.BytesIO | None:
        return io.BytesIO(self.body[offset:]) if offset < len(self.body) else None


def outcome_of(call: Callable[[], Any]) -> Any:
    """What a call gives, or the problem that it raises."""
    try:
        return call()
    except Problem as problem:
        return problem


@given(POSITIONS)
def test_a_cursor_is_read_as_it_was_written(position: dict[str, Any]) -> None:
    assert read_cursor(write_cursor(position), TYPES) == position


@given(st.text(max_size=200) | st.builds(write_cursor, BODIES))
def test_whatever_a_cursor_is_it_is_a_position_or_refused(cursor: str) -> None:
    with pytest.raises(BadCursor):
        read_cursor(cursor, TYPES)


@given(st.binary(max_size=200) | st.builds(orjson.dumps, JSON))
def test_whatever_a_body_is_it_is_an_object_or_refused_as_a_whole(body: bytes) -> None:
    found = outcome_of(lambda: read_body(body))
    assert isinstance(found, dict) or [error.field for error in found.errors] == ["body"]


@given(BODIES)
def test_whatever_an_object_has_it_is_taken_or_refused_by_its_fields(body: dict[str, Any]) -> None:
    found = outcome_of(lambda: is_new_file(body))
    if isinstance(found, Problem):
        assert found.status == 400
        assert {error.field for error in found.errors} <= body.keys() | {"key", "filename"}
        assert found.errors
    else:
        assert found == ("key" not in body)


@given(
    lines=st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line), min_size=1, max_size=12),
    chunk=st.integers(1, 50),
    data=st.data(),
)
def test_every_line_is_read_once_and_whole_from_any_line_on(lines: list[bytes], chunk: int, data: Any) -> None:
    body = b"".join(line + b"\n" for line in lines)
    first = data.draw(st.integers(0, len(lines) - 1))
    offsets = [len(b"".join(line + b"\n" for line in lines[:n])) for n in range(len(lines))]
    with patch.object(rows, "CHUNK_BYTES", chunk):
        found = list(rows._part_lines(OneObject(body), "key", 3, offsets[first]))  # type: ignore[arg-type]
    assert found == [(rows.Position(3, offset), line) for offset, line in zip(offsets, lines, strict=True)][first:]


@given(
    lines=st.lists(st.binary(max_size=10).filter(lambda line: b"\n" not in line), max_size=6),
    offset=st.integers(1, 200),
)
def test_an_offset_inside_a_line_or_behind_the_end_is_refused(lines: list[bytes], offset: int) -> None:
    body = b"".join(line + b"\n" for line in lines)
    begins_a_line = offset <= len(body) and body[offset - 1 : offset] == b"\n"
    try:
        list(rows._part_lines(OneObject(body), "key", 1, offset))  # type: ignore[arg-type]
    except BadCursor:
        assert not begins_a_line
    else:
        assert begins_a_line
