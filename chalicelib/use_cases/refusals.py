"""Refusals of the Catalog API are counted wherever it is called: the alarm on 403s holds on the metric."""

from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.amazon.errors import AccessRefused, CatalogApiError
from chalicelib.telemetry import count


@contextmanager
def counting_refusals() -> Iterator[None]:
    """Count what the Catalog API refuses in the `with` block, and let it pass on."""
    try:
        yield
    except CatalogApiError as error:
        count("CallsRefused")
        if isinstance(error, AccessRefused):
            count("AccessRefused")
        raise
