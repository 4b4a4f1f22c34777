"""S4: where a template or folder refers to its partition and nothing tells the Region, a verdict holds in each
partition.

[CloudFormation User Guide: pseudo-parameter-reference, AWS::Partition; IAM User Guide: reference_identifiers, *IAM
ARNs*]
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.inputs.test_each_region import PARTNER, status, sub, template
from tests.inputs.test_each_region import statement as stated
from verifier.inputs import load_estate
from verifier.inputs.estate import Version, load_versions
from verifier.inputs.own_region import OpenPlaceError
from verifier.inputs.supplied import Supplied
from verifier.language.builtins.catalogue import builtin
from verifier.language.invariants.files import read_invariants
from verifier.model.results.verdict import Status
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source
from verifier.verify.proving import prove

PARTITIONED: dict[str, Any] = {"AWS": sub(f"arn:${{AWS::Partition}}:iam::{PARTNER}:role/x")}
SOMEBODY = stated("Allow", PARTITIONED)
ELSEWHERE = {"Conditions": {"Cn": {"Fn::Equals": [{"Ref": "AWS::Partition"}, "aws-cn"]}}}
OWNER = "111122223333"
HERE = f"arn:aws:iam::{PARTNER}:role/x"
CHINESE = f"arn:aws-cn:iam::{PARTNER}:role/x"
NOT_HERE = stated("Deny", "*", ArnLike={"aws:PrincipalArn": HERE})
EXCEPTED = {"Effect": "Deny", "NotPrincipal": {"AWS": HERE}, "Action": "kms:Encrypt", "Resource": "*"}
ROOT = {"Effect": "Allow", "Principal": {"AWS": {"Ref": "AWS::AccountId"}}, "Action": "kms:*", "Resource": "*"}


def neutral(*statements: Any, **sections: Any) -> dict[str, Any]:
    """A template whose own root user is named without a partition."""
    found = template(*statements, **sections)
    found["Resources"]["Key"]["Properties"]["KeyPolicy"]["Statement"][0] = ROOT
    return found


def beside(document: dict[str, Any], of: str = "AWS::IAM::Role", **members: Any) -> dict[str, Any]:
    """The template with another resource, whose policy names a principal."""
    name, statement = "PolicyDocument", stated("Allow", {"AWS": HERE})
    if of == "AWS::IAM::Role":
        name, statement = "AssumeRolePolicyDocument", {**statement, "Action": "sts:AssumeRole"}
        del statement["Resource"]
    other = {"Type": of, "Properties": {name: {"Version": "2012-10-17", "Statement": statement}}}
    return {**document, "Resources": {**document["Resources"], "Other": other | members}}


CASES = {
    "a partner": (neutral(SOMEBODY), Status.REFUTED),
    "a Deny of one partition": (neutral(SOMEBODY, NOT_HERE), Status.UNKNOWN),
    "a Deny of each": (
        neutral(
            SOMEBODY,
            stated("Deny", "*", ArnLike={"aws:PrincipalArn": sub(f"arn:${{AWS::Partition}}:iam::{PARTNER}:*")}),
        ),
        Status.PROVED,
    ),
    "a Deny whatever the partition": (
        neutral(SOMEBODY, stated("Deny", "*", ArnLike={"aws:PrincipalArn": f"arn:*:iam::{PARTNER}:*"})),
        Status.PROVED,
    ),
    "a pattern of partitions": (
        neutral(SOMEBODY, stated("Deny", "*", StringLike={"aws:PrincipalArn": "arn:aws:*"})),
        Status.UNKNOWN,
    ),
    "another pattern": (
        neutral(stated("Allow", PARTITIONED, StringLike={"aws:PrincipalArn": "arn:aws-*:role/x"})),
        None,
    ),
    "a condition": (
        neutral({"Fn::If": ["Cn", SOMEBODY, {"Ref": "AWS::NoValue"}]}, **ELSEWHERE),
        None,
    ),
    "a partner in one partition": (
        neutral(
            {
                "Effect": "Allow",
                "Action": "kms:Decrypt",
                "Resource": "*",
                "Principal": {"Fn::If": ["Cn", PARTITIONED, {"AWS": {"Ref": "AWS::AccountId"}}]},
            },
            **ELSEWHERE,
        ),
        Status.UNKNOWN,
    ),
    "a principal that tells the partition": (
        neutral(stated("Allow", {"AWS": HERE}), SOMEBODY, NOT_HERE),
        Status.PROVED,
    ),
    "a principal that there may not be": (
        neutral(
            {"Fn::If": ["Cn", {"Ref": "AWS::NoValue"}, stated("Allow", {"AWS": HERE})]}, SOMEBODY, NOT_HERE, **ELSEWHERE
        ),
        None,
    ),
    "a principal of what there may not be": (
        beside(neutral(SOMEBODY, NOT_HERE, **ELSEWHERE), Condition="Cn"),
        None,
    ),
    "a principal of what there is": (beside(neutral(SOMEBODY, NOT_HERE, **ELSEWHERE)), Status.PROVED),
    "a principal of a custom resource": (beside(neutral(SOMEBODY, NOT_HERE), "Custom::Thing"), Status.UNKNOWN),
    "a principal of an endpoint of another service": (
        beside(neutral(SOMEBODY, NOT_HERE), "AWS::EC2::VPCEndpoint"),
        Status.UNKNOWN,
    ),
    "a principal that is excepted": (
        neutral(SOMEBODY, NOT_HERE, EXCEPTED),
        Status.UNKNOWN,
    ),
    "a service of the partition": (neutral(stated("Allow", {"Service": sub("ec2.${AWS::URLSuffix}")})), Status.PROVED),
}
TELLING = ("a principal that tells the partition", "a principal of what there is")
GIVEN = ("us-west-2", "cn-north-1", "us-gov-east-1")


@pytest.mark.parametrize("name", CASES)
def test_s4_a_verdict_without_the_region_holds_in_each_partition(tmp_path: Path, name: str) -> None:
    document, expected = CASES[name]
    path = tmp_path / "template.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    found = status(path, None)
    assert found is expected
    if found in (Status.PROVED, Status.REFUTED) and name not in TELLING:
        assert {status(path, region) for region in GIVEN} == {found}


OWN_ACCOUNT = "data.aws_caller_identity.own.account_id"


@pytest.mark.parametrize(
    ("own", "count", "expected"),
    [
        (OWN_ACCOUNT, "", Status.UNKNOWN),
        (f'"arn:aws:iam::${{{OWN_ACCOUNT}}}:root"', "", Status.PROVED),
        (f'"arn:aws:iam::${{{OWN_ACCOUNT}}}:root"', "count = var.n", Status.UNKNOWN),
        (f'"arn:${{data.aws_partition.p.partition}}:iam::${{{OWN_ACCOUNT}}}:root"', "", Status.UNKNOWN),
    ],
)
def test_s4_a_folder_that_refers_to_its_partition(tmp_path: Path, own: str, count: str, expected: Status) -> None:
    """KMS refuses the policy of a key that names a principal of another partition, so a key that is certainly made
    tells it. [API: PutKeyPolicy, MalformedPolicyDocumentException; IAM: reference_policies_elements_principal]"""
    partner = f"arn:${{data.aws_partition.p.partition}}:iam::{PARTNER}:role/x"
    (tmp_path / "main.tf").write_text(f"""
        data "aws_partition" "p" {{}}
        data "aws_caller_identity" "own" {{}}
        variable "n" {{}}
        resource "aws_kms_key" "k" {{
          {count}
          policy = jsonencode({{ Version = "2012-10-17", Statement = [
            {{ Effect = "Allow", Principal = {{ AWS = {own} }}, Action = "kms:*", Resource = "*" }},
            {{ Effect = "Allow", Principal = {{ AWS = "{partner}" }}, Action = "kms:Decrypt", Resource = "*" }},
            {{ Effect = "Deny", Principal = "*", Action = "kms:Decrypt", Resource = "*", Condition = {{
              ArnLike = {{ "aws:PrincipalArn" = "{HERE}" }} }} }}] }})
        }}
    """)
    assert status(tmp_path, None) is expected
    assert status(tmp_path, "us-west-2") is Status.PROVED
    if own == OWN_ACCOUNT:
        assert status(tmp_path, "cn-north-1") is Status.REFUTED


OTHERS = {
    "certain": ("", True),
    "by a variable": ("count = var.n", False),
    "for each of a variable": ("for_each = toset(var.l)", False),
    "none": ("count = 0", False),
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("element", ["Principal", "NotPrincipal"])
def test_s4_what_a_key_names_that_may_not_be_made_tells_no_partition(tmp_path: Path, name: str, element: str) -> None:
    """Nor does whom a statement excepts: no page says that such a principal must be there."""
    meta, is_certain = OTHERS[name]
    own = f'{{ Effect = "Allow", Principal = {{ AWS = "{OWNER}" }}, Action = "kms:*", Resource = "*" }}'
    (tmp_path / "main.tf").write_text(f"""
        variable "n" {{}}
        variable "l" {{ type = list(string) }}
        resource "aws_kms_key" "k" {{
          policy = jsonencode({{ Version = "2012-10-17", Statement = [{own},
            {{ Effect = "Allow", Principal = {{ AWS = "{PARTNER}" }}, Action = "kms:Decrypt", Resource = "*" }},
            {{ Effect = "Deny", Principal = "*", Action = "kms:Decrypt", Resource = "*", Condition = {{
              StringEquals = {{ "aws:PrincipalAccount" = "{PARTNER}" }}
              StringLike = {{ "aws:PrincipalArn" = "arn:aws-cn:*" }} }} }}] }})
        }}
        resource "aws_kms_key" "other" {{
          {meta}
          policy = jsonencode({{ Version = "2012-10-17", Statement = [{own},
            {{ Effect = "Deny", {element} = {{ AWS = "{CHINESE}" }}, Action = "kms:Encrypt", Resource = "*" }}] }})
        }}
    """)

    def found(region: str | None) -> Status:
        try:
            estate = load_estate([tmp_path], supplied=Supplied(OWNER, region))
        except InputError:
            return Status.UNKNOWN
        return prove(estate, [builtin("no-external-access")]).verdicts[0].status

    assert (found("us-west-2"), found("cn-north-1")) == (Status.REFUTED, Status.PROVED)
    assert found(None) is (Status.PROVED if is_certain and element == "Principal" else Status.UNKNOWN)


ATTACHED = """
    resource "aws_iam_role" "app" {
      name = "app"
      assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{
        Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })
    }
    resource "aws_iam_role_policy_attachment" "app" {
      role       = aws_iam_role.app.name
      policy_arn = aws_iam_policy.logs.arn
    }
"""


@pytest.mark.parametrize("more", ["", ATTACHED])
def test_s4_managed_policies_about_other_services_are_alike_in_each_partition(tmp_path: Path, more: str) -> None:
    """What they say of logs has the Region and the partition in it, and so has what somebody may have who is not
    listed."""
    (tmp_path / "main.tf").write_text(f"""
        data "aws_partition" "p" {{}}
        data "aws_region" "r" {{}}
        data "aws_caller_identity" "own" {{}}
        locals {{
          partition = data.aws_partition.p.partition
          region    = data.aws_region.r.name
        }}
        {more}
        resource "aws_iam_policy" "logs" {{
          name = "logs"
          policy = jsonencode({{ Version = "2012-10-17", Statement = [
            {{ Effect = "Allow", Action = "*", Resource = "arn:${{local.partition}}:logs:${{local.region}}:*:*" }}] }})
        }}
        resource "aws_kms_key" "k" {{
          policy = jsonencode({{ Version = "2012-10-17", Statement = [
            {{ Effect = "Allow", Principal = {{ AWS = {OWN_ACCOUNT} }}, Action = "kms:*", Resource = "*" }},
            {{ Effect = "Allow", Principal = "*", Action = "kms:Decrypt", Resource = "*", Condition = {{
              StringEquals = {{ "kms:ViaService" = "ec2.${{local.region}}.amazonaws.com" }}
              StringLike   = {{ "kms:CallerAccount" = {OWN_ACCOUNT} }} }} }}] }})
        }}
    """)
    assert status(tmp_path, None) is Status.PROVED


PATTERN = 'invariant "x": no caller can kms:Decrypt when aws:PrincipalArn like "arn:aws-*:iam::*:role/x"'


@pytest.mark.parametrize("literal", [True, False])
def test_s4_an_invariant_that_names_another_partition_asks_for_the_region(tmp_path: Path, literal: bool) -> None:
    path = tmp_path / "template.json"
    path.write_text(json.dumps(neutral(SOMEBODY)), encoding="utf-8")
    estate = load_estate([path])
    text = f'invariant "x": no arn:aws-cn:iam::{PARTNER}:role/x can kms:Decrypt' if literal else PATTERN
    asked = read_invariants(Source("x.inv", text))
    with pytest.raises(InputError) as caught:
        prove(estate, asked.invariants)
    assert [found.rule for found in caught.value.diagnostics] == ["S4"]


def test_s4_versions_that_differ_in_one_partition_ask_for_the_region(tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps(neutral(stated("Deny", "*"))), encoding="utf-8")
    new.write_text(json.dumps(CASES["a Deny of one partition"][0]), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_versions(Version((old,)), Version((new,)))
    assert {found.rule for found in caught.value.diagnostics} == {"S4"}
    assert not isinstance(caught.value, OpenPlaceError)  # of one partition alone can each Region be looked at


OWN: Any = {"Effect": "Allow", "Principal": {"AWS": OWNER}, "Action": "kms:*", "Resource": "*"}
LITERAL: dict[str, tuple[list[Any], Status | None]] = {
    "an Allow of another partition": (
        [OWN, stated("Allow", "*", ArnLike={"aws:PrincipalArn": CHINESE})],
        Status.UNKNOWN,
    ),
    "a Deny of another partition": (
        [
            OWN,
            stated("Allow", {"AWS": PARTNER}),
            stated("Deny", "*", ArnLike={"aws:PrincipalArn": "arn:aws-cn:*:*:*:*"}),
        ],
        Status.UNKNOWN,
    ),
    "a principal of another partition": ([OWN, stated("Allow", {"AWS": CHINESE})], Status.REFUTED),
    "nothing of a partition": ([OWN, stated("Allow", {"AWS": PARTNER})], Status.REFUTED),
    "a pattern of other partitions": (
        [OWN, stated("Allow", "*", ArnLike={"aws:PrincipalArn": f"arn:aws-*:iam::{PARTNER}:role/x"})],
        None,
    ),
    "a pattern that has the end of one": (
        [OWN, stated("Allow", "*", ArnLike={"aws:PrincipalArn": f"*n:*-cn:iam::{PARTNER}:role/x"})],
        None,
    ),
    "a pattern of every partition": (
        [OWN, stated("Allow", "*", ArnLike={"aws:PrincipalArn": f"arn:aws*:iam::{PARTNER}:role/x"})],
        Status.REFUTED,
    ),
}


KINDS = ("policy", "template", "folder")


def written(folder: Path, kind: str, statements: list[Any]) -> Path:
    """A key policy by itself, in a template, or in a folder."""
    document = {"Version": "2012-10-17", "Statement": statements}
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": document}}
    texts = {
        "policy": ("policy.json", json.dumps(document)),
        "template": ("template.json", json.dumps({"Resources": {"Key": key}})),
        "folder": ("main.tf", f'resource "aws_kms_key" "k" {{\n  policy = jsonencode({json.dumps(document)})\n}}\n'),
    }
    file, text = texts[kind]
    (folder / file).write_text(text, encoding="utf-8")
    return folder if kind == "folder" else folder / file


@pytest.mark.parametrize("kind", KINDS)
def test_r7_principals_of_a_partition_that_is_not_known_are_an_error(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, kind, [{**OWN, "Principal": {"AWS": f"arn:aws-iso:iam::{OWNER}:root"}}])
    with pytest.raises(InputError, match="`aws-iso`") as caught:
        load_estate([path], supplied=Supplied(OWNER))
    assert [found.rule for found in caught.value.diagnostics] == ["R7"]


@pytest.mark.parametrize("kind", KINDS)
def test_r7_so_is_such_a_partition_in_a_condition_where_nothing_tells_that_of_the_key(
    tmp_path: Path, kind: str
) -> None:
    named = {"ArnLike": {"aws:PrincipalArn": "arn:aws-eusc:iam::*:role/x"}}
    path = written(tmp_path, kind, [OWN, {**OWN, "Principal": {"AWS": "*"}, "Condition": named}])
    with pytest.raises(InputError, match="`aws-eusc`"):
        load_estate([path], supplied=Supplied(OWNER))
    (key,) = load_estate([path], supplied=Supplied(OWNER, "us-east-1")).keys
    assert key.partition == "aws"


@pytest.mark.parametrize("region", ["us-iso-east-1", "eu-isoe-west-1", "eusc-de-east-1"])
def test_r7_a_region_of_a_partition_that_is_not_known_is_an_error(tmp_path: Path, region: str) -> None:
    """No principal of it would be that of a statement."""
    text = f'provider "aws" {{\n  region = "{region}"\n}}\nresource "aws_kms_key" "k" {{}}\n'
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=region):
        load_estate([tmp_path], supplied=Supplied(OWNER))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", LITERAL)
def test_s4_principals_alone_tell_the_partition(tmp_path: Path, name: str, kind: str) -> None:
    statements, expected = LITERAL[name]
    path = written(tmp_path, kind, statements)

    def found(region: str | None) -> Status:
        estate = load_estate([path], supplied=Supplied(OWNER, region))
        return prove(estate, [builtin("no-external-access")]).verdicts[0].status

    there = {found(region) for region in GIVEN}
    assert len(there) == 2 if expected in (None, Status.UNKNOWN) else Status.REFUTED in there
    if expected is not None:
        assert found(None) is expected
    else:
        with pytest.raises(InputError, match="Region"):
            found(None)


def test_s4_a_principal_that_a_statement_may_not_have_tells_no_partition(tmp_path: Path) -> None:
    document = template({"Fn::If": ["C", stated("Allow", {"AWS": CHINESE}), {"Ref": "AWS::NoValue"}]})
    document["Resources"]["Key"]["Properties"]["KeyPolicy"]["Statement"][0] = OWN
    document |= {"Parameters": {"P": {"Type": "String"}}, "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "x"]}}}
    path = tmp_path / "template.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InputError, match="depends on the partition"):
        load_estate([path], supplied=Supplied(OWNER))


def role_that(principal: dict[str, Any]) -> str:
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    role = {"RoleName": "App", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}}
    return json.dumps({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": role}}})


ROLES = {
    "of code": role_that({"Service": "lambda.amazonaws.com"}),
    "of the partition": role_that({"AWS": sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")}),
}


@pytest.mark.parametrize("name", ROLES)
def test_s4_roles_are_in_the_partition_of_the_keys(tmp_path: Path, name: str) -> None:
    """Nothing else tells theirs, and in another one none could use the keys."""
    key = f"arn:aws-cn:kms:cn-north-1:{OWNER}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    policy = {"Version": "2012-10-17", "Statement": [stated("Allow", {"AWS": f"arn:aws-cn:iam::{OWNER}:root"})]}
    snapshot, roles = tmp_path / "snapshot.json", tmp_path / "roles.json"
    snapshot.write_text(json.dumps({"keys": [{"arn": key, "policy": policy}]}), encoding="utf-8")
    roles.write_text(ROLES[name], encoding="utf-8")
    estate = load_estate([snapshot, roles], supplied=Supplied(OWNER))
    (role,) = (identity.arn for account in estate.accounts for identity in account.identities)
    assert role == f"arn:aws-cn:iam::{OWNER}:role/App"


@pytest.mark.parametrize(
    "given",
    [
        Supplied(OWNER, parameters={"AWS::AccountId": PARTNER}),
        Supplied(region="us-west-2", parameters={"AWS::Region": "us-east-1"}),
        Supplied(region="us-west-2", parameters={"AWS::Partition": "aws-cn"}),
        Supplied(parameters={"AWS::Region": "us-west-2", "AWS::Partition": "aws-cn"}),
    ],
)
def test_a_pseudo_parameter_that_says_another_place_is_an_error(tmp_path: Path, given: Supplied) -> None:
    path = tmp_path / "template.json"
    path.write_text(json.dumps(neutral(SOMEBODY)), encoding="utf-8")
    with pytest.raises(InputError, match="and as `[a-z0-9-]*` besides"):
        load_estate([path], supplied=given)


def test_pseudo_parameters_tell_the_place(tmp_path: Path) -> None:
    path = tmp_path / "template.json"
    path.write_text(json.dumps(neutral(SOMEBODY)), encoding="utf-8")
    given = {"AWS::AccountId": OWNER, "AWS::Region": "us-gov-east-1"}
    (key,) = load_estate([path], supplied=Supplied(parameters=given)).keys
    assert (key.account, key.region, key.partition) == (OWNER, "us-gov-east-1", "aws-us-gov")


ANYBODY = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
OF_OTHERS = {
    "an ARN": ("", stated("Allow", "*", ArnLike={"aws:PrincipalArn": f"arn:aws-eusc:iam::{PARTNER}:*"})),
    "the partition": ({"Fn::Equals": [{"Ref": "AWS::Partition"}, "aws-eusc"]}, ANYBODY),
    "a part of it": ({"Fn::Equals": [sub("x ${AWS::Partition}-x"), "x aws-iso-b-x"]}, ANYBODY),
    "the suffix": ({"Fn::Equals": [{"Ref": "AWS::URLSuffix"}, "amazonaws.eu"]}, ANYBODY),
    "a Region": ({"Fn::Equals": [{"Ref": "AWS::Region"}, "eusc-de-east-1"]}, ANYBODY),
    "another Region": ({"Fn::Equals": [{"Ref": "AWS::Region"}, "us-isob-east-1"]}, ANYBODY),
}


@pytest.mark.parametrize("name", OF_OTHERS)
def test_r7_a_template_that_may_be_deployed_in_a_partition_that_is_not_known(tmp_path: Path, name: str) -> None:
    condition, statement = OF_OTHERS[name]
    sections = {"Conditions": {"There": condition}} if condition else {}
    inside = {"Fn::If": ["There", statement, {"Ref": "AWS::NoValue"}]} if condition else statement
    mine = stated("Allow", {"AWS": sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/x")})
    path = tmp_path / "template.json"
    path.write_text(json.dumps(neutral(mine, inside, **sections)), encoding="utf-8")
    with pytest.raises(InputError, match=r"known are|in none of the partitions"):
        load_estate([path], supplied=Supplied(account=OWNER))
    assert status(path, "us-west-2") is Status.PROVED


@pytest.mark.parametrize(
    "statement",
    [
        'data.aws_partition.p.partition == "aws-eusc" ? { Principal = "*" } : { Principal = { AWS = local.me } }',
        '{ Principal = "*", Condition = { ArnLike = { "aws:PrincipalArn" = "arn:aws-eusc:iam::*" } } }',
    ],
)
def test_r7_a_folder_that_may_be_applied_in_a_partition_that_is_not_known(tmp_path: Path, statement: str) -> None:
    (tmp_path / "main.tf").write_text(f"""
        data "aws_partition" "p" {{}}
        locals {{
          me = "arn:${{data.aws_partition.p.partition}}:iam::{OWNER}:root"
        }}
        resource "aws_kms_key" "k" {{
          policy = jsonencode({{ Version = "2012-10-17", Statement = [
            {{ Effect = "Allow", Principal = {{ AWS = local.me }}, Action = "kms:*", Resource = "*" }},
            merge({{ Effect = "Allow", Action = "kms:Decrypt", Resource = "*" }}, {statement})] }})
        }}
    """)
    with pytest.raises(InputError, match=r"partition `aws-eusc`, and known are"):
        load_estate([tmp_path], supplied=Supplied(account=OWNER))
    assert status(tmp_path, "us-west-2") is Status.PROVED


def test_r7_a_verdict_says_in_which_partitions_a_template_may_be(tmp_path: Path) -> None:
    path = tmp_path / "template.json"
    path.write_text(json.dumps(neutral(SOMEBODY)), encoding="utf-8")
    said = "is deployed in one of the partitions aws, aws-cn, aws-us-gov"
    assert any(said in sentence for sentence in load_estate([path], supplied=Supplied(account=OWNER)).concluded)
