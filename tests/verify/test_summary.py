"""What a report says of a key before its answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.evaluate.estates import KEY, allow, estate
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.verify.assumptions import summary


@pytest.mark.parametrize(
    ("label", "key", "told"), [("G1", KEY, None), ("G1", None, None), ("G1", f"{KEY}0", 0), ("U3", KEY, 0)]
)
def test_g1_how_many_grants_there_are_is_not_said_where_one_is_not_known(
    label: str, key: str | None, told: int | None
) -> None:
    found = estate(allow("*"))
    (only,) = found.keys
    only = replace(only, grants=())
    doubt = Unmodelled("grant", label, Influence.MAY_ALLOW, "a grant is not known", key=key)
    assert summary(replace(found, keys=(only,)), only).grants == 0
    assert summary(replace(found, keys=(only,), unmodelled=(doubt,)), only).grants == told
