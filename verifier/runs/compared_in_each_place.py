"""Comparisons of keys of which nothing tells the account or the Region (S4): what holds wherever they are.

In: the comparisons, one for each place that the keys may be in. Out: one. Guarantee: as in `each_place`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from verifier.inputs.own_region import OpenPlaceError
from verifier.model.results.comparison import Comparison, TargetComparison
from verifier.runs.each_place import depends_on_place


def compared_in_each(found: Sequence[Comparison], error: OpenPlaceError) -> Comparison:
    """The comparison in all places. Raises `InputError` where they do not have the same keys."""
    if (
        len({tuple((target.target.rpartition(":")[2], target.presence) for target in one.targets) for one in found})
        != 1
    ):
        raise error
    together = zip(*(one.targets for one in found), strict=True)
    return replace(found[0], targets=tuple(_target_in_each(targets, error) for targets in together))


def _target_in_each(targets: Sequence[TargetComparison], error: OpenPlaceError) -> TargetComparison:
    first = targets[0]
    assumptions = tuple(dict.fromkeys(one for target in targets for one in target.assumptions))
    if (
        len({(one.relation, bool(one.gained), bool(one.lost), one.unknown_gained, one.unknown_lost) for one in targets})
        == 1
    ):
        return replace(first, assumptions=assumptions)
    reason = depends_on_place([target.relation.value for target in targets], error)
    elapsed = sum(target.elapsed for target in targets)
    return TargetComparison(
        first.target, first.name, first.presence, reasons=(reason,), assumptions=assumptions, elapsed=elapsed
    )
