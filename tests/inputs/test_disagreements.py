"""A plan beside a snapshot that has one thing in another way (docs/several-inputs.md, What nothing writes).

Each thing is given twice, as it proves the invariant and as it refutes it. Where the plan only tells it, the two must
agree; where the plan writes it, the plan counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.inputs.plans import ACCOUNT, Json, Planned, caller_identity, plan, refers, write
from tests.inputs.samples import details, grant, key, role, user
from tests.inputs.test_terraform_effects import (
    APP,
    CLOSED,
    ENDPOINT,
    FULL,
    NOBODY_OUTSIDE,
    NONE,
    OPEN,
    PARTNER,
    PROVED,
    READS,
    REFUTED,
    SHARED,
    THROUGH,
    UNKNOWN,
    WRITES,
    alone,
    an_endpoint_listed,
    separate,
    the_key,
    verdicts,
)
from verifier.inputs import load_estate
from verifier.model.results.verdict import Status

Role = dict[str, Any]
ALICE = f'account prod = {ACCOUNT}\ninvariant "i": no user/alice in prod can kms:Decrypt'
OWN = f"arn:aws:iam::{ACCOUNT}:role/app"


@dataclass(frozen=True)
class Thing:
    """What a snapshot and a resource have of one thing, by whether it is open: then the invariant is refuted. The
    resource is `None` where it is not there then."""

    invariant: str
    listed: Callable[[bool], Json]
    resource: Callable[[bool], Planned | None]
    others: tuple[Planned | None, ...] = ()
    free: bool = False
    """Whether it is free where it is not known, so that a refutation supposes it."""


def its(type_: str, values: Json | None) -> Planned | None:
    """A resource as it is."""
    return None if values is None else Planned(type_, "x", values, {}, {}, values)


def keys(policy: str = CLOSED, **parts: Any) -> Json:
    return {"keys": [key(policy=json.loads(policy), **parts)]}


def identities(roles: list[Role], users: list[Role] = [], **more: Any) -> Json:  # noqa: B006
    listed = details(RoleDetailList=roles, UserDetailList=users, **more)
    return {**keys(), "accounts": {ACCOUNT: {"authorization_details": listed}}}


def inline(document: str) -> list[Json]:
    return [{"PolicyName": "own", "PolicyDocument": json.loads(document)}]


def managed(document: str) -> list[Json]:
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": json.loads(document)}
    return [{"Arn": SHARED, "PolicyName": "shared", "DefaultVersionId": "v1", "PolicyVersionList": [version]}]


HAS, GROUP = [{"PolicyArn": SHARED, "PolicyName": "shared"}], f"arn:aws:iam::{ACCOUNT}:group/g"
MEMBERS = [{"GroupName": "g", "Arn": GROUP, "GroupPolicyList": inline(WRITES)}]
GRANTED = {
    "key_id": key()["metadata"]["KeyMetadata"]["KeyId"],
    "grant_id": "1",
    "operations": ["Decrypt"],
    "constraints": [],
    "name": "",
}


def trusts(open_: bool) -> Json:
    who = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/alice"} if open_ else {"Service": "ec2.amazonaws.com"}
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"}]}


EVENTUALLY = f'account prod = {ACCOUNT}\ninvariant "i": no user/alice in prod can eventually kms:Decrypt'
ROLE = {
    "name": "app",
    "path": "/",
    "arn": OWN,
    "unique_id": "AROAEXAMPLE",
    "tags_all": {},
    "assume_role_policy": json.dumps(trusts(False)),
}
BOUNDED = {"PermissionsBoundary": {"PermissionsBoundaryArn": SHARED}}
OWN_POLICY = its("aws_iam_role_policy", {"name": "own", "role": "app", "policy": WRITES})


def conditional(operator: str, key_: str) -> str:
    """What lets one decrypt where a condition key has the value of what is open."""
    condition = {operator: {key_: ["True", "alias/in"]}}
    statement = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": condition}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


IF_TAGGED, IF_KEY_TAGGED = (conditional("StringEquals", f"aws:{whose}Tag/in") for whose in ("Principal", "Resource"))
IF_ALIAS = conditional("ForAnyValue:StringEquals", "kms:ResourceAliases")


def the_role(**parts: Any) -> Role:
    return role("app", **{"RolePolicyList": inline(WRITES), "AttachedManagedPolicies": [], **parts})


def with_tags(resource: Planned, tags: Json) -> Planned:
    values = {**(resource.after or {}), "tags": tags, "tags_all": tags}
    return Planned(resource.type, resource.name, values, {}, resource.expressions, values)


THINGS = {
    "the policy of a key": Thing(NOBODY_OUTSIDE, lambda o: keys(OPEN if o else CLOSED),
        lambda o: the_key(OPEN if o else CLOSED)),
    "a separate policy of a key": Thing(
        NOBODY_OUTSIDE, lambda o: keys(OPEN if o else CLOSED),
        lambda o: separate(OPEN if o else CLOSED, OPEN if o else CLOSED)
    ),
    "a grant": Thing(
        NOBODY_OUTSIDE,
        lambda o: keys(grants={"Grants": [grant(GranteePrincipal=PARTNER if o else OWN)]}),
        lambda o: its("aws_kms_grant", {**GRANTED, "grantee_principal": PARTNER if o else OWN}),
    ),
    "a grant on a key of the plan": Thing(
        NOBODY_OUTSIDE,
        lambda o: keys(grants={"Grants": [grant(GranteePrincipal=PARTNER if o else OWN)]}),
        lambda o: its("aws_kms_grant", {**GRANTED, "grantee_principal": PARTNER if o else OWN}),
        (the_key(CLOSED),),
    ),
    "an inline policy": Thing(
        APP,
        lambda o: identities([role("app", RolePolicyList=inline(WRITES if o else READS))]),
        lambda o: its("aws_iam_role_policy", {"name": "own", "role": "app", "policy": WRITES if o else READS}),
    ),
    "a managed policy": Thing(
        APP,
        lambda o: identities([role("app", RolePolicyList=[], AttachedManagedPolicies=HAS)],
            Policies=managed(WRITES if o else READS)),
        lambda o: its("aws_iam_policy",
            {"name": "shared", "path": "/", "policy": WRITES if o else READS, "arn": SHARED}),
    ),
    "an attachment": Thing(
        APP,
        lambda o: identities(
            [role("app", RolePolicyList=[], AttachedManagedPolicies=HAS if o else [])], Policies=managed(WRITES)
        ),
        lambda o: its("aws_iam_role_policy_attachment", {"role": "app", "policy_arn": SHARED}) if o else None,
    ),
    "a list of attachments": Thing(
        APP,
        lambda o: identities(
            [role("app", RolePolicyList=[], AttachedManagedPolicies=HAS if o else [])], Policies=managed(WRITES)
        ),
        lambda o: its("aws_iam_role_policy_attachments_exclusive",
            {"role_name": "app", "policy_arns": [SHARED] if o else []}),
    ),
    "a list of inline policies": Thing(
        APP,
        lambda o: identities([role("app", RolePolicyList=inline(WRITES) if o else [])]),
        lambda o: its("aws_iam_role_policies_exclusive", {"role_name": "app", "policy_names": []}) if not o else None,
    ),
    "a membership": Thing(
        ALICE,
        lambda o: identities([], [user("alice", GroupList=["g"] if o else [])], GroupDetailList=MEMBERS),
        lambda o: its("aws_iam_user_group_membership", {"user": "alice", "groups": ["g"]}) if o else None,
    ),
    "the trust policy of a role": Thing(
        EVENTUALLY,
        lambda o: identities([the_role(AssumeRolePolicyDocument=trusts(o))], [user("alice")]),
        lambda o: its("aws_iam_role", ROLE | {"assume_role_policy": json.dumps(trusts(o))}),
        (OWN_POLICY,),
    ),
    "the boundary of a role": Thing(
        APP,
        lambda o: identities([the_role(**({} if o else BOUNDED))], Policies=managed(READS)),
        lambda o: its("aws_iam_role", ROLE | {"permissions_boundary": "" if o else SHARED}),
        (OWN_POLICY,),
    ),
    "the tags of a role": Thing(
        APP,
        lambda o: identities([the_role(Tags=[{"Key": "in", "Value": str(o)}], RolePolicyList=inline(IF_TAGGED))]),
        lambda o: its("aws_iam_role", ROLE | {"tags": {"in": str(o)}, "tags_all": {"in": str(o)}}),
        (its("aws_iam_role_policy", {"name": "own", "role": "app", "policy": IF_TAGGED}),),
        True,
    ),
    "the tags of a key": Thing(
        APP,
        lambda o: {**identities([the_role(RolePolicyList=inline(IF_KEY_TAGGED))]),
            **keys(tags=[{"TagKey": "in", "TagValue": str(o)}])},
        lambda o: with_tags(the_key(CLOSED), {"in": str(o)}),
    ),
    "an alias": Thing(
        APP,
        lambda o: {**identities([the_role(RolePolicyList=inline(IF_ALIAS))]),
            **keys(aliases=["alias/in"] if o else [])},
        lambda o: its("aws_kms_alias", {"name": "alias/in", "target_key_id": GRANTED["key_id"]}) if o else None,
    ),
    "an alias of a key of the plan": Thing(
        APP,
        lambda o: {**identities([the_role(RolePolicyList=inline(IF_ALIAS))]),
            **keys(aliases=["alias/in"] if o else [])},
        lambda o: its("aws_kms_alias", {"name": "alias/in", "target_key_id": GRANTED["key_id"]}) if o else None,
        (the_key(CLOSED),),
    ),
    "the policy of an endpoint": Thing(
        THROUGH,
        lambda o: {"vpc_endpoints": an_endpoint_listed(FULL if o else NONE)},
        lambda o: its("aws_vpc_endpoint_policy", {"vpc_endpoint_id": ENDPOINT, "policy": FULL if o else NONE}),
        (alone(),),
    ),
}  # fmt: skip
GIVEN = [
    (thing, plan_open, listed_open) for thing in THINGS for plan_open in (False, True) for listed_open in (False, True)
]


def asked(folder: Path, name: str, listed_open: bool, *resources: Planned) -> Status:
    thing = THINGS[name]
    (found,) = {
        *verdicts(folder, [*filter(None, thing.others), *resources], thing.listed(listed_open), thing.invariant)
    }
    return found


@pytest.mark.parametrize(("name", "plan_open", "listed_open"), GIVEN)
@pytest.mark.parametrize("forgotten", [False, True])
def test_what_nothing_writes_is_known_where_both_agree(
    tmp_path: Path, name: str, plan_open: bool, listed_open: bool, forgotten: bool
) -> None:
    resource = THINGS[name].resource(plan_open)
    if resource is None:
        return
    if forgotten:
        resource.does, resource.after = ["forget"], None
    expected = REFUTED if listed_open else PROVED
    if plan_open != listed_open:
        expected = REFUTED if THINGS[name].free else UNKNOWN
    assert asked(tmp_path, name, listed_open, resource) is expected


def test_a_role_that_a_plan_only_tells_and_a_whole_listing_has_not(tmp_path: Path) -> None:
    """It is not listed, and so may be anything; one that the plan makes is as the plan has it."""
    role_ = its("aws_iam_role", ROLE)
    assert role_ is not None
    can = f'account prod = {ACCOUNT}\ninvariant "i": role/app in prod can always kms:Decrypt'
    resources = [role_, *filter(None, [OWN_POLICY])]
    assert verdicts(tmp_path, resources, identities([the_role()]), can) == [PROVED]
    assert verdicts(tmp_path, resources, identities([]), can) != [PROVED]
    assert verdicts(tmp_path, resources, {**identities([]), **keys(OPEN)}, NOBODY_OUTSIDE) == [REFUTED]


def test_a_policy_for_a_key_that_is_not_known_may_be_that_of_a_policy_file(tmp_path: Path) -> None:
    """And one that a plan writes for its key counts."""
    (tmp_path / "policy.json").write_text(CLOSED, encoding="utf-8")
    (tmp_path / "i.inv").write_text(NOBODY_OUTSIDE, encoding="utf-8")
    loose = Planned(
        "aws_kms_key_policy", "p", {"policy": OPEN}, {"key_id": True}, {"key_id": refers("terraform_data.x.output")}
    )
    for resource, expected in ((loose, UNKNOWN), (separate(None, OPEN), REFUTED), (separate(None, CLOSED), PROVED)):
        planned = write(tmp_path, plan(caller_identity(), resource))
        estate = load_estate([tmp_path / "policy.json", planned], key_arn=key()["metadata"]["KeyMetadata"]["Arn"])
        report = verifier.prove(estate, verifier.invariants(tmp_path / "i.inv"))
        assert [verdict.status for verdict in report.verdicts] == [expected]


@pytest.mark.parametrize(("name", "plan_open", "listed_open"), GIVEN)
def test_what_the_plan_writes_is_the_plans(tmp_path: Path, name: str, plan_open: bool, listed_open: bool) -> None:
    resource = THINGS[name].resource(plan_open)
    if resource is None or resource.type in ("aws_kms_key", "aws_iam_policy", "aws_iam_role"):
        return
    resource.before = None
    if resource.type != "aws_kms_grant":  # one that is made counts beside those that there are
        assert asked(tmp_path, name, listed_open, resource) is (REFUTED if plan_open else PROVED)


def of_app(type_: str, before: Json | None, after: Json | None) -> Planned:
    """What is done to the role `app`, of another plan or of none."""
    return Planned(f"aws_iam_role_{type_}", "x", after, {}, {}, before)


def put(before: str | None, after: str | None) -> Planned:
    """An inline policy of its own."""
    old, new = ({"name": "own", "role": "app", "policy": text} if text else None for text in (before, after))
    return of_app("policy", old, new)


def shared(after: str, before: str = "{}") -> Planned:
    """A managed policy that changes, unless both are the same."""
    old, now = ({"name": "shared", "path": "/", "arn": SHARED, "policy": text} for text in (before, after))
    return Planned("aws_iam_policy", "x", now, {}, {}, old)


ATTACHED = {"role": "app", "policy_arn": SHARED}
NO_INLINE = of_app("policies_exclusive", None, {"role_name": "app", "policy_names": []})
NONE_ATTACHED = of_app("policy_attachments_exclusive", None, {"role_name": "app", "policy_arns": []})
DENIES = [{"name": "own", "policy": WRITES.replace("Allow", "Deny")}, {"name": "x", "policy": WRITES}]
MADE = Planned("aws_iam_role", "app", {**ROLE, "inline_policy": DENIES, "managed_policy_arns": []}, {}, {}, None)
ALONE = Planned("aws_iam_role", "app", {**ROLE, "inline_policy": DENIES[1:], "managed_policy_arns": []}, {}, {}, None)
UNNAMED = Planned(
    "aws_iam_role_policy", "x", {"role": "app", "policy": READS}, {"name": True}, {"name": refers("data.a.b.c")}, None
)
TWO_PLANS: dict[str, tuple[list[Role], Planned, Planned, Status]] = {
    "made and taken away": (
        [role("app", RolePolicyList=inline(WRITES))],
        put(WRITES, None),
        put(None, WRITES),
        UNKNOWN,
    ),
    "two documents": ([role("app")], put(None, READS), put(None, WRITES), UNKNOWN),
    "one document": ([role("app")], put(None, READS), put(None, READS), PROVED),
    "one writes": ([role("app")], put(None, WRITES), put(READS, READS), REFUTED),
    "a name that is not known": ([role("app")], put(None, WRITES), UNNAMED, UNKNOWN),
    "put, and a list without it": ([role("app")], put(None, WRITES), NO_INLINE, UNKNOWN),
    "made, and a list without it": ([], MADE, NO_INLINE, UNKNOWN),
    "made anew, and told": ([], ALONE, put(DENIES[0]["policy"], DENIES[0]["policy"]), UNKNOWN),
    "attached and detached": (
        [role("app")],
        of_app("policy_attachment", None, ATTACHED),
        of_app("policy_attachment", ATTACHED, None),
        UNKNOWN,
    ),
    "attached, and a list without it": (
        [role("app")],
        of_app("policy_attachment", None, ATTACHED),
        NONE_ATTACHED,
        UNKNOWN,
    ),
    "a managed policy": ([role("app", AttachedManagedPolicies=HAS)], shared(READS), shared(WRITES), UNKNOWN),
    "a managed policy that one writes": (
        [role("app", AttachedManagedPolicies=HAS)],
        shared(WRITES),
        shared(READS, READS),
        REFUTED,
    ),
}


@pytest.mark.parametrize("name", TWO_PLANS)
def test_which_of_two_plans_has_the_last_word_is_not_known(tmp_path: Path, name: str) -> None:
    """In whatever order they are given, and whoever lists or makes the role."""
    roles, one, two, expected = TWO_PLANS[name]
    snapshot = identities(roles, Policies=managed(WRITES))
    texts = [json.dumps(each) for each in (plan(caller_identity(), one), snapshot, plan(caller_identity(), two))]
    for given in (texts, texts[::-1]):
        report = verifier.prove(verifier.loads(*given), verifier.invariants_from(APP))
        assert [found.status for found in report.verdicts] == [expected]
