"""What is not read is the same on both sides of a comparison only where it is written alike on both (S1)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.inputs.plans import ACCOUNT
from tests.inputs.test_each_region import SOMEBODY, statement, template
from tests.inputs.test_terraform_folder import OWN, key, load
from verifier.inputs import load_estate
from verifier.inputs.estate import Version, load_versions
from verifier.inputs.supplied import Supplied
from verifier.inputs.text.definitions import Definitions
from verifier.inputs.text.nodes import Scalar
from verifier.inputs.text.unknown import UnknownNode, content
from verifier.model.estate import Estate
from verifier.syntax.source import Source
from verifier.verify.comparison.compare import compare

KEY = key(f'"{OWN}"')
EQUIVALENT, UNKNOWN = "equivalent", "unknown"


def module(name: str, source: str = "example.com/m", more: str = "") -> str:
    """A call of a module that is not at hand."""
    return f'module "{name}" {{\n  source = "{source}"\n{more}}}\n'


def runs(command: str) -> str:
    """A resource that runs a command."""
    return f'resource "null_resource" "r" {{\n  provisioner "local-exec" {{\n    command = "{command}"\n  }}\n}}\n'


def removed(name: str) -> str:
    """A block about a module that is there no more."""
    return f"removed {{\n  from = module.{name}\n}}\n"


def unheard_of(text: str) -> str:
    """A resource of a type that nobody has heard of."""
    return f'resource "aws_iam_something" "x" {{\n  policy = "{text}"\n}}\n'


def relation(old: Estate, new: Estate) -> str:
    """What is said of the key."""
    return compare(old, new).targets[0].relation.value


def written(path: Path, found: object, region: str | None = "us-west-2") -> Estate:
    """The estate of a template or snapshot, which is written to a file."""
    path.write_text(found if isinstance(found, str) else json.dumps(found), encoding="utf-8")
    return load_estate([path], supplied=Supplied(ACCOUNT, region))


VARIABLES = 'variable "a" {}\nvariable "b" {}\n'


def grant(grantee: str, more: str = "") -> str:
    """A grant of the key."""
    return (
        f'resource "aws_kms_grant" "g" {{\n{more}  key_id = aws_kms_key.k.key_id\n  grantee_principal = {grantee}\n'
        '  operations = ["Decrypt"]\n}\n'
    )


def held(policy: str) -> str:
    """An inline policy of a role."""
    trust = f'{{ Effect = "Allow", Principal = {{ AWS = "{OWN}" }}, Action = "sts:AssumeRole" }}'
    whole = f'jsonencode({{ Version = "2012-10-17", Statement = [{trust}] }})'
    role = f'resource "aws_iam_role" "r" {{\n  name = "app"\n  assume_role_policy = {whole}\n}}\n'
    return f'{role}resource "aws_iam_role_policy" "p" {{\n  role = aws_iam_role.r.name\n  policy = {policy}\n}}\n'


def stack(template: str) -> str:
    """A stack."""
    return f'resource "aws_cloudformation_stack" "s" {{\n  name = "s"\n  template_body = "{template}"\n}}\n'


def maybe(role: str) -> str:
    """A grant of which it is not known whether there is one."""
    return grant(f'"arn:aws:iam::111122223333:role/{role}"', "  count = var.a\n")


def endpoint(policy: str) -> str:
    """An endpoint of KMS."""
    service = "com.amazonaws.us-west-2.kms"
    return (
        f'resource "aws_vpc_endpoint" "e" {{\n  vpc_id = "vpc-12345678"\n  service_name = "{service}"\n  policy = '
        f"{policy}\n}}\n"
    )


def bounded(by: str) -> str:
    """A role with an inline policy and a permissions boundary."""
    reads = '{ Effect = "Allow", Action = "kms:Decrypt", Resource = "*" }'
    policy = f'jsonencode({{ Version = "2012-10-17", Statement = [{reads}] }})'
    return held(policy).replace('name = "app"', f'name = "app"\n  permissions_boundary = {by}')


def role(account: str, name: str) -> str:
    """The ARN of a role, in Terraform's language."""
    return f'"arn:aws:iam::{account}:role/{name}"'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        *(
            (KEY + old, KEY + new)
            for old, new in (
                (grant("var.a"), grant("var.b")),
                (held("var.a"), held("var.b")),
                (bounded("var.a"), bounded("var.b")),
                (stack("one"), stack("two")),
                (maybe("one"), maybe("two")),
                (endpoint("var.a"), endpoint("var.b")),
            )
        ),
        (key("var.a"), key("var.b")),
        (key(role("${var.a}", "one")), key(role("${var.a}", "two"))),
        (key("upper(var.a)"), key("lower(var.a)")),
    ],
)
def test_s1_so_of_what_is_not_known(tmp_path: Path, old: str, new: str) -> None:
    before = load(tmp_path / "old", main=old + VARIABLES)
    assert relation(before, load(tmp_path / "same", main=old + VARIABLES)) == EQUIVALENT
    assert relation(before, load(tmp_path / "new", main=new + VARIABLES)) == UNKNOWN


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (module("a"), module("a"), EQUIVALENT),
        (module("a"), f"# as before\n\n{module('a')}", EQUIVALENT),
        (module("a"), module("a").replace("  ", "    "), EQUIVALENT),
        (module("a") + module("b"), module("a") + module("b"), EQUIVALENT),
        (module("a") + module("b"), module("b") + module("a"), EQUIVALENT),
        (module("a"), module("a") + module("b"), UNKNOWN),
        (module("a") + module("b"), module("a") + module("c"), UNKNOWN),
        (module("a", more='  version = "1.0"\n'), module("a", more='  version = "2.0"\n'), UNKNOWN),
        (runs("make one"), runs("make one"), EQUIVALENT),
        (runs("make one"), runs("make two"), UNKNOWN),
        (unheard_of("one"), unheard_of("one"), EQUIVALENT),
        (unheard_of("one"), unheard_of("two"), UNKNOWN),
        (module("a"), module("a").replace("  source", "  # as before\n  source"), EQUIVALENT),
        (removed("a") + removed("b"), removed("a") + removed("b"), EQUIVALENT),
        (removed("a") + removed("b"), removed("a") + removed("c"), UNKNOWN),
    ],
)
def test_s1_what_is_not_read_may_do_otherwise_where_it_is_written_otherwise(
    tmp_path: Path, old: str, new: str, found: str
) -> None:
    assert relation(load(tmp_path / "old", main=KEY, more=old), load(tmp_path / "new", main=KEY, more=new)) == found


def test_what_tells_values_that_are_not_known_apart() -> None:
    place = Scalar(Source("f", "x  y"), 0, 4, "x  y", "string")
    other = Scalar(Source("f", "x z"), 0, 3, "x z", "string")
    values = [
        *(place, other, UnknownNode(place, ["a"]), UnknownNode(place, ["b"]), UnknownNode(other, ["a"])),
        *(
            UnknownNode(place, ["a"], ("x", None)),
            UnknownNode(place, ["a"], options=[place]),
            UnknownNode(place, ["a"], options=[other]),
        ),
    ]
    assert len({Definitions().digest(content(value)) for value in values}) == len(values)
    again = Scalar(Source("g", " x y"), 1, 4, "x y", "string")
    assert Definitions().digest(content(UnknownNode(again, ["a"]))) == Definitions().digest(
        content(UnknownNode(place, ["a"]))
    )


def test_s1_so_of_a_file_that_is_merged(tmp_path: Path) -> None:
    def version(folder: str, source: str) -> Version:
        path = tmp_path / folder
        path.mkdir()
        (path / "main.tf").write_text(KEY + module("a"), encoding="utf-8")
        (path / "override.tf").write_text(f'module "a" {{\n  source = "{source}"\n}}\n', encoding="utf-8")
        return Version((path,), root=path)

    old, same, new = version("old", "one"), version("same", "one"), version("new", "two")
    found = [relation(*load_versions(old, other, supplied=Supplied(ACCOUNT, "us-west-2"))) for other in (same, new)]
    assert found == [EQUIVALENT, UNKNOWN]


@pytest.mark.parametrize(
    ("said", "more"),
    [
        ("local.x", 'locals {\n  x = "one"\n}\n'),
        ("var.x", 'variable "x" {\n  default = "one"\n}\n'),
        (
            "aws_ssm_parameter.x.value",
            'resource "aws_ssm_parameter" "x" {\n  name  = "x"\n  type  = "String"\n  value = "one"\n}\n',
        ),
        ("module.b.x", module("b", "./b")),
        ("local.y", 'locals {\n  y = local.x\n  x = "one"\n}\n'),
    ],
)
@pytest.mark.parametrize("unread", ["a module", "a command", "a type", "a stack", "a command in a module"])
def test_s1_so_where_what_it_refers_to_is_written_otherwise(tmp_path: Path, unread: str, said: str, more: str) -> None:
    text = {
        "a module": module("m", more=f"  x = {said}\n"),
        "a command": runs(f"${{{said}}}"),
        "a type": unheard_of(f"${{{said}}}"),
        "a stack": stack(f"${{{said}}}"),
        "a command in a module": module("inner", "./inner", f"  x = {said}\n"),
    }[unread]

    def version(folder: str, value: str, comment: str = "") -> Estate:
        for inner in ("inner", "b"):
            (tmp_path / folder / inner).mkdir(parents=True)
        (tmp_path / folder / "inner" / "main.tf").write_text('variable "x" {}\n' + runs("${var.x}"), encoding="utf-8")
        (tmp_path / folder / "b" / "main.tf").write_text(f'output "x" {{\n  value = "{value}"\n}}\n', encoding="utf-8")
        own = more.replace('"one"', f'"{value}"{comment}').replace('"./b"', f'"./b"{comment}')
        aside = f'locals {{\n  other = "{folder}"\n}}\nresource "aws_s3_bucket" "b" {{\n  bucket = "{folder}"\n}}\n'
        return load(tmp_path / folder, main=KEY, more=own + text + aside)

    old = version("old", "one")
    assert relation(old, version("same", "one", " # as before")) == EQUIVALENT
    assert relation(old, version("new", "two")) == UNKNOWN


OTHER = 'provider "aws" {{\n  alias = "{}"\n  region = "{}"\n{}}}\n'
ROLE_OF = 'assume_role {{\n role_arn = "arn:aws:iam::{}:role/x"\n }}\n'
TAGS_OF = 'default_tags {{\n tags = {{ t = "{}" }}\n }}\n'
READ = 'data "aws_ssm_parameter" "p" {{\n  name = "/a"\n{}}}\n'
IN_MODULE = 'module "m" {\n  source = "./m"\n  providers = { aws = aws.e }\n}\n'


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (OTHER.format("e", "eu-west-1", ""), OTHER.format("e", "eu-central-1", ""), UNKNOWN),
        *(
            (
                OTHER.format("e", "eu-west-1", more.format(one)),
                OTHER.format("e", "eu-west-1", more.format(other)),
                found,
            )
            for more, one, other, found in (
                (ROLE_OF, ACCOUNT, "444455556666", UNKNOWN),
                (TAGS_OF, "red", "blue", EQUIVALENT),
            )
        ),
        (
            OTHER.format("e", "eu-west-1", "") + OTHER.format("f", "eu-west-3", ""),
            OTHER.format("e", "eu-west-1", "") + OTHER.format("f", "eu-central-1", ""),
            EQUIVALENT,
        ),
    ],
)
def test_s1_so_where_it_is_read_in_another_account_or_region(tmp_path: Path, old: str, new: str, found: str) -> None:
    """Terraform reads a data source by its provider configuration, which a module may be given."""
    of_data, of_module = key("data.aws_ssm_parameter.p.value"), key("module.m.id")
    read = READ.format("  provider = aws.e\n")
    before, after = (
        load(tmp_path / name, main=of_data + read, more=more) for name, more in (("old", old), ("new", new))
    )
    assert relation(before, after) == found
    inner = READ.format("") + 'output "id" {\n  value = data.aws_ssm_parameter.p.value\n}\n'
    for name in ("first", "second"):
        (tmp_path / name / "m").mkdir(parents=True)
        (tmp_path / name / "m" / "main.tf").write_text(inner, encoding="utf-8")
    before, after = (
        load(tmp_path / name, main=of_module + IN_MODULE, more=more) for name, more in (("first", old), ("second", new))
    )
    assert relation(before, after) == found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (OTHER.format("e", "eu-west-1", ""), OTHER.format("e", "eu-central-1", "")),
        *(
            (OTHER.format("e", "eu-west-1", more.format(one)), OTHER.format("e", "eu-west-1", more.format(other)))
            for more, one, other in ((ROLE_OF, ACCOUNT, "444455556666"), (TAGS_OF, "red", "blue"))
        ),
    ],
)
@pytest.mark.parametrize("nested", [False, True])
def test_s1_so_of_what_a_module_makes_with_a_provider_configuration(
    tmp_path: Path, old: str, new: str, nested: bool
) -> None:
    """A module that is not at hand may have any provider configuration of its folder."""
    called = IN_MODULE if nested else module("m", more="  providers = { aws = aws.e }\n")
    for name in ("old", "same", "new") if nested else ():
        (tmp_path / name / "m").mkdir(parents=True)
        (tmp_path / name / "m" / "main.tf").write_text(module("inner"), encoding="utf-8")
    before, same, after = (
        load(tmp_path / name, main=KEY + called, more=more)
        for name, more in (("old", old), ("same", old), ("new", new))
    )
    assert (relation(before, same), relation(before, after)) == (EQUIVALENT, UNKNOWN)


def test_s4_so_of_what_each_region_has(tmp_path: Path) -> None:
    """Of two Regions each may have what the other one had."""

    def version(name: str, east: str, west: str) -> Estate:
        mapped = {"us-east-1": {"A": east}, "us-west-2": {"A": west}}
        return written(tmp_path / name, template(statement("Allow", SOMEBODY), Mappings={"M": mapped}), None)

    one, other = "777788889999", "444455556666"
    old, new, same = version("old", one, other), version("new", other, one), version("same (1)", one, other)
    assert (relation(old, same), relation(old, new)) == (EQUIVALENT, UNKNOWN)


TEMPLATE = """Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy: {Statement: {Effect: Allow, Principal: {AWS: 'arn:aws:iam::111122223333:root'}, Action: 'kms:*', Resource: '*'}}
  X:
    Type: AWS::IAM::Something
    Properties:
      Text: one
"""  # noqa: E501


def test_s1_so_of_templates(tmp_path: Path) -> None:
    for text in (TEMPLATE, "Transform: Mine\n" + TEMPLATE.replace("AWS::IAM::Something", "AWS::SNS::Topic")):
        old = written(tmp_path / "old.yaml", text)
        assert relation(old, written(tmp_path / "same.yaml", f"# as before\n{text}")) == EQUIVALENT
        assert relation(old, written(tmp_path / "new.yaml", text.replace("one", "two"))) == UNKNOWN


SECRET = 'data "aws_ssm_parameter" "s" {\n  name = "one"\n}\n'
OUTSIDE = (
    'data "terraform_remote_state" "s" {\n  backend = "local"\n  config  = { path = local.one }\n}\nlocals {\n  '
    'one = "one"\n}\n'
)
CLOUD = 'terraform {\n  cloud {\n    organization = "o"\n    workspaces {\n      name = "one"\n    }\n  }\n}\n'


@pytest.mark.parametrize(
    ("principal", "meant"),
    [
        ("data.aws_ssm_parameter.s.value", SECRET),
        ("data.terraform_remote_state.s.outputs.a", OUTSIDE),
        ("var.a", VARIABLES),
        ("terraform.workspace", CLOUD),
        ("terraform.workspace", CLOUD.replace("cloud", 'backend "remote"')),
    ],
)
def test_s1_so_where_a_name_stands_for_something_else(tmp_path: Path, principal: str, meant: str) -> None:
    before = load(tmp_path / "old", main=key(principal), more=meant)
    aside = 'resource "aws_s3_bucket" "b" {}\nlocals {\n  other = 1\n}\n'
    assert (
        relation(before, load(tmp_path / "same", main=key(principal), more=f"# as before\n{meant}{aside}"))
        == EQUIVALENT
    )
    if '"one"' in meant:
        assert (
            relation(before, load(tmp_path / "new", main=key(principal), more=meant.replace('"one"', '"two"')))
            == UNKNOWN
        )


WITH_NAMES = f"""Parameters:
  A: {{Type: String, AllowedValues: [one, two]}}
  Stored: {{Type: 'AWS::SSM::Parameter::Value<String>', Default: /one}}
Conditions:
  X: {{'Fn::Equals': [!Ref A, one]}}
  Z: {{'Fn::Not': [{{Condition: X}}]}}
Mappings:
  M: {{one: {{Arn: 'arn:aws:iam::444455556666:root'}}, two: {{Arn: 'arn:aws:iam::777788889999:root'}}}}
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Statement:
          - {{Effect: Allow, Principal: {{AWS: 'arn:aws:iam::{ACCOUNT}:root'}}, Action: 'kms:*', Resource: '*'}}
          - SAID
  Topic: {{Type: AWS::SNS::Topic, Properties: {{DisplayName: one}}}}
"""
BY_NAME = {
    "a condition": ("!If [X, ALLOWED, !Ref 'AWS::NoValue']", "SOMEBODY"),
    "a condition of a condition": ("!If [Z, ALLOWED, !Ref 'AWS::NoValue']", "SOMEBODY"),
    "a mapping": ("ALLOWED", "!FindInMap [M, !Ref A, Arn]"),
    "a parameter": ("ALLOWED", "!Ref A"),
    "a stored parameter": ("ALLOWED", "!Ref Stored"),
}
OTHERWISE = {
    "a condition": ("[!Ref A, one]", "[!Ref A, two]"),
    "a condition of a condition": ("[!Ref A, one]", "[!Ref A, two]"),
    "a mapping": ("444455556666", "123456789012"),
    "a parameter": ("[one, two]", "[one, three]"),
    "a stored parameter": ("/one", "/two"),
}


@pytest.mark.parametrize("name", BY_NAME)
def test_s1_so_where_a_name_of_a_template_stands_for_something_else(tmp_path: Path, name: str) -> None:
    said, principal = BY_NAME[name]
    allowed = f"{{Effect: Allow, Principal: {{AWS: {principal}}}, Action: 'kms:Decrypt', Resource: '*'}}"
    allowed = allowed.replace("SOMEBODY", "'arn:aws:iam::444455556666:root'")
    text = WITH_NAMES.replace("SAID", said.replace("ALLOWED", allowed))
    old = written(tmp_path / "old.yaml", text)
    assert (
        relation(old, written(tmp_path / "same.yaml", text.replace("DisplayName: one", "DisplayName: two")))
        == EQUIVALENT
    )
    assert relation(old, written(tmp_path / "new.yaml", text.replace(*OTHERWISE[name]))) == UNKNOWN


def test_s1_versions_differ_in_what_nothing_explains(tmp_path: Path) -> None:
    """A property that roles do not have may be meant for one that they have."""

    def version(policy: str) -> Estate:
        trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]}
        properties = {"RoleName": "r", "AssumeRolePolicyDocument": trust, "ManagedPolicyArn": [policy]}
        resources = {"K": {"Type": "AWS::KMS::Key"}, "R": {"Type": "AWS::IAM::Role", "Properties": properties}}
        return written(tmp_path / "template.json", {"Resources": resources})

    assert relation(version("arn:aws:iam::aws:policy/A"), version("arn:aws:iam::aws:policy/A")) == EQUIVALENT
    assert relation(version("arn:aws:iam::aws:policy/A"), version("arn:aws:iam::aws:policy/B")) == UNKNOWN


def test_s1_so_of_files_that_rain_puts_into_a_template(tmp_path: Path) -> None:
    """[Rain: `!Rain::Embed` is the text of a local file]"""

    def version(name: str, embedded: str) -> Estate:
        (tmp_path / name).mkdir()
        (tmp_path / name / "who.txt").write_text(embedded, encoding="utf-8")
        text = TEMPLATE.partition("  X:")[0].replace("'arn:aws:iam::111122223333:root'", "!Rain::Embed who.txt")
        return written(tmp_path / name / "template.yaml", text)

    old, same, new = version("old", "one"), version("same", "one"), version("new", "two")
    assert (relation(old, same), relation(old, new)) == (EQUIVALENT, UNKNOWN)
