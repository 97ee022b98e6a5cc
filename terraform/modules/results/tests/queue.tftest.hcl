# Who may send to the result queue, and what becomes of a message that can't be worked on.

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
  target = aws_sqs_queue.results
  values = { arn = "arn:aws:sqs:us-east-1:123456789012:store-catalog-test-results" }
}

override_resource {
  target = aws_sqs_queue.dead_letter
  values = { arn = "arn:aws:sqs:us-east-1:123456789012:store-catalog-test-results-dead-letter" }
}

override_resource {
  target = aws_sqs_queue_policy.results
}

override_resource {
  target = aws_sqs_queue_redrive_allow_policy.dead_letter
}

override_module {
  target  = module.bucket
  outputs = { name = "store-catalog-test-data", arn = "arn:aws:s3:::store-catalog-test-data" }
}

variables {
  name_prefix       = "store-catalog-test"
  bucket_name       = "store-catalog-test-data"
  topic_arn         = "arn:aws:sns:us-east-1:111122223333:catalog-results"
  protect_data      = true
  expire_after_days = 90
}

run "only_amazons_topic_may_send" {
  assert {
    condition = {
      for statement in flatten([jsondecode(data.aws_iam_policy_document.results.json).Statement]) : statement.Sid =>
      [statement.Effect, statement.Action, statement.Resource, statement.Principal.Service, statement.Condition.ArnEquals["aws:SourceArn"]]
      } == {
      AmazonsTopicSends = ["Allow", "sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:store-catalog-test-results", "sns.amazonaws.com", "arn:aws:sns:us-east-1:111122223333:catalog-results"]
    }
    error_message = "Somebody else than Amazon's topic may send to the queue."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.results.redrive_policy) == { deadLetterTargetArn = "arn:aws:sqs:us-east-1:123456789012:store-catalog-test-results-dead-letter", maxReceiveCount = 5 }
    error_message = "A message that fails again and again does not go to the dead-letter queue."
  }

  assert {
    condition     = aws_sqs_queue.results.sqs_managed_sse_enabled && aws_sqs_queue.dead_letter.sqs_managed_sse_enabled
    error_message = "A queue is not encrypted."
  }

  assert {
    condition     = aws_sqs_queue.dead_letter.message_retention_seconds == 1209600
    error_message = "Dead letters are kept for less than 14 days."
  }
}

run "a_visibility_time_out_that_is_too_short_says_what_to_give" {
  command = plan

  variables {
    visibility_timeout_seconds = 120
  }

  expect_failures = [var.visibility_timeout_seconds]
}
