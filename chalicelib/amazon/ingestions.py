"""Amazon's jobs for our batches: their IDs, and where they are.

Apart from the client: who reads messages and reports needs these and no HTTP library, which would slow a cold start.
"""

from dataclasses import dataclass
from enum import StrEnum


class ProcessingStatus(StrEnum):
    """Where Amazon's job for a batch is. DONE does not mean that every item succeeded: the report says that."""

    INQUEUE = "INQUEUE"
    INPROGRESS = "INPROGRESS"
    DONE = "DONE"
    CANCELLED = "CANCELLED"
    FATAL = "FATAL"


@dataclass(frozen=True)
class IngestionStatus:
    """Answer of the status operation."""

    status: ProcessingStatus
    report_link: str | None
    """Presigned link to the report: a secret, never logged. None before DONE."""


def ingestion_id_of(value: object) -> str | None:
    """The ingestion ID in a JSON value: 1 to 256 printable ASCII signs without a space, or an integer; else None."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    return text if 1 <= len(text) <= 256 and all("!" <= sign <= "~" for sign in text) else None
