"""What is not read, and of which the user says that it changes nobody's access to a key (`--harmless`)."""

from __future__ import annotations

from pathlib import Path

import pytest

import verifier
from tests.inputs.plans import ACCOUNT
from tests.inputs.test_terraform_folder import OUTSIDE, TIGHT, key, written
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.language.invariants.files import read_invariants
from verifier.model.estate import Estate
from verifier.syntax.source import Source

COMMAND = '  provisioner "local-exec" {\n    command = "aws"\n  }\n'
BUILDS = f'resource "null_resource" "build" {{\n  for_each = toset(["a", "b"])\n{COMMAND}}}\n'
DEPLOYS = f'resource "null_resource" "deploy" {{\n{COMMAND}}}\n'
MODULE = 'module "vpc" {\n  source = "terraform-aws-modules/vpc/aws"\n}\n'


def load(folder: Path, *harmless: str, **files: str) -> Estate:
    return load_estate([written(folder, **files)], supplied=Supplied(ACCOUNT, "us-west-2", harmless=harmless))


def status(estate: Estate) -> str:
    """The verdict on the only key."""
    invariants = read_invariants(Source("it.inv", OUTSIDE.replace("Decrypt", "*"))).invariants
    (verdict,) = verifier.prove(estate, invariants).verdicts
    return verdict.status.value


@pytest.mark.parametrize(
    ("harmless", "expected"),
    [
        ((), "unknown"),
        (("null_resource.*", "module.vpc"), "proved"),
        (("*",), "proved"),
        (('null_resource.build["a"]', 'null_resource.build["b"]', "null_resource.deploy", "module.vpc"), "proved"),
        (("null_resource.*",), "unknown"),
        (("null_resource.build*", "module.vpc"), "unknown"),
        (('null_resource.build["a"]', "null_resource.deploy", "module.vpc"), "unknown"),
        (("null_resource.build[ab]", "null_resource.deploy", "module.vpc"), "unknown"),
        (("null_resource", "module.vpc"), "unknown"),
        (("null_resource.?*", "module.vpc"), "unknown"),
    ],
)
def test_only_what_it_names_is_harmless(tmp_path: Path, harmless: tuple[str, ...], expected: str) -> None:
    assert status(load(tmp_path, *harmless, main=TIGHT, more=BUILDS + DEPLOYS + MODULE)) == expected


TEMPLATE = """\
Resources:
  Key:
    Type: AWS::KMS::Key
  Tells:
    Type: Custom::Tells
    Properties: {ServiceToken: x, Key: !Ref Key}
  Tells2:
    Type: AWS::CloudFormation::CustomResource
    Properties: {ServiceToken: x, Key: !Ref Key}
"""


@pytest.mark.parametrize(
    ("harmless", "expected"),
    [
        (("Tells", "Tells2"), "proved"),
        (("Tells*",), "proved"),
        (("Custom::Tells `Tells`", "AWS::CloudFormation::CustomResource `*`"), "proved"),
        (("Tells",), "unknown"),
        (("tells", "Tells2"), "unknown"),
        (("", "Custom::Tells", "`Tells`", "Key", "Tells2"), "unknown"),
    ],
)
def test_of_a_template_the_logical_id_will_do(tmp_path: Path, harmless: tuple[str, ...], expected: str) -> None:
    (tmp_path / "t.yaml").write_text(TEMPLATE, encoding="utf-8")
    estate = load_estate([tmp_path / "t.yaml"], supplied=Supplied(ACCOUNT, "us-west-2", harmless=harmless))
    assert status(estate) == expected


def test_no_pattern_keeps_it_busy(tmp_path: Path) -> None:
    module = MODULE.replace("vpc", "e" * 80, 1)
    assert status(load(tmp_path, "*e" * 30 + "x", main=TIGHT, more=module)) == "unknown"


def test_what_is_read_is_never_harmless(tmp_path: Path) -> None:
    assert status(load(tmp_path, "*", main=key('"*"'), more=MODULE)) == "refuted"


COUNTED = 'variable "often" {}\nresource "%s" "it" {\n  count = var.often\n%s}\n'
IN_DOUBT = {
    "aws_kms_key_policy": """  key_id = aws_kms_key.k.id
  policy = jsonencode({ Statement = [{ Effect = "Allow", Principal = "*", Action = "kms:*", Resource = "*" }] })
""",
    "aws_kms_grant": """  key_id = aws_kms_key.k.id
  grantee_principal = "arn:aws:iam::444455556666:root"
  operations = ["Decrypt"]
""",
    "aws_ram_resource_association": """  resource_arn = aws_kms_key.k.arn
  resource_share_arn = "arn:aws:ram:us-west-2:111122223333:resource-share/1"
""",
}


@pytest.mark.parametrize("type_", IN_DOUBT)
def test_what_is_read_and_in_doubt_by_itself_is_never_harmless(tmp_path: Path, type_: str) -> None:
    counted = COUNTED % (type_, IN_DOUBT[type_])
    estate = load(tmp_path, "*", f"{type_}.*", main=TIGHT, more=counted + MODULE)
    assert status(estate) == "unknown"
    assert not [thing for thing in estate.unmodelled if "--harmless" in thing.description]


def test_a_policy_that_may_be_made_is_told_apart_from_what_is_not_read(tmp_path: Path) -> None:
    policy = '  role = "app"\n  policy = jsonencode({ Statement = [] })\n'
    other = 'resource "aws_iam_nobody_knows" "it" {\n}\n'
    estate = load(tmp_path, main=TIGHT, more=COUNTED % ("aws_iam_role_policy", policy) + other)
    said = [thing.description for thing in estate.unmodelled]
    assert [("--harmless" in one, "nobody_knows" in one) for one in sorted(said)] == [(True, True), (False, False)]
    assert len(load(tmp_path, "*").unmodelled) == 1


def test_each_verdict_supposes_it(tmp_path: Path) -> None:
    estate = load(tmp_path, "null_resource.*", main=TIGHT, more=BUILDS + DEPLOYS)
    (sentence,) = (said for said in estate.concluded if "--harmless" in said)
    assert sentence == (
        "nothing that `--harmless null_resource.*` names changes anybody's access to a key, though it is not read "
        '(3 of them, null_resource.build["a"], null_resource.build["b"], null_resource.deploy)'
    )
    invariants = read_invariants(Source("it.inv", OUTSIDE)).invariants
    (verdict,) = verifier.prove(estate, invariants).verdicts
    assert sentence in [found.text for found in verdict.assumptions]


def test_a_pattern_is_a_warning_where_all_is_read(tmp_path: Path) -> None:
    estate = load(tmp_path, "null_resource.build", main=TIGHT)
    assert [found.message for found in estate.warnings] == ["`--harmless null_resource.build` matches nothing"]


def test_a_pattern_that_names_nothing_is_a_warning(tmp_path: Path) -> None:
    estate = load(tmp_path, "null_resource.biuld", main=TIGHT, more=DEPLOYS)
    assert [found.message for found in estate.warnings] == ["`--harmless null_resource.biuld` matches nothing"]
    assert status(estate) == "unknown"


SCP = """resource "aws_organizations_policy" "s" {
  name    = "s"
  type    = "SERVICE_CONTROL_POLICY"
  content = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Action = "ec2:*", Resource = "*" }] })
}
"""


def test_the_reason_is_what_may_open_the_key(tmp_path: Path) -> None:
    """And not a control policy that may refuse what it opens, which the input has first."""
    estate = load(tmp_path, main=SCP + TIGHT, more=DEPLOYS)
    (verdict,) = verifier.prove(estate, read_invariants(Source("it.inv", OUTSIDE)).invariants).verdicts
    assert verdict.reason is not None
    assert verdict.reason.text.startswith("null_resource.deploy runs a command (`provisioner`), and may change ")
