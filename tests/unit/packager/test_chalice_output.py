"""The repairs, on a small document of the shape that Chalice 1.34 writes."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from packager import chalice_output
from packager.chalice_output import ChaliceOutputChanged, Document, repair


def a_function(name: str) -> dict[str, Any]:
    return {
        "function_name": name,
        "runtime": "python3.11",
        "architectures": ["x86_64"],
        "handler": "app.x",
        "environment": {"variables": {"TABLE_NAME": "${module.tracking.table_name}"}},
        "tags": {"aws-chalice": "version=1.34.0:stage=dev:app=store-catalog"},
    }


AS_WRITTEN: Document = {
    "resource": {
        "aws_lambda_function": {
            "reconcile": a_function("store-catalog-dev-reconcile"),
            "api_handler": a_function("store-catalog-dev"),
        },
        "aws_s3_bucket_notification": {
            "${module.inbox.bucket_name}_notify": {
                "bucket": "${module.inbox.bucket_name}",
                "lambda_function": [{"lambda_function_arn": "${aws_lambda_function.catalog_dropped.arn}"}],
            }
        },
        "aws_lambda_permission": {"catalog_dropped-s3event": {"principal": "s3.amazonaws.com"}},
        "aws_lambda_event_source_mapping": {"m": {"batch_size": 10}},
        "aws_cloudwatch_event_rule": {"reconcile-event": {"name": "reconcile-event", "description": ""}},
        "aws_cloudwatch_event_target": {},
        "aws_api_gateway_rest_api": {"rest_api": {"name": "store-catalog", "body": "${local.chalice_api_swagger}"}},
        "aws_api_gateway_deployment": {"rest_api": {"stage_name": "api", "stage_description": "x"}},
    },
    "locals": {"chalice_api_swagger": "{}"},
    "terraform": {"required_version": "< 1.4.0", "required_providers": {"aws": {"version": "< 5"}}},
    "data": {
        "aws_caller_identity": {"chalice": {}},
        "aws_region": {"chalice": {}},
        "null_data_source": {"chalice": {"inputs": {"stage": "dev"}}},
    },
    "output": {"EndpointURL": {"value": "${aws_api_gateway_deployment.rest_api.invoke_url}"}},
}


def repaired(change: Callable[[Document], object] = lambda document: None) -> Document:
    document = copy.deepcopy(AS_WRITTEN)
    change(document)
    return repair(document, app="store-catalog", stage="dev", runtime="python3.13", architecture="arm64")


def test_the_document_that_was_given_is_left_as_it_was() -> None:
    before = copy.deepcopy(AS_WRITTEN)
    repair(AS_WRITTEN, app="store-catalog", stage="dev", runtime="python3.13", architecture="arm64")
    assert before == AS_WRITTEN


def test_pins_outputs_the_null_provider_and_the_old_deployment_are_gone() -> None:
    document = repaired()
    assert document.keys() == {"resource", "locals", "data"}
    assert document["data"].keys() == {"aws_caller_identity"}
    assert "aws_api_gateway_deployment" not in document["resource"]


def test_every_name_has_the_environment_of_terraform() -> None:
    resources = repaired()["resource"]
    functions = resources["aws_lambda_function"]
    assert functions["reconcile"]["function_name"] == "store-catalog-${var.environment}-reconcile"
    assert functions["api_handler"]["function_name"] == "store-catalog-${var.environment}-api_handler"
    assert resources["aws_api_gateway_rest_api"]["rest_api"]["name"] == "store-catalog-${var.environment}"
    rule = resources["aws_cloudwatch_event_rule"]["reconcile-event"]
    assert rule["name"] == "store-catalog-${var.environment}-reconcile"
    assert rule["description"]


def test_functions_get_the_runtime_and_the_architecture_asked_for_and_no_tags() -> None:
    function = repaired()["resource"]["aws_lambda_function"]["reconcile"]
    assert function == {
        "function_name": "store-catalog-${var.environment}-reconcile",
        "runtime": "python3.13",
        "architectures": ["arm64"],
        "handler": "app.x",
        "environment": {"variables": {"TABLE_NAME": "${module.tracking.table_name}"}},
    }


def test_variables_that_chalice_was_not_given_reach_every_function() -> None:
    document = copy.deepcopy(AS_WRITTEN)
    done = repair(
        document,
        app="store-catalog",
        stage="dev",
        runtime="python3.13",
        architecture="arm64",
        held_back={"POWERTOOLS_LOG_LEVEL": "${var.log_level}"},
    )
    for function in done["resource"]["aws_lambda_function"].values():
        assert function["environment"]["variables"] == {
            "TABLE_NAME": "${module.tracking.table_name}",
            "POWERTOOLS_LOG_LEVEL": "${var.log_level}",
        }


def test_a_notification_waits_for_the_permission_and_has_a_valid_name() -> None:
    notifications = repaired()["resource"]["aws_s3_bucket_notification"]
    assert list(notifications) == ["inbox"]
    assert notifications["inbox"]["depends_on"] == ["aws_lambda_permission.catalog_dropped-s3event"]


def test_the_queue_mapping_takes_partial_answers_and_has_a_limit() -> None:
    mapping = repaired()["resource"]["aws_lambda_event_source_mapping"]["m"]
    assert mapping["function_response_types"] == ["ReportBatchItemFailures"]
    assert mapping["scaling_config"] == {"maximum_concurrency": "${var.result_concurrency}"}


def _put(document: Document, path: str, value: object) -> None:
    *parents, last = path.split("/")
    for name in parents:
        document = document[name]
    document[last] = value


def _drop(document: Document, path: str) -> None:
    *parents, last = path.split("/")
    for name in parents:
        document = document[name]
    del document[last]


FUNCTIONS = "resource/aws_lambda_function"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: _put(d, "provider", {}), "sections"),
        (lambda d: _put(d, "resource/aws_iam_role", {}), "aws_iam_role"),
        (lambda d: _drop(d, "terraform/required_providers"), "no terraform.required_providers"),
        (lambda d: _drop(d, "data/null_data_source"), "no data.null_data_source"),
        (lambda d: _put(d, "locals/x", "${data.aws_region.chalice.name}"), "data.aws_region"),
        (lambda d: _drop(d, "resource/aws_api_gateway_deployment/rest_api/stage_name"), "stage_name"),
        (lambda d: _drop(d, "output/EndpointURL"), "no output.EndpointURL"),
        (lambda d: _put(d, f"{FUNCTIONS}/reconcile/function_name", "other"), "function reconcile is named 'other'"),
        (lambda d: _drop(d, f"{FUNCTIONS}/reconcile/runtime"), "no runtime"),
        (lambda d: _put(d, f"{FUNCTIONS}/reconcile/tags", {"a": "b"}), "tags of function reconcile"),
        (lambda d: _drop(d, f"{FUNCTIONS}/reconcile/environment"), "reconcile.environment"),
        (lambda d: _drop(d, "resource/aws_api_gateway_rest_api/rest_api"), "rest_api"),
        (lambda d: _put(d, "resource/aws_cloudwatch_event_rule/reconcile-event/name", "x"), "rule reconcile-event"),
        (lambda d: _put(d, "resource/aws_s3_bucket_notification/n", {}), "bucket notification is called 'n'"),
        (lambda d: _drop(d, "resource/aws_lambda_permission/catalog_dropped-s3event"), "catalog_dropped-s3event"),
        (lambda d: _put(d, "resource/aws_lambda_event_source_mapping/m", {}), "event source mapping"),
        (lambda d: _put(d, "locals/x", "arn:store-catalog-dev-y"), "names the stage 'dev' in locals.x"),
        (lambda d: _put(d, f"{FUNCTIONS}/reconcile/list", ["store-catalog-dev"]), r"reconcile.list\[0\]"),
    ],
)
def test_output_of_another_shape_is_refused_and_says_where(change: Callable[[Document], object], says: str) -> None:
    with pytest.raises(ChaliceOutputChanged, match=f"has changed shape: .*{says}"):
        repaired(change)


def test_every_repair_says_why_it_is_needed() -> None:
    names = [
        name
        for name in dir(chalice_output)
        if name.startswith(("drop_", "name_", "set_", "restore_", "repair_", "answer_"))
    ]
    assert len(names) >= 10
    for name in names:
        assert len(getattr(chalice_output, name).__doc__ or "") > 60, name
