variable "name" {
  type        = string
  description = "Name of the state machine."
}

variable "function_arns" {
  type        = map(string)
  description = "ARN of every function that is a step, by name: preflight, prepare_catalog, record_upload, submit_batch, close_submission."

  validation {
    condition     = toset(keys(var.function_arns)) == toset(["preflight", "prepare_catalog", "record_upload", "submit_batch", "close_submission"])
    error_message = "Give the functions preflight, prepare_catalog, record_upload, submit_batch and close_submission."
  }
}

variable "data_bucket_name" {
  type        = string
  description = "Bucket with the lists of batches."
}

variable "data_bucket_arn" {
  type        = string
  description = "ARN of that bucket."
}

variable "kms_key_arn" {
  type        = string
  description = "KMS key that encrypts the bucket. Null: S3's own key."
  default     = null
}

variable "submit_concurrency" {
  type        = number
  description = "Batches on their way at the same time."
  default     = 50
}

variable "log_retention_days" {
  type        = number
  description = "Days that CloudWatch keeps the executions' logs."
}
