"""Everything that the system does, done once: each way through it that makes calls of its own."""

import json
from collections.abc import Callable

import requests

from chalicelib.storage import keys
from chalicelib.tracking.states import UploadState
from chalicelib.use_cases.start import upload_id_of
from local.retailer import UploadView
from tests.e2e.catalogs import as_array, as_lines, item, items
from tests.terraform.calls import Call
from tests.terraform.deployed import EARLIER, LATER, Deployed

MAPPING = {"fields": {name: name for name in ("item_sku", "external_product_id", "item_name", "store_id")}}
SCENARIOS = {
    "lost": "store-lost-message",
    "refused": "store-unknown",
    "abandoned": "store-1",
}
COPIED = "c0" * 16
ABANDONED = "ab" * 16


def drive(deployed: Deployed) -> dict[str, UploadView]:
    """Go every way, and give back how each upload ended, by source."""
    deployed.hold_turn("abandoned", ABANDONED, until=EARLIER)
    uploads = drop_files(deployed)
    put_unreadable_message(deployed)
    uploads["closed"] = break_off(deployed, "closed", by_reconcile=False)
    uploads["reconciled"] = break_off(deployed, "reconciled", by_reconcile=True)
    ended = {source: end_of(deployed, upload_id) for source, upload_id in uploads.items() if source != "lost"}
    ended["lost"] = end_of(deployed, uploads["lost"], reconcile=True)
    # A completion message that comes before the API's own answer: submit reads the parked report.
    ended["early"] = until_seen(
        deployed, "early", "store-early-message", "submit_batch", lambda call: "/reports/" in call.resource
    )
    # A link that has expired when its message comes: the status operation gives a fresh one.
    ended["expired"] = until_seen(
        deployed, "expired", "store-expired-link", "ingestion_message", lambda call: call.action == "sts:AssumeRole"
    )
    start_again(deployed, uploads["demo"])
    use_status_api(deployed, uploads["demo"])
    deployed.copy_upload(uploads["cart"], COPIED)
    ended["copied"] = end_of(deployed, COPIED, reconcile=True)
    return ended


def demo_catalog() -> bytes:
    """1,200 rows in three batches: two are wrong, and Amazon refuses twelve."""
    rows = items(1198, "demo")
    return as_array([*rows, item("no name", item_name=""), item("demo-0001")])


def drop_files(deployed: Deployed) -> dict[str, str]:
    """One file for each of Amazon's ways, operation and kind of file; the uploads' IDs by source."""
    retailer = deployed.retailer
    deployed.emulator.client("s3").put_object(
        Bucket=deployed.outputs["inbox_bucket"], Key="mappings/mapped.json", Body=json.dumps(MAPPING).encode()
    )
    files = {source: as_lines(items(3, source, store)) for source, store in SCENARIOS.items()}
    files |= {
        "demo": demo_catalog(),
        "mapped": as_array(items(3, "mapped")),
        "cart": as_array(items(3, "cart")),
        "archive": as_array(["demo-0001", "demo-0002"]),
        "broken": b'[{"item_sku": ',
    }
    uploads = {source: retailer.drop(f"inbox/{source}/file.json", body) for source, body in files.items()}
    # By hand and by its event at the same time: it is one upload.
    assert deployed.invoke("start_upload", {"key": "inbox/demo/file.json"})["upload_id"] == uploads["demo"]
    return uploads


def until_seen(deployed: Deployed, source: str, store: str, function: str, seen: Callable[[Call], bool]) -> UploadView:
    """Drop files of a store until a function has made a certain call for one: another function may have been faster."""
    for attempt in range(5):
        body = as_lines(items(3, f"{source}-{attempt}", store))
        upload = end_of(deployed, deployed.retailer.drop(f"inbox/{source}/file.json", body))
        if any(call.role == deployed.function_name(function) and seen(call) for call in deployed.calls()):
            return upload
    raise AssertionError(f"{function} has not made the call that {store} is for")


def end_of(deployed: Deployed, upload_id: str, *, reconcile: bool = False) -> UploadView:
    """Wait until an upload has ended; with `reconcile`, call that function while waiting."""

    def ended() -> UploadView | None:
        if reconcile:
            deployed.reconcile()
        upload = deployed.retailer.find(upload_id)
        return upload if upload and upload.state.is_final else None

    return deployed.wait_for(ended, f"end of upload {upload_id}")


def put_unreadable_message(deployed: Deployed) -> None:
    """A message that is none of Amazon's."""
    deployed.emulator.client("sqs").send_message(QueueUrl=deployed.queue_url, MessageBody="not an envelope")


def break_off(deployed: Deployed, source: str, *, by_reconcile: bool) -> str:
    """Stop an upload's execution while it waits for its turn, prepare it all the same, and have it closed.

    Before, something is left over from a run that was killed, for prepare to delete.
    """
    deployed.hold_turn(source, ABANDONED, until=LATER)
    upload_id = deployed.retailer.drop(f"inbox/{source}/file.json", as_array(items(3, source)))
    deployed.stop_execution(upload_id)
    deployed.emulator.client("s3").put_object(
        Bucket=deployed.outputs["data_bucket"], Key=keys.batch_body(upload_id, 99), Body=b"{}"
    )
    deployed.invoke("prepare_catalog", {"upload_id": upload_id})
    if by_reconcile:
        deployed.reconcile()
    else:
        deployed.invoke("close_submission", {"upload_id": upload_id})
    return upload_id


def start_again(deployed: Deployed, upload_id: str) -> None:
    """The same file by every door, again: it is the same upload."""
    key = "inbox/demo/file.json"
    s3 = deployed.emulator.client("s3")
    bucket = deployed.outputs["inbox_bucket"]
    version = s3.head_object(Bucket=bucket, Key=key)["VersionId"]
    event = {"Records": [{"s3": {"bucket": {"name": bucket}, "object": {"key": key, "versionId": version}}}]}
    deployed.invoke("catalog_dropped", event)
    for asked in ({"key": key}, {"key": key, "version_id": version}):
        assert deployed.invoke("start_upload", asked)["upload_id"] == upload_id
        answer = deployed.retailer.call("POST", "/uploads", asked)
        assert answer.json()["upload_id"] == upload_id, answer.text


def use_status_api(deployed: Deployed, upload_id: str) -> None:
    """Every operation of the status API."""
    retailer = deployed.retailer
    assert upload_id in {upload["upload_id"] for upload in retailer.get("/uploads")["uploads"]}
    assert retailer.get(f"/uploads/{upload_id}/batches")["batches"]
    assert retailer.get("/openapi.json")["openapi"]
    for outcome in ("rejected", "failed"):
        assert retailer.get(f"/uploads/{upload_id}/rows", outcome=outcome)["rows"]
    for file in retailer.get(f"/uploads/{upload_id}/files")["files"]:
        assert requests.get(file["link"], timeout=30).status_code == requests.codes.ok, file["name"]
    assert retailer.call("POST", "/uploads", {"key": "inbox/no/such/file"}).status_code == requests.codes.not_found
    send_new_file(deployed)


def send_new_file(deployed: Deployed) -> None:
    """A presigned PUT, then its upload by key and version: the same as the event's."""
    retailer = deployed.retailer
    link = retailer.call("POST", "/uploads", {"filename": "sent.json", "source": "sent"}).json()
    body = as_array(items(2, "sent"))
    stored = requests.put(link["upload_url"], data=body, headers=link["headers"], timeout=30)
    assert stored.status_code == requests.codes.ok, stored.text
    version = stored.headers["x-amz-version-id"]
    started = retailer.call("POST", "/uploads", {"key": link["key"], "version_id": version}).json()
    assert started["upload_id"] == upload_id_of(deployed.outputs["inbox_bucket"], link["key"], version)
    assert end_of(deployed, started["upload_id"]).state is UploadState.COMPLETED
