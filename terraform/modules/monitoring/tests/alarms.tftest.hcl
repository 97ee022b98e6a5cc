# Alarms go to somebody, say what to do, and watch this environment's metrics alone.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\": \"2012-10-17\", \"Statement\": []}" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:123456789012:made-up" }
  }
}

variables {
  name_prefix              = "store-catalog-test"
  app_name                 = "store-catalog"
  environment              = "test"
  function_names           = { reconcile = "store-catalog-test-reconcile", submit_batch = "store-catalog-test-submit_batch" }
  state_machine_arn        = "arn:aws:states:us-east-1:123456789012:stateMachine:store-catalog-test-upload"
  result_queue_name        = "store-catalog-test-results"
  dead_letter_queue_name   = "store-catalog-test-results-dead-letter"
  failed_events_queue_name = "store-catalog-test-failed-events"
  api_name                 = "store-catalog-test"
  alarm_emails             = ["operations@example.com"]
  notification_emails      = ["catalog@example.com"]
  monthly_budget_usd       = 100
}

run "alarms" {
  assert {
    condition = alltrue([
      for alarm in concat(values(aws_cloudwatch_metric_alarm.app), values(aws_cloudwatch_metric_alarm.queues), values(aws_cloudwatch_metric_alarm.executions), values(aws_cloudwatch_metric_alarm.function_errors), values(aws_cloudwatch_metric_alarm.function_throttles)) :
      alarm.alarm_actions == toset([aws_sns_topic.alarms.arn]) && strcontains(alarm.alarm_description, "Runbook: ")
    ])
    error_message = "An alarm goes to nobody, or does not say where the runbook helps."
  }

  assert {
    condition     = alltrue([for alarm in values(aws_cloudwatch_metric_alarm.app) : alarm.dimensions == tomap({ service = "store-catalog", environment = "test" })])
    error_message = "An alarm watches the metrics of other environments, too."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.queues["results-wait"].threshold == 900 && aws_cloudwatch_metric_alarm.queues["result-dead-letter-queue"].threshold == 0
    error_message = "The result queue's alarms have other limits than 15 minutes and no dead letter."
  }

  assert {
    condition     = join(",", keys(aws_cloudwatch_metric_alarm.function_errors)) == "reconcile"
    error_message = "There is an alarm for errors that are part of normal work, or none for those that are not."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.reconcile_missing.treat_missing_data == "breaching"
    error_message = "A schedule that no longer runs goes unnoticed."
  }

  assert {
    condition     = one(one(aws_budgets_budget.monthly).cost_filter).values == tolist(["user:environment$test"])
    error_message = "The budget is not for this environment's tag."
  }

  assert {
    condition     = toset([for told in one(aws_budgets_budget.monthly).notification : told.notification_type]) == toset(["FORECASTED", "ACTUAL"])
    error_message = "The budget tells of a forecast alone, which there is none of in the first weeks, or of what is spent alone."
  }
}

run "an_address_that_is_none_is_refused" {
  command = plan

  variables {
    alarm_emails        = ["operations"]
    notification_emails = ["a b@example.com"]
  }

  expect_failures = [var.alarm_emails, var.notification_emails]
}
