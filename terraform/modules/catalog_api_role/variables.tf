variable "name" {
  type        = string
  description = "Name of the role."
}

variable "trusted_role_arns" {
  type        = list(string)
  description = "ARNs of the functions' roles that may assume it."

  validation {
    condition     = length(var.trusted_role_arns) > 0 && alltrue([for arn in var.trusted_role_arns : can(regex(":role/", arn))])
    error_message = "Give the ARNs of the roles that may assume it, e.g. arn:aws:iam::123456789012:role/store-catalog-dev-submit_batch."
  }
}

variable "external_id" {
  type        = string
  description = "External ID that has to be given to assume it. Empty: none."
  default     = ""
}

variable "api_region" {
  type        = string
  description = "Region of the Catalog API."
}

variable "api_account_id" {
  type        = string
  description = "Account of the Catalog API, if Amazon has given it. Empty: any."
  default     = ""
}

variable "api_id" {
  type        = string
  description = "API Gateway ID of the Catalog API, if Amazon has given it. Empty: any."
  default     = ""
}

variable "api_stage" {
  type        = string
  description = "API Gateway stage of the Catalog API, if the endpoint has one. Empty: any, since a custom domain hides it."
  default     = ""
}

variable "api_paths" {
  type        = list(string)
  description = "Paths that may be posted to."

  validation {
    condition     = alltrue([for path in var.api_paths : can(regex("^/[^*]+$", path))])
    error_message = "Give paths that start with / and have no wildcard, e.g. /v1/catalog/upload."
  }
}
