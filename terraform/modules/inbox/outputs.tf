output "bucket_name" {
  description = "Name of the inbox bucket: drop files under `inbox/`, mappings under `mappings/`."
  value       = module.bucket.name
}

output "bucket_arn" {
  description = "ARN of the inbox bucket."
  value       = module.bucket.arn
}

output "failed_events_queue_arn" {
  description = "ARN of the queue for events of the inbox that the function failed on."
  value       = aws_sqs_queue.failed_events.arn
}

output "failed_events_queue_url" {
  description = "URL of that queue."
  value       = aws_sqs_queue.failed_events.id
}

output "failed_events_queue_name" {
  description = "Name of that queue, for its alarm."
  value       = aws_sqs_queue.failed_events.name
}
