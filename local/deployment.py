"""Deploys the app into the emulator: what Terraform creates on AWS, without Terraform.

Functions, their environment, event sources, schedule and REST API come from what `packager` writes, so that nothing of
them is stated twice. The table comes from the models, the state machine from the one ASL file.
"""

import json
import platform
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import packager
from local import policies
from local.amazon.simulator import Simulator
from local.emulator import PROJECT, Credentials, Emulator
from local.references import as_text, resolve
from local.rest_api import create_rest_api, invoke_url
from local.values import (
    CATALOG_API_ROLE,
    DATA_BUCKET,
    DEAD_LETTER_QUEUE,
    ENVIRONMENT,
    FAILED_EVENTS_QUEUE,
    INBOX_BUCKET,
    NOTIFICATION_TOPIC,
    PACKAGE_BUCKET,
    PREFIX,
    QUEUE,
    STAGE,
    STATE_MACHINE,
    SUBMIT_CONCURRENCY,
    TABLE,
    WORKFLOW_ROLE,
    arn,
    function_name,
    function_role,
    values_for,
)

PACKAGE = PROJECT / ".build" / "local"
ASL_FILE = PROJECT / "terraform" / "modules" / "workflow" / "upload.asl.json"
RESULT_FUNCTION = "ingestion_message"
VISIBILITY_FACTOR = 6
"""A queue's visibility time-out, in time-outs of the function that reads it; AWS asks for at least six."""
MAX_RECEIVES = 5
RETAILER_USER = f"{PREFIX}-retailer"


@dataclass(frozen=True)
class Deployment:
    """The app, deployed. `retailer` are the keys of a user who may drop files and call the status API."""

    emulator: Emulator
    api_id: str
    queue_url: str
    dead_letter_queue_url: str
    retailer: Credentials
    inbox_bucket: str = INBOX_BUCKET
    data_bucket: str = DATA_BUCKET
    table: str = TABLE
    queue_arn: str = arn("sqs", QUEUE)
    catalog_api_role_arn: str = arn("iam", f"role/{CATALOG_API_ROLE}")
    state_machine_arn: str = arn("states", f"stateMachine:{STATE_MACHINE}")

    @property
    def api_url(self) -> str:
        """Address of the status API; `/uploads` follows."""
        return f"{invoke_url(self.emulator, self.api_id)}/{STAGE}"


def build_package(project: Path = PROJECT, output: Path = PACKAGE) -> Path:
    """Package the app for this machine's Python, which the emulator runs functions with."""
    machine = {"aarch64": "arm64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    packager.package(project, output, environment=ENVIRONMENT, architecture=machine, python=version)
    return output


def deploy(
    emulator: Emulator, simulator: Simulator, package: Path, *, settings: Mapping[str, Any] | None = None
) -> Deployment:
    """Create the app's resources. `settings`: Terraform variables that differ, e.g. `{"var.max_batch_items": 100}`."""
    resources = json.loads((package / "chalice.tf.json").read_text())
    functions = resources["resource"]["aws_lambda_function"]
    create_storage(emulator)
    queue_url, dead_letter_queue_url = create_queues(
        emulator, simulator.topic_arn, VISIBILITY_FACTOR * functions[RESULT_FUNCTION]["timeout"]
    )
    emulator.client("sns").create_topic(Name=NOTIFICATION_TOPIC)
    create_roles(emulator, simulator, list(functions))
    values = {**values_for(simulator, queue_url, list(functions)), **(settings or {})}
    code = upload_code(emulator, package)
    arns = {name: create_function(emulator, resolve_known(each, values), code) for name, each in functions.items()}
    create_state_machine(emulator, arns)
    api_id = create_status_api(emulator, resources, values, arns)
    create_event_sources(emulator, resources["resource"], values)
    return Deployment(
        emulator=emulator,
        api_id=api_id,
        queue_url=queue_url,
        dead_letter_queue_url=dead_letter_queue_url,
        retailer=emulator.user(RETAILER_USER, json.loads(policies.retailer_policy(api_id))),
    )


def create_storage(emulator: Emulator) -> None:
    """The two buckets and the table."""
    s3 = emulator.client("s3")
    for bucket in (INBOX_BUCKET, DATA_BUCKET):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=INBOX_BUCKET, VersioningConfiguration={"Status": "Enabled"})
    # In a process of its own: the models keep the table's name and the connection in the module.
    program = f"from chalicelib.tracking import models; models.bind({TABLE!r}); models.create_table()"
    subprocess.run([sys.executable, "-c", program], cwd=PROJECT, env=emulator.environment(), check=True)


def create_queues(emulator: Emulator, topic_arn: str, visibility_timeout: int) -> tuple[str, str]:
    """The queue for completion messages and its dead-letter queue; the URLs of both."""
    sqs = emulator.client("sqs")
    sqs.create_queue(QueueName=FAILED_EVENTS_QUEUE)
    dead_letter_queue_url = sqs.create_queue(QueueName=DEAD_LETTER_QUEUE)["QueueUrl"]
    redrive = {"deadLetterTargetArn": arn("sqs", DEAD_LETTER_QUEUE), "maxReceiveCount": MAX_RECEIVES}
    attributes = {
        "VisibilityTimeout": str(visibility_timeout),
        "RedrivePolicy": json.dumps(redrive),
        "Policy": policies.queue_policy(topic_arn),
    }
    return sqs.create_queue(QueueName=QUEUE, Attributes=attributes)["QueueUrl"], dead_letter_queue_url


def create_roles(emulator: Emulator, simulator: Simulator, functions: list[str]) -> None:
    """One role per function, and the role that Amazon puts on its allow-list."""
    for name in functions:
        role, policy = function_role(name), policies.functions_policy(simulator.topic_arn)
        create_role(emulator, role, policies.trust("lambda.amazonaws.com"), policy)
    paths = (
        "/v1/catalog/upload",
        "/v1/catalog/cart/upload",
        "/v1/catalog/archive",
        "/v1/catalog/getCatalogUploadStatus",
    )
    create_role(
        emulator, CATALOG_API_ROLE, policies.catalog_api_trust(), policies.catalog_api_policy(simulator.stage, paths)
    )


def create_role(emulator: Emulator, name: str, trust: str, policy: str) -> str:
    """A role with one policy; its ARN."""
    iam = emulator.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    iam.put_role_policy(RoleName=name, PolicyName="permissions", PolicyDocument=policy)
    return str(role["Role"]["Arn"])


def upload_code(emulator: Emulator, package: Path) -> dict[str, str]:
    """Put the zip where all functions find it: sending it with each of them takes a second every time."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=PACKAGE_BUCKET)
    s3.put_object(Bucket=PACKAGE_BUCKET, Key="deployment.zip", Body=(package / "deployment.zip").read_bytes())
    return {"S3Bucket": PACKAGE_BUCKET, "S3Key": "deployment.zip"}


def create_function(emulator: Emulator, definition: Mapping[str, Any], code: Mapping[str, str]) -> str:
    """A function as `aws_lambda_function` has it, references resolved; its ARN."""
    variables = {name: as_text(value) for name, value in definition["environment"]["variables"].items()}
    created = emulator.client("lambda").create_function(
        FunctionName=definition["function_name"],
        Runtime=definition["runtime"],
        Handler=definition["handler"],
        Role=definition["role"],
        Timeout=definition["timeout"],
        MemorySize=definition["memory_size"],
        Architectures=definition["architectures"],
        Environment={"Variables": variables},
        Code=code,
    )
    return str(created["FunctionArn"])


def resolve_known(definition: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Resolve a function's definition. What names the zip's path is Terraform's own business."""
    taken = {name: value for name, value in definition.items() if name not in ("filename", "source_code_hash")}
    return dict(resolve(taken, values))


def create_state_machine(emulator: Emulator, functions: Mapping[str, str]) -> None:
    """The state machine from the ASL file, its placeholders filled in as Terraform's `templatefile` does."""
    role_arn = create_role(
        emulator, WORKFLOW_ROLE, policies.trust("states.amazonaws.com"), policies.workflow_policy(dict(functions))
    )
    placeholders = {
        **{f"{name}_arn": functions[name] for name in policies.WORKFLOW_FUNCTIONS},
        "data_bucket": DATA_BUCKET,
        "submit_concurrency": str(SUBMIT_CONCURRENCY),
    }
    definition = re.sub(r"\$\{(\w+)\}", lambda found: placeholders[found[1]], ASL_FILE.read_text())
    emulator.client("stepfunctions").create_state_machine(
        name=STATE_MACHINE, definition=definition, roleArn=role_arn, type="STANDARD"
    )


def create_status_api(
    emulator: Emulator, resources: Mapping[str, Any], values: Mapping[str, Any], functions: Mapping[str, str]
) -> str:
    """The REST API of the Chalice app; its ID."""
    api = resources["resource"]["aws_api_gateway_rest_api"]["rest_api"]
    uris = {f"aws_lambda_function.{name}.invoke_arn": _invoke_arn(each) for name, each in functions.items()}
    body = resolve(json.loads(resources["locals"]["chalice_api_swagger"]), {**values, **uris})
    properties = {"BinaryMediaTypes": api.get("binary_media_types", [])}
    name = function_name("api_handler")
    return create_rest_api(emulator, f"{PREFIX}-api", body, stage=STAGE, function_name=name, properties=properties)


def create_event_sources(emulator: Emulator, resources: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """What calls the functions: the inbox bucket, the queue, the schedule."""
    awslambda, events = emulator.client("lambda"), emulator.client("events")
    for rule in resolve(resources["aws_cloudwatch_event_rule"], values).values():
        events.put_rule(Name=rule["name"], ScheduleExpression=rule["schedule_expression"])
    rules = {
        f"aws_cloudwatch_event_rule.{key}.{field}": value
        for key, rule in resolve(resources["aws_cloudwatch_event_rule"], values).items()
        for field, value in (("name", rule["name"]), ("arn", arn("events", f"rule/{rule['name']}")))
    }
    known = {**values, **rules}
    for name, permission in resources["aws_lambda_permission"].items():
        if permission["principal"] != "apigateway.amazonaws.com":
            given = resolve(permission, known)
            awslambda.add_permission(
                FunctionName=given["function_name"],
                StatementId=name,
                Action=given["action"],
                Principal=given["principal"],
                SourceArn=given["source_arn"],
            )
    for target in resolve(resources["aws_cloudwatch_event_target"], known).values():
        events.put_targets(Rule=target["rule"], Targets=[{"Id": target["target_id"], "Arn": target["arn"]}])
    for mapping in resolve(resources["aws_lambda_event_source_mapping"], known).values():
        awslambda.create_event_source_mapping(
            EventSourceArn=mapping["event_source_arn"],
            FunctionName=mapping["function_name"],
            BatchSize=mapping["batch_size"],
            FunctionResponseTypes=mapping["function_response_types"],
            ScalingConfig={"MaximumConcurrency": mapping["scaling_config"]["maximum_concurrency"]},
        )
    for notification in resolve(resources["aws_s3_bucket_notification"], known).values():
        _notify(emulator, notification)


def _notify(emulator: Emulator, notification: Mapping[str, Any]) -> None:
    configurations = [
        {
            "LambdaFunctionArn": each["lambda_function_arn"],
            "Events": each["events"],
            "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": each["filter_prefix"]}]}},
        }
        for each in notification["lambda_function"]
    ]
    for each in configurations:
        emulator.client("lambda").put_function_event_invoke_config(
            FunctionName=each["LambdaFunctionArn"],
            DestinationConfig={"OnFailure": {"Destination": arn("sqs", FAILED_EVENTS_QUEUE)}},
        )
    emulator.client("s3").put_bucket_notification_configuration(
        Bucket=notification["bucket"], NotificationConfiguration={"LambdaFunctionConfigurations": configurations}
    )


def _invoke_arn(function_arn: str) -> str:
    region = function_arn.split(":")[3]
    return f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function_arn}/invocations"
