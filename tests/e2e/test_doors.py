"""Three doors, one upload: the event of the inbox, the start function, `POST /uploads`."""

import pytest
import requests

from chalicelib.tracking.states import UploadState
from local.aws import LocalAws
from local.deployment import Deployment
from local.retailer import Retailer
from tests.e2e.accounting import Accounts
from tests.e2e.catalogs import as_array, items
from tests.e2e.functions import FunctionFailed, Functions
from tests.e2e.queues import failed_event
from tests.e2e.waiting import wait_for


def executions(local_aws: LocalAws, upload_id: str) -> int:
    """How many times the state machine has run for an upload."""
    found = local_aws.emulator.client("stepfunctions").list_executions(
        stateMachineArn=local_aws.deployment.state_machine_arn
    )["executions"]
    return [each["name"] for each in found].count(upload_id)


def s3_event(deployment: Deployment, key: str, version_id: str) -> dict[str, object]:
    """The event of a new object, its key form-encoded as S3 does."""
    found = {"bucket": {"name": deployment.inbox_bucket}, "object": {"key": key, "versionId": version_id}}
    return {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": found}]}


def test_all_doors_and_repeated_events_give_one_upload(
    local_aws: LocalAws, retailer: Retailer, functions: Functions, accounts: Accounts
) -> None:
    key = "inbox/doors/catalog.json"
    upload_id = retailer.drop(key, as_array(items(3, "doors")))
    s3 = local_aws.emulator.client("s3")
    version_id = s3.head_object(Bucket=local_aws.deployment.inbox_bucket, Key=key)["VersionId"]
    posted = retailer.call("POST", "/uploads", {"key": key, "version_id": version_id})
    assert (posted.status_code, posted.json()["upload_id"]) == (202, upload_id)
    assert functions.call("start_upload", {"key": key})["upload_id"] == upload_id
    for _ in range(2):
        functions.call("catalog_dropped", s3_event(local_aws.deployment, key, version_id))
    upload = retailer.wait(upload_id)
    accounts.check(upload)
    assert (upload.state, upload.rows_read) == (UploadState.COMPLETED, 3)
    assert functions.call("start_upload", {"key": key})["state"] == "COMPLETED"
    assert executions(local_aws, upload_id) == 1


def test_the_same_file_again_is_another_upload(retailer: Retailer, accounts: Accounts) -> None:
    body, seen = as_array(items(2, "again")), set()
    for _ in range(2):
        upload = retailer.wait(retailer.drop("inbox/again/catalog.json", body))
        accounts.check(upload)
        assert upload.state is UploadState.COMPLETED
        seen.add(upload.upload_id)
    assert len(seen) == 2


def test_an_event_that_comes_after_that_of_a_newer_version_starts_nothing(
    retailer: Retailer, local_aws: LocalAws, functions: Functions
) -> None:
    key, s3 = "inbox/replaced/catalog.json", local_aws.emulator.client("s3")
    with functions.starved("catalog_dropped"):
        old = retailer.drop(key, as_array(items(1, "replaced")))
        version_id = s3.head_object(Bucket=local_aws.deployment.inbox_bucket, Key=key)["VersionId"]
        wait_for(lambda: key in failed_event(local_aws))
    new = retailer.drop(key, as_array(items(2, "replaced")))
    assert retailer.wait(new).rows_read == 2
    functions.call("catalog_dropped", s3_event(local_aws.deployment, key, version_id))
    assert retailer.find(old) is None, "yesterday's prices must not overwrite today's"


def test_a_file_sent_to_a_presigned_link_is_the_upload_that_its_event_starts(
    retailer: Retailer, accounts: Accounts
) -> None:
    link = retailer.call("POST", "/uploads", {"filename": "prices.json", "source": "linked"})
    assert link.status_code == 201
    target = link.json()
    sent = requests.put(target["upload_url"], data=as_array(items(2, "linked")), headers=target["headers"], timeout=30)
    assert sent.status_code == 200, sent.text
    body = {"key": target["key"], "version_id": sent.headers["x-amz-version-id"]}
    upload = retailer.wait(retailer.call("POST", "/uploads", body).json()["upload_id"])
    accounts.check(upload)
    assert upload.state is UploadState.COMPLETED


def test_a_link_can_choose_the_operation(retailer: Retailer, local_aws: LocalAws, accounts: Accounts) -> None:
    link = retailer.call("POST", "/uploads", {"filename": "carts.json", "source": "chosen", "operation": "cart"}).json()
    sent = requests.put(link["upload_url"], data=as_array(items(2, "chosen")), headers=link["headers"], timeout=30)
    body = {"key": link["key"], "version_id": sent.headers["x-amz-version-id"]}
    upload_id = retailer.call("POST", "/uploads", body).json()["upload_id"]
    assert retailer.get(f"/uploads/{upload_id}")["operation"] == "cart"
    accounts.check(retailer.wait(upload_id))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "key"),
        ({"key": 17}, "key"),
        ({"filename": "../escape.json"}, "filename"),
        ({"key": "inbox/x.json", "colour": "blue"}, "colour"),
        ([], "body"),
    ],
)
def test_nonsense_is_refused_with_the_field(retailer: Retailer, body: object, field: str) -> None:
    answer = retailer.call("POST", "/uploads", body)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert field in [error["field"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("path", ["/uploads/{}", "/uploads/{}/batches", "/uploads/{}/rows?outcome=failed"])
def test_an_unknown_upload_is_not_found(retailer: Retailer, path: str) -> None:
    answer = retailer.call("GET", path.format("0" * 32))
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


def test_a_file_that_is_not_there_is_not_found(retailer: Retailer) -> None:
    assert retailer.call("POST", "/uploads", {"key": "inbox/nobody/has.json"}).status_code == 404


def test_what_is_no_file_of_the_inbox_starts_nothing(retailer: Retailer, functions: Functions) -> None:
    retailer.drop("inbox/folder/", b"")
    with pytest.raises(FunctionFailed, match="NotInInbox"):
        functions.call("start_upload", {"key": "inbox/folder/"})
    with pytest.raises(FunctionFailed, match="NotInInbox"):
        functions.call("start_upload", {"key": "mappings/pos.yaml"})


def test_an_event_that_is_lost_is_kept_aside_and_the_file_can_be_started_by_hand(
    retailer: Retailer, local_aws: LocalAws, functions: Functions
) -> None:
    key = "inbox/lost-event/catalog.json"
    with functions.starved("catalog_dropped"):
        upload_id = retailer.drop(key, as_array(items(2, "lost-event")))
        wait_for(lambda: key in failed_event(local_aws))
    assert retailer.find(upload_id) is None
    assert retailer.call("POST", "/uploads", {"key": key}).json()["upload_id"] == upload_id
    assert retailer.wait(upload_id).state is UploadState.COMPLETED
