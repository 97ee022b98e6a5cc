"""One catalog's whole way: several batches, rows that we reject, items that Amazon fails."""

import csv
import io
import json

import pytest
import requests

from chalicelib.tracking.outcomes import Outcome
from chalicelib.tracking.states import UploadState
from local.aws import LocalAws
from local.retailer import Retailer, UploadView
from tests.e2e.accounting import Accounts
from tests.e2e.catalogs import as_array, item, items

KEY = "inbox/main/catalog.json"
BAD_ROWS = {
    5: item("main-name", item_name=""),
    70: item("main-price", standard_price="-1.00"),
    124: item("main-digit", external_product_id="036000291453"),
}
"""By row number. Their faults: no name, a price below 0, a wrong check digit."""


def rows() -> list[dict[str, str]]:
    """122 good items for two stores, of which Amazon fails two, and the bad ones at their places."""
    good = [*items(60, "main", "store-1"), *items(60, "main", "store-2"), item("main-97"), item("main-97", "store-2")]
    for number, bad in BAD_ROWS.items():
        good.insert(number - 1, bad)
    return good


@pytest.fixture(scope="module")
def upload(retailer: Retailer) -> UploadView:
    """The catalog's upload, ended."""
    return retailer.wait(retailer.drop(KEY, as_array(rows())))


def test_the_outcomes_add_up(upload: UploadView, accounts: Accounts) -> None:
    accounts.check(upload)
    assert upload.state is UploadState.COMPLETED_WITH_ERRORS
    assert upload.rows_read == 125
    assert {outcome.value: count for outcome, count in upload.outcomes.items() if count} == {
        "accepted": 120,
        "failed": 2,
        "rejected": 3,
    }


def test_every_batch_was_sent_once_as_the_stored_bytes(
    upload: UploadView, retailer: Retailer, accounts: Accounts
) -> None:
    answer = retailer.call("GET", f"/uploads/{upload.upload_id}/batches")
    batches = answer.json()["batches"]
    assert [(batch["items"], batch["state"], len(batch["attempts"])) for batch in batches] == [
        (50, "DONE", 1),
        (50, "DONE", 1),
        (22, "DONE", 1),
    ]
    assert "X-Amz-Signature" not in answer.text, "the link of a report is a secret"
    stored = [json.loads(accounts.object(f"uploads/{upload.upload_id}/batches/{n:05d}.json")) for n in (1, 2, 3)]
    sent = [each for body in stored for each in body["catalogItems"]]
    assert sent == [row for number, row in enumerate(rows(), start=1) if number not in BAD_ROWS]


def test_amazon_has_what_was_accepted_and_nothing_else(upload: UploadView, local_aws: LocalAws) -> None:
    amazon = local_aws.simulator
    assert amazon.item("store-2", "main-0060") == item("main-0060", "store-2")
    assert amazon.item("store-1", "main-97") is None
    assert amazon.item("store-1", "main-price") is None


def test_rejected_rows_have_number_field_value_and_a_sentence(upload: UploadView, retailer: Retailer) -> None:
    found = retailer.get(f"/uploads/{upload.upload_id}/rows", outcome="rejected")["rows"]
    assert [row["row"] for row in found] == [5, 70, 124]
    fields = [[reason["field"] for reason in row["reasons"]] for row in found]
    assert fields == [["item_name"], ["standard_price"], ["external_product_id"]]
    assert found[1]["reasons"][0]["value"] == "-1.00"


def test_failed_rows_are_amazons_issues_joined_to_our_rows(upload: UploadView, retailer: Retailer) -> None:
    found = retailer.get(f"/uploads/{upload.upload_id}/rows", outcome="failed")["rows"]
    assert [(row["row"], row["sku"], row["store_id"]) for row in found] == [
        (123, "main-97", "store-1"),
        (125, "main-97", "store-2"),
    ]
    assert {reason["code"] for row in found for reason in row["reasons"]} == {"PRODUCT_NOT_FOUND"}


def test_the_outcome_files_can_be_downloaded(upload: UploadView, retailer: Retailer) -> None:
    files = retailer.get(f"/uploads/{upload.upload_id}/files")["files"]
    found = {file["name"]: requests.get(file["link"], timeout=30) for file in files}
    assert {name: answer.status_code for name, answer in found.items()} == dict.fromkeys(found, 200)
    failed = list(csv.DictReader(io.StringIO(found["failed.csv"].content.decode("utf-8-sig"))))
    assert [line["sku"] for line in failed] == ["main-97", "main-97"]
    summary = found["summary.json"].json()
    assert summary["outcomes"] == {outcome.value: count for outcome, count in upload.outcomes.items()}


def test_the_upload_is_listed_under_its_state(upload: UploadView, retailer: Retailer) -> None:
    listed = retailer.get("/uploads", state="COMPLETED_WITH_ERRORS")["uploads"]
    assert upload.upload_id in [each["upload_id"] for each in listed]
    assert {each["state"] for each in listed} == {"COMPLETED_WITH_ERRORS"}


def test_the_file_in_the_inbox_is_as_it_was(upload: UploadView, local_aws: LocalAws) -> None:
    s3, bucket = local_aws.emulator.client("s3"), local_aws.deployment.inbox_bucket
    versions = s3.list_object_versions(Bucket=bucket, Prefix=KEY)
    assert len(versions["Versions"]) == 1
    assert "DeleteMarkers" not in versions
    assert s3.get_object(Bucket=bucket, Key=KEY)["Body"].read() == as_array(rows())


def test_neither_secrets_nor_items_are_in_the_logs(upload: UploadView, local_aws: LocalAws) -> None:
    logs = local_aws.emulator.client("logs")
    app = [
        each["logGroupName"]
        for each in logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/store-catalog")["logGroups"]
    ]
    assert app
    for group in app:
        text = json.dumps(logs.filter_log_events(logGroupName=group)["events"])
        for secret in ("X-Amz-Signature", "X-Amz-Security-Token", "Product main-", "Token="):
            assert secret not in text, f"{secret} is in {group}"


def test_uploads_of_one_source_submit_in_the_order_of_arrival(retailer: Retailer, accounts: Accounts) -> None:
    yesterday = retailer.drop("inbox/ordered/1.json", as_array(items(60, "ordered")))
    today = retailer.drop("inbox/ordered/2.json", as_array(items(60, "ordered")))
    for upload_id in (yesterday, today):
        view = retailer.wait(upload_id)
        assert (view.state, view.outcomes[Outcome.ACCEPTED]) == (UploadState.COMPLETED, 60)
    last = max(attempt["ended_at"] for attempt in accounts.attempts(yesterday))
    first = min(attempt["started_at"] for attempt in accounts.attempts(today))
    assert last < first
