"""What all unit tests share: an AWS of moto's, and a clock that the test turns."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests
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


@pytest.fixture(scope="session")
def moto() -> Iterator[None]:
    """moto, for the whole session: making clients is what costs most."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_CA_BUNDLE"):
            patch.delenv(name, raising=False)
        with mock_aws():
            models.bind(TABLE, REGION)
            yield


@pytest.fixture
def aws(moto: None) -> None:
    """An empty AWS account in memory; no call can reach a real one."""
    requests.post("http://motoapi.amazonaws.com/moto-api/reset", timeout=5).raise_for_status()


@pytest.fixture
def table(aws: None) -> str:
    """The one table, made from the models."""
    models.create_table()
    return TABLE
