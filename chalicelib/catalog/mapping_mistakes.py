"""Find what is wrong in a mapping document that could be read, and say where, what, and how to mend it."""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.catalog.expressions import ExpressionError, compile_expression
from chalicelib.catalog.mapping_columns import columns_of, fold_name, lacking
from chalicelib.catalog.suggestions import suggestion
from chalicelib.catalog.transforms import PLAIN

SCHEMA_PATH = Path(__file__).with_name("mapping.schema.json")
REQUIRED_BESIDE_SKU = ("external_product_id", "item_name", "store_id")
OPERATORS = ("equals", "in", "matches", "empty")
_SOURCES = ("column", "expression", "constant", "from_field")
_TRANSFORM = "zero_pad"
"""A name by which the schema of transforms with a parameter is known."""
_SHOWN = 40


def find_mistakes(document: dict[str, Any]) -> list[str]:
    """A sentence for every mistake, in the order of the document's schema; none: the mapping can be compiled."""
    errors = list(_validator().iter_errors(document))
    by_schema = list(map(_explain, errors))
    if any(error.validator != "additionalProperties" for error in errors):
        return by_schema  # it has not the shape in which the others could be looked for
    echoed = {_where(error.absolute_path) for error in errors}
    others = ((where, what) for where, what in _find_contradictions(document) if where not in echoed)
    return by_schema + [f"{where}: {what}" for where, what in others]


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator  # a sixth of a second to import, and needed only with a mapping

    return Draft202012Validator(json.loads(SCHEMA_PATH.read_text()))


def _explain(error: Any) -> str:
    where = _where(error.absolute_path)
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        return "; ".join(_unknown(where, key, known) for key in error.instance if key not in known)
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        return f"{where}: {' and '.join(missing)} must be there; it is {error.schema['description']}"
    hint = _did_you_mean(str(error.instance), error.validator_value) if error.validator == "enum" else ""
    return f"{where} is {_shown(error.instance)}{hint}: it must be {error.schema['description']}"


def _unknown(where: str, key: str, known: Iterable[str]) -> str:
    if where == "fields" and key == "additional_external_product_information":
        return f"fields: {key} does not belong here; use additional_barcodes beside fields"
    if _TRANSFORM in known:
        if key in PLAIN:
            return f"{where}: {key} takes no parameter: write `- {key}`"
        known = dict.fromkeys([*PLAIN, *known])
    hint = _did_you_mean(key, known)
    if where == "fields":
        hint = hint or f"; known are {', '.join(known)}"
        return f"fields: the Catalog API has no field '{key}'{hint}; a field that is new goes under other_fields"
    return f"{where}: '{key}' is not known here{hint}; known are {', '.join(known)}"


def _did_you_mean(word: str, known: Iterable[Any]) -> str:
    close = suggestion(word, [each for each in known if isinstance(each, str)])
    return f" (did you mean {close}?)" if close else ""


def _where(path: Iterable[str | int]) -> str:
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if text else step
    return text or "the mapping"


def _shown(value: object) -> str:
    if isinstance(value, str):
        return "an empty text" if not value.strip() else f"'{value if len(value) <= _SHOWN else value[:_SHOWN] + '…'}'"
    if isinstance(value, list | dict):
        kind = "a list" if isinstance(value, list) else "an object"
        return kind if value else f"{kind} with nothing in it"
    if value is None or isinstance(value, bool):
        return {None: "empty", True: "true", False: "false"}[value]
    return str(value)[:_SHOWN]


_Mistake = tuple[str, str]


def _find_contradictions(document: dict[str, Any]) -> Iterator[_Mistake]:
    """What a schema cannot say. Yields where and what."""
    fields, others = document["fields"], document.get("other_fields", {})
    yield from _check_csv(document.get("csv", {}))
    for name, source in fields.items():
        yield from _check_field(f"fields.{name}", name, source, fields)
    for name, source in others.items():
        if name in fields:
            yield f"other_fields.{name}", "stands under fields, too; keep one of them"
        yield from _check_field(f"other_fields.{name}", name, source, fields)
    yield from _check_stores(document)
    if "additional_barcodes" in document:
        yield from _check_source("additional_barcodes", document["additional_barcodes"], ("column", "expression"))
    for number, condition in enumerate(document.get("skip_when", ()), 1):
        yield from _check_condition(f"skip_when[{number}]", condition)
    yield from _check_completeness(document)
    yield from _check_columns(document)


def _check_csv(csv: dict[str, Any]) -> Iterator[_Mistake]:
    if csv.get("delimiter") is not None and csv.get("delimiter") == csv.get("quote"):
        yield "csv", f"delimiter and quote are both '{csv['quote']}'; they must differ"
    seen: dict[str, str] = {}
    for name in csv.get("header", ()):
        if fold_name(name) in seen:
            yield "csv.header", f"'{name}' names two columns; case and space make no difference; rename one of them"
        seen[fold_name(name)] = name


def _check_field(where: str, name: str, source: Any, fields: dict[str, Any]) -> Iterator[_Mistake]:
    if isinstance(source, str):
        return
    yield from _check_source(where, source, _SOURCES)
    other = source.get("from_field")
    if other is None:
        return
    if other == name or other not in fields:
        yield (
            where,
            f"from_field names '{other}', which must be another field under fields{_did_you_mean(other, fields)}",
        )
    elif isinstance(fields[other], dict) and "from_field" in fields[other]:
        yield where, f"from_field names '{other}', which itself is taken from a field; name that one"


def _check_source(where: str, source: dict[str, Any], allowed: tuple[str, ...]) -> Iterator[_Mistake]:
    given = [name for name in allowed if name in source]
    if not given:
        yield where, f"nothing says where the value comes from; give one of {', '.join(allowed)}"
    elif len(given) > 1:
        yield where, f"{' and '.join(given)} are both given; keep one of them"
    if "constant" in source and "transforms" in source:
        yield where, "transforms change nothing in a constant; write the constant as it must be, without transforms"
    yield from _check_expression(where, source)


def _check_expression(where: str, source: dict[str, Any]) -> Iterator[_Mistake]:
    if "expression" in source:
        try:
            compile_expression(source["expression"])
        except ExpressionError as error:
            shown = source["expression"] if len(source["expression"]) <= 80 else source["expression"][:80] + "…"
            yield f"{where}.expression", f"'{shown}' is not a JMESPath expression: {error}"


def _check_stores(document: dict[str, Any]) -> Iterator[_Mistake]:
    if "store_ids" not in document:
        return
    yield from _check_source("store_ids", document["store_ids"], ("column", "expression", "constant"))
    if "store_id" in document["fields"]:
        yield (
            "store_ids",
            "fields.store_id is given, too; keep store_ids for several stores, or fields.store_id for one",
        )


def _check_condition(where: str, condition: dict[str, Any]) -> Iterator[_Mistake]:
    yield from _check_source(where, condition, ("column", "expression"))
    operators = [name for name in OPERATORS if name in condition]
    if len(operators) > 1:
        yield where, f"{' and '.join(operators)} are both given; make two conditions of it, or keep one"
    elif not operators and "column" in condition:
        yield where, f"nothing says which values leave the row out; give one of {', '.join(OPERATORS)}"
    if "matches" in condition:
        try:
            re.compile(condition["matches"])
        except (re.error, RecursionError, OverflowError) as error:
            yield f"{where}.matches", f"'{condition['matches']}' is not a regular expression: {error}"


def _check_completeness(document: dict[str, Any]) -> Iterator[_Mistake]:
    """A catalog needs four fields; a mapping of item_sku alone is one for archive, which takes SKUs."""
    fields = document["fields"]
    if list(fields) == ["item_sku"] and not {"store_ids", "additional_barcodes", "other_fields"} & document.keys():
        return
    for name in REQUIRED_BESIDE_SKU:
        if name not in fields and not (name == "store_id" and "store_ids" in document):
            instead = ", or give store_ids" if name == "store_id" else ""
            yield "fields", f"{name} must be there, since every item needs it: say where it comes from{instead}"


def _check_columns(document: dict[str, Any]) -> Iterator[_Mistake]:
    header = document.get("csv", {}).get("header")
    if header is None:
        return
    for column, hint in lacking(columns_of(document), header).items():
        where, name = column.where, column.name
        yield where, f"csv.header lists no column '{name}'{hint}; use one of its names, or add it there"
