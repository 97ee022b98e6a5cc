variable "name_prefix" {
  type        = string
  description = "First part of every name, e.g. `store-catalog-dev`."
}

variable "app_name" {
  type        = string
  description = "Powertools' service name, a dimension of every metric of the app."
}

variable "environment" {
  type        = string
  description = "Name of the environment, a dimension of every metric of the app."
}

variable "metrics_namespace" {
  type        = string
  description = "CloudWatch namespace of the app's metrics."
  default     = "StoreCatalog"
}

variable "function_names" {
  type        = map(string)
  description = "Name of every function in AWS, by its name in the app."
}

variable "state_machine_arn" {
  type        = string
  description = "ARN of the state machine."
}

variable "result_queue_name" {
  type        = string
  description = "Name of the result queue."
}

variable "dead_letter_queue_name" {
  type        = string
  description = "Name of its dead-letter queue."
}

variable "failed_events_queue_name" {
  type        = string
  description = "Name of the queue for events of the inbox that failed."
}

variable "api_name" {
  type        = string
  description = "Name of the status API."
}

variable "api_stage" {
  type        = string
  description = "Name of its stage."
  default     = "api"
}

variable "alarm_emails" {
  type        = set(string)
  description = "Who is mailed when an alarm goes off. Everyone has to confirm a mail from AWS first."

  validation {
    condition     = alltrue([for address in var.alarm_emails : can(regex("^[^@\\s]+@[^@\\s]+$", address))])
    error_message = "Give e-mail addresses, e.g. [\"operations@example.com\"]."
  }
}

variable "notification_emails" {
  type        = set(string)
  description = "Who is mailed when an upload has ended. Everyone has to confirm a mail from AWS first."

  validation {
    condition     = alltrue([for address in var.notification_emails : can(regex("^[^@\\s]+@[^@\\s]+$", address))])
    error_message = "Give e-mail addresses, e.g. [\"catalog-team@example.com\"]."
  }
}

variable "mail_result_messages" {
  type        = bool
  description = "Whether to mail, to `notification_emails`, that completion messages have come in."
  default     = true
}

variable "monthly_budget_usd" {
  type        = number
  description = "US dollars a month: it is mailed when 80 % of them are forecast, and when all of them are spent. Null: no budget. Sees no costs until the tag `environment` is a cost allocation tag."
  default     = null
}
