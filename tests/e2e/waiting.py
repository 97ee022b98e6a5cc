"""Awaiting a condition."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def wait_for(condition: Callable[[], Found | None], limit: float = 60.0, every: float = 0.2) -> Found:
    """Ask until there is an answer that is not None or False.

    Raises:
        TimeoutError: there is none within `limit` seconds.
    """
    deadline = time.monotonic() + limit
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{getattr(condition, '__name__', condition)}: not within {limit:.0f} seconds")
        time.sleep(every)
    return found
