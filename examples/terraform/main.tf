# What examples/terraform/plan.json was made from: `terraform plan -out plan.out && terraform show -json plan.out > plan.json`.

provider "aws" {
  region = "us-west-2"
}

data "aws_caller_identity" "current" {}

data "aws_ssm_parameter" "auditor" {
  name       = "/partners/auditor"
  depends_on = [aws_iam_role.app] # so it is read only during apply
}

resource "aws_iam_role" "app" {
  name               = "app"
  assume_role_policy = file("trust.json")
}

resource "aws_iam_role_policy" "app" {
  name = "decrypt"
  role = aws_iam_role.app.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "kms:Decrypt", Resource = aws_kms_key.archive.arn }]
  })
}

# The policy is known after apply, for the role is new. It is recovered but for the auditor.
resource "aws_kms_key" "payments" {
  description = "payments"
  policy      = data.aws_iam_policy_document.payments.json
}

data "aws_iam_policy_document" "payments" {
  statement {
    sid       = "Delegate to IAM"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }
  statement {
    sid       = "App"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.app.arn]
    }
  }
  statement {
    sid       = "Auditor"
    actions   = ["kms:DescribeKey", "kms:GetKeyPolicy"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [data.aws_ssm_parameter.auditor.value]
    }
  }
}

# The key's own policy is tight; the separate one, which replaces it, is not.
resource "aws_kms_key" "archive" {
  description = "archive"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Delegate to IAM"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

resource "aws_kms_key_policy" "archive" {
  key_id = aws_kms_key.archive.key_id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Delegate to IAM"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::111122223333:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "Readers"
        Effect    = "Allow"
        Principal = { AWS = "*" }
        Action    = "kms:Decrypt"
        Resource  = "*"
        Condition = { StringLike = { "aws:PrincipalArn" = "arn:aws:iam::*:role/reader-*" } }
      },
    ]
  })
}

# No policy: the default one. The grant lets another account in.
resource "aws_kms_key" "backup" {
  description = "backup"
}

resource "aws_kms_grant" "restore" {
  name              = "restore"
  key_id            = aws_kms_key.backup.key_id
  grantee_principal = "arn:aws:iam::444455556666:role/restore"
  operations        = ["Decrypt", "DescribeKey"]
}

# A policy that nothing but apply can tell.
resource "aws_kms_key" "reports" {
  description = "reports"
  policy      = templatefile("reports.json.tftpl", { role = aws_iam_role.app.arn })
}
