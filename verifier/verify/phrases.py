"""Masks of classes in words: a placeholder until the real module lands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from verifier.model.estate import Estate
from verifier.model.region import Actions, Alternative, Callers, Limit, LimitKind
from verifier.problem.finite import Finite
from verifier.problem.space import Space


class Phrases:
    """Placeholder."""

    def __init__(self, space: Space, finite: Finite, estates: Sequence[Estate] = ()) -> None:
        self._space, self._finite = space, finite

    def callers(self, mask: int) -> Callers:
        """Samples of the classes."""
        table = self._finite.tables["principal"]
        return Callers(" | ".join(table.members(i, 1)[0] for i in range(table.size) if mask >> i & 1))

    def actions(self, mask: int) -> Actions:
        """Known actions."""
        table = self._finite.tables["action"]
        names = tuple(n for n in sorted(self._space.known_actions) if mask >> (table.class_of(n.lower()) or 0) & 1)
        return Actions(names, False, ", ".join(names[:4]))

    def alternatives(self, cubes: Sequence[tuple[Mapping[str, int], Mapping[str, bool]]]) -> tuple[Alternative, ...]:
        """Raw limits."""
        found = []
        for masks, symbols in cubes:
            limits = [Limit(LimitKind.CONDITION, name, bin(mask)) for name, mask in masks.items()]
            found.append((*limits, *(Limit(LimitKind.READING, name, str(value)) for name, value in symbols.items())))
        return tuple(found)
