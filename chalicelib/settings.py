"""Every environment variable of the app, typed, in one dataclass.

The variables are set in `.chalice/config.json`, whose values are Terraform references; docs/settings.md explains
each one, and a test holds the three complete.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any


class SettingsError(ValueError):
    """A setting is missing or malformed; the text names the variable and says what it must be."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The app's settings. Field `inbox_bucket` is the environment variable `INBOX_BUCKET`, and so on.

    An empty variable counts as absent: Terraform passes an unset optional value as empty text.
    """

    environment: str
    """Name of the environment, e.g. `dev`. It is a metric dimension and a part of every resource's name."""
    inbox_bucket: str
    """Bucket with the prefixes `inbox/` (catalog files) and `mappings/`. The app never writes to it."""
    data_bucket: str
    """Bucket with the prefixes `uploads/` and `reports/`."""
    table_name: str
    """The one DynamoDB table."""
    state_machine_arn: str
    """The state machine that runs an upload."""
    result_queue_arn: str
    """The queue that Amazon's completion messages reach. Read at packaging time, by the event source."""
    dead_letter_queue_url: str
    """Where a message goes that can never be read."""
    result_topic_arn: str
    """Amazon's SNS topic. A message of any other topic is refused."""
    catalog_api_url: str
    """Base URL of the Catalog API, without the stage: scheme, host and, if a custom domain has one, its base path."""
    catalog_api_region: str
    """Region to sign for. Never parsed out of the host, which may be a custom domain."""
    catalog_api_role_arn: str
    """The role that Amazon has allow-listed; assumed for every call."""
    catalog_api_external_id: str | None = None
    """External ID given when that role is assumed, if its trust policy asks for one."""
    catalog_api_stage: str | None = None
    """API Gateway stage in front of the paths, if the endpoint has one."""
    catalog_api_upload_path: str = "/v1/catalog/upload"
    catalog_api_cart_path: str = "/v1/catalog/cart/upload"
    catalog_api_archive_path: str = "/v1/catalog/archive"
    catalog_api_status_path: str = "/v1/catalog/getCatalogUploadStatus"
    calls_per_second: float = 10.0
    """Amazon's limit, shared by all operations."""
    pacer_patience_seconds: float = 20.0
    """How long a call waits for its turn before it gives up with `Wait`."""
    verify_sns_signatures: bool = True
    """Whether the signature of every message is verified."""
    sns_certificate_url_prefix: str | None = None
    """For the local AWS only: where signing certificates come from instead of `https://sns.<region>.amazonaws.com/`."""
    known_store_ids: tuple[str, ...] = ()
    """The retailer's stores, comma-separated. If given, a row of another store is rejected. Archive needs it."""
    max_rejected_ratio: float = 0.2
    """Share of rejected rows, 0 to 1, above which nothing is sent. 0 means all or nothing."""
    max_batch_items: int = 10_000
    """Items of one batch at the most. Amazon's limit is 10,000."""
    max_batch_bytes: int = 9_500_000
    """Bytes of one batch's body at the most. API Gateway's limit is 10 MB."""
    source_operations: Mapping[str, str] = field(default_factory=lambda: {"cart": "cart", "archive": "archive"})
    """JSON object: source to operation. A source that is not named is `catalog`."""
    status_poll_after_minutes: float = 20.0
    """How long a batch waits for its completion message before the status operation is asked."""
    result_deadline_hours: float = 72.0
    """How long after submission a batch without a result is closed as NO_RESULT."""
    lost_event_lookback_hours: float = 24.0
    """How far back reconcile looks for objects in the inbox that no event has announced."""
    retention_days: int = 90
    """How long the table keeps an upload."""
    file_link_minutes: int = 15
    """How long a presigned link given out by the status API is good for."""
    notification_topic_arn: str | None = None
    """SNS topic that is told of every finished upload, if any."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read the settings.

        Raises:
            SettingsError: a required variable is missing, or one is malformed.
        """
        values: dict[str, object] = {}
        for each in fields(cls):
            name = each.name.upper()
            text = environ.get(name, "").strip()
            if not text:
                continue
            try:
                values[each.name] = _READERS.get(each.type, str)(text)
            except ValueError as error:
                raise SettingsError(f"{name} is {text!r}: {error}") from error
        missing = [each.name.upper() for each in fields(cls) if _is_required(each) and each.name not in values]
        if missing:
            raise SettingsError(f"missing settings: {', '.join(missing)}; see docs/settings.md")
        return cls(**values)  # type: ignore[arg-type]


def _is_required(each: Field[Any]) -> bool:
    return each.default is MISSING and each.default_factory is MISSING


def _read_bool(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("give true or false")
    return text.lower() == "true"


def _read_operations(text: str) -> dict[str, str]:
    value = json.loads(text)
    if not isinstance(value, dict) or not all(v in ("catalog", "cart", "archive") for v in value.values()):
        raise ValueError('give a JSON object such as {"cart": "cart"}; operations are catalog, cart and archive')
    return value


_READERS: dict[object, Callable[[str], object]] = {
    float: float,
    int: int,
    bool: _read_bool,
    tuple[str, ...]: lambda text: tuple(part.strip() for part in text.split(",") if part.strip()),
    Mapping[str, str]: _read_operations,
}
