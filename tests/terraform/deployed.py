"""An environment that Terraform has applied to the emulator, with Amazon's simulator beside it."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from chalicelib.tracking.models import LEASE_SK, UPLOAD_SK, source_pk, turn_sk, upload_pk
from local.amazon.simulator import Simulator
from local.deployment import Deployment
from local.emulator import ACCOUNT, REGION, Emulator
from local.retailer import Retailer
from tests.terraform.calls import Call, read_calls, refusals
from tests.terraform.workspace import Workspace

Found = TypeVar("Found")
LATER, EARLIER = "2999-01-01T00:00:00.000000Z", "2020-01-01T00:00:00.000000Z"


class Refused(AssertionError):
    """A role was refused something: its policy lacks an action."""


@dataclass(frozen=True)
class Deployed:
    """One applied environment."""

    name: str
    workspace: Workspace
    outputs: dict[str, Any]
    emulator: Emulator
    simulator: Simulator
    recorded: Path

    @cached_property
    def retailer(self) -> Retailer:
        """A user who may drop files into this environment's inbox and call its status API."""
        inbox, api = self.outputs["inbox_bucket"], self.outputs["rest_api_id"]
        allowed = {
            "s3:PutObject": f"arn:aws:s3:::{inbox}/inbox/*",
            "execute-api:Invoke": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/*",
        }
        statements = [{"Effect": "Allow", "Action": action, "Resource": arn} for action, arn in allowed.items()]
        keys = self.emulator.user(f"retailer-{self.name}", {"Version": "2012-10-17", "Statement": statements})
        deployment = Deployment(
            emulator=self.emulator,
            api_id=api,
            queue_url=self.queue_url,
            dead_letter_queue_url=self.outputs["dead_letter_queue_url"],
            retailer=keys,
            inbox_bucket=inbox,
            data_bucket=self.outputs["data_bucket"],
            table=self.outputs["table_name"],
            queue_arn=self.outputs["queue_arn_for_amazon"],
            catalog_api_role_arn=self.outputs["role_arn_for_amazon"],
            state_machine_arn=self.outputs["state_machine_arn"],
        )
        return Retailer(deployment)

    @cached_property
    def queue_url(self) -> str:
        """The result queue."""
        name = self.outputs["queue_arn_for_amazon"].rsplit(":", 1)[1]
        return str(self.emulator.client("sqs").get_queue_url(QueueName=name)["QueueUrl"])

    def function_name(self, function: str) -> str:
        return f"store-catalog-{self.name}-{function}"

    def calls(self) -> list[Call]:
        """What the roles of this environment have done until now."""
        return [call for call in read_calls(self.recorded) if call.role.startswith(f"store-catalog-{self.name}-")]

    def wait_for(self, condition: Callable[[], Found | None], what: str, limit: float = 120.0) -> Found:
        """Ask until there is an answer.

        Raises:
            Refused: a role was refused something meanwhile; the text names it.
            TimeoutError: `what` has not happened within `limit` seconds.
        """
        deadline = time.monotonic() + limit
        while True:
            found = condition()
            if refused := refusals(self.calls()):
                raise Refused("; ".join(refused))
            if found:
                return found
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}: not within {limit:.0f} seconds; see {self.emulator.log}")
            time.sleep(0.3)

    def invoke(self, function: str, event: Any) -> Any:
        """Call a function and wait for its answer.

        Raises:
            AssertionError: it failed.
        """
        done = self.emulator.client("lambda").invoke(
            FunctionName=self.function_name(function), Payload=json.dumps(event)
        )
        answer = json.loads(done["Payload"].read() or b"null")
        assert "FunctionError" not in done, f"{function} failed: {answer}; {refusals(self.calls())}"
        return answer

    def reconcile(self) -> None:
        """Call the function as its schedule does."""
        rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{self.function_name('reconcile')}"
        event = {"version": "0", "id": "0", "account": ACCOUNT, "region": REGION, "resources": [rule], "detail": {}}
        event |= {"source": "aws.events", "detail-type": "Scheduled Event", "time": "2026-01-01T00:00:00Z"}
        self.invoke("reconcile", event)

    def put_record(self, **attributes: str | int) -> None:
        """Put an item into the table, past the app."""
        item = {
            name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in attributes.items()
        }
        self.emulator.client("dynamodb").put_item(TableName=self.outputs["table_name"], Item=item)

    def hold_turn(self, source: str, upload_id: str, *, until: str) -> None:
        """Make it look as if an upload had the turn of a source."""
        self.put_record(pk=source_pk(source), sk=LEASE_SK, upload_id=upload_id, until=until)
        self.put_record(pk=source_pk(source), sk=turn_sk(EARLIER, EARLIER, upload_id), upload_id=upload_id)

    def copy_upload(self, upload_id: str, new_id: str) -> None:
        """Make it look as if an upload had been claimed by somebody who died before starting its execution."""
        dynamodb, table = self.emulator.client("dynamodb"), self.outputs["table_name"]
        key = {"pk": {"S": upload_pk(upload_id)}, "sk": {"S": UPLOAD_SK}}
        item = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
        for name in ("finished_at", "notified_at", "submission_stopped", "submission_closed_at", "reason", "format"):
            item.pop(name, None)
        counts = ("rows_read", "accepted", "failed", "rejected", "batches", "items", "bytes")
        new = {"pk": upload_pk(new_id), "upload_id": new_id, "state": "RECEIVED", "open": "OPEN"}
        dynamodb.put_item(
            TableName=table,
            Item=item | {name: {"N": "0"} for name in counts} | {name: {"S": value} for name, value in new.items()},
        )

    def stop_execution(self, upload_id: str) -> None:
        """Stop an upload's execution by hand, once it runs."""
        step_functions = self.emulator.client("stepfunctions")
        arn = f"{self.outputs['state_machine_arn'].replace(':stateMachine:', ':execution:')}:{upload_id}"

        def runs() -> bool:
            executions = step_functions.list_executions(stateMachineArn=self.outputs["state_machine_arn"])["executions"]
            return arn in {execution["executionArn"] for execution in executions}

        self.wait_for(runs, f"execution of {upload_id}")
        step_functions.stop_execution(executionArn=arn)


def deploy(
    folder: Path, package: Path, name: str, emulator: Emulator, simulator: Simulator, recorded: Path
) -> Deployed:
    """Apply the root as a `local` environment, hand role and queue to Amazon, and wait until the app has confirmed."""
    workspace = Workspace.copy(folder, package, emulator.environment())
    workspace.set_variables(
        environment=name,
        region=REGION,
        account_id=ACCOUNT,
        result_topic_arn=simulator.topic_arn,
        catalog_api_url=simulator.url,
        catalog_api_region=simulator.region,
        catalog_api_stage=simulator.stage,
        catalog_api_external_id=f"external-{name}",
        known_store_ids=list(simulator.stores),
        # What only a local AWS may have.
        require_tls=False,
        protect_data=False,
        sns_certificate_url_prefix=simulator.certificate_prefix,
        # Several batches out of a small file, few processes, and no long waiting.
        max_batch_items=500,
        submit_concurrency=2,
        result_concurrency=2,
        status_poll_after_minutes=0.05,
        log_retention_days=1,
    )
    deployed = Deployed(name, workspace, workspace.apply(), emulator, simulator, recorded)
    role = deployed.outputs["role_arn_for_amazon"]
    simulator.register(role, deployed.outputs["queue_arn_for_amazon"])
    deployed.wait_for(lambda: simulator.is_confirmed(role), "confirmation of the subscription")
    return deployed
