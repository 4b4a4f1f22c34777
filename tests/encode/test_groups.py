"""The groups that classes are put into."""

from __future__ import annotations

import random

import pytest

from verifier.encode.clauses import Groups, group_classes
from verifier.problem.classes.tables import ListTable
from verifier.problem.diagrams.finite import Finite, In
from verifier.problem.expression import Or


def finite(**sizes: int) -> Finite:
    """Attributes with so many classes, none of them optional."""
    return Finite(
        tables={name: ListTable([str(i) for i in range(size)]) for name, size in sizes.items()},
        optional=dict.fromkeys(sizes, False),
    )


@pytest.mark.parametrize("seed", range(60))
def test_groups_split_the_classes_by_the_masks_in_use(seed: int) -> None:
    dice = random.Random(seed)
    masks = [dice.randint(1, 254) for _ in range(dice.randint(1, 4))]
    groups = group_classes(finite(a=8), [Or(tuple(In("a", mask) for mask in masks))])["a"]
    assert sum(groups.masks) == 255 and len(groups.masks) == len(
        {tuple(bool(m >> i & 1) for m in masks) for i in range(8)}
    )
    for mask in masks:
        assert sum(groups.masks[number] for number in groups.of(mask)) == mask


def test_groups_of_a_mask() -> None:
    assert Groups([0b001, 0b110]).of(0b110) == [1]


def test_a_mask_that_cuts_a_group_in_two_is_refused() -> None:
    groups = Groups([0b0011, 0b1100])
    assert groups.of(0b1100) == [1]
    with pytest.raises(ValueError, match="not told apart"):
        groups.of(0b0110)
