"""Installs the simulator of Amazon's side in an emulator, and does what Amazon's onboarding team does."""

import io
import json
import secrets
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.amazon import certificate, subscription
from local.amazon.service import envelopes
from local.amazon.service.backend import KEY_OBJECT, LINK_SECONDS, report_key
from local.amazon.service.catalog_api import OPERATIONS
from local.amazon.service.scenarios import RETAILER_STORES
from local.emulator import ACCOUNT, REGION, Emulator
from local.rest_api import create_rest_api, function_uri, invoke_url

NAME = "amazon-catalog"
STAGE = "prod"
SERVICE = Path(__file__).parent / "service"
WORK_QUEUE = f"{NAME}-work"
TOPIC_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:{NAME}-ingestions"
WORKER_TIMEOUT = 60


@dataclass(frozen=True)
class Simulator:
    """Amazon's side, installed. Its fields are what Amazon hands out at onboarding."""

    emulator: Emulator
    url: str
    certificate_prefix: str
    """Where the signing certificate is: a setting of the retailer's verifier, which on AWS is `https://sns.<region>...`."""
    certificate_url: str
    region: str = REGION
    stage: str = STAGE
    topic_arn: str = TOPIC_ARN
    stores: tuple[str, ...] = RETAILER_STORES

    def register(self, role_arn: str, queue_arn: str) -> None:
        """Put the retailer's role on the allow-list, subscribe its queue, and send it the confirmation request."""
        sqs, sns = self.emulator.client("sqs"), self.emulator.client("sns")
        queue_url = sqs.get_queue_url(QueueName=queue_arn.rsplit(":", 1)[1])["QueueUrl"]
        pending = subscription.subscribe(sns, self.topic_arn)
        retailer = {
            "role_arn": role_arn,
            "queue_url": queue_url,
            "subscription_arn": pending.arn,
            "stores": list(self.stores),
        }
        self._put(f"RETAILER#{role_arn}", retailer)
        envelope = envelopes.subscription_confirmation(self.topic_arn, pending.token, pending.subscribe_url)
        sqs.send_message(QueueUrl=queue_url, MessageBody=self.sign(envelope))

    def take_off_the_allow_list(self, role_arn: str) -> None:
        """Refuse the role from now on."""
        self._rename(f"RETAILER#{role_arn}", f"FORMER#{role_arn}")

    def put_back_on_the_allow_list(self, role_arn: str) -> None:
        """Take back `take_off_the_allow_list`."""
        self._rename(f"FORMER#{role_arn}", f"RETAILER#{role_arn}")

    def is_confirmed(self, role_arn: str) -> bool:
        """Whether the retailer has confirmed its subscription."""
        arn = self._get(f"RETAILER#{role_arn}")["subscription_arn"]
        attributes = self.emulator.client("sns").get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        return bool(attributes["PendingConfirmation"] == "false")

    def sign(self, envelope: dict[str, Any]) -> str:
        """A message of Amazon's topic, with a good signature."""
        key = self.emulator.client("s3").get_object(Bucket=NAME, Key=KEY_OBJECT)["Body"].read()
        return envelopes.sign(envelope, key, self.certificate_url)

    def item(self, store_id: str, sku: str) -> dict[str, Any] | None:
        """What Amazon has in its catalog for a store's SKU."""
        key = {"store_id": {"S": store_id}, "item_sku": {"S": sku}}
        found = self.emulator.client("dynamodb").get_item(TableName=f"{NAME}-items", Key=key).get("Item")
        return json.loads(found["item"]["S"]) if found else None

    def publish_report(self, ingestion_id: str, report: bytes) -> str:
        """Put a report where a link points; the link."""
        s3, target = self.emulator.client("s3"), {"Bucket": NAME, "Key": report_key(ingestion_id)}
        s3.put_object(**target, Body=report)
        return str(s3.generate_presigned_url("get_object", Params=target, ExpiresIn=LINK_SECONDS))

    def operation_of(self, ingestion_id: str) -> str:
        """Which operation an ingestion is of: `catalog`, `cart` or `archive`."""
        return str(self._get(f"INGESTION#{ingestion_id}")["operation"])

    def _get(self, pk: str) -> dict[str, Any]:
        found = self.emulator.client("dynamodb").get_item(TableName=NAME, Key={"pk": {"S": pk}}, ConsistentRead=True)
        return dict(json.loads(found["Item"]["record"]["S"]))

    def _put(self, pk: str, record: dict[str, Any]) -> None:
        item = {"pk": {"S": pk}, "record": {"S": json.dumps(record)}}
        self.emulator.client("dynamodb").put_item(TableName=NAME, Item=item)

    def _rename(self, old: str, new: str) -> None:
        self._put(new, self._get(old))
        self.emulator.client("dynamodb").delete_item(TableName=NAME, Key={"pk": {"S": old}})


def install(emulator: Emulator, *, work_seconds: int = 1, slow_seconds: int = 20) -> Simulator:
    """Create Amazon's resources.

    Args:
        work_seconds: how long an ingestion waits before it is worked.
        slow_seconds: how long one of `store-slow` does.
    """
    certificate_name = f"SimpleNotificationService-{secrets.token_hex(16)}.pem"
    _create_storage(emulator, certificate_name)
    queue_url = _create_queue(emulator)
    emulator.client("sns").create_topic(Name=TOPIC_ARN.rsplit(":", 1)[1])
    certificate_prefix = f"{emulator.endpoint}/{NAME}/"
    environment = {
        "STATE_TABLE": NAME,
        "ITEMS_TABLE": f"{NAME}-items",
        "BUCKET": NAME,
        "WORK_QUEUE_URL": queue_url,
        "TOPIC_ARN": TOPIC_ARN,
        "CERTIFICATE_URL": certificate_prefix + certificate_name,
        "WORK_SECONDS": str(work_seconds),
        "SLOW_SECONDS": str(slow_seconds),
    }
    api_arn = _create_functions(emulator, environment)
    api_id = create_rest_api(emulator, NAME, _swagger(api_arn), stage=STAGE, function_name=f"{NAME}-api")
    return Simulator(
        emulator=emulator,
        url=invoke_url(emulator, api_id),
        certificate_prefix=certificate_prefix,
        certificate_url=certificate_prefix + certificate_name,
    )


def find(emulator: Emulator) -> Simulator:
    """The simulator that `install` has put into this emulator."""
    variables = emulator.client("lambda").get_function_configuration(FunctionName=f"{NAME}-api")["Environment"][
        "Variables"
    ]
    apis = emulator.client("apigateway").get_rest_apis()["items"]
    api_id = next(api["id"] for api in apis if api["name"] == NAME)
    certificate_url = variables["CERTIFICATE_URL"]
    return Simulator(
        emulator=emulator,
        url=invoke_url(emulator, api_id),
        certificate_prefix=certificate_url.rsplit("/", 1)[0] + "/",
        certificate_url=certificate_url,
    )


def _create_storage(emulator: Emulator, certificate_name: str) -> None:
    s3, dynamodb = emulator.client("s3"), emulator.client("dynamodb")
    s3.create_bucket(Bucket=NAME)
    s3.delete_public_access_block(Bucket=NAME)
    readable = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{NAME}/SimpleNotificationService-*.pem",
    }
    s3.put_bucket_policy(Bucket=NAME, Policy=json.dumps({"Version": "2012-10-17", "Statement": [readable]}))
    key, signed = certificate.make()
    s3.put_object(Bucket=NAME, Key=KEY_OBJECT, Body=key)
    s3.put_object(Bucket=NAME, Key=certificate_name, Body=signed)
    for table, keys in ((NAME, ("pk",)), (f"{NAME}-items", ("store_id", "item_sku"))):
        dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=[
                {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
            ],
        )


def _create_queue(emulator: Emulator) -> str:
    attributes = {"VisibilityTimeout": str(WORKER_TIMEOUT * 2)}
    return str(emulator.client("sqs").create_queue(QueueName=WORK_QUEUE, Attributes=attributes)["QueueUrl"])


def _create_functions(emulator: Emulator, environment: dict[str, str]) -> str:
    role_arn = _create_role(emulator)
    code = _zip_service()
    awslambda = emulator.client("lambda")
    arns = {}
    for name, module, timeout in (("api", "catalog_api", 29), ("worker", "ingestions", WORKER_TIMEOUT)):
        arns[name] = awslambda.create_function(
            FunctionName=f"{NAME}-{name}",
            Runtime="python3.13",
            Handler=f"service.{module}.handler",
            Role=role_arn,
            Timeout=timeout,
            MemorySize=512,
            Environment={"Variables": environment},
            Code={"ZipFile": code},
        )["FunctionArn"]
    awslambda.create_event_source_mapping(
        FunctionName=f"{NAME}-worker", EventSourceArn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{WORK_QUEUE}", BatchSize=1
    )
    return str(arns["api"])


def _create_role(emulator: Emulator) -> str:
    # Not narrowed further: the retailer's policies are what is under test, not Amazon's.
    actions = ["dynamodb:*", "s3:*", "sqs:*", "sns:*", "logs:*"]
    iam = emulator.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        RoleName=f"{NAME}-function",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    allow = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    iam.put_role_policy(
        RoleName=f"{NAME}-function",
        PolicyName="own-resources",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]}),
    )
    return str(role["Role"]["Arn"])


def _zip_service() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for module in sorted(SERVICE.glob("*.py")):
            archive.write(module, f"service/{module.name}")
    return buffer.getvalue()


def _swagger(function_arn: str) -> dict[str, Any]:
    method = {
        "security": [{"sigv4": []}],
        "x-amazon-apigateway-auth": {"type": "AWS_IAM"},
        "x-amazon-apigateway-integration": {
            "type": "aws_proxy",
            "httpMethod": "POST",
            "uri": function_uri(function_arn),
        },
        "responses": {},
    }
    signature = {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "awsSigv4",
    }
    return {
        "swagger": "2.0",
        "info": {"title": NAME, "version": "1"},
        "securityDefinitions": {"sigv4": signature},
        "paths": {path: {"post": method} for path in OPERATIONS},
    }
