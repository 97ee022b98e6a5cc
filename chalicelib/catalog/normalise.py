"""From a record as a file has it to an item as the rules want it: trimmed text, and nothing where there is nothing."""

from decimal import Decimal
from typing import Any

import orjson

from chalicelib.catalog.codes import FaultCode
from chalicelib.catalog.decimal_text import NumberTooLong, decimal_text
from chalicelib.catalog.faults import Fault

MORE_BARCODES = "additional_external_product_information"
"""The one field that is a list of objects."""


def normalise(record: dict[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """The record's fields as trimmed text, without the empty ones; fields whose value can't be text are faults
    instead.
    """
    item: dict[str, Any] = {}
    faults: list[Fault] = []
    for field, value in record.items():
        kind = type(value)
        if kind is str:
            if text := value.strip():
                item[field] = text
        elif kind is Decimal or kind is int:
            _take_number(field, value, item, faults)
        elif value is not None:
            _take_other(field, value, item, faults)
    return item, faults


def shown(value: Any) -> str:
    """A value as a person would look for it in the file."""
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value, default=str).decode()
    except (orjson.JSONEncodeError, RecursionError):
        return f"{type(value).__name__}"


def broken_number(record: dict[str, Any]) -> Fault | None:
    """The fault of a record that has, at any depth, a number that can't be written down: no mapping can compare it."""
    waiting = list(record.items())
    for field, value in waiting:  # the list grows while it is gone through; records may be nested too deeply to recur
        if isinstance(value, dict):
            waiting += ((field, inner) for inner in value.values())
        elif isinstance(value, list):
            waiting += ((field, inner) for inner in value)
        elif isinstance(value, Decimal) and not value.is_finite():
            return _not_a_number(field, value)
    return None


def _take_other(field: str, value: Any, item: dict[str, Any], faults: list[Fault]) -> None:
    if field == MORE_BARCODES and isinstance(value, list):
        item[field] = [_entry(f"{field}[{number}]", entry, faults) for number, entry in enumerate(value)]
    elif field == MORE_BARCODES:
        item[field] = shown(value)  # no list, so the schema refuses it, and says what it has to be
    elif isinstance(value, float):  # a mapping's own arithmetic: files' numbers are never read as floats
        _take_number(field, Decimal(repr(value)), item, faults)
    else:
        kind = {bool: "true or false", list: "a list", dict: "an object"}.get(type(value), "no text")
        message = f"{field} is {kind}; it has to be a text. Put the value itself there."
        faults.append(Fault(FaultCode.NOT_A_SCALAR, message, field, shown(value)))


def _take_number(field: str, value: int | Decimal, item: dict[str, Any], faults: list[Fault]) -> None:
    if isinstance(value, Decimal) and not value.is_finite():
        faults.append(_not_a_number(field, value))
        return
    try:
        item[field] = decimal_text(value)
    except NumberTooLong:
        message = f"{field} is a number of more than 5,000 digits when written without an exponent. Correct the value."
        faults.append(Fault(FaultCode.NUMBER_TOO_LONG, message, field, str(value)[:100]))


def _not_a_number(field: str, value: Decimal) -> Fault:
    message = (
        f"{field} is no number that can be written down (NaN, infinity, or an exponent out of reach). Correct the "
        "value."
    )
    return Fault(FaultCode.NOT_A_NUMBER, message, field, str(value))


def _entry(field: str, entry: Any, faults: list[Fault]) -> Any:
    if not isinstance(entry, dict):
        return entry  # the schema refuses it
    item, own = normalise(entry)
    faults.extend(Fault(fault.code, fault.message, f"{field}.{fault.field}", fault.value) for fault in own)
    return item
