"""The OpenAPI document: one source of routes, parameters, request schemas and what callers read."""

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Parameter:
    """A query parameter: its name, and its schema without references."""

    name: str
    required: bool
    schema: Schema


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
    return tuple(
        Parameter(parameter["name"], bool(parameter.get("required")), resolve(parameter["schema"]))
        for parameter in found
        if parameter["in"] == "query"
    )


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
def validator(schema: str) -> Validator:
    """A validator for one of the document's schemas, by name."""
    return _Validator({"$ref": f"#/components/schemas/{schema}", "components": document()["components"]})


def validate_value(value: object, schema: Schema) -> ValidationError | None:
    """The first fault of a value under a schema of the document, if it has any."""
    return next(iter(_Validator({**schema, "components": document()["components"]}).iter_errors(value)), None)


def _operation(operation_id: str) -> Schema:
    for path in document()["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and operation.get("operationId") == operation_id:
                return operation
    raise KeyError(operation_id)


def _pattern(_: object, pattern: str, value: object, __: object) -> Iterator[ValidationError]:
    """ECMA's `$` is the end of the text; Python's would let a line feed follow."""
    if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
        yield ValidationError(f"does not match {pattern}")


_Validator: type[Validator] = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]
