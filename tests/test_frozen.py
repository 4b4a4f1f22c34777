"""Values (`verifier/frozen.py`): what `dataclasses` gives of a frozen dataclass, it gives of a frozen struct."""

from __future__ import annotations

import pkgutil
from dataclasses import Field, asdict, fields, is_dataclass, replace
from importlib import import_module

import pytest

import verifier
from verifier.frozen import Frozen


class Point(Frozen):
    x: int
    y: tuple[int, ...] = ()


class Named(Point):
    name: str = ""


ONE = Named(1, (2,), "one")


def test_to_dataclasses_a_frozen_struct_is_a_dataclass() -> None:
    assert is_dataclass(ONE) and [one.name for one in fields(ONE)] == ["x", "y", "name"]
    assert [one.name for one in fields(Point)] == ["x", "y"]
    assert replace(ONE, x=3) == Named(3, (2,), "one") and asdict(ONE) == {"x": 1, "y": (2,), "name": "one"}


def test_values_are_immutable_and_equal_iff_kind_and_members_are() -> None:
    with pytest.raises(AttributeError):
        ONE.x = 2  # type: ignore[misc]
    assert Named(1, (2,), "one") == ONE and hash(ONE) == hash(Named(1, (2,), "one"))
    assert Named(1, (2,), "two") != ONE and Point(1) != Named(1)


def kinds(kind: type[Frozen]) -> set[type[Frozen]]:
    return {kind}.union(*(kinds(one) for one in kind.__subclasses__()))


def test_no_default_is_a_field_of_dataclasses() -> None:
    # msgspec takes it for the value, where `field` is imported from there.
    for module in pkgutil.walk_packages(verifier.__path__, "verifier."):
        if module.name != "verifier.__main__":
            import_module(module.name)
    found = kinds(Frozen)
    assert len(found) > 400
    assert not [kind for kind in found if any(isinstance(one, Field) for one in kind.__struct_defaults__)]
