# What the emulator does not check, and AWS does: the role of a Distributed Map.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "123456789012"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  name               = "store-catalog-test-upload"
  data_bucket_name   = "store-catalog-test-data"
  data_bucket_arn    = "arn:aws:s3:::store-catalog-test-data"
  log_retention_days = 90
  function_arns = {
    preflight        = "arn:aws:lambda:us-east-1:123456789012:function:store-catalog-test-preflight"
    prepare_catalog  = "arn:aws:lambda:us-east-1:123456789012:function:store-catalog-test-prepare_catalog"
    record_upload    = "arn:aws:lambda:us-east-1:123456789012:function:store-catalog-test-record_upload"
    submit_batch     = "arn:aws:lambda:us-east-1:123456789012:function:store-catalog-test-submit_batch"
    close_submission = "arn:aws:lambda:us-east-1:123456789012:function:store-catalog-test-close_submission"
  }
}

run "the_role_may_do_what_a_distributed_map_needs" {
  command = plan

  assert {
    condition     = toset(one([for s in jsondecode(data.aws_iam_policy_document.permissions.json).Statement : s if s.Sid == "CallSteps"]).Resource) == toset(values(var.function_arns))
    error_message = "The role may call other functions than its steps, or not all of them."
  }

  assert {
    condition = {
      for s in jsondecode(data.aws_iam_policy_document.permissions.json).Statement : s.Sid => [flatten([s.Action]), flatten([s.Resource])]
      if contains(["ReadBatchLists", "StartBatches"], s.Sid)
      } == {
      ReadBatchLists = [["s3:GetObject"], ["arn:aws:s3:::store-catalog-test-data/uploads/*/batches.json"]]
      StartBatches   = [["states:StartExecution"], ["arn:aws:states:us-east-1:123456789012:stateMachine:store-catalog-test-upload"]]
    }
    error_message = "The role can't read the lists of batches, or start executions of its own state machine, or may do more."
  }

  assert {
    condition = one([
      for s in jsondecode(data.aws_iam_policy_document.permissions.json).Statement : toset(s.Action) == toset(["states:DescribeExecution", "states:StopExecution"]) && alltrue([for arn in s.Resource : startswith(arn, "arn:aws:states:us-east-1:123456789012:execution:store-catalog-test-upload")])
      if s.Sid == "FollowBatches"
    ])
    error_message = "The role can't follow and stop its own executions, or may do it to others."
  }

  assert {
    condition     = [for s in jsondecode(data.aws_iam_policy_document.permissions.json).Statement : s.Sid if contains(flatten([s.Resource]), "*")] == ["DeliverLogsAndTraces"]
    error_message = "A statement but that of logs and traces has no resource."
  }

  assert {
    condition     = jsondecode(data.aws_iam_policy_document.trust.json).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    error_message = "A state machine of another account could take the role."
  }

  assert {
    condition     = aws_sfn_state_machine.this.type == "STANDARD" && aws_sfn_state_machine.this.logging_configuration[0].level == "ALL" && aws_sfn_state_machine.this.tracing_configuration[0].enabled
    error_message = "The state machine is not STANDARD, or not logged, or not traced."
  }

  assert {
    condition     = !strcontains(output.definition, "$${")
    error_message = "A placeholder of the definition has no value."
  }
}

run "steps_that_are_missing_are_asked_for" {
  command = plan

  variables {
    function_arns = { preflight = "arn:aws:lambda:us-east-1:123456789012:function:x" }
  }

  expect_failures = [var.function_arns]
}
