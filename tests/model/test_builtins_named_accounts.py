"""Which accounts and organizations a key names, for `no-public-access`."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from verifier.language.builtins.catalogue import builtin
from verifier.language.policies.documents import read_policy
from verifier.model.caller_sets import named_callers, with_named_accounts
from verifier.model.estate import Account, Endpoint, Estate, Key
from verifier.model.grant import Grant
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
    Tagged,
)
from verifier.model.organization import Controls, Level, Organization
from verifier.model.policy import Condition, Operator, PolicyKind, Principal, PrincipalType, Text
from verifier.syntax.source import Source

PARTNER = InAccount("444455556666")
OWN = Tagged(
    Condition(Operator("StringEquals", None, False), Text("aws:PrincipalOrgID"), (Text("${aws:ResourceOrgID}"),))
)
ARN = "arn:aws:kms:us-west-2:111122223333:key/1"


def key(**statement: object) -> Key:
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*", **statement}],
    }
    policy = read_policy(
        Source("policy.json", json.dumps(document)), PolicyKind.KEY, identity=f"{ARN}#default", name="default"
    )
    return Key(ARN, policies=(policy,))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Principal": "*"}, ()),
        ({"Principal": {"AWS": "444455556666"}}, (PARTNER,)),
        ({"Principal": {"AWS": "arn:aws:iam::444455556666:role/a"}}, (PARTNER,)),
        ({"Effect": "Deny", "Principal": {"AWS": "444455556666"}}, (PARTNER,)),
        ({"NotPrincipal": {"AWS": "arn:aws:iam::444455556666:root"}}, (PARTNER,)),
        ({"Principal": "*", "Condition": {"StringEquals": {"KMS:CallerAccount": ["444455556666", "1*"]}}}, (PARTNER,)),
        ({"Principal": "*", "Condition": {"StringNotEquals": {"kms:CallerAccount": "444455556666"}}}, (PARTNER,)),
        ({"Principal": "*", "Condition": {"StringLike": {"aws:userid": "444455556666:*"}}}, (PARTNER,)),
        (
            {"Principal": "*", "Condition": {"StringLike": {"aws:PrincipalAccount": ["444455556666*", "4*"]}}},
            (PARTNER,),
        ),
        (
            {"Principal": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::444455556666:role/*"}}},
            (PARTNER,),
        ),
        ({"Principal": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}}, ()),
        (
            {"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abc"}}},
            (InOrganization("o-abc"),),
        ),
        (
            {
                "Principal": "*",
                "Condition": {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-abc/r-1/*", "o-*"]}},
            },
            (InOrganization("o-abc"),),
        ),
        (
            {"Principal": "*", "Condition": {"StringNotEqualsIgnoreCase": {"aws:PrincipalOrgID": "O-ABC"}}},
            (InOrganization("o-abc"),),
        ),
        ({"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}}, (OWN,)),
        ({"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, ()),
    ],
)
def test_what_a_statement_names(statement: dict[str, object], expected: tuple[CallerSet, ...]) -> None:
    assert named_callers(Estate(()), key(**statement)) == CallersOr((KeyAccount(), *expected))


def test_a_key_without_known_policies_names_its_own_account_only() -> None:
    assert named_callers(Estate(()), Key(ARN)) == CallersOr((KeyAccount(),))


def test_what_the_rest_of_the_input_names() -> None:
    """F2: an organization's members need not be named beside it. G5: the account that issued a grant may retire it."""
    arn = "arn:aws:iam::444455556666:role/a"
    document = {
        "Effect": "Deny",
        "Principal": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "777788889999"}},
    }
    (other,) = key(**document).policies or ()
    organization = Organization("o-abc", "111122223333", (("111122223333", None), ("222233334444", None)))
    over = (
        Controls("111122223333", resource=(Level("root", (other,)),)),
        Controls("222233334444", resource=(Level("root", (other,)),)),
    )
    grant = Grant(
        "1", Principal(PrincipalType.ROLE, arn, "444455556666"), ("kms:Decrypt",), issuing_account="999900001111"
    )
    accounts = (Account("111122223333"), Account("222233334444"), Account("333344445555"))

    def named(estate: Estate, *grants: Grant) -> set[CallerSet]:
        found = named_callers(estate, replace(key(Principal="*"), grants=grants))
        assert isinstance(found, CallersOr)
        return set(found.operands) - {KeyAccount()}

    assert named(Estate((), accounts)) == {InAccount(account.id) for account in accounts}
    assert named(Estate((), accounts, organization)) == {InOrganization("o-abc"), InAccount("333344445555")}
    assert named(Estate((), (), replace(organization, controls=over[1:]))) == {InOrganization("o-abc")}
    assert named(Estate((), (), replace(organization, controls=over))) == {
        InOrganization("o-abc"),
        InAccount("777788889999"),
    }
    assert named(Estate((), endpoints=(Endpoint("vpce-1", "us-west-2", policy=other),))) == {InAccount("777788889999")}
    assert named(Estate(()), grant) == {PARTNER, InAccount("999900001111")}


def test_the_node_is_replaced_wherever_it_stands() -> None:
    named = CallersOr((KeyAccount(), InAccount("444455556666")))
    invariant = builtin("no-public-access")
    assert isinstance(invariant, Invariant)
    replaced = with_named_accounts(invariant, Estate(()), key(Principal={"AWS": "444455556666"}))
    assert isinstance(replaced.callers, CallersAnd)
    assert replaced.callers.operands[0] == CallersNot(CallersOr((KeyAccount(), named)))


def test_other_invariants_stay_as_they_are() -> None:
    invariant = builtin("only-via-service:s3")
    assert isinstance(invariant, Invariant)
    assert with_named_accounts(invariant, Estate(()), key(Principal="*")) == invariant
    assert invariant.callers == AnyCaller()
