# Where

variable "environment" {
  type        = string
  description = "Name of the environment, a part of every name: several of them fit into one account."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,14}[a-z0-9]$", var.environment))
    error_message = "Give 2 to 16 lower-case letters, digits and hyphens that begin with a letter, e.g. dev."
  }
}

variable "region" {
  type        = string
  description = "AWS region of the deployment."

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "Give an AWS region, e.g. us-east-1."
  }
}

variable "account_id" {
  type        = string
  description = "The account to deploy to. If given, every other one is refused."
  default     = null

  validation {
    condition     = var.account_id == null || can(regex("^[0-9]{12}$", var.account_id))
    error_message = "Give the 12 digits of the AWS account, in quotes."
  }
}

variable "tags" {
  type        = map(string)
  description = "More tags for every resource."
  default     = {}
}

# What Amazon hands out at onboarding

variable "result_topic_arn" {
  type        = string
  description = "ARN of Amazon's SNS topic for completion messages."

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", var.result_topic_arn))
    error_message = "Give the ARN of the SNS topic that Amazon has handed out, e.g. arn:aws:sns:us-east-1:123456789012:catalog-results. Not handed out yet: arn:aws:sns:us-east-1:000000000000:not-known-yet."
  }
}

variable "catalog_api_url" {
  type        = string
  description = "Base URL of the Catalog API, without stage and path; with the base path of a custom domain, if it has one."

  validation {
    condition     = can(regex("^https://[A-Za-z0-9.-]+(:[0-9]+)?(/.*[^/])?$", var.catalog_api_url)) || (!var.require_tls && can(regex("^http://(127\\.0\\.0\\.1|localhost)[:/]", var.catalog_api_url)))
    error_message = "Give the endpoint that Amazon has handed out, beginning with https:// and without a slash at its end, e.g. https://abc123.execute-api.us-east-1.amazonaws.com. Not handed out yet: https://not-known-yet.invalid."
  }
}

variable "catalog_api_region" {
  type        = string
  description = "Region to sign Catalog API calls for, as Amazon has handed it out."

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.catalog_api_region))
    error_message = "Give the region that Amazon has handed out with the endpoint, e.g. us-east-1."
  }
}

variable "catalog_api_external_id" {
  type        = string
  description = "External ID that functions give when they assume the allow-listed role. Empty: none."
  default     = ""

  validation {
    condition     = var.catalog_api_external_id == "" || (can(regex("^[A-Za-z0-9+=,.@:/_-]+$", var.catalog_api_external_id)) && length(var.catalog_api_external_id) >= 2 && length(var.catalog_api_external_id) <= 1224)
    error_message = "Give 2 to 1,224 letters, digits and +=,.@:/_-, or leave it empty."
  }
}

variable "catalog_api_stage" {
  type        = string
  description = "API Gateway stage in front of the paths, if the endpoint has one. Empty: none."
  default     = ""

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]*$", var.catalog_api_stage))
    error_message = "Give the stage alone, without slashes, e.g. prod; or leave it empty."
  }
}

variable "catalog_api_account_id" {
  type        = string
  description = "AWS account of the Catalog API, if Amazon has given it: the allow-listed role may then call no other's API. Empty: any."
  default     = ""

  validation {
    condition     = can(regex("^([0-9]{12})?$", var.catalog_api_account_id))
    error_message = "Give the 12 digits of Amazon's AWS account, in quotes, or leave it empty."
  }
}

variable "catalog_api_id" {
  type        = string
  description = "API Gateway ID of the Catalog API, if Amazon has given it (the first part of an execute-api host). Empty: any."
  default     = ""

  validation {
    condition     = can(regex("^[a-z0-9]*$", var.catalog_api_id))
    error_message = "Give the ID alone, e.g. abc123def4, or leave it empty."
  }
}

variable "catalog_api_upload_path" {
  type        = string
  description = "Path of the operation that uploads items."
  default     = "/v1/catalog/upload"

  validation {
    condition     = can(regex("^/[A-Za-z0-9/_.-]+$", var.catalog_api_upload_path))
    error_message = "Give a path that begins with /, e.g. /v1/catalog/upload."
  }
}

variable "catalog_api_cart_path" {
  type        = string
  description = "Path of the operation that uploads items for Dash Cart."
  default     = "/v1/catalog/cart/upload"

  validation {
    condition     = can(regex("^/[A-Za-z0-9/_.-]+$", var.catalog_api_cart_path))
    error_message = "Give a path that begins with /, e.g. /v1/catalog/cart/upload."
  }
}

variable "catalog_api_archive_path" {
  type        = string
  description = "Path of the operation that archives items."
  default     = "/v1/catalog/archive"

  validation {
    condition     = can(regex("^/[A-Za-z0-9/_.-]+$", var.catalog_api_archive_path))
    error_message = "Give a path that begins with /, e.g. /v1/catalog/archive."
  }
}

variable "catalog_api_status_path" {
  type        = string
  description = "Path of the operation that tells an ingestion's status."
  default     = "/v1/catalog/getCatalogUploadStatus"

  validation {
    condition     = can(regex("^/[A-Za-z0-9/_.-]+$", var.catalog_api_status_path))
    error_message = "Give a path that begins with /, e.g. /v1/catalog/getCatalogUploadStatus."
  }
}

variable "known_store_ids" {
  type        = list(string)
  description = "The retailer's store IDs. If given, rows of other stores are rejected. The operation archive needs them."
  default     = []

  validation {
    condition     = alltrue([for id in var.known_store_ids : can(regex("^[^,]{1,255}$", id)) && trimspace(id) == id])
    error_message = "Give store IDs of 1 to 255 characters without commas, each as a text of its own, e.g. [\"STORE-1\", \"STORE-2\"]."
  }

  validation {
    # In base64, three bytes are four characters: Terraform itself counts characters, Lambda bytes.
    condition = length(base64encode(jsonencode([
      join(",", var.known_store_ids), jsonencode(var.source_operations), var.catalog_api_external_id, var.result_topic_arn,
      var.catalog_api_url, var.catalog_api_stage, var.catalog_api_upload_path, var.catalog_api_cart_path, var.catalog_api_archive_path,
      var.catalog_api_status_path, var.sns_certificate_url_prefix,
    ]))) * 3 / 4 <= 1900
    error_message = "Give less: known_store_ids, source_operations, catalog_api_external_id, result_topic_arn, and the endpoint's URL, stage and paths may have 1,900 bytes together, since a function takes 4 KB of settings. With more stores than fit, leave known_store_ids empty; archive is then not possible."
  }
}

# How uploads are worked on

variable "calls_per_second" {
  type        = number
  description = "Calls of the Catalog API a second, over all functions. Amazon's limit is 10."
  default     = 10

  validation {
    condition     = var.calls_per_second > 0 && var.calls_per_second <= 100
    error_message = "Give more than 0 and at most 100 calls a second; Amazon's published limit is 10."
  }
}

variable "pacer_patience_seconds" {
  type        = number
  description = "Seconds that a call waits for its turn before the state machine takes over the waiting."
  default     = 20

  validation {
    condition     = var.pacer_patience_seconds > 0 && var.pacer_patience_seconds <= 60
    error_message = "Give 1 to 60 seconds: the function has 120 in all, and the call takes up to 45."
  }
}

variable "submit_concurrency" {
  type        = number
  description = "Batches of one upload on their way at the same time."
  default     = 50

  validation {
    condition     = var.submit_concurrency >= 1 && var.submit_concurrency <= 1000 && floor(var.submit_concurrency) == var.submit_concurrency
    error_message = "Give a whole number from 1 to 1000."
  }
}

variable "result_concurrency" {
  type        = number
  description = "Functions that work on completion messages at the same time."
  default     = 10

  validation {
    condition     = var.result_concurrency >= 2 && var.result_concurrency <= 1000 && floor(var.result_concurrency) == var.result_concurrency
    error_message = "Give a whole number from 2 to 1000: Lambda takes no less for a queue."
  }
}

variable "max_rejected_ratio" {
  type        = number
  description = "Share of rejected rows above which nothing of a file is sent. 0: all or nothing."
  default     = 0.2

  validation {
    condition     = var.max_rejected_ratio >= 0 && var.max_rejected_ratio <= 1
    error_message = "Give a share from 0 to 1, e.g. 0.2 for a fifth."
  }
}

variable "max_batch_items" {
  type        = number
  description = "Items of one call at the most. Amazon's limit is 10,000."
  default     = 10000

  validation {
    condition     = var.max_batch_items >= 1 && var.max_batch_items <= 10000 && floor(var.max_batch_items) == var.max_batch_items
    error_message = "Give a whole number from 1 to 10000, which is Amazon's limit."
  }
}

variable "max_batch_bytes" {
  type        = number
  description = "Bytes of one call's body at the most. API Gateway's limit is 10 MB."
  default     = 9500000

  validation {
    condition     = var.max_batch_bytes >= 100000 && var.max_batch_bytes <= 10000000 && floor(var.max_batch_bytes) == var.max_batch_bytes
    error_message = "Give a whole number from 100000 to 10000000 bytes; API Gateway takes no more."
  }
}

variable "source_operations" {
  type        = map(string)
  description = "Source (first folder under `inbox/`) to operation: catalog, cart or archive. A source that is not named is catalog."
  default     = { cart = "cart", archive = "archive" }

  validation {
    condition     = alltrue([for operation in values(var.source_operations) : contains(["catalog", "cart", "archive"], operation)])
    error_message = "Give catalog, cart or archive for every source, e.g. { deli = \"cart\" }."
  }
}

variable "status_poll_after_minutes" {
  type        = number
  description = "Minutes that a batch waits for its completion message before Amazon is asked for its status."
  default     = 20

  validation {
    condition     = var.status_poll_after_minutes >= 0
    error_message = "Give 0 or more minutes."
  }
}

variable "result_deadline_hours" {
  type        = number
  description = "Hours after submission at which a batch without a result is closed, its rows as failed."
  default     = 72

  validation {
    condition     = var.result_deadline_hours > 0 && var.result_deadline_hours <= 24 * var.retention_days - 48
    error_message = "Give more than 0 hours, and two days less than retention_days at the most: the upload has to be there when the deadline comes."
  }
}

variable "lost_event_lookback_hours" {
  type        = number
  description = "Hours that reconcile looks back for files in the inbox that no event has announced."
  default     = 24

  validation {
    condition     = var.lost_event_lookback_hours > 0 && var.lost_event_lookback_hours <= 24 * var.retention_days
    error_message = "Give more than 0 hours, and no more than retention_days: an older upload has been forgotten and would be sent again."
  }
}

variable "retention_days" {
  type        = number
  description = "Days that uploads, dropped files, reports and outcome files are kept."
  default     = 90

  validation {
    condition     = var.retention_days >= 7 && var.retention_days <= 3650 && floor(var.retention_days) == var.retention_days
    error_message = "Give whole days from 7 to 3650."
  }
}

variable "file_link_minutes" {
  type        = number
  description = "Minutes that a link given out by the status API is good for."
  default     = 15

  validation {
    condition     = var.file_link_minutes >= 1 && var.file_link_minutes <= 60 && floor(var.file_link_minutes) == var.file_link_minutes
    error_message = "Give whole minutes from 1 to 60: a link ends with the session that has signed it, which may be near its own end."
  }
}

variable "verify_sns_signatures" {
  type        = bool
  description = "Whether the signature of every completion message is verified."
  default     = true
}

variable "sns_certificate_url_prefix" {
  type        = string
  description = "For the local AWS only: where signing certificates come from. Empty: from Amazon SNS of the topic's region."
  default     = ""

  validation {
    condition     = var.sns_certificate_url_prefix == "" || !var.require_tls
    error_message = "Leave it empty: messages would be verified by somebody else's certificates. It is for the local AWS only."
  }
}

variable "status_api_calls_per_second" {
  type        = number
  description = "Calls of the status API a second, over all callers, above which it answers 429."
  default     = 50

  validation {
    condition     = var.status_api_calls_per_second >= 1 && var.status_api_calls_per_second <= 5000
    error_message = "Give 1 to 5000 calls a second."
  }
}

variable "log_level" {
  type        = string
  description = "What the functions log: DEBUG, INFO, WARNING or ERROR."
  default     = "INFO"

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.log_level)
    error_message = "Give DEBUG, INFO, WARNING or ERROR."
  }
}

# How the deployment is kept

variable "log_retention_days" {
  type        = number
  description = "Days that CloudWatch keeps logs."
  default     = 90

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "Give a number of days that CloudWatch takes: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "protect_data" {
  type        = bool
  description = "Whether the table and buckets that hold objects refuse to be deleted."
  default     = true
}

variable "kms_key_arn" {
  type        = string
  description = "KMS key of the account that encrypts the objects of both buckets. Null: S3's own key."
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "Give the ARN of a KMS key (not of an alias), e.g. arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab."
  }
}

variable "require_tls" {
  type        = bool
  description = "Whether the buckets refuse requests in plain text. False for the local AWS only, which has no TLS."
  default     = true
}

variable "keep_api_gateway_log_role" {
  type        = bool
  description = "Whether this environment keeps the role that lets API Gateway write logs. There is one per account and region: exactly one environment keeps it, or none if the account has one already."
  default     = false
}

variable "alarm_emails" {
  type        = set(string)
  description = "Who is mailed when an alarm goes off."
  default     = []
}

variable "notification_emails" {
  type        = set(string)
  description = "Who is mailed when an upload has ended."
  default     = []
}

variable "mail_result_messages" {
  type        = bool
  description = "Whether `notification_emails` are mailed when completion messages come in, as Amazon recommends."
  default     = true
}

variable "monthly_budget_usd" {
  type        = number
  description = "US dollars a month: it is mailed when 80 % of them are forecast, and when all of them are spent. Null: no budget. Sees no costs until the tag `environment` is a cost allocation tag."
  default     = null

  validation {
    condition     = var.monthly_budget_usd == null || try(var.monthly_budget_usd > 0, false)
    error_message = "Give more than 0 US dollars, or leave it out."
  }
}
