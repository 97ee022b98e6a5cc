from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from chalicelib.api.files import FILES
from chalicelib.catalog.prepare import Limits
from chalicelib.storage import keys
from chalicelib.tracking.clock import parse, utc_now
from tests.unit.api.in_process import Api
from tests.unit.use_cases.world import DATA, World, row


def ended_upload(world: World) -> str:
    world.limits = Limits(max_rejected_ratio=1)
    upload_id = world.drop(row("A"), row("BAD-1"), "x").upload_id
    world.run(upload_id)
    world.messages()
    return upload_id


def test_an_upload_that_has_not_ended_has_no_files_yet_and_says_so(api: Api, world: World) -> None:
    upload_id = world.drop(row("A")).upload_id
    answer = api.get(f"/uploads/{upload_id}/files")
    assert answer.status_code == 200
    assert answer.json()["files"] == []
    assert "RECEIVED" in answer.json()["note"]


def test_an_ended_upload_has_a_link_to_every_outcome_file(api: Api, world: World) -> None:
    upload_id = ended_upload(world)
    before = utc_now()
    found = api.get(f"/uploads/{upload_id}/files").json()
    assert [file["name"] for file in found["files"]] == ["failed.csv", "rejected.csv", "summary.json"]
    assert found["note"] is None
    for file in found["files"]:
        assert f"/uploads/{upload_id}/outcomes/{file['name']}?" in file["link"]
        assert file["size"] == world.data.head(keys.outcome_file(upload_id, file["name"])).size
        good_for = parse(file["expires_at"]) - before
        assert timedelta(minutes=15) <= good_for < timedelta(minutes=16)


def test_a_file_is_saved_under_the_name_of_what_was_uploaded(api: Api, world: World) -> None:
    world.limits = Limits(max_rejected_ratio=1)
    upload_id = world.drop(row("A"), key='inbox/pos/Preise "Mai"; ö/..é.tar.gz').upload_id
    world.run(upload_id)
    world.messages()
    named = world.drop(row("A"), key="inbox/pos/Preise Mai.jsonl").upload_id
    world.run(named)
    world.messages()
    for found, stem in ((upload_id, ""), (named, "Preise_Mai")):
        for file in api.get(f"/uploads/{found}/files").json()["files"]:
            (disposition,) = parse_qs(urlsplit(file["link"]).query)["response-content-disposition"]
            assert disposition == f'attachment; filename="{stem}-{found[:8]}-{file["name"]}"'


def test_a_file_that_was_written_is_listed(api: Api, world: World) -> None:
    upload_id = ended_upload(world)
    world.data.write(keys.outcome_file(upload_id, "not_sent.csv"), b"row\n", "text/csv")
    assert [file["name"] for file in api.get(f"/uploads/{upload_id}/files").json()["files"]] == list(FILES)


def test_files_that_have_been_deleted_after_their_retention_are_no_error(api: Api, world: World) -> None:
    upload_id = ended_upload(world)
    for name in FILES:
        boto3.client("s3").delete_object(Bucket=DATA, Key=keys.outcome_file(upload_id, name))
    found = api.get(f"/uploads/{upload_id}/files").json()
    assert found["files"] == []
    assert "retention" in found["note"]


PATHS = ("", "/batches", "/rows?outcome=failed", "/files")


def test_an_upload_that_there_is_not_is_a_404(api: Api) -> None:
    for path in PATHS:
        assert_unknown(api, f"/uploads/{'0' * 32}{path}")


@pytest.mark.parametrize("upload_id", ["A" * 32, "0" * 31, "0" * 33, "not-an-id", "é", "%20", "0" * 31 + "%0A"])
def test_what_can_be_no_upload_id_is_a_404_before_the_table_is_asked(bare_api: Api, upload_id: str) -> None:
    for path in PATHS:
        assert_unknown(bare_api, f"/uploads/{upload_id}{path}")


def assert_unknown(api: Api, path: str) -> None:
    answer = api.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json"), path
    assert answer.json()["type"] == "urn:store-catalog:problem:unknown-upload"
