import boto3
import pytest

from tests.unit.conftest import TurnedClock
from tests.unit.use_cases.world import DATA, INBOX, World


@pytest.fixture
def world(table: str, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch) -> World:
    """A whole system in one process, with nothing in it. S3 goes by the test's clock, too."""
    monkeypatch.setattr("moto.s3.models.utcnow", lambda: clock().replace(tzinfo=None))
    s3 = boto3.client("s3")
    for bucket in (INBOX, DATA):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=INBOX, VersioningConfiguration={"Status": "Enabled"})
    return World(clock)
