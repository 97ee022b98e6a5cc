"""The OpenAPI document: one source of routes, parameters, request schemas and what callers read."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Parameter:
    """A query parameter: its name, and its schema without references, also as a question."""

    name: str
    required: bool
    schema: Schema
    allows: Callable[[str | int], bool]


@functools.cache
def source() -> bytes:
    """The document as it is given out."""
    return Path(__file__).with_name("openapi.json").read_bytes()


@functools.cache
def document() -> dict[str, Any]:
    """The document, read."""
    read: dict[str, Any] = orjson.loads(source())
    return read


@functools.cache
def query_parameters(operation_id: str) -> tuple[Parameter, ...]:
    """The query parameters of an operation, in the order of the document."""
    found = (resolve(parameter) for parameter in _operation(operation_id).get("parameters", ()))
    return tuple(_parameter(parameter) for parameter in found if parameter["in"] == "query")


def resolve(value: Schema) -> Schema:
    """What a reference within the document stands for; anything else stands for itself.

    >>> resolve({"$ref": "#/components/schemas/Operation"})["enum"]
    ['catalog', 'cart', 'archive']
    """
    if "$ref" not in value:
        return value
    found: Any = document()
    for step in value["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return resolve(found)


@functools.cache
def validator(schema: str) -> "Draft202012Validator":
    """A validator for one of the document's schemas, by name."""
    return _validator({"$ref": f"#/components/schemas/{schema}"})


def _parameter(parameter: Schema) -> Parameter:
    schema = resolve(parameter["schema"])
    return Parameter(parameter["name"], bool(parameter.get("required")), schema, _validator(schema).is_valid)


def _validator(schema: Schema) -> "Draft202012Validator":
    # Every function imports this module, and only this one needs the library.
    from jsonschema_rs import Draft202012Validator

    return Draft202012Validator({**schema, "components": document()["components"]})


def _operation(operation_id: str) -> Schema:
    operations = (operation for path in document()["paths"].values() for operation in path.values())
    return next(each for each in operations if isinstance(each, dict) and each.get("operationId") == operation_id)
