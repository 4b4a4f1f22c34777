"""The decision as far as a key policy makes it, whatever surrounds it.

In: the meanings of the statements of a key policy, each as a `Part` of its owner. Out: an expression.
Guarantee: it covers every identity policy, boundary, session policy and grant that could stand beside the key policy.
SCPs, RCPs and endpoint policies can only refuse besides, alike with and without a statement. So two versions of a key
policy for which the expression is the same are decided alike in all surroundings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from verifier.model.policy import Effect
from verifier.model.reference import actions
from verifier.model.symbols import RequestFact
from verifier.problem.expression import Expression, Symbol, both, disjunction, either, negation
from verifier.problem.semantics.callers import Reach
from verifier.problem.semantics.decision import bites, somebody_allows
from verifier.problem.semantics.permissions import Permissions
from verifier.problem.semantics.statements import owned
from verifier.problem.space import Space, acts
from verifier.verify.lint.meaning import Meaning

_RETIRE = "kms:RetireGrant"


def retires() -> Expression:
    """The requests to retire a grant, for which other rules hold (G5)."""
    return acts({_RETIRE})


def denied_by_policy(said: Iterable[tuple[int, Meaning]]) -> Expression:
    """Some Deny of the key policy refuses the request. `said` are the meanings with the numbers of their owners."""
    return disjunction(
        owned(number, both(deny.matches, bites())) for number, deny in said if deny.effect is Effect.DENY
    )


def gives(meaning: Meaning) -> Expression:
    """The requests to which an Allow of the key policy can be of use: it gives nothing for RetireGrant (G5)."""
    return both(meaning.matches, negation(retires()))


def in_any_surroundings(space: Space, said: Sequence[tuple[int, Meaning]]) -> Expression:
    """True iff the request is allowed, the callers' own policies and the grants being free."""
    allows = [(number, allow) for number, allow in said if allow.effect is Effect.ALLOW]
    parts = [[owned(number, way) for way in allow.ways] for number, allow in allows]
    strong, weak, anyone, account = (disjunction(ways[index] for ways in parts) for index in range(4))
    decision = somebody_allows(space, Reach(strong, weak, anyone, account), _any_permissions(space), _any_grant())
    return both(negation(denied_by_policy(said)), decision)


def _any_permissions(space: Space) -> Permissions:
    """I, B and S, each free but for the root user (D5)."""
    return Permissions(
        *(either(space.is_root, Symbol(RequestFact(f"any surroundings: {gate}"))) for gate in ("I", "B", "S"))
    )


def _any_grant() -> Expression:
    """What grants allow: only operations that a grant can name, and to retire one (G1, G5)."""
    names = {found.name for found in actions() if found.grant_operation} | {_RETIRE}
    return both(Symbol(RequestFact("any surroundings: G")), acts(names))
