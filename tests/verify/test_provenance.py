"""Ways, the least sets of statements that let somebody in, held against `evaluate` on estates that have no other Allow statements."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.agreement.scenarios import Scenario
from tests.verify.test_regions import random_keys
from verifier.evaluate import evaluate
from verifier.model.estate import Account, Estate, Identity, Key
from verifier.model.grant import reference_to_grant
from verifier.model.policy import Effect, Policy, Principal, PrincipalType, StatementRef, reference_to
from verifier.model.request import Outcome
from verifier.problem.diagram import NOTHING, Node
from verifier.problem.grants import NAMED_ONE_BY_ONE
from verifier.problem.joint import Given, Joint, join
from verifier.problem.provenance import Provenance, Way
from verifier.verify.sample import PREFERRED, Sample, sample

Kept = frozenset[StatementRef]
NOBODY: dict[str, Any] = {"grantee": Principal(PrincipalType.UNIQUE_ID, "AIDADELETED"), "grantee_hidden": False, "retiring": None}


def only(estate: Estate, kept: Kept) -> Estate:
    """The estate without the Allow statements of key and identity policies that are not kept, and with nobody as the grantee of other
    grants: somebody of the account that issued one may still retire it (G5)."""
    keys = tuple(_key(key, kept) for key in estate.keys)
    return replace(estate, keys=keys, accounts=tuple(_account(account, kept) for account in estate.accounts))


def _key(key: Key, kept: Kept) -> Key:
    grants = key.grants and tuple(g if reference_to_grant(key.arn, g) in kept else replace(g, **NOBODY) for g in key.grants)
    return replace(key, policies=tuple(_policy(policy, kept) for policy in key.policies or ()), grants=grants)


def _account(account: Account, kept: Kept) -> Account:
    users, roles = (tuple(_identity(identity, kept) for identity in found) for found in (account.users, account.roles))
    return replace(account, users=users, roles=roles)


def _identity(identity: Identity, kept: Kept) -> Identity:
    return replace(identity, policies=tuple(_policy(policy, kept) for policy in identity.policies))


def _policy(policy: Policy, kept: Kept) -> Policy:
    left = [s for s in policy.statements if s.effect is Effect.DENY or reference_to(policy, s) in kept]
    return replace(policy, statements=tuple(left))


def allowed_by(joint: Joint, provenance: Provenance, way: Way) -> Node:
    """The requests that some statements suffice for."""
    marks = {name: int(name.removeprefix("by:") in map(str, way)) for name in joint.diagrams.level if name.startswith("by:")}
    return joint.diagrams.restrict(provenance.allowed, marks)


@pytest.mark.parametrize("part", range(2))
def test_a_way_suffices_and_no_part_of_it_does(part: int) -> None:
    checked = []

    @random_keys(part + 20, count=8)
    def check(scenario: Scenario, given: Given) -> None:
        if given.target.key is None or len(given.target.key.grants or ()) > NAMED_ONE_BY_ONE:
            return
        joint = join([given])
        side, diagrams = joint.sides[0], joint.diagrams
        provenance = Provenance(joint, 0)
        node = diagrams.all_of((side.allowed, joint.known_action, joint.care(0, provenance.allowed).care))
        ways = provenance.ways(node)
        assert diagrams.implies(node, diagrams.any_of(allowed_by(joint, provenance, way) for way in ways))
        owners = side.question.space.owners
        for way in sorted(ways, key=sorted)[:6]:
            less = diagrams.any_of(allowed_by(joint, provenance, way - {number}) for number in way)
            needing = diagrams.all_of((node, allowed_by(joint, provenance, way), diagrams.complement(less)))
            assert needing != NOTHING
            found = sample(joint, 0, joint.care(0, needing, PREFERRED), needing)
            if isinstance(found, Sample):
                kept = frozenset(owners[number] for number in way)
                assert evaluate(only(given.estate, kept), found.request, dict(found.symbols)).outcome is Outcome.ALLOW
                for one in kept:
                    assert evaluate(only(given.estate, kept - {one}), found.request, dict(found.symbols)).outcome is not Outcome.ALLOW
                checked.append(len(way))

    assert len(checked) > 20 and max(checked) > 1
