"""Statements of OLD and NEW, paired.

In: the statements of one place (a key's policies, an identity's, a level's) on both sides. Out: the pairs that differ,
and what only one side has. Guarantee: a statement is in one pair at most; statements that say the same are paired first
and listed nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence

from verifier.verify.comparison.statement_changes import Placed, likeness
from verifier.verify.meaning import in_policy

_ALIKE = 0.6
"""Likeness from which two statements count as versions of one."""
_MOST_COMPARED = 10_000
"""Pairs that are held against each other; with more, those without a `Sid` in common are listed as gone and new."""

Pair = tuple[Placed | None, Placed | None]


def changed_pairs(old: Sequence[Placed], new: Sequence[Placed]) -> list[Pair]:
    """The statements that are not the same on both sides, in the order of NEW, then of OLD."""
    left, right = list(old), list(new)
    _take(left, right, lambda placed: (placed[0].identity, in_policy(*placed)))
    _take(left, right, lambda placed: in_policy(*placed))
    pairs: list[Pair] = []
    for name in (_sid_in_policy, _sid):
        pairs += _take(left, right, name)
    pairs += _most_alike(left, right)
    pairs += [(None, placed) for placed in right] + [(placed, None) for placed in left]
    order = {id(placed): number for number, placed in enumerate((*new, *old))}
    return sorted(pairs, key=lambda pair: order[id(pair[1] if pair[1] is not None else pair[0])])


def _sid_in_policy(placed: Placed) -> Hashable:
    sid = _sid(placed)
    return None if sid is None else (placed[0].identity, sid)


def _sid(placed: Placed) -> Hashable:
    sid = placed[1].sid
    return None if sid is None or not sid.value else sid.value


def _take(left: list[Placed], right: list[Placed], name: Callable[[Placed], Hashable]) -> list[Pair]:
    """Takes out the statements that have the same name on both sides, in order; `None` is no name."""
    waiting: dict[Hashable, list[Placed]] = {}
    for placed in left:
        waiting.setdefault(name(placed), []).append(placed)
    waiting.pop(None, None)
    pairs: list[Pair] = []
    for placed in list(right):
        found = waiting.get(name(placed))
        if found:
            other = found.pop(0)
            _remove(left, other)
            _remove(right, placed)
            pairs.append((other, placed))
    return pairs


def _remove(statements: list[Placed], placed: Placed) -> None:
    statements[:] = [other for other in statements if other is not placed]


def _most_alike(left: list[Placed], right: list[Placed]) -> Iterator[Pair]:
    """The likeliest pairs, the most alike first."""
    if len(left) * len(right) > _MOST_COMPARED:
        return
    scores = sorted(
        ((likeness(old, new), -a, -b, old, new) for a, old in enumerate(left) for b, new in enumerate(right)),
        key=lambda score: score[:3],
        reverse=True,
    )
    for score, _, _, old, new in scores:
        if score < _ALIKE:
            break
        if any(old is other for other in left) and any(new is other for other in right):
            _remove(left, old)
            _remove(right, new)
            yield old, new
