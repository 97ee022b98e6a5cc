"""Resolves the Terraform references in what `chalice package` generates, so that the local AWS can read it, too."""

import json
import re
from collections.abc import Mapping
from typing import Any

_REFERENCE = re.compile(r"\$\{((?:[^{}\"]|\"(?:[^\"\\]|\\.)*\")*)\}")
_JOIN = re.compile(r'join\("([^"]*)",\s*(.+)\)')
_JSONENCODE = re.compile(r"jsonencode\((.+)\)")


class UnknownReference(Exception):
    """A reference that the local AWS has no value for; the text names it."""


def resolve(value: Any, values: Mapping[str, Any]) -> Any:
    """Replace every `${...}` in a JSON value.

    A text that is one reference and nothing else takes the value as it is, a number or a list too; within a longer
    text the value becomes text. `join` and `jsonencode` are understood, and nothing else of Terraform's language.

    >>> resolve({"n": "${var.n}", "t": "a-${var.e}"}, {"var.n": 3, "var.e": "dev"})
    {'n': 3, 't': 'a-dev'}

    Raises:
        UnknownReference: `values` lacks one.
    """
    if isinstance(value, dict):
        return {key: resolve(each, values) for key, each in value.items()}
    if isinstance(value, list):
        return [resolve(each, values) for each in value]
    if not isinstance(value, str):
        return value
    if whole := _REFERENCE.fullmatch(value):
        return _value_of(whole[1], values)
    return _REFERENCE.sub(lambda found: as_text(_value_of(found[1], values)), value)


def as_text(value: Any) -> str:
    """A value as Terraform puts it into a text: booleans in small letters, nothing for null."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value_of(expression: str, values: Mapping[str, Any]) -> Any:
    if expression in values:
        return values[expression]
    if joined := _JOIN.fullmatch(expression):
        return joined[1].join(_value_of(joined[2], values))
    if encoded := _JSONENCODE.fullmatch(expression):
        return json.dumps(_value_of(encoded[1], values))
    raise UnknownReference(f"${{{expression}}} has no value in the local AWS: add it to local/values.py")
