"""Which accounts and organizations a key names, for `no-public-access`."""

from __future__ import annotations

import json

import pytest

from verifier.model.builtins import builtin
from verifier.model.documents import read_policy
from verifier.model.estate import Key
from verifier.model.invariant import (
    AnyCaller,
    CallersAnd,
    CallerSet,
    CallersNot,
    CallersOr,
    InAccount,
    InOrganization,
    Invariant,
    KeyAccount,
)
from verifier.model.named_accounts import named_callers, with_named_accounts
from verifier.model.policy import PolicyKind
from verifier.syntax.source import Source

PARTNER = InAccount("444455556666")
ARN = "arn:aws:kms:us-west-2:111122223333:key/1"


def key(**statement: object) -> Key:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*", **statement}]}
    policy = read_policy(Source("policy.json", json.dumps(document)), PolicyKind.KEY, identity=f"{ARN}#default", name="default")
    return Key(ARN, policies=(policy,))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Principal": "*"}, ()),
        ({"Principal": {"AWS": "444455556666"}}, (PARTNER,)),
        ({"Principal": {"AWS": "arn:aws:iam::444455556666:role/a"}}, (PARTNER,)),
        ({"Effect": "Deny", "Principal": {"AWS": "444455556666"}}, ()),
        ({"NotPrincipal": {"AWS": "arn:aws:iam::444455556666:root"}}, ()),
        ({"Principal": "*", "Condition": {"StringEquals": {"KMS:CallerAccount": ["444455556666", "1*"]}}}, (PARTNER,)),
        ({"Principal": "*", "Condition": {"StringNotEquals": {"kms:CallerAccount": "444455556666"}}}, ()),
        ({"Principal": "*", "Condition": {"StringEquals": {"kms:ViaService": "444455556666"}}}, ()),
        (
            {"Principal": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::444455556666:role/*"}}},
            (PARTNER,),
        ),
        ({"Principal": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}}, ()),
        ({"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abc"}}}, (InOrganization("o-abc"),)),
        (
            {"Principal": "*", "Condition": {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-abc/r-1/*", "o-*"]}}},
            (InOrganization("o-abc"),),
        ),
        ({"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, ()),
    ],
)
def test_what_an_allow_statement_names(statement: dict[str, object], expected: tuple[CallerSet, ...]) -> None:
    assert named_callers(key(**statement)) == CallersOr((KeyAccount(), *expected))


def test_a_key_without_known_policies_names_its_own_account_only() -> None:
    assert named_callers(Key(ARN)) == CallersOr((KeyAccount(),))


def test_the_node_is_replaced_wherever_it_stands() -> None:
    named = CallersOr((KeyAccount(), InAccount("444455556666")))
    invariant = builtin("no-public-access")
    assert isinstance(invariant, Invariant)
    replaced = with_named_accounts(invariant, key(Principal={"AWS": "444455556666"}))
    assert isinstance(replaced.callers, CallersAnd)
    assert replaced.callers.operands[0] == CallersNot(CallersOr((KeyAccount(), named)))


def test_other_invariants_stay_as_they_are() -> None:
    invariant = builtin("only-via-service:s3")
    assert isinstance(invariant, Invariant)
    assert with_named_accounts(invariant, key(Principal="*")) == invariant
    assert invariant.callers == AnyCaller()
