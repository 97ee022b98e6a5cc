variable "name" {
  type        = string
  description = "Name of the bucket, unique in the world."

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "Give a bucket name of 3 to 63 lower-case letters, digits and hyphens."
  }
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
  type        = map(number)
  description = "Prefix to the number of days after which its objects are deleted."

  validation {
    condition     = alltrue([for days in values(var.expire_after_days) : days >= 1 && floor(days) == days])
    error_message = "Give whole days, 1 or more, after which each prefix expires."
  }
}

variable "noncurrent_days" {
  type        = number
  description = "Days after which a version that is not the newest any more is deleted."
  default     = 30
}

variable "require_tls" {
  type        = bool
  description = "Whether requests in plain text are refused. False for the local AWS only, which has no TLS."
  default     = true
}
