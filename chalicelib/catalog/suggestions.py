"""'Did you mean': the known name that a misspelt one was probably meant to be."""

from collections.abc import Iterable


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """The known name that is most like the word; None if none is like it.

    >>> suggestion("standard_prise", ["item_sku", "standard_price"])
    'standard_price'
    """
    import difflib  # takes a while to import, and is needed for mistakes alone

    return next(iter(difflib.get_close_matches(word, list(known), 1)), None)
