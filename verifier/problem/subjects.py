"""What the invariants are about.

In: the estate, invariants. Out: targets, each with the invariants that speak of it.
Guarantee: an invariant that speaks of nothing is an input error (S3), never a pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.language.invariants.absent_callers import check_callers
from verifier.model.estate import Estate
from verifier.model.invariant import AnyInvariant, GrantInvariant, Invariant
from verifier.model.own_region import check_region
from verifier.model.reference import actions, matching
from verifier.problem.selected_keys import selected_keys
from verifier.problem.semantics.targets import Target, TargetKind, key_target
from verifier.syntax.diagnostic import InputError


def targets_of(estate: Estate, invariants: Sequence[AnyInvariant]) -> list[tuple[Target, list[int]]]:
    """The targets of the invariants, each with the numbers of those that speak of it.

    Raises `InputError` for one that speaks of none, or of no caller that there is (S3), or of a Region that nothing tells (S4).
    """
    check_callers(estate, invariants)
    check_region(estate, invariants)
    found: dict[str, tuple[Target, list[int]]] = {}
    for number, invariant in enumerate(invariants):
        targets = list(_targets_of(estate, invariant))
        if not targets:
            raise InputError.of(
                f"invariant {invariant.name!r} speaks of no key of the input, so it checks nothing", invariant.span, rule="S3"
            )
        for target in targets:
            found.setdefault(target_name(target), (target, []))[1].append(number)
    return list(found.values())


def _targets_of(estate: Estate, invariant: AnyInvariant) -> Iterator[Target]:
    on_keys, keyless = (True, False) if isinstance(invariant, GrantInvariant) else _kinds(invariant)
    if on_keys or invariant.keys is not None:
        yield from (key_target(key) for key in selected_keys(estate, invariant))
    elif keyless:
        partition = estate.keys[0].partition if estate.keys else "aws"
        yield Target(TargetKind.NONE, partition)


def _kinds(invariant: Invariant) -> tuple[bool, bool]:
    """Whether the actions need a key, and whether some need none."""
    names = frozenset[str]().union(*(matching(pattern.value) for pattern in invariant.actions))
    names = names.difference(*(matching(pattern.value) for pattern in invariant.not_actions))
    matched = [a for a in actions() if a.name in names]
    return any("key" in a.resources for a in matched), any(not a.resources for a in matched)


def target_name(target: Target) -> str:
    """How reports name a target: a key ARN, or a sentence."""
    return target.resource or target.kind.value
