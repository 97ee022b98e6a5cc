"""The validators made from `item.schema.json`: jsonschema-rs decides, at speed; jsonschema explains what it refused."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

import jsonschema_rs
import orjson

Schema = dict[str, Any]

MAX_MORE_BARCODES = 50

LONG_NAME = 100
"""One of Amazon's pages says that a name may have 100 characters, the others say 255: a longer one is sent, with a
warning.
"""


@cache
def item_schema() -> Schema:
    """The schema of an item, as the file has it."""
    return cast(Schema, orjson.loads(Path(__file__).with_name("item.schema.json").read_bytes()))


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
    """Whether a value is an item that `is_valid` and takes no warning: known fields, a name that is not long, ASCII
    alone.

    Nearly every item is, so this is the quick way: each text meets one pattern, which says all that several say in the
    schema's file.
    """
    text = {"type": "string", "maxLength": 255}
    plain = text | {"pattern": "^[!-~]([ -~]*[!-~])?$"}
    schema = dict(item_schema())
    schema["$defs"] = schema["$defs"] | {"text": plain, "barcode": text | {"pattern": "^[0-9]+X?$"}}
    schema["properties"] = schema["properties"] | {
        "item_sku": text | {"pattern": r"^[A-Za-z0-9._\-]+$"},
        "item_name": plain | {"maxLength": LONG_NAME},
        "standard_price": text | {"pattern": r"^[0-9]+(\.[0-9]+)?$"},
    }
    schema["additionalProperties"] = False
    del schema["propertyNames"]  # said already: only known names are left
    return _compiled(schema)


def failing_fields(item: Schema) -> list[str]:
    """The item's fields that have a wrong value or a wrong name.

    It asks for each whether it is valid, rather than jsonschema-rs for its errors: each of those holds a copy of what
    it is about, which for 20,000 wrong names is 20,000 copies of the item, or 20 GB.
    """
    parts, others, is_name = _deciders()
    return [
        field
        for field, value in item.items()
        if not (parts[field](value) if field in parts else others(value) and is_name(field))
    ]


def explain(item: Schema, fields: Iterable[str]) -> Iterator[tuple[list[str | int], Any]]:
    """jsonschema's errors (`jsonschema.ValidationError`), each with its place in the item.

    Only what is missing, and these `fields`, are looked at: jsonschema takes some 20 microseconds for each rule that it
    looks at.
    """
    whole, parts, others, names = _explainers()
    for error in whole.iter_errors(item):
        yield [], error
    for field in fields:
        if field not in parts:
            for error in names.iter_errors(field):
                yield [], error
        for error in parts.get(field, others).iter_errors(item[field]):
            yield [field, *error.absolute_path], error


def _compiled(schema: Schema) -> Callable[[Any], bool]:
    # The default engine of regular expressions can take exponential time; this one can't, and the schema needs no more.
    return jsonschema_rs.Draft202012Validator(schema, pattern_options=jsonschema_rs.RegexOptions()).is_valid


@cache
def _deciders() -> tuple[dict[str, Callable[[Any], bool]], Callable[[Any], bool], Callable[[Any], bool]]:
    """Whether the value of a known field is valid, that of an unknown field, and an unknown field's name."""
    schema = item_schema()
    definitions = {"$defs": schema["$defs"]}
    parts = {field: _compiled(definitions | rules) for field, rules in schema["properties"].items()}
    return (
        parts,
        _compiled(definitions | schema["additionalProperties"]),
        _compiled(definitions | schema["propertyNames"]),
    )


@cache
def _explainers() -> tuple[Any, dict[str, Any], Any, Any]:
    """jsonschema's validators: of an item's required fields, of each known field, of an unknown field, of its name."""
    from jsonschema import Draft202012Validator  # takes a tenth of a second to import, and many files have no faults

    schema = _without_references(item_schema(), item_schema()["$defs"])
    parts = {field: Draft202012Validator(rules) for field, rules in schema["properties"].items()}
    return (
        Draft202012Validator({"required": schema["required"]}),
        parts,
        Draft202012Validator(schema["additionalProperties"]),
        Draft202012Validator(schema["propertyNames"]),
    )


def _without_references(node: Any, definitions: Schema) -> Any:
    """The same schema with each `$ref` replaced by what it refers to: jsonschema takes long to look one up."""
    if isinstance(node, list):
        return [_without_references(part, definitions) for part in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _without_references(definitions[node["$ref"].rpartition("/")[2]], definitions)
    return {key: _without_references(part, definitions) for key, part in node.items() if key != "$defs"}
