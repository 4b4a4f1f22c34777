"""Unions of cubes, made shorter before they are said.

In: cubes over classes and symbols, as a decision diagram gives them. Out: `AttributeCube`s with the same union.
Guarantee: every step keeps the union: a cube is dropped where another covers it, two that differ in one thing are
joined, and what a cube requires is dropped where another cube covers the case that it excludes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from msgspec import field

from verifier.frozen import Frozen
from verifier.model.symbols import SymbolValues
from verifier.problem.classes.tables import bits

_MOST = 40
"""So many cubes are compared with each other; those after them stay as they are."""


class AttributeCube(Frozen):
    """A conjunction. `masks` are the classes that single-valued attributes may be in; `somes` masks of which a
    multi-valued attribute must have some value in each, `nones` the classes in which it must have none; `symbols` the
    values of other symbols."""

    masks: Mapping[str, int] = field(default_factory=dict)
    symbols: SymbolValues = field(default_factory=dict)
    somes: frozenset[tuple[str, int]] = frozenset()
    nones: Mapping[str, int] = field(default_factory=dict)

    def within(self, other: AttributeCube) -> bool:
        """True only if every request of this cube is one of the other: it is as narrow in each attribute and symbol."""
        return (
            all(name in self.masks and not self.masks[name] & ~mask for name, mask in other.masks.items())
            and all(self.symbols.get(name) is value for name, value in other.symbols.items())
            and all(not mask & ~self.nones.get(name, 0) for name, mask in other.nones.items())
            and all(self._has_some(name, mask) for name, mask in other.somes)
        )

    def _has_some(self, name: str, mask: int) -> bool:
        excluded = self.nones.get(name, 0)
        return any(own == name and not found & ~excluded & ~mask for own, found in self.somes)

    def widened(self, name: str, others: Sequence[AttributeCube], full: int) -> AttributeCube:
        """The cube with all classes of one attribute with which other cubes cover it; `full` are all there are."""
        mask = self.masks[name]
        anything = self._with_mask(name, full, full)
        for other in others:
            if mask != full and anything.within(other._with_mask(name, full, full)):
                mask |= other.masks.get(name, full)
        return self if mask == self.masks[name] else self._with_mask(name, mask, full)

    def steps(self) -> Iterator[tuple[AttributeCube, AttributeCube]]:
        """Each way to require one thing less of what is not single-valued: the wider cube, and what it has more."""
        for symbol, value in self.symbols.items():
            rest = {other: own for other, own in self.symbols.items() if other != symbol}
            yield replace(self, symbols=rest), replace(self, symbols={**rest, symbol: not value})
        for name, mask in self.nones.items():
            for bit in bits(mask):
                left = {**self.nones, name: mask & ~bit}
                fewer = replace(self, nones={other: own for other, own in left.items() if own})
                yield fewer, replace(fewer, somes=fewer.somes | {(name, bit)})
        for name, mask in self.somes:
            fewer = replace(self, somes=self.somes - {(name, mask)})
            yield fewer, replace(fewer, nones={**self.nones, name: self.nones.get(name, 0) | mask})

    def _with_mask(self, name: str, mask: int, full: int) -> AttributeCube:
        rest = {other: own for other, own in self.masks.items() if other != name}
        return replace(self, masks=rest if mask == full else {**rest, name: mask})

    def joined(self, other: AttributeCube) -> AttributeCube | None:
        """One cube for both, if they differ in one value that a multi-valued attribute must have; or `None`."""
        mine, theirs = self.somes - other.somes, other.somes - self.somes
        alike = (self.masks, self.symbols, self.nones) == (other.masks, other.symbols, other.nones)
        if not alike or len(mine) != 1 or len(theirs) != 1:
            return None
        ((name, mask),), ((other_name, more),) = mine, theirs
        return replace(self, somes=(self.somes & other.somes) | {(name, mask | more)}) if name == other_name else None


def shorter(cubes: Sequence[AttributeCube], full: Mapping[str, int]) -> list[AttributeCube]:
    """The same union in fewer and shorter cubes. `full` has all the classes of each single-valued attribute, *absent*
    included."""
    found, rest = list(cubes[:_MOST]), list(cubes[_MOST:])
    changed = True
    while changed:
        before = list(found)
        found = _uncovered(_joined([_widened(cube, found, full) for cube in _uncovered(found)]))
        changed = found != before
    return found + rest


def _widened(cube: AttributeCube, cubes: Sequence[AttributeCube], full: Mapping[str, int]) -> AttributeCube:
    """The cube without the requirements that can go, since other cubes cover what comes in."""
    others = [other for other in cubes if other is not cube]
    widening = bool(others)
    while widening:
        before = cube
        for name in before.masks:
            cube = cube.widened(name, others, full[name])
        for wider, more in cube.steps():
            if any(more.within(other) for other in others):
                cube = wider
                break
        widening = cube is not before
    return cube


def _uncovered(cubes: Sequence[AttributeCube]) -> list[AttributeCube]:
    """The cubes that no other covers; of equal ones the first."""
    kept: list[AttributeCube] = []
    for cube in cubes:
        if not any(cube.within(other) for other in kept):
            kept = [*(other for other in kept if not other.within(cube)), cube]
    return kept


def _joined(cubes: Sequence[AttributeCube]) -> list[AttributeCube]:
    kept: list[AttributeCube] = []
    for cube in cubes:
        for position, other in enumerate(kept):
            one = other.joined(cube)
            if one is not None:
                kept[position] = one
                break
        else:
            kept.append(cube)
    return kept
