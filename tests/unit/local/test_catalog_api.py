"""The simulator's API function and its worker, on an AWS of moto's."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.amazon import certificate
from local.amazon.service import catalog_api, ingestions
from local.amazon.service.backend import KEY_OBJECT, Backend
from local.amazon.service.catalog_api import handler, role_of
from local.amazon.service.scenarios import RETAILER_STORES, Scenario

ROLE = "arn:aws:iam::123456789012:role/catalog-api"
CALLER = "arn:aws:sts::123456789012:assumed-role/catalog-api/session"
TOPIC = "arn:aws:sns:us-east-1:123456789012:ingestions"


@pytest.fixture(scope="module")
def installed() -> Iterator[Backend]:
    """Amazon's side with one retailer on the allow-list, its subscription confirmed. Made once: it takes a second."""
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "testing")
        for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_CA_BUNDLE", "AWS_SESSION_TOKEN"):
            environment.delenv(name, raising=False)
        aws = Aws(boto3.Session(region_name="us-east-1"))
        for name, value in {
            **aws.create(),
            "AWS_REGION": "us-east-1",
            "WORK_SECONDS": "0",
            "SLOW_SECONDS": "0",
        }.items():
            environment.setenv(name, value)
        backend = Backend(aws.session)
        retailer = {"role_arn": ROLE, "queue_url": aws.queue_url, "subscription_arn": aws.subscribe()}
        backend._put(f"RETAILER#{ROLE}", {**retailer, "stores": RETAILER_STORES})
        environment.setattr(catalog_api, "_backends", [backend])
        environment.setattr(ingestions, "_backends", [backend])
        environment.setattr(catalog_api, "EARLY_BY_SECONDS", 0)
        yield backend


@pytest.fixture
def amazon(installed: Backend) -> Backend:
    """The same, as if nothing had been called yet."""
    for queue in ("work", "results"):
        _receive(installed, queue)
    for item in installed._dynamodb.scan(TableName="state")["Items"]:
        if not item["pk"]["S"].startswith("RETAILER#"):
            installed._dynamodb.delete_item(TableName="state", Key={"pk": item["pk"]})
    return installed


class Aws:
    """What `local.amazon.simulator` creates in the emulator, in moto."""

    def __init__(self, session: boto3.Session) -> None:
        self.session = session
        self.queue_url = session.client("sqs").create_queue(QueueName="results")["QueueUrl"]

    def create(self) -> dict[str, str]:
        """Create it; the functions' environment."""
        s3, dynamodb = self.session.client("s3"), self.session.client("dynamodb")
        s3.create_bucket(Bucket="amazon")
        s3.put_object(Bucket="amazon", Key=KEY_OBJECT, Body=certificate.make()[0])
        for table, keys in (("state", ["pk"]), ("items", ["store_id", "item_sku"])):
            dynamodb.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in keys],
                KeySchema=[
                    {"AttributeName": each, "KeyType": "RANGE" if place else "HASH"} for place, each in enumerate(keys)
                ],
            )
        return {
            "STATE_TABLE": "state",
            "ITEMS_TABLE": "items",
            "BUCKET": "amazon",
            "WORK_QUEUE_URL": self.session.client("sqs").create_queue(QueueName="work")["QueueUrl"],
            "TOPIC_ARN": TOPIC,
            "CERTIFICATE_URL": "http://certificates/SimpleNotificationService-ab.pem",
        }

    def subscribe(self) -> str:
        """A subscription that is confirmed; its ARN."""
        sns = self.session.client("sns")
        sns.create_topic(Name="ingestions")
        endpoint = "arn:aws:sqs:us-east-1:123456789012:results"
        return str(sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=endpoint)["SubscriptionArn"])


def call(path: str, body: Any, caller: str = CALLER) -> tuple[int, dict[str, Any], str | None]:
    """One call of the function; status, answer and error type."""
    context = {"identity": {"userArn": caller}, "accountId": "123456789012", "apiId": "api", "stage": "prod"}
    event = {"resource": path, "path": path, "httpMethod": "POST", "requestContext": context}
    answer = handler({**event, "body": body if isinstance(body, str) else json.dumps(body)}, None)
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"].get("x-amzn-ErrorType")


def upload(store: str = "store-1", skus: tuple[str, ...] = ("A-1",)) -> tuple[int, dict[str, Any], str | None]:
    items = [{"item_sku": sku, "external_product_id": "4011", "item_name": "n", "store_id": store} for sku in skus]
    return call("/v1/catalog/upload", {"catalogItems": items})


def work(amazon: Backend) -> list[dict[str, Any]]:
    """Work what is in the work queue; the retailer's messages."""
    for message in _receive(amazon, "work"):
        ingestions.handler({"Records": [{"body": message}]}, None)
    return messages(amazon)


def messages(amazon: Backend) -> list[dict[str, Any]]:
    return [json.loads(message) for message in _receive(amazon, "results")]


def _receive(amazon: Backend, queue: str) -> list[str]:
    url = amazon._sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    found = amazon._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in found:
        amazon._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in found]


def item(amazon: Backend, store: str, sku: str) -> dict[str, Any] | None:
    key = {"store_id": {"S": store}, "item_sku": {"S": sku}}
    found: dict[str, Any] = amazon._dynamodb.get_item(TableName="items", Key=key)
    return found.get("Item")


def test_an_upload_is_worked_and_told(amazon: Backend) -> None:
    status, answer, _ = upload(skus=("A-1", "A-97"))
    assert status == 201
    (envelope,) = work(amazon)
    message = json.loads(envelope["Message"])
    assert (message["ingestionId"], message["processingStatus"]) == (answer["ingestionId"], "DONE")
    assert "X-Amz-Expires=3600" in message["reportDownloadLink"]
    assert item(amazon, "store-1", "A-1") is not None
    assert item(amazon, "store-1", "A-97") is None, "an item that failed is not taken over"


def test_archive_takes_an_item_out_of_every_store(amazon: Backend) -> None:
    upload("store-1")
    upload("store-2")
    work(amazon)
    status, answer, _ = call("/v1/catalog/archive", {"itemSkus": ["A-1"], "allApplicableStores": RETAILER_STORES})
    assert (status, list(answer)) == (200, ["ingestionId"])
    work(amazon)
    assert item(amazon, "store-1", "A-1") is None
    assert item(amazon, "store-2", "A-1") is None


def test_a_role_that_is_not_on_the_allow_list_is_told_who_it_is(amazon: Backend) -> None:
    stranger = "arn:aws:sts::123456789012:assumed-role/stranger/session"
    status, answer, error_type = call("/v1/catalog/upload", {}, stranger)
    assert (status, error_type) == (403, "AccessDeniedException")
    assert answer["Message"].startswith(f"User: {stranger} is not authorized to perform: execute-api:Invoke on")


def test_the_eleventh_call_of_a_second_is_one_too_many(amazon: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_795_000_000.0
    monkeypatch.setattr("local.amazon.service.backend.time.time", lambda: now)
    assert [amazon.take_call(ROLE, 10) for _ in range(11)] == [True] * 10 + [False]
    now += 0.11
    assert [amazon.take_call(ROLE, 10) for _ in range(2)] == [True, False]
    now += 3600
    assert [amazon.take_call(ROLE, 10) for _ in range(11)] == [True] * 10 + [False]


def test_a_caller_over_its_rate_gets_the_published_text(amazon: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backend, "take_call", lambda *_: False)
    assert upload() == (429, {"message": "Too Many Requests"}, "TooManyRequestsException")


def test_a_body_over_10_mb_is_too_long(amazon: Backend) -> None:
    assert call("/v1/catalog/upload", "x" * 10_485_761)[:2] == (413, {"message": "Request Too Long"})
    assert call("/v1/catalog/upload", "x" * 10_485_760)[:2] == (400, {"errorMsg": "Invalid request body"})


def test_the_status_of_an_ingestion_is_its_own_retailers(amazon: Backend) -> None:
    path = "/v1/catalog/getCatalogUploadStatus"
    ingestion = {"ingestionId": upload()[1]["ingestionId"]}
    assert call(path, ingestion)[:2] == (200, {"processingStatus": "INQUEUE", "reportDownloadLink": None})
    work(amazon)
    assert call(path, ingestion)[1]["processingStatus"] == "DONE"
    other = "arn:aws:iam::123456789012:role/other"
    amazon._put(f"RETAILER#{other}", {**_retailer(amazon), "role_arn": other})
    for request, caller in ((ingestion, other), ({"ingestionId": "nobody's"}, CALLER)):
        status, answer, _ = call(path, request, caller)
        assert (status, answer["errorMsg"][:31]) == (400, "invalid ingestionId parameter o")


def _retailer(amazon: Backend) -> dict[str, Any]:
    found = amazon._get(f"RETAILER#{ROLE}")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("scenario", "statuses"),
    [
        (Scenario.THROTTLED, [429] * 5 + [201]),
        (Scenario.SERVER_ERROR, [500, 500, 201]),
        (Scenario.SERVER_ERROR_FINAL, [500, 500]),
        (Scenario.GATEWAY_TIMEOUT, [504, 201]),
        (Scenario.UNREACHABLE, [504, 504]),
    ],
)
def test_calls_go_wrong_as_often_as_the_scenario_says(amazon: Backend, scenario: Scenario, statuses: list[int]) -> None:
    assert [upload(scenario)[0] for _ in statuses] == statuses


def test_what_answers_504_has_been_taken(amazon: Backend) -> None:
    assert upload(Scenario.GATEWAY_TIMEOUT)[0] == 504
    assert len(work(amazon)) == 1


@pytest.mark.parametrize(
    ("scenario", "count"), [(Scenario.LOST_MESSAGE, 0), (Scenario.NEVER_DONE, 0), (Scenario.DUPLICATE_MESSAGE, 3)]
)
def test_messages_come_as_often_as_the_scenario_says(amazon: Backend, scenario: Scenario, count: int) -> None:
    upload(scenario)
    found = work(amazon)
    assert len(found) == count
    assert len({message["MessageId"] for message in found}) <= 1


def test_an_early_message_is_there_before_the_answer(amazon: Backend) -> None:
    answer = upload(Scenario.EARLY_MESSAGE)[1]
    assert [json.loads(each["Message"])["ingestionId"] for each in messages(amazon)] == [answer["ingestionId"]]


def test_a_forged_message_comes_before_the_real_one(amazon: Backend) -> None:
    upload(Scenario.FORGED_MESSAGE)
    assert [each["Signature"] == "Zm9yZ2Vk" for each in work(amazon)] == [True, False]


def test_a_bare_link_is_all_there_is(amazon: Backend) -> None:
    upload(Scenario.BARE_LINK)
    assert work(amazon)[0]["Message"].startswith("https://")


@pytest.mark.parametrize("scenario", [Scenario.FATAL, Scenario.CANCELLED])
def test_an_ingestion_that_ends_badly_has_no_report(amazon: Backend, scenario: Scenario) -> None:
    upload(scenario)
    message = json.loads(work(amazon)[0]["Message"])
    assert (message["processingStatus"], message["reportDownloadLink"]) == (scenario.name, None)


def test_nothing_is_delivered_before_the_subscription_is_confirmed(
    amazon: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Backend, "is_confirmed", lambda *_: False)
    upload()
    assert work(amazon) == []


def test_a_session_is_told_from_its_role() -> None:
    assert role_of(CALLER) == ROLE
    assert role_of("arn:aws:iam::123456789012:user/somebody") == "arn:aws:iam::123456789012:user/somebody"
