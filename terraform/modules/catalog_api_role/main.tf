# The role that Amazon allow-lists. Functions assume it for every call of the Catalog API.

data "aws_partition" "current" {}

locals {
  # The API is Amazon's: its account and its ID may be unknown (a custom domain hides them). The method and the paths are not: a
  # custom domain's base path is no part of them, and is given with the URL.
  api   = "arn:${data.aws_partition.current.partition}:execute-api:${var.api_region}:${var.api_account_id == "" ? "*" : var.api_account_id}:${var.api_id == "" ? "*" : var.api_id}"
  stage = var.api_stage == "" ? "*" : var.api_stage
}

data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "FunctionsThatCallAmazon"
    effect  = "Allow"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = var.trusted_role_arns
    }

    dynamic "condition" {
      for_each = var.external_id == "" ? [] : [var.external_id]

      content {
        test     = "StringEquals"
        variable = "sts:ExternalId"
        values   = [condition.value]
      }
    }
  }
}

resource "aws_iam_role" "this" {
  name               = var.name
  description        = "Calls Amazon's Catalog API; to be allow-listed by Amazon"
  assume_role_policy = data.aws_iam_policy_document.trust.json
  # A role assumed by a role (chained) has sessions of an hour at most, whatever is set here.
  max_session_duration = 3600
}

data "aws_iam_policy_document" "permissions" {
  statement {
    sid       = "CatalogApi"
    actions   = ["execute-api:Invoke"]
    resources = [for path in var.api_paths : "${local.api}/${local.stage}/POST${path}"]
  }
}

resource "aws_iam_role_policy" "this" {
  name   = "permissions"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.permissions.json
}
