"""Proofs that rest on many statements of identities tell them together."""

from __future__ import annotations

import pytest

from tests.evaluate.estates import HOME, ROOT, allow, aws, estate, home, identity, own
from tests.verify.conditions import string_equals
from tests.verify.proving import nobody, verdict
from verifier.model.estate import Estate
from verifier.model.invariant import CallersAnd, CallersNot, InAccount, OfKind
from verifier.model.request import CallerKind
from verifier.model.results.verdict import Status
from verifier.problem.semantics.statements import NAMED_ONE_BY_ONE

ROLES = CallersAnd((InAccount(HOME), OfKind(CallerKind.ROLE)))


def with_roles(count: int) -> Estate:
    """Roles that may decrypt through one service."""
    through = {"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}}
    roles = [
        identity(f"arn:aws:iam::{HOME}:role/role-{number}", own("kms:Decrypt", Condition=through))
        for number in range(count)
    ]
    return estate(allow(aws(ROOT), "kms:*"), accounts=(home(*roles),))


@pytest.mark.parametrize(
    ("count", "told"), [(3, 4), (NAMED_ONE_BY_ONE, NAMED_ONE_BY_ONE + 1), (NAMED_ONE_BY_ONE + 1, 2)]
)
def test_statements_are_told_one_by_one_only_while_they_are_few(count: int, told: int) -> None:
    inside = nobody(callers=ROLES, when=string_equals("kms:ViaService", "ec2.us-west-2.amazonaws.com"))
    proved = verdict(with_roles(count), inside)
    assert proved.status is Status.PROVED
    assert len(proved.rests_on) == told


def test_a_refutation_names_the_statement_of_many() -> None:
    found = verdict(with_roles(NAMED_ONE_BY_ONE + 1), nobody(callers=ROLES))
    assert found.counterexample is not None
    assert "more" not in found.counterexample.statements[-1].policy_name


def test_those_outside_need_no_statement_of_a_role() -> None:
    outside = verdict(with_roles(NAMED_ONE_BY_ONE + 1), nobody(callers=CallersNot(InAccount(HOME))))
    assert outside.status is Status.PROVED and len(outside.rests_on) == 1
