"""The validators made from `item.schema.json`: jsonschema-rs decides, at speed; jsonschema explains what it refused."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from typing import Any, cast

import jsonschema_rs

Schema = dict[str, Any]

LONG_NAME = 100
"""One of Amazon's pages says that a name may have 100 characters, the others say 255: a longer one is sent, with a warning."""


@cache
def item_schema() -> Schema:
    """The schema of an item, as the file has it."""
    text = resources.files("chalicelib.catalog").joinpath("item.schema.json").read_text(encoding="utf-8")
    return cast(Schema, json.loads(text))


@cache
def known_fields() -> frozenset[str]:
    """The names of the fields that the Catalog API knows."""
    return frozenset(item_schema()["properties"])


@cache
def is_valid() -> Callable[[Any], bool]:
    """A function that says whether a value is an item of the right shape. It raises ValueError for what is not JSON."""
    return _compiled(item_schema())


@cache
def is_plain() -> Callable[[Any], bool]:
    """Like `is_valid`, but also False for an item that has an unknown field or a long name: it takes a warning."""
    schema = dict(item_schema())
    name = {"allOf": [schema["properties"]["item_name"]], "maxLength": LONG_NAME}
    schema["properties"] = schema["properties"] | {"item_name": name}
    schema["additionalProperties"] = False
    del schema["propertyNames"]  # said already: only known names are left
    return _compiled(schema)


def failing_fields(item: Schema) -> set[str]:
    """The item's top-level fields in which the schema finds a fault, an unknown field's bad name included."""
    found = set()
    for error in _validator().iter_errors(item):
        if error.instance_path:
            found.add(str(error.instance_path[0]))
        elif isinstance(error.instance, str):
            found.add(error.instance)
    return found


def explain(item: Schema) -> Iterator[Any]:
    """jsonschema's errors for an item (`jsonschema.ValidationError`). Slow, some 50 microseconds per field: hand it failing fields."""
    return iter(_explainer().iter_errors(item))


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    # The default engine of regular expressions can take exponential time; this one can't, and the schema needs no more.
    return jsonschema_rs.Draft202012Validator(item_schema(), pattern_options=jsonschema_rs.RegexOptions())


def _compiled(schema: Schema) -> Callable[[Any], bool]:
    return jsonschema_rs.Draft202012Validator(schema, pattern_options=jsonschema_rs.RegexOptions()).is_valid


@cache
def _explainer() -> Any:
    import jsonschema  # takes a tenth of a second to import, and most files need it for few rows or none

    return jsonschema.Draft202012Validator(item_schema())
