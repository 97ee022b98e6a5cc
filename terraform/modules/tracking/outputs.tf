output "table_name" {
  description = "Name of the table."
  value       = aws_dynamodb_table.this.name
}

output "table_arn" {
  description = "ARN of the table. Its indexes are `<arn>/index/uploads_by_time` and `<arn>/index/open_uploads`."
  value       = aws_dynamodb_table.this.arn
}
