# What comes back: the queue that Amazon's topic sends completion messages to, and the bucket for batches, reports and
# outcomes.

module "bucket" {
  source = "../private_bucket"

  name              = var.bucket_name
  protect_data      = var.protect_data
  kms_key_arn       = var.kms_key_arn
  require_tls       = var.require_tls
  expire_after_days = { "uploads/" = var.expire_after_days, "reports/" = var.expire_after_days }
}

resource "aws_sqs_queue" "dead_letter" {
  name                      = "${var.name_prefix}-results-dead-letter"
  message_retention_seconds = 14 * 24 * 3600
  sqs_managed_sse_enabled   = true
}

# Encrypted with SQS's own key: a topic of another account could not use a KMS key of this one.
resource "aws_sqs_queue" "results" {
  name                       = "${var.name_prefix}-results"
  visibility_timeout_seconds = var.visibility_timeout_seconds
  message_retention_seconds  = 14 * 24 * 3600
  receive_wait_time_seconds  = 20
  sqs_managed_sse_enabled    = true

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letter.arn
    maxReceiveCount     = var.max_receive_count
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "dead_letter" {
  queue_url = aws_sqs_queue.dead_letter.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.results.arn]
  })
}

data "aws_iam_policy_document" "results" {
  statement {
    sid       = "AmazonsTopicSends"
    effect    = "Allow"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.results.arn]

    principals {
      type        = "Service"
      identifiers = ["sns.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [var.topic_arn]
    }
  }
}

resource "aws_sqs_queue_policy" "results" {
  queue_url = aws_sqs_queue.results.id
  policy    = data.aws_iam_policy_document.results.json
}
