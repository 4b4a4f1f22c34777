"""Policies, principals and callers in a few words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.estates import HOME, policy
from tests.report.samples import PAYMENTS
from verifier.model.policy import PolicyKind
from verifier.model.request import Caller, CallerKind
from verifier.model.steps.descriptions import OWN_KEYS
from verifier.report.naming import Names, first
from verifier.report.reach.shown_steps import policy_words

NAMES = Names({PAYMENTS: "payments"}, HOME)
ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
OPS, OTHER = f"arn:aws:iam::{HOME}:role/ops", "arn:aws:iam::444455556666:role/ops"


def words(*statements: dict[str, Any], kind: PolicyKind = PolicyKind.IDENTITY) -> str:
    return policy_words(policy(*statements, kind=kind), NAMES)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Allow kms:Decrypt on *"),
        ({"Effect": "Deny"}, "Deny kms:Decrypt on *"),
        ({"Action": ["a:A", "b:B", "c:C", "d:D", "e:E"]}, "Allow a:A, b:B, c:C and 2 more on *"),
        ({"Resource": [PAYMENTS]}, f"Allow kms:Decrypt on {PAYMENTS}"),
        (
            {
                "Condition": {
                    "StringEquals": {"aws:PrincipalTag/team": ["red", "blue"]},
                    "Bool": {"aws:SecureTransport": "true"},
                }
            },
            "Allow kms:Decrypt on * if aws:PrincipalTag/team StringEquals red, blue and aws:SecureTransport Bool true",
        ),
    ],
)
def test_a_statement_of_an_identity(changes: dict[str, Any], said: str) -> None:
    assert words({**ALLOW, **changes}) == said


def test_what_is_excluded_is_said_to_be() -> None:
    assert words({"Effect": "Allow", "NotAction": "kms:*", "Resource": "*"}) == "Allow every action but kms:* on *"
    assert (
        words({"Effect": "Deny", "Action": "kms:*", "NotResource": PAYMENTS})
        == f"Deny kms:* on everything but {PAYMENTS}"
    )
    key = {"Effect": "Deny", "NotPrincipal": {"AWS": OPS}, "Action": "kms:*", "Resource": "*"}
    assert words(key, kind=PolicyKind.KEY) == "Deny kms:* to everyone but role/ops"


@pytest.mark.parametrize(
    ("principal", "said"),
    [
        ("*", "everyone"),
        ({"AWS": "*"}, "everyone"),
        ({"AWS": HOME}, f"the account {HOME}"),
        ({"AWS": [OPS, OTHER]}, "role/ops, role/ops of 444455556666"),
        ({"Service": "s3.amazonaws.com"}, "s3.amazonaws.com"),
    ],
)
def test_a_statement_of_a_key_names_whom_it_is_for_and_not_its_resource(principal: Any, said: str) -> None:
    assert words({**ALLOW, "Principal": principal}, kind=PolicyKind.KEY) == f"Allow kms:Decrypt to {said}"


def test_of_many_statements_the_others_are_counted() -> None:
    assert words(*[ALLOW] * 4).endswith("; and 1 more statement")
    assert words(*[ALLOW] * 5).endswith("; and 2 more statements")
    assert words(*[ALLOW] * 3).count(";") == 2


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        (PAYMENTS, "payments"),
        (PAYMENTS.replace("us-west-2", "eu-west-1"), PAYMENTS.replace("us-west-2", "eu-west-1")),
        (f"arn:aws:kms:us-west-2:999999999999:key/{OWN_KEYS[0]}", "a key of its own"),
        (OPS, "role/ops"),
        (OTHER, "role/ops of 444455556666"),
        (f"arn:aws:iam::{HOME}:root", f"root of {HOME}"),
        ("arn:aws:iam::aws:policy/job-function/ViewOnlyAccess", "AWS's ViewOnlyAccess"),
        ("others, such as arn:aws:iam::1:role/x", "others, such as arn:aws:iam::1:role/x"),
        (f"arn:aws:iam::{HOME}:role/\x1b[31m", "role/\\x1b[31m"),
    ],
)
def test_names(arn: str, said: str) -> None:
    assert NAMES.of(arn) == said


def test_callers() -> None:
    assert NAMES.caller(Caller(CallerKind.ROLE, OPS, HOME, "s")) == "role/ops"
    assert (
        NAMES.caller(Caller(CallerKind.WEB, f"arn:aws:iam::{HOME}:oidc-provider/x.com"))
        == "an identity of oidc-provider/x.com"
    )
    assert Names().caller(Caller(CallerKind.ROLE, OPS, HOME, "s")) == f"role/ops of {HOME}"


def test_first_of_many() -> None:
    assert first(["a", "b", "c"]) == "a, b, c" and first(["a"] * 1004) == "a, a, a and 1,001 more" and first([]) == ""
