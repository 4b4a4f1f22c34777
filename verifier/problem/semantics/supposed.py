"""What a person takes for granted about steps (W3) → expressions.

In: a space whose estate has suppositions. Out: an expression, true iff none of them rules out a request.
Guarantee: a supposition is about the requests of steps alone; the last request of a chain is never ruled out.
"""

from __future__ import annotations

from verifier.model.steps.supposition import Supposition, SuppositionKind
from verifier.problem.expression import Expression, disjunction
from verifier.problem.semantics.caller_sets import callers
from verifier.problem.space import Space, acts


def not_ruled_out(space: Space) -> Expression:
    """True iff no supposition says that nobody makes the request."""
    calls = (one for one in space.estate.suppositions if one.kind is SuppositionKind.CALLS)
    return ~disjunction(_ruled_out(space, one) for one in calls)


def _ruled_out(space: Space, supposition: Supposition) -> Expression:
    assert supposition.callers is not None
    return acts(filter(supposition.names, space.known_actions)) & callers(space, supposition.callers)
