"""Whether a goal is within reach by so many steps, taken one at a time: in each round of a closure any number are taken
at once.

In: a closure, a principal, a goal. Out: a truth.
Guarantee: where a goal is said not to be within reach, no chain of so many steps leads there. What one step may make
true at once is taken together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from verifier.model.steps.descriptions import StepKind
from verifier.verify.reach.closure import Closure
from verifier.verify.reach.facts import ANY_WAY, NONE_MADE, Derivation, Fact, FactKind, Facts, Goal, Reached, Way

MOST_TRIED = 300
"""So many ways to begin are looked at, before nothing is said."""
_SESSION = frozenset({FactKind.HOLDS, FactKind.SESSION_TAGS})
_MADE = frozenset({FactKind.MADE, FactKind.UNBOUNDED, FactKind.REBOUND, FactKind.LOOSENED, FactKind.TAGGED})
_OF_KEY = frozenset({FactKind.MAY_GRANT, FactKind.GRANT, FactKind.TAG})


@dataclass
class FewSteps:
    """The search for a chain of one principal to a goal (a key, and its number); not `direct`: with a step."""

    closure: Closure
    start: str
    goal: tuple[str, int]
    direct: bool
    refused: frozenset[Way] = ANY_WAY
    """Ways that are not gone: to look for others, as it proves nothing."""
    found: tuple[Goal, Reached] | None = None
    """How the goal is reached by so many steps, if it is: each fact was made true by one of them."""
    _tried: set[tuple[frozenset[Fact], int]] = field(default_factory=set)

    def otherwise(self, steps: int) -> Reached:
        """A way to the goal in so many steps, but for those that are refused; without the goal where none is found."""
        self.reach(steps)
        return self.found[1] if self.found is not None else Reached((self.start,), Facts({}))

    def reach(self, steps: int, made: Mapping[Fact, Derivation] = NONE_MADE) -> bool:
        """False only if no chain of so many steps leads to the goal from where some facts were made true."""
        if (frozenset(made), steps) in self._tried:
            return False
        self._tried.add((frozenset(made), steps))
        if len(self._tried) > MOST_TRIED:
            return True
        reached = self.closure.of((self.start,), direct=self.direct, refused=self.refused, given=made, rounds=steps)
        goal = reached.goals.get(self.goal)
        if goal is None or goal.rounds > steps:
            return False
        if goal.rounds == 0:
            self.found = goal, reached
            return True
        next_ones = {fact: replace(one, rounds=0) for fact, one in reached.facts.items() if one.rounds == 1}
        moves: dict[object, dict[Fact, Derivation]] = {}
        for fact, one in next_ones.items():
            doubt = one.offer.doubt if one.offer is not None else None
            move = moves.setdefault(_move(fact, one) if doubt is None else doubt, {})
            if one.offer is not None and doubt is not None and not move:
                # It may bring about whatever steps can in its accounts, too.
                accounts = {"", doubt.account, *one.offer.accounts}
                move |= {other: own for other, own in next_ones.items() if other.account in accounts}
            move[fact] = one
        return any(self.reach(steps - 1, {**made, **move}) for move in moves.values())


def _move(fact: Fact, derivation: Derivation) -> object:
    """The same for facts that one step may make true at once: a session and its tags; who is made, with a boundary and
    tags; a grant of several operations; several tags of a key; an alias that goes from one key to another."""
    if derivation.step is StepKind.OWN_IDENTITY or (fact.kind is FactKind.ALIASES and len(fact.details) > 1):
        return fact.kind, derivation.step is StepKind.OWN_IDENTITY
    together = next((kinds for kinds in (_SESSION, _MADE) if fact.kind in kinds), None)
    if together is not None or fact.kind in _OF_KEY:
        return together or fact.kind, fact.subject
    return fact
