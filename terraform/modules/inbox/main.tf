# The bucket that catalog files are dropped into. The app reads it and never writes to it.

module "bucket" {
  source = "../private_bucket"

  name              = var.bucket_name
  protect_data      = var.protect_data
  kms_key_arn       = var.kms_key_arn
  require_tls       = var.require_tls
  expire_after_days = { "inbox/" = var.expire_after_days }
}

# S3 calls the function asynchronously: an event that the function fails on three times would be gone without a trace.
resource "aws_sqs_queue" "failed_events" {
  name                      = "${var.name_prefix}-failed-events"
  message_retention_seconds = 14 * 24 * 3600
  sqs_managed_sse_enabled   = true
}
