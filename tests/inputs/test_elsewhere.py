"""What plans and templates do to users, groups and roles that a snapshot beside them lists: it counts, in both directions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.inputs.plans import ACCOUNT, Json, Planned, caller_identity, constant, new_key, new_role, plan, write
from tests.inputs.test_cloudformation import KEY, PARAMETERS, READ, ROLE, text
from tests.inputs.test_terraform_plan import key_policy
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.model.estate import Account

DECRYPT: Json = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}]}
ENCRYPT: Json = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*"}]}
SHARED = f"arn:aws:iam::{ACCOUNT}:policy/shared"


def snapshot(folder: Path) -> Path:
    """A whole inventory: a user in a group, a role with an inline policy and a managed one."""
    arn = f"arn:aws:iam::{ACCOUNT}"
    role = {"RoleName": "old", "RoleId": "AROAOLD", "Arn": f"{arn}:role/path/old", "RolePolicyList": [named("own", ENCRYPT)]}
    role |= {"AttachedManagedPolicies": [{"PolicyName": "shared", "PolicyArn": SHARED}]}
    user = {"UserName": "alice", "UserId": "AIDAALICE", "Arn": f"{arn}:user/alice", "GroupList": ["dev"]}
    group = {"GroupName": "dev", "GroupId": "AGPADEV", "Arn": f"{arn}:group/dev", "GroupPolicyList": [], "AttachedManagedPolicies": []}
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": ENCRYPT}
    policy = {"PolicyName": "shared", "Arn": SHARED, "PolicyVersionList": [version]}
    details = {"UserDetailList": [user], "GroupDetailList": [group], "RoleDetailList": [role], "Policies": [policy]}
    path = folder / "snapshot.json"
    path.write_text(json.dumps({"accounts": {ACCOUNT: {"authorization_details": details}}}), encoding="utf-8")
    return path


def named(name: str, document: Json) -> Json:
    return {"PolicyName": name, "PolicyDocument": document}


def policies(account: Account) -> dict[str, list[str]]:
    """For each user and role by name the names of its policies, each with the first action that it allows."""
    found = {}
    for identity in (*account.users, *account.roles):
        told = [f"{p.name} {p.statements[0].actions[0].value}" for p in identity.policies if p.statements[0].actions]
        found[identity.arn.rsplit("/", 1)[1]] = sorted(told)
    return found


def planned(folder: Path, *resources: Planned) -> Account:
    path = write(folder, plan(caller_identity(), new_key("k", key_policy()), *resources))
    (account,) = load_estate([path, snapshot(folder)]).accounts
    return account


def attached(type_: str, before: bool = False, **values: Any) -> Planned:
    """A resource that the plan makes, or takes away."""
    expressions = {name: constant(value) for name, value in values.items()}
    if before:
        return Planned(type_, "x", None, before={**values, "id": "x"}, expressions=expressions)
    return Planned(type_, "x", values, {"id": True}, expressions)


OLD = ["own kms:Encrypt", "shared kms:Encrypt"]


@pytest.mark.parametrize(
    ("resource", "who", "expected"),
    [
        (attached("aws_iam_role_policy", name="new", role="old", policy=json.dumps(DECRYPT)), "old", ["new kms:Decrypt", *OLD]),
        (attached("aws_iam_role_policy", name="own", role="old", policy=json.dumps(DECRYPT)), "old", ["own kms:Decrypt", OLD[1]]),
        (attached("aws_iam_role_policy", True, name="own", role="old", policy=json.dumps(ENCRYPT)), "old", [OLD[1]]),
        (attached("aws_iam_role_policy_attachment", True, role="old", policy_arn=SHARED), "old", [OLD[0]]),
        (attached("aws_iam_policy_attachment", True, roles=["old"], name="x", policy_arn=SHARED), "old", [OLD[0]]),
        (attached("aws_iam_role_policy_attachment", role="old", policy_arn=SHARED), "old", OLD),
        (attached("aws_iam_user_policy", name="new", user="alice", policy=json.dumps(DECRYPT)), "alice", ["new kms:Decrypt"]),
        (attached("aws_iam_user_policy_attachment", user="alice", policy_arn=SHARED), "alice", [OLD[1]]),
        (attached("aws_iam_group_policy", name="new", group="dev", policy=json.dumps(DECRYPT)), "alice", ["new kms:Decrypt"]),
        (attached("aws_iam_group_policy_attachment", group="dev", policy_arn=SHARED), "alice", [OLD[1]]),
    ],
)
def test_a_plan_attaches_to_what_the_snapshot_lists(tmp_path: Path, resource: Planned, who: str, expected: list[str]) -> None:
    found = planned(tmp_path, resource)
    assert found.complete and policies(found)[who] == expected
    assert set(policies(found)) == {"old", "alice"}


def test_a_managed_policy_of_the_plan_on_a_role_of_the_snapshot(tmp_path: Path) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/made"
    values = {"name": "made", "path": "/", "arn": arn, "policy": json.dumps(DECRYPT)}
    made = Planned("aws_iam_policy", "made", values, {"id": True}, {"policy": constant(values["policy"])})
    found = planned(tmp_path, made, attached("aws_iam_role_policy_attachment", role="old", policy_arn=arn))
    assert policies(found)["old"] == ["made kms:Decrypt", *OLD]


def test_a_user_of_the_snapshot_joins_a_group_of_the_plan(tmp_path: Path) -> None:
    group = Planned("aws_iam_group", "ops", {"name": "ops", "path": "/"}, {"arn": True, "id": True}, {"name": constant("ops")})
    policy = attached("aws_iam_group_policy", name="new", group="ops", policy=json.dumps(DECRYPT))
    member = Planned("aws_iam_user_group_membership", "m", {"user": "alice", "groups": ["ops"]}, {"id": True})
    found = planned(tmp_path, group, policy, member, new_role("r"))
    assert policies(found)["alice"] == ["new kms:Decrypt"]


def test_u1_a_role_of_which_the_plan_does_not_tell_enough_is_not_listed(tmp_path: Path) -> None:
    """Neither as the snapshot has it, nor as one that there is not."""
    role = new_role(
        "old",
        after={"tags": {}, "tags_all": None},
        unknown={"tags": True, "tags_all": True},
        expressions={"tags": {"references": ["var.x"]}},
    )
    found = planned(tmp_path, role)
    assert not found.complete and "old" not in policies(found) and "alice" in policies(found)


def test_u3_what_a_role_of_the_plan_has_besides_may_stay_or_go(tmp_path: Path) -> None:
    """The snapshot has two policies of the role; the plan knows one, and takes the other away or does not."""
    after: Json = {"path": "/path/", "inline_policy": [], "managed_policy_arns": []}
    role = new_role("old", after=after, before={"name": "old", "path": "/path/", "tags": {}})
    own = attached("aws_iam_role_policy", name="own", role="old", policy=json.dumps(DECRYPT))
    detached = attached("aws_iam_role_policy_attachment", True, role="old", policy_arn=SHARED)
    cases: list[tuple[list[Planned], list[str]]] = [([], [f"policy {SHARED} of role/path/old"]), ([detached], [])]
    for more, left in cases:
        path = write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), role, own, *more))
        estate = load_estate([path, snapshot(tmp_path)])
        assert policies(estate.accounts[0])["old"] == ["own kms:Decrypt"]
        assert [thing.name for thing in estate.unmodelled] == left
        assert {thing.principal for thing in estate.unmodelled} <= {f"arn:aws:iam::{ACCOUNT}:role/path/old"}


def test_u1_a_new_role_leaves_the_inventory_open_only_if_it_is_not_known(tmp_path: Path) -> None:
    assert planned(tmp_path, new_role("new")).complete


def test_the_verdict_is_that_of_the_account_as_it_will_be(tmp_path: Path) -> None:
    """A proof that would hold of the snapshot alone."""
    rules = tmp_path / "a.inv"
    rules.write_text(f'invariant "the old role cannot decrypt":\n  no role/path/old in {ACCOUNT} can kms:Decrypt\n')
    for resource, status in (
        (None, "proved"),
        (attached("aws_iam_role_policy", name="n", role="old", policy=json.dumps(DECRYPT)), "refuted"),
    ):
        resources = [] if resource is None else [resource]
        path = write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), *resources))
        estate = load_estate([path, snapshot(tmp_path)])
        (verdict,) = verifier.prove(estate, verifier.invariants(rules)).verdicts
        assert verdict.status.value == status


def templated(folder: Path, resources: str, **parameters: str) -> Account:
    path = folder / "template.yaml"
    path.write_text(text(KEY + resources, PARAMETERS), encoding="utf-8")
    (account,) = load_estate([path, snapshot(folder)], supplied=Supplied(ACCOUNT, "us-west-2", parameters)).accounts
    return account


@pytest.mark.parametrize(
    ("type_", "properties", "who", "expected"),
    [
        ("Policy", "PolicyName: new, Roles: [old]", "old", ["new kms:Decrypt", *OLD]),
        ("RolePolicy", "PolicyName: own, RoleName: old", "old", ["own kms:Decrypt", OLD[1]]),
        ("Policy", "PolicyName: new, Groups: [dev]", "alice", ["new kms:Decrypt"]),
        ("ManagedPolicy", "ManagedPolicyName: new, Users: [alice]", "alice", ["new kms:Decrypt"]),
    ],
)
def test_a_template_attaches_to_what_the_snapshot_lists(tmp_path: Path, type_: str, properties: str, who: str, expected: list[str]) -> None:
    found = templated(tmp_path, f"  X: {{Type: AWS::IAM::{type_}, Properties: {{{properties}, PolicyDocument: {READ}}}}}\n")
    assert found.complete and policies(found)[who] == expected


def test_u1_a_role_that_a_template_may_make_is_not_listed(tmp_path: Path) -> None:
    role = ROLE.replace("RoleName: app", "RoleName: old") + "    Condition: IsOpen\n"
    found = templated(tmp_path, role)
    assert not found.complete and "old" not in policies(found)
    assert templated(tmp_path, role, Open="no").complete
