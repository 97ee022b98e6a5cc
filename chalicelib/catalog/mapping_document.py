"""Read a mapping document, JSON or YAML, so that what it says is what was written.

YAML is read by the rules of YAML 1.2: `no` is text, `0012` is text, `9.90` is that decimal. A key that stands twice in
one object is an error in both, since one of the two would be lost without a word.
"""

from typing import Any

from chalicelib.catalog.mapping_error import MappingError
from chalicelib.catalog.mapping_json import read_json

MAX_BYTES = 1_000_000
MAX_NODES = 100_000


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
        document = read_json(text) if text.lstrip().startswith(("{", "//", "/*")) else _read_yaml(text)
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


def _read_yaml(text: str) -> object:
    from chalicelib.catalog.mapping_yaml import read_yaml  # PyYAML takes a while to import

    return read_yaml(text)
