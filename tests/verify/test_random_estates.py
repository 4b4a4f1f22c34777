"""Small random estates: no proof is contradicted by a request that could be sent, every refutation is one (R6)."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from tests.evaluate.estates import (
    ALICE,
    HOME,
    KEY,
    PARTNER,
    PARTNER_ROOT,
    PARTNER_SESSION,
    REPORTS,
    REPORTS_SESSION,
    ROOT,
    SAM,
    allow,
    aws,
    deny,
    estate,
    home,
    identity,
    own,
)
from tests.verify.proving import always, nobody, verdict
from verifier.evaluate import evaluate, request_from_json
from verifier.model.estate import Estate
from verifier.model.invariant import CallersNot, InAccount, Invariant, PrincipalLike
from verifier.model.policy import Text
from verifier.model.request import Outcome
from verifier.model.results.verdict import Status

EC = "kms:EncryptionContext:tenant"
CONDITIONS: tuple[dict[str, Any], ...] = (
    {},
    {"StringEquals": {"aws:PrincipalTag/team": "red"}},
    {"StringNotEquals": {"aws:PrincipalTag/team": ["red", "blue"]}},
    {"StringEquals": {EC: "${aws:PrincipalTag/team}"}},
    {"StringNotLike": {EC: "${aws:PrincipalTag/team}*"}},
    {"StringEqualsIfExists": {EC: "acme"}},
    {"StringLike": {"kms:ViaService": "s3.*"}},
    {"Null": {"kms:ViaService": "false"}},
    {"StringEquals": {"kms:CallerAccount": HOME}},
    {"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["tenant"]}},
    {"ForAnyValue:StringLike": {"kms:EncryptionContextKeys": "t*"}},
    {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    {"StringEquals": {"aws:PrincipalType": "User"}},
    {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{HOME}:role/*"}},
    {"Bool": {"aws:PrincipalIsAWSService": "true"}},
    {"StringLike": {"aws:username": "A*"}},
    {"DateLessThan": {"aws:CurrentTime": "2030-01-01"}},
)
ACTIONS = ("kms:*", "kms:Decrypt", "kms:D*", ["kms:Encrypt", "kms:Decrypt"])
PRINCIPALS: tuple[Any, ...] = (
    "*",
    {"AWS": "*"},
    aws(ROOT),
    aws(PARTNER_ROOT),
    aws(ALICE),
    aws(REPORTS),
    aws(REPORTS_SESSION),
    {"Service": "s3.amazonaws.com"},
)
CALLERS = (
    ALICE,
    REPORTS_SESSION,
    ROOT,
    PARTNER_ROOT,
    PARTNER_SESSION,
    SAM,
    "s3.amazonaws.com",
    f"arn:aws:iam::{HOME}:user/Bob",
)


def some_statement(dice: random.Random) -> dict[str, Any]:
    condition = dice.choice(CONDITIONS)
    rest = {"Condition": condition} if condition else {}
    build = allow if dice.random() < 0.6 else deny
    return build(dice.choice(PRINCIPALS), dice.choice(ACTIONS), **rest)


def some_estate(dice: random.Random) -> Estate:
    statements = [some_statement(dice) for _ in range(dice.randint(1, 4))]
    user = identity(ALICE, own(dice.choice(ACTIONS)), tags=(("team", dice.choice(("red", "green"))),))
    condition = dice.choice(CONDITIONS)
    role = identity(REPORTS, own("kms:Decrypt", Condition=condition) if condition else own("kms:Decrypt"))
    return estate(*statements, accounts=dice.choice(((home(user, role),), ())))


def some_claim(dice: random.Random) -> Invariant:
    action = dice.choice(("kms:Decrypt", "kms:Encrypt", "kms:DescribeKey"))
    if dice.random() < 0.25:
        return always(action, callers=PrincipalLike(Text(dice.choice((ALICE, REPORTS, ROOT)))))
    callers = dice.choice(
        (None, CallersNot(InAccount(HOME)), InAccount(PARTNER), PrincipalLike(Text(ALICE)), InAccount(HOME))
    )
    return nobody(action, callers=callers)


def some_request(dice: random.Random, action: str) -> dict[str, Any]:
    caller = dice.choice(CALLERS)
    context: dict[str, Any] = {}
    pool: tuple[tuple[str, tuple[Any, ...]], ...] = (
        (EC, ("acme", "red", "redder", "other")),
        ("aws:SourceIp", ("10.1.2.3", "203.0.113.10", "2001:db8::1")),
        ("kms:ViaService", ("s3.us-west-2.amazonaws.com", "rds.us-west-2.amazonaws.com")),
        ("aws:CurrentTime", ("2029-01-01T00:00:00Z", "2031-01-01T00:00:00Z")),
        ("aws:PrincipalTag/team", ("red", "blue", "acme")),
    )
    for key, values in pool:
        if dice.random() < 0.5:
            context[key] = dice.choice(values)
    return {"principal": caller, "action": action, "resource": KEY, "context": context}


def in_scope(claim: Invariant, caller: str, account: str | None) -> bool:
    match claim.callers:
        case CallersNot(InAccount(wanted)):
            return account != wanted
        case InAccount(wanted):
            return account == wanted
        case PrincipalLike(pattern):
            return pattern.value == caller
    return True


def contradiction(found: Estate, claim: Invariant, dice: random.Random) -> object:
    wrong = Outcome.DENY if claim.expectation.value == "allowed" else Outcome.ALLOW
    for _ in range(25):
        data = some_request(dice, claim.actions[0].value)
        request = request_from_json(found, data)
        if in_scope(claim, request.caller.principal_arn, request.caller.account):
            decision = evaluate(found, request)
            if decision.warnings == () and decision.outcome in (wrong, Outcome.DEPENDS):
                return data, decision.depends_on
    return None


def test_no_proof_is_contradicted_and_every_refutation_could_be_sent() -> None:
    tally: Counter[Status] = Counter()
    for seed in range(300):
        dice = random.Random(seed)
        found, claim = some_estate(dice), some_claim(dice)
        answer = verdict(found, claim)
        tally[answer.status] += 1
        if answer.status is Status.PROVED:
            assert contradiction(found, claim, dice) is None, seed
        elif answer.status is Status.REFUTED:
            assert answer.counterexample is not None
            unlikely = [w for w in answer.counterexample.decision.warnings if " comes with " not in w]
            assert unlikely == [], (seed, answer.counterexample.request)
            caller = answer.counterexample.request.caller
            assert in_scope(claim, caller.principal_arn, caller.account), seed
    assert tally[Status.UNKNOWN] == 0, tally
    assert min(tally[Status.PROVED], tally[Status.REFUTED]) > 60, tally


def test_what_could_contradict_a_proof_is_met() -> None:
    """The requests above are good enough to find most violations that there are."""
    missed = found_ = 0
    for seed in range(120):
        dice = random.Random(seed)
        found, claim = some_estate(dice), some_claim(dice)
        if verdict(found, claim).status is Status.REFUTED:
            hit = contradiction(found, claim, dice) is not None
            found_, missed = found_ + hit, missed + (not hit)
    assert found_ > missed, (found_, missed)
