"""The queue of completion messages: what cannot be read is put aside with its reason and holds up nothing else."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from local.amazon.service import envelopes
from local.amazon.simulator import TOPIC_ARN
from local.aws import LocalAws
from tests.e2e.queues import Queues
from tests.e2e.waiting import wait_for


@pytest.fixture(scope="module")
def queues(local_aws: LocalAws) -> Iterator[Queues]:
    yield Queues(local_aws)
    sqs = local_aws.emulator.client("sqs")
    sqs.purge_queue(QueueUrl=local_aws.deployment.dead_letter_queue_url)


def ingestion(local_aws: LocalAws, ingestion_id: str) -> dict[str, Any] | None:
    """What the table knows of an ingestion."""
    key = {"pk": {"S": f"INGESTION#{ingestion_id}"}, "sk": {"S": "INGESTION"}}
    table = local_aws.deployment.table
    found: dict[str, Any] = local_aws.emulator.client("dynamodb").get_item(TableName=table, Key=key)
    return found.get("Item")


def test_messages_that_cannot_be_read_are_put_aside_and_the_others_are_processed(
    local_aws: LocalAws, queues: Queues
) -> None:
    unknown = str(uuid.uuid4())
    foreign = envelopes.notification(TOPIC_ARN.replace("ingestions", "another"), "a text")
    forged = json.loads(local_aws.simulator.sign(envelopes.notification(TOPIC_ARN, "a text")))
    forged["Message"] = "another text"
    bad = {
        "no envelope": "envelope",
        '{"some": "JSON"}': "envelope",
        local_aws.simulator.sign(foreign): "topic",
        json.dumps(forged): "signature",
        local_aws.simulator.sign(envelopes.notification(TOPIC_ARN, "no link at all")): "",
    }
    good = envelopes.notification(TOPIC_ARN, json.dumps({"ingestionId": unknown, "processingStatus": "FATAL"}))
    queues.send(*bad, local_aws.simulator.sign(good))
    for body, reason in bad.items():
        assert reason in queues.reason_of(body)
    parked = wait_for(lambda: ingestion(local_aws, unknown))
    assert parked["status"]["S"] == "FATAL", "a message that comes before its upload is known is parked"
    wait_for(queues.is_empty)


def test_another_subscription_is_confirmed_too(local_aws: LocalAws) -> None:
    other = "arn:aws:iam::000000000000:role/another-one-of-the-retailer"
    local_aws.simulator.register(other, local_aws.deployment.queue_arn)
    wait_for(lambda: local_aws.simulator.is_confirmed(other))
