"""The classes of an attribute, those that no test in use tells apart put together.

In: expressions over `In`. Out: `Groups` for each attribute that they test.
Guarantee: the groups partition the classes, and each mask in the expressions is a union of groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from verifier.problem.classes.tables import numbers_in
from verifier.problem.diagrams.finite import Finite, In
from verifier.problem.expression import Expression, nodes


@dataclass
class Groups:
    """The groups of one attribute. `masks[g]` is group g as a class mask."""

    masks: list[int]

    @cached_property
    def full(self) -> int:
        """The mask of all classes."""
        return sum(self.masks)

    @cached_property
    def _group_of(self) -> dict[int, int]:
        return {index: number for number, group in enumerate(self.masks) for index in numbers_in(group)}

    def of(self, mask: int) -> list[int]:
        """The groups that make up a mask. Takes as long as the mask has classes.

        Raises `ValueError` for a mask that cuts a group in two: a test that was not among the expressions.
        """
        found = sorted({self._group_of[index] for index in numbers_in(mask)})
        if sum(self.masks[number].bit_count() for number in found) != mask.bit_count():
            raise ValueError("a test of classes that are not told apart")
        return found

    def fewer(self, mask: int) -> tuple[list[int], bool]:
        """The groups inside a mask, or (and then true) those outside it, whichever the fewer classes are."""
        inverted = 2 * mask.bit_count() > self.full.bit_count()
        return self.of(mask ^ self.full if inverted else mask), inverted


def group_classes(finite: Finite, expressions: Iterable[Expression]) -> dict[str, Groups]:
    """Splits the classes of each attribute by the masks that occur in the expressions."""
    masks: dict[str, dict[tuple[int, int], None]] = {}
    for attribute, mask in _masks(expressions):
        masks.setdefault(attribute, {})[mask.bit_length(), mask] = None  # Of 2ⁿ alone there are but 61 hashes.
    return {attribute: Groups(_split(finite.width(attribute), [mask for _, mask in found])) for attribute, found in masks.items()}


def _split(width: int, masks: Iterable[int]) -> list[int]:
    """Refines one group of all classes by each mask in turn. A mask and its complement split alike, so that a step costs no more than
    the fewer of their classes: the masks of many grants have one class each."""
    full = (1 << width) - 1
    groups, group_of = [full], [0] * width
    for mask in masks:
        fewer = mask if 2 * mask.bit_count() <= width else mask ^ full
        inside: dict[int, list[int]] = {}
        for index in numbers_in(fewer):
            inside.setdefault(group_of[index], []).append(index)
        for group, indices in inside.items():
            part = groups[group] & fewer
            if part != groups[group]:
                groups[group] ^= part
                for index in indices:
                    group_of[index] = len(groups)
                groups.append(part)
    return groups


def _masks(expressions: Iterable[Expression]) -> Iterator[tuple[str, int]]:
    return ((found.attribute, found.mask) for found in nodes(expressions) if isinstance(found, In))
