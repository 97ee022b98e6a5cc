# One environment of the catalog uploader. The functions, their triggers and the REST API are generated from the Chalice app
# into chalice.tf.json (`make package`); everything they stand on is here.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  app_name  = "store-catalog"
  prefix    = "${local.app_name}-${var.environment}"
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition

  # ARNs made of names, where a reference would be a cycle: functions know the state machine that calls them, their roles
  # may assume the role that trusts them.
  state_machine_arn    = "arn:${local.partition}:states:${var.region}:${local.account}:stateMachine:${local.prefix}-upload"
  executions_arn       = "arn:${local.partition}:states:${var.region}:${local.account}:execution:${local.prefix}-upload:*"
  catalog_api_role_arn = "arn:${local.partition}:iam::${local.account}:role/${local.prefix}-catalog-api"
}

check "onboarding" {
  assert {
    condition     = !strcontains("${var.catalog_api_url} ${var.result_topic_arn}", "not-known-yet")
    error_message = "Amazon's endpoint or topic is still a placeholder: everything is made, and nothing can be sent. docs/deploy.md, steps 6 to 14, says what comes next."
  }
}

module "inbox" {
  source = "./modules/inbox"

  name_prefix       = local.prefix
  bucket_name       = "${local.prefix}-inbox-${local.account}"
  protect_data      = var.protect_data
  kms_key_arn       = var.kms_key_arn
  require_tls       = var.require_tls
  expire_after_days = var.retention_days
}

module "tracking" {
  source = "./modules/tracking"

  name         = "${local.prefix}-tracking"
  protect_data = var.protect_data
}

module "results" {
  source = "./modules/results"

  name_prefix       = local.prefix
  bucket_name       = "${local.prefix}-data-${local.account}"
  topic_arn         = var.result_topic_arn
  protect_data      = var.protect_data
  kms_key_arn       = var.kms_key_arn
  require_tls       = var.require_tls
  expire_after_days = var.retention_days
}

module "catalog_api_role" {
  source = "./modules/catalog_api_role"

  name              = "${local.prefix}-catalog-api"
  trusted_role_arns = [for function in local.functions_that_call_amazon : module.function_role[function].role_arn]
  external_id       = var.catalog_api_external_id
  api_region        = var.catalog_api_region
  api_account_id    = var.catalog_api_account_id
  api_id            = var.catalog_api_id
  api_stage         = var.catalog_api_stage
  api_paths = [
    var.catalog_api_upload_path,
    var.catalog_api_cart_path,
    var.catalog_api_archive_path,
    var.catalog_api_status_path,
  ]
}

module "workflow" {
  source = "./modules/workflow"

  name               = "${local.prefix}-upload"
  function_arns      = { for step in ["preflight", "prepare_catalog", "record_upload", "submit_batch", "close_submission"] : step => local.function_arns[step] }
  data_bucket_name   = module.results.bucket_name
  data_bucket_arn    = module.results.bucket_arn
  kms_key_arn        = var.kms_key_arn
  submit_concurrency = var.submit_concurrency
  log_retention_days = var.log_retention_days
}

module "status_api" {
  source = "./modules/status_api"

  name                  = local.prefix
  rest_api_id           = aws_api_gateway_rest_api.rest_api.id
  api_description       = local.chalice_api_swagger
  calls_per_second      = var.status_api_calls_per_second
  calls_burst           = var.status_api_calls_per_second * 2
  log_retention_days    = var.log_retention_days
  keep_account_log_role = var.keep_api_gateway_log_role
}

module "monitoring" {
  source = "./modules/monitoring"

  name_prefix              = local.prefix
  app_name                 = local.app_name
  environment              = var.environment
  function_names           = local.function_names
  state_machine_arn        = local.state_machine_arn
  result_queue_name        = module.results.queue_name
  dead_letter_queue_name   = module.results.dead_letter_queue_name
  failed_events_queue_name = module.inbox.failed_events_queue_name
  api_name                 = local.prefix
  alarm_emails             = var.alarm_emails
  notification_emails      = var.notification_emails
  mail_result_messages     = var.mail_result_messages
  monthly_budget_usd       = var.monthly_budget_usd
}
