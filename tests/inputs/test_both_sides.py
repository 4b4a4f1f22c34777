"""Users and roles that plans and templates have on one side of a comparison only: on the other they have no
policies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.inputs.plans import ACCOUNT, Planned, caller_identity, constant, new_key, new_role, plan, refers, write
from tests.inputs.test_cloudformation import KEY, READ, ROLE, text
from tests.inputs.test_terraform_plan import existing, key_policy
from verifier.inputs.estate import Version, load_plan_sides, load_versions
from verifier.inputs.supplied import Supplied
from verifier.model.estate import Estate
from verifier.model.results.comparison import TargetComparison
from verifier.verify.comparison.compare import compare

DECRYPT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}]}
HERE = Supplied(account=ACCOUNT, region="us-west-2")


def role(name: str, **members: Any) -> tuple[Planned, Planned]:
    """A new role that may decrypt by an inline policy."""
    policy = {"name": "reads", "role": name, "policy": json.dumps(DECRYPT)}
    expressions = {"role": refers(f"aws_iam_role.{name}.name"), "policy": constant(policy["policy"])}
    return new_role(name, **members), Planned("aws_iam_role_policy", name, policy, {"id": True}, expressions)


def going(*resources: Planned) -> list[Planned]:
    """The same resources, which are there and go."""
    return [
        Planned(r.type, r.name, None, {}, {}, {**(r.after or {}), "arn": f"arn:aws:iam::{ACCOUNT}:role/{r.name}"})
        for r in resources
    ]


def sides(folder: Path, *resources: Planned) -> tuple[Estate, Estate]:
    """Both sides of a plan with a key that stays as it is."""
    return load_plan_sides(write(folder, plan(caller_identity(), existing(new_key("k", key_policy())), *resources)))


def of_key(old: Estate, new: Estate) -> tuple[list[str], list[str], TargetComparison]:
    """What was gained and lost, in words, and the comparison of the key."""
    (target,) = [target for target in compare(old, new).targets if target.name in ("aws_kms_key.k", "Key")]
    told = [
        [f"{change.region.actions.text} by {change.region.callers.text}" for change in side]
        for side in (target.gained, target.lost)
    ]
    return told[0], told[1], target


def test_a_new_role_gains_what_its_policies_allow_and_loses_nothing(tmp_path: Path) -> None:
    gained, lost, _ = of_key(*sides(tmp_path, *role("app")))
    assert (gained, lost) == (["kms:Decrypt by role/app"], [])


def test_a_role_that_goes_loses_what_its_policies_allowed_and_gains_nothing(tmp_path: Path) -> None:
    gained, lost, _ = of_key(*sides(tmp_path, *going(*role("app"))))
    assert (gained, lost) == ([], ["kms:Decrypt by role/app"])


def test_a_new_role_without_policies_changes_nothing(tmp_path: Path) -> None:
    old, new = sides(tmp_path, new_role("app"))
    assert [target.relation.value for target in compare(old, new).targets] == ["equivalent"]


def test_the_facts_of_a_role_are_no_difference(tmp_path: Path) -> None:
    old, new = sides(tmp_path, new_role("app", after={"tags": {"team": "pay"}, "tags_all": {"team": "pay"}}))
    (before,), (after,) = old.accounts[0].roles, new.accounts[0].roles
    assert before.tags == after.tags == (("team", "pay"),)


def test_a_role_that_may_have_the_name_on_the_other_side_is_left_open(tmp_path: Path) -> None:
    """The new role has a name that is known only after apply: it may be that of the one that goes."""
    unknown = new_role(
        "x", after={"name": None}, unknown={"name": True}, expressions={"name": refers("random_pet.p.id")}
    )
    old, new = sides(tmp_path, *going(*role("app")), unknown)
    assert [r.arn.rsplit("/", 1)[1] for a in old.accounts for r in a.roles] == ["app"]
    assert [r.arn for a in new.accounts for r in a.roles] == []


def versions(folder: Path, old: str, new: str) -> tuple[Estate, Estate]:
    for name, template in (("old.yaml", old), ("new.yaml", new)):
        (folder / name).write_text(template)
    return load_versions(Version((folder / "old.yaml",)), Version((folder / "new.yaml",)), supplied=HERE)


def test_roles_of_templates(tmp_path: Path) -> None:
    with_role = ROLE + f"      Policies: [{{PolicyName: reads, PolicyDocument: {READ}}}]\n"
    gained, lost, _ = of_key(*versions(tmp_path, text(KEY), text(KEY + with_role)))
    assert (gained, lost) == (["kms:Decrypt by role/app"], [])
    gained, lost, _ = of_key(*versions(tmp_path, text(KEY + with_role), text(KEY)))
    assert (gained, lost) == ([], ["kms:Decrypt by role/app"])


@pytest.mark.parametrize(("old", "new"), [("/staff/app", "/admins/app"), ("/admins/App", "/admins/app")])
def test_r2_a_role_that_another_path_or_case_is_given_is_not_on_the_other_side(
    tmp_path: Path, old: str, new: str
) -> None:
    """Its name is of one role there. [IAM User Guide: reference_iam-quotas, IAM name requirements]"""
    pattern = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/admins/a*"}}
    allow = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*"}
    own = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [own, {**allow, "Condition": pattern}]}
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}}
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}

    def template(role: str) -> str:
        path, name = role.rsplit("/", 1)
        document = {"Version": "2012-10-17", "Statement": [trust]}
        properties = {"RoleName": name, "Path": f"{path}/", "AssumeRolePolicyDocument": document}
        return json.dumps({"Resources": {"Key": key, "Role": {"Type": "AWS::IAM::Role", "Properties": properties}}})

    gained, _, _ = of_key(*versions(tmp_path, template(old), template(new)))
    assert gained == ["kms:Decrypt by role/admins/app"]


def test_u1_a_role_that_a_partial_snapshot_lists_on_one_side_stays_free_on_the_other(tmp_path: Path) -> None:
    def snapshot(*names: str) -> Any:
        roles = [
            {"RoleName": name, "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}", "RolePolicyList": []} for name in names
        ]
        arn = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        accounts = {
            ACCOUNT: {"complete": False, "authorization_details": {"UserDetailList": [], "RoleDetailList": roles}}
        }
        return {"keys": [{"arn": arn, "policies": {"default": key_policy()}}], "accounts": accounts}

    (tmp_path / "old.json").write_text(json.dumps(snapshot()))
    (tmp_path / "new.json").write_text(json.dumps(snapshot("app")))
    old, new = load_versions(Version((tmp_path / "old.json",)), Version((tmp_path / "new.json",)))
    assert [len(account.roles) for account in (*old.accounts, *new.accounts)] == [0, 1]
