"""Each action that the catalogue calls a step, and each way into code that runs, has a case that is open, with a story
that replays, and one that a condition on its own statement shuts. Pages are of the IAM User Guide, unless another is
named.

The tables of `test_open_and_shut_keys.py` and `test_open_and_shut_identities.py` have the others, with the conditions
that each step has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.evaluate.estates import ALICE, HOME, PARTNER, Statement, allow, aws, own
from tests.evaluate.reaching import GITHUB, OKTA, TARGET, admits, caller, trusting
from tests.evaluate.steps.worlds import ADMINS, BASE, document, state, with_account
from tests.reach import test_open_and_shut_identities as of_identities
from tests.reach import test_open_and_shut_keys as of_keys
from tests.reach.telling import PROVED, told
from tests.reach.test_open_and_shut_identities import (
    BY_EC2,
    DENIES,
    MANAGED,
    NO_GRANTS,
    OLD,
    PROFILE,
    USES,
    WEB,
    attached,
    home,
)
from verifier.model.estate import Group, Identity, InstanceProfile, Workload
from verifier.model.policy import PolicyKind
from verifier.model.steps.actions import in_ways_to_run
from verifier.model.steps.catalogue import Head, catalogue_entries
from verifier.model.steps.chains import State
from verifier.model.steps.descriptions import StepKind
from verifier.model.steps.workloads import KINDS
from verifier.verify.reach.offers import variable_values
from verifier.verify.reach.offers.newly_made import imagined

SHUT: dict[str, Any] = {"Condition": {"StringEquals": {"aws:PrincipalAccount": PARTNER}}}
UNSURE = ("unknown", "W1")
BLUE = own("kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})
UNTAGGED = own("kms:Decrypt", Condition={"Null": {"aws:PrincipalTag/team": "true"}})
RED: dict[str, Any] = {"tags": (("team", "red"),)}
BARS = document(own("kms:Decrypt", effect="Deny"), arn=f"{ALICE}#bars")
MAKES, TAKES = "make an identity or policy", "take a policy away"


def key_of(arn: str) -> dict[str, Any]:
    """A key that who has such an ARN may use."""
    return {"key": allow("*", "kms:Decrypt", Condition={"ArnLike": {"aws:PrincipalArn": arn}})}


def role(*mine: Statement, bars: bool = False, at: str = "", **facts: Any) -> Identity:
    """A role that Alice may assume; one of its policies may deny it to decrypt."""
    found = trusting(admits(aws(ALICE)), own=mine, **facts)
    barring = document(own("kms:Decrypt", effect="Deny"), arn=at or f"{TARGET}#bars")
    return replace(found, policies=(*found.policies, barring)) if bars else found


EDGE = document(own("iam:*"), own("sts:*"), arn=f"{BASE}2#boundary", kind=PolicyKind.BOUNDARY)
BOUNDED: dict[str, Any] = {"bounded": True, "boundary": EDGE}
"""A boundary that keeps a user or role away from keys."""


def in_group(*mine: Statement, arn: str = f"{ADMINS}#bars") -> State:
    """Alice in a group that denies her to decrypt."""
    barring = document(own("kms:Decrypt", effect="Deny"), arn=arn)
    return with_account(
        attached((barring,), *mine, own("kms:Decrypt"), groups=(ADMINS,)), groups=(Group(ADMINS, (barring,)),)
    )


def by_provider(provider: str, action: str, shut: dict[str, Any]) -> State:
    """Somebody with an identity of a provider, whom a role admits."""
    before = state(
        others=(trusting(admits({"Federated": provider}, action, **shut), own=(USES,)),),
        held=(caller(provider),),
        **NO_GRANTS,
    )
    return with_account(before, providers=(provider,))


def with_session(*mine: Statement, uses: dict[str, str]) -> State:
    """A role whose sessions decrypt with a tag or a source identity."""
    actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    role = trusting(
        admits(aws(f"arn:aws:iam::{HOME}:root"), actions), own=(own("kms:Decrypt", Condition={"StringEquals": uses}),)
    )
    return home(own("sts:AssumeRole"), *mine, role=role)


def with_profile(holding: str | None, *mine: Statement) -> State:
    """Alice, who starts instances, and may pass the role."""
    before = home(own("ec2:RunInstances"), own("iam:PassRole", TARGET), *mine, role=BY_EC2)
    profiles = () if holding is None else (InstanceProfile(PROFILE, holding),)
    return with_account(before, roles=(*before.estate.accounts[0].roles, WEB), profiles=profiles)


def with_okta(mine: Statement, *providers: str) -> State:
    """A role that identities of a SAML provider may assume."""
    return with_account(
        home(mine, role=trusting(admits({"Federated": OKTA}, "sts:AssumeRoleWithSAML"), own=(USES,))),
        providers=providers,
    )


@dataclass(frozen=True)
class Case:
    """A state by what its decisive statement has besides (nothing, or the condition that shuts it); what is told of it,
    open and shut."""

    steps: tuple[str, ...]
    state: Callable[[dict[str, Any]], State]
    shut: tuple[str, ...] = PROVED


FIVE = with_account(
    attached((OLD,)), managed=(replace(MANAGED, versions=tuple((f"v{n}", OLD) for n in range(1, 6))),)
).estate.accounts[0]
NEW_GROUP, NEW_POLICY = (f"arn:aws:iam::{HOME}:{kind}/new-x" for kind in ("group", "policy"))
JOINS = (own("iam:PutGroupPolicy", NEW_GROUP), own("iam:AddUserToGroup", NEW_GROUP))
CASES: dict[str, Case] = {
    "iam:CreateGroup": Case(
        (MAKES, "put inline policy", "add user to group"), lambda on: home(own("iam:CreateGroup", **on), *JOINS)
    ),
    "iam:CreatePolicy": Case(
        (MAKES, "attach policy"),
        lambda on: home(
            own("iam:CreatePolicy", **on),
            own("iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": NEW_POLICY}}),
        ),
    ),
    "iam:CreateRole": Case(
        (MAKES, "assume role"),
        lambda on: home(own("iam:CreateRole", **on), **key_of(f"arn:aws:iam::{HOME}:role/new-*")),
    ),
    "iam:CreateUser": Case(
        (MAKES, "new credentials of a user"),
        lambda on: home(
            own("iam:CreateUser", **on),
            own("iam:CreateAccessKey", f"arn:aws:iam::{HOME}:user/new-*"),
            **key_of(f"arn:aws:iam::{HOME}:user/new-*"),
        ),
    ),
    "iam:CreateInstanceProfile": Case(
        ("pass role",),
        lambda on: with_profile(None, own("iam:CreateInstanceProfile", **on), own("iam:AddRoleToInstanceProfile")),
        UNSURE,  # a profile without a role is in no listing
    ),
    "iam:RemoveRoleFromInstanceProfile": Case(
        ("pass role",),
        lambda on: with_profile(
            WEB.arn, own("iam:RemoveRoleFromInstanceProfile", **on), own("iam:AddRoleToInstanceProfile")
        ),
        UNSURE,
    ),
    "iam:CreatePolicyVersion": Case(
        ("new policy version",), lambda on: attached((OLD,), own("iam:CreatePolicyVersion", BASE, **on))
    ),
    "iam:DeletePolicyVersion": Case(
        ("new policy version",),
        lambda on: with_account(
            attached((OLD,), own("iam:DeletePolicyVersion", BASE, **on), own("iam:CreatePolicyVersion", BASE)),
            managed=FIVE.managed,
        ),
        ("unknown", "E0"),  # somebody else may delete one first
    ),
    "iam:SetDefaultPolicyVersion": Case(
        ("set default policy version",), lambda on: attached((OLD,), own("iam:SetDefaultPolicyVersion", BASE, **on))
    ),
    "iam:CreateSAMLProvider": Case(
        ("write identity provider", "assume role"), lambda on: with_okta(own("iam:CreateSAMLProvider", OKTA, **on))
    ),
    "iam:UpdateSAMLProvider": Case(
        ("write identity provider", "assume role"),
        lambda on: with_okta(own("iam:UpdateSAMLProvider", OKTA, **on), OKTA),
    ),
    "iam:DeleteUserPolicy": Case(
        (TAKES,), lambda on: attached((BARS,), own("iam:DeleteUserPolicy", **on), own("kms:Decrypt"))
    ),
    "iam:DetachUserPolicy": Case(
        (TAKES,), lambda on: attached((DENIES,), own("iam:DetachUserPolicy", **on), own("kms:Decrypt"))
    ),
    "iam:DeleteRolePolicy": Case(
        (TAKES, "assume role"),
        lambda on: home(own("iam:DeleteRolePolicy", **on), role=role(own("kms:Decrypt"), bars=True)),
    ),
    "iam:DetachRolePolicy": Case(
        (TAKES, "assume role"),
        lambda on: home(own("iam:DetachRolePolicy", **on), role=role(own("kms:Decrypt"), bars=True, at=BASE)),
    ),
    "iam:DeleteGroupPolicy": Case((TAKES,), lambda on: in_group(own("iam:DeleteGroupPolicy", **on))),
    "iam:DetachGroupPolicy": Case((TAKES,), lambda on: in_group(own("iam:DetachGroupPolicy", **on), arn=BASE)),
    "iam:RemoveUserFromGroup": Case(
        ("remove user from group",), lambda on: in_group(own("iam:RemoveUserFromGroup", **on))
    ),
    "iam:DeleteUserPermissionsBoundary": Case(
        ("delete permissions boundary",),
        lambda on: attached((), own("iam:DeleteUserPermissionsBoundary", **on), own("kms:Decrypt"), **BOUNDED),
    ),
    "iam:PutUserPermissionsBoundary": Case(
        ("put permissions boundary",),
        lambda on: attached((), own("iam:PutUserPermissionsBoundary", **on), own("kms:Decrypt"), **BOUNDED),
    ),
    "iam:DeleteRolePermissionsBoundary": Case(
        ("delete permissions boundary", "assume role"),
        lambda on: home(own("iam:DeleteRolePermissionsBoundary", **on), role=role(own("kms:Decrypt"), **BOUNDED)),
    ),
    "iam:PutRolePermissionsBoundary": Case(
        ("put permissions boundary", "assume role"),
        lambda on: home(own("iam:PutRolePermissionsBoundary", **on), role=role(own("kms:Decrypt"), **BOUNDED)),
    ),
    "iam:TagUser": Case(("tag a user or role",), lambda on: attached((), own("iam:TagUser", **on), BLUE, **RED)),
    "iam:UntagUser": Case(
        ("untag a user or role",), lambda on: attached((), own("iam:UntagUser", **on), UNTAGGED, **RED)
    ),
    "iam:TagRole": Case(
        ("tag a user or role", "assume role"), lambda on: home(own("iam:TagRole", **on), role=role(BLUE, **RED))
    ),
    "iam:UntagRole": Case(
        ("untag a user or role", "assume role"), lambda on: home(own("iam:UntagRole", **on), role=role(UNTAGGED, **RED))
    ),
    # What a share lets others do no page says (E3, L5a).
    "ram:CreateResourceShare": Case(("unknown", "L5a"), lambda on: home(own("ram:CreateResourceShare", **on))),
    "ram:AssociateResourceShare": Case(("unknown", "L5a"), lambda on: home(own("ram:AssociateResourceShare", **on))),
    "sts:AssumeRoleWithSAML": Case(("assume role",), lambda on: by_provider(OKTA, "sts:AssumeRoleWithSAML", on)),
    "sts:AssumeRoleWithWebIdentity": Case(
        ("assume role",), lambda on: by_provider(GITHUB, "sts:AssumeRoleWithWebIdentity", on)
    ),
    "sts:GetFederationToken": Case(
        ("get federation token",),
        lambda on: home(
            own("sts:GetFederationToken", **on),
            key=allow(aws(f"arn:aws:sts::{HOME}:federated-user/fay"), "kms:Decrypt"),
        ),
    ),
    "sts:TagSession": Case(
        ("assume role",), lambda on: with_session(own("sts:TagSession", **on), uses={"aws:PrincipalTag/team": "blue"})
    ),
    "sts:SetSourceIdentity": Case(
        ("assume role",),
        lambda on: with_session(own("sts:SetSourceIdentity", **on), uses={"aws:SourceIdentity": "fay"}),
    ),
}
STEPS = [entry.name for entry in catalogue_entries("*") if entry.head is Head.STEP]


def _in_tables() -> Iterator[tuple[Statement, tuple[str, ...]]]:
    """The statements that the tables shut by a condition, with the steps of their stories."""
    yield from ((case.mine[0], case.steps) for case in of_keys.CASES.values() if case.shut)
    yield from ((mine[0], steps) for steps, mine, _, conditions in of_identities.CASES.values() if conditions)


def test_each_step_of_the_catalogue_has_a_case() -> None:
    patterns = [
        one
        for statement, _ in _in_tables()
        for one in [statement["Action"]]
        for one in ([one] if isinstance(one, str) else one)
    ]
    found = {name for name in STEPS for pattern in patterns if fnmatchcase(name, pattern)} | CASES.keys()
    assert {*STEPS} - in_ways_to_run() - found == set() and CASES.keys() <= {*STEPS}


def test_each_kind_of_step_is_in_a_story() -> None:
    told_of = {step for _, steps in _in_tables() for step in steps} | {
        step for case in CASES.values() for step in case.steps
    }
    elsewhere = {StepKind.SHARE, StepKind.OWN_IDENTITY, StepKind.CHANGE_CODE}  # never told; takes no permission; below
    assert {kind for kind in StepKind if kind.value not in told_of} == elsewhere


@pytest.mark.parametrize("name", CASES)
def test_open(name: str) -> None:
    assert sorted(told(CASES[name].state({}))) == sorted(CASES[name].steps)


@pytest.mark.parametrize("name", CASES)
def test_shut_by_one_condition(name: str) -> None:
    assert told(CASES[name].state(SHUT)) == CASES[name].shut


INTO_CODE = [(kind, way) for kind in KINDS.values() for way in kind.ways if not kind.through]


@pytest.mark.parametrize(("name", "number"), [(kind.name, kind.ways.index(way)) for kind, way in INTO_CODE])
def test_each_way_into_code_that_runs(name: str, number: int) -> None:
    # The pages of each way are those of docs/reach.md, What runs as which role.
    kind = KINDS[name]
    actions = [action for action, _ in kind.ways[number]]
    arn = f"arn:aws:{actions[0].split(':')[0]}:us-west-2:{HOME}:of/main/web"
    service = f"{kind.services[0]}.amazonaws.com"
    agent = own("ssmmessages:*")
    code = trusting(admits({"Service": service}, ["sts:AssumeRole", "sts:TagSession"]), own=(USES, agent))

    def asked(*conditions: dict[str, Any]) -> tuple[str, ...]:
        before = home(*(own(action, **on) for action, on in zip(actions, conditions, strict=True)), role=code)
        return told(with_account(before, workloads=(Workload(name, arn, (TARGET,)),)))

    assert asked(*({} for _ in actions)) == ("change code that runs as a role",)
    assert asked(*(SHUT for _ in actions)) == PROVED


def test_e1_names_that_have_no_end_are_given_up_before_they_are_many() -> None:
    # `role/*${aws:username}`: of a role that could be made each ending may be the name of a user, after whom other
    # roles are named.
    iam = f"arn:aws:iam::{HOME}:"
    named = document(own("sts:AssumeRole", f"{iam}role/*${{aws:username}}"), arn=f"{ADMINS}#p")
    code = trusting(admits(aws(f"{iam}root")), arn=f"{iam}role/x-abc", own=(USES,))
    makes = [own(action, f"{iam}user/t/???") for action in ("iam:CreateUser", "iam:CreateAccessKey")]
    before = home(*makes, role=code, group=Group(ADMINS, (named,)))
    found = imagined(before.estate)
    assert not found.complete and len(found.made) < 100
    assert told(before, steps=None) == ("unknown", "budget")
    joins = home(*makes, own("iam:AddUserToGroup"), role=code, group=Group(ADMINS, (named,)))
    assert told(joins, steps=None) == (MAKES, "new credentials of a user", "add user to group", "assume role")


@pytest.mark.parametrize(("named", "complete"), [("arn:aws:s3:::b", True), ("arn:aws:s3:::${aws:PrincipalArn}", False)])
def test_l7_how_many_are_named_matters_to_policies_with_variables_alone(
    named: str, complete: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account of 500 roles with a trust policy each was too large, though no policy had a variable."""
    monkeypatch.setattr(variable_values, "_MOST", 8)
    role = trusting(*(admits(aws(f"arn:aws:iam::{HOME}:user/u{number}")) for number in range(9)), own=(USES,))
    group = Group(ADMINS, (document(own("s3:GetObject", named), arn=f"{ADMINS}#p"),))
    found = told(home(own("s3:GetObject"), role=role, group=group), steps=None)
    assert found == (PROVED if complete else ("unknown", "budget"))
