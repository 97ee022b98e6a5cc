"""The state machine's check: it finds faults, and has none to find in ours."""

import json
from typing import Any

import pytest

from packager.lint_state_machine import ASL_FILE, PROJECT, faults_of, fill_placeholders


def definition(**changes: Any) -> str:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "${preflight_arn}"},
        "End": True,
    }
    return json.dumps({"StartAt": "Preflight", "States": {"Preflight": task | changes}})


def test_our_state_machine_has_no_fault() -> None:
    assert faults_of((PROJECT / ASL_FILE).read_text()) == []


def test_a_right_definition_has_no_fault() -> None:
    assert faults_of(definition()) == []


@pytest.mark.parametrize("changes", [{"Type": "Tusk"}, {"Retry": [{"IntervalSeconds": 1}]}, {"Next": 3}])
def test_a_wrong_definition_is_faulted(changes: dict[str, Any]) -> None:
    assert faults_of(definition(**changes))


def test_a_definition_that_is_no_json_says_so() -> None:
    (fault,) = faults_of("{")
    assert "no JSON" in fault


def test_placeholders_get_values_of_the_right_kind() -> None:
    filled = fill_placeholders('["${preflight_arn}", ${submit_concurrency}, "${data_bucket}"]')
    assert json.loads(filled) == ["arn:aws:lambda:us-east-1:123456789012:function:preflight", 50, "data-bucket"]
