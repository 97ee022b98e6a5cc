"""What all unit tests share: an AWS of moto's, and a clock that the test turns."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from chalicelib.tracking import models

REGION = "us-east-1"
TABLE = "store-catalog-test"


class TurnedClock:
    """A clock that moves only when the test says so, but never gives the same moment twice."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.moment += timedelta(microseconds=1)
        return self.moment

    def turn(self, **by: float) -> None:
        """Move on, e.g. by `hours=1`."""
        self.moment += timedelta(**by)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty AWS account in memory; no call can reach a real one."""
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
        ("AWS_SESSION_TOKEN", "testing"),
        ("AWS_DEFAULT_REGION", REGION),
    ):
        monkeypatch.setenv(name, value)
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        boto3.setup_default_session()
        yield


@pytest.fixture
def table(aws: None) -> str:
    """The one table, made from the models."""
    models.bind(TABLE, REGION)
    models.create_table()
    return TABLE
