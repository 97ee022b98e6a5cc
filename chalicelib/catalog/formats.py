"""The kinds of catalog file, and finding out which one a file is from its first bytes."""

from enum import StrEnum


class Format(StrEnum):
    """How a catalog file is written; each may be compressed with gzip."""

    JSON = "json"
    JSON_LINES = "jsonl"
    CSV = "csv"
