"""What an upload does with its rows."""

from enum import StrEnum


class Operation(StrEnum):
    """The three operations of the Catalog API that take a file."""

    CATALOG = "catalog"
    CART = "cart"
    ARCHIVE = "archive"
