"""Lists from the table, page by page: uploads, and the batches of one."""

from itertools import islice
from typing import Any

from chalicelib.api.cursors import read_cursor, write_cursor
from chalicelib.api.presenting import batch_json, upload_json
from chalicelib.tracking.batches import Batches
from chalicelib.tracking.states import UploadState
from chalicelib.tracking.uploads import BadCursor, Uploads

MAX_BATCHES = 99_999
"""A batch's number has five digits."""


def upload_page(uploads: Uploads, *, state: str | None, limit: int, cursor: str | None) -> dict[str, Any]:
    """Uploads, newest first.

    Raises:
        chalicelib.tracking.uploads.BadCursor: the cursor is none of this list's.
    """
    found, next_cursor = uploads.page(state=UploadState(state) if state else None, limit=limit, cursor=cursor)
    return {"uploads": [upload_json(upload) for upload in found], "next_cursor": next_cursor}


def batch_page(uploads: Uploads, batches: Batches, upload_id: str, *, limit: int, cursor: str | None) -> dict[str, Any]:
    """The batches of an upload, by number, with their attempts.

    Raises:
        chalicelib.tracking.uploads.UnknownUpload, chalicelib.tracking.uploads.BadCursor
    """
    after = _read_after(cursor) if cursor else 0
    uploads.get(upload_id)
    found = list(islice(batches.all(upload_id, after=after), limit + 1))
    page, more = found[:limit], len(found) > limit
    return {
        "upload_id": upload_id,
        "batches": [
            batch_json(batch, batches.attempts(upload_id, int(batch.number)) if batch.attempts else [])
            for batch in page
        ],
        "next_cursor": write_cursor({"after": int(page[-1].number)}) if more else None,
    }


def _read_after(cursor: str) -> int:
    after: int = read_cursor(cursor, {"after": int})["after"]
    if after >= MAX_BATCHES:
        raise BadCursor("the cursor points behind the last batch that there can be")
    return after
