import json
from collections.abc import Iterator

import boto3
import pytest

from chalicelib import wiring
from chalicelib.telemetry import metrics
from tests.unit.api.in_process import Api
from tests.unit.conftest import TABLE, TurnedClock
from tests.unit.use_cases.world import DATA, INBOX, World

SETTINGS = {
    "ENVIRONMENT": "test",
    "INBOX_BUCKET": INBOX,
    "DATA_BUCKET": DATA,
    "TABLE_NAME": TABLE,
    "RESULT_QUEUE_ARN": "arn:aws:sqs:us-east-1:123456789012:results",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/dead-letters",
    "RESULT_TOPIC_ARN": "arn:aws:sns:us-east-1:999999999999:results",
    "CATALOG_API_URL": "https://catalog.example",
    "CATALOG_API_REGION": "us-east-1",
    "CATALOG_API_ROLE_ARN": "arn:aws:iam::123456789012:role/catalog-api",
    "FILE_LINK_MINUTES": "15",
}


@pytest.fixture
def world(table: str, clock: TurnedClock) -> World:
    """A system with nothing in it; batches have three items."""
    s3 = boto3.client("s3")
    for bucket in (INBOX, DATA):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=INBOX, VersioningConfiguration={"Status": "Enabled"})
    return World(clock)


@pytest.fixture
def bare_api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The status API without settings and without AWS: a request that reaches either is a 500."""
    monkeypatch.delenv("TABLE_NAME", raising=False)
    wiring.wiring.cache_clear()
    yield Api()
    wiring.wiring.cache_clear()


@pytest.fixture
def api(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The status API of that system."""
    machine = boto3.client("stepfunctions").create_state_machine(
        name="upload",
        roleArn="arn:aws:iam::123456789012:role/workflow",
        definition=json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}),
    )
    for name, value in {**SETTINGS, "STATE_MACHINE_ARN": machine["stateMachineArn"]}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(metrics.provider, "namespace", "StoreCatalog")
    metrics.provider.metric_set.clear()
    wiring.wiring.cache_clear()
    yield Api()
    wiring.wiring.cache_clear()
