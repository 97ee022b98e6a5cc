"""The state machine against the code that it calls, and against what the emulator is laxer about than AWS."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import pynamodb.exceptions
import pytest
from botocore.stub import Stubber

from chalicelib.amazon import errors
from chalicelib.amazon.pacer import Pacer, Wait
from chalicelib.use_cases.close import SubmissionInFlight

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "terraform/modules/workflow/upload.asl.json").read_text()
MACHINE: dict[str, Any] = json.loads(TEXT.replace("${submit_concurrency}", "50"))
PLACEHOLDERS = {
    "preflight_arn",
    "prepare_catalog_arn",
    "record_upload_arn",
    "submit_batch_arn",
    "close_submission_arn",
    "data_bucket",
    "submit_concurrency",
}
LAMBDAS_OWN = ("Lambda.", "Sandbox.", "Runtime.", "States.Timeout")
AWS_FAULTS = {
    kind.__name__
    for module in (botocore.exceptions, pynamodb.exceptions)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Exception)
}
"""What a call of AWS may raise in any step: another try may succeed."""


def states(machine: dict[str, Any] = MACHINE) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


TASKS = {name: state for name, state in states() if state["Type"] == "Task"}
CHILD = MACHINE["States"]["SubmitBatches"]["ItemProcessor"]


def retried(state: dict[str, Any]) -> set[str]:
    return {name for retrier in state.get("Retry", ()) for name in retrier["ErrorEquals"]}


def retryable_errors() -> set[str]:
    found = vars(errors).values()
    kinds = [kind for kind in found if isinstance(kind, type) and issubclass(kind, errors.CatalogApiError)]
    return {kind.__name__ for kind in kinds if kind.again}


def test_a_call_of_amazon_is_tried_again_exactly_for_the_errors_that_the_code_calls_retryable() -> None:
    for name in ("Preflight", "SubmitBatch"):
        own = {error for error in retried(TASKS[name]) - AWS_FAULTS if not error.startswith(LAMBDAS_OWN)}
        assert own == retryable_errors() | {Wait.__name__}


def test_no_other_step_retries_an_error_of_ours_but_a_call_under_way() -> None:
    for name, task in TASKS.items():
        if name in ("Preflight", "SubmitBatch", "CloseSubmission"):
            continue
        assert all(error.startswith(LAMBDAS_OWN) for error in retried(task) - AWS_FAULTS), name
    assert SubmissionInFlight.__name__ in retried(TASKS["CloseSubmission"])


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_retry_backs_off_with_full_jitter(name: str) -> None:
    for retrier in TASKS[name]["Retry"]:
        assert retrier["JitterStrategy"] == "FULL"
        assert retrier["BackoffRate"] > 1
        assert retrier["MaxDelaySeconds"] <= 60


@pytest.mark.parametrize("name", sorted(TASKS))
def test_lambdas_own_errors_are_retried_in_every_step(name: str) -> None:
    assert any(
        "Lambda.TooManyRequestsException" in r["ErrorEquals"] or r["ErrorEquals"] == ["States.ALL"]
        for r in TASKS[name]["Retry"]
    )


@pytest.mark.parametrize("name", sorted(set(TASKS) - {"CloseSubmission"}))
def test_a_fault_of_s3_or_dynamodb_is_tried_again_in_every_step(name: str) -> None:
    assert {"ClientError", "ReadTimeoutError", "ResponseStreamingError", "TransactWriteError"} <= retried(TASKS[name])


def passing_errors(service: str) -> set[str]:
    """Modelled errors of a service that pass: boto3 raises each as a class of its own name, not as `ClientError`."""
    shapes = boto3.client(service, region_name="us-east-1").meta.service_model.error_shapes
    return {shape.name for shape in shapes if re.search(r"Throttl|Throughput|RequestLimit|InternalServer", shape.name)}


def test_an_error_of_dynamodb_that_passes_is_tried_again_by_the_name_that_the_pacer_gives_it() -> None:
    names = passing_errors("dynamodb")
    assert len(names) >= 4
    for code in names:
        client = boto3.client("dynamodb", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        pacer, stub = Pacer(client, "table"), Stubber(client)
        stub.add_client_error("update_item", service_error_code=code)
        stub.activate()
        with pytest.raises(Exception) as raised:  # noqa: PT011 (its name is what is asked)
            pacer.take_turn()
        for name in ("Preflight", "SubmitBatch"):
            assert raised.type.__name__ in retried(TASKS[name]), code


def test_s3_has_no_error_that_passes_under_a_name_of_its_own() -> None:
    """Were there one, the steps would have to name it beside `ClientError`."""
    assert passing_errors("s3") == set()


def test_waiting_for_a_turn_has_a_retrier_of_its_own_with_many_attempts() -> None:
    for name in ("Preflight", "SubmitBatch"):
        [wait] = [retrier for retrier in TASKS[name]["Retry"] if "Wait" in retrier["ErrorEquals"]]
        assert wait["ErrorEquals"] == ["Wait"]
        assert wait["MaxAttempts"] >= 1000


def test_a_history_of_retries_stays_within_the_25000_events_of_an_execution() -> None:
    events_per_attempt = 3  # scheduled, started, failed
    attempts = sum(
        retrier["MaxAttempts"] for name, task in TASKS.items() if name != "SubmitBatch" for retrier in task["Retry"]
    )
    assert attempts * events_per_attempt < 25_000


def test_whatever_is_caught_ends_in_closing_the_submission() -> None:
    for name in ("Preflight", "Prepare", "Record", "SubmitBatches"):
        [catcher] = MACHINE["States"][name]["Catch"]
        assert catcher == {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "CloseSubmission"}


def test_an_execution_that_was_broken_off_closes_its_upload_and_then_fails() -> None:
    assert TASKS["CloseSubmission"]["Next"] == "BrokenOff"
    [choice] = MACHINE["States"]["BrokenOff"]["Choices"]
    assert choice == {"Variable": "$.error", "IsPresent": True, "Next": "Failed"}


def test_every_child_ends_in_an_empty_object() -> None:
    assert TASKS["SubmitBatch"]["ResultSelector"] == {}
    assert TASKS["SubmitBatch"]["ResultPath"] == "$"
    for name in (catcher["Next"] for catcher in TASKS["SubmitBatch"]["Catch"]):
        assert CHILD["States"][name] == {"Type": "Pass", "Result": {}, "ResultPath": "$", "End": True}


def test_what_more_tries_can_not_mend_is_left_to_closing() -> None:
    caught = {error for catcher in TASKS["SubmitBatch"]["Catch"] for error in catcher["ErrorEquals"]}
    assert caught == retried(TASKS["SubmitBatch"])


def test_the_batches_are_read_from_s3_by_standard_children_of_a_distributed_map() -> None:
    batches = MACHINE["States"]["SubmitBatches"]
    assert CHILD["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    assert batches["ItemReader"]["Resource"] == "arn:aws:states:::s3:getObject"
    assert batches["ResultPath"] is None


def test_an_empty_list_of_batches_is_passed_by() -> None:
    any_batches = MACHINE["States"]["AnyBatches"]
    assert any_batches["Default"] == "CloseSubmission"
    assert any_batches["Choices"] == [
        {"Variable": "$.prepared.batch_count", "NumericGreaterThan": 0, "Next": "SubmitBatches"}
    ]


@pytest.mark.parametrize("name", sorted(set(TASKS) - {"SubmitBatch"}))
def test_only_keys_and_counts_pass_between_the_states(name: str) -> None:
    """State output is limited to 256 KiB: a step's answer is dropped, or cut to a number and a key."""
    if name == "Prepare":
        assert TASKS[name]["ResultSelector"] == {
            "batch_count.$": "$.Payload.batch_count",
            "batch_list.$": "$.Payload.batch_list",
        }
    else:
        assert TASKS[name]["ResultPath"] is None


def test_every_placeholder_is_one_that_both_deployments_fill() -> None:
    assert set(re.findall(r"\$\{(\w+)\}", TEXT)) == PLACEHOLDERS
