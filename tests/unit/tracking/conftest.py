from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from chalicelib.tracking.batches import Batches, NewBatch
from chalicelib.tracking.models import Batch, Upload
from chalicelib.tracking.turns import Turns
from chalicelib.tracking.uploads import NewUpload, Totals, Uploads
from tests.unit.conftest import TurnedClock


@pytest.fixture
def uploads(table: str, clock: TurnedClock) -> Uploads:
    return Uploads(clock, retention_days=90)


@pytest.fixture
def batches(table: str, clock: TurnedClock) -> Batches:
    return Batches(clock, retention_days=90)


@pytest.fixture
def turns(table: str, clock: TurnedClock) -> Turns:
    return Turns(clock)


def new_upload(upload_id: str = "u1", *, source: str = "pos", arrived_minute: int = 0) -> NewUpload:
    return NewUpload(
        upload_id=upload_id,
        bucket="inbox",
        key=f"inbox/{source}/prices.json",
        version_id="v1",
        size=10,
        source=source,
        operation="catalog",
        mapping=None,
        arrived_at=datetime(2026, 11, 23, 8, arrived_minute, tzinfo=UTC),
    )


def totals(*, good: int, rejected: int = 0, skipped: int = 0, batches: int = 1) -> Totals:
    return Totals(
        rows_read=good + rejected + skipped,
        rejected=rejected,
        skipped=skipped,
        good=good,
        items=good,
        batches=batches,
        bytes=100,
        format="json",
        warnings={},
        warning_details={},
        rejected_reasons={"sku_missing": rejected} if rejected else {},
    )


@pytest.fixture
def submitting(uploads: Uploads, batches: Batches) -> Callable[..., tuple[Upload, list[Batch]]]:
    """Bring an upload with batches of the given numbers of rows to SUBMITTING."""

    def bring(*rows: int, rejected: int = 0) -> tuple[Upload, list[Batch]]:
        upload = uploads.claim(new_upload())
        uploads.set_preparing("u1", mapping_key=None, mapping_version_id=None, prepare_settings={})
        for number, count in enumerate(rows, 1):
            batches.add(upload, NewBatch(number, count, count, 100))
        uploads.set_submitting("u1", totals(good=sum(rows), rejected=rejected, batches=len(rows)))
        return uploads.get("u1"), list(batches.all("u1"))

    return bring
