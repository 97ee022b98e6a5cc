# A function's role takes named actions on named resources only.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "123456789012"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

# Nothing is made: a policy document is only written out once the ARNs in it are known.
override_resource {
  target = aws_cloudwatch_log_group.this
  values = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/store-catalog-test-start_upload" }
}

override_resource {
  target = aws_iam_role.this
  values = { arn = "arn:aws:iam::123456789012:role/store-catalog-test-start_upload" }
}

override_resource {
  target = aws_iam_role_policy.this
}

variables {
  function_name      = "store-catalog-test-start_upload"
  log_retention_days = 90
  statements = {
    StartUpload = {
      actions   = ["states:StartExecution"]
      resources = ["arn:aws:states:us-east-1:123456789012:stateMachine:store-catalog-test-upload"]
    }
  }
}

run "only_its_own_logs_and_what_was_given" {
  assert {
    condition     = toset([for s in jsondecode(data.aws_iam_policy_document.permissions.json).Statement : s.Sid]) == toset(["Logs", "Traces", "StartUpload"])
    error_message = "The role may do more than logs, traces and what was given."
  }

  assert {
    condition     = one([for s in jsondecode(data.aws_iam_policy_document.permissions.json).Statement : s.Resource if s.Sid == "Logs"]) == "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/store-catalog-test-start_upload:*"
    error_message = "The role may write to logs that are not its own."
  }

  assert {
    condition     = jsondecode(data.aws_iam_policy_document.trust.json).Statement[0].Principal == { Service = "lambda.amazonaws.com" }
    error_message = "Somebody but Lambda can take the role."
  }
}

run "a_wildcard_is_no_action" {
  command = plan

  variables {
    statements = { All = { actions = ["s3:*"], resources = ["arn:aws:s3:::bucket"] } }
  }

  expect_failures = [var.statements]
}

run "a_wildcard_is_no_resource" {
  command = plan

  variables {
    statements = { All = { actions = ["s3:GetObject"], resources = ["*"] } }
  }

  expect_failures = [var.statements]
}

run "a_name_that_is_too_long_says_what_helps" {
  command = plan

  variables {
    function_name = "store-catalog-an-environment-with-a-very-long-name-indeed-start_upload"
  }

  expect_failures = [var.function_name]
}
