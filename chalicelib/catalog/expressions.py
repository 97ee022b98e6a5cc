"""JMESPath expressions over records, compiled once, and exact: a number is an int or a `Decimal`, never a float.

The jmespath package parses and interprets; the parts that nearly every expression is made of (fields, indexes,
comparisons, and, or) become closures, which are several times as fast. A property test holds the two equal.
"""

import json
import math
import operator
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, cast

import jmespath
from jmespath import exceptions, functions
from jmespath.visitor import Options, TreeInterpreter

from chalicelib.catalog.decimal_text import decimal_text
from chalicelib.catalog.suggestions import suggestion

Expression = Callable[[Any], Any]
_Node = dict[str, Any]

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_MAX_EXPONENT = 100
_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


_QUOTE_NAMES = (
    "a name with more than letters A to Z, digits and _ goes into double quotes of its own, in YAML '\"VK-Preis\"'"
)
_READ_ON = ("subexpression", "index_expression", "pipe")
"""Their second part reads what their first part finds."""
_PROJECTIONS = ("projection", "value_projection", "filter_projection")


class ExpressionError(ValueError):
    """The expression cannot be compiled. The text says what is wrong and where in the expression."""


class ExpressionFailedError(Exception):
    """The expression cannot be worked out for this record, e.g. `length()` of a number. The text says why."""


def compile_expression(text: str) -> Expression:
    """Compile a JMESPath expression to a function of the record, whose value is None where the record has nothing.

    The function raises `ExpressionFailedError`, and nothing else.

    Raises:
        ExpressionError: it is not JMESPath, or calls a function that there is not.

    >>> compile_expression("stores[0].name || 'none'")({"stores": [{"name": "Main St"}]})
    'Main St'
    """
    try:
        node = _exact(_parse(text))
        _check_functions(node)
        return _guarded(_closure(node))
    except RecursionError as error:
        raise ExpressionError("it is nested too deeply") from error


def _parse(text: str) -> _Node:
    try:
        return cast(_Node, jmespath.compile(text).parsed)
    except exceptions.LexerError as error:
        hint = f"; {_QUOTE_NAMES}" if error.message.startswith("Unknown token") else ""
        raise ExpressionError(f"{error.message} at character {error.lexer_position + 1}{hint}") from error
    except exceptions.IncompleteExpressionError as error:
        raise ExpressionError("it ends too early") from error
    except exceptions.ParseError as error:
        if not error.token_value:
            raise ExpressionError("it ends too early") from error
        where = f"character {error.lex_position + 1}, '{error.token_value}'"
        follows_a_name = str(error.token_type).endswith("IDENTIFIER")
        hint = f"; {_QUOTE_NAMES}" if follows_a_name else ""
        raise ExpressionError(f"it makes no sense at {where}{hint}") from error
    except exceptions.JMESPathError as error:
        raise ExpressionError("it is empty" if not text.strip() else str(error).partition("\n")[0]) from error


def names_read(text: str) -> list[tuple[str, bool]]:
    """The names that an expression reads from the record itself, each with whether it is compared with something on its
    left; none of an expression that cannot be compiled.

    >>> names_read("prices[?kind == 'net'].amount || List || to_number(Price) > Limit")
    [('prices', False), ('List', False), ('Price', False), ('Limit', True)]
    """
    try:
        return list(_names(_parse(text)))
    except (ExpressionError, RecursionError):
        return []


def _names(node: _Node, *, compared: bool = False) -> Iterator[tuple[str, bool]]:
    children = node["children"]
    if node["type"] == "field":
        yield node["value"], compared
    elif node["type"] == "comparator":
        yield from _names(children[0])
        yield from _names(children[1], compared=True)
    elif node["type"] in _READ_ON:
        is_record = children[0]["type"] in ("current", "identity")
        yield from _names(children[1 if is_record else 0])
    elif node["type"] in _PROJECTIONS:
        yield from _names(children[0])
    elif node["type"] not in ("expref", "slice"):
        for child in children:
            yield from _names(child)


def _guarded(run: Expression) -> Expression:
    def expression(record: Any) -> Any:
        try:
            return run(record)
        except TypeError as error:
            raise ExpressionFailedError(
                "it compares a text with a number; to_number(...) reads a text as one"
            ) from error
        except exceptions.JMESPathTypeError as error:
            raise ExpressionFailedError(
                f"{error.function_name}() takes {' or '.join(error.expected_types)}, and here it is {error.actual_type}"
            ) from error
        except (exceptions.JMESPathError, ArithmeticError, RecursionError) as error:
            raise ExpressionFailedError(str(error).partition("\n")[0] or type(error).__name__) from error

    return expression


def _exact(value: Any) -> Any:
    """The same tree with each float of a literal as the decimal that was written."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, list):
        return [_exact(each) for each in value]
    if isinstance(value, dict):
        return {key: _exact(each) for key, each in value.items()}
    return value


def _check_functions(node: _Node) -> None:
    if node["type"] == "function_expression":
        spec = _ExactFunctions.FUNCTION_TABLE.get(node["value"])
        if spec is None:
            close = suggestion(node["value"], _ExactFunctions.FUNCTION_TABLE)
            hint = f"; did you mean {close}()?" if close else ""
            raise ExpressionError(f"JMESPath has no function {node['value']}(){hint}")
        wanted, given = len(spec["signature"]), len(node["children"])
        variadic = bool(spec["signature"]) and spec["signature"][-1].get("variadic")
        if given < wanted or (given > wanted and not variadic):
            least = "at least " if variadic else ""
            raise ExpressionError(f"{node['value']}() takes {least}{wanted} argument{'s' * (wanted != 1)}, not {given}")
    for child in node["children"]:
        if isinstance(child, dict):  # a slice's children are numbers
            _check_functions(child)


_PackageFunctions: Any = functions.Functions  # its hooks are not in the type stubs


class _ExactFunctions(_PackageFunctions):  # type: ignore[misc]
    """JMESPath's functions where those of the package would refuse a `Decimal` or make a float."""

    def _get_allowed_pytypes(self, types: list[str]) -> tuple[list[str], list[tuple[str, ...]]]:
        top, inner = super()._get_allowed_pytypes(types)
        return _with_decimal(top), [tuple(_with_decimal(list(each))) for each in inner]

    def _convert_to_jmespath_type(self, pyobject: str) -> str:
        return "number" if pyobject == "Decimal" else str(super()._convert_to_jmespath_type(pyobject))

    @functions.signature({"types": ["array-number"]})
    def _func_avg(self, numbers: list[Any]) -> Any:
        return Decimal(sum(numbers)) / len(numbers) if numbers else None

    @functions.signature({"types": ["number"]})
    def _func_ceil(self, number: Any) -> Any:
        return math.ceil(_of_bearable_size(number))

    @functions.signature({"types": ["number"]})
    def _func_floor(self, number: Any) -> Any:
        return math.floor(_of_bearable_size(number))

    @functions.signature({"types": []})
    def _func_to_number(self, value: Any) -> Any:
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return value
        text = value.strip() if isinstance(value, str) else ""
        if not _NUMBER.fullmatch(text):
            return None
        return int(text) if text.lstrip("-").isdigit() and len(text) < _MAX_EXPONENT else Decimal(text)

    @functions.signature({"types": []})
    def _func_to_string(self, value: Any) -> str:
        return value if isinstance(value, str) else _json_text(value)

    @functions.signature({"types": []})
    def _func_type(self, value: Any) -> str:
        return "number" if isinstance(value, Decimal) else str(super()._func_type(value))


def _with_decimal(names: list[str]) -> list[str]:
    return [*names, "Decimal"] if "int" in names else names


def _json_text(value: Any) -> str:
    """A value as JSON, its numbers as items have them: 0.50 and 5e-1 are 0.5, whatever the file's format."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{_json_text(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json_text, value)) + "]"
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return decimal_text(_of_bearable_size(value))
    return json.dumps(value)


def _of_bearable_size(number: Any) -> Any:
    """Refuse 1e999999999: as an int or as text it would be a gigabyte."""
    if isinstance(number, Decimal) and (not number.is_finite() or abs(number.adjusted()) > _MAX_EXPONENT):
        raise exceptions.JMESPathError(f"{number} is too large a number")
    return number


_interpreter: Any = TreeInterpreter(Options(custom_functions=_ExactFunctions()))


def _is_false(value: Any) -> bool:
    return value is None or value is False or value == "" or value == [] or value == {}


def _closure(node: _Node) -> Expression:
    compiler = _COMPILERS.get(node["type"])
    if compiler is not None:
        return compiler(node)
    return lambda value: _interpreter.visit(node, value)


def _compile_field(node: _Node) -> Expression:
    name = node["value"]
    return lambda value: value.get(name) if isinstance(value, dict) else None


def _compile_sequence(node: _Node) -> Expression:
    children = node["children"]
    if all(child["type"] == "field" for child in children):
        return _compile_path([child["value"] for child in children])
    steps = tuple(_closure(child) for child in children)

    def sequence(value: Any) -> Any:
        for step in steps:
            value = step(value)
        return value

    return sequence


def _compile_path(names: list[str]) -> Expression:
    def path(value: Any) -> Any:
        for name in names:
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return value

    return path


def _compile_index(node: _Node) -> Expression:
    place = node["value"]

    def index(value: Any) -> Any:
        if isinstance(value, list) and -len(value) <= place < len(value):
            return value[place]
        return None

    return index


def _compile_literal(node: _Node) -> Expression:
    literal = node["value"]
    return lambda _: literal


def _compile_or(node: _Node) -> Expression:
    left, right = map(_closure, node["children"])

    def either(value: Any) -> Any:
        found = left(value)
        return right(value) if _is_false(found) else found

    return either


def _compile_and(node: _Node) -> Expression:
    left, right = map(_closure, node["children"])

    def both(value: Any) -> Any:
        found = left(value)
        return found if _is_false(found) else right(value)

    return both


def _compile_comparator(node: _Node) -> Expression:
    left, right = map(_closure, node["children"])
    order = _ORDER.get(node["value"])
    if order is None:
        equality = TreeInterpreter.COMPARATOR_FUNC[node["value"]]
        return lambda value: equality(left(value), right(value))

    def compare(value: Any) -> Any:
        one, other = left(value), right(value)
        return order(one, other) if _is_comparable(one) and _is_comparable(other) else None

    return compare


def _is_comparable(value: Any) -> bool:
    return isinstance(value, str | int | Decimal) and not isinstance(value, bool)


_COMPILERS: dict[str, Callable[[_Node], Expression]] = {
    "field": _compile_field,
    "subexpression": _compile_sequence,
    "index_expression": _compile_sequence,
    "pipe": _compile_sequence,
    "index": _compile_index,
    "literal": _compile_literal,
    "current": lambda _: lambda value: value,
    "identity": lambda _: lambda value: value,
    "or_expression": _compile_or,
    "and_expression": _compile_and,
    "comparator": _compile_comparator,
}
