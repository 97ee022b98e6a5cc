"""The DynamoDB table, one for everything, as PynamoDB models. Keys:

| pk | sk | model |
|---|---|---|
| `UPLOAD#<upload id>` | `UPLOAD` | `Upload` |
| `UPLOAD#<upload id>` | `BATCH#00001` | `Batch` |
| `UPLOAD#<upload id>` | `BATCH#00001#ATTEMPT#01` | `Attempt` |
| `INGESTION#<ingestion id>` | `INGESTION` | `Ingestion` |
| `SOURCE#<source>` | `TURN#<arrived at>#<received at>#<upload id>` | `Turn` |
| `SOURCE#<source>` | `LEASE` | `Lease` |
| `PACER` | `PACER` | written by `chalicelib.amazon.pacer` |

Times are ISO 8601 text in UTC, so that they sort. `expires` is DynamoDB's time to live, in seconds since the epoch.
"""

from typing import Any

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from chalicelib.tracking.outcomes import Outcome
from chalicelib.tracking.states import BatchState, UploadState

OPEN = "OPEN"


class UploadsByTime(GlobalSecondaryIndex["Upload"]):  # type: ignore[no-untyped-call]
    """All uploads, by the time they were received."""

    class Meta:
        index_name = "uploads_by_time"
        projection = AllProjection()

    kind = UnicodeAttribute(hash_key=True)
    received_at = UnicodeAttribute(range_key=True)


class OpenUploads(GlobalSecondaryIndex["Upload"]):  # type: ignore[no-untyped-call]
    """Sparse: uploads that have not ended, or of whose end nobody has been notified."""

    class Meta:
        index_name = "open_uploads"
        projection = AllProjection()

    open = UnicodeAttribute(hash_key=True)
    received_at = UnicodeAttribute(range_key=True)


class Record(Model):
    """What every item of the table has."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    expires = NumberAttribute(null=True)


class Upload(Record):
    """The processing of one version of one S3 object."""

    class Meta:
        table_name = "unbound"
        billing_mode = "PAY_PER_REQUEST"

    uploads_by_time = UploadsByTime()
    open_uploads = OpenUploads()

    kind = UnicodeAttribute(default="UPLOAD")
    open = UnicodeAttribute(null=True)
    upload_id = UnicodeAttribute()
    bucket = UnicodeAttribute()
    key = UnicodeAttribute()
    version_id = UnicodeAttribute()
    size = NumberAttribute()
    source = UnicodeAttribute()
    operation = UnicodeAttribute()
    mapping = UnicodeAttribute(null=True)
    """Name of the mapping that the object's metadata asks for, if it does."""
    mapping_key = UnicodeAttribute(null=True)
    """The mapping in use, pinned to a version when preparing begins: a second run of prepare makes the same batches."""
    mapping_version_id = UnicodeAttribute(null=True)
    prepare_settings = JSONAttribute(null=True)
    """The settings that decide what prepare makes, pinned with the mapping."""
    state = UnicodeAttribute()
    arrived_at = UnicodeAttribute()
    """When the object arrived in the inbox, by S3's clock. Uploads of one source submit in this order."""
    received_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()
    finished_at = UnicodeAttribute(null=True)
    notified_at = UnicodeAttribute(null=True)
    submission_stopped = BooleanAttribute(null=True)
    """No attempt may begin any more."""
    submission_closed_at = UnicodeAttribute(null=True)
    """Every batch has been sent or closed; only results are awaited."""
    reason_code = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    file_is_wrong = BooleanAttribute(null=True)
    """Whether the reason lies in the file (INVALID) or with us or Amazon (FAILED)."""
    format = UnicodeAttribute(null=True)
    batches = NumberAttribute(default=0)
    items = NumberAttribute(default=0)
    bytes = NumberAttribute(default=0)
    warnings = JSONAttribute(null=True)
    warning_details = JSONAttribute(null=True)
    rejected_reasons = JSONAttribute(null=True)
    rows_read = NumberAttribute(default=0)
    pending = NumberAttribute(default=0)
    rejected = NumberAttribute(default=0)
    skipped = NumberAttribute(default=0)
    not_sent = NumberAttribute(default=0)
    accepted = NumberAttribute(default=0)
    failed = NumberAttribute(default=0)

    @property
    def upload_state(self) -> UploadState:
        """The state, as the enum."""
        return UploadState(self.state)

    @property
    def counts(self) -> dict[Outcome, int]:
        """Rows by outcome. Their sum is `rows_read`: the accounting law."""
        return {outcome: int(getattr(self, outcome.value)) for outcome in Outcome}


class Batch(Record):
    """Up to 10,000 items: the body of one API call."""

    class Meta:
        table_name = "unbound"

    upload_id = UnicodeAttribute()
    number = NumberAttribute()
    state = UnicodeAttribute()
    rows = NumberAttribute()
    items = NumberAttribute()
    bytes = NumberAttribute()
    attempts = NumberAttribute(default=0)
    updated_at = UnicodeAttribute()
    submitted_at = UnicodeAttribute(null=True)
    closed_at = UnicodeAttribute(null=True)
    ingestion_id = UnicodeAttribute(null=True)
    reason_code = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    report_key = UnicodeAttribute(null=True)
    report_link = UnicodeAttribute(null=True)
    """The presigned link of the completion message. A secret: the status API never gives it out."""
    report_link_received_at = UnicodeAttribute(null=True)
    outcome_part = UnicodeAttribute(null=True)
    """S3 key of the rows that were not accepted, if there are any."""
    accepted = NumberAttribute(default=0)
    failed = NumberAttribute(default=0)
    not_sent = NumberAttribute(default=0)
    polls = NumberAttribute(default=0)
    next_poll_at = UnicodeAttribute(null=True)
    late_report = UnicodeAttribute(null=True)
    """S3 key of a report that came after the batch was closed without one. Counts stay."""

    @property
    def batch_state(self) -> BatchState:
        """The state, as the enum."""
        return BatchState(self.state)


class Attempt(Record):
    """One try at the call of a batch. Without `ended_at` its outcome is not known, or not known yet."""

    class Meta:
        table_name = "unbound"

    upload_id = UnicodeAttribute()
    batch = NumberAttribute()
    number = NumberAttribute()
    started_at = UnicodeAttribute()
    ended_at = UnicodeAttribute(null=True)
    reached = UnicodeAttribute(null=True)
    """Whether Amazon took the request: a value of `chalicelib.amazon.errors.Reached`, or `yes`."""
    http_status = NumberAttribute(null=True)
    request_id = UnicodeAttribute(null=True)
    error = UnicodeAttribute(null=True)
    """Name of the refusal's class."""
    message = UnicodeAttribute(null=True)
    ingestion_id = UnicodeAttribute(null=True)


class Ingestion(Record):
    """Amazon's job for a batch.

    Two writers meet here, in any order: submit (which batch it is) and the completion message (what became of it).
    Whoever comes second finds both and closes the batch.
    """

    class Meta:
        table_name = "unbound"

    ingestion_id = UnicodeAttribute()
    upload_id = UnicodeAttribute(null=True)
    batch = NumberAttribute(null=True)
    attempt = NumberAttribute(null=True)
    status = UnicodeAttribute(null=True)
    report_key = UnicodeAttribute(null=True)
    report_link = UnicodeAttribute(null=True)
    report_link_received_at = UnicodeAttribute(null=True)


class Turn(Record):
    """An upload's place in the queue of its source, from its claim until its submission is closed."""

    class Meta:
        table_name = "unbound"

    upload_id = UnicodeAttribute()


class Lease(Record):
    """Which upload of a source may submit, and until when."""

    class Meta:
        table_name = "unbound"

    upload_id = UnicodeAttribute()
    until = UnicodeAttribute()


MODELS: tuple[type[Model], ...] = (Upload, Batch, Attempt, Ingestion, Turn, Lease)


def bind(table_name: str, region: str | None = None) -> None:
    """Point all models to the table. They share one connection, since a client is what costs most at a cold start."""
    for model in MODELS:
        meta: Any = model.Meta
        meta.table_name = table_name
        meta.region = region or meta.region
        model._connection = None
    connection = Upload._get_connection()
    for model in MODELS:
        model._connection = connection


def create_table() -> None:
    """Create the table that the models are bound to, with indexes and time to live; for the local AWS and tests."""
    if not Upload.exists():
        Upload.create_table(wait=True)
        client: Any = Upload._get_connection().connection.client
        client.update_time_to_live(
            TableName=Upload.Meta.table_name,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"},
        )


def upload_pk(upload_id: str) -> str:
    return f"UPLOAD#{upload_id}"


def batch_sk(number: int) -> str:
    return f"BATCH#{number:05d}"


def attempt_sk(batch: int, number: int) -> str:
    return f"{batch_sk(batch)}#ATTEMPT#{number:02d}"


def source_pk(source: str) -> str:
    return f"SOURCE#{source}"


def turn_sk(arrived_at: str, received_at: str, upload_id: str) -> str:
    return f"TURN#{arrived_at}#{received_at}#{upload_id}"


def ingestion_pk(ingestion_id: str) -> str:
    return f"INGESTION#{ingestion_id}"


INGESTION_SK = "INGESTION"
UPLOAD_SK = "UPLOAD"
LEASE_SK = "LEASE"
