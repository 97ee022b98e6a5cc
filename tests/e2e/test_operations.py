"""Catalog, cart and archive; which one it is and how the file is read, chosen by source or by the object's metadata."""

import pytest

from chalicelib.tracking.states import UploadState
from local.aws import LocalAws
from local.emulator import PROJECT
from local.retailer import Retailer
from tests.e2e.accounting import Accounts
from tests.e2e.catalogs import as_array, items


def test_a_cart_catalog_takes_its_own_operation(retailer: Retailer, local_aws: LocalAws, accounts: Accounts) -> None:
    upload_id = retailer.drop("inbox/cart/carts.json", as_array(items(2, "cart")))
    upload = retailer.wait(upload_id)
    accounts.check(upload)
    assert upload.state is UploadState.COMPLETED
    assert retailer.get(f"/uploads/{upload_id}")["operation"] == "cart"
    ingestion_id = accounts.batches(upload_id)[0]["ingestion_id"]
    assert local_aws.simulator.operation_of(ingestion_id) == "cart"


@pytest.mark.parametrize(
    ("source", "metadata"), [("archive", {}), ("elsewhere", {"operation": "archive"})], ids=["source", "metadata"]
)
def test_archived_items_are_in_no_store_any_more(
    source: str, metadata: dict[str, str], retailer: Retailer, local_aws: LocalAws, accounts: Accounts
) -> None:
    skus = [f"{source}-{number:04d}" for number in (1, 2)]
    rows = [*items(3, source, "store-1"), *items(3, source, "store-2")]
    assert retailer.wait(retailer.drop(f"inbox/{source}-first/all.json", as_array(rows))).state is UploadState.COMPLETED
    upload = retailer.wait(retailer.drop(f"inbox/{source}/gone.json", as_array(skus), metadata))
    accounts.check(upload)
    assert (upload.state, upload.rows_read) == (UploadState.COMPLETED, 2)
    for store in ("store-1", "store-2"):
        assert [local_aws.simulator.item(store, sku) for sku in skus] == [None, None]
        assert local_aws.simulator.item(store, f"{source}-0003") is not None


def test_the_export_of_a_till_is_read_with_its_mapping(
    retailer: Retailer, local_aws: LocalAws, accounts: Accounts
) -> None:
    samples = PROJECT / "samples"
    local_aws.emulator.client("s3").put_object(
        Bucket=local_aws.deployment.inbox_bucket,
        Key="mappings/till.yaml",
        Body=(samples / "mappings" / "pos.yaml").read_bytes(),
    )
    by_source = retailer.drop("inbox/till/export.csv", (samples / "pos.csv").read_bytes())
    by_metadata = retailer.drop("inbox/a-till/export.csv", (samples / "pos.csv").read_bytes(), {"mapping": "till"})
    counts = []
    for upload_id in (by_source, by_metadata):
        upload = retailer.wait(upload_id)
        accounts.check(upload)
        assert upload.rows_read > 0
        counts.append(upload.outcomes)
    assert counts[0] == counts[1]


def test_a_mapping_that_is_not_there_makes_the_upload_invalid(retailer: Retailer, accounts: Accounts) -> None:
    body = as_array(items(2, "unmapped"))
    upload = retailer.wait(retailer.drop("inbox/unmapped/catalog.json", body, {"mapping": "nobody-wrote-it"}))
    accounts.check(upload)
    assert upload.state is UploadState.INVALID
    assert upload.reason is not None
    assert "nobody-wrote-it" in upload.reason.message
