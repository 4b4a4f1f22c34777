"""What one part of an input writes and another reads from AWS counts for what reads it: exports, stored values, outputs
of other configurations. [CloudFormation User Guide: Exports; Dynamic references]"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inputs.plans import ACCOUNT
from tests.inputs.test_several_templates import load as load_templates
from tests.inputs.test_terraform_folder import key
from tests.inputs.test_unread_versions import EQUIVALENT, UNKNOWN, relation
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied

READS = """Parameters:
  Net: {Type: String}
  Stored: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /a}
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Statement:
          - {Effect: Allow, Principal: {AWS: '111122223333'}, Action: 'kms:*', Resource: '*'}
          - {Effect: Allow, Principal: {AWS: READ}, Action: 'kms:Decrypt', Resource: '*'}
"""
WRITES = """Parameters:
  P: {Type: String}
  L: {Type: CommaDelimitedList}
Conditions:
  C: !Equals [!Ref P, a]
Resources:
  Stored: {Type: AWS::SSM::Parameter, Properties: {Name: /a, Type: String, Value: STORED}}
  Secret: {Type: AWS::SecretsManager::Secret, Properties: {Name: a, SecretString: STORED}}
Outputs:
  X: {OF Value: VALUE, Export: {Name: NAME}}
  Y: {Value: OTHER, Export: {Name: other}}
  Z: {Value: !ImportValue other, Export: {Name: again}}
"""
FIRST, SECOND = "!Select [0, !Ref L]", "!Select [1, !Ref L]"


def templates(folder: Path, read: str, **written: str) -> str:
    """What `compare` says of a key whose policy reads what another template writes in two ways, the first of which is
    the second where `written` has one of them."""
    sides = []
    for number in (0, 1):
        found = WRITES
        for name, values in ({"OF": "", "VALUE": "a", "NAME": "xx", "OTHER": "a", "STORED": "a"} | written).items():
            found = found.replace(name, values.split(" / ")[number if " / " in values else 0])
        (folder / str(number)).mkdir()
        sides.append(load_templates(folder / str(number), READS.replace("READ", read), found))
    return relation(*sides)


CHANGED = f"{FIRST} / {SECOND}"


@pytest.mark.parametrize(
    ("read", "written", "found"),
    [
        ("!ImportValue xx", {"VALUE": CHANGED}, UNKNOWN),
        ("!ImportValue xx", {"VALUE": FIRST}, EQUIVALENT),
        ("!ImportValue xx", {"VALUE": FIRST, "OTHER": CHANGED}, EQUIVALENT),
        ("!Sub ['arn:aws:iam::${A}:root', {A: !ImportValue xx}]", {"VALUE": CHANGED}, UNKNOWN),
        ("!Select [0, !Split [',', !ImportValue xx]]", {"VALUE": CHANGED}, UNKNOWN),
        ("!ImportValue again", {"OTHER": CHANGED}, UNKNOWN),
        # Whether the output is made is not known.
        ("!ImportValue xx", {"OF": "Condition: C,", "VALUE": "a / b"}, UNKNOWN),
        # Which export is meant is not known.
        ("!ImportValue {'Fn::Sub': '${Net}-x'}", {"NAME": "!Sub '${P}-x'", "VALUE": "a / b"}, UNKNOWN),
        ("!ImportValue {'Fn::Sub': '${Net}-x'}", {"NAME": "!Sub '${P}-y'", "VALUE": "a / b"}, EQUIVALENT),
        ("!ImportValue net-x", {"NAME": "!Sub '${P}-x'", "VALUE": "a / b"}, UNKNOWN),
        ("!ImportValue net-x", {"NAME": "!Sub '${P}-y'", "VALUE": "a / b"}, EQUIVALENT),
        ("'{{resolve:ssm:/a}}'", {"STORED": "a / b"}, UNKNOWN),
        ("'{{resolve:secretsmanager:a}}'", {"STORED": "a / b"}, UNKNOWN),
        ("!Ref Stored", {"STORED": "a / b"}, UNKNOWN),
        ("!Ref Net", {"STORED": "a / b"}, EQUIVALENT),
    ],
)
def test_what_another_template_writes_counts_where_it_is_read(
    tmp_path: Path, read: str, written: dict[str, str], found: str
) -> None:
    assert templates(tmp_path, read, **written) == found


STORES = """
variable "k" {}
variable "v" {}
resource "aws_ssm_parameter" "p" {
  name  = "/a"
  value = VALUE
}
resource "aws_secretsmanager_secret_version" "p" {
  secret_id     = "a"
  secret_string = VALUE
}
resource "aws_s3_object" "p" {
  bucket  = "a"
  key     = "a"
  content = VALUE
}
data "aws_ssm_parameter" "d" {
  name = "/a"
}
data "aws_secretsmanager_secret_version" "d" {
  secret_id = "a"
}
data "aws_s3_object" "d" {
  bucket = "a"
  key    = "a"
}
data "aws_vpc" "d" {}
"""
REMOTE = 'data "terraform_remote_state" "d" {\n  backend = "local"\n}\nvariable "k" {}\n'
OUTPUTS = 'output "x" {\n  value = VALUE\n}\noutput "y" {\n  value = "y"\n}\n'


@pytest.mark.parametrize(
    ("read", "found"),
    [
        ("data.aws_ssm_parameter.d.value", UNKNOWN),
        ("data.aws_secretsmanager_secret_version.d.secret_string", UNKNOWN),
        ("data.aws_s3_object.d.body", UNKNOWN),
        ("data.aws_vpc.d.owner_id", EQUIVALENT),
        ("data.terraform_remote_state.d.outputs.x", UNKNOWN),
        ('data.terraform_remote_state.d.outputs["x"]', UNKNOWN),
        ("data.terraform_remote_state.d.outputs[var.k]", UNKNOWN),
        ('lookup(data.terraform_remote_state.d.outputs, "x", 1)', UNKNOWN),
        ("data.terraform_remote_state.d.outputs.y", EQUIVALENT),
    ],
)
def test_what_another_configuration_writes_counts_where_it_is_read(tmp_path: Path, read: str, found: str) -> None:
    sides = []
    for value in ('"a"', '"b"'):
        folders = [tmp_path / value.strip('"') / name for name in ("writes", "reads")]
        for folder in folders:
            folder.mkdir(parents=True)
        remote = "remote" in read
        (folders[0] / "main.tf").write_text((OUTPUTS if remote else STORES).replace("VALUE", value), encoding="utf-8")
        (folders[1] / "main.tf").write_text((REMOTE if remote else "") + key(read), encoding="utf-8")
        if not remote:  # a data source is read where it is written
            folders[0].joinpath("key.tf").write_text(key(read), encoding="utf-8")
            folders.pop()
        sides.append(load_estate(folders, supplied=Supplied(account=ACCOUNT, region="us-west-2")))
    assert relation(*sides) == found
