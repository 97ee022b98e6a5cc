"""Read a mapping document, JSON or YAML, so that what it says is what was written.

YAML is read by the rules of YAML 1.2: `no` is text, `0012` is text, `9.90` is that decimal. A key that stands twice in
one object is an error in both, since one of the two would be lost without a word.
"""

import json
import re
from decimal import Decimal
from typing import Any

import yaml

MAX_BYTES = 1_000_000
MAX_NODES = 100_000


class MappingError(ValueError):
    """The mapping document is wrong. The text says where in the document, what is wrong, and how to mend it."""


def read_document(data: bytes) -> dict[str, Any]:
    """The object that a mapping document is; numbers are int or `Decimal`.

    Raises:
        MappingError: it is too large, not UTF-8, neither JSON nor YAML, not an object, or repeats a key.
    """
    if len(data) > MAX_BYTES:
        raise MappingError(f"the mapping has {len(data):,} bytes; a mapping has {MAX_BYTES:,} at the most")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MappingError(f"byte {error.start + 1} is not UTF-8; save the mapping as UTF-8") from error
    if not text.strip():
        raise MappingError("the mapping is empty; it needs at least fields with item_sku")
    try:
        document = _read_json(text) if text.lstrip().startswith("{") else _read_yaml(text)
    except RecursionError as error:
        raise MappingError("the mapping is nested too deeply") from error
    if not isinstance(document, dict):
        raise MappingError("the mapping is not an object; it starts with names such as fields: or csv:")
    _refuse_huge(document)
    return document


def _refuse_huge(document: object) -> None:
    """YAML's aliases can make a short text a huge tree, or one without an end."""
    rest, nodes = [document], 0
    while rest:
        nodes += 1
        if nodes > MAX_NODES:
            raise MappingError(f"the mapping has more than {MAX_NODES:,} values; repeat fewer YAML aliases (*name)")
        value = rest.pop()
        if isinstance(value, dict):
            rest.extend(value.values())
        elif isinstance(value, list):
            rest.extend(value)


def _read_json(text: str) -> object:
    try:
        return json.loads(
            text, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_object_without_repeats
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise MappingError(f"{place}: this is not JSON: {error.msg[0].lower()}{error.msg[1:]}") from error
    except MappingError:
        raise
    except ValueError as error:  # of int(), which refuses thousands of digits
        raise MappingError("a number has thousands of digits; put it in quotes if it is a text") from error


def _refuse_constant(name: str) -> None:
    raise MappingError(f"{name} is not a number of JSON; give a finite number")


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise MappingError(f"the key '{key}' stands twice in one object; keep one of them")
        found[key] = value
    return found


def _read_yaml(text: str) -> object:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506, a safe loader with fewer tags
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        began = error.context_mark
        context = f" ({error.context} from line {began.line + 1}, column {began.column + 1})" if began else ""
        raise MappingError(f"{place}this is not YAML: {error.problem}{context}") from error
    except yaml.YAMLError as error:  # of its reader, at a control character
        raise MappingError(f"this is not YAML: {str(error).partition(chr(10))[0]}") from error
    except MappingError:
        raise
    except (ValueError, ArithmeticError, KeyError) as error:  # an explicit tag, such as !!int, before something else
        raise MappingError("a value is not what its tag says, or has thousands of digits; put it in quotes") from error


class _Loader(yaml.SafeLoader):
    """YAML 1.2's scalars, keys that are the text that was written, and no key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: ARG002
        seen: set[str] = set()
        for key, _ in node.value:
            place = f"line {key.start_mark.line + 1}, column {key.start_mark.column + 1}: "
            if not isinstance(key, yaml.ScalarNode):
                raise MappingError(f"{place}a key is a list or an object; give a name")
            if key.value in seen:
                raise MappingError(f"{place}the key '{key.value}' stands twice in one object; keep one of them")
            seen.add(key.value)
        self.flatten_mapping(node)
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}

    def construct_decimal(self, node: yaml.ScalarNode) -> Decimal:
        return Decimal(node.value)


_CORE_TAGS = ("map", "seq", "str", "null", "bool", "int")
_Loader.yaml_implicit_resolvers = {}
_Loader.yaml_constructors = {
    tag: constructor
    for tag, constructor in yaml.SafeLoader.yaml_constructors.items()
    if tag is None or tag.rpartition(":")[2] in _CORE_TAGS
}
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_decimal)
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"-?(?:0|[1-9][0-9]*)", "-0123456789"),
    ("float", r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", "-0123456789"),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first))
