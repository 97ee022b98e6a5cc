"""The worker function: works an ingestion, writes its report, and tells the retailer."""

import json
import os
from typing import Any

from . import envelopes
from .backend import Backend, Retailer
from .reports import failed_numbers, find_issues, write_report
from .scenarios import Scenario, scenario_of

EXPIRED_AFTER = 1
EXPIRED_ARRIVES_AFTER = 3

_backends: list[Backend] = []


def handler(event: dict[str, Any], _context: object) -> None:
    """Entry point: a message of the work queue is an ingestion ID."""
    for record in event["Records"]:
        work(_backend(), record["body"])


def _backend() -> Backend:
    if not _backends:
        _backends.append(Backend())
    return _backends[0]


def work(backend: Backend, ingestion_id: str) -> None:
    """Do what the request asks for and tell the retailer. Doing it twice changes nothing but sends a second message."""
    ingestion = backend.ingestion(ingestion_id)
    retailer = backend.retailer(ingestion["role_arn"]) if ingestion else None
    if ingestion is None or retailer is None:
        return
    request = backend.body(ingestion_id)
    items = request.get("catalogItems") or [{"item_sku": sku} for sku in request["itemSkus"]]
    scenario = scenario_of(items[0].get("store_id"))
    if scenario is Scenario.NEVER_DONE:
        backend.save_ingestion(ingestion_id, {**ingestion, "status": "INPROGRESS"})
        return
    if scenario in (Scenario.FATAL, Scenario.CANCELLED):
        status = scenario.name
    else:
        status = "DONE"
        _apply(backend, ingestion["operation"], items, retailer)
        backend.save_report(ingestion_id, write_report(ingestion_id, items, scenario))
    backend.save_ingestion(ingestion_id, {**ingestion, "status": status})
    _tell(backend, retailer, ingestion_id, status, scenario)


def _apply(backend: Backend, operation: str, items: list[dict[str, Any]], retailer: Retailer) -> None:
    failed = failed_numbers(find_issues(items))
    good = [item for number, item in enumerate(items, start=1) if number not in failed]
    if operation == "archive":
        backend.archive([item["item_sku"] for item in good], retailer.stores)
    else:
        backend.upsert(good)


def _tell(backend: Backend, retailer: Retailer, ingestion_id: str, status: str, scenario: Scenario | None) -> None:
    if scenario is Scenario.LOST_MESSAGE or not backend.is_confirmed(retailer):
        return
    link, delay = None, 0
    if status == "DONE" and scenario is Scenario.EXPIRED_LINK:
        link, delay = backend.report_link(ingestion_id, EXPIRED_AFTER), EXPIRED_ARRIVES_AFTER
    elif status == "DONE":
        link = backend.report_link(ingestion_id)
    message = json.dumps({"ingestionId": ingestion_id, "processingStatus": status, "reportDownloadLink": link})
    if scenario is Scenario.BARE_LINK and link:
        message = link
    envelope = envelopes.notification(os.environ["TOPIC_ARN"], message)
    if scenario is Scenario.FORGED_MESSAGE:
        backend.deliver(retailer, envelope, forged=True)
    for _ in range(3 if scenario is Scenario.DUPLICATE_MESSAGE else 1):
        backend.deliver(retailer, envelope, delay=delay)
