"""Statements and grants that match no request in question reach their callers in the same ways after a pass, so that a
proof must do without them as before."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations, product

import pytest

from tests.evaluate.estates import (
    ALICE,
    HOME,
    PARTNER,
    PARTNER_ROLE,
    PARTNER_ROOT,
    PARTNER_SESSION,
    REPORTS,
    REPORTS_SESSION,
    ROOT,
    S3,
    SAM,
    allow,
    aws,
    estate,
    grant,
    granted,
)
from tests.verify.proving import nobody
from verifier.model.estate import Estate, Key
from verifier.model.grant import Grant
from verifier.model.invariant import InAccount, Invariant
from verifier.problem.asking import uncompiled
from verifier.problem.expression import FALSE, Expression
from verifier.problem.passes import Pass, other_actions, other_callers, other_grantees, other_operations
from verifier.problem.relevance import actions_of
from verifier.problem.rules import RuledSpace
from verifier.problem.semantics.decision import policy_reach
from verifier.problem.semantics.grants import Grantees
from verifier.problem.semantics.targets import key_target
from verifier.problem.space import DecisionInput

ROLES = "arn:aws:iam::*:role/app*"
ANY_AWS = {"AWS": "*"}
CONDITIONS = [{}, *({"Condition": {name: {"aws:PrincipalArn": ROLES}}} for name in ("ArnLike", "ArnNotLike"))]
STATEMENTS = [
    *(allow(whom, "kms:Encrypt", **when) for whom, when in product(("*", ANY_AWS, aws(ALICE)), CONDITIONS)),
    *(
        allow(aws(arn), "kms:Encrypt")
        for arn in (ROOT, PARTNER_ROOT, REPORTS, PARTNER_ROLE, REPORTS_SESSION, PARTNER_SESSION, SAM)
    ),
    allow({"Service": S3}, "kms:Encrypt"),
    allow({"Federated": "cognito-identity.amazonaws.com"}, "kms:Encrypt"),
    allow(aws("AIDACKCEVSQ6C2EXAMPLE"), "kms:Encrypt"),
    allow(aws("arn:aws-cn:iam::444455556666:role/batch"), "kms:Encrypt"),
    allow(aws(ALICE), "kms:Encrypt", Resource="arn:aws:kms:us-west-2:111122223333:key/other"),
    {"Effect": "Allow", "Principal": aws(ALICE), "NotAction": "kms:Decrypt", "Resource": "*"},
    *({"Effect": "Allow", "NotPrincipal": one, "Action": "kms:Encrypt", "Resource": "*"} for one in ("*", aws(ALICE))),
]


def shape(found: Estate, key: Key) -> tuple[bool, ...]:
    """Which ways to reach somebody the Allow statements of a key's policies have."""
    space = RuledSpace(found, key_target(key), DecisionInput(found, key))
    reach = policy_reach(space, key.policies or ())
    return tuple(map(reaches, (reach.strong, reach.weak, reach.anyone, reach.account)))


def reaches(expression: Expression) -> bool:
    return expression is not FALSE


def after(one: Pass, found: Estate, invariant: Invariant) -> Key:
    """The key of an estate as a pass leaves it."""
    key = one(uncompiled(found, key_target(found.keys[0]), [invariant])).input.key
    assert key is not None
    return key


@pytest.mark.parametrize("one", range(len(STATEMENTS)))
def test_statements_about_other_actions_reach_callers_in_the_same_ways(one: int) -> None:
    for other in STATEMENTS:
        found = estate(STATEMENTS[one], other)
        key = after(other_actions, found, nobody())
        assert shape(found, key) == shape(found, found.keys[0])
        assert not any(actions_of([nobody()]).meet(item) for policy in key.policies or () for item in policy.statements)


AWAY = (PARTNER_ROOT, PARTNER_ROLE, PARTNER_SESSION, f"arn:aws:iam::{PARTNER}:user/Bob")


@pytest.mark.parametrize(("one", "other"), [*permutations(AWAY, 2)])
def test_statements_about_other_callers_reach_them_in_the_same_ways(one: str, other: str) -> None:
    found = estate(allow(aws(one, other)))
    assert shape(found, after(other_callers, found, nobody(callers=InAccount(HOME)))) == shape(found, found.keys[0])


def grant_shape(found: Estate, item: Grant) -> tuple[bool, bool]:
    """Whether a grant reaches somebody without the leave of an account, and with it."""
    key = found.keys[0]
    named = Grantees(RuledSpace(found, key_target(key))).named([item.grantee], item.grantee_hidden)
    return reaches(named.direct | named.weak), reaches(named.delegated)


@pytest.mark.parametrize(("one", "other"), [*permutations((ROOT, REPORTS, *AWAY), 2)])
def test_grants_to_other_callers_reach_them_in_the_same_ways(one: str, other: str) -> None:
    found = granted(grant(one, "Decrypt", id="g1"), grant(other, "Decrypt", id="g2"))
    fewer = after(other_grantees, found, nobody(callers=InAccount(HOME))).grants
    assert [grant_shape(found, item) for item in fewer or ()] == [
        grant_shape(found, item) for item in found.keys[0].grants or ()
    ]


@pytest.mark.parametrize("one", (other_operations, other_grantees))
def test_grants_are_about_the_same_invariants_without_making_others(one: Pass) -> None:
    """Of a key with many grants, those of the same operations are named together, and those of others apart."""
    few = granted(*(grant(PARTNER_ROLE, *operations) for operations in (("Decrypt", "CreateGrant"), ("CreateGrant",))))
    many = replace(few, keys=(replace(few.keys[0], grants=(few.keys[0].grants or ()) * 33),))
    for actions in (("kms:Decrypt",), ("kms:CreateGrant",), ("kms:Decrypt", "kms:CreateGrant")):
        claim = nobody(*actions, callers=InAccount(HOME))
        kept = after(one, few, claim).grants or ()
        assert [any(name in actions for name in item.operations) for item in kept] == [
            any(name in actions for name in item.operations) for item in few.keys[0].grants or ()
        ]
        assert {item.operations for item in after(one, many, claim).grants or ()} <= {
            item.operations for item in few.keys[0].grants or ()
        }
