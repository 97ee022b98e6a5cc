"""The Catalog API: four operations, signed and sent. What to send is the caller's; when to try again is the state machine's."""

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
class Endpoint:
    """Where the Catalog API is, as Amazon handed it out."""

    url: str
    """Scheme and host, without the stage."""
    region: str
    """Region to sign for; never parsed out of the host."""
    stage: str | None = None
    upload_path: str = "/v1/catalog/upload"
    cart_path: str = "/v1/catalog/cart/upload"
    archive_path: str = "/v1/catalog/archive"
    status_path: str = "/v1/catalog/getCatalogUploadStatus"


@dataclass(frozen=True)
class Answer:
    """Amazon took the request."""

    ingestion_id: str
    http_status: int
    request_id: str | None


@dataclass(frozen=True)
class IngestionStatus:
    """Answer of the status operation."""

    status: ProcessingStatus
    report_link: str | None
    """Presigned link to the report: a secret, never logged. None before DONE."""
