"""What Terraform's variables, locals and module outputs are in the local AWS."""

from dataclasses import MISSING, fields
from typing import Any

from chalicelib.settings import Settings
from local.amazon.simulator import Simulator
from local.emulator import ACCOUNT, REGION

APP = "store-catalog"
ENVIRONMENT = "local"
PREFIX = f"{APP}-{ENVIRONMENT}"
INBOX_BUCKET = f"{PREFIX}-inbox"
DATA_BUCKET = f"{PREFIX}-data"
PACKAGE_BUCKET = f"{PREFIX}-packages"
TABLE = PREFIX
QUEUE = f"{PREFIX}-results"
DEAD_LETTER_QUEUE = f"{PREFIX}-results-dead-letter"
FAILED_EVENTS_QUEUE = f"{PREFIX}-failed-events"
NOTIFICATION_TOPIC = f"{PREFIX}-notifications"
STATE_MACHINE = f"{PREFIX}-upload"
WORKFLOW_ROLE = f"{PREFIX}-workflow"
CATALOG_API_ROLE = f"{PREFIX}-catalog-api"
EXTERNAL_ID = "local-external-id"
STAGE = "api"

SUBMIT_CONCURRENCY = 4
"""Batches submitted at a time: each costs a process with 70 MB of files here."""
RESULT_CONCURRENCY = 2


def arn(service: str, resource: str, region: str = REGION) -> str:
    """An ARN of the emulator's account. S3 has neither region nor account in its ARNs, IAM no region."""
    account = "" if service == "s3" else ACCOUNT
    return f"arn:aws:{service}:{'' if service in ('s3', 'iam') else region}:{account}:{resource}"


def function_name(name: str) -> str:
    """The function of a handler."""
    return f"{PREFIX}-{name}"


def function_role(name: str) -> str:
    """The role of a function."""
    return f"{PREFIX}-{name}"


def values_for(simulator: Simulator, queue_url: str, functions: list[str]) -> dict[str, Any]:
    """Every reference that the Chalice app's configuration makes, by its Terraform expression.

    A variable that has a setting's name takes the setting's default, unless it is given here.
    """
    defaults = {f"var.{each.name}": _default(each) for each in fields(Settings) if _default(each) is not MISSING}
    roles = {f'local.function_role_arns["{name}"]': arn("iam", f"role/{function_role(name)}") for name in functions}
    arns = {f"aws_lambda_function.{name}.arn": arn("lambda", f"function:{function_name(name)}") for name in functions}
    return {
        **defaults,
        **roles,
        **arns,
        "var.environment": ENVIRONMENT,
        "var.log_level": "INFO",
        "var.result_concurrency": RESULT_CONCURRENCY,
        "var.result_topic_arn": simulator.topic_arn,
        "var.catalog_api_url": simulator.url,
        "var.catalog_api_region": simulator.region,
        "var.catalog_api_stage": simulator.stage,
        "var.catalog_api_external_id": EXTERNAL_ID,
        "var.sns_certificate_url_prefix": simulator.certificate_prefix,
        "var.known_store_ids": simulator.stores,
        "module.inbox.bucket_name": INBOX_BUCKET,
        "module.results.bucket_name": DATA_BUCKET,
        "module.tracking.table_name": TABLE,
        "module.results.queue_arn": arn("sqs", QUEUE),
        "module.results.dead_letter_queue_url": queue_url.replace(QUEUE, DEAD_LETTER_QUEUE),
        "module.catalog_api_role.role_arn": arn("iam", f"role/{CATALOG_API_ROLE}"),
        "module.monitoring.notification_topic_arn": arn("sns", NOTIFICATION_TOPIC),
        "local.state_machine_arn": arn("states", f"stateMachine:{STATE_MACHINE}"),
        "data.aws_caller_identity.chalice.account_id": ACCOUNT,
        "data.aws_partition.chalice.partition": "aws",
    }


def _default(field: Any) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()
