"""Lone surrogates: half of a character outside the basic plane, written as an escape (`\\ud83d` without its second
half).

Such text can't be sent as UTF-8. One JSON parser refuses it, another puts a question mark in its place without a word.
So the escape is replaced, before any parser sees it, by a noncharacter of the same length that the item rules refuse.
"""

import re

STAND_IN = "\ufdd0"
"""Unicode keeps it for a program's own use; no catalog has it, so the rules refuse it wherever it comes from."""

_STAND_IN_ESCAPE = b"\\ufdd0"
_SUSPECT = re.compile(rb"\\u[dD][89a-fA-F]")
_FIRST_HALF = re.compile(rb"\\u[dD][89abAB]")
_ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair: both halves are there
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"  # a lone half
    rb"|\\.",  # any other escape, so that an escaped backslash is not taken for the start of one
    re.DOTALL,
)
_LONGEST_ESCAPE = 12


def mark_lone_surrogates(text: bytes) -> bytes:
    """The same JSON text, of the same length, with `\\ufdd0` in the place of every lone surrogate."""
    if not _SUSPECT.search(text):
        return text
    return _ESCAPES.sub(lambda found: _STAND_IN_ESCAPE if found[1] else found[0], text)


def split_before_escape(text: bytes) -> tuple[bytes, bytes]:
    """Cut a chunk so that no escape (nor a pair of them) at its end is torn: the first part can be marked on its own.

    `text` has to start outside an escape; so do both parts. The second part is 19 bytes at most.
    """
    place = text.find(b"\\", max(len(text) - _LONGEST_ESCAPE + 1, 0))
    if place < 0:
        return text, b""
    if place >= 6 and _FIRST_HALF.match(text, place - 6):
        place -= 6
    backslashes = place - len(text[:place].rstrip(b"\\"))
    place -= backslashes % 2
    return text[:place], text[place:]
