variable "name" {
  type        = string
  description = "Name of the API, for its logs."
}

variable "rest_api_id" {
  type        = string
  description = "ID of the generated REST API."
}

variable "api_description" {
  type        = string
  description = "The API's description (Swagger). A change of it deploys the API again."
}

variable "stage_name" {
  type        = string
  description = "Name of the stage, the first part of every path."
  default     = "api"
}

variable "calls_per_second" {
  type        = number
  description = "Calls a second, over all callers, above which the API answers 429."
  default     = 50
}

variable "calls_burst" {
  type        = number
  description = "Calls at once above which the API answers 429."
  default     = 100
}

variable "log_retention_days" {
  type        = number
  description = "Days that CloudWatch keeps access log and execution log."
}

variable "keep_account_log_role" {
  type        = bool
  description = "Whether to set the role that lets API Gateway write logs, one per account and region. Exactly one environment of an account and region does."
  default     = false
}
