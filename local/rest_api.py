"""A REST API in the emulator. It cannot import one (`ImportRestApi`); CloudFormation's `Body` does the same."""

import json
from typing import Any

from local.emulator import ACCOUNT, REGION, Emulator


def create_rest_api(
    emulator: Emulator,
    name: str,
    body: dict[str, Any],
    *,
    stage: str,
    function_name: str,
    properties: dict[str, Any] | None = None,
) -> str:
    """Create a REST API whose methods call one function, and deploy it to a stage.

    Args:
        body: Swagger 2.0 document with API Gateway's extensions.
        properties: more properties of `AWS::ApiGateway::RestApi`.

    Returns:
        The API's ID; `invoke_url` gives its address.
    """
    template = {
        "Resources": {
            "Api": {
                "Type": "AWS::ApiGateway::RestApi",
                "Properties": {"Name": name, "Body": body, **(properties or {})},
            },
            "Deployment": {"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": {"Ref": "Api"}}},
            "Stage": {
                "Type": "AWS::ApiGateway::Stage",
                "Properties": {
                    "RestApiId": {"Ref": "Api"},
                    "DeploymentId": {"Ref": "Deployment"},
                    "StageName": stage,
                },
            },
        },
        "Outputs": {"Id": {"Value": {"Ref": "Api"}}},
    }
    cloudformation = emulator.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    outputs = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    api_id = str(outputs[0]["OutputValue"])
    emulator.client("lambda").add_permission(
        FunctionName=function_name,
        StatementId="api-gateway",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api_id}/*",
    )
    return api_id


def invoke_url(emulator: Emulator, api_id: str) -> str:
    """Scheme, host and first folders of an API's address; the stage and the path follow."""
    return f"{emulator.endpoint}/_aws/execute-api/{api_id}"


def function_uri(function_arn: str) -> str:
    """What an integration calls."""
    return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function_arn}/invocations"
