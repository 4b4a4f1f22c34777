"""S4: provider configurations of which nothing tells the Region may be in several; two that a folder is handed may have
two logins too."""

from __future__ import annotations

from pathlib import Path

import pytest

from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.language.builtins.catalogue import builtin
from verifier.model.results.verdict import Status
from verifier.syntax.diagnostic import InputError
from verifier.verify.proving import prove

HANDED = "terraform {\n  required_providers {\n    aws = {\n      configuration_aliases = [aws.other]\n    }\n  }\n}\n"
VARIABLES = (
    'variable "a" {}\nvariable "b" {}\nprovider "aws" {\n  region = var.a\n}\nprovider "aws" {\n  alias  = "other"\n '
    " region = var.b\n}\n"
)
LOGINS = 'provider "aws" {}\nprovider "aws" {\n  alias   = "other"\n  profile = "second"\n}\n'
DATA = 'data "aws_region" "here" {}\n'
DENY = """
resource "aws_kms_key" "k" {
  provider = aws.other
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = { AWS = "*" }, Action = "kms:*", Resource = "*" },
      { Effect = "Deny", Principal = { AWS = "*" }, Action = "kms:*", Resource = "*",
        Condition = { StringEquals = { "aws:RequestedRegion" = data.aws_region.here.name } } },
    ]
  })
}
"""
PLAIN = 'resource "aws_kms_key" "k" {}\n'
OTHER = 'resource "aws_kms_key" "k" {\n  provider = aws.other\n}\n'
REPLICA = """resource "aws_kms_key" "k" {
  multi_region = true
}
resource "aws_kms_replica_key" "r" {
  provider        = aws.other
  primary_key_arn = aws_kms_key.k.arn
}
"""


def verdicts(folder: Path, text: str, **given: str) -> list[Status]:
    (folder / "main.tf").write_text(text, encoding="utf-8")
    estate = load_estate([folder], supplied=Supplied(parameters=given))
    return [verdict.status for verdict in prove(estate, [builtin("no-external-access")]).verdicts]


@pytest.mark.parametrize("providers", [HANDED, VARIABLES, LOGINS])
def test_two_regions_that_nothing_tells_may_be_two(tmp_path: Path, providers: str) -> None:
    """A Deny in the Region of one provider configuration is none of a key in that of another one."""
    with pytest.raises(InputError, match="may be several") as raised:
        verdicts(tmp_path, providers + DATA + DENY)
    assert raised.value.diagnostics[0].rule == "S4" and raised.value.diagnostics[0].span is not None


def test_the_region_of_a_provider_is_that_of_its_data_source(tmp_path: Path) -> None:
    text = VARIABLES + DATA + DENY
    assert verdicts(tmp_path, text, a="us-east-1", b="us-west-2") == [Status.REFUTED]
    assert verdicts(tmp_path, text, a="us-east-1", b="us-east-1") == [Status.PROVED]
    assert verdicts(tmp_path, text, a="us-east-1") == [Status.UNKNOWN]


def test_an_alias_is_not_the_configuration_of_what_names_none(tmp_path: Path) -> None:
    alias = 'provider "aws" {\n  alias  = "other"\n  region = "eu-west-1"\n}\n'
    own = 'provider "aws" {\n  region = "eu-west-1"\n}\n'
    for text in (alias + PLAIN, HANDED + own + OTHER):
        (tmp_path / "main.tf").write_text(text, encoding="utf-8")
        estate = load_estate([tmp_path])
        assert estate.open_region and estate.keys[0].region != "eu-west-1"


def test_a_replica_is_in_another_region_than_its_primary_key(tmp_path: Path) -> None:
    assert verdicts(tmp_path, VARIABLES + REPLICA) == [Status.PROVED, Status.PROVED]


@pytest.mark.parametrize("primary", ["us-east-1", None])
def test_a_replica_beside_its_primary_key_asks_for_its_region(tmp_path: Path, primary: str | None) -> None:
    """One error, and no word of a key that is given twice."""
    main = f'provider "aws" {{\n  region = "{primary}"\n}}\n' if primary else 'provider "aws" {}\n'
    text = main + 'variable "other" {}\nprovider "aws" {\n  alias  = "other"\n  region = var.other\n}\n' + REPLICA
    if primary is None:
        text = text.replace("region = var.other", "")
    with pytest.raises(InputError) as raised:
        verdicts(tmp_path, text)
    (found,) = raised.value.diagnostics
    assert "seems to be in the Region of its primary key" in found.message and "--region" in (found.hint or "")
    if primary is not None:
        assert verdicts(tmp_path, text, other="us-west-2") == [Status.PROVED, Status.PROVED]
