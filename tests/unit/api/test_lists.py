import base64
import json

import pytest

from chalicelib.amazon.errors import CatalogApiServerError
from chalicelib.tracking.models import Batch
from tests.unit.api.in_process import Api
from tests.unit.use_cases.world import World, row


def test_uploads_come_newest_first_with_the_accounting_law(api: Api, world: World) -> None:
    first, second = world.drop(row("A"), "broken"), world.drop(row("A"))
    world.run(first.upload_id)
    world.messages()
    found = api.get("/uploads").json()
    assert [upload["upload_id"] for upload in found["uploads"]] == [second.upload_id, first.upload_id]
    assert found["next_cursor"] is None
    oldest = found["uploads"][1]
    assert oldest["rows_read"] == sum(oldest["outcomes"].values())
    assert oldest["final"] is True


def test_uploads_can_be_filtered_by_state(api: Api, world: World) -> None:
    world.drop(row("A"))
    ended = world.drop(row("B"), key="inbox/other/b.jsonl")
    world.run(ended.upload_id)
    world.messages()
    found = api.get("/uploads", state="COMPLETED").json()["uploads"]
    assert [upload["upload_id"] for upload in found] == [ended.upload_id]


@pytest.mark.parametrize("state", [None, "RECEIVED"])
def test_the_pages_of_uploads_have_every_upload_once(api: Api, world: World, state: str | None) -> None:
    known = [world.drop(row("A")).upload_id for _ in range(5)]
    seen, cursor = [], None
    for _ in range(5):
        page = api.get("/uploads", limit=2, state=state, cursor=cursor).json()
        seen += [upload["upload_id"] for upload in page["uploads"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert seen == known[::-1]


def test_a_cursor_that_no_list_has_given_out_is_a_400(api: Api, world: World) -> None:
    upload_id = world.drop(row("A")).upload_id
    forged = [{}, [], 7, {"pk": {"S": "UPLOAD#1"}}, {key: {"S": ""} for key in ("pk", "sk", "kind", "received_at")}]
    cursors = ["x", "é", "bm90IGpzb24", *(base64.urlsafe_b64encode(json.dumps(each).encode()) for each in forged)]
    for path in ("/uploads", f"/uploads/{upload_id}/batches", f"/uploads/{upload_id}/rows?outcome=failed"):
        for cursor in cursors:
            answer = api.get(path, cursor=cursor)
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "cursor"), (path, cursor)


def test_an_upload_shows_where_it_is_and_what_became_of_its_rows(api: Api, world: World) -> None:
    rows = row("A"), row("BAD-1", shelf="7"), row("B", item_name="")
    upload_id = world.drop(*rows, key="inbox/pos/a.jsonl").upload_id
    begun = api.get(f"/uploads/{upload_id}").json()
    assert (begun["state"], begun["final"], begun["rows_read"], begun["format"]) == ("RECEIVED", False, 0, None)
    world.limits = type(world.limits)(max_batch_items=3, max_rejected_ratio=0.5)
    world.run(upload_id)
    assert api.get(f"/uploads/{upload_id}").json()["state"] == "AWAITING_RESULTS"
    world.messages()
    ended = api.get(f"/uploads/{upload_id}").json()
    assert ended["state"] == "COMPLETED_WITH_ERRORS"
    assert ended["outcomes"] == {"skipped": 0, "accepted": 1, "pending": 0, "not_sent": 0, "failed": 1, "rejected": 1}
    assert (ended["rows_read"], ended["items"], ended["batches"], ended["source"]) == (3, 2, 1, "pos")
    assert ended["rejected_reasons"] == {"missing": 1}
    assert ended["warning_details"] == {"unknown_field": {"first_row": 2, "fields": {"shelf": 1}}}
    assert ended["finished_at"] > ended["submission_closed_at"] > ended["received_at"]
    assert ended["links"]["failed_rows"] == f"/uploads/{upload_id}/rows?outcome=failed"
    assert ended["key"] == "inbox/pos/a.jsonl"
    assert ended["version_id"] == world.inbox.head("inbox/pos/a.jsonl").version_id


def test_a_wrong_file_says_why(api: Api, world: World) -> None:
    upload_id = world.drop("nothing but trouble", key="inbox/a.jsonl").upload_id
    world.run(upload_id)
    found = api.get(f"/uploads/{upload_id}").json()
    assert found["state"] == "INVALID"
    assert found["reason"]["code"]
    assert len(found["reason"]["message"]) > 20


def test_batches_come_by_number_with_their_attempts_and_never_the_reports_link(api: Api, world: World) -> None:
    world.amazon.script = [CatalogApiServerError("Server Error - Retry Recommended", http_status=500)]
    upload_id = world.drop(*(row(sku) for sku in ("A", "B", "C", "BAD-1"))).upload_id
    world.run(upload_id)
    world.message("ing-1")
    answer = api.get(f"/uploads/{upload_id}/batches")
    first, second = answer.json()["batches"]
    assert (first["number"], first["state"], first["ingestion_id"]) == (1, "DONE", "ing-1")
    assert first["outcomes"] == {"pending": 0, "not_sent": 0, "accepted": 3, "failed": 0}
    assert [attempt["error"] for attempt in first["attempts"]] == ["CatalogApiServerError", None]
    assert [attempt["http_status"] for attempt in first["attempts"]] == [500, 201]
    assert first["report_key"] == "reports/ing-1.json"
    assert first["report_link_received_at"]
    assert (second["state"], second["outcomes"]["pending"], second["report_link_received_at"]) == ("SUBMITTED", 1, None)
    stored = world.batches.get(upload_id, 1).report_link
    assert stored
    assert "X-Amz-Signature" in stored
    assert 'report_link"' not in answer.text
    assert "X-Amz" not in answer.text


def test_the_pages_of_batches_have_every_batch_once(api: Api, world: World) -> None:
    upload_id = world.drop(*(row(f"S{n}") for n in range(13))).upload_id
    world.prepare(upload_id)
    world.record(upload_id)
    first = api.get(f"/uploads/{upload_id}/batches", limit=2).json()
    second = api.get(f"/uploads/{upload_id}/batches", limit=2, cursor=first["next_cursor"]).json()
    third = api.get(f"/uploads/{upload_id}/batches", limit=2, cursor=second["next_cursor"]).json()
    numbers = [[batch["number"] for batch in page["batches"]] for page in (first, second, third)]
    assert numbers == [[1, 2], [3, 4], [5]]
    assert third["next_cursor"] is None
    assert {batch["attempts"] == [] for batch in first["batches"]} == {True}


def test_a_batch_cursor_behind_every_batch_is_a_400(api: Api, world: World) -> None:
    upload_id = world.drop(row("A")).upload_id
    for after in (99_999, 10**12, 10**18, -1, True, "1", 1.5):
        cursor = base64.urlsafe_b64encode(json.dumps({"after": after}).encode()).decode()
        assert api.get(f"/uploads/{upload_id}/batches", cursor=cursor).status_code == 400, after


def test_every_attribute_of_a_batch_is_shown_or_kept_back_on_purpose(api: Api, world: World) -> None:
    upload_id = world.drop(row("A")).upload_id
    world.run(upload_id)
    shown = set(api.get(f"/uploads/{upload_id}/batches").json()["batches"][0])
    renamed = {"late_report": "late_report_key", "reason_code": "reason"}
    kept_back = {"pk", "sk", "expires", "upload_id", "report_link", "outcome_part", "accepted", "failed", "not_sent"}
    assert {renamed.get(name, name) for name in Batch.get_attributes() if name not in kept_back} <= shown
