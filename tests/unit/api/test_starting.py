import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from chalicelib import wiring
from chalicelib.api.problems import FieldError, Problem
from chalicelib.api.reading import check_body
from chalicelib.storage.objects import Objects
from chalicelib.tracking.clock import parse, utc_now
from chalicelib.use_cases.start import start_upload
from tests.unit.api.in_process import Api
from tests.unit.use_cases.world import INBOX, World

KEY = "inbox/pos/prices.jsonl"


def put(body: bytes = b"{}", **metadata: str) -> str:
    """Put a file into the inbox; gives its version ID."""
    found = boto3.client("s3").put_object(Bucket=INBOX, Key=KEY, Body=body, Metadata=metadata)
    return str(found["VersionId"])


def executions() -> list[str]:
    client = boto3.client("stepfunctions")
    (machine,) = client.list_state_machines()["stateMachines"]
    found = client.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]
    return [execution["name"] for execution in found]


def test_a_file_of_the_inbox_is_started_by_its_key(api: Api) -> None:
    version_id = put(b"{}", operation="cart", mapping="till")
    answer = api.post({"key": KEY})
    found = answer.json()
    assert answer.status_code == 202
    assert (found["state"], found["key"], found["version_id"]) == ("RECEIVED", KEY, version_id)
    assert (found["source"], found["operation"], found["mapping"]) == ("pos", "cart", "till")
    assert answer.headers["Location"] == f"uploads/{found['upload_id']}"
    assert executions() == [found["upload_id"]]


def test_the_location_leads_to_the_upload_below_a_stage_as_well(api: Api) -> None:
    put()
    location = api.post({"key": KEY}).headers["Location"]
    joined = requests.compat.urljoin("https://example.test/api/uploads", location)
    assert urlsplit(joined).path.startswith("/api/uploads/")


def test_a_version_is_started_and_not_the_newest_one(api: Api) -> None:
    first = put(b"1")
    put(b"22")
    found = api.post({"key": KEY, "version_id": first}).json()
    assert (found["version_id"], found["size"]) == (first, 1)


def test_starting_again_gives_back_the_same_upload(api: Api, world: World) -> None:
    version_id = put()
    by_event = start_upload(world.start, key=KEY, version_id=version_id)
    answers = [api.post({"key": KEY}), api.post({"key": KEY, "version_id": version_id})]
    assert {answer.json()["upload_id"] for answer in answers} == {by_event.upload_id}
    assert {answer.status_code for answer in answers} == {202}
    assert executions() == [by_event.upload_id]


def test_a_file_that_is_not_there_is_a_404(api: Api) -> None:
    answer = api.post({"key": "inbox/nothing.csv"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (404, "key")


def test_a_version_that_is_not_there_is_a_404(api: Api) -> None:
    put()
    for version_id in ("00000000-0000-0000-0000-000000000000", "no version ID at all"):
        answer = api.post({"key": KEY, "version_id": version_id})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (404, "version_id")


def test_a_version_id_that_s3_cannot_read_is_a_404(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 answers a HEAD with a bare 400."""
    monkeypatch.setattr(Objects, "head", refusing_head("400"))
    answer = api.post({"key": KEY, "version_id": "?"})
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:store-catalog:problem:unknown-file")


def test_another_refusal_of_s3_is_a_fault_of_ours(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Objects, "head", refusing_head("403"))
    assert api.post({"key": KEY}).status_code == 500


def refusing_head(code: str) -> Any:
    def head(*_: object) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "Bad Request"}}, "HeadObject")

    return head


def test_a_new_file_gets_a_link_that_takes_it_under_its_source(api: Api) -> None:
    before = utc_now()
    answer = api.post({"filename": "Preise für Mai.csv", "source": "pos", "mapping": "till", "operation": "cart"})
    found = answer.json()
    assert answer.status_code == 201
    assert found["key"] == "inbox/pos/Preise für Mai.csv"
    assert (found["method"], found["next"]["method"], found["next"]["path"]) == ("PUT", "POST", "/uploads")
    assert found["headers"] == {"x-amz-meta-mapping": "till", "x-amz-meta-operation": "cart"}
    assert found["next"]["body"] == {"key": found["key"], "version_id": "<x-amz-version-id>"}
    assert timedelta(minutes=15) <= parse(found["expires_at"]) - before < timedelta(minutes=16)
    assert urlsplit(found["upload_url"]).path == "/inbox/pos/Preise%20f%C3%BCr%20Mai.csv"


def test_the_link_is_signed_as_s3_asks_in_every_region_with_the_headers_to_send(api: Api) -> None:
    found = api.post({"filename": "a.csv", "mapping": "mappings/till.yaml"}).json()
    query = parse_qs(urlsplit(found["upload_url"]).query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-SignedHeaders"] == ["host;x-amz-meta-mapping"]


def test_a_new_file_without_a_source_lies_at_the_top_and_needs_no_headers(api: Api) -> None:
    found = api.post({"filename": "prices.csv"}).json()
    assert (found["key"], found["headers"]) == ("inbox/prices.csv", {})


def test_what_was_put_by_the_link_is_started_with_the_version_it_answers(api: Api) -> None:
    link = api.post({"filename": "prices.jsonl", "source": "pos", "operation": "archive"}).json()
    answer = requests.put(link["upload_url"], data=b"{}", headers=link["headers"], timeout=5)
    assert answer.status_code == 200
    body = {**link["next"]["body"], "version_id": answer.headers["x-amz-version-id"]}
    found = api.post(body).json()
    assert (found["key"], found["operation"]) == ("inbox/pos/prices.jsonl", "archive")
    assert api.get(found["links"]["self"]).json()["upload_id"] == found["upload_id"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["filename", "key"]),
        ({"source": "pos"}, ["filename", "key"]),
        ({"key": "inbox/a.csv", "filename": "a.csv"}, ["filename"]),
        ({"key": "mappings/a.json"}, ["key"]),
        ({"key": "inbox/"}, ["key"]),
        ({"key": "inbox/folder/"}, ["key"]),
        ({"key": ""}, ["key"]),
        ({"key": None}, ["key"]),
        ({"key": ["inbox/a.csv"]}, ["key"]),
        ({"key": "inbox/" + "a" * 1020}, ["key"]),
        ({"key": "inbox/a.csv", "version_id": ""}, ["version_id"]),
        ({"key": "inbox/a.csv", "version_id": 7}, ["version_id"]),
        ({"key": 1, "version_id": 2, "verison": 3, "more": 4}, ["key", "more", "verison", "version_id"]),
        ({"filename": "a/b.csv"}, ["filename"]),
        ({"filename": "a\\b.csv"}, ["filename"]),
        ({"filename": ".."}, ["filename"]),
        ({"filename": "a\n"}, ["filename"]),
        ({"filename": "a\u0000.csv"}, ["filename"]),
        ({"filename": ""}, ["filename"]),
        ({"filename": "a" * 201}, ["filename"]),
        ({"filename": "a.csv", "source": "a/b"}, ["source"]),
        ({"filename": "a.csv", "source": "../x"}, ["source"]),
        ({"filename": "a.csv", "source": "pos\n"}, ["source"]),
        ({"filename": "a.csv", "mapping": "Überall"}, ["mapping"]),
        ({"filename": "a.csv", "mapping": "inbox/till.yaml"}, ["mapping"]),
        ({"filename": "a.csv", "operation": "delete"}, ["operation"]),
        (
            {"filename": "/", "source": "", "mapping": 1, "operation": None},
            ["filename", "mapping", "operation", "source"],
        ),
    ],
)
def test_a_wrong_body_is_a_400_with_every_fault_by_its_field(bare_api: Api, body: Any, fields: list[str]) -> None:
    answer = bare_api.post(body)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "urn:store-catalog:problem:bad-request"
    assert sorted(error["field"] for error in problem["errors"]) == fields
    assert all(re.match(r"(must be|is) \w", error["message"]) for error in problem["errors"])
    assert all(error["message"] in problem["detail"] for error in problem["errors"])


def test_every_key_that_the_document_allows_is_one_that_starting_allows(api: Api) -> None:
    """Where the two differ, a request would pass the document and be refused as a fault of ours."""
    for key in ("inbox/a", "inbox//a", "inbox/a\nb", "inbox/ ", "inbox/a/b.csv", "inbox/é", "inbox/a/\n"):
        assert api.post({"key": key}).status_code == 404, key


def test_a_parameter_in_the_query_is_a_400(bare_api: Api) -> None:
    answer = bare_api.send("POST", "/uploads?dry_run=1", json={"key": KEY})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "dry_run")


@pytest.mark.parametrize(("schema", "field"), [("StartUpload", "key"), ("NewFile", "filename")])
def test_a_missing_field_is_named(schema: str, field: str) -> None:
    with pytest.raises(Problem) as caught:
        check_body({}, schema)
    assert caught.value.errors == (FieldError(field, "is missing"),)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"   ", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'["key"]', 400),
        (b'"key"', 400),
        (b"null", 400),
        (b'{"key": NaN}', 400),
        (b'{"key": "\xff"}', 400),
        (b'{"key": "\\ud800"}', 400),
        (b"[" * 60_000, 400),
        (b'{"key": "' + b"a" * 65_536 + b'"}', 413),
    ],
)
def test_a_body_that_is_no_json_object_is_refused_as_a_whole(bare_api: Api, body: bytes, status: int) -> None:
    answer = bare_api.send("POST", "/uploads", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert [error["field"] for error in answer.json()["errors"]] == ["body"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "text/json"])
def test_another_content_type_is_a_415(bare_api: Api, content_type: str) -> None:
    answer = bare_api.send("POST", "/uploads", data=b'{"key": "inbox/a"}', headers={"Content-Type": content_type})
    assert answer.status_code == 415
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:store-catalog:problem:unsupported-media-type"
    assert answer.json()["errors"] == [{"field": "Content-Type", "message": "must be application/json"}]


def test_json_is_read_however_it_is_announced(api: Api) -> None:
    put()
    for headers in ({"Content-Type": "application/json"}, {"Content-Type": "application/json; charset=utf-8"}, {}):
        answer = api.send("POST", "/uploads", data=f'{{"key": "{KEY}"}}'.encode(), headers=headers)
        assert answer.status_code == 202, headers


def test_links_are_good_for_as_long_as_the_setting_says(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FILE_LINK_MINUTES", "1")
    wiring.wiring.cache_clear()
    found = api.post({"filename": "prices.csv"}).json()
    assert parse(found["expires_at"]) - utc_now() <= timedelta(minutes=1)
