output "role_arn" {
  description = "ARN of the role, known once its permissions are in place: an event source mapping is refused before."
  value       = aws_iam_role.this.arn
  depends_on  = [aws_iam_role_policy.this, aws_cloudwatch_log_group.this]
}

output "log_group_name" {
  description = "Name of the function's log group."
  value       = aws_cloudwatch_log_group.this.name
}
