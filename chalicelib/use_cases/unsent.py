"""What becomes of a batch without an ingestion ID when its upload stops submitting. Pure."""

from collections.abc import Sequence
from datetime import datetime

from chalicelib.amazon.errors import Reached
from chalicelib.tracking.clock import parse
from chalicelib.tracking.models import Attempt
from chalicelib.tracking.states import BatchState
from chalicelib.tracking.turns import LONGEST_CALL


def may_have_reached(attempts: Sequence[Attempt]) -> bool:
    """Whether some attempt may have reached Amazon without an answer of which we know."""
    return any(not attempt.ended_at or attempt.reached == Reached.MAYBE for attempt in attempts)


def call_ends(attempts: Sequence[Attempt]) -> datetime | None:
    """When the last attempt without an end can get its answer at the latest; None: each has ended."""
    unended = (attempt for attempt in attempts if not attempt.ended_at)
    return max((parse(attempt.started_at) + LONGEST_CALL for attempt in unended), default=None)


def in_flight(attempts: Sequence[Attempt], now: datetime) -> bool:
    """Whether some attempt may still get its answer."""
    ends = call_ends(attempts)
    return ends is not None and ends > now


def unsent_state(attempts: Sequence[Attempt]) -> BatchState:
    """NOT_SENT, REFUSED or UNKNOWN: a batch that may have reached Amazon is never 'not sent'."""
    if may_have_reached(attempts):
        return BatchState.UNKNOWN
    if any(attempt.reached == Reached.REFUSED for attempt in attempts):
        return BatchState.REFUSED
    return BatchState.NOT_SENT
