"""Facts, projected on the variables that a set is described by, and carried back to whole requests.

In: facts as nodes, and the variables to keep. Out: what the facts say of these variables alone; a value for every other
one.
Guarantee: an assignment of the kept variables satisfies `care` iff the others have values with which all facts hold,
and `complete` finds them without searching (bucket elimination).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from verifier.frozen import Frozen
from verifier.problem.classes.tables import numbers_in
from verifier.problem.diagrams.diagram import EVERYTHING, NOTHING, DiagramNode, Diagrams


class Bucket(Frozen):
    """One variable that was projected away, and all that was known of it then."""

    variable: str
    known: DiagramNode


class Projection(Frozen):
    """`care` is what the facts say of the `kept` variables; `buckets` are the others, in the order of their
    elimination."""

    diagrams: Diagrams
    kept: frozenset[str]
    care: DiagramNode
    buckets: tuple[Bucket, ...]

    def complete(self, point: dict[str, int], choose: Callable[[str, int], int]) -> dict[str, int]:
        """Values for the variables that were projected away, given values of kept ones that satisfy `care`.
        `choose(variable, possible values)` picks among those that are left."""
        found = dict(point)
        for bucket in reversed(self.buckets):
            for name in sorted(self.diagrams.support(bucket.known) - found.keys() - {bucket.variable}):
                # It went away together with the bucket's variable: whatever it is, that one has a value to go with it.
                found[name] = choose(name, (1 << self.diagrams.widths[name]) - 1)
            possible = _possible(self.diagrams, bucket, found)
            if bucket.variable not in found:
                found[bucket.variable] = choose(bucket.variable, possible)
        return found


def _possible(diagrams: Diagrams, bucket: Bucket, point: dict[str, int]) -> int:
    """The values of a variable that what is known of it admits; every other variable of it has a value."""
    node = bucket.known
    while (variable := diagrams.top(node)) is not None and variable != bucket.variable:
        value = point[variable]
        node = next(child for mask, child in diagrams.choices(node, variable) if mask >> value & 1)
    possible = 0
    for mask, child in diagrams.choices(node, bucket.variable):
        if diagrams.contains(child, point):
            possible |= mask
    return possible


def project(diagrams: Diagrams, facts: Iterable[DiagramNode], keep: frozenset[str]) -> Projection:
    """Projects facts on some variables. Raises `TooLarge`."""
    waiting = {fact for fact in facts if fact != EVERYTHING}
    if NOTHING in waiting:
        return Projection(diagrams, keep, NOTHING, ())
    kept = diagrams.mask(name for name in keep if name in diagrams.level)
    buckets: list[Bucket] = []
    joined: dict[int, int] = {}  # by level, all that is asked of together with it
    changed = ~kept
    while True:
        for levels in map(diagrams.levels, waiting):
            for level in numbers_in(levels & changed):
                joined[level] = joined.get(level, 0) | levels
        if not joined:
            break
        first = min(joined, key=lambda level: (joined[level].bit_count(), level))
        variable = diagrams.variables[first]
        about = [fact for fact in waiting if diagrams.levels(fact) >> first & 1]
        known = diagrams.all_of(sorted(about))
        waiting.difference_update(about)
        rest = diagrams.exists(known, (variable,))
        if rest != EVERYTHING:
            waiting.add(rest)
        buckets.append(Bucket(variable, known))
        changed = joined[first] & ~kept
        for level in numbers_in(changed):
            del joined[level]
    return Projection(diagrams, keep, diagrams.all_of(sorted(waiting)), tuple(buckets))
