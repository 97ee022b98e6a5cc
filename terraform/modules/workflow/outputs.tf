output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = aws_sfn_state_machine.this.arn
}

output "definition" {
  description = "The definition with its placeholders filled in."
  value       = local.definition
}

output "role_policy" {
  description = "What the state machine's role may do, as JSON."
  value       = data.aws_iam_policy_document.permissions.json
}
