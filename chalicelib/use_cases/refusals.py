"""What every call of the Catalog API does with a refusal, whoever makes it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from chalicelib.amazon.errors import AccessRefused, CatalogApiError, CatalogApiThrottled
from chalicelib.amazon.pacer import Pacer, Wait
from chalicelib.telemetry import count, logger

PUSH_BACK_SECONDS = 1.0
"""A 429 says that we are over the limit: nobody gets a turn for a second."""


@contextmanager
def watching_refusals(pacer: Pacer, **about: str | int) -> Iterator[None]:
    """Count what is refused in the `with` block (the alarm on 403s holds on it), heed a 429, and let it pass on.

    Args:
        about: what the call is about, for the log, such as `upload_id`.
    """
    try:
        yield
    except CatalogApiError as error:
        count("CallsRefused")
        if isinstance(error, AccessRefused):
            logger.error("access refused", extra={**about, "error": type(error).__name__, "answer": str(error)})
            count("AccessRefused")
        if isinstance(error, CatalogApiThrottled):
            # What Amazon has answered must be recorded, whether or not the table has an answer for us.
            with suppress(Wait):
                pacer.push_back(PUSH_BACK_SECONDS)
        raise
