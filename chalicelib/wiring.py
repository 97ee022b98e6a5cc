"""Builds the clients once per process and hands them to the use cases: what every handler calls.

Each handler imports what it needs when it is first called: they share one module, and a cold start should not pay for
the others' libraries (measured by `make bench`).
"""

import functools
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote_plus

import boto3
from botocore.config import Config

from chalicelib.settings import Settings
from chalicelib.storage.objects import NoSuchObject, Objects
from chalicelib.telemetry import count, logger, metrics
from chalicelib.tracking import models
from chalicelib.tracking.batches import Batches
from chalicelib.tracking.clock import utc_now
from chalicelib.tracking.turns import Turns
from chalicelib.tracking.uploads import Reason, Uploads

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sns.client import SNSClient

    from chalicelib.amazon.client import CatalogApi
    from chalicelib.amazon.ingestions import IngestionStatus
    from chalicelib.amazon.pacer import Pacer
    from chalicelib.use_cases.close import Close
    from chalicelib.use_cases.message import TakeMessage
    from chalicelib.use_cases.result import Result
    from chalicelib.use_cases.start import Start
    from chalicelib.use_cases.submit import Submit

Event = dict[str, Any]
Answer = TypeVar("Answer")
REASON_LENGTH = 1000
"""Characters of a reason: it is repeated in every row that was not sent."""
MESSAGE_SECONDS = 30.0
"""After this long no further message is begun: the function has 120 s, and one message may take most of them."""
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
    def _s3(self) -> "S3Client":
        # Otherwise links are signed in S3's old way in some regions, which buckets with a KMS key refuse, and name the
        # global host, which redirects for a new bucket in another region.
        return boto3.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))

    @functools.cached_property
    def inbox(self) -> Objects:
        return Objects(self._s3, self.settings.inbox_bucket)

    @functools.cached_property
    def data(self) -> Objects:
        return Objects(self._s3, self.settings.data_bucket)

    @property
    def _http_allowed(self) -> bool:
        """Plain http is for the local AWS alone, which this setting tells."""
        return bool(self.settings.sns_certificate_url_prefix)

    @functools.cached_property
    def start(self) -> "Start":
        from chalicelib.use_cases.start import Start

        return Start(
            inbox=self.inbox,
            uploads=self.uploads,
            step_functions=boto3.client("stepfunctions"),
            state_machine_arn=self.settings.state_machine_arn,
            source_operations=self.settings.source_operations,
        )

    @functools.cached_property
    def catalog_api(self) -> "CatalogApi":
        from chalicelib.amazon.client import CatalogApi, Endpoint
        from chalicelib.amazon.credentials import RoleCredentials

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
    def pacer(self) -> "Pacer":
        from chalicelib.amazon.pacer import Pacer

        return Pacer(
            boto3.client("dynamodb"),
            self.settings.table_name,
            calls_per_second=self.settings.calls_per_second,
            patience_seconds=self.settings.pacer_patience_seconds,
        )

    @functools.cached_property
    def finish(self) -> Callable[[str], None]:
        from chalicelib.use_cases.finish import Finish, finish_upload
        from chalicelib.use_cases.notify import notifier

        topic = self.settings.notification_topic_arn
        notify = notifier(boto3.client("sns") if topic else None, topic, self.settings.data_bucket)
        finish = Finish(uploads=self.uploads, batches=self.batches, data=self.data, notify=notify)
        return functools.partial(finish_upload, finish)

    @functools.cached_property
    def result(self) -> "Result":
        from chalicelib.amazon.downloads import download
        from chalicelib.use_cases.result import Result

        return Result(
            batches=self.batches,
            data=self.data,
            finish=self.finish,
            download=functools.partial(download, http_allowed=self._http_allowed),
            ask_status=self.ask_status,
        )

    def ask_status(self, ingestion_id: str) -> "IngestionStatus":
        """Most results come with a link that is good: the client is built when one is asked for."""
        from chalicelib.use_cases.ask_status import ask_status

        return ask_status(self.catalog_api, self.pacer, ingestion_id)

    @functools.cached_property
    def submit(self) -> "Submit":
        from chalicelib.use_cases.submit import Submit

        return Submit(
            uploads=self.uploads,
            batches=self.batches,
            data=self.data,
            catalog_api=self.catalog_api,
            pacer=self.pacer,
            apply_result=self.apply_result,
            first_poll_in=timedelta(minutes=self.settings.status_poll_after_minutes),
        )

    def apply_result(self, ingestion: models.Ingestion) -> None:
        """A result seldom comes before the answer of the call that it belongs to."""
        from chalicelib.use_cases.result import apply_result

        apply_result(self.result, ingestion)

    @functools.cached_property
    def close(self) -> "Close":
        from chalicelib.use_cases.close import Close

        return Close(
            uploads=self.uploads,
            batches=self.batches,
            turns=self.turns,
            data=self.data,
            finish=self.finish,
            clock=utc_now,
        )

    @functools.cached_property
    def message(self) -> "TakeMessage":
        from chalicelib.amazon.signatures import Verifier
        from chalicelib.use_cases.message import TakeMessage

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
    from chalicelib.use_cases.start import start_upload

    upload = start_upload(wiring().start, key=event["key"], version_id=event.get("version_id"))
    return {"upload_id": upload.upload_id, "state": upload.state}


@_handler
def catalog_dropped(event: Event) -> None:
    """Door 2. Takes an S3 event; its keys are form-encoded. S3's test event has no records."""
    from chalicelib.use_cases.start import NotInInbox, start_dropped

    for record in event.get("Records", ()):
        found = record["s3"]["object"]
        # In the first minutes after versioning was switched on, S3 may still store without a version: that is 'null'.
        version_id = found.get("versionId", "null")
        try:
            start_dropped(wiring().start, key=unquote_plus(found["key"]), version_id=version_id)
        except NotInInbox:
            continue
        except NoSuchObject:
            logger.warning("a file was deleted before it was started")


@_handler
def preflight(event: Event) -> Event:
    from chalicelib.use_cases.preflight import Preflight, preflight

    work = wiring()
    needs = Preflight(
        uploads=work.uploads,
        turns=work.turns,
        inbox=work.inbox,
        catalog_api=work.catalog_api,
        pacer=work.pacer,
        known_store_ids=work.settings.known_store_ids,
        clock=utc_now,
    )
    preflight(needs, event["upload_id"])
    return {}


@_handler
def prepare_catalog(event: Event) -> Event:
    """Gives `{"batch_count", "batch_list"}` to the state machine."""
    from chalicelib.catalog.prepared import Limits
    from chalicelib.use_cases.prepare import prepare_catalog

    work = wiring()
    return prepare_catalog(
        event["upload_id"],
        uploads=work.uploads,
        inbox=work.inbox,
        data=work.data,
        limits=Limits(
            max_batch_items=work.settings.max_batch_items,
            max_batch_bytes=work.settings.max_batch_bytes,
            max_rejected_ratio=work.settings.max_rejected_ratio,
        ),
        known_store_ids=work.settings.known_store_ids,
    )


@_handler
def record_upload(event: Event) -> Event:
    from chalicelib.use_cases.record import record_upload

    work = wiring()
    record_upload(event["upload_id"], uploads=work.uploads, batches=work.batches, data=work.data)
    return {}


@_handler
def submit_batch(event: Event) -> Event:
    """Takes `{"upload_id", "batch"}`, an entry of the batch list."""
    from chalicelib.use_cases.submit import submit_batch

    submit_batch(wiring().submit, event["upload_id"], event["batch"])
    return {}


@_handler
def close_submission(event: Event) -> Event:
    """Takes `{"upload_id", "error"?: {"Error", "Cause"}}`: what the state machine caught, if anything."""
    from chalicelib.use_cases.close import close_submission

    close_submission(wiring().close, event["upload_id"], _reason(event.get("error")))
    return {}


@_handler
def ingestion_message(event: Event) -> Event:
    """Takes an SQS event, gives the partial batch answer: only what may be read later is delivered again."""
    from chalicelib.use_cases.message import take_message

    failures, ends = [], time.monotonic() + MESSAGE_SECONDS
    for record in event["Records"]:
        if time.monotonic() > ends:
            # The rest would be cut off with this one by the function's time-out.
            failures.append({"itemIdentifier": record["messageId"]})
            continue
        try:
            take_message(wiring().message, record["body"], record["messageId"])
        except Exception:
            logger.exception("message left in the queue", extra={"message_id": record["messageId"]})
            # To Lambda this call has gone well, so that none of its own metrics shows it.
            count("MessagesFailed")
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


@_handler
def reconcile(_: Event) -> None:
    from chalicelib.use_cases.reconcile import Reconcile, reconcile

    work, ends = wiring(), time.monotonic() + RECONCILE_SECONDS
    reconcile(
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
    return Reason(code, cause[:REASON_LENGTH] or f"Processing broke off ({code}); the execution's history says more.")
