"""Ways, the least sets of statements that let somebody in, held against `evaluate` on estates that have no other Allow
statements."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from tests.agreement.runner import assignment
from tests.agreement.scenarios import Scenario
from tests.verify.located import draws, place
from tests.verify.test_regions import random_keys
from verifier.evaluate import RequestDecider
from verifier.model.estate import Account, Estate, Identity, Key
from verifier.model.grant import reference_to_grant
from verifier.model.policy import Effect, Policy, Principal, PrincipalType, StatementRef, reference_to
from verifier.model.request import Outcome, Request
from verifier.model.symbol_texts import read_values
from verifier.model.symbols import LazyTest, RelationTest, SymbolValues, Unsupported
from verifier.problem.asking import pessimism
from verifier.problem.diagrams.diagram import NOTHING, DiagramNode, TooLarge
from verifier.problem.diagrams.joint import Joint, join
from verifier.problem.diagrams.provenance import Provenance, SufficientStatements, lets_in
from verifier.problem.rules import QuestionSide
from verifier.problem.semantics.statements import NAMED_ONE_BY_ONE
from verifier.verify.partition import Partitioner

Kept = frozenset[StatementRef]
NOBODY: dict[str, Any] = {
    "grantee": Principal(PrincipalType.UNIQUE_ID, "AIDADELETED"),
    "grantee_hidden": False,
    "retiring": None,
}


def only(estate: Estate, kept: Kept) -> Estate:
    """The estate without the Allow statements of key and identity policies that are not kept, and with nobody as the
    grantee of other grants: somebody of the account that issued one may still retire it (G5)."""
    keys = tuple(_key(key, kept) for key in estate.keys)
    return replace(estate, keys=keys, accounts=tuple(_account(account, kept) for account in estate.accounts))


def _key(key: Key, kept: Kept) -> Key:
    grants = key.grants and tuple(
        g if reference_to_grant(key.arn, g) in kept else replace(g, **NOBODY) for g in key.grants
    )
    return replace(key, policies=tuple(_policy(policy, kept) for policy in key.policies or ()), grants=grants)


def _account(account: Account, kept: Kept) -> Account:
    users, roles = (tuple(_identity(identity, kept) for identity in found) for found in (account.users, account.roles))
    return replace(account, users=users, roles=roles)


def _identity(identity: Identity, kept: Kept) -> Identity:
    return replace(identity, policies=tuple(_policy(policy, kept) for policy in identity.policies))


def _policy(policy: Policy, kept: Kept) -> Policy:
    left = [s for s in policy.statements if s.effect is Effect.DENY or reference_to(policy, s) in kept]
    return replace(policy, statements=tuple(left))


MOST_KEPT = 2
"""No request needs more statements than these (`problem.diagrams.provenance`); the test tries all sets of so many."""


def brute(
    estate: Estate, request: Request, symbols: SymbolValues, owners: Sequence[StatementRef]
) -> frozenset[SufficientStatements]:
    """The ways of one request, by `evaluate` on estates with few statements."""
    found: list[SufficientStatements] = []
    for size in range(MOST_KEPT + 1):
        for numbers in combinations(range(len(owners)), size):
            way = frozenset(numbers)
            if not lets_all_in(owners, way) or any(other <= way for other in found):
                continue
            if (
                RequestDecider(only(estate, frozenset(owners[number] for number in way)), request).outcome(symbols)
                is Outcome.ALLOW
            ):
                found.append(way)
    return frozenset(found)


def lets_all_in(owners: Sequence[StatementRef], way: SufficientStatements) -> bool:
    return all(lets_in(owners[number]) for number in way)


def compares(joint: Joint, node: DiagramNode) -> bool:
    """Whether a set rests on comparisons of keys, which only concrete values settle."""
    return any(isinstance(name, RelationTest | LazyTest | Unsupported) for name in joint.diagrams.support(node))


@pytest.mark.parametrize("part", range(2))
def test_ways_are_those_of_evaluate(part: int) -> None:
    checked, dice = list[int](), random.Random(part)

    def hold(given: QuestionSide) -> None:
        if given.target.key is None or len(given.target.key.grants or ()) > NAMED_ONE_BY_ONE:
            return
        joint = join([given])
        side, provenance = joint.sides[0], Provenance(joint, 0)
        owners = side.question.space.owners
        if len(owners) > 40:  # too many sets for a test
            return
        node, _rest = Partitioner(joint, 0).certain_part(joint.diagrams.both(side.allowed, joint.known_action))
        for drawn in draws(joint, node, dice, 8, Outcome.ALLOW):
            # What is not modelled lets nobody in, whatever was drawn for it: the requests of `node` are allowed without
            # it.
            symbols = {
                **read_values(assignment(given.estate, len(checked))),
                **drawn.symbols,
                **pessimism(side.question.space),
            }
            own = place(joint, drawn.request, symbols)
            if own is None or not joint.diagrams.implies(own, node) or compares(joint, own):
                continue
            wanted = brute(given.estate, drawn.request, symbols, owners)
            assert frozenset(provenance.ways(own)) == wanted, drawn.request
            checked.extend(len(way) for way in wanted)

    @random_keys(part + 20, count=9)
    def check(_: Scenario, given: QuestionSide) -> None:
        with suppress(TooLarge):  # more nodes than are looked at
            hold(given)

    assert len(checked) > 25 and max(checked) > 1


def test_what_is_said_of_a_set_is_said_of_its_requests() -> None:
    """The requests that a way suffices for: together the set, each with a request that needs all of the way."""

    @random_keys(25, count=6)
    def check(_: Scenario, given: QuestionSide) -> None:
        joint = join([given])
        diagrams, side = joint.diagrams, joint.sides[0]
        node, _rest = Partitioner(joint, 0).certain_part(diagrams.both(side.allowed, joint.known_action))
        node = diagrams.both(node, joint.care(0, node).care)
        ways = Provenance(joint, 0).ways(node)
        assert all(found != NOTHING and diagrams.implies(found, node) for found in ways.values())
        left = diagrams.minus(node, diagrams.any_of(ways.values()))
        values = [
            diagrams.literal(n, 1) for n, v in pessimism(side.question.space).items() if not v and n in diagrams.level
        ]
        left = diagrams.all_of((left, *values))
        assert (
            diagrams.both(left, joint.care(0, left, {n for s in side.parts.values() for n in diagrams.support(s)}).care)
            == NOTHING
        )
