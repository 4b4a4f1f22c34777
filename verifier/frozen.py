"""The base of values: immutable, and equal iff their kind and their members are. It imports nothing of the package.

Python compiles the methods of each frozen dataclass when it makes the class, which was a third of the start-up; msgspec
makes a class without. To `dataclasses.fields`, `replace` and `asdict`, and so to users of the Python API, it is one.
"""

from dataclasses import Field, make_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

from msgspec import Struct, field


@cache
def _fields(kind: type[Struct]) -> dict[str, Field[Any]]:
    plain: Any = make_dataclass(kind.__name__, kind.__struct_fields__, init=False, repr=False, eq=False)
    fields: dict[str, Field[Any]] = plain.__dataclass_fields__
    return fields


class _DataclassFields:
    """The fields of a class as `dataclasses` keeps them, made when they are asked for."""

    def __get__(self, _: object, kind: type[Struct]) -> dict[str, Field[Any]]:
        return _fields(kind)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Frozen(Struct, frozen=True):
    """A value. Its members stand in the class as those of a dataclass; those left out of a call take their defaults."""

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    else:
        __dataclass_fields__ = _DataclassFields()
