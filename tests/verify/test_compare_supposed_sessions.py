"""F3: where a side of a comparison counts sessions as possible that AWS may never make, the answer is unknown."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from tests.evaluate.estates import (
    ALICE,
    HOME,
    PARTNER,
    REPORTS,
    Statement,
    allow,
    aws,
    estate,
    home,
    identity,
    own,
)
from tests.evaluate.reaching import admits, trusting
from tests.verify.test_compare import on_key
from tests.verify.test_compare_sessions import ALL, denied, of_both, rcps, reports, scps, sessions
from verifier.model.estate import Account, Estate
from verifier.model.results.comparison import Relation
from verifier.problem.sessions import federated_tags, passed_tags

MORE, UNKNOWN = Relation.MORE, Relation.UNKNOWN
CALLS = ["sts:AssumeRole", "sts:TagSession"]
BETWEEN = f"arn:aws:iam::{HOME}:role/between"
BOSS = allow(aws(f"arn:aws:sts::{HOME}:assumed-role/{REPORTS.rsplit('/', 1)[1]}/boss"), "kms:Decrypt")


def _named(name: str, **more: Any) -> dict[str, Any]:
    return {"Condition": {"StringLike": {"sts:RoleSessionName": name}, **more}}


@pytest.mark.parametrize(
    "nobody",
    [
        admits(aws(ALICE), **_named("team/*")),
        admits(aws(ALICE), **_named("the boss")),
        admits(aws(ALICE), **_named("x")),
        admits(aws(ALICE), **_named("b" * 65)),
        admits(aws(ALICE), **_named("jane", StringNotEquals={"aws:PrincipalAccount": HOME})),
    ],
)
def test_f3_which_names_are_new_is_not_known_where_nobody_could_assume_the_role(nobody: Statement) -> None:
    """A name has 2 to 64 characters of `[\\w+=,.@-]` [API: AssumeRole, RoleSessionName]. The first four admit none."""
    old, new = (sessions(BOSS, reports(trust)) for trust in (nobody, admits(aws(ALICE), **_named("boss"))))
    assert of_both(old, new) == [UNKNOWN] * 2
    assert any(reason.rule == "F3" and "nobody can assume" in reason.text for reason in on_key(old, new).reasons)
    assert on_key(sessions(BOSS, reports(admits(aws(ALICE), **_named("jane")))), new).relation is MORE


def test_f3_who_can_assume_a_role_decides_nothing_where_no_name_is_asked_for() -> None:
    reader = allow(aws(REPORTS), "kms:Decrypt")
    old, new = (sessions(reader, reports(trust)) for trust in (admits(aws(ALICE), **_named("x")), admits(aws(ALICE))))
    assert of_both(old, new) == [Relation.EQUIVALENT] * 2


def _in_a_row(number: int, *first: str) -> Estate:
    """Alice may pass some values of a tag to sessions of the first of some roles; each of these passes on what its own
    sessions have; those of the last one may decrypt with `a`."""
    roles = [f"arn:aws:iam::{HOME}:role/r{index}" for index in range(number)]
    calls, tag = ["sts:AssumeRole", "sts:TagSession"], "aws:RequestTag/x"
    row = [trusting(admits(aws(ALICE), calls, Condition={"StringEquals": {tag: [*first]}}), arn=roles[0])]
    for before, arn in pairwise(roles):
        handed = [{"StringEquals": {tag: value, "aws:PrincipalTag/x": value}} for value in ("a", "b")]
        row.append(trusting(*(admits(aws(before), calls, Condition=one) for one in handed), arn=arn))
    last = allow(aws(roles[-1]), "kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalTag/x": "a"}})
    accounts = (replace(home(*row, identity(ALICE)), complete=True),)
    return replace(estate(last), accounts=accounts)


def test_f3_what_comes_through_more_roles_than_are_followed_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert on_key(_in_a_row(20, "b"), _in_a_row(20, "a", "b")).relation is MORE
    monkeypatch.setattr(passed_tags, "_MOST_ROUNDS", 4)
    assert on_key(_in_a_row(6, "b"), _in_a_row(6, "a", "b")).relation is UNKNOWN


def _of_two_accounts(value: str, *first: str) -> Estate:
    """Alice may pass some values of a tag to sessions of a role; from there they come with a `b` before them to a role
    of the partner, and from that back with an `a`. The first role's sessions may decrypt with one value."""
    calls, here, there = ["sts:AssumeRole", "sts:TagSession"], REPORTS, f"arn:aws:iam::{PARTNER}:role/there"
    tag, own = "aws:RequestTag/x", "${aws:PrincipalTag/x}"
    every = {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}
    by_alice = admits(aws(ALICE), calls, Condition={"StringEquals": {tag: [*first]}})
    back = admits(aws(there), calls, Condition={"StringEquals": {tag: f"a{own}"}})
    on = admits(aws(here), calls, Condition={"StringEquals": {tag: f"b{own}"}})
    homes = replace(home(trusting(by_alice, back, arn=here, own=(every,)), identity(ALICE)), complete=True)
    partner = Account(PARTNER, (), (trusting(on, arn=there, own=(every,)),))
    key = allow(aws(here), "kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalTag/x": value}})
    return replace(estate(key), accounts=(homes, partner))


def test_f3_tags_that_accounts_tell_apart_without_end_are_not_known() -> None:
    """`c`, `abc`, `ababc`, … may be passed, and `abababx` may not."""
    old, new = (_of_two_accounts("abababx", *first) for first in (("c",), ("c", "abababx")))
    assert on_key(old, new).relation is UNKNOWN


def test_f3_tags_of_federated_sessions_that_are_too_much_to_follow_are_not_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    federates = {"Effect": "Allow", "Action": ["sts:GetFederationToken", "sts:TagSession"], "Resource": "*"}
    user = f"arn:aws:sts::{HOME}:federated-user/{ALICE.rsplit('/', 1)[1]}"
    key = allow(aws(user), "kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalTag/x": "a"}})
    old, new = (
        sessions(
            key, reports(admits(aws(ALICE))), {**federates, "Condition": {"StringEquals": {"aws:RequestTag/x": passed}}}
        )
        for passed in (["b"], ["a", "b"])
    )
    assert on_key(old, new).relation is MORE
    monkeypatch.setattr(federated_tags, "_sessions", lambda *_: None)
    assert on_key(old, new).relation is UNKNOWN


def _not_named(name: str) -> Any:
    return {"StringNotLike": {"sts:RoleSessionName": name}}


def test_f3_names_are_bound_by_control_policies_and_by_callers_as_well() -> None:
    """One letter is no name: OLD lets nobody assume the role. [API: AssumeRole, RoleSessionName]"""
    trust, named = reports(admits(aws(ALICE))), [denied(_not_named(one)) for one in ("a", "boss")]
    for old, new in (
        [scps(ALL, one) for one in named],
        [rcps({**one, "Principal": "*"}) for one in named],
    ):
        found = on_key(sessions(BOSS, trust, organization=old), sessions(BOSS, trust, organization=new))
        assert found.relation is UNKNOWN
    by_policy = reports(admits(aws(HOME)))
    one, other = (sessions(BOSS, by_policy, {**own("sts:AssumeRole"), **_named(name)}) for name in ("a", "boss"))
    assert on_key(one, other).relation is UNKNOWN


def _by_way(asks: Statement, between: Statement, *trust: Statement) -> Estate:
    """Alice may assume a role, and its sessions another one, which may decrypt."""
    middle = trusting(between, arn=BETWEEN, own=(own("sts:*"),))
    accounts = (replace(home(trusting(*trust, arn=REPORTS), middle, identity(ALICE, own("sts:*"))), complete=True),)
    return replace(estate(asks), accounts=accounts)


WITH_IDENTITY = ["sts:AssumeRole", "sts:SetSourceIdentity"]
RED = {"StringEquals": {"aws:PrincipalTag/x": "red"}}
MUST = {
    "Null": {"aws:RequestTag/x": "false"},
    "ForAllValues:StringEquals": {"aws:TagKeys": ["x"]},
    "ForAnyValue:StringEquals": {"sts:TransitiveTagKeys": ["x"]},
}


@pytest.mark.parametrize(
    ("asks", "trust", "calls", "before", "after"),
    [
        (  # the source identity that must be set persists
            {"Null": {"aws:SourceIdentity": "true"}},
            [admits(aws(BETWEEN), WITH_IDENTITY)],
            WITH_IDENTITY,
            {"Null": {"sts:SourceIdentity": "false"}},
            {},
        ),
        (  # so does the tag
            {"Null": {"aws:PrincipalTag/x": "true"}},
            [admits(aws(BETWEEN), CALLS)],
            CALLS,
            MUST,
            {},
        ),
        (  # a session with a source identity may not call where it may not be set
            RED,
            [admits(aws(ALICE)), admits(aws(BETWEEN), CALLS)],
            WITH_IDENTITY,
            {"Null": {"sts:SourceIdentity": "false"}},
            {},
        ),
        (  # nobody can assume the role between
            RED,
            [admits(aws(ALICE)), admits(aws(BETWEEN), CALLS)],
            ["sts:AssumeRole"],
            {"StringEquals": {"aws:PrincipalAccount": PARTNER}},
            {},
        ),
    ],
)
def test_f3_what_comes_on_from_one_session_to_the_next_is_not_told_exactly(
    asks: Any, trust: list[Statement], calls: list[str], before: Any, after: Any
) -> None:
    """[IAM User Guide: id_session-tags, Chaining roles with session tags;
    id_credentials_temp_control-access_monitor]"""
    key = allow(aws(REPORTS), "kms:Decrypt", Condition=asks)
    old, new = (
        _by_way(key, admits(aws(ALICE), calls, **({"Condition": one} if one else {})), *trust)
        for one in (before, after)
    )
    assert on_key(old, new).relation is UNKNOWN
    assert on_key(old, old).relation is Relation.EQUIVALENT


def test_f3_which_of_several_tags_one_session_hands_on_is_not_told_exactly() -> None:
    """Alice passes x alone; y comes on from the role between, and x as well in NEW."""
    both = {"StringEquals": {"aws:PrincipalTag/x": "red", "aws:PrincipalTag/y": "blue"}}
    keys = {"ForAllValues:StringEquals": {"aws:TagKeys": ["x"]}}
    trust = admits(aws(ALICE)), admits(aws(ALICE), "sts:TagSession", Condition=keys), admits(aws(BETWEEN))

    def side(*handed: str) -> Estate:
        between = admits(aws(ALICE), CALLS, Condition={"ForAllValues:StringEquals": {"aws:TagKeys": [*handed]}})
        return _by_way(allow(aws(REPORTS), "kms:Decrypt", Condition=both), between, *trust)

    assert on_key(side("y"), side("x", "y")).relation is UNKNOWN


def test_f3_where_no_session_makes_another_all_is_told_exactly() -> None:
    asks = allow(aws(REPORTS), "kms:Decrypt", Condition={"Null": {"aws:SourceIdentity": "true"}})
    must = {"Null": {"sts:SourceIdentity": "false"}}
    old, new = (
        sessions(asks, reports(admits(aws(ALICE), WITH_IDENTITY, **more))) for more in ({"Condition": must}, {})
    )
    assert on_key(old, new).relation is MORE


BOB = f"arn:aws:iam::{HOME}:user/bob"
IDPS = [{"Federated": f"arn:aws:iam::{HOME}:saml-provider/{name}"} for name in ("one", "two")]
BY_SAML = "sts:AssumeRoleWithSAML"
TAGS, SOURCE_IDENTITY = "sts:TagSession", "sts:SetSourceIdentity"
OF_ONE = {"aws:FederatedProvider": IDPS[0]["Federated"]}


@pytest.mark.parametrize(
    ("asks", "callers", "more", "given"),
    [
        ({**RED, "Bool": {"aws:MultiFactorAuthPresent": "true"}}, [aws(ALICE), aws(BETWEEN)], [], TAGS),
        ({**RED, "NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}, [aws(ALICE), aws(BETWEEN)], [], TAGS),
        ({**RED, "Null": {"aws:SourceIdentity": "false"}}, [aws(ALICE), aws(BOB)], [SOURCE_IDENTITY], TAGS),
        ({"StringEquals": {**RED["StringEquals"], **OF_ONE}}, IDPS, [], TAGS),
        ({"StringEquals": {"aws:SourceIdentity": "x", **OF_ONE}}, IDPS, [], SOURCE_IDENTITY),
    ],
)
def test_f3_which_sessions_have_two_things_that_are_followed_apart_is_not_known(
    asks: Any, callers: list[Any], more: list[str], given: str
) -> None:
    """In OLD one caller's sessions have the first thing, the other's the second; in NEW the first's have both. [IAM
    User Guide: id_session-tags; id_credentials_mfa_configure-api-require;
    id_credentials_temp_control-access_monitor]"""
    first, second = callers
    call = BY_SAML if "Federated" in first else "sts:AssumeRole"
    middle = trusting(admits({"Service": "lambda.amazonaws.com"}), arn=BETWEEN, own=(own("sts:*"),))

    def side(*calls: str, aside: Any = ALICE) -> Estate:
        target = trusting(admits(first, [call, *calls]), admits(second, [call, given]), arn=REPORTS)
        other = trusting(admits(aws(aside)), arn=f"arn:aws:iam::{HOME}:role/aside")
        users = [identity(arn, own("sts:*")) for arn in (ALICE, BOB)]
        accounts = (replace(home(target, middle, other, *users), complete=True),)
        return replace(estate(allow(aws(REPORTS), "kms:Decrypt", Condition=asks)), accounts=accounts)

    old, new = side(*more), side(*more, given)
    assert on_key(old, new).relation is UNKNOWN
    assert on_key(old, old).relation is on_key(old, side(*more, aside=BOB)).relation is Relation.EQUIVALENT


def test_f3_when_what_a_session_has_was_given_is_not_followed() -> None:
    """Tags are given from 2030 on in OLD, and the key is for requests before 2027."""
    asks = {**RED, "DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}
    later = {"DateGreaterThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}
    key = allow(aws(REPORTS), "kms:Decrypt", Condition=asks)

    def side(**more: Any) -> Estate:
        return sessions(key, reports(admits(aws(ALICE)), admits(aws(ALICE), TAGS, **more)))

    assert of_both(side(Condition=later), side()) == [UNKNOWN] * 2


@pytest.mark.parametrize("other", [aws(ALICE), aws(BETWEEN), {"Service": "ec2.amazonaws.com"}])
def test_f3_whether_all_sessions_have_an_identity_provider_says_who_may_assume_the_role(other: Any) -> None:
    """[IAM User Guide: reference_policies_condition-keys, aws:FederatedProvider]"""
    asks = allow(aws(REPORTS), "kms:Decrypt", Condition={"Null": {"aws:FederatedProvider": "true"}})
    trust = admits(IDPS[0], BY_SAML)
    assert of_both(sessions(asks, reports(trust)), sessions(asks, reports(trust, admits(other)))) == [UNKNOWN] * 2


def test_f3_a_trust_policy_that_tests_a_key_without_rule_is_not_followed() -> None:
    """A session has the user of an identity center only if its caller may set the context."""
    of_center = admits(aws(BETWEEN), CALLS, Condition={"StringLike": {"identitystore:UserId": "*"}})
    service = admits({"Service": "lambda.amazonaws.com"})

    def side(*more: Statement) -> Estate:
        middle = trusting(service, *more, arn=BETWEEN, own=(own("sts:*"),))
        accounts = (replace(home(reports(of_center), middle, identity(ALICE, own("sts:*"))), complete=True),)
        return replace(estate(allow(aws(REPORTS), "kms:Decrypt", Condition=RED)), accounts=accounts)

    assert on_key(side(), side(admits(aws(ALICE), ["sts:AssumeRole", "sts:SetContext"]))).relation is UNKNOWN


@pytest.mark.parametrize(
    ("other", "asks"),
    [
        ({"Service": "ec2.amazonaws.com"}, {"Null": {"ec2:SourceInstanceArn": "false"}}),
        ({"Service": "ec2.amazonaws.com"}, {"StringEquals": {"aws:SourceAccount": HOME}}),
        (aws(ALICE), {"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
    ],
)
def test_f3_the_own_tag_of_a_role_is_not_that_of_each_of_its_sessions(other: Any, asks: dict[str, Any]) -> None:
    """A passed tag goes before it: in OLD those with the passed one lack the other thing, and those with that are blue.
    [IAM User Guide: id_session-tags, Things to know about session tags]"""
    middle = trusting(admits({"Service": "lambda.amazonaws.com"}), arn=BETWEEN, own=(own("sts:*"),))
    both = {**asks, "StringEquals": {**asks.get("StringEquals", {}), "aws:PrincipalTag/team": "red"}}

    def side(**tags: str) -> Estate:
        target = replace(reports(admits(aws(BETWEEN), CALLS), admits(other)), tags=tuple(tags.items()))
        accounts = (replace(home(target, middle, identity(ALICE, own("sts:*"))), complete=True),)
        return replace(estate(allow(aws(REPORTS), "kms:Decrypt", Condition=both)), accounts=accounts)

    assert on_key(side(team="blue"), side(team="red")).relation is UNKNOWN
    assert on_key(side(team="blue"), side(team="blue", cost="1")).relation is Relation.EQUIVALENT
