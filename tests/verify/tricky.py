"""Random estates with what a pass could leave out by mistake: what a statement is about by exclusion, conditions on the
caller's ARN, callers of every kind, and every kind of policy and grant."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from tests.evaluate.estates import (
    ALICE,
    HOME,
    KEY,
    PARTNER,
    PARTNER_ROLE,
    PARTNER_ROOT,
    PARTNER_SESSION,
    REPORTS,
    REPORTS_SESSION,
    ROOT,
    S3,
    SAM,
    aws,
    endpoint,
    estate,
    grant,
    home,
    identity,
    level,
    organization,
    own,
    policy,
)
from tests.verify.grantees import ARNS
from tests.verify.proving import always, nobody
from tests.verify.test_random_estates import CONDITIONS
from verifier.model.estate import Estate, Identity
from verifier.model.invariant import (
    AnyCaller,
    CallersAnd,
    CallerSet,
    CallersNot,
    InAccount,
    Invariant,
    OfKind,
    PrincipalLike,
    ServiceLike,
    SessionLike,
)
from verifier.model.organization import Controls
from verifier.model.policy import PolicyKind, Text
from verifier.model.request import CallerKind

Statement = dict[str, Any]
ACTIONS = ("kms:*", "kms:Decrypt", "kms:D*", ["kms:Encrypt", "kms:CreateGrant"], "kms:Put*", "kms:RetireGrant", "*")
PRINCIPALS = (
    *("*", {"AWS": "*"}, {"Service": S3}, {"AWS": [ROOT], "Service": S3}, aws("AIDACKCEVSQ6C2EXAMPLE")),
    *map(aws, (ROOT, PARTNER_ROOT, ALICE, REPORTS, REPORTS_SESSION, PARTNER_ROLE, PARTNER_SESSION, SAM)),
)
RESOURCES = ("*", "*", "*", KEY, f"arn:aws:kms:us-west-2:{HOME}:key/other")
BY_ARN: tuple[Statement, ...] = (
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app*"}},
    {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{HOME}:role/*"}},
    {"ArnEquals": {"AWS:principalarn": [ALICE, PARTNER_ROLE]}},
    {"StringEqualsIfExists": {"aws:PrincipalArn": ALICE}},
)
KINDS = tuple(map(OfKind, CallerKind))
_ANY_SERVICE: CallerSet = ServiceLike(Text("*"))
_NAMED: tuple[CallerSet, ...] = tuple(
    PrincipalLike(Text(name)) for name in (ALICE, PARTNER_ROLE, "arn:aws:iam::*:role/*")
)
_ACCOUNTS: tuple[CallerSet, ...] = (InAccount(HOME), InAccount(PARTNER))
CALLERS: tuple[CallerSet, ...] = (
    AnyCaller(),
    ServiceLike(Text("s3.*")),
    SessionLike(Text(PARTNER_SESSION)),
    *_ACCOUNTS,
    *_NAMED,
    *KINDS,
    *(CallersNot(one) for one in (_ANY_SERVICE, *_ACCOUNTS, *KINDS)),
    *(CallersAnd((account, kind)) for account in _ACCOUNTS for kind in KINDS),
)
ASKED = ("kms:Decrypt", "kms:Encrypt", "kms:CreateGrant", "kms:RetireGrant", "kms:Put*", "kms:*", "kms:d*")


def some_statement(dice: random.Random, *, named: bool) -> Statement:
    def perhaps(element: str, chance: float) -> str:
        return f"Not{element}" if dice.random() < chance else element

    found: Statement = {
        "Effect": dice.choice(("Allow", "Allow", "Deny")),
        perhaps("Action", 0.25): dice.choice(ACTIONS),
        perhaps("Resource", 0.06): dice.choice(RESOURCES),
    }
    condition = dice.choice((*CONDITIONS, *BY_ARN))
    found |= {"Condition": condition} if condition and dice.random() < 0.5 else {}
    return found | {perhaps("Principal", 0.2): dice.choice(PRINCIPALS)} if named else found


def some(dice: random.Random, most: int, *, named: bool = False) -> list[Statement]:
    return [some_statement(dice, named=named) for _ in range(dice.randint(1, most))]


def some_identity(dice: random.Random, arn: str) -> Identity:
    edge = policy(*some(dice, 3), kind=PolicyKind.BOUNDARY, identity=f"{arn}#edge") if dice.random() < 0.4 else None
    return identity(arn, *some(dice, 4), bounded=edge is not None, boundary=edge)


def some_controls(dice: random.Random, account: str) -> Controls:
    everything = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    refused = {**everything, "Effect": "Deny", "Action": "kms:D*", "Condition": dice.choice(BY_ARN)}
    resource = level(account, everything, refused, kind=PolicyKind.RCP)
    return Controls(account, (level(account, own(), *some(dice, 3)),), (resource,))


def some_invariant(dice: random.Random) -> Invariant:
    form = always if dice.random() < 0.25 else nobody
    found = form(dice.choice(ASKED), callers=dice.choice(CALLERS))
    return replace(found, not_actions=(Text("kms:De*"),)) if found.actions == (Text("kms:*"),) else found


def tricky(seed: int) -> tuple[Estate, tuple[Invariant, ...]]:
    """An estate, and invariants about it."""
    dice = random.Random(seed)
    ours, theirs = home(some_identity(dice, ALICE), some_identity(dice, REPORTS)), some_identity(dice, PARTNER_ROLE)
    grants = tuple(
        grant(dice.choice(ARNS), *operations, id=f"g-{number}", grantee_hidden=dice.random() < 0.1)
        for number, operations in enumerate(
            (("Decrypt", "CreateGrant"), ("Encrypt",), ("Decrypt",))[: dice.randint(0, 3)]
        )
    )
    found = estate(*some(dice, 5, named=True), accounts=(ours, home(theirs, account=PARTNER)), grants=grants)
    if dice.random() < 0.4:
        found = replace(found, organization=organization(*(some_controls(dice, one) for one in (HOME, PARTNER))))
    if dice.random() < 0.3:
        found = replace(found, endpoints=(endpoint(*some(dice, 3, named=True)),))
    return found, tuple(some_invariant(dice) for _ in range(dice.randint(1, 2)))
