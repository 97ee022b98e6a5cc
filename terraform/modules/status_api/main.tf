# Deployment and stage of the status API. The API itself is generated (chalice.tf.json); what goes into a stage is here.

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = var.rest_api_id

  # Another description of the API is another deployment; the stage then points to it.
  triggers = {
    description = sha256(var.api_description)
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "access" {
  #checkov:skip=CKV_AWS_158:The access log carries no bodies; CloudWatch encrypts it with a key of its own
  #checkov:skip=CKV_AWS_338:The retention is a setting (log_retention_days)
  name              = "/aws/apigateway/${var.name}"
  retention_in_days = var.log_retention_days
}

# API Gateway makes this group itself, under this name, to be kept for ever: made here first, it forgets like the others.
resource "aws_cloudwatch_log_group" "execution" {
  #checkov:skip=CKV_AWS_158:Errors of the API, without bodies; CloudWatch encrypts them with a key of its own
  #checkov:skip=CKV_AWS_338:The retention is a setting (log_retention_days)
  name              = "API-Gateway-Execution-Logs_${var.rest_api_id}/${var.stage_name}"
  retention_in_days = var.log_retention_days
}

resource "aws_api_gateway_stage" "this" {
  #checkov:skip=CKV_AWS_120:Answers change from one second to the next: a cache would show yesterday's state of an upload
  #checkov:skip=CKV2_AWS_29:Every call is signed by an IAM identity of this account; a web application firewall guards public APIs
  #checkov:skip=CKV2_AWS_51:Callers sign with IAM credentials, which a client certificate would only repeat
  rest_api_id          = var.rest_api_id
  deployment_id        = aws_api_gateway_deployment.this.id
  stage_name           = var.stage_name
  xray_tracing_enabled = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format = jsonencode({
      requestId    = "$context.requestId"
      time         = "$context.requestTime"
      caller       = "$context.identity.userArn"
      method       = "$context.httpMethod"
      path         = "$context.path"
      status       = "$context.status"
      milliseconds = "$context.responseLatency"
      # Not the message: it may quote the session token that was signed with, and its quotes would break this JSON.
      error = "$context.error.responseType"
    })
  }

  depends_on = [aws_api_gateway_account.this, aws_cloudwatch_log_group.execution]
}

resource "aws_api_gateway_method_settings" "all" {
  #checkov:skip=CKV_AWS_225:No cache, as said at the stage
  #checkov:skip=CKV_AWS_308:No cache, as said at the stage
  rest_api_id = var.rest_api_id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "*/*"

  settings {
    metrics_enabled        = true
    logging_level          = "ERROR"
    data_trace_enabled     = false
    throttling_rate_limit  = var.calls_per_second
    throttling_burst_limit = var.calls_burst
  }
}

# One per account and region, whatever the number of APIs: two environments that both keep it would take it from each other.
resource "aws_api_gateway_account" "this" {
  count = var.keep_account_log_role ? 1 : 0

  cloudwatch_role_arn = aws_iam_role.logs[0].arn
  depends_on          = [aws_iam_role_policy_attachment.logs]
}

data "aws_partition" "current" {}

data "aws_iam_policy_document" "logs_trust" {
  statement {
    effect  = "Allow"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["apigateway.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "logs" {
  count = var.keep_account_log_role ? 1 : 0

  name               = "${var.name}-api-logs"
  description        = "Writes API Gateway's logs, for every API of the account in this region"
  assume_role_policy = data.aws_iam_policy_document.logs_trust.json
}

resource "aws_iam_role_policy_attachment" "logs" {
  count = var.keep_account_log_role ? 1 : 0

  role       = aws_iam_role.logs[0].name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}
