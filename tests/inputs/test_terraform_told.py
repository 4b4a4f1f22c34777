"""What a plan or state does not tell, though it looks as if it did: redacted values, tags of AWS, the Region by
a data source that asks for another one, the account of what a state has. (S1, S4)"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.inputs.plans import (
    ACCOUNT,
    Planned,
    caller_identity,
    constant,
    new_key,
    new_role,
    plan,
    refers,
    state,
    write,
)
from tests.inputs.samples import KEY, POLICY
from tests.inputs.test_terraform_plan import existing, key_policy, load, only_key
from verifier.inputs import load_plan_sides
from verifier.inputs.terraform.plan import read_plan

REDACTED = "REDACTED_SENSITIVE"


def hidden(data: dict[str, Any], address: str, **marks: Any) -> dict[str, Any]:
    """A plan whose change of a resource has marks of what is sensitive."""
    (change,) = (found["change"] for found in data["resource_changes"] if found["address"] == address)
    change["after_sensitive"] = marks
    return data


@pytest.mark.parametrize("shown", [None, REDACTED])
def test_s1_a_redacted_policy_is_not_known(tmp_path: Path, shown: str | None) -> None:
    """HCP Terraform hands out plans in which what is sensitive is not shown. [terraform-json: sanitize]"""
    data = plan(caller_identity(), new_key("k", refers("var.policy")))
    change = next(found["change"] for found in data["resource_changes"] if found["address"] == "aws_kms_key.k")
    change["after"]["policy"] = shown
    change["after_unknown"].pop("policy", None)
    assert only_key(load(tmp_path, hidden(data, "aws_kms_key.k", policy=True))).policies is None


def test_s1_a_redacted_part_is_not_known_and_others_are(tmp_path: Path) -> None:
    key = new_key("k", key_policy())
    assert key.after is not None
    key.after["tags"] = key.after["tags_all"] = {"a": REDACTED, "b": "x"}
    data = plan(caller_identity(), key)
    assert only_key(load(tmp_path, data)).tags == (("a", REDACTED), ("b", "x"))
    for marks in ({"a": True}, True):
        marked = hidden(data, "aws_kms_key.k", tags=marks, tags_all=marks)
        assert only_key(load(tmp_path, marked)).tags is None
    assert only_key(load(tmp_path, hidden(data, "aws_kms_key.k", tags={"b": True}))).policies is not None


@pytest.mark.parametrize("argument", ["name", "endpoint", "region"])
def test_s4_a_data_source_that_asks_for_a_region_does_not_tell_that_of_the_provider(
    tmp_path: Path, argument: str
) -> None:
    """[terraform-provider-aws: aws_region, Argument Reference]"""
    own = {"name": "eu-west-1", "id": "eu-west-1"}

    def region(**expressions: Any) -> str:
        asked = Planned("aws_region", "r", own, {}, expressions, data=True)
        providers = {"aws": {"name": "aws", "expressions": {}}}
        return only_key(load(tmp_path, plan(caller_identity(), asked, new_key("k"), providers=providers))).arn

    assert ":kms:eu-west-1:" in region()
    assert ":kms:us-east-1:" in region(**{argument: constant("eu-west-1")})


def test_s4_what_a_state_tells_of_one_thing_is_concluded_of_others(tmp_path: Path) -> None:
    """A state does not have provider configurations. [Terraform: JSON Output Format, State Representation]"""
    key, role = existing(new_key("k", key_policy())), Planned("aws_iam_role_policy", "p", before={"role": "app"})
    identity = Planned("aws_caller_identity", "me", before={"account_id": ACCOUNT}, data=True)
    said = [sentence for sentence in load(tmp_path, state(key, role, identity)).concluded if "state" in sentence]
    assert said and ACCOUNT in said[0] and "provider configuration" in said[0]
    assert not [one for one in load(tmp_path, plan(key, caller_identity())).concluded if "state" in one]


@pytest.mark.parametrize(("name", "known"), [("aws:cloudformation:stack-name", False), ("team", True)])
def test_s1_tags_of_aws_are_not_told(tmp_path: Path, name: str, known: bool) -> None:
    """The provider leaves them out of what it tells. [terraform-provider-aws: tftags, IgnoreAWS]"""
    tested = {**POLICY["Statement"][0], "Condition": {"StringEquals": {f"aws:ResourceTag/{name}": "x"}}}
    policy = {"Version": "2012-10-17", "Statement": [*key_policy()["Statement"], tested]}
    key = existing(new_key("k", policy), tags={})
    for data in (state(key), plan(caller_identity(), key)):
        assert (only_key(load(tmp_path, data)).tags is not None) is known
    assert only_key(load(tmp_path, plan(caller_identity(), new_key("k", policy)))).tags is not None


@pytest.mark.parametrize("arn", ["x", "", "arn:aws:iam", REDACTED, KEY])
def test_s1_a_policy_whose_arn_is_none_is_not_listed(tmp_path: Path, arn: str) -> None:
    policy = Planned("aws_iam_policy", "p", {"arn": arn, "name": "p", "policy": "{}"}, before={"arn": arn, "name": "p"})
    estate = load(tmp_path, plan(caller_identity(), policy, new_role("app"), new_key("k")))
    assert not [one for account in estate.accounts for one in account.managed if one.arn == arn]


def role_and_policy(shown: str | None) -> tuple[Planned, Planned]:
    """A role that exists, and the policy of it that is redacted."""
    role = new_role("app")
    assert role.after is not None
    role.after |= {"arn": f"arn:aws:iam::{ACCOUNT}:role/app", "inline_policy": [], "tags": {}, "tags_all": {}}
    role.before, role.unknown = role.after, {}
    told = {"id": "app:p", "name": "p", "role": "app", "policy": shown}
    policy = Planned("aws_iam_role_policy", "p", told, {}, {"policy": refers("var.policy")}, told, does=["update"])
    return role, policy


def redacted(values: dict[str, Any]) -> None:
    """Marks the policy in a state representation."""
    for one in values["root_module"]["resources"]:
        one["sensitive_values"] = {"policy": True} if one["type"] == "aws_iam_role_policy" else {}


@pytest.mark.parametrize("shown", [None, REDACTED])
def test_s1_what_is_redacted_before_and_after_is_not_the_same(tmp_path: Path, shown: str | None) -> None:
    role, policy = role_and_policy(shown)
    data = hidden(plan(caller_identity(), existing(new_key("k")), role, policy), policy.address, policy=True)
    change = next(one["change"] for one in data["resource_changes"] if one["address"] == policy.address)
    change["before_sensitive"] = {"policy": True}
    redacted(data["prior_state"]["values"])
    redacted(data["planned_values"])
    old, new = ({one.name for one in side.unmodelled} for side in load_plan_sides(write(tmp_path, data)))
    assert old and new and old.isdisjoint(new)


def test_s1_what_is_redacted_in_two_states_is_not_the_same(tmp_path: Path) -> None:
    def names(description: str) -> set[str]:
        key = existing(new_key("k"))
        assert key.before is not None
        key.before |= {"description": description}
        data = state(key, *role_and_policy(None))
        redacted(data["values"])
        return {one.name for one in load(tmp_path, data).unmodelled}

    assert names("a") and names("a") == names("a")
    assert names("a").isdisjoint(names("b"))


@pytest.mark.parametrize("value", [None, [None], {"a": None}, REDACTED, [REDACTED], {"a": REDACTED}])
def test_s1_a_redacted_variable_has_no_value(tmp_path: Path, value: Any) -> None:
    data = plan(caller_identity(), new_key("k"))
    data["variables"] = {"secret": {"value": value}, "other": {"value": "x"}}
    data["configuration"]["root_module"]["variables"] = {"secret": {"sensitive": True}}
    assert read_plan("plan.json", data).variables == {"other": {"value": "x"}}
