"""The OpenAPI document says what the code says: enums, limits, examples, and fields."""

from typing import Any

import jsonschema
import pytest

from chalicelib.api.document import document, query_parameters, resolve
from chalicelib.api.files import FILES
from chalicelib.api.presenting import ROW_OUTCOMES, batch_json, upload_json
from chalicelib.api.reading import MAX_BODY_BYTES
from chalicelib.catalog.operations import Operation
from chalicelib.tracking.models import Attempt, Batch, Upload
from chalicelib.tracking.outcomes import Outcome
from chalicelib.tracking.states import BatchState, UploadState
from tests.unit.api.in_process import Api

SCHEMAS = document()["components"]["schemas"]
METHODS = [
    (path, method, operation)
    for path, methods in document()["paths"].items()
    for method, operation in methods.items()
    if isinstance(operation, dict)
]


@pytest.mark.parametrize(
    ("enum", "values"),
    [
        (SCHEMAS["UploadState"]["enum"], list(UploadState)),
        (SCHEMAS["BatchState"]["enum"], list(BatchState)),
        (SCHEMAS["Operation"]["enum"], list(Operation)),
        (SCHEMAS["Row"]["properties"]["outcome"]["enum"], list(ROW_OUTCOMES)),
        (SCHEMAS["RowPage"]["properties"]["outcome"]["enum"], list(ROW_OUTCOMES)),
        (query_parameters("listRows")[0].schema["enum"], list(ROW_OUTCOMES)),
        (SCHEMAS["File"]["properties"]["name"]["enum"], list(FILES)),
    ],
)
def test_the_documents_enums_are_the_codes(enum: list[str], values: list[str]) -> None:
    assert sorted(enum) == sorted(values)


def test_every_outcome_is_counted() -> None:
    assert set(SCHEMAS["Outcomes"]["required"]) == {outcome.value for outcome in Outcome}


@pytest.mark.parametrize("name", [name for name, schema in SCHEMAS.items() if "properties" in schema])
def test_every_field_of_an_answer_is_always_there(name: str) -> None:
    """A field that has no value is null: callers need no `in`."""
    optional = {"StartUpload": {"version_id"}, "NewFile": {"source", "mapping", "operation"}}
    if name != "GatewayError":
        missing = set(SCHEMAS[name]["properties"]) - set(SCHEMAS[name]["required"])
        assert missing == optional.get(name, set())


def examples() -> list[tuple[str, Any, dict[str, Any]]]:
    """Every example of the document with the schema it stands beside."""
    found = []
    for path, method, operation in METHODS:
        contents = [
            content
            for response in operation["responses"].values()
            for content in resolve(response).get("content", {}).values()
        ]
        contents += operation.get("requestBody", {}).get("content", {}).values()
        for content in contents:
            for name, example in content.get("examples", {}).items():
                found.append((f"{method} {path} {name}", resolve(example)["value"], content["schema"]))
    return found


@pytest.mark.parametrize(("where", "value", "schema"), examples())
def test_every_example_is_as_its_schema_says(where: str, value: Any, schema: dict[str, Any]) -> None:
    jsonschema.validate(value, {**schema, "components": document()["components"]})


def test_the_example_upload_keeps_the_accounting_law() -> None:
    upload = document()["components"]["examples"]["Upload"]["value"]
    assert sum(upload["outcomes"].values()) == upload["rows_read"]


def test_what_is_shown_of_an_upload_and_a_batch_is_what_the_document_names() -> None:
    moment = "2026-11-23T09:30:00.000000Z"
    times = {"arrived_at": moment, "received_at": moment, "updated_at": moment}
    upload = Upload("UPLOAD#1", "UPLOAD", upload_id="1", state="RECEIVED", size=1, **times)
    assert list(upload_json(upload)) == list(SCHEMAS["Upload"]["properties"])
    batch = Batch("UPLOAD#1", "BATCH#00001", number=1, state="PREPARED", rows=1, items=1, bytes=1, updated_at=moment)
    attempt = Attempt("UPLOAD#1", "BATCH#00001#ATTEMPT#01", number=1, started_at=moment)
    shown = batch_json(batch, [attempt])
    assert list(shown) == list(SCHEMAS["Batch"]["properties"])
    assert list(shown["attempts"][0]) == list(SCHEMAS["Attempt"]["properties"])
    assert shown["outcomes"] == {"pending": 1, "not_sent": 0, "accepted": 0, "failed": 0}


def test_the_documented_limit_of_a_body_is_the_one_that_holds() -> None:
    assert f"{MAX_BODY_BYTES:,} bytes" in document()["paths"]["/uploads"]["post"]["requestBody"]["description"]


def test_every_operation_is_signed_and_says_what_it_does() -> None:
    assert document()["security"] == [{"SigV4": []}]
    for path, method, operation in METHODS:
        assert operation["summary"].endswith("."), (method, path)
        assert "security" not in operation


def test_the_document_is_served_as_it_is(bare_api: Api) -> None:
    answer = bare_api.get("/openapi.json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json() == document()
