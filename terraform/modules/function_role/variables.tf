variable "function_name" {
  type        = string
  description = "Name of the function; the role has the same."

  validation {
    condition     = length(var.function_name) <= 64
    error_message = "Give a name of 64 characters at most, which is the limit of Lambda and IAM: a shorter environment helps."
  }
}

variable "statements" {
  type = map(object({
    actions   = list(string)
    resources = list(string)
  }))
  description = "What the function may do, by statement ID, besides writing its logs and traces."

  validation {
    condition     = !anytrue(flatten([for statement in values(var.statements) : [for action in statement.actions : strcontains(action, "*")]]))
    error_message = "Name every action: a wildcard allows what the function never does."
  }

  validation {
    condition     = !contains(flatten([for statement in values(var.statements) : statement.resources]), "*")
    error_message = "Name the resources of every statement by ARN."
  }
}

variable "log_retention_days" {
  type        = number
  description = "Days that CloudWatch keeps the function's logs."
}
