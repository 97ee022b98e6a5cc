"""Builds the clients once per process and hands them to the use cases: what every handler calls."""

import functools
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote_plus

import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from chalicelib.amazon.client import CatalogApi, Endpoint
from chalicelib.amazon.credentials import RoleCredentials
from chalicelib.amazon.downloads import download_report
from chalicelib.amazon.messages import Verifier
from chalicelib.amazon.pacer import Pacer
from chalicelib.catalog.prepared import Limits
from chalicelib.settings import Settings
from chalicelib.storage.objects import NoSuchObject, Objects
from chalicelib.telemetry import logger, metrics
from chalicelib.tracking import models
from chalicelib.tracking.batches import Batches
from chalicelib.tracking.clock import utc_now
from chalicelib.tracking.turns import Turns
from chalicelib.tracking.uploads import Reason, Uploads
from chalicelib.use_cases.close import Close
from chalicelib.use_cases.close import close_submission as close_submission_step
from chalicelib.use_cases.finish import Finish, finish_upload
from chalicelib.use_cases.message import TakeMessage, take_message
from chalicelib.use_cases.notify import notifier
from chalicelib.use_cases.preflight import preflight as preflight_step
from chalicelib.use_cases.prepare import prepare_catalog as prepare_catalog_step
from chalicelib.use_cases.reconcile import Reconcile
from chalicelib.use_cases.reconcile import reconcile as reconcile_all
from chalicelib.use_cases.record import record_upload as record_upload_step
from chalicelib.use_cases.result import Result
from chalicelib.use_cases.start import NotInInbox, Start
from chalicelib.use_cases.start import start_upload as start_upload_step
from chalicelib.use_cases.submit import Submit
from chalicelib.use_cases.submit import submit_batch as submit_batch_step

if TYPE_CHECKING:
    from mypy_boto3_sns.client import SNSClient

Event = dict[str, Any]
Answer = TypeVar("Answer")
RECONCILE_SECONDS = 900.0
"""Time-out of the function `reconcile`."""


class Wiring:
    """Everything the use cases need, built from the settings when it is first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        models.bind(settings.table_name)
        self.uploads = Uploads(utc_now, retention_days=settings.retention_days)
        self.batches = Batches(utc_now, retention_days=settings.retention_days)
        self.turns = Turns(utc_now)

    @functools.cached_property
    def inbox(self) -> Objects:
        return Objects(boto3.client("s3"), self.settings.inbox_bucket)

    @functools.cached_property
    def data(self) -> Objects:
        return Objects(boto3.client("s3"), self.settings.data_bucket)

    @property
    def _http_allowed(self) -> bool:
        """Plain http is for the local AWS alone, which this setting tells."""
        return bool(self.settings.sns_certificate_url_prefix)

    @functools.cached_property
    def start(self) -> Start:
        return Start(
            inbox=self.inbox,
            uploads=self.uploads,
            step_functions=boto3.client("stepfunctions"),
            state_machine_arn=self.settings.state_machine_arn,
            source_operations=self.settings.source_operations,
        )

    @functools.cached_property
    def catalog_api(self) -> CatalogApi:
        settings = self.settings
        credentials = RoleCredentials(
            settings.catalog_api_role_arn, boto3.client("sts"), external_id=settings.catalog_api_external_id
        )
        endpoint = Endpoint(
            url=settings.catalog_api_url,
            region=settings.catalog_api_region,
            stage=settings.catalog_api_stage,
            upload_path=settings.catalog_api_upload_path,
            cart_path=settings.catalog_api_cart_path,
            archive_path=settings.catalog_api_archive_path,
            status_path=settings.catalog_api_status_path,
        )
        return CatalogApi(endpoint, credentials)

    @functools.cached_property
    def pacer(self) -> Pacer:
        return Pacer(
            boto3.client("dynamodb"),
            self.settings.table_name,
            calls_per_second=self.settings.calls_per_second,
            patience_seconds=self.settings.pacer_patience_seconds,
        )

    @functools.cached_property
    def limits(self) -> Limits:
        return Limits(
            max_batch_items=self.settings.max_batch_items,
            max_batch_bytes=self.settings.max_batch_bytes,
            max_rejected_ratio=self.settings.max_rejected_ratio,
        )

    @functools.cached_property
    def finish(self) -> Callable[[str], None]:
        topic = self.settings.notification_topic_arn
        notify = notifier(boto3.client("sns") if topic else None, topic)
        finish = Finish(uploads=self.uploads, batches=self.batches, data=self.data, notify=notify)
        return functools.partial(finish_upload, finish)

    @functools.cached_property
    def result(self) -> Result:
        return Result(
            batches=self.batches,
            data=self.data,
            catalog_api=self.catalog_api,
            pacer=self.pacer,
            finish=self.finish,
            download=functools.partial(download_report, http_allowed=self._http_allowed),
        )

    @functools.cached_property
    def submit(self) -> Submit:
        return Submit(
            uploads=self.uploads,
            batches=self.batches,
            data=self.data,
            catalog_api=self.catalog_api,
            pacer=self.pacer,
            result=self.result,
            first_poll_in=timedelta(minutes=self.settings.status_poll_after_minutes),
        )

    @functools.cached_property
    def close(self) -> Close:
        return Close(
            uploads=self.uploads,
            batches=self.batches,
            turns=self.turns,
            data=self.data,
            finish=self.finish,
            clock=utc_now,
        )

    @functools.cached_property
    def message(self) -> TakeMessage:
        return TakeMessage(
            result=self.result,
            sqs=boto3.client("sqs"),
            sns_of_region=_sns_of_region,
            dead_letter_queue_url=self.settings.dead_letter_queue_url,
            verifier=Verifier(
                self.settings.result_topic_arn,
                check_signatures=self.settings.verify_sns_signatures,
                certificate_url_prefix=self.settings.sns_certificate_url_prefix,
            ),
            http_allowed=self._http_allowed,
        )


def _sns_of_region(region: str) -> "SNSClient":
    return boto3.client("sns", region_name=region)


@functools.cache
def wiring() -> Wiring:
    """The wiring of this process."""
    built = Wiring(Settings.from_environment())
    metrics.set_default_dimensions(environment=built.settings.environment)
    return built


def _handler(work: Callable[[Event], Answer]) -> Callable[[Event], Answer]:
    """Write the metrics when a handler ends, well or not."""

    @functools.wraps(work)
    def handle(event: Event) -> Answer:
        logger.append_keys(upload_id=event.get("upload_id"))
        try:
            return work(event)
        finally:
            if metrics.provider.metric_set:
                metrics.flush_metrics()

    return handle


@_handler
def start_upload(event: Event) -> Event:
    """Door 1. Takes `{"key", "version_id"?}`, gives `{"upload_id", "state"}`."""
    upload = start_upload_step(wiring().start, key=event["key"], version_id=event.get("version_id"))
    return {"upload_id": upload.upload_id, "state": upload.state}


@_handler
def catalog_dropped(event: Event) -> None:
    """Door 2. Takes an S3 event; its keys are form-encoded. S3's test event has no records."""
    for record in event.get("Records", ()):
        found = record["s3"]["object"]
        try:
            start_upload_step(wiring().start, key=unquote_plus(found["key"]), version_id=found.get("versionId"))
        except NotInInbox:
            continue
        except NoSuchObject:
            logger.warning("a file was deleted before it was started")


@_handler
def preflight(event: Event) -> Event:
    work = wiring()
    preflight_step(
        event["upload_id"],
        uploads=work.uploads,
        turns=work.turns,
        catalog_api=work.catalog_api,
        pacer=work.pacer,
        known_store_ids=work.settings.known_store_ids,
    )
    return {}


@_handler
def prepare_catalog(event: Event) -> Event:
    work = wiring()
    return prepare_catalog_step(
        event["upload_id"],
        uploads=work.uploads,
        inbox=work.inbox,
        data=work.data,
        limits=work.limits,
        known_store_ids=work.settings.known_store_ids,
    )


@_handler
def record_upload(event: Event) -> Event:
    work = wiring()
    record_upload_step(event["upload_id"], uploads=work.uploads, batches=work.batches, data=work.data)
    return {}


@_handler
def submit_batch(event: Event) -> Event:
    submit_batch_step(wiring().submit, event["upload_id"], event["batch"])
    return {}


@_handler
def close_submission(event: Event) -> Event:
    """Takes `{"upload_id", "error"?: {"Error", "Cause"}}`: what the state machine caught, if anything."""
    close_submission_step(wiring().close, event["upload_id"], _reason(event.get("error")))
    return {}


@_handler
def ingestion_message(event: Event) -> Event:
    """Takes an SQS event, gives the partial batch answer."""

    def take(record: SQSRecord) -> None:
        take_message(wiring().message, record.body, record.message_id)

    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    answer: Any = process_partial_response(event=event, record_handler=take, processor=processor)
    for failure in processor.fail_messages:
        logger.warning("message left in the queue", extra={"message_id": getattr(failure, "message_id", None)})
    return dict(answer)


@_handler
def reconcile(_: Event) -> None:
    work, ends = wiring(), time.monotonic() + RECONCILE_SECONDS
    reconcile_all(
        Reconcile(
            start=work.start,
            close=work.close,
            result=work.result,
            poll_after=timedelta(minutes=work.settings.status_poll_after_minutes),
            deadline=timedelta(hours=work.settings.result_deadline_hours),
            lost_event_lookback=timedelta(hours=work.settings.lost_event_lookback_hours),
            seconds_left=lambda: ends - time.monotonic(),
        )
    )


def _reason(error: Event | None) -> Reason | None:
    """What the state machine caught, in words."""
    if not error:
        return None
    code, cause = str(error.get("Error", "Unknown")), str(error.get("Cause", ""))
    try:
        cause = json.loads(cause)["errorMessage"]
    except (ValueError, KeyError, TypeError):
        pass
    return Reason(code, cause or f"Processing broke off ({code}); the execution's history says more.")
