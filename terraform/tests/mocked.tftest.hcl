# The whole root, applied to a provider that makes everything up: references, counts and conditions hold together; and what is
# not allowed is refused.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\": \"2012-10-17\", \"Statement\": []}" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/made-up" }
  }

  mock_resource "aws_lambda_function" {
    defaults = {
      arn        = "arn:aws:lambda:us-east-1:123456789012:function:made-up"
      invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:made-up/invocations"
    }
  }

  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:us-east-1:123456789012:made-up"
      id  = "https://sqs.us-east-1.amazonaws.com/123456789012/made-up"
    }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:123456789012:made-up" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:made-up" }
  }

  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:us-east-1:123456789012:rule/made-up" }
  }

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::made-up" }
  }

  mock_resource "aws_dynamodb_table" {
    defaults = { arn = "arn:aws:dynamodb:us-east-1:123456789012:table/made-up" }
  }

  mock_resource "aws_api_gateway_rest_api" {
    defaults = { execution_arn = "arn:aws:execute-api:us-east-1:123456789012:abc123" }
  }

  mock_resource "aws_sfn_state_machine" {
    defaults = { arn = "arn:aws:states:us-east-1:123456789012:stateMachine:made-up" }
  }
}

variables {
  environment        = "test"
  region             = "us-east-1"
  result_topic_arn   = "arn:aws:sns:us-east-1:111122223333:catalog-results"
  catalog_api_url    = "https://abc123.execute-api.us-east-1.amazonaws.com"
  catalog_api_region = "us-east-1"
}

run "with_defaults" {
  assert {
    condition     = output.account_id_for_amazon == "123456789012" && output.role_arn_for_amazon != "" && output.queue_arn_for_amazon != ""
    error_message = "An output that Amazon needs is missing."
  }

  assert {
    condition     = length(output.function_role_arns) == 10
    error_message = "There are not ten function roles."
  }
}

run "with_everything_optional" {
  variables {
    account_id                = "123456789012"
    catalog_api_external_id   = "external-1"
    catalog_api_stage         = "prod"
    catalog_api_account_id    = "111122223333"
    catalog_api_id            = "abc123"
    known_store_ids           = ["STORE-1", "STORE-2"]
    kms_key_arn               = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    keep_api_gateway_log_role = true
    alarm_emails              = ["operations@example.com"]
    notification_emails       = ["catalog@example.com"]
    monthly_budget_usd        = 100
    tags                      = { owner = "catalog" }
  }

  assert {
    condition     = module.monitoring.budget_names == ["store-catalog-test-monthly"]
    error_message = "The budget is missing."
  }
}

run "what_is_not_allowed_is_refused_and_says_what_to_give" {
  command = plan

  variables {
    environment                 = "Dev_1"
    region                      = "Ireland"
    account_id                  = "12345"
    result_topic_arn            = "catalog-results"
    catalog_api_url             = "http://catalog.example.com"
    catalog_api_region          = "us"
    catalog_api_external_id     = "a b"
    catalog_api_stage           = "/prod"
    catalog_api_account_id      = "1"
    catalog_api_id              = "https://x"
    catalog_api_upload_path     = "v1/upload"
    catalog_api_cart_path       = "/v1/*"
    catalog_api_archive_path    = ""
    catalog_api_status_path     = "status"
    calls_per_second            = 0
    pacer_patience_seconds      = 90
    submit_concurrency          = 0
    result_concurrency          = 1
    max_rejected_ratio          = 20
    max_batch_items             = 10001
    max_batch_bytes             = 20000000
    source_operations           = { deli = "upload" }
    status_poll_after_minutes   = -1
    retention_days              = 1
    file_link_minutes           = 0
    sns_certificate_url_prefix  = "https://example.com/"
    status_api_calls_per_second = 0
    log_level                   = "LOUD"
    log_retention_days          = 42
    kms_key_arn                 = "alias/catalog"
    monthly_budget_usd          = 0
  }

  expect_failures = [
    var.environment,
    var.region,
    var.account_id,
    var.result_topic_arn,
    var.catalog_api_url,
    var.catalog_api_region,
    var.catalog_api_external_id,
    var.catalog_api_stage,
    var.catalog_api_account_id,
    var.catalog_api_id,
    var.catalog_api_upload_path,
    var.catalog_api_cart_path,
    var.catalog_api_archive_path,
    var.catalog_api_status_path,
    var.calls_per_second,
    var.pacer_patience_seconds,
    var.submit_concurrency,
    var.result_concurrency,
    var.max_rejected_ratio,
    var.max_batch_items,
    var.max_batch_bytes,
    var.source_operations,
    var.status_poll_after_minutes,
    var.retention_days,
    var.file_link_minutes,
    var.sns_certificate_url_prefix,
    var.status_api_calls_per_second,
    var.log_level,
    var.log_retention_days,
    var.kms_key_arn,
    var.monthly_budget_usd,
  ]
}

run "a_store_id_that_would_be_taken_for_two_is_refused" {
  command = plan

  variables {
    known_store_ids = ["A,B"]
  }

  expect_failures = [var.known_store_ids]
}

run "more_settings_than_a_function_takes_are_refused" {
  command = plan

  variables {
    known_store_ids         = [for number in range(100) : format("STORE-%04d", number)]
    source_operations       = { for number in range(30) : format("source-%d", number) => "cart" }
    catalog_api_external_id = join("", [for number in range(30) : "external-id"])
  }

  expect_failures = [var.known_store_ids]
}

run "as_many_stores_as_fit_are_taken" {
  command = plan

  variables {
    known_store_ids = [for number in range(136) : format("STORE-%04d", number)]
  }
}

run "nothing_is_forgotten_before_its_time" {
  command = plan

  variables {
    retention_days            = 7
    result_deadline_hours     = 169
    lost_event_lookback_hours = 169
  }

  expect_failures = [var.result_deadline_hours, var.lost_event_lookback_hours]
}
