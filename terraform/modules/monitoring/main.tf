# Who is told of what: two topics, the alarms, the dashboard, the budget. Every alarm says what to do.

data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  # "Runbook: <section>" in a description is a section, or a symptom, of docs/runbook.md.
  # Powertools writes every metric with the service and the environment.
  app_dimensions = { service = var.app_name, environment = var.environment }

  queue_alarms = {
    result-dead-letter-queue = {
      queue       = var.dead_letter_queue_name, metric = "ApproximateNumberOfMessagesVisible", threshold = 0
      description = "A completion message could not be worked on. Read its attribute `reason` in the dead-letter queue; after mending the cause, redrive the queue. Runbook: Dead-letter queue not empty."
    }
    failed-inbox-events = {
      queue       = var.failed_events_queue_name, metric = "ApproximateNumberOfMessagesVisible", threshold = 0
      description = "An object of the inbox could not be started three times. The message names it; the next reconcile run tries again. Runbook: Event not delivered."
    }
    # SQS leaves out a message that has been received three times: what fails again and again shows as MessagesFailed.
    results-wait = {
      queue       = var.result_queue_name, metric = "ApproximateAgeOfOldestMessage", threshold = 900
      description = "A completion message has waited for more than 15 minutes. See the log and the throttles of the function ingestion_message. Runbook: Oldest message over 15 minutes."
    }
  }

  app_alarms = {
    AccessRefused           = "Amazon answered 403: the role, its allow-listing or the signature is wrong. The upload's reason says which, and nothing is sent until it is mended. Runbook: Access refused."
    UploadsFailed           = "An upload ended without a single row accepted, because Amazon refused every row, or by a fault on the way. Its reason says why: GET /uploads/<upload id> of the status API. Runbook: Upload failed."
    UploadsStuck            = "An upload's execution ended without closing it, and reconcile has closed it; or it took so long that its source's turn went to a later file. The execution's history has the cause. Runbook: Upload stuck."
    ReconcileFailures       = "Reconcile could not move an upload on. Its log has the upload's ID and the error. Runbook: Reconcile failed."
    BatchesWithoutResult    = "A batch got no result from Amazon within the deadline; its rows are reported as failed. Ask Amazon with the ingestion ID. Runbook: Batch without a result."
    UnreadableReports       = "Amazon's report of a batch could not be read; it is kept as it came under reports/ in the data bucket. Runbook: Report unreadable."
    ReportsWithoutIngestion = "A report came that names no ingestion. It is kept under reports/ in the data bucket; the status operation closes its batch. Runbook: Report without an ingestion."
    MessagesFailed          = "A completion message could not be worked on, and is tried again after 12 minutes, five times in all. The log of ingestion_message has the error: 'message left in the queue'. Runbook: Message failed."
    SubscriptionsEnded      = "Amazon's topic no longer sends to the result queue. Results come by polling, later; ask Amazon to subscribe the queue again. Runbook: Subscription ended."
  }

  execution_alarms = {
    ExecutionsFailed   = "An execution failed, though every error is caught: see its history. Reconcile closes the upload."
    ExecutionsTimedOut = "An execution ran into its time-out: see its history. Reconcile closes the upload."
    ExecutionsAborted  = "An execution was stopped by hand. Reconcile closes the upload."
  }

  # Errors of these are the state machine's to retry (waiting for a turn, or for a call under way, is one of them); what is
  # left after the retries shows as AccessRefused, in the upload's state, or as a failed execution.
  functions_with_expected_errors = ["preflight", "submit_batch", "close_submission"]
  functions_with_error_alarms    = { for name, function in var.function_names : name => function if !contains(local.functions_with_expected_errors, name) }
}

resource "aws_sns_topic" "alarms" {
  #checkov:skip=CKV_AWS_26:CloudWatch can't publish to a topic that is encrypted with the key that AWS manages; an alarm's text holds names and numbers only
  name = "${var.name_prefix}-alarms"
}

resource "aws_sns_topic" "notifications" {
  #checkov:skip=CKV_AWS_26:A notification holds an upload's ID, state and counts, no item data
  name = "${var.name_prefix}-notifications"
}

resource "aws_sns_topic_subscription" "alarms" {
  for_each = var.alarm_emails

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_sns_topic_subscription" "notifications" {
  for_each = var.notification_emails

  topic_arn = aws_sns_topic.notifications.arn
  protocol  = "email"
  endpoint  = each.value
}

data "aws_iam_policy_document" "alarms" {
  statement {
    sid       = "AlarmsAndBudgetPublish"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.alarms.json
}

resource "aws_cloudwatch_metric_alarm" "queues" {
  for_each = local.queue_alarms

  alarm_name          = "${var.name_prefix}-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/SQS"
  metric_name         = each.value.metric
  dimensions          = { QueueName = each.value.queue }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# The e-mail on the result queue that Amazon recommends: results are coming in.
resource "aws_cloudwatch_metric_alarm" "result_messages" {
  count = var.mail_result_messages ? 1 : 0

  alarm_name          = "${var.name_prefix}-result-messages"
  alarm_description   = "Amazon has sent completion messages. Nothing to do: GET /uploads of the status API shows what became of the uploads."
  namespace           = "AWS/SQS"
  metric_name         = "NumberOfMessagesReceived"
  dimensions          = { QueueName = var.result_queue_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.notifications.arn]
}

resource "aws_cloudwatch_metric_alarm" "executions" {
  for_each = local.execution_alarms

  alarm_name          = "${var.name_prefix}-${each.key}"
  alarm_description   = "${each.value} Runbook: Execution failed."
  namespace           = "AWS/States"
  metric_name         = each.key
  dimensions          = { StateMachineArn = var.state_machine_arn }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "function_errors" {
  for_each = local.functions_with_error_alarms

  alarm_name          = "${each.value}-errors"
  alarm_description   = "The function ${each.value} failed: its log group /aws/lambda/${each.value} has the error. Runbook: Function failed."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = each.value }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "function_throttles" {
  for_each = var.function_names

  alarm_name          = "${each.value}-throttles"
  alarm_description   = "Calls of ${each.value} are being throttled: the account's Lambda concurrency is used up. Ask AWS for more, or lower submit_concurrency. Runbook: Function throttled."
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  dimensions          = { FunctionName = each.value }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "reconcile_missing" {
  alarm_name          = "${var.name_prefix}-reconcile-missing"
  alarm_description   = "Reconcile has not run for 30 minutes: lost events and lost messages are not made good. See its schedule, and its log. Runbook: Reconcile has not run."
  namespace           = "AWS/Lambda"
  metric_name         = "Invocations"
  dimensions          = { FunctionName = var.function_names["reconcile"] }
  statistic           = "Sum"
  period              = 1800
  evaluation_periods  = 1
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "app" {
  for_each = local.app_alarms

  alarm_name          = "${var.name_prefix}-${each.key}"
  alarm_description   = each.value
  namespace           = var.metrics_namespace
  metric_name         = each.key
  dimensions          = local.app_dimensions
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name_prefix

  dashboard_body = jsonencode({
    widgets = [
      for index, widget in [
        { title = "Uploads by their end", metrics = [for name in ["UploadsCompleted", "UploadsCompletedWithErrors", "UploadsFailed", "UploadsInvalid"] : [var.metrics_namespace, name, "service", var.app_name, "environment", var.environment]] },
        { title = "What went wrong", metrics = [for name in keys(local.app_alarms) : [var.metrics_namespace, name, "service", var.app_name, "environment", var.environment]] },
        { title = "Executions", metrics = [for name in ["ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut"] : ["AWS/States", name, "StateMachineArn", var.state_machine_arn]] },
        { title = "Result queue: waiting, and its oldest in seconds", metrics = [["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.result_queue_name], ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", var.result_queue_name]] },
        { title = "Dead letters", metrics = [for queue in [var.dead_letter_queue_name, var.failed_events_queue_name] : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue]] },
        { title = "Function errors", metrics = [for name in values(var.function_names) : ["AWS/Lambda", "Errors", "FunctionName", name]] },
        { title = "Function duration, milliseconds", metrics = [for name in values(var.function_names) : ["AWS/Lambda", "Duration", "FunctionName", name]] },
        { title = "Status API", metrics = [for name in ["Count", "4XXError", "5XXError"] : ["AWS/ApiGateway", name, "ApiName", var.api_name, "Stage", var.api_stage]] },
        ] : {
        type   = "metric"
        x      = index % 2 * 12
        y      = floor(index / 2) * 6
        width  = 12
        height = 6
        properties = {
          title   = widget.title
          region  = data.aws_region.current.region
          metrics = widget.metrics
          stat    = strcontains(widget.title, "Result queue") || strcontains(widget.title, "duration") ? "Maximum" : "Sum"
          period  = 300
        }
      }
    ]
  })
}

resource "aws_budgets_budget" "monthly" {
  count = var.monthly_budget_usd == null ? 0 : 1

  name         = "${var.name_prefix}-monthly"
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  cost_filter {
    name   = "TagKeyValue"
    values = [format("user:environment$%s", var.environment)]
  }

  notification {
    comparison_operator       = "GREATER_THAN"
    threshold                 = 80
    threshold_type            = "PERCENTAGE"
    notification_type         = "FORECASTED"
    subscriber_sns_topic_arns = [aws_sns_topic.alarms.arn]
  }

  # There is no forecast in the first weeks.
  notification {
    comparison_operator       = "GREATER_THAN"
    threshold                 = 100
    threshold_type            = "PERCENTAGE"
    notification_type         = "ACTUAL"
    subscriber_sns_topic_arns = [aws_sns_topic.alarms.arn]
  }
}
