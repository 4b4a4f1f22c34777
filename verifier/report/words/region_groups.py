"""Regions put together for reading: those of the same actions that the same changes caused.

In: the `RegionChange`s of one direction. Out: `Group`s. Guarantee: nothing is added or left out: a request is in a
group iff it is in one of its regions, that is, iff it meets all `common` limits and those of one case of its callers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from verifier.model.request import CallerKind
from verifier.model.results.comparison import Change, RegionChange
from verifier.model.results.region import Actions, Alternative, Callers, Limit

_BELIEVED = (CallerKind.ROLE, CallerKind.USER)
"""The kinds of caller that make the better example."""


@dataclass(frozen=True)
class Row:
    """Some callers of a group. `cases` are the alternatives, without the limits that all of the group have in common;
    one empty case: no further limit. `exact` is false where the conditions were too many to say."""

    callers: Callers
    cases: tuple[Alternative, ...]
    exact: bool


@dataclass(frozen=True)
class Group:
    """Regions of the same actions and causes."""

    actions: Actions
    common: tuple[Limit, ...]
    rows: tuple[Row, ...]
    because: tuple[Change, ...]
    regions: tuple[RegionChange, ...]

    @property
    def example(self) -> RegionChange | None:
        """The region whose request is the plainest."""
        shown = [change for change in self.regions if change.region.witness is not None]
        return min(shown, key=_plainness, default=None)


def grouped(changes: Iterable[RegionChange]) -> tuple[Group, ...]:
    """The groups, in the order of their first regions."""
    found: dict[tuple[object, ...], list[RegionChange]] = {}
    for change in changes:
        actions = change.region.actions
        found.setdefault((actions.names, actions.others, change.because, change.cannot), []).append(change)
    return tuple(_group(tuple(regions)) for regions in found.values())


def _group(regions: tuple[RegionChange, ...]) -> Group:
    alternatives = [alternative for change in regions for alternative in change.region.when]
    first = alternatives[0] if alternatives else ()
    common = tuple(limit for limit in first if all(limit in other for other in alternatives))
    rows = tuple(
        Row(
            change.region.callers,
            tuple(tuple(limit for limit in alternative if limit not in common) for alternative in change.region.when),
            change.region.exact,
        )
        for change in regions
    )
    return Group(regions[0].region.actions, common, rows, regions[0].because, regions)


def _plainness(change: RegionChange) -> tuple[int, int]:
    witness = change.region.witness
    assert witness is not None
    kind = witness.request.caller.kind
    return _BELIEVED.index(kind) if kind in _BELIEVED else len(_BELIEVED), len(witness.request.context)
