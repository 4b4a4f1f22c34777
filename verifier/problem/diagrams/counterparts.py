"""What one side of a comparison makes of a request of the other.

In: sides over one partition. Out: the requests whose counterpart is allowed on a side.
Guarantee: the counterpart is the same request, but for what the estate of that side fixes: the caller's tags and
organization, the facts of the key, where a VPC endpoint is (F2–F4, U3). Nobody chooses these, so a role whose tag
changed makes the same request as before with another tag. Where a side leaves open what the counterpart carries, it
counts as allowed only if it is so in every case; a request that cannot be made on the side in any case has no
counterpart, and counts as refused there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from verifier.problem.diagrams.diagram import EVERYTHING, DiagramNode, Diagrams
from verifier.problem.diagrams.finite import Finite
from verifier.problem.facts.organizations import ORGANIZATIONS
from verifier.problem.views import ValueRelation

_ORGANIZATION_KEYS = tuple(name for identifier, paths, _ in ORGANIZATIONS for name in (identifier, paths))
_OF_ENDPOINT = ("aws:sourcevpc", "aws:sourcevpcarn", "aws:vpceaccount")
_TAG = "aws:principaltag/"


def fixed_groups(finite: Finite) -> list[tuple[str, ...]]:
    """The attributes that an estate may fix; those of one group go together."""
    names = [*finite.tables, *finite.lazy]
    tags = [(name,) for name in names if name.startswith(_TAG)]
    groups = [*tags, (*_ORGANIZATION_KEYS, *_OF_ENDPOINT), ("facts",), ("userid",)]
    return [found for group in groups if (found := tuple(name for name in group if name in names))]


def is_fixed(key: str) -> bool:
    """True iff a condition key is one that an estate may fix."""
    name = key.lower()
    return name.startswith((_TAG, "aws:resourcetag/")) or name in (
        *_ORGANIZATION_KEYS,
        *_OF_ENDPOINT,
        "kms:resourcealiases",
    )


class Counterparts:
    """The facts of one side, and those of them that are not facts of all."""

    def __init__(
        self,
        diagrams: Diagrams,
        finite: Finite,
        facts: Sequence[DiagramNode],
        definitions: Sequence[DiagramNode],
        common: Iterable[DiagramNode],
        relations: Iterable[ValueRelation],
    ) -> None:
        shared = frozenset(common)
        self._diagrams = diagrams
        self._all = tuple(dict.fromkeys((*facts, *definitions)))
        self._own = tuple(fact for fact in facts if fact not in shared)
        self._groups = [self._variables(finite, group, tuple(relations)) for group in fixed_groups(finite)]

    def _variables(
        self, finite: Finite, group: tuple[str, ...], relations: Sequence[ValueRelation]
    ) -> tuple[frozenset[str], frozenset[str]]:
        """The variables of a group of attributes, and those of comparisons with them."""
        own = frozenset(
            variable for name in group for variable in _of_attribute(finite, name) if variable in self._diagrams.level
        )
        about = (r.symbol for r in relations if any(base in group for view in r.views for base in view.bases))
        return own, frozenset(symbol for symbol in about if symbol in self._diagrams.level)

    def allowed(self, node: DiagramNode) -> DiagramNode:
        """The requests whose counterparts are in a set (that the side allows)."""
        diagrams = self._diagrams
        fixed = frozenset[str]().union(*(own | about for own, about in self._groups))
        found = diagrams.both(node, diagrams.all_of(fact for fact in self._own if not diagrams.support(fact) & fixed))
        for own, about in self._groups:
            here = diagrams.all_of(fact for fact in self._own if diagrams.support(fact) & own)
            if here != EVERYTHING:
                outside = diagrams.both(diagrams.complement(here), self._replaced(found, own | about))
                found = diagrams.either(diagrams.both(here, found), outside)
        return found

    def _replaced(self, node: DiagramNode, variables: frozenset[str]) -> DiagramNode:
        """The requests that are in a set whatever the side may make of some variables, and for which it can make
        anything of them."""
        diagrams = self._diagrams
        known = diagrams.all_of(fact for fact in self._all if diagrams.support(fact) & variables)
        possible = diagrams.exists(known, variables)
        fails = diagrams.exists(diagrams.both(known, diagrams.complement(node)), variables)
        return diagrams.minus(possible, fails)


def _of_attribute(finite: Finite, name: str) -> Iterator[str]:
    """The variables that say which value an attribute has."""
    yield name
    yield from finite.held.get(name, ())
    lazy = finite.lazy.get(name)
    if lazy is not None:
        yield from lazy.symbols.values()
        if lazy.present is not None:
            yield lazy.present
    yield from finite.lazy_sets.get(name, {}).values()
