"""What was found of an estate before is found again for that estate alone."""

from __future__ import annotations

from verifier.problem.facts.shared import ObjectCache


def test_it_is_kept_for_the_same_things_and_names() -> None:
    cache, found = ObjectCache[int](8), iter(range(8))
    things = [1], [1]  # equal, and not the same

    def of(thing: list[int], name: str) -> int:
        return cache.of((thing,), name, find=lambda: next(found))

    assert [of(things[0], "a"), of(things[1], "a"), of(things[0], "b")] == [0, 1, 2]
    assert [of(things[0], "a"), of(things[1], "a"), of(things[0], "b")] == [0, 1, 2]


def test_that_which_was_asked_for_last_stays() -> None:
    cache, found = ObjectCache[int](2), iter(range(8))

    def of(name: str) -> int:
        return cache.of((), name, find=lambda: next(found))

    assert [of("a"), of("b"), of("a"), of("c")] == [0, 1, 0, 2]
    assert (of("a"), of("b")) == (0, 3)
