"""Tags that the provider of a folder adds to each resource (`default_tags`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inputs.test_terraform_folder import key, load
from verifier.model.estate import Estate

VARIABLES = 'variable "known" {\n  default = "x"\n}\nvariable "given" {\n}\nvariable "none" {\n  default = null\n}\n'
TRUST = (
    'jsonencode({ Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, '
    'Action = "sts:AssumeRole" }] })'
)


def loaded(folder: Path, provider: str, more: str = "", role: str = "") -> Estate:
    """A key and a role, of a provider configuration with these lines."""
    made = f'resource "aws_iam_role" "app" {{\n  name = "app"\n  assume_role_policy = {TRUST}\n{role}}}\n'
    configured = f'provider "aws" {{\n  region = "us-west-2"\n{provider}}}\n{VARIABLES}'
    return load(folder, main=key('"*"', more=more) + made, provider=configured)


def defaults(tags: str) -> str:
    return f"  default_tags {{\n    tags = {tags}\n  }}\n"


@pytest.mark.parametrize(
    ("provider", "own", "expected"),
    [
        (defaults('{ a = "1" }'), "", {"a": "1"}),
        (defaults('merge({ a = var.known }, { b = "2" })'), 'tags = { b = "own" }', {"a": "x", "b": "own"}),
        (defaults("var.none"), 'tags = { c = "3" }', {"c": "3"}),
        ("  default_tags {\n  }\n", 'tags = { c = "3" }', {"c": "3"}),
        (defaults("{ a = true, b = 1 }"), "", {"a": "true", "b": "1"}),
        (defaults("{ a = var.given }"), "", None),
        (defaults("var.given"), "", None),
        ("", 'tags = { b = null, c = "3" }', {"c": "3"}),
        ("", "tags = merge({ b = var.none }, {})", {}),
        (defaults("{ a = null }"), "", None),
        (defaults('{ a = "1" }'), "tags = { b = null }", None),
        (defaults('{ a = "1" }'), "tags = var.given", None),
        (defaults('{ a = "1" }') + '  ignore_tags {\n    keys = ["b"]\n  }\n', "", None),
        ('  dynamic "default_tags" {\n    for_each = [1]\n    content {\n      tags = {}\n    }\n  }\n', "", None),
        (defaults('{ a = "1" }'), 'tags = { b = "2" }\n  lifecycle {\n    ignore_changes = [tags_all]\n  }', None),
        (defaults('{ a = "1" }'), 'lifecycle {\n    ignore_changes = [tags["a"]]\n  }', None),
    ],
)
def test_f8_default_tags_of_a_folder(tmp_path: Path, provider: str, own: str, expected: dict[str, str] | None) -> None:
    """[terraform-provider-aws: default_tags Configuration Block; internal/service/kms/key_tags_gen_test.go, Tags_null:
    what is null is no tag]"""
    lines = f"  {own}\n" if own else ""
    estate = loaded(tmp_path, provider, lines, lines)
    (made,) = estate.keys
    assert made.tags == (None if expected is None else tuple(expected.items()))
    listed = [dict(identity.tags) for account in estate.accounts for identity in account.identities]
    assert listed == ([] if expected is None else [expected])
