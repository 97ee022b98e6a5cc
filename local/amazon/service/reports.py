"""The result of an ingestion: which items fail at Amazon, by a fixed rule, and the report that says so. Pure."""

import json
from collections.abc import Sequence
from typing import Any

from .scenarios import Scenario

FAILING_SKU_ENDING = "97"
"""An item whose SKU ends so fails: about one in a hundred of a generated catalog."""
REFUSED_TAX_CODE = "REFUSE-ME"
"""An item with this `product_tax_code` fails."""
LONG_NAME = 100
"""A longer item name is accepted with a warning."""

Issue = dict[str, Any]


def find_issues(items: Sequence[dict[str, Any]]) -> list[Issue]:
    """What Amazon has to say about the items of a batch, in the shape of the SP-API's feed report."""
    issues = []
    for number, item in enumerate(items, start=1):
        if item["item_sku"].endswith(FAILING_SKU_ENDING):
            text = "The barcode is not in the product directory: ask the brand for the registered one."
            issues.append(_issue(number, item, "PRODUCT_NOT_FOUND", "ERROR", text, "external_product_id"))
        elif item.get("product_tax_code") == REFUSED_TAX_CODE:
            text = "The tax code is not one of the marketplace's."
            issues.append(_issue(number, item, "INVALID_TAX_CODE", "ERROR", text, "product_tax_code"))
        elif len(item.get("item_name", "")) > LONG_NAME:
            text = "The name will be cut on receipts."
            issues.append(_issue(number, item, "NAME_TOO_LONG", "WARNING", text, "item_name"))
    return issues


def failed_numbers(issues: Sequence[Issue]) -> set[int]:
    """Numbers, from 1, of the items that have failed."""
    return {issue["messageId"] for issue in issues if issue["severity"] == "ERROR"}


def write_report(ingestion_id: str, items: Sequence[dict[str, Any]], scenario: Scenario | None) -> bytes:
    """The report's file, in the shape that the scenario asks for."""
    issues = find_issues(items)
    match scenario:
        case Scenario.UNREADABLE_REPORT:
            return b"<html><body>We are sorry, something went wrong on our end.</body></html>"
        case Scenario.LIST_REPORT:
            return json.dumps(_as_list(items, issues)).encode()
        case Scenario.PARTIAL_REPORT:
            return json.dumps(_as_list(items, issues)[:-1]).encode()
        case _:
            contradiction = 1 if scenario is Scenario.CONTRADICTORY_REPORT else 0
            return json.dumps(_as_feed_report(ingestion_id, items, issues, contradiction)).encode()


def _as_feed_report(
    ingestion_id: str, items: Sequence[dict[str, Any]], issues: Sequence[Issue], contradiction: int
) -> dict[str, Any]:
    invalid = len(failed_numbers(issues)) + contradiction
    return {
        "header": {"sellerId": "STORE-RETAILER", "version": "2.0", "ingestionId": ingestion_id},
        "issues": list(issues),
        "summary": {
            "errors": sum(issue["severity"] == "ERROR" for issue in issues) + contradiction,
            "warnings": sum(issue["severity"] == "WARNING" for issue in issues),
            "messagesProcessed": len(items),
            "messagesAccepted": len(items) - invalid,
            "messagesInvalid": invalid,
        },
    }


def _as_list(items: Sequence[dict[str, Any]], issues: Sequence[Issue]) -> list[dict[str, Any]]:
    errors: dict[int, list[dict[str, str]]] = {}
    for issue in issues:
        if issue["severity"] == "ERROR":
            errors.setdefault(issue["messageId"], []).append({"code": issue["code"], "message": issue["message"]})
    return [
        {
            "item_sku": item["item_sku"],
            "store_id": item.get("store_id"),
            "status": "FAILED" if number in errors else "SUCCESS",
            "errors": errors.get(number, []),
        }
        for number, item in enumerate(items, start=1)
    ]


def _issue(number: int, item: dict[str, Any], code: str, severity: str, message: str, attribute: str) -> Issue:
    return {
        "messageId": number,
        "sku": item["item_sku"],
        "code": code,
        "severity": severity,
        "message": message,
        "attributeName": attribute,
    }
