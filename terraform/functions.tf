# The roles of the functions, one each. A statement is here because a step makes that call: tests/terraform records the calls
# of a whole run and holds the two equal.

locals {
  inbox_objects = "${module.inbox.bucket_arn}/inbox/*"
  mappings      = "${module.inbox.bucket_arn}/mappings/*"
  uploads       = "${module.results.bucket_arn}/uploads/*"
  reports       = "${module.results.bucket_arn}/reports/*"
  table         = module.tracking.table_arn
  by_time       = "${module.tracking.table_arn}/index/uploads_by_time"
  open_uploads  = "${module.tracking.table_arn}/index/open_uploads"

  function_arns = {
    start_upload      = aws_lambda_function.start_upload.arn
    catalog_dropped   = aws_lambda_function.catalog_dropped.arn
    preflight         = aws_lambda_function.preflight.arn
    prepare_catalog   = aws_lambda_function.prepare_catalog.arn
    record_upload     = aws_lambda_function.record_upload.arn
    submit_batch      = aws_lambda_function.submit_batch.arn
    close_submission  = aws_lambda_function.close_submission.arn
    ingestion_message = aws_lambda_function.ingestion_message.arn
    reconcile         = aws_lambda_function.reconcile.arn
    api_handler       = aws_lambda_function.api_handler.arn
  }
  function_names     = { for function in keys(local.function_statements) : function => "${local.prefix}-${function}" }
  function_role_arns = { for function, role in module.function_role : function => role.role_arn }

  functions_that_call_amazon = ["preflight", "submit_batch", "ingestion_message", "reconcile"]

  # What several functions do in the same way.
  claim_and_start = {
    ClaimUpload = { actions = ["dynamodb:GetItem", "dynamodb:PutItem"], resources = [local.table] }
    StartUpload = { actions = ["states:StartExecution"], resources = [local.state_machine_arn] }
    # Without it, S3 answers 403 and not 404 for an object that is not there.
    TellMissingObjects = { actions = ["s3:ListBucket"], resources = [module.inbox.bucket_arn] }
  }
  read_new_object         = { actions = ["s3:GetObject", "s3:GetObjectVersion"], resources = [local.inbox_objects] }
  read_announced_object   = { actions = ["s3:GetObjectVersion"], resources = [local.inbox_objects] }
  assume_catalog_api_role = { actions = ["sts:AssumeRole"], resources = [local.catalog_api_role_arn] }
  write_outcomes          = { actions = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"], resources = [local.uploads] }
  keep_reports            = { actions = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"], resources = [local.reports] }
  notify                  = { actions = ["sns:Publish"], resources = [module.monitoring.notification_topic_arn] }

  function_statements = {
    start_upload = merge(local.claim_and_start, {
      ReadNewObject = local.read_new_object
    })

    catalog_dropped = merge(local.claim_and_start, {
      ReadNewObject    = local.read_new_object
      KeepFailedEvents = { actions = ["sqs:SendMessage"], resources = [module.inbox.failed_events_queue_arn] }
    })

    preflight = {
      TakeTurn       = { actions = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"], resources = [local.table] }
      CallAmazonsApi = local.assume_catalog_api_role
      # Earlier files of the source that no event has announced yet.
      ListSource = { actions = ["s3:ListBucketVersions"], resources = [module.inbox.bucket_arn] }
    }

    prepare_catalog = {
      ReadAnnouncedObject = local.read_announced_object
      ReadMapping         = { actions = ["s3:GetObject", "s3:GetObjectVersion"], resources = [local.mappings] }
      TellMissingMapping  = { actions = ["s3:ListBucket"], resources = [module.inbox.bucket_arn] }
      FindLeftovers       = { actions = ["s3:ListBucket"], resources = [module.results.bucket_arn] }
      WriteBatches        = { actions = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject"], resources = [local.uploads] }
      FollowUpload        = { actions = ["dynamodb:GetItem", "dynamodb:UpdateItem"], resources = [local.table] }
    }

    record_upload = {
      ReadPrepared = { actions = ["s3:GetObject"], resources = [local.uploads] }
      Record       = { actions = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], resources = [local.table] }
    }

    submit_batch = {
      ReadBatch = { actions = ["s3:GetObject", "s3:PutObject"], resources = [local.uploads] }
      # The report of a message that came before the API's own answer.
      ReadParkedReport   = { actions = ["s3:GetObject"], resources = [local.reports] }
      TellMissingObjects = { actions = ["s3:ListBucket"], resources = [module.results.bucket_arn] }
      RecordAttempts     = { actions = ["dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"], resources = [local.table] }
      CallAmazonsApi     = local.assume_catalog_api_role
    }

    close_submission = {
      CloseBatches       = { actions = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"], resources = [local.table] }
      WriteOutcomes      = local.write_outcomes
      TellMissingObjects = { actions = ["s3:ListBucket"], resources = [module.results.bucket_arn] }
      Notify             = local.notify
    }

    ingestion_message = {
      ReceiveMessages     = { actions = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"], resources = [module.results.queue_arn] }
      PutAside            = { actions = ["sqs:SendMessage"], resources = [module.results.dead_letter_queue_arn] }
      ConfirmSubscription = { actions = ["sns:ConfirmSubscription"], resources = [var.result_topic_arn] }
      KeepReports         = local.keep_reports
      CloseBatches        = { actions = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"], resources = [local.table] }
      WriteOutcomes       = local.write_outcomes
      TellMissingObjects  = { actions = ["s3:ListBucket"], resources = [module.results.bucket_arn] }
      Notify              = local.notify
      # A link that has expired: the status operation gives a fresh one.
      CallAmazonsApi = local.assume_catalog_api_role
    }

    reconcile = merge(local.claim_and_start, {
      FindLostObjects     = { actions = ["s3:ListBucketVersions"], resources = [module.inbox.bucket_arn] }
      ReadAnnouncedObject = local.read_announced_object
      FindOpenUploads     = { actions = ["dynamodb:Query"], resources = [local.open_uploads] }
      AskForExecution     = { actions = ["states:DescribeExecution"], resources = [local.executions_arn] }
      CloseBatches        = { actions = ["dynamodb:DeleteItem", "dynamodb:Query", "dynamodb:UpdateItem"], resources = [local.table] }
      KeepReports         = local.keep_reports
      WriteOutcomes       = local.write_outcomes
      TellMissingPrepared = { actions = ["s3:ListBucket"], resources = [module.results.bucket_arn] }
      Notify              = local.notify
      CallAmazonsApi      = local.assume_catalog_api_role
    })

    api_handler = merge(local.claim_and_start, {
      ReadNewObject = local.read_new_object
      # A presigned PUT is signed by the function: it may do what the function may do.
      TakeNewFiles       = { actions = ["s3:PutObject"], resources = [local.inbox_objects] }
      ListUploads        = { actions = ["dynamodb:Query"], resources = [local.table, local.by_time] }
      ReadOutcomes       = { actions = ["s3:GetObject"], resources = [local.uploads] }
      TellMissingOutcome = { actions = ["s3:ListBucket"], resources = [module.results.bucket_arn] }
    })
  }

  # With a KMS key of the account's own, reading an object needs Decrypt; writing one, in parts too, needs both.
  kms_actions = merge(
    { for function in ["start_upload", "catalog_dropped", "record_upload"] : function => ["kms:Decrypt"] },
    { for function in ["prepare_catalog", "submit_batch", "close_submission", "ingestion_message", "reconcile", "api_handler"] : function => ["kms:Decrypt", "kms:GenerateDataKey"] },
  )
  kms_statements = {
    for function, actions in local.kms_actions : function => { UseKey = { actions = actions, resources = [var.kms_key_arn] } }
    if var.kms_key_arn != null
  }
}

module "function_role" {
  source   = "./modules/function_role"
  for_each = local.function_statements

  function_name      = "${local.prefix}-${each.key}"
  statements         = merge(each.value, lookup(local.kms_statements, each.key, {}))
  log_retention_days = var.log_retention_days
}

# S3 calls the function asynchronously.
resource "aws_lambda_function_event_invoke_config" "catalog_dropped" {
  function_name                = aws_lambda_function.catalog_dropped.function_name
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 21600

  destination_config {
    on_failure {
      destination = module.inbox.failed_events_queue_arn
    }
  }
}

# So does the schedule; the next run is never far.
resource "aws_lambda_function_event_invoke_config" "reconcile" {
  function_name                = aws_lambda_function.reconcile.function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 300
}
