"""docs/status-api.md has every operation, parameter, status, field and kind of problem; its examples are JSON."""

import ast
import inspect
import json
import re
from pathlib import Path

import pytest

from chalicelib.api import problems
from chalicelib.api.document import document, query_parameters
from chalicelib.tracking.outcomes import Outcome
from chalicelib.tracking.states import UploadState

PAGE = (Path(__file__).parents[3] / "docs" / "status-api.md").read_text()
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in document()["paths"].items()
    for method, operation in methods.items()
    if isinstance(operation, dict)
}


def section(heading: str) -> str:
    """The text below a heading of the second level."""
    found = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/status-api.md has no section {heading!r}"
    return found[1]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_has_a_section_with_a_signed_call(operation: str) -> None:
    path = operation.partition(" ")[2].replace("{upload_id}", "82ebcd9e5f5a4c2edb5b5bd9db8bd55d")
    assert re.search(rf'curl -s "\$\{{SIGN\[@\]\}}" (.|\\\n)*"\$API{re.escape(path)}[?"]', section(operation))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_parameter_is_explained(operation: str) -> None:
    text = section(operation)
    for parameter in query_parameters(OPERATIONS[operation]["operationId"]):
        assert f"| `{parameter.name}` |" in text
        for bound in ("maximum", "default"):
            if bound in parameter.schema:
                assert f"{parameter.schema[bound]:,}" in text


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name.startswith("GET")])
def test_the_query_of_every_example_is_in_the_order_that_old_curl_needs(operation: str) -> None:
    for query in re.findall(r'\?([^"]*)"', section(operation)):
        names = [pair.partition("=")[0] for pair in query.split("&")]
        assert names == sorted(names)


@pytest.mark.parametrize("schema", ["StartUpload", "NewFile"])
def test_every_field_of_a_body_is_explained(schema: str) -> None:
    for field in document()["components"]["schemas"][schema]["properties"]:
        assert f"| `{field}` |" in section("POST /uploads")


@pytest.mark.parametrize("schema", ["Upload", "Batch", "Attempt", "Row", "RowPage", "File", "FileList", "NewFileLink"])
def test_every_field_of_an_answer_is_in_an_example(schema: str) -> None:
    for field in document()["components"]["schemas"][schema]["properties"]:
        assert f'"{field}":' in PAGE


def test_every_example_is_json() -> None:
    found = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert len(found) == 7
    for example in found:
        json.loads(example)


def test_the_example_upload_keeps_the_accounting_law() -> None:
    upload = json.loads(re.findall(r"```json\n(.*?)```", section("GET /uploads/{upload_id}"), re.DOTALL)[0])
    assert sum(upload["outcomes"].values()) == upload["rows_read"]


def test_every_state_and_outcome_is_explained() -> None:
    text = section("GET /uploads/{upload_id}")
    for name in (*UploadState, *Outcome):
        assert f"`{name}`" in text


def test_every_kind_of_problem_is_explained_with_its_status() -> None:
    kinds = {
        node.args[1].value
        for node in ast.walk(ast.parse(inspect.getsource(problems)))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "Problem"
        and isinstance(node.args[1], ast.Constant)
    }
    assert len(kinds) == 7
    for kind in kinds:
        assert f"| `{kind}` |" in section("Errors")
    for operation in OPERATIONS.values():
        for status in operation["responses"]:
            assert status < "400" or f"| {status} |" in section("Errors")
