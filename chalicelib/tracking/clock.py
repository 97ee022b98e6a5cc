"""The time, as it is written into the table."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with six decimals, so that text sorts as time does.

    >>> iso(datetime(2026, 11, 23, 9, 30, tzinfo=UTC))
    '2026-11-23T09:30:00.000000Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(text: str) -> datetime:
    """Read what `iso` wrote."""
    return datetime.fromisoformat(text)
