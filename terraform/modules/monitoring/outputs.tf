output "notification_topic_arn" {
  description = "ARN of the topic that is told of every upload that has ended."
  value       = aws_sns_topic.notifications.arn
}

output "alarm_topic_arn" {
  description = "ARN of the topic that alarms go to."
  value       = aws_sns_topic.alarms.arn
}

output "dashboard_name" {
  description = "Name of the CloudWatch dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "budget_names" {
  description = "Name of the budget, if there is one."
  value       = aws_budgets_budget.monthly[*].name
}
