variable "name_prefix" {
  type        = string
  description = "First part of every name, e.g. `store-catalog-dev`."
}

variable "bucket_name" {
  type        = string
  description = "Name of the data bucket, unique in the world."
}

variable "topic_arn" {
  type        = string
  description = "ARN of Amazon's SNS topic, the only one that may send to the queue."
}

variable "visibility_timeout_seconds" {
  type        = number
  description = "How long a message is hidden while a function works on it, in seconds."
  default     = 720

  validation {
    condition     = var.visibility_timeout_seconds >= 720
    error_message = "Give 720 seconds or more: Lambda asks for six times the function's time-out, which is 120 seconds."
  }
}

variable "max_receive_count" {
  type        = number
  description = "How often a message is tried before it goes to the dead-letter queue."
  default     = 5
}

variable "protect_data" {
  type        = bool
  description = "Whether `terraform destroy` refuses to delete the bucket while it holds objects."
}

variable "kms_key_arn" {
  type        = string
  description = "KMS key that encrypts the objects. Null: S3's own key."
  default     = null
}

variable "expire_after_days" {
  type        = number
  description = "Days after which batches, outcomes and reports are deleted."
}

variable "require_tls" {
  type        = bool
  description = "Whether requests in plain text are refused. False for the local AWS only, which has no TLS."
  default     = true
}
