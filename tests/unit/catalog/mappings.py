"""What the tests of mappings share: a small mapping, a record, and the item that it becomes."""

from typing import Any

import orjson

from chalicelib.catalog.faults import Fault
from chalicelib.catalog.mapping import Mapping

FIELDS = {"item_sku": "SKU", "external_product_id": "UPC", "item_name": "Name", "store_id": "Store"}
RECORD = {"SKU": "A-1", "UPC": "036000291452", "Name": "Milk", "Store": "store-1"}
ITEM = {"item_sku": "A-1", "external_product_id": "036000291452", "item_name": "Milk", "store_id": "store-1"}
NO_STORE = {name: source for name, source in FIELDS.items() if name != "store_id"}


def mapping_of(**document: Any) -> Mapping:
    """The small mapping with other parts of the document."""
    return Mapping.from_document(orjson.dumps({"fields": FIELDS, **document}))


def only_fault(mapping: Mapping, record: dict[str, Any]) -> Fault:
    """The one fault of a record."""
    (fault,) = mapping.apply(record).faults
    return fault
