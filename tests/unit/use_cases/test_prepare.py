"""Preparing: operations, mappings, and the same bytes again."""

import json

import pytest

from chalicelib.storage import keys
from chalicelib.tracking.states import UploadState
from tests.unit.use_cases.world import INBOX, World, row

GOOD = [row(f"A{n}") for n in range(7)]


def test_archive_names_every_store(world: World) -> None:
    world.known_store_ids = ("s1", "s2")
    upload = world.run(world.drop('"SKU-1"', '"SKU-2"', key="inbox/archive/a.jsonl").upload_id)
    world.messages()
    assert world.amazon.sent == [("archive", b'{"itemSkus":["SKU-1","SKU-2"],"allApplicableStores":["s1","s2"]}')]
    assert world.check(upload.upload_id).upload_state is UploadState.COMPLETED


def test_archive_without_known_stores_says_which_setting_is_missing(world: World) -> None:
    upload = world.run(world.drop('"SKU-1"', key="inbox/archive/a.jsonl").upload_id)
    assert upload.upload_state is UploadState.FAILED
    assert "KNOWN_STORE_IDS" in upload.reason


def test_an_operation_that_there_is_not_is_named(world: World) -> None:
    upload = world.run(world.drop(row("A1"), operation="delete").upload_id)
    assert upload.upload_state is UploadState.INVALID
    assert "'delete'" in upload.reason


def test_a_mapping_that_is_asked_for_and_missing_makes_the_upload_invalid(world: World) -> None:
    upload = world.run(world.drop(row("A1"), mapping="nothing").upload_id)
    assert upload.upload_state is UploadState.INVALID
    assert "mappings/nothing.json, .yaml or .yml" in upload.reason


@pytest.mark.parametrize("given", ["till", "till.yaml", "mappings/till", "mappings/till.yaml"])
def test_a_mapping_may_be_asked_for_by_its_name_its_file_or_its_key(world: World, given: str) -> None:
    fields = "\n".join(f"  {name}: {{column: {name.upper()}}}" for name in row("A1"))
    world.s3.put_object(Bucket=INBOX, Key="mappings/till.yaml", Body=f"fields:\n{fields}\n".encode())
    upload = world.run(world.drop({name.upper(): value for name, value in row("A1").items()}, mapping=given).upload_id)
    assert (upload.mapping_key, upload.upload_state) == ("mappings/till.yaml", UploadState.AWAITING_RESULTS)


def test_of_two_mappings_of_a_name_the_json_is_used_unless_the_other_is_asked_for(world: World) -> None:
    for ending in ("json", "yaml"):
        world.s3.put_object(Bucket=INBOX, Key=f"mappings/till.{ending}", Body=b"{}")
    used = [world.run(world.drop(row("A1"), mapping=name).upload_id).mapping_key for name in ("till", "till.yaml")]
    assert used == ["mappings/till.json", "mappings/till.yaml"]


def test_a_mapping_with_a_mistake_is_named_by_its_key(world: World) -> None:
    world.s3.put_object(Bucket=INBOX, Key="mappings/pos.yml", Body=b"- wrong")
    assert "The mapping mappings/pos.yml can't be used: " in world.run(world.drop(row("A1")).upload_id).reason


@pytest.mark.parametrize("text", ["Artikel;Preis\n1;2\n", '{"products": []}'])
def test_a_file_that_only_a_mapping_makes_readable_says_which_one_is_missing(world: World, text: str) -> None:
    upload = world.run(world.drop(text, key="inbox/pos/prices.txt").upload_id)
    assert upload.upload_state is UploadState.INVALID
    assert upload.reason.endswith("there is no mappings/pos.json, .yaml or .yml in the inbox bucket.")


def test_a_mapping_that_gives_too_little_for_the_operation_is_wrong(world: World) -> None:
    world.s3.put_object(Bucket=INBOX, Key="mappings/pos.json", Body=b'{"fields": {"item_sku": "SKU"}}')
    upload = world.run(world.drop(row("A1")).upload_id)
    assert (upload.upload_state, upload.reason_code, upload.rows_read) == (UploadState.INVALID, "mapping_wrong", 0)
    assert "item_sku alone is a mapping for archive" in upload.reason


def test_a_sources_mapping_is_used_and_pinned_to_its_version(world: World) -> None:
    mapping = {"fields": {name: {"column": name.upper()} for name in row("A1")}}
    world.s3.put_object(Bucket=INBOX, Key="mappings/pos.json", Body=json.dumps(mapping).encode())
    upload = world.drop({name.upper(): value for name, value in row("A1").items()})
    world.prepare(upload.upload_id)
    first = world.data.read(keys.batch_body(upload.upload_id, 1))
    world.s3.put_object(Bucket=INBOX, Key="mappings/pos.json", Body=b"{}")
    world.prepare(upload.upload_id)
    assert world.data.read(keys.batch_body(upload.upload_id, 1)) == first
    assert json.loads(first)["catalogItems"] == [row("A1")]


def test_preparing_again_writes_the_same_bytes_and_leaves_nothing_over(world: World) -> None:
    upload = world.drop(*GOOD)
    world.prepare(upload.upload_id)
    prefix = keys.upload_prefix(upload.upload_id)
    before = {key: world.data.read(key) for key in world.data.keys(prefix)}
    world.data.write(keys.batch_body(upload.upload_id, 4), b"left over by a run that was killed")
    world.prepare(upload.upload_id)
    assert {key: world.data.read(key) for key in world.data.keys(prefix)} == before
