"""JSON as a mapping document takes it: exact numbers, no key twice, and mistakes in words of our own, since Python's
depend on its version.
"""

import json
from decimal import Decimal
from typing import Any

from chalicelib.catalog.codes import InvalidCode
from chalicelib.catalog.mapping_error import MappingError
from chalicelib.catalog.nesting import NestingGuard

COMMENTS = ("//", "/*", "#")
_TYPOGRAPHIC_QUOTES = "\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u00ab\u00bb\u2039\u203a"
_PLAINER = {
    "Extra data": "there is more behind its last bracket",
    "Expecting property name enclosed in double quotes": "a name in double quotes has to stand here",
    "Expecting ':' delimiter": "a colon is missing behind the name",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing before this",
    "Expecting value": "here is no value; a text stands in double quotes",
    "Invalid control character at": "a text holds a line break or a tab; its closing double quote may be missing",
    "Unterminated string starting at": "a text that begins here is never closed by a double quote",
}


def read_json(text: str) -> object:
    """The value of a JSON document; numbers are int or `Decimal`.

    Raises:
        MappingError: it is not JSON, or an object has a key twice.
    """
    # Where Python itself gives up depends on its version.
    found = NestingGuard().check(text.encode(), 0)
    if found and found[1].invalid.code == InvalidCode.NESTED_TOO_DEEPLY:
        raise MappingError("the mapping is nested too deeply")
    try:
        return json.loads(
            text, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_object_without_repeats
        )
    except json.JSONDecodeError as error:
        raise _explained(text, error) from error
    except MappingError:
        raise
    except ValueError as error:  # of int(), which refuses thousands of digits
        raise MappingError("a number has thousands of digits; put it in quotes if it is a text") from error


def _explained(text: str, error: json.JSONDecodeError) -> MappingError:
    place, what = error.pos, _PLAINER.get(error.msg, error.msg)
    if "escape" in error.msg:
        what = "a backslash in a text is written twice"
    elif "character" not in error.msg:
        place, what = _at_next_sign(text, place, what)
    line = text.count("\n", 0, place) + 1
    column = place - text.rfind("\n", 0, place)
    return MappingError(f"line {line}, column {column}: this is not JSON: {what}")


def _at_next_sign(text: str, place: int, what: str) -> tuple[int, str]:
    """The same mistake by the sign that stands there, if that tells more."""
    place += len(text[place:]) - len(text[place:].lstrip())
    before = text[:place].rstrip()
    sign = text[place : place + 1]
    if not sign:
        what = "it breaks off before its last bracket is closed"
    elif text.startswith(COMMENTS, place):
        what = "JSON has no comments; leave it out, or write the mapping as YAML"
    elif what.startswith("Illegal trailing comma") or (sign in "}]" and before.endswith(",")):
        place = place if sign == "," else len(before) - 1
        what = "this comma is one too many: a closing bracket comes next"
    elif sign == "'":
        what = "names and texts stand in double quotes, not in single ones"
    elif sign in _TYPOGRAPHIC_QUOTES:
        what = f'names and texts stand in straight double quotes ("), not in {sign}'
    return place, what


def _refuse_constant(name: str) -> None:
    raise MappingError(f"{name} is not a number of JSON; give a finite number")


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise MappingError(f"the key '{key}' stands twice in one object; keep one of them")
        found[key] = value
    return found
