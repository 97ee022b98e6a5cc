import io
import json
import logging

import pytest

from chalicelib.api import uploads, views
from chalicelib.storage.objects import Objects
from chalicelib.telemetry import count, logger, metrics
from tests.unit.api.in_process import Api
from tests.unit.use_cases.world import World, row

PROBLEM = "application/problem+json"


def test_what_nobody_expected_is_a_500_without_internals_and_logged(
    bare_api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the table's inner workings")

    monkeypatch.setattr(views, "wiring", broken)
    answer = bare_api.get("/uploads")
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, PROBLEM)
    assert answer.json()["type"] == "urn:store-catalog:problem:fault"
    assert "inner workings" not in answer.text
    (logged,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert logged.exc_info
    assert "inner workings" in str(logged.exc_info[1])


def test_missing_settings_are_a_500_and_not_an_answer(bare_api: Api) -> None:
    answer = bare_api.get("/uploads")
    assert answer.status_code == 500
    assert "TABLE_NAME" not in answer.text


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
def test_a_method_that_a_path_has_not_is_a_405_that_names_those_it_has(bare_api: Api, method: str) -> None:
    """API Gateway refuses it before the app sees it; the app holds to its form all the same."""
    answer = bare_api.send(method, "/uploads/" + "0" * 32)
    assert (answer.status_code, answer.headers["Content-Type"]) == (405, PROBLEM)
    assert answer.headers["Allow"] == "GET"
    problem = answer.json()
    assert (problem["title"], problem["status"], problem["errors"]) == ("Method Not Allowed", 405, [])


def test_a_fault_inside_chalice_is_a_problem_as_well(bare_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads.uploads_api._current_app.routes["/uploads"]["GET"], "view_function", lambda: 1 / 0)
    answer = bare_api.get("/uploads")
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, PROBLEM)
    assert answer.json()["type"] == "urn:store-catalog:problem:fault"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/uploads?limit=0&state=nonsense&cursor=&foo=1", ["cursor", "foo", "limit", "state"]),
        ("/uploads?limit=101", ["limit"]),
        ("/uploads?limit=-1", ["limit"]),
        ("/uploads?limit=1.0", ["limit"]),
        ("/uploads?limit=" + "9" * 5000, ["limit"]),
        ("/uploads?limit=1&limit=2", ["limit"]),
        ("/uploads?state=failed", ["state"]),
        ("/uploads?cursor=" + "a" * 2049, ["cursor"]),
        ("/uploads/" + "0" * 32 + "?verbose=1", ["verbose"]),
        ("/uploads/" + "0" * 32 + "/files?name=failed.csv", ["name"]),
        ("/uploads/" + "0" * 32 + "/batches?limit=0", ["limit"]),
        ("/openapi.json?format=yaml", ["format"]),
    ],
)
def test_a_wrong_query_is_a_400_with_every_fault_by_its_parameter(bare_api: Api, path: str, fields: list[str]) -> None:
    answer = bare_api.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, PROBLEM)
    assert sorted(error["field"] for error in answer.json()["errors"]) == fields


def test_the_log_has_the_route_and_never_the_query_the_body_or_a_link(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = world.drop(row("A")).upload_id
    world.run(upload_id)
    world.messages()
    stream = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    link = api.post({"filename": "secret-name.csv"}).json()["upload_url"]
    api.get(f"/uploads/{upload_id}/files")
    api.get("/uploads", cursor="secret-cursor")
    printed = stream.getvalue()
    lines = [json.loads(line) for line in printed.splitlines()]
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("POST", "/uploads", 201),
        ("GET", "/uploads/{upload_id}/files", 200),
        ("GET", "/uploads", 400),
    ]
    assert [line.get("upload_id") for line in lines] == [None, upload_id, None]
    assert "secret" not in printed
    assert "X-Amz" not in printed
    assert link.rpartition("=")[2] not in printed


def test_the_metrics_of_a_request_are_written_when_it_ends(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    count("UploadsStarted")
    assert api.get("/openapi.json").status_code == 200
    assert not metrics.provider.metric_set
    assert '"UploadsStarted":[1.0]' in capsys.readouterr().out


def test_no_answer_is_to_be_kept_by_anybody(api: Api, world: World) -> None:
    upload_id = world.drop(row("A")).upload_id
    for path in ("/uploads", f"/uploads/{upload_id}", f"/uploads/{upload_id}/files", "/uploads/x"):
        assert api.get(path).headers["Cache-Control"] == "no-store", path


def test_a_path_that_there_is_not_is_api_gateways_to_refuse(bare_api: Api) -> None:
    answer = bare_api.get("/nothing")
    assert (answer.status_code, answer.json()) == (403, {"message": "Missing Authentication Token"})


def test_a_part_that_breaks_off_is_a_500_and_no_half_page(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = world.drop(row("BAD-1")).upload_id
    world.run(upload_id)
    world.messages()

    def breaking(*_: object) -> None:
        raise ConnectionError("reset")

    monkeypatch.setattr(Objects, "open_from", breaking)
    assert api.get(f"/uploads/{upload_id}/rows?outcome=failed").status_code == 500
