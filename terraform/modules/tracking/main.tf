# The one table: uploads, batches, attempts, ingestions, the sources' turns and the pacer.

resource "aws_dynamodb_table" "this" {
  #checkov:skip=CKV_AWS_119:The table holds states, counts and names of files, no item data; DynamoDB encrypts it with a key of its own
  #checkov:skip=CKV2_AWS_16:On-demand capacity scales by itself
  name                        = var.name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "pk"
  range_key                   = "sk"
  deletion_protection_enabled = var.protect_data

  attribute {
    name = "pk"
    type = "S"
  }

  attribute {
    name = "sk"
    type = "S"
  }

  attribute {
    name = "kind"
    type = "S"
  }

  attribute {
    name = "open"
    type = "S"
  }

  attribute {
    name = "received_at"
    type = "S"
  }

  # Every upload, by the time it came.
  global_secondary_index {
    name            = "uploads_by_time"
    projection_type = "ALL"

    key_schema {
      attribute_name = "kind"
      key_type       = "HASH"
    }

    key_schema {
      attribute_name = "received_at"
      key_type       = "RANGE"
    }
  }

  # Sparse: an upload has the attribute `open` until it is final.
  global_secondary_index {
    name            = "open_uploads"
    projection_type = "ALL"

    key_schema {
      attribute_name = "open"
      key_type       = "HASH"
    }

    key_schema {
      attribute_name = "received_at"
      key_type       = "RANGE"
    }
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}
