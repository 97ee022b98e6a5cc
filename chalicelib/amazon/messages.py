"""Completion messages: the SNS envelope, its signature, and the lenient reading of what Amazon puts into it."""

from dataclasses import dataclass


class UnreadableMessage(Exception):
    """The message can never be read: `reason` goes with it to the dead-letter queue."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MessageNotVerifiableNow(Exception):
    """The signing certificate could not be fetched: the message may be read later."""


@dataclass(frozen=True)
class Completion:
    """What a completion message says."""

    ingestion_id: str | None
    status: str | None
    """Amazon's word, upper case, if it gives one."""
    link: str | None
    """Presigned link to the report: a secret, never logged."""
