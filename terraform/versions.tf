# The one place for version pins. Chalice writes pins of its own (Terraform < 1.4, provider < 5); the packager drops them.
terraform {
  required_version = ">= 1.9" # validations that refer to other variables

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.47" # the first that was tried; older ones lack `key_schema` of DynamoDB's indexes
    }
  }

  # Filled in by `terraform init -backend-config=environments/<environment>.tfbackend`.
  backend "s3" {}
}
