"""YAML as a mapping document takes it: the scalars of YAML 1.2, keys that are text, no key twice."""

import re
from decimal import Decimal
from typing import Any

import yaml

from chalicelib.catalog.mapping_error import MappingError
from chalicelib.catalog.mapping_yaml_mistakes import explain


def read_yaml(text: str) -> object:
    """The value of a YAML document; numbers are int or `Decimal`.

    Raises:
        MappingError: it is not YAML, or an object has a key twice.
    """
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506, a safe loader with fewer tags
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise MappingError(f"{place}this is not YAML: {explain(text, error)}") from error
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
