"""What Amazon remembers: retailers, ingestions and items in two DynamoDB tables, bodies and reports in a bucket."""

import hashlib
import json
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from . import envelopes

KEY_OBJECT = "signing/key.pem"
LINK_SECONDS = 3600
"""How long a link to a report is good for: Amazon says 60 minutes at most."""
BATCH_WRITE = 25


@dataclass(frozen=True)
class Retailer:
    """A customer of the Catalog API: who may call, whose stores, and where messages go."""

    role_arn: str
    queue_url: str
    subscription_arn: str
    stores: tuple[str, ...]


class Backend:
    """The simulator's own AWS resources, named by the functions' environment."""

    def __init__(self, session: boto3.Session | None = None, endpoint_url: str | None = None) -> None:
        self._session: Any = session or boto3.Session()
        self._endpoint = endpoint_url
        self._table = os.environ["STATE_TABLE"]
        self._items = os.environ["ITEMS_TABLE"]
        self._bucket = os.environ["BUCKET"]

    def _client(self, service: str) -> Any:
        config = Config(s3={"addressing_style": "path"}, signature_version="s3v4" if service == "s3" else None)
        return self._session.client(service, endpoint_url=self._endpoint, config=config)

    @cached_property
    def _dynamodb(self) -> Any:
        return self._client("dynamodb")

    @cached_property
    def _s3(self) -> Any:
        return self._client("s3")

    @cached_property
    def _sqs(self) -> Any:
        return self._client("sqs")

    @cached_property
    def _sns(self) -> Any:
        return self._client("sns")

    @cached_property
    def _signing_key(self) -> bytes:
        return bytes(self._s3.get_object(Bucket=self._bucket, Key=KEY_OBJECT)["Body"].read())

    # Retailers

    def retailer(self, role_arn: str) -> Retailer | None:
        """The retailer whose role this is, if it is on the allow-list."""
        found = self._get(f"RETAILER#{role_arn}")
        return Retailer(**{**found, "stores": tuple(found["stores"])}) if found else None

    def take_call(self, role_arn: str, calls_per_second: float) -> bool:
        """Whether the retailer has a call left: a bucket of as many tokens as there are calls a second."""
        now, step = time.time(), 1 / calls_per_second
        busy = ("SET tat = tat + :step", "tat BETWEEN :now AND :latest", {":step": step, ":latest": now + 1 - step})
        idle = ("SET tat = :next", "attribute_not_exists(tat) OR tat < :now", {":next": now + step})
        # The third try is for the caller that found the bucket full and lost against another one in the second.
        return any(self._update_bucket(role_arn, *change, now) for change in (busy, idle, busy))

    def _update_bucket(self, role_arn: str, update: str, condition: str, values: dict[str, float], now: float) -> bool:
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"pk": {"S": f"CALLS#{role_arn}"}},
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues={
                    name: {"N": f"{value:.6f}"} for name, value in {**values, ":now": now}.items()
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def count_call(self, body: str) -> int:
        """How many times this very body has come, this time included."""
        key = hashlib.sha256(body.encode()).hexdigest()
        answer = self._dynamodb.update_item(
            TableName=self._table,
            Key={"pk": {"S": f"BODY#{key}"}},
            UpdateExpression="ADD calls :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"]["calls"]["N"])

    # Ingestions

    def save_ingestion(self, ingestion_id: str, record: dict[str, Any]) -> None:
        """Write an ingestion's record: `role_arn`, `operation`, `status`."""
        self._put(f"INGESTION#{ingestion_id}", record)

    def ingestion(self, ingestion_id: str) -> dict[str, Any] | None:
        """An ingestion's record, if there is one of this ID."""
        return self._get(f"INGESTION#{ingestion_id}")

    def save_body(self, ingestion_id: str, body: str) -> None:
        """Keep a request until it is worked."""
        self._s3.put_object(Bucket=self._bucket, Key=f"requests/{ingestion_id}.json", Body=body.encode())

    def body(self, ingestion_id: str) -> dict[str, Any]:
        """The request as it came."""
        answer = self._s3.get_object(Bucket=self._bucket, Key=f"requests/{ingestion_id}.json")
        return dict(json.loads(answer["Body"].read()))

    def save_report(self, ingestion_id: str, report: bytes) -> None:
        """Put the report where the link points."""
        self._s3.put_object(Bucket=self._bucket, Key=report_key(ingestion_id), Body=report)

    def report_link(self, ingestion_id: str, seconds: int = LINK_SECONDS) -> str:
        """A pre-signed link to the report."""
        target = {"Bucket": self._bucket, "Key": report_key(ingestion_id)}
        return str(self._s3.generate_presigned_url("get_object", Params=target, ExpiresIn=seconds))

    def work_later(self, ingestion_id: str, delay: int) -> None:
        """Have an ingestion worked after so many seconds."""
        self._sqs.send_message(
            QueueUrl=os.environ["WORK_QUEUE_URL"], MessageBody=ingestion_id, DelaySeconds=min(delay, 900)
        )

    # Items

    def upsert(self, items: Iterable[dict[str, Any]]) -> None:
        """Write items by store and SKU: one that is there is replaced as a whole."""
        latest = {(item["store_id"], item["item_sku"]): item for item in items}
        self._write([{"PutRequest": {"Item": _as_item(item)}} for item in latest.values()])

    def archive(self, skus: Iterable[str], stores: Sequence[str]) -> None:
        """Take SKUs out of all stores."""
        keys = ({"store_id": {"S": store}, "item_sku": {"S": sku}} for sku in set(skus) for store in stores)
        self._write([{"DeleteRequest": {"Key": key}} for key in keys])

    def _write(self, requests: list[dict[str, Any]]) -> None:
        for start in range(0, len(requests), BATCH_WRITE):
            left = {self._items: requests[start : start + BATCH_WRITE]}
            while left:
                left = self._dynamodb.batch_write_item(RequestItems=left).get("UnprocessedItems")

    # Messages

    def is_confirmed(self, retailer: Retailer) -> bool:
        """Whether the retailer has confirmed the subscription: until then SNS delivers nothing."""
        answer = self._sns.get_subscription_attributes(SubscriptionArn=retailer.subscription_arn)
        return bool(answer["Attributes"]["PendingConfirmation"] == "false")

    def deliver(self, retailer: Retailer, envelope: dict[str, Any], *, delay: int = 0, forged: bool = False) -> None:
        """Put an envelope into the retailer's queue, as SNS does."""
        body = envelopes.sign(envelope, self._signing_key, os.environ["CERTIFICATE_URL"])
        if forged:
            body = json.dumps({**json.loads(body), "Signature": "Zm9yZ2Vk"})
        self._sqs.send_message(QueueUrl=retailer.queue_url, MessageBody=body, DelaySeconds=delay)

    def _get(self, pk: str) -> dict[str, Any] | None:
        found = self._dynamodb.get_item(TableName=self._table, Key={"pk": {"S": pk}}, ConsistentRead=True).get("Item")
        return json.loads(found["record"]["S"]) if found else None

    def _put(self, pk: str, record: dict[str, Any]) -> None:
        self._dynamodb.put_item(TableName=self._table, Item={"pk": {"S": pk}, "record": {"S": json.dumps(record)}})


def report_key(ingestion_id: str) -> str:
    """Where an ingestion's report is in the bucket."""
    return f"reports/{ingestion_id}.json"


def _as_item(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "store_id": {"S": item["store_id"]},
        "item_sku": {"S": item["item_sku"]},
        "item": {"S": json.dumps(item)},
    }
