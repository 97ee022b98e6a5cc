"""The requests that the simulator refuses: the texts are Amazon's published ones."""

import json
from typing import Any

import pytest

from local.amazon.service import refusals
from local.amazon.service.refusals import Refusal, read_archive, read_ingestion_id, read_items
from local.amazon.service.scenarios import RETAILER_STORES, Scenario, scenario_of

ITEM = {"item_sku": "A-1", "external_product_id": "4011", "item_name": "Bananas", "store_id": "store-1"}


def upload(*items: Any) -> str:
    return json.dumps({"catalogItems": list(items)})


def refusal_of(body: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read_items(body, RETAILER_STORES)
    return caught.value


def test_a_good_upload_is_read() -> None:
    barcodes = [{"external_product_id": "94011", "external_product_id_type": "PLU"}]
    item = {**ITEM, "standard_price": "0.29", "additional_external_product_information": barcodes}
    assert read_items(upload(item), RETAILER_STORES) == [item]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no JSON",
        "[]",
        "{}",
        upload(),
        upload("text"),
        upload({**ITEM, "item_name": ""}),
        upload({name: value for name, value in ITEM.items() if name != "store_id"}),
        upload({**ITEM, "standard_price": 0.29}),
        upload({**ITEM, "additional_external_product_information": "94011"}),
    ],
)
def test_another_shape_is_an_invalid_request_body(body: str) -> None:
    assert refusal_of(body) == Refusal(400, "Invalid request body")


def test_more_than_10_000_items_are_refused() -> None:
    assert len(read_items(upload(*[ITEM] * 10_000), RETAILER_STORES)) == 10_000
    assert refusal_of(upload(*[ITEM] * 10_001)).status == 400


def test_a_field_over_255_characters_is_refused_by_name() -> None:
    read_items(upload({**ITEM, "brand_name": "é" * 255}), RETAILER_STORES)
    assert "brand_name" in refusal_of(upload({**ITEM, "brand_name": "é" * 256})).text


def test_more_than_50_additional_barcodes_are_refused() -> None:
    code = {"external_product_id": "4011", "external_product_id_type": "PLU"}
    assert refusal_of(upload({**ITEM, "additional_external_product_information": [code] * 51})).status == 400


@pytest.mark.parametrize("store", ["store-nobody-has", Scenario.UNKNOWN_STORE])
def test_one_unknown_store_refuses_the_whole_request(store: str) -> None:
    assert refusal_of(upload(ITEM, {**ITEM, "store_id": store})) == Refusal(400, refusals.WRONG_STORE)


def test_the_store_of_another_retailer_has_its_own_text() -> None:
    assert refusal_of(upload({**ITEM, "store_id": Scenario.OTHER_RETAILER})) == Refusal(400, refusals.STORE_OF_ANOTHER)


def test_archive_has_to_name_every_store_of_the_retailer() -> None:
    request = {"itemSkus": ["A-1", "A-2"], "allApplicableStores": list(RETAILER_STORES)}
    assert read_archive(json.dumps(request), RETAILER_STORES) == ["A-1", "A-2"]
    with pytest.raises(Refusal) as caught:
        read_archive(json.dumps({**request, "allApplicableStores": ["store-1"]}), RETAILER_STORES)
    assert all(store in caught.value.text for store in RETAILER_STORES)
    with pytest.raises(Refusal) as caught:
        read_archive(json.dumps({**request, "allApplicableStores": ["store-nobody-has"]}), RETAILER_STORES)
    assert caught.value.text == refusals.STORE_OF_ANOTHER


@pytest.mark.parametrize("request_body", [{}, {"itemSkus": []}, {"itemSkus": [1], "allApplicableStores": ["store-1"]}])
def test_archive_of_another_shape_is_an_invalid_request_body(request_body: Any) -> None:
    with pytest.raises(Refusal, match="Invalid request body"):
        read_archive(json.dumps(request_body), RETAILER_STORES)


def test_archive_of_more_than_10_000_items_is_refused() -> None:
    request = {"itemSkus": ["A"] * 10_001, "allApplicableStores": list(RETAILER_STORES)}
    with pytest.raises(Refusal, match="10000"):
        read_archive(json.dumps(request), RETAILER_STORES)


def test_a_status_request_has_an_ingestion_id() -> None:
    assert read_ingestion_id('{"ingestionId": "i-1"}') == "i-1"
    with pytest.raises(Refusal, match="Invalid request body"):
        read_ingestion_id('{"ingestionId": null}')


def test_a_store_stands_for_its_scenario() -> None:
    assert scenario_of("store-slow") is Scenario.SLOW
    assert scenario_of("store-1") is None
    assert scenario_of(None) is None
