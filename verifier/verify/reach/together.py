"""Callers that are looked at together: who gets to a goal, without looking at each.

In: callers in an order, what several can bring about at once. Out: those that get there one by one, the nearest first.
Guarantee: the same as from looking at each and sorting by rounds. What one of several can bring about they can
together, and no later, so that of those who do not get there together none does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import heappop, heappush

from verifier.verify.reach.facts import Goal, Reached

FoundGoal = tuple[Goal, Reached]
Look = Callable[[tuple[str, ...]], FoundGoal | None]


def nearest(starts: Sequence[str], look: Look, kind: Callable[[str], object] = lambda _: None) -> Iterator[FoundGoal]:
    """The callers that get to a goal, each with how, by rounds and then in their order; `look` says how some get there
    together, if they do. Those of one `kind` are looked at together."""
    waiting: list[tuple[int, int, Sequence[int], FoundGoal]] = []

    def wait(numbers: Sequence[int]) -> None:
        found = look(tuple(starts[number] for number in numbers)) if numbers else None
        if found is not None:
            heappush(waiting, (found[0].rounds, numbers[0], numbers, found))

    kinds: dict[object, list[int]] = {}
    for number, start in enumerate(starts):
        kinds.setdefault(kind(start), []).append(number)
    for alike in kinds.values():
        wait(alike)
    while waiting:
        *_, numbers, found = heappop(waiting)
        if len(numbers) == 1:
            yield found
        else:
            wait(numbers[: len(numbers) // 2])
            wait(numbers[len(numbers) // 2 :])


def each_of(starts: tuple[str, ...], which: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Iterator[str]:
    """Those of some callers of which something holds: `which` says of one whether, and of several of which it may."""
    some = which(starts) if starts else ()
    if len(starts) == 1:
        yield from some
    elif some:
        yield from each_of(some[: len(some) // 2], which)
        yield from each_of(some[len(some) // 2 :], which)
