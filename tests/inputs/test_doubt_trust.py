"""Trust policies with unknown parts: for every value that these might have the decision about a session of the role is
left open, or is the same (U3, E2, E2w)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from tests.inputs.samples import ACCOUNT
from tests.inputs.test_doubt import node_of, read
from tests.inputs.test_doubt_cases import HOLE, among, outcomes, with_unknown
from verifier.evaluate import RequestDecider
from verifier.model.estate import Account, Estate, Identity
from verifier.model.policy import Policy, PolicyKind
from verifier.model.readings import READINGS
from verifier.model.request import Caller, CallerKind, Outcome, Request

HOME = f"arn:aws:iam::{ACCOUNT}"
ROLE, ALICE, APP = f"{HOME}:role/target", f"{HOME}:user/alice", f"{HOME}:role/app"
GITHUB, GOOGLE = f"{HOME}:oidc-provider/token.actions.githubusercontent.com", "accounts.google.com"
OTHER = "444455556666"
ASSUME, WEB = "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"
SUB = "token.actions.githubusercontent.com:sub"

CALLERS = (
    (Caller(CallerKind.USER, ALICE, ACCOUNT), ASSUME),
    (Caller(CallerKind.ROLE, APP, ACCOUNT, "session"), ASSUME),
    (Caller(CallerKind.ROLE, f"arn:aws:iam::{OTHER}:role/partner", OTHER, "session"), ASSUME),
    (Caller(CallerKind.USER, f"arn:aws:iam::{OTHER}:user/bob", OTHER), ASSUME),
    (Caller(CallerKind.SERVICE, "ec2.amazonaws.com"), ASSUME),
    (Caller(CallerKind.WEB, GITHUB), WEB),
    (Caller(CallerKind.WEB, GOOGLE), WEB),
)


def estate_of(trust: Policy, things: Any = ()) -> Estate:
    """A role that trusts so, and callers with every permission, but for one whom the trust policy has to name."""
    everything = read(
        node_of('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'), PolicyKind.IDENTITY, "p"
    )[0]
    home = Account(
        ACCOUNT, (Identity(ALICE, (everything,)),), (Identity(APP), Identity(ROLE, trust=trust)), providers=(GITHUB,)
    )
    partner = Account(
        OTHER,
        (Identity(f"arn:aws:iam::{OTHER}:user/bob", (everything,)),),
        (Identity(f"arn:aws:iam::{OTHER}:role/partner", (everything,)),),
    )
    return Estate((), (home, partner), unmodelled=tuple(things))


def requests() -> Iterator[Request]:
    for (caller, action), sub in product(CALLERS, ("repo:a/x", "repo:b/y")):
        context = ((SUB, sub),) if caller.principal_arn == GITHUB else ()
        yield Request(caller, action, ROLE, (("sts:RoleSessionName", "s"), *context))


def settings() -> list[dict[str, bool]]:
    return [dict.fromkeys((reading.label for reading in READINGS), value) for value in (False, True)]


def holds(statement: dict[str, Any], values: list[Any]) -> set[tuple[str, Outcome, Outcome]]:
    """Checks the law, and that nothing is warned of that none of the values is warned of; returns for each kind of
    caller how it is decided with the values, and with the hole."""
    beside = [{"Effect": "Allow", "Principal": "*", "Action": "sts:*"}] if statement["Effect"] == "Deny" else []
    text = json.dumps({"Version": "2012-10-17", "Statement": [*beside, statement]}, ensure_ascii=False)
    trust, remarks = read(with_unknown(node_of(text)), PolicyKind.TRUST, f"{ROLE}#trust")
    less, seen = estate_of(trust, remarks.unknown_statements.values()), set()
    assert all(thing.only_of_steps for thing in remarks.unknown_statements.values()) and remarks.unknown_statements
    left_open = {request: outcomes(RequestDecider(less, request), settings()) for request in requests()}
    unwarned = {warning.message for warning in trust.warnings}
    for value in values:
        policy, _ = read(node_of(text.replace(HOLE, value)), PolicyKind.TRUST, f"{ROLE}#trust")
        unwarned -= {warning.message for warning in policy.warnings}
        full = estate_of(policy)
        for request, possible in left_open.items():
            told = among(RequestDecider(full, request), possible, (value, request))
            seen |= {(request.caller.kind.name, expected, found) for expected, found in told}
    assert not unwarned
    return seen


PRINCIPALS = [
    ("AWS", HOLE, ["*", ACCOUNT, ALICE, APP, f"arn:aws:iam::{OTHER}:role/partner", OTHER]),
    ("AWS", f"{HOME}:role/{HOLE}", ["app", "other"]),
    ("AWS", f"arn:aws:iam::{HOLE}:root", [ACCOUNT, OTHER]),
    ("Service", HOLE, ["ec2.amazonaws.com", "lambda.amazonaws.com"]),
    ("Federated", HOLE, [GITHUB, GOOGLE, f"{HOME}:saml-provider/sso"]),
    ("Federated", f"{HOME}:oidc-provider/{HOLE}", ["token.actions.githubusercontent.com", "x.example"]),
]  # fmt: skip


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize(("type_", "text", "values"), PRINCIPALS)
@pytest.mark.parametrize("beside", [{}, {"AWS": ALICE}, {"Federated": GOOGLE}])
def test_e2_a_principal_that_is_not_known(
    effect: str, type_: str, text: str, values: list[str], beside: dict[str, str]
) -> None:
    listed = [beside[type_], text] if type_ in beside else text
    seen = holds({"Effect": effect, "Principal": {**beside, type_: listed}, "Action": "sts:*"}, values)
    assert any(found is Outcome.DEPENDS for _, _, found in seen)


def test_e2w_whom_an_unknown_provider_admits_is_left_open() -> None:
    seen = holds({"Effect": "Allow", "Principal": {"Federated": HOLE}, "Action": WEB}, [GITHUB, GOOGLE])
    assert {("WEB", Outcome.ALLOW, Outcome.DEPENDS), ("WEB", Outcome.DENY, Outcome.DEPENDS)} <= seen


def test_e2_whom_an_unknown_role_of_an_account_cannot_be_is_certain() -> None:
    seen = holds({"Effect": "Allow", "Principal": {"AWS": f"{HOME}:role/{HOLE}"}, "Action": ASSUME}, ["app"])
    assert {kind for kind, _, found in seen if found is Outcome.DEPENDS} == {"ROLE"}


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize("action", [HOLE, f"sts:{HOLE}", f"sts:Assume{HOLE}"])
def test_e2_an_action_that_is_not_known(effect: str, action: str) -> None:
    values = {HOLE: ["sts:*", ASSUME, WEB, "sts:TagSession"], f"sts:{HOLE}": ["*", "AssumeRole"]}.get(
        action, ["Role", "RoleWith*"]
    )
    assert holds({"Effect": effect, "Principal": {"AWS": "*", "Federated": [GITHUB, GOOGLE]}, "Action": action}, values)


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize("operator", ["StringEquals", "StringLike", "StringNotLike"])
@pytest.mark.parametrize("text", [HOLE, f"repo:{HOLE}"])
def test_e2w_a_subject_that_is_not_known(effect: str, operator: str, text: str) -> None:
    condition = {operator: {SUB: text}}
    values = ["a/x", "*"] if text != HOLE else ["repo:a/x", "repo:*"]
    assert holds({"Effect": effect, "Principal": {"Federated": GITHUB}, "Action": WEB, "Condition": condition}, values)


def test_p1_of_a_statement_that_is_not_known_nothing_is_warned_of() -> None:
    everybody = '{"Effect": "Allow", "Principal": "*", "Action": "sts:' + HOLE + '"}'
    policy, _ = read(with_unknown(node_of(f'{{"Statement": ["{HOLE}", {everybody}]}}')), PolicyKind.TRUST)
    (warning,) = policy.warnings  # of what is written
    assert (warning.rule, warning.span.column if warning.span else 0) == ("P1", everybody.index('"*"') + 21)
