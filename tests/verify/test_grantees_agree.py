"""Who is among some callers, told in two ways: of a listed grant on the data, of a request by conditions on its
condition keys (G2)."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evaluate.estates import HOME, PARTNER, REPORTS, allow, estate, home, identity, named
from tests.examples import many
from tests.verify.grantees import ARNS, THIRD
from verifier.language.invariants.grantees import with_grantees
from verifier.model.estate import Estate
from verifier.model.invariant import (
    AnyCaller,
    CallersAnd,
    CallerSet,
    CallersNot,
    CallersOr,
    ConditionAnd,
    ConditionExpression,
    ConditionNot,
    ConditionOr,
    Expectation,
    Holds,
    InAccount,
    InOrganization,
    Invariant,
    KeyAccount,
    OfKind,
    PrincipalLike,
    ServiceLike,
    SessionLike,
)
from verifier.model.organization import Organization
from verifier.model.policy import Text
from verifier.model.request import CallerKind
from verifier.syntax.diagnostic import InputError
from verifier.verify.grant_membership import Surroundings, grantee_membership

ACME = Organization("o-acme", PARTNER, ((HOME, None), (PARTNER, None)))
PLAIN = replace(estate(allow()), organization=ACME, accounts=())
LISTED = replace(PLAIN, accounts=(home(identity(REPORTS)),))

ATOMS: tuple[CallerSet, ...] = (
    AnyCaller(),
    InAccount(HOME),
    InAccount(THIRD),
    KeyAccount(),
    InOrganization("o-acme"),
    *(OfKind(kind) for kind in CallerKind if kind is not CallerKind.WEB),
    OfKind(CallerKind.ROLE, service_linked=True),
    PrincipalLike(Text(f"arn:*:iam::{HOME}:role/*")),
    PrincipalLike(Text(f"arn:*:iam::{HOME}:role/reports")),
    PrincipalLike(Text(REPORTS)),
    PrincipalLike(Text("arn:*:iam::*:role/a*tch")),
    PrincipalLike(Text(f"arn:aws:iam::{PARTNER}:*")),
    PrincipalLike(Text(f"arn:*:iam::{HOME}:user/Al?ce")),
    PrincipalLike(Text("arn:*:sts::*:federated-user/S*")),
    SessionLike(Text("arn:*:sts::*:assumed-role/reports/*")),
    SessionLike(Text("arn:*:sts::*:assumed-role/batch/run")),
    ServiceLike(Text("s3.amazonaws.com")),
    ServiceLike(Text("*.amazonaws.com")),
)


def holds(expression: ConditionExpression, context: dict[str, str]) -> bool:
    """The conditions that stand for grantees, computed anew."""
    match expression:
        case ConditionNot(operand):
            return not holds(operand, context)
        case ConditionAnd(operands):
            return all(holds(operand, context) for operand in operands)
        case ConditionOr(operands):
            return any(holds(operand, context) for operand in operands)
        case Holds(condition):
            value, listed = context.get(condition.key.value), [text.value for text in condition.values]
            if condition.operator.base == "Null":
                return (value is None) == (listed == ["true"])
            arn = condition.operator.base == "ArnLike"
            return value is not None and any(_like(value, pattern, arn) for pattern in listed)


def _like(value: str, pattern: str, arn: bool) -> bool:
    if not arn:
        return fnmatchcase(value, pattern)
    fields, patterns = value.split(":", 5), pattern.split(":", 5)
    return len(fields) == 6 and all(fnmatchcase(f, p) for f, p in zip(fields, patterns, strict=True))


def condition(callers: CallerSet, around: Estate) -> ConditionExpression:
    invariant = Invariant("x", Expectation.REFUSED, AnyCaller(), (Text("kms:CreateGrant"),), None, grantees=callers)
    return with_grantees(invariant, around.keys[0], around).when


def context(arn: str) -> dict[str, str]:
    return {"kms:GranteePrincipal" if arn.startswith("arn:") else "kms:GranteeServicePrincipal": arn}


def contradictions(callers: CallerSet, around: Estate) -> list[tuple[str, object, bool]]:
    when = condition(callers, around)
    found = [
        (
            arn,
            grantee_membership(named(arn), callers, Surroundings(around, around.keys[0])).some,
            holds(when, context(arn)),
        )
        for arn in ARNS
    ]
    # A request counts where its ARN does not tell (None), and sometimes where the data does: it must never fail to
    # count.
    return [(arn, some, counts) for arn, some, counts in found if some is not False and not counts]


@pytest.mark.parametrize("around", [PLAIN, LISTED], ids=["without inventory", "with inventory"])
@pytest.mark.parametrize("atom", ATOMS, ids=str)
def test_g2_the_condition_holds_exactly_where_the_data_does_not_exclude_it(atom: CallerSet, around: Estate) -> None:
    for callers in (atom, CallersNot(atom)):
        assert contradictions(callers, around) == []
        when = condition(callers, around)
        for arn in ARNS:
            some = grantee_membership(named(arn), callers, Surroundings(around, around.keys[0])).some
            if some is False and holds(when, context(arn)):
                # The conditions know less than the data: a session's ARN does not show the path of its role.
                assert ":assumed-role/" in arn, (arn, callers)


def sets() -> st.SearchStrategy[CallerSet]:
    def grow(inner: st.SearchStrategy[CallerSet]) -> st.SearchStrategy[CallerSet]:
        several = st.lists(inner, min_size=1, max_size=3).map(tuple)
        return inner.map(CallersNot) | several.map(CallersAnd) | several.map(CallersOr)

    return st.recursive(st.sampled_from(ATOMS), grow, max_leaves=5)


@settings(max_examples=many(300))
@given(sets())
def test_g2_no_grantee_that_may_be_meant_fails_to_count(callers: CallerSet) -> None:
    assert contradictions(callers, PLAIN) == []
    assert contradictions(callers, LISTED) == []


def test_g2_a_grantee_service_is_outside_every_account() -> None:
    outside = condition(CallersNot(InAccount(HOME)), PLAIN)
    assert holds(outside, context("s3.amazonaws.com")) and holds(outside, {"kms:GranteePrincipal": "s3.amazonaws.com"})
    assert holds(outside, {}), "what the request does not show counts as outside"
    assert not holds(outside, context(REPORTS))


@pytest.mark.parametrize("key", ["kms:GranteePrincipal", "kms:GranteeServicePrincipal"])
def test_g2_a_service_is_named_by_its_name(key: str) -> None:
    named = condition(ServiceLike(Text("s3.*")), PLAIN)
    assert holds(named, {key: "s3.amazonaws.com"}) and not holds(named, {key: "ec2.amazonaws.com"})
    assert not holds(named, context(REPORTS))


def test_g5_without_a_retiring_principal_there_is_none_to_be_outside() -> None:
    invariant = Invariant("x", Expectation.REFUSED, AnyCaller(), (), None, retiring=CallersNot(InAccount(HOME)))
    when = with_grantees(invariant, PLAIN.keys[0], PLAIN).when
    assert not holds(when, {})
    assert holds(when, {"kms:RetiringServicePrincipal": "s3.amazonaws.com"})
    assert holds(when, {"kms:RetiringPrincipal": f"arn:aws:iam::{PARTNER}:root"})
    assert not holds(when, {"kms:RetiringPrincipal": f"arn:aws:iam::{HOME}:root"})


@pytest.mark.parametrize("organization", [None, ACME])
def test_f2_an_organization_without_its_accounts_is_an_input_error(organization: Organization | None) -> None:
    with pytest.raises(
        InputError,
        match="which grantees are in o-other cannot be told: the input does not list the organization's accounts",
    ):
        condition(CallersNot(InOrganization("o-other")), replace(PLAIN, organization=organization))
