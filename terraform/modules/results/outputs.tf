output "bucket_name" {
  description = "Name of the data bucket: `uploads/` and `reports/`."
  value       = module.bucket.name
}

output "bucket_arn" {
  description = "ARN of the data bucket."
  value       = module.bucket.arn
}

output "queue_arn" {
  description = "ARN of the result queue, to be handed to Amazon."
  value       = aws_sqs_queue.results.arn
}

output "queue_name" {
  description = "Name of the result queue, for its alarms."
  value       = aws_sqs_queue.results.name
}

output "queue_url" {
  description = "URL of the result queue."
  value       = aws_sqs_queue.results.id
}

output "dead_letter_queue_arn" {
  description = "ARN of the queue for messages that can't be worked on."
  value       = aws_sqs_queue.dead_letter.arn
}

output "dead_letter_queue_name" {
  description = "Name of that queue, for its alarm."
  value       = aws_sqs_queue.dead_letter.name
}

output "dead_letter_queue_url" {
  description = "URL of that queue."
  value       = aws_sqs_queue.dead_letter.id
}

output "visibility_timeout_seconds" {
  description = "How long a message is hidden while a function works on it, in seconds."
  value       = aws_sqs_queue.results.visibility_timeout_seconds
}
