"""The principals to begin with: one for each class of callers that no policy on the way tells apart.

In: the questions about all targets of a closure. Out: principal ARNs, and names of services.
Guarantee: two callers of one class are in the same class of every target's own table, so that what one can bring about, the other can too.
"""

from __future__ import annotations

from collections.abc import Iterable

from verifier.problem.diagram import TooLarge
from verifier.problem.domains import principals
from verifier.problem.finite import Reduction
from verifier.problem.predicates import Predicate
from verifier.problem.tables import MORE_STATES
from verifier.verify.reach.cubes import CALLER


def universe(partition: str, asked: Iterable[Iterable[Predicate]]) -> tuple[str, ...]:
    """One principal of each class. `asked` are the predicates that each target puts to callers. Raises `TooLarge`."""
    predicates = {predicate: None for found in asked for predicate in found}
    reduction = Reduction({CALLER: principals(partition)}, {CALLER: predicates}, {CALLER: MORE_STATES})
    table = reduction.finite.tables.get(CALLER)
    if table is None:
        raise TooLarge("the policies tell apart too many callers")
    return tuple(table.members(number, 1)[0] for number in range(table.size))
