"""Drives every operation of the OpenAPI document, with right and wrong requests, and holds the answers to the document.

It knows nothing of where the API is: `test_openapi.py` points it at the app in this process; a deployed one is
reached with a session that signs.
"""

import copy
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.positive_data_acceptance,
]


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where the API is, and what there is to ask it for.

    `base_url`: scheme, host and stage, without a slash at the end. `session`: signs, if that is needed.
    `upload_ids`: uploads that there are. `keys`: files of the inbox.
    """

    base_url: str
    session: requests.Session
    upload_ids: tuple[str, ...]
    keys: tuple[str, ...]


@dataclass
class Seen:
    """How often which operation has answered with which status."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)

    def statuses(self, operation_id: str) -> set[int]:
        return {status for (name, status) in self.answers if name == operation_id}


def drive(document: Mapping[str, Any], target: Target, *, examples: int = 20) -> Seen:
    """Call every operation with `examples` right and as many wrong requests, for IDs that there are and for others.

    Raises:
        schemathesis.core.failures.FailureGroup: an answer is not as the document says.
    """
    schema = schemathesis.openapi.from_dict(strict(document))
    seen = Seen()
    for found in schema.get_all_operations():
        operation = found.ok()
        right = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        _run(right, target, seen, examples, rightful=True)
        if [*operation.iter_parameters(), *operation.body]:
            wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
            _run(wrong, target, seen, examples, rightful=False)
        for fixed in _fixed(operation.path, operation.method, target):
            _run(operation.as_strategy(**fixed), target, seen, examples, rightful=True)
        if operation.method == "get":
            _misspell(operation, target, seen)
    return seen


def strict(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document, but objects have no fields beyond those it names: what it leaves out is not documented.

    Signing is the session's: the header is nothing to invent values for.
    """
    closed = copy.deepcopy(dict(document))
    del closed["security"]
    for schema in closed["components"]["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return closed


def _fixed(path: str, method: str, target: Target) -> Iterable[dict[str, Any]]:
    if "{upload_id}" in path:
        yield from ({"path_parameters": {"upload_id": upload_id}} for upload_id in target.upload_ids)
    elif method == "post":
        yield from ({"body": {"key": key}} for key in target.keys)


def _misspell(operation: APIOperation[Any, Any, Any, Any], target: Target, seen: Seen) -> None:
    """A parameter that there is not is a 400, also for operations that have none."""
    ids = {"upload_id": target.upload_ids[0]} if "{upload_id}" in operation.path else {}
    case = operation.Case(path_parameters=ids, query={"limt": "1"})
    response = case.call(base_url=target.base_url, session=target.session)
    seen.answers[operation.definition.raw["operationId"], response.status_code] += 1
    assert response.status_code == 400
    case.validate_response(response, checks=CHECKS)


def _run(strategy: Any, target: Target, seen: Seen, examples: int, *, rightful: bool) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def check(case: Case) -> None:
        if rightful:
            # No schema can say which cursors a list has given out.
            case.query.pop("cursor", None)
        response = case.call(base_url=target.base_url, session=target.session)
        seen.answers[case.operation.definition.raw["operationId"], response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    check()
