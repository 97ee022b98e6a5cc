"""The rows of one outcome, page by page, read from S3 in byte ranges: memory holds one page and never a whole file."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import orjson

from chalicelib.api.cursors import read_cursor, write_cursor
from chalicelib.api.listing import MAX_BATCHES
from chalicelib.api.problems import gone
from chalicelib.storage import keys
from chalicelib.storage.objects import NoSuchObject, Objects
from chalicelib.tracking.batches import Batches
from chalicelib.tracking.models import Upload
from chalicelib.tracking.outcomes import Outcome
from chalicelib.tracking.states import UploadState
from chalicelib.tracking.uploads import BadCursor, Uploads

MAX_PAGE_BYTES = 1_500_000
"""Lambda answers with 6 MB at the most, and its runtime may escape a letter of two bytes as six."""
MAX_REASONS = 100
"""A row of a thousand wrong barcodes has a thousand reasons, which no answer can carry and nobody reads."""
CHUNK_BYTES = 64 * 1024
_BEFORE_RECORDED = (UploadState.RECEIVED, UploadState.PREPARING)


@dataclass(frozen=True)
class Position:
    """Where a line begins: in which part (the batch's number; 0 for the rejected rows) and at which byte of it."""

    part: int
    offset: int


@dataclass(frozen=True, kw_only=True)
class RowSource:
    """Where an upload's rows are."""

    uploads: Uploads
    batches: Batches
    data: Objects


def row_page(source: RowSource, upload_id: str, *, outcome: str, limit: int, cursor: str | None) -> dict[str, Any]:
    """Rows of one outcome: rejected ones in the order of the file, the others batch by batch.

    Raises:
        chalicelib.tracking.uploads.UnknownUpload, chalicelib.tracking.uploads.BadCursor
        chalicelib.api.problems.Problem: 410, the rows have been deleted after their retention.
    """
    upload, wanted = source.uploads.get(upload_id), Outcome(outcome)
    begin, complete = Position(0, 0), _is_complete(upload, wanted)
    if cursor:
        begin, was_complete = _read_position(cursor, wanted)
        # A batch that was open when the pages began may have been passed by.
        complete = complete and was_complete
    rows: list[dict[str, Any]] = []
    size, following = 0, None
    for position, line in _lines(source, upload, wanted, begin):
        row = _row(line)
        size += len(orjson.dumps(row))
        if len(rows) == limit or (rows and size > MAX_PAGE_BYTES):
            following = position
            break
        rows.append(row)
    return {
        "upload_id": upload_id,
        "outcome": wanted.value,
        "complete": complete,
        "rows": rows,
        "next_cursor": _write_position(following, wanted, complete=complete) if following else None,
    }


def _row(line: bytes) -> dict[str, Any]:
    row: dict[str, Any] = orjson.loads(line)
    left_out = max(len(row["reasons"]) - MAX_REASONS, 0)
    return {**row, "reasons": row["reasons"][:MAX_REASONS], "reasons_left_out": left_out}


def _is_complete(upload: Upload, outcome: Outcome) -> bool:
    """Whether no further row of that outcome can come."""
    if outcome is Outcome.REJECTED:
        return upload.upload_state not in _BEFORE_RECORDED
    return upload.upload_state.is_final


def _lines(source: RowSource, upload: Upload, outcome: Outcome, begin: Position) -> Iterator[tuple[Position, bytes]]:
    for part, key in _parts(source, upload, outcome, begin.part):
        try:
            yield from _part_lines(source.data, key, part, begin.offset if part == begin.part else 0)
        except NoSuchObject:
            if getattr(upload, outcome.value):
                raise gone() from None


def _parts(source: RowSource, upload: Upload, outcome: Outcome, first: int) -> Iterator[tuple[int, str]]:
    if outcome is Outcome.REJECTED:
        yield 0, keys.rejected_rows(upload.upload_id)
        return
    for batch in source.batches.all(upload.upload_id, after=max(first - 1, 0)):
        if batch.outcome_part and getattr(batch, outcome.value):
            yield int(batch.number), batch.outcome_part


def _part_lines(data: Objects, key: str, part: int, offset: int) -> Iterator[tuple[Position, bytes]]:
    """The lines from a byte on, which must be the first one of a line."""
    body = data.open_from(key, max(offset - 1, 0))
    if body is None:
        if offset:
            raise BadCursor("the cursor points behind the end of the rows")
        return
    with closing(body):
        if offset and body.read(1) != b"\n":
            raise BadCursor("the cursor does not point to the beginning of a row")
        pieces: list[bytes] = []
        while chunk := body.read(CHUNK_BYTES):
            end, *following = chunk.split(b"\n")
            pieces.append(end)
            for piece in following:
                line = b"".join(pieces)
                yield Position(part, offset), line
                offset += len(line) + 1
                pieces = [piece]


def _read_position(cursor: str, outcome: Outcome) -> tuple[Position, bool]:
    found = read_cursor(cursor, {"outcome": str, "part": int, "offset": int, "complete": bool})
    if found["outcome"] != outcome.value:
        raise BadCursor(f"the cursor is one of other rows than the {outcome.value} ones")
    if found["part"] > (0 if outcome is Outcome.REJECTED else MAX_BATCHES):
        raise BadCursor("the cursor points to a part that there cannot be")
    return Position(found["part"], found["offset"]), found["complete"]


def _write_position(position: Position, outcome: Outcome, *, complete: bool) -> str:
    return write_cursor(
        {"outcome": outcome.value, "part": position.part, "offset": position.offset, "complete": complete}
    )
