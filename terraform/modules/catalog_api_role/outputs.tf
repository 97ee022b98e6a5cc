output "role_arn" {
  description = "ARN of the role, to be handed to Amazon."
  value       = aws_iam_role.this.arn
}
