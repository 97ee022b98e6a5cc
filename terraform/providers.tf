provider "aws" {
  region              = var.region
  allowed_account_ids = var.account_id == null ? null : [var.account_id]

  default_tags {
    tags = merge({ application = local.app_name, environment = var.environment, managed-by = "terraform" }, var.tags)
  }
}
