"""One local AWS for all end-to-end tests: the emulator with policies checked, the app as it is deployed."""

import shutil
from collections.abc import Iterator

import pytest

from local import aws
from local.aws import LocalAws
from local.emulator import PROJECT
from local.retailer import Retailer
from tests.e2e.accounting import Accounts
from tests.e2e.functions import Functions

SETTINGS = {
    "var.max_batch_items": 50,  # several batches out of small files
    "var.status_poll_after_minutes": 0.02,  # so that reconcile asks when a test calls it
    "var.max_rejected_ratio": 0.5,
}
WAIT_SCALE = "0.1"
"""The state machine's waits and retry intervals, as a share of what the ASL file says."""
SLOW_SECONDS = 6


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(PROJECT / "tests" / "e2e"):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def local_aws(request: pytest.FixtureRequest) -> Iterator[LocalAws]:
    """The app, deployed, with Amazon's side beside it."""
    with aws.running("e2e", print, settings=SETTINGS, slow_seconds=SLOW_SECONDS, SFN_WAIT_SCALE=WAIT_SCALE) as running:
        yield running
        if request.session.testsfailed:
            shutil.copy(running.emulator.log, PROJECT / ".local" / "e2e.log")


@pytest.fixture(scope="session")
def retailer(local_aws: LocalAws) -> Retailer:
    """Who drops files and asks for their outcome."""
    return Retailer(local_aws.deployment)


@pytest.fixture(scope="session")
def functions(local_aws: LocalAws) -> Functions:
    """The app's functions, to be called, starved or broken."""
    return Functions(local_aws.emulator)


@pytest.fixture(scope="session")
def accounts(local_aws: LocalAws) -> Accounts:
    """Holds every upload to the accounting law."""
    return Accounts(local_aws.deployment)
