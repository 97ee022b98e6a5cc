import pytest

from chalicelib.storage.objects import NoSuchObject
from chalicelib.use_cases.start import NotInInbox, start_dropped, start_upload
from tests.unit.use_cases.world import INBOX, World, row


def test_all_doors_lead_to_the_same_upload_of_an_object_version(world: World) -> None:
    upload = world.drop(row("A"))
    version = world.inbox.head("inbox/pos/prices.jsonl").version_id
    again = start_upload(world.start, key="inbox/pos/prices.jsonl", version_id=version)
    assert again.upload_id == upload.upload_id
    assert list(world.step_functions.executions) == [upload.upload_id]


def test_a_new_version_of_the_same_key_is_a_new_upload(world: World) -> None:
    assert world.drop(row("A")).upload_id != world.drop(row("A")).upload_id


def test_the_source_chooses_the_operation(world: World) -> None:
    assert world.drop(row("A"), key="inbox/cart/a.jsonl").operation == "cart"
    assert world.drop("X", key="inbox/archive/a.jsonl").operation == "archive"
    assert world.drop(row("A"), key="inbox/a.jsonl").operation == "catalog"
    assert world.uploads.get(world.drop(row("A"), key="inbox/a.jsonl").upload_id).source == "default"


def test_the_objects_metadata_chooses_over_the_source(world: World) -> None:
    upload = world.drop(row("A"), key="inbox/pos/a.jsonl", operation="cart", mapping="other")
    assert (upload.operation, upload.mapping) == ("cart", "other")


def test_a_claim_without_an_execution_is_started_again(world: World) -> None:
    world.step_functions.lost = True
    with pytest.raises(ConnectionError):
        world.drop(row("A"))
    world.step_functions.lost = False
    upload = start_upload(world.start, key="inbox/pos/prices.jsonl")
    assert world.step_functions.executions == {upload.upload_id: "RUNNING"}


def test_an_upload_that_has_ended_is_not_started_again(world: World) -> None:
    upload = world.drop(row("A"))
    world.run(upload.upload_id)
    world.messages()
    world.step_functions.executions.clear()
    start_upload(world.start, key="inbox/pos/prices.jsonl")
    assert world.step_functions.executions == {}


@pytest.mark.parametrize("key", ["mappings/pos.json", "inbox/", "inbox/pos/", "prices.json", ""])
def test_what_is_no_catalog_file_is_refused(world: World, key: str) -> None:
    with pytest.raises(NotInInbox, match="inbox/"):
        start_upload(world.start, key=key)


def test_a_file_that_is_not_there_is_refused(world: World) -> None:
    with pytest.raises(NoSuchObject):
        start_upload(world.start, key="inbox/nothing.json")
    world.s3.put_object(Bucket=INBOX, Key="inbox/a", Body=b"")
    with pytest.raises(NoSuchObject):
        start_upload(world.start, key="inbox/a", version_id="none")


def test_an_event_that_comes_after_that_of_a_newer_version_is_passed_over(world: World) -> None:
    key = "inbox/pos/prices.jsonl"
    versions = [world.s3.put_object(Bucket=INBOX, Key=key, Body=body)["VersionId"] for body in (b"old", b"new")]
    newer = start_dropped(world.start, key=key, version_id=versions[1])
    assert newer
    assert start_dropped(world.start, key=key, version_id=versions[0]) is None
    assert list(world.step_functions.executions) == [newer.upload_id]


def test_an_event_of_an_older_version_is_taken_while_the_newer_one_has_no_upload(world: World) -> None:
    key = "inbox/pos/prices.jsonl"
    versions = [world.s3.put_object(Bucket=INBOX, Key=key, Body=body)["VersionId"] for body in (b"old", b"new")]
    for version in versions:
        assert start_dropped(world.start, key=key, version_id=version)
    assert len(world.step_functions.executions) == 2
