"""What both versions of an input leave open is the same only where both say the same of it (S1)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.inputs.plans import ACCOUNT
from tests.inputs.samples import details, user
from tests.inputs.test_each_region import statement
from tests.inputs.test_each_region import template as template_of
from tests.inputs.test_terraform_folder import OWN, key, load
from tests.inputs.test_unread_versions import EQUIVALENT, KEY, UNKNOWN, VARIABLES, relation, written
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.model.estate import Estate

TRUSTED = f'{{ Effect = "Allow", Principal = {{ AWS = "{OWN}" }}, Action = "sts:AssumeRole" }}'
TRUST = f'jsonencode({{ Version = "2012-10-17", Statement = [{TRUSTED}] }})'


def role(name: str, more: str = "") -> str:
    """A role."""
    return f'resource "aws_iam_role" "r" {{\n  name = {name}\n  assume_role_policy = {TRUST}\n{more}}}\n'


def allowing(action: str, sid: str = "A") -> str:
    """A policy."""
    statement = f'{{ Sid = "{sid}", Effect = "Allow", Action = "{action}", Resource = "*" }}'
    return f'jsonencode({{ Version = "2012-10-17", Statement = [{statement}] }})'


def given(to: str, action: str, sid: str = "A", kind: str = "role") -> str:
    """An inline policy."""
    return f'resource "aws_iam_{kind}_policy" "p" {{\n  {kind} = {to}\n  policy = {allowing(action, sid)}\n}}\n'


def attached(policy: str) -> str:
    """A managed policy of a role that is not in the folder, and what attaches it."""
    resource = f'resource "aws_iam_policy" "p" {{\n  name = "p"\n  policy = {policy}\n}}\n'
    return (
        f'{resource}resource "aws_iam_role_policy_attachment" "a" {{\n  role = "other"\n  policy_arn = '
        "aws_iam_policy.p.arn\n}\n"
    )


def user_of_group(action: str) -> str:
    """A user that is not in the folder, in a group with a policy."""
    group = f'resource "aws_iam_group" "g" {{\n  name = "g"\n}}\n{given("aws_iam_group.g.name", action, kind="group")}'
    return (
        f'{group}resource "aws_iam_user_group_membership" "m" {{\n  user = "other"\n  groups = '
        "[aws_iam_group.g.name]\n}\n"
    )


MORE = 'inline_policy {{\n name = "p"\n policy = {} \n}}\n'
DATA = 'data "aws_iam_role" "d" {\n  name = "other"\n}\n'
USER = 'resource "aws_iam_user" "u" {\n  name = var.a\n}\n'
GROUP = 'resource "aws_iam_group" "g" {\n  name = var.a\n}\n'
EXCLUSIVE = 'resource "aws_iam_role_policies_exclusive" "e" {{\n  role_name = "other"\n  policy_names = ["{}"]\n}}\n'
TAGGED = '  tags = { t = "${var.a}x" }\n'
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/p"


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (given('"other"', "kms:Decrypt"), "", UNKNOWN),
        (given('"other"', "kms:Decrypt"), given('"other"', "kms:Decrypt", "B"), EQUIVALENT),
        (given('"other"', "kms:Decrypt"), given('"other"', "kms:Encrypt"), UNKNOWN),
        (given('"other"', "kms:Decrypt"), given('"another"', "kms:Decrypt"), UNKNOWN),
        (given('"other"', "k*"), given('"other"', "*"), UNKNOWN),
        (given('"other"', "s3:Get*"), given('"other"', "s3:Put*"), EQUIVALENT),
        (DATA + given("data.aws_iam_role.d.name", "kms:Decrypt"), DATA, UNKNOWN),
        (given('"other"', "kms:Decrypt", kind="user"), "", UNKNOWN),
        (attached(allowing("kms:Decrypt")), attached(allowing("kms:Encrypt")), UNKNOWN),
        (attached(allowing("s3:Get*")), attached(allowing("s3:Put*")), EQUIVALENT),
        (attached("var.a"), attached("var.b"), UNKNOWN),
        (user_of_group("kms:Decrypt"), user_of_group("kms:Encrypt"), UNKNOWN),
        (user_of_group("s3:Get*"), user_of_group("s3:Put*"), EQUIVALENT),
        (EXCLUSIVE.format("a"), EXCLUSIVE.format("a"), EQUIVALENT),
        (EXCLUSIVE.format("a"), EXCLUSIVE.format("b"), UNKNOWN),
        *(
            (of + given(to, "kms:Decrypt", kind=kind), of + given(to, "kms:Encrypt", kind=kind), UNKNOWN)
            for kind, to, of in (
                ("role", "aws_iam_role.r.name", role("var.a")),
                ("role", "aws_iam_role.r.name", role('"r"', TAGGED)),
                ("user", "aws_iam_user.u.name", USER),
                ("group", "aws_iam_group.g.name", GROUP),
            )
        ),
        (
            role("var.a") + given("aws_iam_role.r.name", "kms:Decrypt"),
            (role("var.a") + given("aws_iam_role.r.name", "kms:Decrypt"))
            .replace('"r"', '"s"')
            .replace("role.r.", "role.s."),
            EQUIVALENT,
        ),
        (
            role("var.a", MORE.format(allowing("kms:Decrypt"))),
            role("var.a", MORE.format(allowing("kms:Encrypt"))),
            UNKNOWN,
        ),
        (
            role('"r"', TAGGED + MORE.format(allowing("kms:Decrypt"))),
            role('"r"', TAGGED.replace("var.a", "var.b") + MORE.format(allowing("kms:Decrypt"))),
            EQUIVALENT,  # no policy tests its tags
        ),
        (role("var.a", MORE.format(allowing("s3:Get*"))), role("var.a", MORE.format(allowing("s3:Put*"))), EQUIVALENT),
        *(
            (
                role("var.a") + given("aws_iam_role.r.name", action),
                role("var.b") + given("aws_iam_role.r.name", action),
                expected,
            )
            for action, expected in (("kms:Decrypt", UNKNOWN), ("s3:Get*", EQUIVALENT))
        ),
    ],
)
def test_u1_what_is_given_to_users_and_roles_that_are_not_listed(
    tmp_path: Path, old: str, new: str, found: str
) -> None:
    """The others have the same policies on both sides, but not where the input itself gives them others."""
    before = load(tmp_path / "old", main=KEY + VARIABLES, more=old)
    assert relation(before, load(tmp_path / "same", main=KEY + VARIABLES, more=old)) == EQUIVALENT
    assert relation(before, load(tmp_path / "new", main=KEY + VARIABLES, more=new)) == found


def allowed(action: str, name: str = "p", **to: list[str]) -> dict[str, Any]:
    """The properties of a policy in a template."""
    return {
        "PolicyName": name,
        "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}},
        **to,
    }


@pytest.mark.parametrize("of", ["a role", "a group"])
def test_u1_so_where_several_templates_give_something_to_one(tmp_path: Path, of: str) -> None:
    def version(folder: str, *actions: str) -> Estate:
        (tmp_path / folder).mkdir()
        paths = [tmp_path / folder / f"{number}.json" for number in range(len(actions))]
        for path, action in zip(paths, actions, strict=True):
            to = {"Roles": ["other"]} if of == "a role" else {"Groups": ["g"]}
            made = {"P": {"Type": "AWS::IAM::Policy", "Properties": allowed(action, path.stem, **to)}}
            if path == paths[0] and of == "a group":
                made = {
                    "G": {"Type": "AWS::IAM::Group", "Properties": {"GroupName": "g", "Policies": [allowed(action)]}}
                }
                made["A"] = {
                    "Type": "AWS::IAM::UserToGroupAddition",
                    "Properties": {"GroupName": "g", "Users": ["other"]},
                }
            template = template_of(statement("Allow", {"AWS": OWN})) if path == paths[0] else {"Resources": {}}
            template["Resources"] |= made
            path.write_text(json.dumps(template), encoding="utf-8")
        return load_estate(paths, supplied=Supplied(ACCOUNT, "us-west-2"), root=tmp_path / folder)

    old = version("old", "kms:Decrypt", "kms:Sign")
    assert relation(old, version("same", "kms:Decrypt", "kms:Sign")) == EQUIVALENT
    for number, other in enumerate((("kms:Encrypt", "kms:Sign"), ("kms:Decrypt", "kms:Encrypt"))):
        assert relation(old, version(f"new{number}", *other)) == UNKNOWN


@pytest.mark.parametrize("of", ["a managed policy", "a group", "a group of a snapshot"])
def test_u1_who_is_not_listed_may_have_a_policy_or_be_in_a_group(tmp_path: Path, of: str) -> None:
    """Who has what nothing tells in an account of which there is no whole inventory; what one side alone has, nobody
    has on both."""

    def version(folder: str, actions: Any, *, complete: bool = False) -> Estate:
        (tmp_path / folder).mkdir()
        template, own = template_of(statement("Allow", {"AWS": OWN})), allowed(actions)
        if actions and of != "a group of a snapshot":
            policy = {"ManagedPolicyName": "m", "PolicyDocument": own["PolicyDocument"]}
            group = {"Type": "AWS::IAM::Group", "Properties": {"GroupName": "g", "Policies": [own]}}
            template["Resources"]["M"] = (
                group if of == "a group" else {"Type": "AWS::IAM::ManagedPolicy", "Properties": policy}
            )
        listed = {
            "GroupName": "g",
            "GroupId": "AGPAEXAMPLE",
            "Arn": f"arn:aws:iam::{ACCOUNT}:group/g",
            "GroupPolicyList": [own],
        }
        given = details(GroupDetailList=[listed] if actions and of == "a group of a snapshot" else [])
        snapshot = {"accounts": {ACCOUNT: {"complete": complete, "authorization_details": given}}}
        paths = [tmp_path / folder / name for name in ("t.json", "s.json")]
        for path, said in zip(paths, (template, snapshot), strict=True):
            path.write_text(json.dumps(said), encoding="utf-8")
        return load_estate(paths, supplied=Supplied(ACCOUNT, "us-west-2"), root=tmp_path / folder)

    old = version("old", ["kms:Decrypt", "kms:Sign", "s3:Get*"])
    for number, (actions, found) in enumerate(
        [
            (["kms:Decrypt", "kms:Sign", "s3:Get*"], EQUIVALENT),
            (["s3:Get*", "kms:Sign", "kms:Decrypt"], EQUIVALENT),
            (["kms:Encrypt", "kms:Sign", "s3:Get*"], UNKNOWN),
            (["kms:Sign"], UNKNOWN),
            ("", EQUIVALENT),
        ]
    ):
        assert relation(old, version(f"new{number}", actions)) == found
    whole = version("whole", ["kms:Decrypt"], complete=True)
    assert relation(whole, version("whole too", ["kms:Encrypt"], complete=True)) == EQUIVALENT
    assert relation(version("not keys", "s3:Get*"), version("not keys too", "s3:Put*")) == EQUIVALENT


@pytest.mark.parametrize("made", [{}, {"UserName": "u", "Tags": [{"Key": "t", "Value": {"Ref": "A"}}]}])
def test_u1_what_a_snapshot_says_of_one_that_a_template_leaves_out(tmp_path: Path, made: dict[str, object]) -> None:
    """Which user the template makes, or which tags it has, is not known, and so the snapshot's is not listed."""
    arn, usual = f"arn:aws:iam::{ACCOUNT}:policy/p", allowed("s3:GetObject")["PolicyDocument"]

    def version(
        *, own: Any = usual, managed: Any = usual, group: Any = usual, bound: Any = usual, tag: str = "a"
    ) -> Estate:
        has: dict[str, Any] = {"UserPolicyList": [{"PolicyName": "p", "PolicyDocument": own}], "GroupList": ["g"]}
        has |= {
            "AttachedManagedPolicies": [{"PolicyName": "p", "PolicyArn": arn}],
            "Tags": [{"Key": "t", "Value": tag}],
        }
        has |= {"PermissionsBoundary": {"PermissionsBoundaryArn": f"{arn}b"}}
        held = [{"PolicyName": "p", "PolicyDocument": group}]
        found = details(
            UserDetailList=[user("u" if made else "s-Made-X", **has)],
            GroupDetailList=[{"GroupName": "g", "Arn": f"arn:aws:iam::{ACCOUNT}:group/g", "GroupPolicyList": held}],
            Policies=[
                {
                    "Arn": name,
                    "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True, "Document": document}],
                }
                for name, document in ((arn, managed), (f"{arn}b", bound))
            ],
        )
        tested = {"Condition": {"StringEquals": {"aws:PrincipalTag/t": "a"}}}
        template = template_of(statement("Allow", {"AWS": OWN}) | tested, Parameters={"A": {"Type": "String"}})
        template["Resources"]["Made"] = {"Type": "AWS::IAM::User", "Properties": made}
        texts = {"template.json": template, "snapshot.json": {"accounts": {ACCOUNT: {"authorization_details": found}}}}
        for name, text in texts.items():
            (tmp_path / name).write_text(json.dumps(text), encoding="utf-8")
        return load_estate([tmp_path / name for name in texts], supplied=Supplied(ACCOUNT, "us-west-2"), root=tmp_path)

    other, elsewhere = allowed("kms:Decrypt")["PolicyDocument"], allowed("s3:PutObject")["PolicyDocument"]
    assert relation(version(), version(own=elsewhere, managed=elsewhere, group=elsewhere)) == EQUIVALENT
    for new in (
        version(own=other),
        version(managed=other),
        version(group=other),
        version(bound=elsewhere),
        version(tag="b"),
    ):
        assert relation(version(), new) == UNKNOWN


SHARED = """resource "aws_ram_resource_share" "s" {
  name = "s"
}
resource "aws_ram_resource_association" "a" {
  resource_arn       = aws_kms_key.k.arn
  resource_share_arn = aws_ram_resource_share.s.arn
}
resource "aws_ram_principal_association" "p" {
  principal          = var.a
  resource_share_arn = aws_ram_resource_share.s.arn
}
"""
CONTROL = f"""resource "aws_organizations_policy" "p" {{
  name    = "p"
  content = {allowing("kms:*")}
}}
resource "aws_organizations_policy_attachment" "a" {{
  policy_id = aws_organizations_policy.p.id
  target_id = var.a
}}
"""
MANAGED = 'resource "aws_iam_policy" "b" {\n  name = "b"\n  policy = "${var.b}PART${var.a}"\n}\n'
ATTACHED = (
    MANAGED
    + role('"r"')
    + (
        'resource "aws_iam_role_policy_attachment" "a" {\n  role = aws_iam_role.r.name\n  policy_arn = '
        "aws_iam_policy.b.arn\n}\n"
    )
)
BOUNDED = MANAGED + role('"r"', f"  permissions_boundary = aws_iam_policy.b.arn\n  {MORE.format(allowing('kms:*'))}")


@pytest.mark.parametrize(
    ("old", "changed"),
    [
        (SHARED, ("var.a", "var.b")),
        (CONTROL, ("var.a", "var.b")),
        (ATTACHED, ("PART", "OTHER")),
        (BOUNDED, ("${var.a}", "")),
        (BOUNDED, ("PART", "OTHER")),
    ],
)
def test_s1_what_belongs_to_what_is_not_known(tmp_path: Path, old: str, changed: tuple[str, str]) -> None:
    before = load(tmp_path / "old", main=KEY + VARIABLES, more=old)
    assert relation(before, load(tmp_path / "same", main=KEY + VARIABLES, more=f"# as before\n{old}")) == EQUIVALENT
    assert relation(before, load(tmp_path / "new", main=KEY + VARIABLES, more=old.replace(*changed))) == UNKNOWN


def with_test_of(attribute: str) -> str:
    """A key with a policy that tests an attribute."""
    test = f'Condition = {{ "ForAnyValue:StringEquals" = {{ "{attribute}" = "x" }} }}, Principal'
    return (
        key('"*"')
        .replace('{ AWS = "*" }', '{ AWS = "*" } ', 1)
        .replace('Principal = { AWS = "*" } ', f'{test} = {{ AWS = "*" }}')
    )


DEFAULTS = (
    'provider "aws" {\n  alias = "o"\n  region = "us-west-2"\n  default_tags {\n    tags = { t = var.a }\n  }\n}\n'
)
ALIAS = 'resource "aws_kms_alias" "a" {\n  name = NAME\n  target_key_id = TARGET\n}\n'
OF_KEY = ALIAS.replace("TARGET", "aws_kms_key.k.key_id").replace("NAME", '"alias/${var.a}x"')
OF_OTHERS = ALIAS.replace("TARGET", "var.a").replace("NAME", '"alias/x"')


@pytest.mark.parametrize(
    ("attribute", "of_key", "more"),
    [
        ("aws:ResourceTag/t", TAGGED, ""),
        ("aws:ResourceTag/t", "  tags = { for t in [1, 2] : t => var.a }\n", ""),
        ("kms:ResourceAliases", "", OF_KEY),
        ("kms:ResourceAliases", "", OF_OTHERS),
        ("kms:RequestAlias", "", OF_KEY),
        ("aws:PrincipalTag/t", "", role('"r"', TAGGED)),
        ("aws:PrincipalTag/t", "", role("var.b", '  tags = { t = "x" }\n')),
        ("aws:PrincipalTag/t", "", role('"r"').replace(TRUST, "var.a")),
        ("aws:ResourceTag/t", "  provider = aws.o\n", DEFAULTS),
        ("aws:PrincipalTag/t", "  customer_master_key_spec = var.a\n", ""),
    ],
)
def test_s1_attributes_that_are_not_known(tmp_path: Path, attribute: str, of_key: str, more: str) -> None:
    """A tag or alias that is not known may be another one where it is taken from something else; where no policy tests
    it, that is no matter."""

    def version(folder: str, taken: tuple[str, str], whole: str) -> Estate:
        main = whole.replace('"aws_kms_key" "k" {\n', f'"aws_kms_key" "k" {{\n{of_key}')
        return load(tmp_path / folder, main=(main + more).replace(*taken), more=VARIABLES)

    same, other = ("var.a", "var.a"), ("var.a", "var.b") if "var.a" in of_key + more else ('"x"', '"y"')
    whole = with_test_of(attribute)
    old = version("old", same, whole)
    assert relation(old, version("same", same, whole)) == EQUIVALENT
    assert relation(old, version("new", other, whole)) == UNKNOWN
    expected = UNKNOWN if "spec" in of_key else EQUIVALENT
    assert relation(version("old untested", same, KEY), version("new untested", other, KEY)) == expected


def test_f8_tags_whose_keys_differ_in_case_alone(tmp_path: Path) -> None:
    arn = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    tested = statement("Allow", "*", StringEquals={"aws:ResourceTag/team": "x"})

    def version(*values: str) -> Estate:
        tags = [{"TagKey": name, "TagValue": value} for name, value in zip(("team", "Team"), values, strict=True)]
        found = {"arn": arn, "policy": {"Version": "2012-10-17", "Statement": [tested]}, "tags": {"Tags": tags}}
        return written(tmp_path / "snapshot.json", {"keys": [found]})

    old = version("x", "x")
    assert (relation(old, version("x", "x")), relation(old, version("z", "z"))) == (EQUIVALENT, UNKNOWN)


def test_s1_what_tags_of_the_stack_leave_open(tmp_path: Path) -> None:
    """Which tags a stack has is not known, nor so what a policy that asks for one lets a role do; what the template
    says of them counts."""
    by_tags = statement(
        "Allow", {"AWS": "444455556666"}, StringEquals={"aws:ResourceTag/team": "x", "aws:ResourceTag/env": "prod"}
    )
    by_stack = statement(
        "Allow", {"AWS": ACCOUNT}, StringEquals={"aws:PrincipalTag/aws:cloudformation:stack-name": "x"}
    )
    trust = {"Statement": {"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "sts:AssumeRole"}}

    def version(env: str, action: str, name: str = "one") -> Estate:
        found = template_of(by_tags, by_stack)
        (made,) = (one["Properties"] for one in found["Resources"].values() if one["Type"] == "AWS::KMS::Key")
        made["Tags"] = [{"Key": "env", "Value": env}, {"Key": "Name", "Value": name}]
        role = {"RoleName": "r", "AssumeRolePolicyDocument": trust, "Policies": [allowed(action)]}
        found["Resources"]["R"] = {"Type": "AWS::IAM::Role", "Properties": role}
        return written(tmp_path / "template.json", found)

    old = version("prod", "kms:Decrypt")
    assert relation(old, version("prod", "kms:Decrypt", "two")) == EQUIVALENT
    assert [relation(old, version(*other)) for other in (("dev", "kms:Decrypt"), ("prod", "kms:Encrypt"))] == [
        UNKNOWN,
        UNKNOWN,
    ]


def test_l6_statements_by_other_ids_of_keys_that_are_not_made(tmp_path: Path) -> None:
    """AWS chooses the ID, so it may be that of the one or of the other."""

    def version(name: str, identifier: str) -> Estate:
        named = {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": f"arn:aws:kms:us-west-2:{ACCOUNT}:key/{identifier}*",
        }
        user = {"UserName": "u", "Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": named}}]}
        found = template_of(statement("Allow", {"AWS": OWN}))
        found["Resources"]["U"] = {"Type": "AWS::IAM::User", "Properties": user}
        return written(tmp_path / name, found)

    old = version("old", "1234")
    assert (relation(old, version("same", "1234")), relation(old, version("new", "5678"))) == (EQUIVALENT, UNKNOWN)


def test_tags_that_one_side_alone_tells_are_unknown(tmp_path: Path) -> None:
    def version(folder: str, tag: str) -> Estate:
        whole = with_test_of("aws:ResourceTag/t").replace(
            '"aws_kms_key" "k" {\n', f'"aws_kms_key" "k" {{\n  tags = {{ t = {tag} }}\n'
        )
        return load(tmp_path / folder, main=whole, more=VARIABLES)

    open_, told = version("open", '"${var.a}x"'), version("told", '"x"')
    assert (relation(open_, told), relation(told, open_)) == (UNKNOWN, UNKNOWN)


def test_s1_how_often_a_folder_makes_a_key(tmp_path: Path) -> None:
    module: dict[str, Any] = {"m__main": KEY}

    def version(folder: str, said: str, **more: Any) -> Estate:
        block = 'module "m" {\n  source = "./m"' if more else '"aws_kms_key" "k" {'
        main = f"{block}\n  {said}\n}}\n" if more else KEY.replace(block, f"{block}\n  {said}")
        return load(tmp_path / folder, main=main + VARIABLES, **more)

    for more in ({}, module):
        old = version(f"old{len(more)}", "count = var.a", **more)
        assert relation(old, version(f"same{len(more)}", "count = var.a # or not", **more)) == EQUIVALENT
        for number, other in enumerate(("count = var.b", "count = var.a ? 0 : 1", "for_each = var.a", "")):
            assert relation(old, version(f"new{len(more)}{number}", other, **more)) == UNKNOWN
        by_a, by_b = (
            version(f"{by}{len(more)}", f"lifecycle {{\n    enabled = var.{by}\n  }}", **more) for by in ("a", "b")
        )
        assert relation(by_a, by_b) == UNKNOWN


def test_s1_whether_a_template_makes_a_key_or_a_role(tmp_path: Path) -> None:
    trust = {"Statement": {"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "sts:AssumeRole"}}
    grants = {
        "PolicyName": "p",
        "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}},
    }
    made = {
        "Type": "AWS::IAM::Role",
        "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": trust, "Policies": [grants]},
    }

    def version(value: str, *, of: str, **more: object) -> Estate:
        found = template_of(statement("Allow", {"AWS": OWN}), Parameters={"A": {"Type": "String"}})
        found["Resources"]["R"] = json.loads(json.dumps(made))
        found["Conditions"] = {"X": {"Fn::Equals": [{"Ref": "A"}, value]}}
        name = next(name for name, one in found["Resources"].items() if one["Type"] == of)
        found["Resources"][name] |= more
        return written(tmp_path / "template.json", found)

    for of in ("AWS::KMS::Key", "AWS::IAM::Role"):
        old = version("one", of=of, Condition="X")
        assert relation(old, version("one", of=of, Condition="X", Metadata={"a": "b"})) == EQUIVALENT
        assert relation(old, version("two", of=of, Condition="X")) == UNKNOWN
    assert relation(version("one", of="AWS::KMS::Key"), version("one", of="AWS::KMS::Key", Condition="X")) == UNKNOWN


FUNCTION, MACHINE = "AWS::Serverless::Function", "AWS::Serverless::StateMachine"
DECRYPT = {"Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}]}
ELSEWHERE = {"Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
OF_QUEUE = {"E": {"Type": "MQ", "Properties": {"Broker": "b", "SecretsManagerKmsKeyId": "k"}}}


@pytest.mark.parametrize(
    ("type_", "old", "new", "found"),
    [
        (FUNCTION, {"Policies": "AdministratorAccess"}, {}, UNKNOWN),
        (FUNCTION, {"Policies": [DECRYPT]}, {"Policies": []}, UNKNOWN),
        (
            FUNCTION,
            {"Policies": [{"KMSDecryptPolicy": {"KeyId": "a"}}]},
            {"Policies": [{"KMSDecryptPolicy": {"KeyId": "b"}}]},
            UNKNOWN,
        ),
        (FUNCTION, {"Policies": [{"Ref": "A"}]}, {"Policies": [{"Ref": "B"}]}, UNKNOWN),
        (FUNCTION, {"Policies": {"Ref": "A"}}, {"Policies": {"Ref": "B"}}, UNKNOWN),
        (FUNCTION, {"Policies": [{"Fn::Sub": "${A}"}]}, {"Policies": [{"Fn::Sub": "${B}"}]}, UNKNOWN),
        (FUNCTION, {"Events": OF_QUEUE}, {}, UNKNOWN),
        (FUNCTION, {"Policies": [DECRYPT], "PermissionsBoundary": "x"}, {"Policies": [DECRYPT]}, UNKNOWN),
        (FUNCTION, {"Policies": [DECRYPT]}, {"Policies": [DECRYPT], "Description": "x"}, EQUIVALENT),
        (FUNCTION, {"Policies": [ELSEWHERE]}, {"Policies": [{"SQSPollerPolicy": {"QueueName": "q"}}]}, EQUIVALENT),
        (
            FUNCTION,
            {"Policies": [DECRYPT], "Role": f"arn:aws:iam::{ACCOUNT}:role/r"},
            {"Role": f"arn:aws:iam::{ACCOUNT}:role/r"},
            EQUIVALENT,
        ),
        (FUNCTION, {"Events": {"E": {"Type": "Api"}}}, {"PermissionsBoundary": "x"}, EQUIVALENT),
        (FUNCTION, {"Tags": {"t": "a"}}, {"Tags": {"t": "b"}}, EQUIVALENT),
        (MACHINE, {"Policies": [DECRYPT]}, {}, UNKNOWN),
        ("AWS::SecretsManager::RotationSchedule", {"HostedRotationLambda": {"KmsKeyArn": "k"}}, {}, UNKNOWN),
        (
            "AWS::IAM::ServiceLinkedRole",
            {"AWSServiceName": "a.amazonaws.com"},
            {"AWSServiceName": "b.amazonaws.com"},
            UNKNOWN,
        ),
        ("AWS::SSO::PermissionSet", {"InlinePolicy": DECRYPT}, {}, UNKNOWN),
    ],
)
def test_u1_what_roles_have_that_are_made_for_others(
    tmp_path: Path, type_: str, old: Any, new: Any, found: str
) -> None:
    """Such roles are in no list either, and the template says what they have."""

    def version(properties: Any, name: str, **sections: Any) -> Estate:
        document = template_of(statement("Allow", {"AWS": OWN}), Transform="AWS::Serverless-2016-10-31", **sections)
        document["Parameters"] = {"A": {"Type": "String"}, "B": {"Type": "String"}}
        document["Resources"]["Made"] = {"Type": type_, "Properties": properties}
        return written(tmp_path / name, document)

    assert relation(version(old, "old"), version(old, "same")) == EQUIVALENT
    assert relation(version(old, "old"), version(new, "new")) == found
    if "PermissionsBoundary" in old:
        shared = {"Globals": {"Function": {"PermissionsBoundary": "y"}}}
        assert relation(version(new, "one"), version(new, "other", **shared)) == UNKNOWN


def test_u1_tags_of_roles_that_are_made_for_others(tmp_path: Path) -> None:
    tested = statement("Allow", {"AWS": OWN}) | {"Condition": {"StringEquals": {"aws:PrincipalTag/t": "a"}}}
    versions = []
    for tag in ("a", "b"):
        document = template_of(tested, Transform="AWS::Serverless-2016-10-31")
        document["Resources"]["Made"] = {"Type": FUNCTION, "Properties": {"Tags": {"t": tag}}}
        versions.append(written(tmp_path / "template.json", document))
    assert relation(*versions) == UNKNOWN


PERMISSION_SET = """resource "aws_ssoadmin_permission_set_inline_policy" "p" {
  MOREpermission_set_arn = "arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef"
  inline_policy      = POLICY
}
"""
FOR_SERVICE = 'resource "aws_iam_service_linked_role" "s" {\n  MOREaws_service_name = POLICY\n}\n'


@pytest.mark.parametrize("text", [PERMISSION_SET, FOR_SERVICE])
def test_u1_roles_that_aws_makes_for_a_folder(tmp_path: Path, text: str) -> None:
    def version(name: str, more: str, policy: str) -> Estate:
        own = text.replace("MORE", more).replace("POLICY", policy)
        return load(tmp_path / name, main=KEY + VARIABLES + own)

    old = version("old", "", allowing("kms:Decrypt"))
    assert relation(old, version("same", "# c\n  ", allowing("kms:Decrypt"))) == EQUIVALENT
    assert relation(old, version("new", "", allowing("kms:Encrypt"))) == UNKNOWN
    counted = version("counted", "count = var.a\n  ", allowing("kms:Decrypt"))
    assert relation(counted, version("other", "count = var.b\n  ", allowing("kms:Decrypt"))) == UNKNOWN
    inside: dict[str, Any] = {"m__main": text.replace("MORE", "").replace("POLICY", allowing("kms:Decrypt"))}
    for made in ("count = var.{}", "lifecycle {{\n    enabled = var.{}\n  }}"):
        one, other = (
            load(
                tmp_path / f"{made[0]} {of}",
                main=f'{KEY}{VARIABLES}module "m" {{\n  source = "./m"\n  {made.format(of)}\n}}\n',
                **inside,
            )
            for of in ("a", "b")
        )
        assert relation(one, other) == UNKNOWN


@pytest.mark.parametrize("name", ["r", "R"])
def test_u1_which_of_two_roles_of_one_name_is_made_is_not_known(tmp_path: Path, name: str) -> None:
    """[IAM API: CreateRole: names are unique in an account, whatever their case; the second one fails]"""
    one = role('"r"', MORE.format(allowing("kms:Decrypt")))
    other = role(f'"{name}"', MORE.format(allowing("s3:GetObject"))).replace('"aws_iam_role" "r"', '"aws_iam_role" "s"')
    for folder, more, listed in (("one", one, ["r"]), ("both", one + other, []), ("other", other + one, [])):
        estate = load(tmp_path / folder, main=KEY, more=more)
        assert [found.arn.rsplit("/")[-1] for account in estate.accounts for found in account.roles] == listed


@pytest.mark.parametrize("turned", [False, True])
def test_u3_which_of_two_managed_policies_of_one_name_is_made_is_not_known(tmp_path: Path, turned: bool) -> None:
    """[IAM API: CreatePolicy: names are unique in an account; the second one fails]"""
    policies = [
        f'resource "aws_iam_policy" "{name}" {{\n  name = "p"\n  policy = {allowing(action)}\n}}\n'
        for name, action in (("p", "kms:Decrypt"), ("q", "kms:Encrypt"))
    ]
    attaches = f'resource "aws_iam_role_policy_attachment" "a" {{\n  role = "r"\n  policy_arn = "{POLICY}"\n}}\n'
    more = role('"r"') + attaches + "".join(reversed(policies) if turned else policies)
    estate = load(tmp_path, main=KEY, more=more)
    assert [thing.principal for thing in estate.unmodelled] == [f"arn:aws:iam::{ACCOUNT}:role/r"]
