"""The simulator's reports, read by the app's own reader."""

import io
from typing import Any

import pytest

from chalicelib.amazon.reports import UnreadableReport, join_report, read_report
from local.amazon.service.reports import write_report
from local.amazon.service.scenarios import Scenario

ITEMS: list[dict[str, Any]] = [
    {"item_sku": "A-1", "item_name": "Bananas", "store_id": "store-1"},
    {"item_sku": "A-97", "item_name": "Cherries", "store_id": "store-1"},
    {"item_sku": "A-3", "item_name": "Dates", "store_id": "store-1", "product_tax_code": "REFUSE-ME"},
    {"item_sku": "A-4", "item_name": "Elderberries " * 9, "store_id": "store-1"},
]
ROWS = [(number, item["item_sku"], item["store_id"]) for number, item in enumerate(ITEMS, start=11)]


def joined(scenario: Scenario | None) -> dict[int, list[str]]:
    report = read_report(io.BytesIO(write_report("i-1", ITEMS, scenario)))
    return {row: [issue.code for issue in issues] for row, issues in join_report(report, ROWS).items()}


@pytest.mark.parametrize("scenario", [None, Scenario.LIST_REPORT])
def test_items_fail_by_the_documented_rule_in_either_shape(scenario: Scenario | None) -> None:
    assert joined(scenario) == {12: ["PRODUCT_NOT_FOUND"], 13: ["INVALID_TAX_CODE"]}


def test_a_partial_report_leaves_out_the_last_item() -> None:
    assert joined(Scenario.PARTIAL_REPORT)[14] == ["not_in_report"]


@pytest.mark.parametrize("scenario", [Scenario.CONTRADICTORY_REPORT, Scenario.UNREADABLE_REPORT])
def test_a_bad_report_cannot_be_read(scenario: Scenario) -> None:
    with pytest.raises(UnreadableReport):
        joined(scenario)
