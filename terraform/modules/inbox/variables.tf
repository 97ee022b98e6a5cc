variable "name_prefix" {
  type        = string
  description = "First part of every name, e.g. `store-catalog-dev`."
}

variable "bucket_name" {
  type        = string
  description = "Name of the bucket, unique in the world."
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
  description = "Days after which a dropped file is deleted. `mappings/` is kept."
}

variable "require_tls" {
  type        = bool
  description = "Whether requests in plain text are refused. False for the local AWS only, which has no TLS."
  default     = true
}
