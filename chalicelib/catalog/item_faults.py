"""From a schema's error to a fault that a catalog manager can act on."""

from collections.abc import Iterator
from typing import Any

from chalicelib.catalog.barcodes import additional, not_digits
from chalicelib.catalog.codes import FaultCode
from chalicelib.catalog.faults import MAX_FAULTS, Fault
from chalicelib.catalog.item_schema import explain, failing_fields, item_schema
from chalicelib.catalog.normalise import shown
from chalicelib.catalog.surrogates import STAND_IN

FORBIDDEN_SIGNS = {"®": "registered", "©": "copyright", "™": "trade mark", "℠": "service mark", "℗": "sound recording"}
MAX_LENGTH = 255


def schema_faults(item: dict[str, Any]) -> list[Fault]:
    """Every fault that `item.schema.json` finds in a normalised item; of very many, one more than are listed."""
    found: dict[Fault, None] = {}
    for path, error in explain(item, failing_fields(item)):
        found.update(dict.fromkeys(_faults(path, error)))
        if len(found) > MAX_FAULTS:
            break
    return list(found)


def _faults(path: list[str | int], error: Any) -> Iterator[Fault]:
    field = _name(path)
    rule = error.validator
    if rule == "required":
        yield from (_missing(_name([*path, name])) for name in error.validator_value if name not in error.instance)
    elif rule in ("maxLength", "minLength") and path:
        yield _too_long(field, error.instance)
    elif rule == "maxItems":
        message = f"{field} lists more than {error.validator_value} barcodes. Leave some out."
        yield Fault(FaultCode.TOO_MANY_BARCODES, message, field)
    elif rule == "type":
        yield _wrong_type(field, error.instance)
    elif rule == "enum":
        yield _bad_type(field, shown(error.instance))
    elif rule == "pattern":
        yield _bad_price(field, error.instance)
    elif error.validator_value == item_schema()["$defs"]["text"]["not"]:
        yield from _bad_signs(field, error.instance)
    elif error.validator_value == item_schema()["$defs"]["barcode"]["not"]:
        fault = not_digits(error.instance, field)
        yield fault if len(path) == 1 else additional(fault)
    elif path == ["item_sku"]:
        yield _bad_sku(field, error.instance)
    else:
        yield _bad_name(error.instance)


def _name(path: list[Any]) -> str:
    """The field as a person writes it: `additional_external_product_information[0].external_product_id`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _missing(field: str) -> Fault:
    return Fault(FaultCode.MISSING, f"{field} is missing or empty. Every item needs one: fill it in.", field)


def _bad_name(name: str) -> Fault:
    message = "A field has a name that is empty or has control characters in it. Rename the field, or leave it out."
    return Fault(FaultCode.FIELD_NAME, message, name, name)


def _too_long(field: str, value: str) -> Fault:
    message = f"{field} has {len(value)} characters; {MAX_LENGTH} are allowed. Shorten it."
    return Fault(FaultCode.TOO_LONG, message, field, value)


def _wrong_type(field: str, value: Any) -> Fault:
    """Only the list of more barcodes can be of a wrong type: all other values are text by now."""
    shape = "an object" if field.endswith("]") else "a list of objects"
    message = (
        f"{field} has to be {shape} with external_product_id and external_product_id_type. Correct it, or leave it out."
    )
    return Fault(FaultCode.BARCODE_LIST, message, field, shown(value))


def _bad_type(field: str, value: str) -> Fault:
    types = "UPC, EAN, EAN8, ISBN, GTIN and PLU"
    message = (
        f"{field} {value[:80]!r} is not known. The types are {types}, in capitals; leave it out to go by the length."
    )
    return Fault(FaultCode.BARCODE_TYPE, message, field, value)


def _bad_price(field: str, value: str) -> Fault:
    if value.startswith("-"):
        hint = "a price is not negative"
    elif "," in value and "." not in value:
        hint = "the decimal sign is a point: " + value.replace(",", ".")
    else:
        hint = "digits, and a point with digits behind it if need be: no currency sign, no thousands separator"
    return Fault(FaultCode.PRICE, f"{field} {value[:80]!r} is not a price; {hint}.", field, value)


def _bad_signs(field: str, value: str) -> Iterator[Fault]:
    """A text that has a sign it may not have."""
    for sign, name in FORBIDDEN_SIGNS.items():
        if sign in value:
            message = f"{field} has the {name} sign {sign}, which Amazon does not take. Leave it out."
            yield Fault(FaultCode.FORBIDDEN_SIGN, message, field, value)
    if STAND_IN in value:
        message = (
            f"{field} has half of a two-part character (a lone surrogate such as \\ud83d). Write the whole character, "
            "or none."
        )
        yield Fault(FaultCode.LONE_SURROGATE, message, field, value.replace(STAND_IN, "\ufffd"))
    controls = sorted({sign for sign in value if sign < " " or "\x7f" <= sign <= "\x9f"})
    if controls:
        names = ", ".join(f"U+{ord(sign):04X}" for sign in controls[:5])
        message = f"{field} has control characters ({names}; a line break or a tab is one). Leave them out."
        yield Fault(FaultCode.CONTROL_CHARACTER, message, field, value)


def _bad_sku(field: str, value: str) -> Fault:
    others = "".join(sorted({sign for sign in value if not (sign.isascii() and (sign.isalnum() or sign in "-_."))}))
    message = (
        f"{field} {value[:80]!r} has signs that are not allowed ({others[:20]!r}). Letters A to Z, digits, '-', '_' "
        "and '.' are."
    )
    return Fault(FaultCode.SKU, message, field, value)
