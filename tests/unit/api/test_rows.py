import json
import random
from typing import Any

import pytest

from chalicelib.amazon.errors import RoleNotAllowed
from chalicelib.api import rows
from chalicelib.api.cursors import write_cursor
from chalicelib.catalog.prepare import Limits
from chalicelib.storage import keys
from tests.unit.api.in_process import Api
from tests.unit.use_cases.world import DATA, World, row


def upload_with(world: World, *given: Any, ended: bool = True) -> str:
    """An upload of these rows in batches of three items, ended or waiting for results."""
    world.limits = Limits(max_batch_items=3, max_rejected_ratio=1)
    upload_id = world.drop(*given).upload_id
    world.run(upload_id)
    if ended:
        world.messages()
    return upload_id


def pages(api: Api, upload_id: str, outcome: str, limit: int) -> list[dict[str, Any]]:
    """All pages, by their cursors."""
    found, cursor = [], None
    while True:
        page = api.get(f"/uploads/{upload_id}/rows", outcome=outcome, limit=limit, cursor=cursor).json()
        found.append(page)
        cursor = page["next_cursor"]
        if not cursor:
            return found


def numbers(found: list[dict[str, Any]]) -> list[int]:
    return [each["row"] for page in found for each in page["rows"]]


def test_a_rejected_row_comes_with_its_number_and_every_reason(api: Api, world: World) -> None:
    upload_id = upload_with(world, row("A"), row("", item_name=""))
    page = api.get(f"/uploads/{upload_id}/rows", outcome="rejected").json()
    assert page["complete"] is True
    assert page["next_cursor"] is None
    (rejected,) = page["rows"]
    assert (rejected["row"], rejected["outcome"], rejected["store_id"]) == (2, "rejected", "s1")
    assert {reason["field"] for reason in rejected["reasons"]} == {"item_sku", "item_name"}
    assert {reason["code"] for reason in rejected["reasons"]} == {"missing"}


def test_a_failed_row_comes_with_what_amazon_says_of_it(api: Api, world: World) -> None:
    upload_id = upload_with(world, row("A"), row("BAD-1"))
    (failed,) = api.get(f"/uploads/{upload_id}/rows", outcome="failed").json()["rows"]
    assert (failed["row"], failed["sku"], failed["outcome"]) == (2, "BAD-1", "failed")
    assert failed["reasons"] == [{"code": "90220", "message": "Refused.", "field": "item_name", "value": None}]


def test_rows_that_were_not_sent_say_why(api: Api, world: World) -> None:
    world.amazon.access = RoleNotAllowed("The role is not on Amazon's allow-list.", http_status=403)
    upload_id = upload_with(world, row("A"), row("B"))
    state = api.get(f"/uploads/{upload_id}").json()
    assert (state["state"], state["reason"]["code"]) == ("FAILED", "RoleNotAllowed")
    page = api.get(f"/uploads/{upload_id}/rows", outcome="not_sent").json()
    assert (page["rows"], page["complete"]) == ([], True)


def test_rows_of_batches_that_never_left_are_not_sent(api: Api, world: World) -> None:
    refused = RoleNotAllowed("The role is not on Amazon's allow-list any more.", http_status=403)
    world.amazon.script = [refused]
    upload_id = upload_with(world, *(row(f"S{n}") for n in range(7)))
    found = pages(api, upload_id, "not_sent", 2)
    assert numbers(found) == [1, 2, 3, 4, 5, 6, 7]
    assert numbers(pages(api, upload_id, "failed", 1)) == []
    assert found[0]["rows"][0]["reasons"][0]["code"] == "RoleNotAllowed"


def test_pages_of_any_size_have_every_row_once_in_order(api: Api, world: World) -> None:
    skus = [f"BAD-{n}" if n % 2 else f"S{n}" for n in range(1, 12)]
    upload_id = upload_with(world, *(row(sku) for sku in skus))
    for limit in (1, 2, 4, 1000):
        found = pages(api, upload_id, "failed", limit)
        assert numbers(found) == [n for n in range(1, 12) if n % 2]
        assert all(len(page["rows"]) <= limit for page in found)
        assert all(page["complete"] for page in found)


def test_a_page_that_ends_with_the_last_row_has_no_next_one(api: Api, world: World) -> None:
    upload_id = upload_with(world, row("A"), "x", "y")
    assert [len(page["rows"]) for page in pages(api, upload_id, "rejected", 2)] == [2]
    assert [len(page["rows"]) for page in pages(api, upload_id, "rejected", 1)] == [1, 1]


def test_lines_that_straddle_the_chunks_are_read_whole(api: Api, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "CHUNK_BYTES", 7)
    upload_id = upload_with(world, row("A", item_name="Müsli © 1"), row("B", item_name="Ⓡ™"), "{")
    assert numbers(pages(api, upload_id, "rejected", 1)) == numbers(pages(api, upload_id, "rejected", 10))


def test_a_page_stays_within_its_bytes_but_never_empty(api: Api, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_PAGE_BYTES", 500)
    upload_id = upload_with(world, *(row(f"BAD-{n}") for n in range(9)))
    found = pages(api, upload_id, "failed", 1000)
    assert numbers(found) == list(range(1, 10))
    assert [len(page["rows"]) for page in found] == [3, 3, 3]
    monkeypatch.setattr(rows, "MAX_PAGE_BYTES", 1)
    assert [len(page["rows"]) for page in pages(api, upload_id, "failed", 1000)] == [1] * 9


def test_the_largest_page_is_within_lambdas_answer_whatever_its_letters(api: Api, world: World) -> None:
    """A runtime that escapes everything beyond ASCII makes six bytes of a letter of two."""
    upload_id = upload_with(world, "x")
    reason = {"code": "c", "message": "ä" * 2_000, "field": None, "value": None}
    lines = [
        json.dumps(
            {"row": n, "outcome": "rejected", "sku": None, "store_id": None, "reasons": [reason]}, ensure_ascii=False
        )
        for n in range(1, 1001)
    ]
    world.data.write(keys.rejected_rows(upload_id), ("\n".join(lines) + "\n").encode())
    answer = api.get(f"/uploads/{upload_id}/rows", outcome="rejected", limit=1000)
    assert len(answer.json()["rows"]) > 300
    assert len(json.dumps({"body": answer.text})) < 6 * 1024 * 1024


def test_a_row_of_very_many_reasons_shows_the_first_and_counts_the_others(api: Api, world: World) -> None:
    upload_id = upload_with(world, row("A"), "x")
    reason = {"code": "barcode_digits", "message": "m" * 200, "field": None, "value": None}
    lines = [
        json.dumps({"row": n, "outcome": "rejected", "sku": None, "store_id": None, "reasons": [reason] * count})
        for n, count in ((1, 25_000), (2, 1))
    ]
    world.data.write(keys.rejected_rows(upload_id), ("\n".join(lines) + "\n").encode())
    answer = api.get(f"/uploads/{upload_id}/rows", outcome="rejected")
    shown = [(row["row"], len(row["reasons"]), row["reasons_left_out"]) for row in answer.json()["rows"]]
    assert shown == [(1, 100, 24_900), (2, 1, 0)]
    assert len(answer.content) < 100_000


def test_memory_holds_a_page_and_not_the_file(api: Api, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    upload_id = upload_with(world, "x")
    line = json.dumps({"row": 1, "outcome": "rejected", "sku": None, "store_id": None, "reasons": []}).encode() + b"\n"
    world.data.write(keys.rejected_rows(upload_id), line * 20_000)
    read = 0
    real = rows._part_lines

    def counting(*arguments: Any) -> Any:
        nonlocal read
        for found in real(*arguments):
            read += 1
            yield found

    monkeypatch.setattr(rows, "_part_lines", counting)
    page = api.get(f"/uploads/{upload_id}/rows", outcome="rejected", limit=10).json()
    assert len(page["rows"]) == 10
    assert read == 11


def test_rows_of_an_upload_in_progress_are_what_there_is_so_far(api: Api, world: World) -> None:
    upload_id = world.drop(row("A"), "x").upload_id
    none_yet = api.get(f"/uploads/{upload_id}/rows", outcome="rejected").json()
    assert (none_yet["rows"], none_yet["complete"], none_yet["next_cursor"]) == ([], False, None)
    world.limits = Limits(max_rejected_ratio=1)
    world.run(upload_id)
    assert api.get(f"/uploads/{upload_id}/rows", outcome="rejected").json()["complete"] is True
    waiting = api.get(f"/uploads/{upload_id}/rows", outcome="failed").json()
    assert (waiting["rows"], waiting["complete"]) == ([], False)


def test_pages_that_began_before_the_end_never_claim_to_be_complete(api: Api, world: World) -> None:
    """The batch that was passed by while it was open would be missing."""
    upload_id = upload_with(world, *(row(f"BAD-{n}") for n in range(9)), ended=False)
    world.message("ing-2")
    world.message("ing-3")
    first = api.get(f"/uploads/{upload_id}/rows", outcome="failed", limit=2).json()
    assert numbers([first]) == [4, 5]
    world.message("ing-1")
    assert api.get(f"/uploads/{upload_id}").json()["final"] is True
    second = api.get(f"/uploads/{upload_id}/rows", outcome="failed", cursor=first["next_cursor"]).json()
    assert (numbers([second]), second["complete"]) == ([6, 7, 8, 9], False)
    assert numbers(pages(api, upload_id, "failed", 5)) == list(range(1, 10))


def test_a_forged_cursor_is_a_400_or_gives_rows_of_that_upload(api: Api, world: World) -> None:
    upload_id = upload_with(world, *(row(f"BAD-{n}") for n in range(5)), "x")
    chance = random.Random(7)
    good = {"outcome": "failed", "part": 1, "offset": 0, "complete": True}
    forged = [
        {**good, "offset": 5},
        {**good, "offset": 10**9},
        {**good, "offset": 10**18},
        {**good, "offset": -1},
        {**good, "offset": 1.5},
        {**good, "offset": True},
        {**good, "part": 100_000},
        {**good, "part": "1"},
        {**good, "outcome": "rejected"},
        {**good, "more": 1},
        {"part": 1},
    ]
    for each in forged:
        answer = api.get(f"/uploads/{upload_id}/rows", outcome="failed", cursor=write_cursor(each))
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "cursor"), each
    for _ in range(10):
        each = {**good, "offset": chance.randrange(600), "part": chance.randrange(4)}
        answer = api.get(f"/uploads/{upload_id}/rows", outcome="failed", cursor=write_cursor(each))
        assert answer.status_code in (200, 400), each


def test_a_forged_part_of_the_rejected_rows_is_a_400(api: Api, world: World) -> None:
    upload_id = upload_with(world, row("A"), "x", "y")
    cursor = write_cursor({"outcome": "rejected", "part": 1, "offset": 0, "complete": True})
    assert api.get(f"/uploads/{upload_id}/rows", outcome="rejected", cursor=cursor).status_code == 400


def test_a_cursor_of_another_outcome_is_a_400(api: Api, world: World) -> None:
    upload_id = upload_with(world, row("BAD-1"), "x", "y")
    cursor = api.get(f"/uploads/{upload_id}/rows", outcome="rejected", limit=1).json()["next_cursor"]
    assert api.get(f"/uploads/{upload_id}/rows", outcome="failed", cursor=cursor).status_code == 400


def test_an_upload_without_such_rows_has_an_empty_page(api: Api, world: World) -> None:
    upload_id = upload_with(world, row("A"))
    for outcome in ("rejected", "failed", "not_sent"):
        page = api.get(f"/uploads/{upload_id}/rows", outcome=outcome).json()
        assert (page["rows"], page["complete"], page["next_cursor"]) == ([], True, None)


@pytest.mark.parametrize("outcome", ["rejected", "failed"])
def test_rows_that_have_been_deleted_after_their_retention_are_gone(api: Api, world: World, outcome: str) -> None:
    upload_id = upload_with(world, row("BAD-1"), "x")
    for key in list(world.data.keys(keys.upload_prefix(upload_id))):
        world.s3.delete_object(Bucket=DATA, Key=key)
    answer = api.get(f"/uploads/{upload_id}/rows", outcome=outcome)
    assert (answer.status_code, answer.json()["type"]) == (410, "urn:store-catalog:problem:gone")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "outcome"),
        ({"outcome": "accepted"}, "outcome"),
        ({"outcome": "failed", "limit": 0}, "limit"),
        ({"outcome": "failed", "limit": 1001}, "limit"),
        ({"outcome": "failed", "limit": "ten"}, "limit"),
        ({"outcome": "failed", "limit": "１０"}, "limit"),
        ({"outcome": ["failed", "rejected"]}, "outcome"),
        ({"outcome": "failed", "page": 2}, "page"),
    ],
)
def test_a_wrong_query_is_a_400_that_names_the_parameter(bare_api: Api, query: dict[str, Any], field: str) -> None:
    answer = bare_api.get(f"/uploads/{'0' * 32}/rows", **query)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, [field])
