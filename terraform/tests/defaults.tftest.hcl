# The plan of an environment with nothing set but what has to be. No account: what AWS would be asked is given here.
# Needs the package.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "123456789012"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_data {
  target = data.aws_caller_identity.chalice
  values = { account_id = "123456789012" }
}

override_data {
  target = module.workflow.data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_data {
  target = module.monitoring.data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  environment        = "test"
  region             = "us-east-1"
  result_topic_arn   = "arn:aws:sns:us-east-1:111122223333:catalog-results"
  catalog_api_url    = "https://abc123.execute-api.us-east-1.amazonaws.com"
  catalog_api_region = "us-east-1"
}

run "an_environment_with_defaults" {
  command = plan

  assert {
    condition     = alltrue([for function, name in local.function_names : name == "store-catalog-test-${function}"])
    error_message = "A function's name lacks application or environment."
  }

  assert {
    condition     = aws_lambda_function.api_handler.function_name == "store-catalog-test-api_handler"
    error_message = "The API's function is named ${aws_lambda_function.api_handler.function_name}."
  }

  assert {
    condition     = aws_api_gateway_rest_api.rest_api.name == "store-catalog-test"
    error_message = "The API is named ${aws_api_gateway_rest_api.rest_api.name}."
  }

  assert {
    condition     = alltrue([for rule in [aws_cloudwatch_event_rule.reconcile-event] : startswith(rule.name, "store-catalog-test-")])
    error_message = "A schedule's name lacks application or environment: two environments would overwrite each other's."
  }

  assert {
    condition     = module.results.visibility_timeout_seconds >= 6 * aws_lambda_function.ingestion_message.timeout
    error_message = "A message would be handed out again while a function still works on it: Lambda asks for six times the function's time-out."
  }

  assert {
    condition     = toset(aws_lambda_event_source_mapping.ingestion_message-sqs-event-source.function_response_types) == toset(["ReportBatchItemFailures"])
    error_message = "One message that fails would take the whole batch with it."
  }

  assert {
    condition     = length(aws_lambda_function_event_invoke_config.catalog_dropped.destination_config[0].on_failure) == 1
    error_message = "An event that the function fails on would be gone."
  }

  assert {
    condition     = aws_api_gateway_rest_api.rest_api.endpoint_configuration[0].types == tolist(["REGIONAL"])
    error_message = "The API is not regional: calls would take the way over CloudFront."
  }

  assert {
    condition     = length(distinct([for function in keys(local.function_statements) : local.function_names[function]])) == 10
    error_message = "There are not ten roles for ten functions."
  }

  assert {
    condition     = alltrue([for function in [aws_lambda_function.submit_batch, aws_lambda_function.api_handler] : function.tracing_config[0].mode == "Active"])
    error_message = "A function is not traced."
  }

  assert {
    condition     = length(module.monitoring.budget_names) == 0
    error_message = "A budget is made without an amount."
  }
}

run "objects_are_private_versioned_encrypted_and_expire" {
  command = plan

  module {
    source = "./modules/private_bucket"
  }

  variables {
    name              = "store-catalog-test-bucket"
    protect_data      = true
    expire_after_days = { "inbox/" = 30 }
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "The bucket does not keep the public out."
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "The bucket has no versions: an upload is of one version of an object."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "The bucket is not encrypted."
  }

  assert {
    condition     = length(aws_s3_bucket_policy.this) == 1
    error_message = "The bucket takes requests in plain text."
  }

  assert {
    condition     = !aws_s3_bucket.this.force_destroy
    error_message = "The bucket is deleted with what it holds."
  }

  assert {
    condition     = one([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule if rule.id == "expire-inbox"]).expiration[0].days == 30
    error_message = "The bucket's objects don't expire."
  }
}

run "a_key_of_the_account_encrypts_if_given" {
  command = plan

  module {
    source = "./modules/private_bucket"
  }

  variables {
    name              = "store-catalog-test-bucket"
    protect_data      = true
    expire_after_days = { "inbox/" = 30 }
    kms_key_arn       = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).kms_master_key_id == var.kms_key_arn
    error_message = "The bucket is not encrypted with the key that was given."
  }
}

run "the_table_can_be_restored_and_is_not_deleted_by_mistake" {
  command = plan

  module {
    source = "./modules/tracking"
  }

  variables {
    name         = "store-catalog-test-tracking"
    protect_data = true
  }

  assert {
    condition     = aws_dynamodb_table.this.point_in_time_recovery[0].enabled && aws_dynamodb_table.this.deletion_protection_enabled && aws_dynamodb_table.this.server_side_encryption[0].enabled
    error_message = "The table lacks recovery, protection or encryption."
  }

  assert {
    condition     = aws_dynamodb_table.this.ttl[0].enabled && aws_dynamodb_table.this.ttl[0].attribute_name == "expires"
    error_message = "The table does not forget."
  }

  assert {
    condition     = aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST" && aws_dynamodb_table.this.hash_key == "pk" && aws_dynamodb_table.this.range_key == "sk"
    error_message = "The table has other keys than the models."
  }

  assert {
    condition     = toset([for index in aws_dynamodb_table.this.global_secondary_index : index.name]) == toset(["uploads_by_time", "open_uploads"])
    error_message = "The table has other indexes than the models."
  }
}
