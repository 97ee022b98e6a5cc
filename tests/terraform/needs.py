"""Which actions of a policy the recorded calls need."""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from tests.terraform.calls import Call

Statement = Mapping[str, Any]

BY_LAMBDA = {
    "logs:CreateLogStream": "Lambda writes the function's logs with its role; the emulator keeps them itself",
    "logs:PutLogEvents": "as above",
    "xray:PutTraceSegments": "X-Ray's daemon sends traces with the function's role; the emulator has none",
    "xray:PutTelemetryRecords": "as above",
}
NOT_FOUND = dict.fromkeys(
    ("TellMissingObjects", "TellMissingMapping", "TellMissingPrepared", "TellMissingOutcome"),
    "without it S3 answers 403 and not 404 for an object that is missing; the emulator always answers 404",
)
BREAKS_OFF = {"s3:AbortMultipartUpload": "a file of more than 8 MB has to break off while it is written"}

UNRECORDED: dict[str, dict[str, str]] = {
    "start_upload": BY_LAMBDA | NOT_FOUND,
    "catalog_dropped": BY_LAMBDA
    | NOT_FOUND
    | {"sqs:SendMessage": "Lambda sends an event that has failed three times to its destination with this role"},
    "preflight": BY_LAMBDA,
    "prepare_catalog": BY_LAMBDA | NOT_FOUND | BREAKS_OFF,
    "record_upload": BY_LAMBDA,
    "submit_batch": BY_LAMBDA | NOT_FOUND,
    "close_submission": BY_LAMBDA | NOT_FOUND | BREAKS_OFF,
    "ingestion_message": BY_LAMBDA
    | NOT_FOUND
    | BREAKS_OFF
    | {
        "sqs:ReceiveMessage": "Lambda polls the queue with the function's role; the emulator reads it from inside",
        "sqs:DeleteMessage": "as above",
        "sqs:GetQueueAttributes": "as above",
    },
    "reconcile": BY_LAMBDA
    | NOT_FOUND
    | BREAKS_OFF
    | {"s3:GetObjectVersion": "a file without an upload is started when it is ten minutes old"},
    "api_handler": BY_LAMBDA | NOT_FOUND,
    "upload-workflow": {
        "lambda:InvokeFunction": "the emulator runs a state machine without asking for its role's rights; "
        "terraform/modules/workflow/tests holds this policy",
        **dict.fromkeys(("s3:GetObject", "states:StartExecution"), "as above"),
        **dict.fromkeys(("states:DescribeExecution", "states:StopExecution"), "as above"),
        **dict.fromkeys((f"logs:{verb}LogDelivery" for verb in ("Create", "Get", "Update", "Delete")), "as above"),
        **dict.fromkeys(("logs:ListLogDeliveries", "logs:DescribeLogGroups"), "as above"),
        **dict.fromkeys(("logs:PutResourcePolicy", "logs:DescribeResourcePolicies"), "as above"),
        **dict.fromkeys(("xray:GetSamplingRules", "xray:GetSamplingTargets"), "as above"),
        **dict.fromkeys(("xray:PutTelemetryRecords", "xray:PutTraceSegments"), "as above"),
    },
}
"""By function: actions, or statements by their ID, that no run on the emulator can record, each with the reason."""


def recordable(role: str, statement: Statement) -> set[str]:
    """The actions of a statement that a run on the emulator can record."""
    unrecorded = UNRECORDED.get(role.split("-", 3)[-1], {})
    return set() if statement["Sid"] in unrecorded else set(as_list(statement["Action"])) - unrecorded.keys()


def as_list(value: str | list[str]) -> list[str]:
    """A policy's `Action` or `Resource`: one is as good as a list of one."""
    return [value] if isinstance(value, str) else value


def allowed_actions(statements: Iterable[Statement]) -> set[str]:
    """Every action that a policy allows on anything."""
    return {action for statement in statements for action in as_list(statement["Action"])}


def allows(statements: Iterable[Statement], call: Call) -> bool:
    """Whether a policy allows a call."""
    return any(
        call.action in as_list(statement["Action"])
        and any(fnmatchcase(call.resource, pattern) for pattern in as_list(statement["Resource"]))
        for statement in statements
    )


def needed(role: str, action: str, statements: Sequence[Statement], calls: Iterable[Call]) -> bool:
    """Whether some recorded call of the role would be refused if the action were taken out of its policy."""
    rest = [{**each, "Action": [a for a in as_list(each["Action"]) if a != action]} for each in statements]
    return any(call.role == role and allows(statements, call) and not allows(rest, call) for call in calls)


def unused(role: str, statements: Iterable[Statement], calls: Sequence[Call]) -> list[str]:
    """The actions of each statement, and its resources, that no recorded call of the role used."""
    own = [call for call in calls if call.role == role and call.allowed]
    found = []
    for statement in statements:
        if not (expected := recordable(role, statement)):
            continue
        used = [call for call in own if allows([statement], call)]
        found += [f"{statement['Sid']}: {action}" for action in sorted(expected - {call.action for call in used})]
        for pattern in as_list(statement["Resource"]):
            if not any(fnmatchcase(call.resource, pattern) for call in used):
                found.append(f"{statement['Sid']}: {pattern}")
    return found
