"""Holds the two rooms, and the third reading, against each other on one case (S2).

In: an estate, requests, an assignment of the readings and free facts. Out: `Comparison`s.
Guarantee: an outcome is compared exactly, except where `evaluate` leaves a fact of the key open (U3): it tries each
test on it both ways, `problem` only the values that the fact can have, so that there `problem` may be sharper, and only
there. The third reading may leave a request open; it is counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zlib import crc32

from tests.agreement.symbolic import Decider
from tests.agreement.third_reading import decisions
from verifier.evaluate import RequestDecider, evaluate
from verifier.model.estate import Estate
from verifier.model.policy import PrincipalType
from verifier.model.readings import READINGS
from verifier.model.request import Decision, Outcome, Request
from verifier.model.symbol_texts import read_values
from verifier.model.symbols import (
    OUTSIDE_ALLOW,
    OUTSIDE_DENY,
    SESSION_ALLOW,
    KeylessFact,
    NotResourceStatement,
    ProviderFact,
    pattern_name,
)
from verifier.verify.explanation.symbolic_values import Undetermined

OPEN_FACTS = ("U3:", "F1:region:")
"""How the symbols begin that stand for facts of the key, or the Region, that the input leaves open."""


@dataclass(frozen=True)
class Comparison:
    """One request in both rooms. `symbolic` is `None` where `problem` cannot hold the request, and `undetermined` says
    why; `third` where the third reading leaves it open."""

    request: Request
    assignment: Mapping[str, bool] | None
    decision: Decision
    symbolic: Outcome | None
    undetermined: str = ""
    third: Outcome | None = None

    @property
    def facts_open(self) -> bool:
        """Whether `evaluate` depends on facts of the key that are not known."""
        return any(symbol.startswith(OPEN_FACTS) for symbol in self.decision.depends_on)

    @property
    def agrees(self) -> bool:
        """Whether all three agree; a request that `problem` cannot hold, or that the third reading leaves open, proves
        nothing, and is counted."""
        return self.facts_open or {self.symbolic, self.third} <= {None, self.decision.outcome}

    @property
    def sharp(self) -> bool:
        """Under a complete assignment nothing may be left open but facts of the key."""
        return self.assignment is None or self.decision.outcome is not Outcome.DEPENDS or self.facts_open


def compare(decider: Decider, estate: Estate, requests: list[Request], seed: int) -> Iterator[Comparison]:
    """Each request without an assignment, and under a complete one that the seed picks. `decider` is about the
    estate."""
    for number, request in enumerate(requests):
        asked = RequestDecider(estate, request)
        for chosen in (None, assignment(estate, seed + number)):
            yield _compared(decider, estate, request, chosen, asked.decide(read_values(chosen or {})))


def compared(decider: Decider, estate: Estate, request: Request, chosen: Mapping[str, bool] | None) -> Comparison:
    """One request in both rooms, and read a third time."""
    return _compared(decider, estate, request, chosen, evaluate(estate, request, chosen))


def _compared(
    decider: Decider, estate: Estate, request: Request, chosen: Mapping[str, bool] | None, decision: Decision
) -> Comparison:
    third = read_again(estate, request, chosen)
    symbolic, undetermined = None, ""
    try:
        symbolic = decider.decide(request, chosen)
    except Undetermined as reason:
        undetermined = str(reason)
    return Comparison(request, chosen, decision, symbolic, undetermined, third)


def read_again(estate: Estate, request: Request, chosen: Mapping[str, bool] | None) -> Outcome | None:
    """What the third reading decides; `None` where it leaves it open, as all that is asked of other services than
    KMS."""
    if not request.action.startswith("kms:"):
        return None
    found = decisions(estate, request, chosen or {})
    if None in found:
        return None
    return Outcome.DEPENDS if len(found) > 1 else Outcome.ALLOW if True in found else Outcome.DENY


def assignment(estate: Estate, seed: int) -> dict[str, bool]:
    """A value for every symbol that a decision about the estate may turn on, but for the open facts of keys."""
    return {symbol: bool(crc32(f"{seed}:{symbol}".encode()) & 8) for symbol in symbols(estate)}


def symbols(estate: Estate) -> tuple[str, ...]:
    """Every symbol of an estate but the open facts of keys (S2, U1, U2, L5, D9, F6)."""
    things = [name for thing in estate.unmodelled for name in (thing.allow_symbol, thing.refuse_symbol)]
    policies = [policy for key in estate.keys for policy in key.policies or ()]
    statements = [
        NotResourceStatement(p.identity, p.listed(s)) for p in policies for s in p.statements if s.not_resource
    ]
    beside = [(policy, one) for policy in estate.policies_beside_keys() for one in policy.statements]
    listed = (pattern_name(text.value, p.variables) for p, one in beside for text in one.resources or ())
    patterns = dict.fromkeys(map(KeylessFact, listed))
    providers = [
        ProviderFact(one.value)
        for policy in (*policies, *(end.policy for end in estate.endpoints or () if end.policy is not None))
        for one in policy.principals
        if one.type is PrincipalType.FEDERATED
    ]
    free = (OUTSIDE_ALLOW, OUTSIDE_DENY, SESSION_ALLOW, *things, *statements, *patterns, *providers)
    return (*(reading.label for reading in READINGS), *free)
