"""The whole way of an upload, as the business sees it."""

import json

import pytest

from chalicelib.storage import keys
from chalicelib.tracking.states import UploadState
from tests.unit.use_cases.world import INBOX, World, row

GOOD = [row(f"A{n}") for n in range(7)]


def test_an_upload_whose_rows_are_all_accepted_is_completed(world: World) -> None:
    upload = world.run(world.drop(*GOOD).upload_id)
    assert upload.upload_state is UploadState.AWAITING_RESULTS
    assert (upload.pending, upload.batches) == (7, 3)
    world.messages()
    upload = world.check(upload.upload_id)
    assert (upload.upload_state, upload.accepted) == (UploadState.COMPLETED, 7)
    assert world.notified == ["COMPLETED"]
    assert world.outcome_rows(upload.upload_id, "failed.csv") == []


def test_the_exact_stored_bytes_are_sent(world: World) -> None:
    upload = world.run(world.drop(*GOOD).upload_id)
    stored = [world.data.read(keys.batch_body(upload.upload_id, number)) for number in (1, 2, 3)]
    assert [body for _, body in world.amazon.sent] == stored
    assert [len(json.loads(body)["catalogItems"]) for body in stored] == [3, 3, 1]


def test_each_row_that_amazon_refuses_is_named_with_its_reason(world: World) -> None:
    rows = [row("A1"), row("BAD1"), row("A2"), row("A3"), row("BAD2"), row("A4")]
    upload = world.run(world.drop(*rows).upload_id)
    world.messages()
    upload = world.check(upload.upload_id)
    assert (upload.upload_state, upload.accepted, upload.failed) == (UploadState.COMPLETED_WITH_ERRORS, 4, 2)
    failed = world.outcome_rows(upload.upload_id, "failed.csv")
    assert [(line["row"], line["sku"], line["code"], line["field"]) for line in failed] == [
        ("2", "BAD1", "90220", "item_name"),
        ("5", "BAD2", "90220", "item_name"),
    ]
    assert world.summary(upload.upload_id)["failed_reasons"] == {"90220": 2}


def test_a_row_that_was_sent_to_several_stores_has_one_outcome_that_names_them(world: World) -> None:
    fields = {name: {"column": name} for name in row("A1") if name != "store_id"}
    mapping = {"fields": fields, "store_ids": {"constant": ["s1", "s2"]}}
    world.s3.put_object(Bucket=INBOX, Key="mappings/pos.json", Body=json.dumps(mapping).encode())
    upload = world.run(world.drop(row("A1"), row("BAD1")).upload_id)
    world.messages()
    upload = world.check(upload.upload_id)
    assert (upload.rows_read, upload.items, upload.accepted, upload.failed) == (2, 4, 1, 1)
    assert [batch.items for batch in world.all_batches(upload.upload_id)] == [2, 2]
    [line] = world.outcome_rows(upload.upload_id, "failed.csv")
    assert (line["sku"], line["store_id"]) == ("BAD1", "s1, s2")


def test_what_a_file_is_warned_of_is_kept_with_its_fields(world: World) -> None:
    fields = {**{name: name for name in row("A1")}, "brand_name": "brand.name"}
    mapping = {"fields": fields, "other_fields": {"shelf": "shelf"}}
    world.s3.put_object(Bucket=INBOX, Key="mappings/pos.json", Body=json.dumps(mapping).encode())
    upload = world.run(world.drop(row("A1"), row("A2", shelf="7")).upload_id)
    world.messages()
    upload = world.check(upload.upload_id)
    assert upload.warnings == {"unfilled_field": 2, "unknown_field": 1}
    assert upload.warning_details == {
        "unfilled_field": {"first_row": 1, "fields": ["brand_name"]},
        "unknown_field": {"first_row": 2, "fields": {"shelf": 1}},
    }
    assert world.summary(upload.upload_id)["warning_details"] == upload.warning_details


def test_each_rejected_row_is_named_and_holds_back_no_other(world: World) -> None:
    rows = [*GOOD, row("A9", store_id=""), "{broken"]
    world.limits = type(world.limits)(max_batch_items=3, max_rejected_ratio=0.5)
    upload = world.run(world.drop(*rows).upload_id)
    world.messages()
    upload = world.check(upload.upload_id)
    assert (upload.rows_read, upload.accepted, upload.rejected) == (9, 7, 2)
    assert {line["row"] for line in world.outcome_rows(upload.upload_id, "rejected.csv")} == {"8", "9"}


def test_too_many_rejected_rows_send_nothing(world: World) -> None:
    upload = world.run(world.drop(row("A1"), "{broken").upload_id)
    assert (upload.upload_state, upload.rejected, upload.not_sent) == (UploadState.INVALID, 1, 1)
    assert world.amazon.sent == []
    assert upload.reason
    assert list(world.data.keys(f"uploads/{upload.upload_id}/batches/")) == []
    assert not world.data.exists(keys.outcome_file(upload.upload_id, "not_sent.csv"))
    assert world.notified == ["INVALID"]


def test_a_file_that_cannot_be_read_is_invalid_and_stays_untouched(world: World) -> None:
    upload = world.drop("")
    before = world.inbox.read("inbox/pos/prices.jsonl")
    upload = world.run(upload.upload_id)
    assert (upload.upload_state, upload.rows_read) == (UploadState.INVALID, 0)
    assert world.inbox.read("inbox/pos/prices.jsonl") == before


def test_the_second_upload_of_a_source_waits_for_the_first(world: World) -> None:
    from chalicelib.amazon.pacer import Wait

    first, second = world.drop(row("A1")), world.drop(row("A2"))
    with pytest.raises(Wait, match="pos"):
        world.preflight(second.upload_id)
    world.run(first.upload_id)
    world.preflight(second.upload_id)
