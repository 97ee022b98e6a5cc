"""The API function: the four operations behind API Gateway with IAM authorization."""

import base64
import json
import os
import re
import time
import uuid
from typing import Any

from . import refusals
from .backend import Backend, Retailer
from .ingestions import work
from .refusals import Refusal
from .scenarios import GATEWAY_TIMEOUTS, SERVER_ERRORS, THROTTLED_CALLS, Scenario, scenario_of

CALLS_PER_SECOND = 10
EARLY_BY_SECONDS = 4
"""How long the answer of an early message's request is held back."""
OPERATIONS = {
    "/v1/catalog/upload": "catalog",
    "/v1/catalog/cart/upload": "cart",
    "/v1/catalog/archive": "archive",
    "/v1/catalog/getCatalogUploadStatus": "status",
}

_backends: list[Backend] = []


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Entry point: an API Gateway proxy event."""
    if not _backends:
        _backends.append(Backend())
    try:
        status, answer = _answer(_backends[0], event)
        return _response(status, answer)
    except Refusal as refusal:
        return _response(refusal.status, {refusal.key: refusal.text}, refusal.error_type)


def _answer(backend: Backend, event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    retailer = _check_caller(backend, event)
    if not backend.take_call(retailer.role_arn, CALLS_PER_SECOND):
        raise _too_many_requests()
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body).decode("utf-8", errors="replace")
    if len(body.encode()) > refusals.MAX_BODY_BYTES:
        raise Refusal(413, "Request Too Long", "message", "RequestTooLargeException")
    match OPERATIONS[event["resource"]]:
        case "status":
            return _status(backend, retailer, body)
        case "archive":
            refusals.read_archive(body, retailer.stores)
            return 200, {"ingestionId": _take(backend, retailer, "archive", body, None)}
        case operation:
            items = refusals.read_items(body, retailer.stores)
            return _upload(backend, retailer, operation, body, scenario_of(items[0]["store_id"]))


def _check_caller(backend: Backend, event: dict[str, Any]) -> Retailer:
    """The retailer that calls. The resource policy of an API in the same account cannot refuse it, so this does."""
    context = event["requestContext"]
    caller = context["identity"].get("userArn") or "anonymous"
    retailer = backend.retailer(role_of(caller))
    if retailer is None:
        resource = (
            f"arn:aws:execute-api:{os.environ['AWS_REGION']}:********{context['accountId'][-4:]}:{context['apiId']}"
            f"/{context['stage']}/{event['httpMethod']}{event['path']}"
        )
        text = f"User: {caller} is not authorized to perform: execute-api:Invoke on resource: {resource}"
        raise Refusal(403, text, "Message", "AccessDeniedException")
    return retailer


def role_of(caller_arn: str) -> str:
    """The role of a session: `arn:aws:sts::<account>:assumed-role/<role>/<session>` without the session."""
    found = re.fullmatch(r"arn:(aws[a-z-]*):sts::(\d+):assumed-role/([^/]+)/.+", caller_arn)
    return f"arn:{found[1]}:iam::{found[2]}:role/{found[3]}" if found else caller_arn


def _status(backend: Backend, retailer: Retailer, body: str) -> tuple[int, dict[str, Any]]:
    ingestion_id = refusals.read_ingestion_id(body)
    ingestion = backend.ingestion(ingestion_id)
    if ingestion is None or ingestion["role_arn"] != retailer.role_arn:
        raise Refusal(400, refusals.UNKNOWN_INGESTION)
    link = backend.report_link(ingestion_id) if ingestion["status"] == "DONE" else None
    return 200, {"processingStatus": ingestion["status"], "reportDownloadLink": link}


def _upload(
    backend: Backend, retailer: Retailer, operation: str, body: str, scenario: Scenario | None
) -> tuple[int, dict[str, Any]]:
    calls = backend.count_call(body) if scenario else 0
    if scenario is Scenario.THROTTLED and calls <= THROTTLED_CALLS:
        raise _too_many_requests()
    if scenario is Scenario.SERVER_ERROR and calls <= SERVER_ERRORS:
        raise Refusal(500, refusals.RETRY_RECOMMENDED)
    if scenario is Scenario.SERVER_ERROR_FINAL:
        raise Refusal(500, refusals.NO_RETRY)
    if scenario is Scenario.UNREACHABLE:
        raise _timed_out()
    ingestion_id = _take(backend, retailer, operation, body, scenario)
    if scenario is Scenario.GATEWAY_TIMEOUT and calls <= GATEWAY_TIMEOUTS:
        raise _timed_out()
    return 201, {"ingestionId": ingestion_id}


def _take(backend: Backend, retailer: Retailer, operation: str, body: str, scenario: Scenario | None) -> str:
    ingestion_id = str(uuid.uuid4())
    backend.save_body(ingestion_id, body)
    record = {"role_arn": retailer.role_arn, "operation": operation, "status": "INQUEUE"}
    backend.save_ingestion(ingestion_id, record)
    if scenario is Scenario.EARLY_MESSAGE:
        work(backend, ingestion_id)
        time.sleep(EARLY_BY_SECONDS)
    else:
        seconds = "SLOW_SECONDS" if scenario is Scenario.SLOW else "WORK_SECONDS"
        backend.work_later(ingestion_id, int(os.environ[seconds]))
    return ingestion_id


def _too_many_requests() -> Refusal:
    return Refusal(429, "Too Many Requests", "message", "TooManyRequestsException")


def _timed_out() -> Refusal:
    return Refusal(504, "Endpoint request timed out", "message", "InternalServerErrorException")


def _response(status: int, answer: dict[str, Any], error_type: str | None = None) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    if error_type:
        headers["x-amzn-ErrorType"] = error_type
    return {"statusCode": status, "headers": headers, "body": json.dumps(answer)}
