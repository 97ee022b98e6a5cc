"""A whole system in one process: the use cases over moto, hand-written fakes for Amazon, the pacer and Step Functions.

`run` does what the state machine does, by its own names of what is tried again.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, BinaryIO

import boto3

from chalicelib.amazon.client import Answer
from chalicelib.amazon.downloads import LinkExpired
from chalicelib.amazon.errors import CatalogApiError, UnknownIngestion
from chalicelib.amazon.ingestions import IngestionStatus, ProcessingStatus
from chalicelib.amazon.messages import Completion
from chalicelib.amazon.pacer import Wait
from chalicelib.catalog.prepare import Limits
from chalicelib.storage import keys
from chalicelib.storage.objects import Objects
from chalicelib.tracking.batches import Batches
from chalicelib.tracking.models import Batch, Upload
from chalicelib.tracking.outcomes import check_law
from chalicelib.tracking.spreadsheet import BYTE_ORDER_MARK
from chalicelib.tracking.states import UploadState
from chalicelib.tracking.turns import Turns
from chalicelib.tracking.uploads import Reason, Uploads
from chalicelib.use_cases.ask_status import ask_status
from chalicelib.use_cases.close import Close, SubmissionInFlight, close_submission
from chalicelib.use_cases.finish import Finish, finish_upload
from chalicelib.use_cases.preflight import Preflight, preflight
from chalicelib.use_cases.prepare import prepare_catalog
from chalicelib.use_cases.reconcile import Reconcile, reconcile
from chalicelib.use_cases.record import record_upload
from chalicelib.use_cases.result import Result, apply_result, take_completion
from chalicelib.use_cases.start import Start, start_upload
from chalicelib.use_cases.submit import Submit, submit_batch
from tests.unit.conftest import TurnedClock

INBOX, DATA = "inbox-bucket", "data-bucket"
TRIES = 6
POLL_AFTER, DEADLINE = timedelta(minutes=20), timedelta(hours=72)


def row(sku: str, **fields: str) -> dict[str, str]:
    """A good row; a SKU that begins with BAD fails at Amazon."""
    return {"item_sku": sku, "external_product_id": "4011", "item_name": "Bananas", "store_id": "s1", **fields}


class FakeAmazon:
    """Amazon's side in memory: what it took, under which ingestion ID, and what it says of it."""

    def __init__(self) -> None:
        self.name = "ing"
        """Ingestion IDs begin with it; Amazon never gives out the same one twice."""
        self.script: list[CatalogApiError] = []
        """What the next calls are refused with. What may have reached Amazon is taken all the same."""
        self.before_answer: Callable[[str], None] = lambda _: None
        self.ingestions: dict[str, list[str]] = {}
        self.reports: dict[str, bytes] = {}
        self.statuses: dict[str, ProcessingStatus] = {}
        self.expired: set[str] = set()
        self.sent: list[tuple[str, bytes]] = []
        self.access: CatalogApiError | None = None

    def check_access(self) -> None:
        if self.access:
            raise self.access

    def send(self, operation: str, body: bytes) -> Answer:
        refusal = self.script.pop(0) if self.script else None
        if refusal and refusal.reached != "maybe":
            raise refusal
        self.sent.append((operation, body))
        value = json.loads(body)
        skus = value["itemSkus"] if operation == "archive" else [item["item_sku"] for item in value["catalogItems"]]
        ingestion_id = f"{self.name}-{len(self.ingestions) + 1}"
        self.ingestions[ingestion_id] = skus
        self.before_answer(ingestion_id)
        if refusal:
            raise refusal
        return Answer(ingestion_id, 201, "request-1")

    def status(self, ingestion_id: str) -> IngestionStatus:
        if ingestion_id not in self.ingestions:
            raise UnknownIngestion("no such ingestion", http_status=400)
        status = self.statuses.get(ingestion_id, ProcessingStatus.DONE)
        return IngestionStatus(status, self.fresh_link(ingestion_id) if status is ProcessingStatus.DONE else None)

    def fresh_link(self, ingestion_id: str) -> str:
        return f"https://bucket.example/{ingestion_id}.json?X-Amz-Signature=fresh"

    def link(self, ingestion_id: str) -> str:
        return f"https://bucket.example/{ingestion_id}.json?X-Amz-Signature=first"

    def download(self, link: str) -> BinaryIO:
        if link in self.expired:
            raise LinkExpired("Request has expired")
        ingestion_id = link.partition("?")[0].rpartition("/")[2].removesuffix(".json")
        return io.BytesIO(self.reports.get(ingestion_id) or self.report(ingestion_id))

    def report(self, ingestion_id: str) -> bytes:
        skus = self.ingestions[ingestion_id]
        issues = [
            {"sku": sku, "code": "90220", "severity": "ERROR", "message": "Refused.", "attributeName": "item_name"}
            for sku in skus
            if sku.startswith("BAD")
        ]
        counts = {"errors": len(issues), "messagesProcessed": len(skus), "messagesAccepted": len(skus) - len(issues)}
        return json.dumps({"header": {}, "issues": issues, "summary": counts}).encode()


class FakePacer:
    """Gives a turn at once, but for the first `waits` callers."""

    def __init__(self) -> None:
        self.waits = 0
        self.turns = 0
        self.pushed_back = 0.0

    def take_turn(self) -> None:
        if self.waits:
            self.waits -= 1
            raise Wait("no turn")
        self.turns += 1

    def push_back(self, seconds: float) -> None:
        self.pushed_back += seconds


class FakeStepFunctions:
    """Executions by name; the test runs them."""

    class exceptions:  # noqa: N801 (boto3's name)
        class ExecutionAlreadyExists(Exception): ...

        class ExecutionDoesNotExist(Exception): ...

    def __init__(self) -> None:
        self.executions: dict[str, str] = {}
        self.lost = False

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:  # noqa: N803
        assert json.loads(input) == {"upload_id": name}
        if self.lost:
            raise ConnectionError("Step Functions did not answer")
        if name in self.executions:
            raise self.exceptions.ExecutionAlreadyExists
        self.executions[name] = "RUNNING"

    def describe_execution(self, *, executionArn: str) -> dict[str, str]:  # noqa: N803
        name = executionArn.rpartition(":")[2]
        if name not in self.executions:
            raise self.exceptions.ExecutionDoesNotExist
        return {"status": self.executions[name]}


class World:
    """The system, and what a test does to it."""

    def __init__(self, clock: TurnedClock) -> None:
        self.clock = clock
        self.amazon, self.pacer, self.step_functions = FakeAmazon(), FakePacer(), FakeStepFunctions()
        self.s3: Any = boto3.client("s3")
        self.inbox, self.data = Objects(self.s3, INBOX), Objects(self.s3, DATA)
        self.uploads, self.batches, self.turns = Uploads(clock), Batches(clock), Turns(clock)
        self.limits = Limits(max_batch_items=3)
        self.known_store_ids: tuple[str, ...] = ()
        self.notified: list[str] = []
        self.seconds_left = 900.0
        finish = Finish(
            uploads=self.uploads,
            batches=self.batches,
            data=self.data,
            notify=lambda upload: self.notified.append(upload.state),
        )
        self.finish: Callable[[str], None] = lambda upload_id: finish_upload(finish, upload_id)
        shared: dict[str, Any] = {"batches": self.batches, "data": self.data}
        api: dict[str, Any] = {"catalog_api": self.amazon, "pacer": self.pacer}
        self.result = Result(
            **shared,
            finish=self.finish,
            download=self.amazon.download,
            ask_status=lambda ingestion_id: ask_status(**api, ingestion_id=ingestion_id),
        )
        self.submit = Submit(
            **shared,
            **api,
            uploads=self.uploads,
            apply_result=lambda ingestion: apply_result(self.result, ingestion),
            first_poll_in=POLL_AFTER,
        )
        self.close = Close(**shared, uploads=self.uploads, turns=self.turns, finish=self.finish, clock=clock)
        self.start = Start(
            inbox=self.inbox,
            uploads=self.uploads,
            step_functions=self.step_functions,  # type: ignore[arg-type]
            state_machine_arn="arn:aws:states:us-east-1:123456789012:stateMachine:upload",
            source_operations={"cart": "cart", "archive": "archive"},
        )

    def drop(self, *rows: Any, key: str = "inbox/pos/prices.jsonl", **metadata: str) -> Upload:
        """Put a catalog file into the inbox and start its upload."""
        body = "\n".join(each if isinstance(each, str) else json.dumps(each) for each in rows).encode()
        self.s3.put_object(Bucket=INBOX, Key=key, Body=body, Metadata=metadata)
        return start_upload(self.start, key=key)

    def prepare(self, upload_id: str) -> dict[str, Any]:
        return prepare_catalog(
            upload_id,
            uploads=self.uploads,
            inbox=self.inbox,
            data=self.data,
            limits=self.limits,
            known_store_ids=self.known_store_ids,
        )

    def preflight(self, upload_id: str) -> None:
        work = Preflight(
            uploads=self.uploads,
            turns=self.turns,
            inbox=self.inbox,
            catalog_api=self.amazon,  # type: ignore[arg-type]
            pacer=self.pacer,  # type: ignore[arg-type]
            known_store_ids=self.known_store_ids,
            clock=self.clock,
        )
        preflight(work, upload_id)

    def record(self, upload_id: str) -> None:
        record_upload(upload_id, uploads=self.uploads, batches=self.batches, data=self.data)

    def run(self, upload_id: str) -> Upload:
        """Do what the state machine does, to its end."""
        error: Reason | None = None
        try:
            self.again(lambda: self.preflight(upload_id))
            self.again(lambda: self.prepare(upload_id))
            self.record(upload_id)
            for batch in json.loads(self.data.read(keys.batch_list(upload_id))):
                self.send(upload_id, batch["batch"])
        except Exception as caught:
            error = Reason(type(caught).__name__, str(caught))
        self.end_submission(upload_id, error)
        return self.uploads.get(upload_id)

    def send(self, upload_id: str, number: int) -> None:
        """Submit one batch, again and again; what that can't mend is left to closing."""
        try:
            self.again(lambda: submit_batch(self.submit, upload_id, number))
        except (CatalogApiError, Wait):
            pass

    def end_submission(self, upload_id: str, error: Reason | None = None) -> None:
        try:
            close_submission(self.close, upload_id, error)
        except SubmissionInFlight:
            self.clock.turn(minutes=5)
            close_submission(self.close, upload_id, error)
        self.step_functions.executions[upload_id] = "SUCCEEDED"

    @staticmethod
    def again(step: Callable[[], object]) -> None:
        for tried in range(TRIES):
            try:
                step()
            except (CatalogApiError, Wait) as error:
                if tried == TRIES - 1 or not getattr(error, "again", True):
                    raise
            else:
                return

    def message(self, ingestion_id: str, status: str | None = "DONE", link: str | None = None) -> None:
        """Deliver the completion message of an ingestion."""
        take_completion(self.result, Completion(ingestion_id, status, link or self.amazon.link(ingestion_id)))

    def messages(self, ingestion_ids: Iterable[str] = ()) -> None:
        for ingestion_id in ingestion_ids or list(self.amazon.ingestions):
            self.message(ingestion_id)

    def reconcile(self) -> None:
        reconcile(
            Reconcile(
                start=self.start,
                close=self.close,
                result=self.result,
                poll_after=POLL_AFTER,
                deadline=DEADLINE,
                lost_event_lookback=timedelta(hours=24),
                seconds_left=lambda: self.seconds_left,
            )
        )

    def all_batches(self, upload_id: str) -> list[Batch]:
        return list(self.batches.all(upload_id))

    def check(self, upload_id: str) -> Upload:
        """The accounting law, at any moment."""
        upload = self.uploads.get(upload_id)
        check_law(int(upload.rows_read), upload.counts, final=UploadState(upload.state).is_final)
        return upload

    def outcome_rows(self, upload_id: str, name: str) -> list[dict[str, str]]:
        """The lines of an outcome file."""
        data = self.data.read(keys.outcome_file(upload_id, name)).removeprefix(BYTE_ORDER_MARK)
        return list(csv.DictReader(io.StringIO(data.decode(), newline="")))

    def summary(self, upload_id: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.data.read(keys.outcome_file(upload_id, "summary.json")))
        return found
