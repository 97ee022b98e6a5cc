# Who may take the role that Amazon has allow-listed, and what it may do.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "123456789012"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  name              = "store-catalog-test-catalog-api"
  trusted_role_arns = ["arn:aws:iam::123456789012:role/store-catalog-test-submit_batch"]
  api_region        = "eu-west-1"
  api_paths         = ["/v1/catalog/upload", "/v1/catalog/archive"]
}

run "only_the_named_functions_may_take_it_for_an_hour" {
  command = plan

  assert {
    condition     = jsondecode(data.aws_iam_policy_document.trust.json).Statement[0].Principal == { AWS = "arn:aws:iam::123456789012:role/store-catalog-test-submit_batch" }
    error_message = "The role can be taken by somebody else."
  }

  assert {
    condition     = !contains(keys(jsondecode(data.aws_iam_policy_document.trust.json).Statement[0]), "Condition")
    error_message = "The role asks for an external ID that nobody has set."
  }

  assert {
    condition     = aws_iam_role.this.max_session_duration == 3600
    error_message = "A session is longer than an hour, which a chained role can't have."
  }
}

run "it_may_post_to_the_named_paths_only" {
  command = plan

  assert {
    condition = {
      for s in jsondecode(data.aws_iam_policy_document.permissions.json).Statement : s.Sid => [s.Action, toset(s.Resource)]
      } == {
      CatalogApi = ["execute-api:Invoke", toset(["arn:aws:execute-api:eu-west-1:*:*/*/POST/v1/catalog/upload", "arn:aws:execute-api:eu-west-1:*:*/*/POST/v1/catalog/archive"])]
    }
    error_message = "The role may do something else than post to the named paths."
  }
}

run "what_is_known_of_the_api_narrows_it" {
  command = plan

  variables {
    api_account_id = "111122223333"
    api_id         = "abc123"
    api_stage      = "prod"
    api_paths      = ["/v1/catalog/upload"]
    external_id    = "external-1"
  }

  assert {
    condition     = jsondecode(data.aws_iam_policy_document.permissions.json).Statement[0].Resource == "arn:aws:execute-api:eu-west-1:111122223333:abc123/prod/POST/v1/catalog/upload"
    error_message = "The role may call another API than the one that is known."
  }

  assert {
    condition     = jsondecode(data.aws_iam_policy_document.trust.json).Statement[0].Condition.StringEquals["sts:ExternalId"] == "external-1"
    error_message = "The role can be taken without the external ID."
  }
}

run "a_wildcard_is_no_path" {
  command = plan

  variables {
    api_paths = ["/v1/catalog/*"]
  }

  expect_failures = [var.api_paths]
}

run "somebody_has_to_be_trusted" {
  command = plan

  variables {
    trusted_role_arns = []
  }

  expect_failures = [var.trusted_role_arns]
}
