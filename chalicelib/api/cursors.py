"""Cursors: where the next page begins, as base64url of a JSON object. Callers hand them back unread."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import orjson

from chalicelib.tracking.uploads import BadCursor

LARGEST_NUMBER = 5 * 2**40
"""S3's largest object, in bytes."""


def write_cursor(position: Mapping[str, Any]) -> str:
    """A position as a cursor.

    >>> read_cursor(write_cursor({"after": 3}), {"after": int})
    {'after': 3}
    """
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def read_cursor(cursor: str, types: Mapping[str, type]) -> dict[str, Any]:
    """The position of a cursor: exactly the names of `types`, each of its type; numbers are 0 to `LARGEST_NUMBER`.

    Raises:
        BadCursor: it is none that a page has given out.
    """
    try:
        position = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        raise BadCursor("the cursor is no JSON in base64url") from None
    if not isinstance(position, dict) or {name: type(value) for name, value in position.items()} != dict(types):
        raise BadCursor("the cursor has other fields than this list's")
    if any(type(value) is int and not 0 <= value <= LARGEST_NUMBER for value in position.values()):
        raise BadCursor("the cursor has a number out of range")
    return position
