"""The status API does what its OpenAPI document says, and the document says all that it does."""

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

import app
from chalicelib.api.document import document
from chalicelib.catalog.prepare import Limits
from tests.contract.openapi_driver import Target, drive
from tests.unit.api.in_process import URL, Api, session
from tests.unit.use_cases.world import World, row

OPERATIONS = {
    (path, method.upper()): operation
    for path, methods in document()["paths"].items()
    for method, operation in methods.items()
    if isinstance(operation, dict)
}
REACHED_ONLY_ON_AWS = {403, 429}
"""API Gateway's own answers."""
PROVOKED_ELSEWHERE = {410, 413, 415, 500}
"""tests/unit/api provokes them."""


def test_the_document_is_openapi_3_1() -> None:
    OpenAPIV31SpecValidator(document()).validate()


def test_every_route_is_in_the_document_and_every_path_of_the_document_is_a_route() -> None:
    routes = {(path, method) for path, methods in app.app.routes.items() for method in methods}
    assert routes == set(OPERATIONS)


@pytest.mark.slow
def test_every_operation_answers_as_the_document_says(api: Api, world: World) -> None:
    world.limits = Limits(max_batch_items=3, max_rejected_ratio=1)
    ended = world.drop(*(row(f"{'BAD' if n % 3 else 'S'}-{n}") for n in range(8)), "x", "y").upload_id
    world.run(ended)
    world.messages()
    waiting = world.drop(*(row(f"S{n}") for n in range(5)), key="inbox/other/a.jsonl").upload_id
    world.run(waiting)
    target = Target(base_url=URL, session=session(), upload_ids=(ended, waiting), keys=("inbox/pos/prices.jsonl",))
    seen = drive(document(), target, examples=20)
    for operation in OPERATIONS.values():
        documented = {int(status) for status in operation["responses"]} - REACHED_ONLY_ON_AWS
        statuses = seen.statuses(operation["operationId"])
        assert documented - PROVOKED_ELSEWHERE <= statuses <= documented, operation["operationId"]
