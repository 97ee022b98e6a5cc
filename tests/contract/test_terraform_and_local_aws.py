"""The local AWS is made without Terraform; what the two state must be the same."""

import json
import re
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.tracking import models
from local import deployment, policies, values
from local.amazon.simulator import Simulator
from local.emulator import Emulator
from local.references import resolve

PROJECT = Path(__file__).parents[2]
TERRAFORM = PROJECT / "terraform"
CONFIG = json.loads((PROJECT / ".chalice" / "config.json").read_text())
FUNCTIONS = list(CONFIG["lambda_functions"])


def text(*parts: str) -> str:
    return (TERRAFORM.joinpath(*parts)).read_text()


def default_of(module: str, variable: str) -> Any:
    """The default of a module's variable."""
    found = re.search(
        rf'variable "{variable}" \{{.*?default += ([^\n]+)', text("modules", module, "variables.tf"), re.DOTALL
    )
    assert found
    return json.loads(found[1])


@pytest.fixture
def local_values() -> dict[str, Any]:
    """Every reference of the app's configuration, as the local AWS has it."""
    simulator = Simulator(
        emulator=Emulator(pid=0, port=1, home=""),
        url="http://127.0.0.1:1/api",
        certificate_prefix="p",
        certificate_url="u",
    )
    return values.values_for(simulator, f"http://127.0.0.1:1/{values.ACCOUNT}/{values.QUEUE}", FUNCTIONS)


def test_every_setting_of_the_app_has_a_value_in_the_local_aws_too(local_values: dict[str, Any]) -> None:
    resolved = resolve(CONFIG["environment_variables"], local_values)
    assert resolved.keys() == CONFIG["environment_variables"].keys()
    assert not [name for name, value in resolved.items() if "${" in str(value)]


def test_settings_that_the_local_aws_does_not_choose_have_terraforms_defaults(local_values: dict[str, Any]) -> None:
    root = text("variables.tf")
    for name in ("max_rejected_ratio", "max_batch_items", "max_batch_bytes", "result_deadline_hours", "retention_days"):
        found = re.search(rf'variable "{name}" \{{.*?default += ([^\n]+)', root, re.DOTALL)
        assert found
        assert local_values[f"var.{name}"] == json.loads(found[1]), name


def test_names_are_the_same_for_an_environment_called_local() -> None:
    main = text("main.tf")
    expected = {
        values.STATE_MACHINE: '"${local.prefix}-upload"',
        values.CATALOG_API_ROLE: '"${local.prefix}-catalog-api"',
    }
    for name, expression in expected.items():
        assert expression in main
        assert name == json.loads(expression).replace("${local.prefix}", values.PREFIX)
    assert '"${var.name_prefix}-results"' in text("modules", "results", "main.tf")
    assert f"{values.PREFIX}-results" == values.QUEUE
    assert '"${var.name_prefix}-results-dead-letter"' in text("modules", "results", "main.tf")
    assert f"{values.PREFIX}-results-dead-letter" == values.DEAD_LETTER_QUEUE
    assert '"${var.name_prefix}-failed-events"' in text("modules", "inbox", "main.tf")
    assert f"{values.PREFIX}-failed-events" == values.FAILED_EVENTS_QUEUE
    assert '"${var.name_prefix}-notifications"' in text("modules", "monitoring", "main.tf")
    assert f"{values.PREFIX}-notifications" == values.NOTIFICATION_TOPIC
    assert default_of("status_api", "stage_name") == values.STAGE


def test_both_hide_messages_as_long_and_try_them_as_often() -> None:
    timeout = CONFIG["lambda_functions"][deployment.RESULT_FUNCTION]["lambda_timeout"]
    assert default_of("results", "visibility_timeout_seconds") == deployment.VISIBILITY_FACTOR * timeout
    assert default_of("results", "max_receive_count") == deployment.MAX_RECEIVES


def test_both_read_the_same_state_machine_and_fill_in_the_same_steps() -> None:
    assert deployment.ASL_FILE == TERRAFORM / "modules" / "workflow" / "upload.asl.json"
    steps = re.search(r"function_arns +=.*?\[([^\]]+)\]", text("main.tf"))
    assert steps
    assert tuple(json.loads(f"[{steps[1]}]")) == policies.WORKFLOW_FUNCTIONS


def test_the_same_functions_may_call_amazon() -> None:
    callers = re.search(r"functions_that_call_amazon = (\[[^\]]+\])", text("functions.tf"))
    assert callers
    assert set(json.loads(callers[1])) == set(policies.CALLERS_OF_AMAZON)


def test_both_take_triggers_and_functions_from_the_package_and_state_none_themselves() -> None:
    # The local AWS reads chalice.tf.json; Terraform's own files must not have what Chalice writes there.
    written = "".join(path.read_text() for path in TERRAFORM.rglob("*.tf"))
    generated = (
        "aws_lambda_function",
        "aws_s3_bucket_notification",
        "aws_lambda_event_source_mapping",
        "aws_lambda_permission",
    )
    generated += ("aws_cloudwatch_event_rule", "aws_cloudwatch_event_target", "aws_api_gateway_rest_api")
    for kind in generated:
        assert f'resource "{kind}"' not in written, kind


def test_the_table_of_the_models_is_the_table_of_terraform(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        models.bind("contract", region="us-east-1")
        models.create_table()
        client = boto3.client("dynamodb", region_name="us-east-1")
        table = client.describe_table(TableName="contract")["Table"]
        ttl = client.describe_time_to_live(TableName="contract")["TimeToLiveDescription"]
    written = text("modules", "tracking", "main.tf")
    attributes = dict(re.findall(r'attribute \{\s+name = "(\w+)"\s+type = "(\w)"', written))
    assert attributes == {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
    assert re.findall(r'^  (?:hash|range)_key += "(\w+)"', written, re.MULTILINE) == [
        key["AttributeName"] for key in table["KeySchema"]
    ]
    indexes = {}
    for body in re.findall(r"global_secondary_index \{\n(.*?)\n  \}\n", written, re.DOTALL):
        name, projection = re.findall(r'^    (?:name|projection_type) += "(\w+)"', body, re.MULTILINE)
        indexes[name] = (projection, re.findall(r'attribute_name = "(\w+)"', body))
    assert indexes == {
        index["IndexName"]: (
            index["Projection"]["ProjectionType"],
            [key["AttributeName"] for key in index["KeySchema"]],
        )
        for index in table["GlobalSecondaryIndexes"]
    }
    assert ttl["AttributeName"] == "expires"
    assert 'attribute_name = "expires"' in written
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
