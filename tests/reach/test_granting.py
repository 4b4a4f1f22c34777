"""Who can create grants is projected once for all operations and services: the cubes are those of one projection for
each."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from tests.examples import many
from tests.reach.estates import HOME, ROLES, USER, Statement, document, random_question
from verifier.model.invariant import AnyCaller, Expectation, Invariant, IssuedBy, PrincipalLike
from verifier.model.policy import PolicyKind, Text
from verifier.model.steps.actions import GRANT_TO_ROLES
from verifier.problem.diagrams.diagram import DiagramNode
from verifier.problem.semantics.grants import RETIRE
from verifier.problem.semantics.possible_changes import ALWAYS_POSSIBLE
from verifier.verify.reach.cubes import Cube
from verifier.verify.reach.key_rules import GRANTEE, KeyRules

GRANT = "kms:CreateGrant"
FEDERATED = IssuedBy(PrincipalLike(Text(USER)))
CONDITIONS: tuple[Statement, ...] = (
    {"Bool": {"kms:GrantIsForAWSResource": "true"}},
    {"Bool": {"aws:ViaAWSService": "false"}},
    {"StringLike": {"kms:ViaService": "lambda.*"}},
    {"StringNotEquals": {"kms:ViaService": "eks.us-west-2.amazonaws.com"}},
    {"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt", "RetireGrant"]}},
    {"ForAnyValue:StringEquals": {"kms:GrantOperations": "Decrypt"}},
    {"ArnLike": {"kms:GranteePrincipal": ROLES[0]}},
    {"Null": {"kms:RetiringPrincipal": "false"}},
    {"StringEquals": {"aws:ResourceTag/team": "red"}},
    {"StringEquals": {"aws:PrincipalTag/team": "red"}},
)


def rules_of(seed: int) -> KeyRules:
    """The rules of a key of a random estate that says more of grants."""
    random = Random(seed)
    estate = random_question(seed).estate
    key = next(key for key in estate.keys if key.policies)
    said = [
        {
            "Effect": random.choice(("Allow", "Allow", "Deny")),
            "Principal": {"AWS": random.choice((USER, ROLES[1], "*", f"arn:aws:iam::{HOME}:root"))},
            "Action": GRANT,
            "Resource": "*",
            "Condition": {**random.choice(CONDITIONS), **random.choice(CONDITIONS)},
        }
        for _ in range(random.randint(1, 3))
    ]
    more = document(said, PolicyKind.KEY, key.arn)
    (own, *others) = key.policies or ()
    own = replace(own, statements=(*own.statements, *more.statements))
    changed = replace(key, policies=(own, *others))
    estate = replace(estate, keys=tuple(changed if one is key else one for one in estate.keys))
    goals = [Invariant(name, Expectation.REFUSED, AnyCaller(), (Text(name),), None) for name in ("kms:Decrypt", RETIRE)]
    return KeyRules(estate, changed, goals, ALWAYS_POSSIBLE, {}, (FEDERATED,))


def one_by_one(rules: KeyRules, operation: str, requests: DiagramNode) -> tuple[Cube, ...]:
    """The same cubes, of a projection of their own."""
    diagrams = rules.joint.diagrams
    own = diagrams.both(rules._sets["step", GRANT], requests)
    retired = rules._cubes(diagrams.both(own, rules._sets["lets retire"])) if operation == RETIRE else ()
    return (*retired, *rules._cubes(diagrams.both(own, rules._sets["grants", operation]), GRANTEE))


@pytest.mark.parametrize("seed", range(many(40)))
def test_to_ask_and_then_to_project_is_the_same(seed: int) -> None:
    for rules in (plain := rules_of(seed), plain.of_issued(FEDERATED)):
        for operation in rules.operations:
            assert rules.granting(operation) == one_by_one(rules, operation, rules._sets["direct"])
            for service in GRANT_TO_ROLES:
                through = one_by_one(rules, operation, rules._sets["through", service])
                assert rules.granting(operation, service) == through
