"""Several templates, or several plans, in one run: what has the same name in both is not the same thing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.inputs.plans import ACCOUNT, Planned, caller_identity, new_key, new_role, plan, write
from tests.inputs.samples import KEY_ID, details, key, role
from tests.inputs.test_accounts import MANAGED, attached, managed
from tests.inputs.test_cloudformation import KEY, ROLE, assembly, stack, text
from tests.inputs.test_terraform_plan import PARTNER_ROLE, key_policy
from verifier.inputs import load_estate
from verifier.inputs.estate import Version, load_versions
from verifier.inputs.supplied import Supplied
from verifier.model.estate import Estate
from verifier.syntax.diagnostic import InputError

UNNAMED = ROLE.replace("      RoleName: app\n", "")
PARTNER = "Parameters: {Partner: {Type: String}}\n"
OPEN = KEY.replace('!Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"', "!Ref Partner")


def load(folder: Path, *templates: str, **parameters: str) -> Estate:
    paths = [folder / f"t{number}.yaml" for number in range(len(templates))]
    for path, template in zip(paths, templates, strict=True):
        path.write_text(template, encoding="utf-8")
    return load_estate(paths, supplied=Supplied(account="111122223333", region="us-west-2", parameters=parameters))


def test_the_same_logical_id_in_two_templates_is_two_things(tmp_path: Path) -> None:
    estate = load(tmp_path, text(KEY + UNNAMED), text(KEY + UNNAMED))
    assert len({key.arn for key in estate.keys}) == 2
    assert [key.name for key in estate.keys] == [f"{tmp_path}/t{number}.yaml#Key" for number in (0, 1)]
    (account,) = estate.accounts
    assert len({role.arn for role in account.roles}) == 2


def test_a_second_template_does_not_change_what_the_first_is_called(tmp_path: Path) -> None:
    alone, both = load(tmp_path, text(KEY)), load(tmp_path, text(KEY), text(KEY.replace("Key:", "Other:", 1)))
    assert alone.keys[0].arn == both.keys[0].arn and [key.name for key in both.keys] == ["Key", "Other"]


def test_two_versions_of_two_templates_have_the_same_keys(tmp_path: Path) -> None:
    paths = []
    for side in ("old", "new"):
        (tmp_path / side).mkdir()
        paths.append(tuple(tmp_path / side / name for name in ("a.yaml", "b.yaml")))
        for path in paths[-1]:
            path.write_text(text(KEY))
    old, new = load_versions(
        *(Version(p) for p in paths), supplied=Supplied(account="111122223333", region="us-west-2")
    )
    assert [key.arn for key in old.keys] == [key.arn for key in new.keys] and len({key.arn for key in old.keys}) == 2


def test_a_parameter_is_of_the_template_that_has_it(tmp_path: Path) -> None:
    estate = load(tmp_path, text(KEY), text(OPEN.replace("Key:", "Other:", 1), PARTNER), Partner="444455556666")
    other = next(key for key in estate.keys if key.name == "Other")
    assert other.policies is not None and [p.value for p in other.policies[0].statements[0].principals or ()] == [
        "444455556666"
    ]
    with pytest.raises(InputError) as caught:
        load(tmp_path, text(KEY), text(OPEN, PARTNER), Partnr="444455556666")
    (error,) = caught.value.diagnostics
    assert error.message == "the input has no parameter `Partnr`" and error.hint == "the parameters: `Partner`"


def test_a_parameter_may_be_of_one_version_alone(tmp_path: Path) -> None:
    old, new = (Version((tmp_path / name,)) for name in ("old.yaml", "new.yaml"))
    old.paths[0].write_text(text(KEY))
    new.paths[0].write_text(text(OPEN, PARTNER))
    given = Supplied("111122223333", "us-west-2", {"Partner": "444455556666"})
    _, found = load_versions(old, new, supplied=given)
    assert found.keys
    with pytest.raises(InputError, match="no parameter `Partnr`"):
        load_versions(old, new, supplied=replace(given, parameters={**given.parameters, "Partnr": ""}))


def test_the_same_address_in_two_plans_is_two_things(tmp_path: Path) -> None:
    def written(role: Planned) -> list[Path]:
        policies = [key_policy(), key_policy(PARTNER_ROLE)]
        return [
            write(tmp_path, plan(caller_identity(), new_key("k", p), role), f"p{number}.json")
            for number, p in enumerate(policies)
        ]

    with pytest.raises(InputError, match="duplicate user or role"):  # a role of one name is one role
        load_estate(written(new_role("a")))
    made = written(new_role("a", unknown={"name": True}))  # whose names are not known may be two
    estate, both = load_estate([made[0]]), load_estate(made)
    assert [key.name for key in estate.keys] == ["aws_kms_key.k"]
    assert [key.name for key in both.keys] == [f"{path}#aws_kms_key.k" for path in made]
    assert both.keys[0].arn == estate.keys[0].arn != both.keys[1].arn
    assert [len(key.policies[0].statements) for key in both.keys if key.policies] == [1, 2]


def exporting(resources: str, **outputs: str) -> str:
    """A template whose outputs export values, each by the name of the output."""
    listed = "".join(f"  {name}: {{Value: {value}, Export: {{Name: {name}}}}}\n" for name, value in outputs.items())
    return text(resources, f"Outputs:\n{listed}" if listed else "")


IMPORTS = """\
  Alias: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/pay, TargetKeyId: !ImportValue theKey}}
  Reads:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Roles: [!Ref App]
      PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Action: kms:Decrypt, Resource: !ImportValue theKey}}
"""  # noqa: E501


@pytest.mark.parametrize("first", [0, 1])
def test_what_a_stack_exports_another_imports(tmp_path: Path, first: int) -> None:
    """Whichever of the two is given first."""
    both = [exporting(KEY, theKey="!GetAtt Key.Arn"), text(ROLE + IMPORTS)]
    estate = load(tmp_path, both[first], both[1 - first])
    (key,), (account,) = estate.keys, estate.accounts
    assert key.aliases == ("alias/pay",) and estate.unmodelled == ()
    (statement,) = account.roles[0].policies[0].statements
    assert [resource.value for resource in statement.resources or ()] == [key.arn]


@pytest.mark.parametrize(
    ("exporter", "is_known"),
    [(f"{ACCOUNT}/us-west-2", True), (f"{ACCOUNT}/us-east-1", False), ("444455556666/us-west-2", False)],
)
def test_stacks_import_what_is_exported_in_their_account_and_region(
    tmp_path: Path, exporter: str, is_known: bool
) -> None:
    """[CloudFormation User Guide: Outputs, Export]"""
    outputs = {"It": {"Value": "444455556666", "Export": {"Name": "it"}}}
    allowed = {"Effect": "Allow", "Principal": {"AWS": {"Fn::ImportValue": "it"}}, "Action": "kms:*", "Resource": "*"}
    importing = {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": [allowed]}}}}
    both = {"one": {"Resources": {}, "Outputs": outputs}, "two": {"Resources": importing}}
    places = {"one": f"aws://{exporter}", "two": f"aws://{ACCOUNT}/us-west-2"}
    folder = assembly(tmp_path / "cdk.out", **{name: stack(f"{name}.json", at) for name, at in places.items()})
    for name, body in both.items():
        (folder / f"{name}.json").write_text(json.dumps(body), encoding="utf-8")
    (key,) = load_estate([folder]).keys
    assert key.policies is not None and (key.policies[0].statements[0].only_if is None) is is_known


def test_an_alias_of_a_key_that_is_not_known_may_be_of_any(tmp_path: Path) -> None:
    estate = load(tmp_path, text(KEY), text(ROLE + IMPORTS))
    assert estate.keys[0].aliases is None
    assert any("the export `theKey` of another stack" in thing.description for thing in estate.unmodelled)
    assert load(tmp_path, text(KEY)).keys[0].aliases == ()


@pytest.mark.parametrize(
    "exported",
    [
        {"theKey": "!ImportValue theKey"},
        {"theKey": "!ImportValue other", "other": "!ImportValue theKey"},
        {f"k{n}": f"!ImportValue k{n + 1}" for n in range(2000)} | {"theKey": "!ImportValue k0"},
    ],
)
def test_exports_in_a_circle_or_a_long_chain_are_not_known(tmp_path: Path, exported: dict[str, str]) -> None:
    estate = load(tmp_path, exporting(KEY, **exported), text(ROLE + IMPORTS))
    assert estate.keys[0].aliases is None


def test_an_export_that_is_not_certain_is_not_known(tmp_path: Path) -> None:
    twice = exporting(KEY.replace("Key:", "Other:", 1), theKey="!GetAtt Other.Arn")
    assert [
        key.aliases
        for key in load(tmp_path, exporting(KEY, theKey="!GetAtt Key.Arn"), twice, text(ROLE + IMPORTS)).keys
    ] == [
        None,
        None,
    ]
    perhaps = exporting(KEY, theKey="!GetAtt Key.Arn").replace("Export:", "Condition: Open, Export:")
    perhaps = perhaps.replace(
        "Resources:", "Parameters: {P: {Type: String}}\nConditions: {Open: !Equals [!Ref P, x]}\nResources:"
    )
    assert load(tmp_path, perhaps, text(ROLE + IMPORTS)).keys[0].aliases is None
    assert load(tmp_path, perhaps, text(ROLE + IMPORTS), P="x").keys[0].aliases == ("alias/pay",)


@pytest.mark.parametrize(
    ("environment", "is_known"),
    [("unknown-account", False), (ACCOUNT, True), ("444455556666", True)],
)
def test_s4_a_stack_that_tells_no_account_may_be_of_another_than_a_role(
    tmp_path: Path, environment: str, is_known: bool
) -> None:
    """A Deny for a role of some name is for that of its own account [AWS CDK: environments]."""
    document = {"Statement": {"Effect": "Deny", "Action": "kms:*", "Resource": "*"}}
    policy = {"RoleName": "app", "PolicyName": "p", "PolicyDocument": document}
    trusted = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    app_role = {"RoleName": "app", "AssumeRolePolicyDocument": {"Statement": trusted}}
    bodies = {
        "Policies": {"P": {"Type": "AWS::IAM::RolePolicy", "Properties": policy}},
        "Roles": {"Key": {"Type": "AWS::KMS::Key"}, "App": {"Type": "AWS::IAM::Role", "Properties": app_role}},
    }
    folder = assembly(
        tmp_path,
        Policies=stack("Policies.json", f"aws://{environment}/us-west-2"),
        Roles=stack("Roles.json", f"aws://{ACCOUNT}/us-west-2"),
    )
    for name, resources in bodies.items():
        (folder / f"{name}.json").write_text(json.dumps({"Resources": resources}))
    estate = load_estate([folder])
    (app,) = [one for one in estate.roles if one.arn.endswith(f"{ACCOUNT}:role/app")]
    assert len(app.policies) == (environment == ACCOUNT)
    assert [thing.principal for thing in estate.unmodelled if thing.principal] == ([] if is_known else [app.arn])


def test_s4_that_templates_without_an_account_are_of_one_is_said(tmp_path: Path) -> None:
    """The lockout check tells the account of keys; another template may be of another."""
    paths = [tmp_path / name for name in ("a.yaml", "b.yaml")]
    for number, body in enumerate((ROLE, KEY)):
        paths[number].write_text(text(body).replace("${AWS::AccountId}", ACCOUNT))
    (said,) = [one for one in load_estate(paths).concluded if "do not tell their account" in one]
    assert all(path.name in said for path in paths)
    assert not [one for one in load_estate(paths[1:]).concluded if "do not tell their account" in one]


@pytest.mark.parametrize(
    ("environment", "properties", "is_known"),
    [
        ("unknown-account", {"ManagedPolicyName": "Read"}, False),
        ("unknown-account", {"ManagedPolicyName": "write"}, True),
        ("444455556666", {"ManagedPolicyName": "read"}, True),
        (ACCOUNT, {"ManagedPolicyName": "read", "Path": {"Ref": "P"}}, False),
    ],
)
def test_r2_a_policy_whose_account_or_path_is_not_known_may_be_one_of_its_name(
    tmp_path: Path, environment: str, properties: dict[str, object], is_known: bool
) -> None:
    """Names of managed policies are unique in an account, whatever the path and the case [API: CreatePolicy]."""
    document = {"Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}
    made = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document, **properties}}
    body = {"Parameters": {"P": {"Type": "String"}}, "Resources": {"Made": made}}
    folder = assembly(tmp_path / "cdk.out", Policies=stack("P.json", f"aws://{environment}/us-west-2"))
    (folder / "P.json").write_text(json.dumps(body))
    listed = details(RoleDetailList=[role("app", AttachedManagedPolicies=attached(MANAGED))], Policies=[managed()])
    snapshot = {"keys": [key()], "accounts": {ACCOUNT: {"authorization_details": listed}}}
    (tmp_path / "s.json").write_text(json.dumps(snapshot))
    estate = load_estate([folder, tmp_path / "s.json"])
    (app,) = estate.roles
    assert len(app.policies) == is_known
    assert [thing.principal for thing in estate.unmodelled if thing.principal] == ([] if is_known else [app.arn])


@pytest.mark.parametrize(
    ("named", "account", "region", "is_named"),
    [
        ("alias/pay", ACCOUNT, "us-west-2", True),
        ("alias/payments", ACCOUNT, "us-west-2", False),
        ("alias/pay", ACCOUNT, "eu-west-1", False),
        ("alias/pay", "444455556666", "us-west-2", False),
    ],
)
def test_u3_a_custom_resource_is_told_of_a_key_of_a_snapshot_by_its_alias(
    tmp_path: Path, named: str, account: str, region: str, is_named: bool
) -> None:
    """Its code finds the key by it, where the template is deployed [API: CreateGrant, KeyId; DescribeKey]."""
    token = f"arn:aws:lambda:us-west-2:{ACCOUNT}:function:n"
    resources = {"Notify": {"Type": "Custom::Notify", "Properties": {"ServiceToken": token, "Of": f"the key {named}."}}}
    (tmp_path / "t.json").write_text(json.dumps({"Resources": resources}))
    aliases = {"Aliases": [{"AliasName": "alias/pay", "TargetKeyId": KEY_ID}]}
    (tmp_path / "s.json").write_text(json.dumps({"keys": [key(aliases=aliases)]}))
    supplied = Supplied(account=account, region=region)
    estate = load_estate([tmp_path / "t.json", tmp_path / "s.json"], supplied=supplied)
    assert bool([thing for thing in estate.unmodelled if thing.key is not None]) is is_named


@pytest.mark.parametrize("name", [{"Fn::ImportValue": "k"}, "alias/pay", "alias/payments"])
@pytest.mark.parametrize("first", [0, 1])
def test_u3_a_custom_resource_is_told_of_a_key_of_another_template(tmp_path: Path, name: object, first: int) -> None:
    """By its ID, which that exports, or by its alias, in either order."""
    token = f"arn:aws:lambda:us-west-2:{ACCOUNT}:function:n"
    notify = {"Type": "Custom::Notify", "Properties": {"ServiceToken": token, "Of": name}}
    alias = {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": "alias/pay", "TargetKeyId": {"Ref": "Key"}}}
    bodies: list[dict[str, object]] = [{"Resources": {"Notify": notify}}]
    bodies += [{"Resources": {"Key": {"Type": "AWS::KMS::Key"}, "Alias": alias}}]
    bodies[1]["Outputs"] = {"Key": {"Value": {"Ref": "Key"}, "Export": {"Name": "k"}}}
    estate = load(tmp_path, json.dumps(bodies[first]), json.dumps(bodies[1 - first]))
    assert bool([thing for thing in estate.unmodelled if thing.key is not None]) is (name != "alias/payments")
