"""Reads requests: query parameters, bodies, upload IDs. What they may be is in the OpenAPI document."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from chalicelib.api.document import (
    Parameter,
    Schema,
    document,
    query_parameters,
    resolve,
    validator,
)
from chalicelib.api.problems import FieldError, bad_request, body_too_large, unknown_upload

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

MAX_BODY_BYTES = 65_536
"""The largest body that makes sense is a key and a version ID of 1,024 characters each."""
_UPLOAD_ID = re.compile(r"[0-9a-f]{32}")
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")


class QueryParameters(Protocol):
    """Chalice's `MultiDict`: every name with all its values."""

    def __iter__(self) -> Iterator[str]: ...

    def getlist(self, k: str) -> list[str]: ...


def read_upload_id(text: str) -> str:
    """The upload ID of a path.

    Raises:
        Problem: 404, since no upload can have this ID.
    """
    if not _UPLOAD_ID.fullmatch(text):
        raise unknown_upload()
    return text


def read_query(operation_id: str, given: QueryParameters | None) -> dict[str, Any]:
    """The query parameters of an operation, typed; absent ones have their default, or are None.

    Raises:
        Problem: 400 with every fault. A parameter that the operation does not know is one: a misspelt filter would
            otherwise go unnoticed.
    """
    texts = {name: given.getlist(name) for name in given} if given else {}
    known = query_parameters(operation_id)
    names = ", ".join(parameter.name for parameter in known) or "none"
    errors = [
        FieldError(name, f"is no parameter of this operation (its parameters: {names})")
        for name in texts.keys() - {parameter.name for parameter in known}
    ]
    values = {}
    for parameter in known:
        try:
            values[parameter.name] = _read_parameter(parameter, texts.get(parameter.name, []))
        except ValueError as error:
            errors.append(FieldError(parameter.name, str(error)))
    if errors:
        raise bad_request(errors)
    return values


def _read_parameter(parameter: Parameter, texts: list[str]) -> object:
    if len(texts) > 1:
        raise ValueError("is given more than once")
    if not texts:
        if parameter.required:
            raise ValueError(f"is missing; it {_expected(parameter.schema)}")
        return parameter.schema.get("default")
    value: str | int = texts[0]
    if parameter.schema["type"] == "integer":
        if not _WHOLE_NUMBER.fullmatch(texts[0]):
            raise ValueError(_expected(parameter.schema))
        value = int(texts[0])
    if not parameter.allows(value):
        raise ValueError(_expected(parameter.schema))
    return value


def read_body(raw: str | bytes) -> dict[str, Any]:
    """The JSON object of a body.

    Raises:
        Problem: 413; 400 if it is none.
    """
    if len(raw) > MAX_BODY_BYTES:
        raise body_too_large(MAX_BODY_BYTES)
    if not raw.strip():
        raise bad_request([FieldError("body", "is missing; it must be a JSON object")])
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise bad_request([FieldError("body", f"is no JSON: {error}")]) from None
    if not isinstance(body, dict):
        raise bad_request([FieldError("body", "must be a JSON object")])
    return body


def check_body(body: Mapping[str, Any], schema: str) -> None:
    """Hold a body against one of the document's schemas.

    Raises:
        Problem: 400 with every fault.
    """
    fields = document()["components"]["schemas"][schema]["properties"]
    errors = [error for found in validator(schema).iter_errors(body) for error in _explain(found, fields)]
    if errors:
        raise bad_request(errors)


def _explain(error: "ValidationError", fields: Mapping[str, Schema]) -> Iterator[FieldError]:
    kind: Any = error.kind
    if kind.name == "required":
        yield FieldError(kind.property, "is missing")
    elif kind.name == "additionalProperties":
        for name in kind.unexpected:
            yield FieldError(name, f"is no field of this body (its fields: {', '.join(fields)})")
    else:
        name = str(error.instance_path[0])
        yield FieldError(name, _expected(resolve(fields[name])))


def _expected(schema: Schema) -> str:
    """What a value must be, in words.

    >>> _expected({"type": "integer", "minimum": 1, "maximum": 100})
    'must be a whole number from 1 to 100'
    """
    if "enum" in schema:
        return f"must be one of {', '.join(schema['enum'])}"
    if schema["type"] == "integer":
        return f"must be a whole number from {schema['minimum']} to {schema['maximum']}"
    length = f"must be text of {schema.get('minLength', 1)} to {schema['maxLength']:,} characters"
    return f"{length}. {schema['description']}" if "description" in schema else length
