"""Amazon's report of an ingestion: download, reading, and joining its issues to the rows of the batch."""

from dataclasses import dataclass


class LinkExpired(Exception):
    """The presigned link is no longer good: ask the status operation for a fresh one."""


class DownloadFailed(Exception):
    """The report did not come, or not whole; another try may succeed."""


class UnreadableReport(Exception):
    """The report is not one we can read; `reason` says why, in words. It is kept as it came."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class ReportIssue:
    """Why Amazon did not take an item."""

    code: str
    message: str
    field: str | None
