"""Repairs of the Terraform that `chalice package --pkg-format terraform` writes (Chalice 1.34), each a pure function.

Every repair takes the document and returns a new one. Where Chalice's output has no longer the shape that a repair is
made for, it raises `ChaliceOutputChanged` instead of passing on something half repaired.
"""

import copy
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

Document = dict[str, Any]

KNOWN_RESOURCES = {
    "aws_lambda_function",
    "aws_s3_bucket_notification",
    "aws_lambda_permission",
    "aws_lambda_event_source_mapping",
    "aws_cloudwatch_event_rule",
    "aws_cloudwatch_event_target",
    "aws_api_gateway_rest_api",
    "aws_api_gateway_deployment",
}
"""Every type that the app makes Chalice write. A new type has not been thought about yet, so it is refused."""


class ChaliceOutputChanged(Exception):
    """Chalice wrote something that the repairs below were not made for; the text says what and where."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"Chalice's Terraform output has changed shape: {what}. "
            "Compare it with packager/chalice_output.py, and adapt the repair and its test."
        )


def repair(
    document: Mapping[str, Any],
    *,
    app: str,
    stage: str,
    runtime: str,
    architecture: str,
    held_back: Mapping[str, str] = MappingProxyType({}),
) -> Document:
    """All repairs, in order.

    Args:
        document: what Chalice wrote to `chalice.tf.json`.
        held_back: environment variables that Chalice was not given, by name.
        app: the Chalice app's name, the first part of every name.
        stage: the Chalice stage that was packaged, e.g. `dev`. It is nowhere in the answer.
        runtime: Lambda's runtime, e.g. `python3.13`.
        architecture: `arm64` or `x86_64`.

    Raises:
        ChaliceOutputChanged: a repair does not find what it repairs.
    """
    repaired = copy.deepcopy(dict(document))
    check_shape(repaired)
    repairs: list[Callable[[Document], Document]] = [
        drop_pins,
        drop_null_provider,
        drop_region_data_source,
        drop_deployment,
        drop_outputs,
        lambda it: name_functions(it, app=app, stage=stage),
        lambda it: set_platform(it, runtime=runtime, architecture=architecture),
        lambda it: restore_variables(it, held_back),
        drop_version_tags,
        name_rest_api,
        lambda it: name_schedules(it, app=app),
        repair_notifications,
        answer_partial_batches,
    ]
    for each in repairs:
        repaired = each(repaired)
    refuse_literal_stage(repaired, app=app, stage=stage)
    return repaired


def check_shape(document: Document) -> None:
    """Refuse sections and resource types that no repair has been written for."""
    sections = {"resource", "locals", "terraform", "data", "output"}
    if document.keys() != sections:
        raise ChaliceOutputChanged(f"its sections are {sorted(document)}, not {sorted(sections)}")
    unknown = document["resource"].keys() - KNOWN_RESOURCES
    if unknown:
        raise ChaliceOutputChanged(f"it has resources of the type {sorted(unknown)}")


def drop_pins(document: Document) -> Document:
    """Chalice pins Terraform < 1.4 and the AWS provider < 5: ours stand in `versions.tf`."""
    _take(document, "terraform", "required_providers", "aws")
    del document["terraform"]
    return document


def drop_null_provider(document: Document) -> Document:
    """The null data source holds the names of app and stage, which nothing reads, and costs a second provider."""
    _take(document, "data", "null_data_source", "chalice")
    del document["data"]["null_data_source"]
    return document


def drop_region_data_source(document: Document) -> Document:
    """Nothing of this app reads `data.aws_region.chalice`, whose `.name` provider 6 has deprecated."""
    _take(document, "data", "aws_region", "chalice")
    if "data.aws_region" in str(document["resource"]) + str(document["locals"]):
        raise ChaliceOutputChanged("a resource reads data.aws_region.chalice, whose .name provider 6 has deprecated")
    del document["data"]["aws_region"]
    return document


def drop_deployment(document: Document) -> Document:
    """`stage_name` and `stage_description` are gone from provider 6; the stage must be a resource of its own.

    terraform/modules/status_api makes deployment and stage: access logs, throttling and tracing are the stage's.
    """
    _take(document, "resource", "aws_api_gateway_deployment", "rest_api", "stage_name")
    del document["resource"]["aws_api_gateway_deployment"]
    return document


def drop_outputs(document: Document) -> Document:
    """`EndpointURL` reads `invoke_url`, which provider 6 has not; `outputs.tf` has the outputs, with descriptions."""
    _take(document, "output", "EndpointURL")
    del document["output"]
    return document


def name_functions(document: Document, *, app: str, stage: str) -> Document:
    """Chalice writes the stage into the names, and calls the API's function by app and stage alone.

    The name comes from Terraform's `environment` instead, so that one package serves every environment.
    """
    for key, function in _take(document, "resource", "aws_lambda_function").items():
        expected = f"{app}-{stage}" if key == "api_handler" else f"{app}-{stage}-{key}"
        if function.get("function_name") != expected:
            raise ChaliceOutputChanged(f"function {key} is named {function.get('function_name')!r}, not {expected!r}")
        function["function_name"] = f"{app}-${{var.environment}}-{key}"
    return document


def set_platform(document: Document, *, runtime: str, architecture: str) -> Document:
    """Chalice takes the runtime from the Python that packages, and x86_64 wherever it runs."""
    for key, function in _take(document, "resource", "aws_lambda_function").items():
        if "runtime" not in function:
            raise ChaliceOutputChanged(f"function {key} has no runtime")
        function["runtime"] = runtime
        function["architectures"] = [architecture]
    return document


def restore_variables(document: Document, held_back: Mapping[str, str]) -> Document:
    """Chalice puts the variables into its own environment to load the app, where a library would read a reference.

    Powertools reads its log level when it is imported, and `${var.log_level}` is none: so Chalice does not get it.
    """
    for name in _take(document, "resource", "aws_lambda_function"):
        variables = _take(document, "resource", "aws_lambda_function", name, "environment", "variables")
        variables.update(held_back)
    return document


def drop_version_tags(document: Document) -> Document:
    """The tag `aws-chalice` holds Chalice's version and the stage: tags are the provider's `default_tags`."""
    for key, function in _take(document, "resource", "aws_lambda_function").items():
        if list(function.get("tags", {})) != ["aws-chalice"]:
            raise ChaliceOutputChanged(f"the tags of function {key} are {function.get('tags')}")
        del function["tags"]
    return document


def name_rest_api(document: Document) -> Document:
    """The API has the app's name alone: two environments in one account could not be told apart."""
    api = _take(document, "resource", "aws_api_gateway_rest_api", "rest_api")
    api["name"] = f"{_take(api, 'name')}-${{var.environment}}"
    return document


def name_schedules(document: Document, *, app: str) -> Document:
    """Rules are named by function alone: the second environment in an account would overwrite the first one's.

    The description, which Chalice leaves empty, says what the rule is for.
    """
    for key, rule in _take(document, "resource", "aws_cloudwatch_event_rule").items():
        function = key.removesuffix("-event")
        if rule.get("name") != key or function == key:
            raise ChaliceOutputChanged(f"rule {key} is named {rule.get('name')!r}")
        rule["name"] = f"{app}-${{var.environment}}-{function}"
        rule["description"] = f"Calls the function {function} on a schedule"
    return document


def repair_notifications(document: Document) -> Document:
    """S3 checks, when a notification is set, that it may call the function: the permission has to come first.

    Chalice also makes the resource's name from the bucket's, and a reference makes no valid name.
    """
    resources = _take(document, "resource")
    notifications = {}
    for key, notification in _take(resources, "aws_s3_bucket_notification").items():
        match = re.fullmatch(r"\$\{module\.(\w+)\.bucket_name\}_notify", key)
        if not match:
            raise ChaliceOutputChanged(f"the bucket notification is called {key!r}")
        called = re.findall(r"aws_lambda_function\.(\w+)\.arn", str(_take(notification, "lambda_function")))
        permissions = [f"{function}-s3event" for function in called]
        for permission in permissions:
            _take(resources, "aws_lambda_permission", permission)
        notification["depends_on"] = [f"aws_lambda_permission.{permission}" for permission in permissions]
        notifications[match[1]] = notification
    resources["aws_s3_bucket_notification"] = notifications
    return document


def answer_partial_batches(document: Document) -> Document:
    """Without `ReportBatchItemFailures`, Lambda ignores which messages failed and deletes the whole batch.

    Scaling: without a limit Lambda calls up to 1,000 functions at once for a full queue, which takes the account's
    concurrency from the functions that submit.
    """
    for mapping in _take(document, "resource", "aws_lambda_event_source_mapping").values():
        if "batch_size" not in mapping or "scaling_config" in mapping or "function_response_types" in mapping:
            raise ChaliceOutputChanged(f"the event source mapping is {sorted(mapping)}")
        mapping["function_response_types"] = ["ReportBatchItemFailures"]
        mapping["scaling_config"] = {"maximum_concurrency": "${var.result_concurrency}"}
    return document


def refuse_literal_stage(document: Document, *, app: str, stage: str) -> None:
    """The stage left anywhere would make the package one environment's own."""
    where = _find(document, re.compile(rf"\b{re.escape(app)}-{re.escape(stage)}\b|stage={re.escape(stage)}\b"))
    if where:
        raise ChaliceOutputChanged(f"it names the stage {stage!r} in {where}")


def _take(document: Mapping[str, Any], *path: str) -> Any:
    found: Any = document
    for depth, name in enumerate(path, start=1):
        if not isinstance(found, Mapping) or name not in found:
            raise ChaliceOutputChanged(f"it has no {'.'.join(path[:depth])}")
        found = found[name]
    return found


def _find(value: Any, pattern: re.Pattern[str], path: str = "") -> str | None:
    if isinstance(value, Mapping):
        return next((at for key, inner in value.items() if (at := _find(inner, pattern, f"{path}.{key}"))), None)
    if isinstance(value, list):
        return next(
            (at for index, inner in enumerate(value) if (at := _find(inner, pattern, f"{path}[{index}]"))), None
        )
    return path.lstrip(".") if isinstance(value, str) and pattern.search(value) else None
