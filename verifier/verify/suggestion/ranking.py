"""Which suggestions come first.

In: edited policies with which an invariant holds. Out: those that change the least access first; none that costs
strictly more than another in the same statements.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

from verifier.frozen import Frozen
from verifier.model.edits import Edit, RemoveStatement, StatementEdit
from verifier.model.policy import Policy
from verifier.model.request import Outcome
from verifier.model.results.comparison import Relation, TargetComparison

Compare = Callable[[Policy, Policy], TargetComparison]


class Mended(Frozen):
    """A policy with which an invariant holds, the edits that led to it, and the other invariants that hold besides."""

    policy: Policy
    edits: tuple[Edit, ...]
    also_proved: tuple[str, ...]


def ranked(found: Sequence[Mended], compare: Compare, wanted: Outcome) -> list[Mended]:
    """Those that change the least access first. Where requests must be refused (`wanted`), the more permissive of two
    policies is the better one, and where they must be allowed, the less permissive; of two that allow the same, the one
    without a new statement. Of others the order is kept."""
    better, worse = (Relation.MORE, Relation.LESS) if wanted is Outcome.DENY else (Relation.LESS, Relation.MORE)
    beaten = [0] * len(found)
    adds = [None in _places(mended.edits) for mended in found]
    idle: set[int] = set()
    for one, other in combinations(range(len(found)), 2):
        relation = compare(found[one].policy, found[other].policy).relation
        alike = relation is Relation.EQUIVALENT
        beaten[one] += relation is better or (alike and adds[one] > adds[other])
        beaten[other] += relation is worse or (alike and adds[other] > adds[one])
        if _places(found[one].edits) == _places(found[other].edits):
            idle |= {one} if relation is better else {other} if relation in (worse, Relation.EQUIVALENT) else set()
    return [found[index] for index in sorted(range(len(found)), key=lambda index: beaten[index]) if index not in idle]


def _places(edits: Sequence[Edit]) -> tuple[int | None, ...]:
    """The statements that edits are in; `None` for a new one."""
    return tuple(edit.index if isinstance(edit, StatementEdit | RemoveStatement) else None for edit in edits)
