"""IAM policies of the local AWS.

All functions share one policy that names the app's own resources. That each function gets along with less is stated in
`terraform/` and proven by `make e2e-terraform`; stating it here as well would be a second truth.
"""

import json
from typing import Any

from local.values import (
    CATALOG_API_ROLE,
    DATA_BUCKET,
    DEAD_LETTER_QUEUE,
    EXTERNAL_ID,
    INBOX_BUCKET,
    NOTIFICATION_TOPIC,
    QUEUE,
    STATE_MACHINE,
    TABLE,
    arn,
    function_role,
)

CALLERS_OF_AMAZON = ("preflight", "submit_batch", "ingestion_message", "reconcile")
"""Functions that assume the role that Amazon has allow-listed."""
WORKFLOW_FUNCTIONS = ("preflight", "prepare_catalog", "record_upload", "submit_batch", "close_submission")


TABLE_ACTIONS = (
    *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem", "BatchGetItem", "BatchWriteItem"),
    *("Query", "DescribeTable"),
)


def document(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: list[str], *resources: str, **more: Any) -> dict[str, Any]:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": actions, "Resource": list(resources), **more}


def trust(service: str) -> str:
    """Who may take a role: one AWS service."""
    return document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})


def functions_policy(topic_arn: str) -> str:
    """What the app's functions may do."""
    state_machine, execution = (
        arn("states", f"stateMachine:{STATE_MACHINE}"),
        arn("states", f"execution:{STATE_MACHINE}:*"),
    )
    return document(
        allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "*"),
        allow(["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"], arn("s3", f"{INBOX_BUCKET}/*")),
        allow(["s3:ListBucket", "s3:ListBucketVersions"], arn("s3", INBOX_BUCKET), arn("s3", DATA_BUCKET)),
        allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], arn("s3", f"{DATA_BUCKET}/*")),
        allow(
            [f"dynamodb:{action}" for action in TABLE_ACTIONS],
            arn("dynamodb", f"table/{TABLE}"),
            arn("dynamodb", f"table/{TABLE}/index/*"),
        ),
        allow(["states:StartExecution"], state_machine),
        allow(["states:DescribeExecution"], execution),
        allow(
            ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"],
            arn("sqs", QUEUE),
        ),
        allow(["sqs:SendMessage"], arn("sqs", DEAD_LETTER_QUEUE)),
        allow(["sns:ConfirmSubscription"], topic_arn),
        allow(["sns:Publish"], arn("sns", NOTIFICATION_TOPIC)),
        allow(["sts:AssumeRole"], arn("iam", f"role/{CATALOG_API_ROLE}")),
    )


def workflow_policy(functions: dict[str, str]) -> str:
    """What the state machine may do. `functions`: ARN by handler name."""
    execution = arn("states", f"execution:{STATE_MACHINE}:*")
    return document(
        allow(["lambda:InvokeFunction"], *(functions[name] for name in WORKFLOW_FUNCTIONS)),
        allow(["s3:GetObject"], arn("s3", f"{DATA_BUCKET}/uploads/*")),
        allow(["states:StartExecution"], arn("states", f"stateMachine:{STATE_MACHINE}")),
        allow(["states:DescribeExecution", "states:StopExecution"], execution, f"{execution}/*"),
    )


def catalog_api_trust() -> str:
    """Who may take the role that Amazon has allow-listed, and only with the external ID."""
    return document(
        {
            "Effect": "Allow",
            "Principal": {"AWS": [arn("iam", f"role/{function_role(name)}") for name in CALLERS_OF_AMAZON]},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        }
    )


def catalog_api_policy(stage: str, paths: tuple[str, ...]) -> str:
    """What that role may do: call Amazon's four operations."""
    return document(allow(["execute-api:Invoke"], *(arn("execute-api", f"*/{stage}/POST{path}") for path in paths)))


def queue_policy(topic_arn: str) -> str:
    """Only Amazon's topic may put messages into the queue."""
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn("sqs", QUEUE),
            "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
        }
    )


def retailer_policy(api_id: str) -> str:
    """What a user of the retailer's needs: drop files, read the status API."""
    return document(
        allow(["s3:PutObject"], arn("s3", f"{INBOX_BUCKET}/*")),
        allow(["execute-api:Invoke"], arn("execute-api", f"{api_id}/*")),
    )
