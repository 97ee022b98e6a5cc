"""The requests that Amazon refuses, with the texts it publishes. Pure: no AWS here."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from .scenarios import Scenario

MAX_BODY_BYTES = 10 * 1024 * 1024
MAX_ITEMS = 10_000
MAX_FIELD_LENGTH = 255
MAX_ADDITIONAL_BARCODES = 50
REQUIRED_FIELDS = ("item_sku", "external_product_id", "item_name", "store_id")
ADDITIONAL_BARCODES = "additional_external_product_information"

INVALID_BODY = "Invalid request body"
WRONG_STORE = "One or more StoreID's present in the request is incorrect"
STORE_OF_ANOTHER = "List of store ID's present in the request are either incorrect/not associated with same retailer"
UNKNOWN_INGESTION = "invalid ingestionId parameter or ingestionId not associated with any of the retailers"
RETRY_RECOMMENDED = "Server Error - Retry Recommended"
NO_RETRY = "Server Error - No Retry"


@dataclass(unsafe_hash=True)
class Refusal(Exception):
    """An answer other than success. `key` is the key of the text: Amazon uses `errorMsg`, its gateway `message`."""

    status: int
    text: str
    key: str = "errorMsg"
    error_type: str | None = None


def read_items(body: str, retailer_stores: Sequence[str]) -> list[dict[str, Any]]:
    """The items of an upload.

    Raises:
        Refusal: Amazon would refuse the request.
    """
    items = _read_object(body).get("catalogItems")
    if not isinstance(items, list) or not items:
        raise Refusal(400, INVALID_BODY)
    if len(items) > MAX_ITEMS:
        raise Refusal(400, f"Number of items in the request is more than {MAX_ITEMS}")
    for item in items:
        _check_item(item)
    stores = {item["store_id"] for item in items}
    if Scenario.OTHER_RETAILER in stores:
        raise Refusal(400, STORE_OF_ANOTHER)
    if Scenario.UNKNOWN_STORE in stores or not stores <= set(retailer_stores):
        raise Refusal(400, WRONG_STORE)
    return items


def read_archive(body: str, retailer_stores: Sequence[str]) -> list[str]:
    """The SKUs of an archive request.

    Raises:
        Refusal: Amazon would refuse the request.
    """
    request = _read_object(body)
    skus, stores = request.get("itemSkus"), request.get("allApplicableStores")
    if not _is_list_of_text(skus) or not _is_list_of_text(stores):
        raise Refusal(400, INVALID_BODY)
    if len(skus) > MAX_ITEMS:
        raise Refusal(400, f"Number of items in the request is more than {MAX_ITEMS}")
    if not set(stores) <= set(retailer_stores):
        raise Refusal(400, STORE_OF_ANOTHER)
    if set(stores) != set(retailer_stores):
        raise Refusal(400, f"allApplicableStores must name all stores of the retailer: {', '.join(retailer_stores)}")
    return list(skus)


def read_ingestion_id(body: str) -> str:
    """The ingestion ID of a status request.

    Raises:
        Refusal: Amazon would refuse the request.
    """
    ingestion_id = _read_object(body).get("ingestionId")
    if not isinstance(ingestion_id, str) or not ingestion_id:
        raise Refusal(400, INVALID_BODY)
    return ingestion_id


def _read_object(body: str) -> dict[str, Any]:
    try:
        request = json.loads(body)
    except ValueError:
        raise Refusal(400, INVALID_BODY) from None
    if not isinstance(request, dict):
        raise Refusal(400, INVALID_BODY)
    return request


def _check_item(item: Any) -> None:
    if not isinstance(item, dict) or not all(item.get(field) for field in REQUIRED_FIELDS):
        raise Refusal(400, INVALID_BODY)
    for field, value in item.items():
        if field == ADDITIONAL_BARCODES:
            _check_additional_barcodes(value)
        elif not isinstance(value, str):
            raise Refusal(400, INVALID_BODY)
        elif len(value) > MAX_FIELD_LENGTH:
            raise Refusal(400, f"{field} is longer than {MAX_FIELD_LENGTH} characters")


def _check_additional_barcodes(value: Any) -> None:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Refusal(400, INVALID_BODY)
    if len(value) > MAX_ADDITIONAL_BARCODES:
        raise Refusal(400, f"{ADDITIONAL_BARCODES} has more than {MAX_ADDITIONAL_BARCODES} entries")


def _is_list_of_text(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) and each for each in value)
