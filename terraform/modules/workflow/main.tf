# The state machine of an upload, from the one ASL file.

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  states = "arn:${data.aws_partition.current.partition}:states:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}"
  # Constructed: the role names the state machine, and the state machine the role.
  state_machine_arn = "${local.states}:stateMachine:${var.name}"
  definition = templatefile("${path.module}/upload.asl.json", merge(
    { for step, arn in var.function_arns : "${step}_arn" => arn },
    { data_bucket = var.data_bucket_name, submit_concurrency = var.submit_concurrency },
  ))
}

# Under /aws/vendedlogs: CloudWatch's resource policy for log delivery is limited to 5,120 characters, and this prefix
# does not count.
resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:The workflow's states carry keys and counts, no item data; CloudWatch encrypts them with a key of its own
  #checkov:skip=CKV_AWS_338:The retention is a setting (log_retention_days)
  name              = "/aws/vendedlogs/states/${var.name}"
  retention_in_days = var.log_retention_days
}

data "aws_iam_policy_document" "trust" {
  statement {
    effect  = "Allow"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["states.amazonaws.com"]
    }

    # Not somebody else's state machine.
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_iam_role" "this" {
  name               = "${var.name}-workflow"
  description        = "Runs the state machine ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

data "aws_iam_policy_document" "permissions" {
  statement {
    sid       = "CallSteps"
    actions   = ["lambda:InvokeFunction"]
    resources = values(var.function_arns)
  }

  statement {
    sid       = "ReadBatchLists"
    actions   = ["s3:GetObject"]
    resources = ["${var.data_bucket_arn}/uploads/*/batches.json"]
  }

  # A Distributed Map runs every batch as an execution of its own.
  statement {
    sid       = "StartBatches"
    actions   = ["states:StartExecution"]
    resources = [local.state_machine_arn]
  }

  statement {
    sid       = "FollowBatches"
    actions   = ["states:DescribeExecution", "states:StopExecution"]
    resources = ["${local.states}:execution:${var.name}:*", "${local.states}:execution:${var.name}/*"]
  }

  statement {
    #checkov:skip=CKV_AWS_111:Log delivery and X-Ray take no resource
    #checkov:skip=CKV_AWS_356:Log delivery and X-Ray take no resource
    sid = "DeliverLogsAndTraces"
    actions = [
      "logs:CreateLogDelivery",
      "logs:DeleteLogDelivery",
      "logs:DescribeLogGroups",
      "logs:DescribeResourcePolicies",
      "logs:GetLogDelivery",
      "logs:ListLogDeliveries",
      "logs:PutResourcePolicy",
      "logs:UpdateLogDelivery",
      "xray:GetSamplingRules",
      "xray:GetSamplingTargets",
      "xray:PutTelemetryRecords",
      "xray:PutTraceSegments",
    ]
    resources = ["*"]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]

    content {
      sid       = "DecryptBatchLists"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_role_policy" "this" {
  name   = "permissions"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.permissions.json
}

resource "aws_sfn_state_machine" "this" {
  name       = var.name
  type       = "STANDARD"
  role_arn   = aws_iam_role.this.arn
  definition = local.definition

  logging_configuration {
    level                  = "ALL"
    include_execution_data = true
    log_destination        = "${aws_cloudwatch_log_group.this.arn}:*"
  }

  tracing_configuration {
    enabled = true
  }

  # The role is tried when the state machine is made.
  depends_on = [aws_iam_role_policy.this]
}
