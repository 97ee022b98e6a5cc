output "role_arn_for_amazon" {
  description = "ARN of the role that calls the Catalog API: hand it to Amazon, to be allow-listed."
  value       = module.catalog_api_role.role_arn
}

output "queue_arn_for_amazon" {
  description = "ARN of the queue for completion messages: hand it to Amazon, to subscribe it to its topic."
  value       = module.results.queue_arn
}

output "account_id_for_amazon" {
  description = "Account that both are in: hand it to Amazon, too."
  value       = local.account
}

output "inbox_bucket" {
  description = "Bucket to drop catalog files into, under `inbox/` or `inbox/<source>/`; mappings go under `mappings/`."
  value       = module.inbox.bucket_name
}

output "data_bucket" {
  description = "Bucket with what was sent, Amazon's reports, and the outcome files."
  value       = module.results.bucket_name
}

output "table_name" {
  description = "The table of uploads, batches and attempts."
  value       = module.tracking.table_name
}

output "status_api_url" {
  description = "Base URL of the status API. Calls are signed (SigV4, service execute-api)."
  value       = module.status_api.url
}

output "rest_api_id" {
  description = "API Gateway's ID of the status API; `execute-api:Invoke` on it lets an IAM identity call it."
  value       = aws_api_gateway_rest_api.rest_api.id
}

output "start_function" {
  description = "Name of the function that starts an upload when it is invoked."
  value       = aws_lambda_function.start_upload.function_name
}

output "state_machine_arn" {
  description = "The state machine that runs every upload."
  value       = module.workflow.state_machine_arn
}

output "result_queue_url" {
  description = "Queue that Amazon's completion messages reach."
  value       = module.results.queue_url
}

output "failed_events_queue_url" {
  description = "Queue with the events of the inbox that could not be worked on."
  value       = module.inbox.failed_events_queue_url
}

output "dead_letter_queue_url" {
  description = "Queue with the messages that could not be worked on, each with its reason."
  value       = module.results.dead_letter_queue_url
}

output "notification_topic_arn" {
  description = "Topic that is told of every upload that has ended."
  value       = module.monitoring.notification_topic_arn
}

output "alarm_topic_arn" {
  description = "Topic that alarms go to."
  value       = module.monitoring.alarm_topic_arn
}

output "dashboard" {
  description = "Name of the CloudWatch dashboard."
  value       = module.monitoring.dashboard_name
}

output "function_role_arns" {
  description = "Role of every function."
  value       = local.function_role_arns
}
