"""JSON as plain Python values, for inputs that are too large to keep the place of every character.

In: a text. Out: dictionaries, lists and scalars. Guarantee: no member is given twice, nothing is nested too deeply,
every string is text that can be written; another type than expected is an error that says where.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from verifier.inputs.text.nodes import MAXIMUM_DEPTH
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Span
from verifier.syntax.text import brief, printable

_T = TypeVar("_T")

Json = dict[str, Any]


class Number(float):
    """A number that is not whole, or `-0`, and the text that it was written as."""

    def __init__(self, text: str) -> None:
        self.text = text


_HALF = re.compile("[\ud800-\udfff]")


@contextmanager
def errors_in(file: str) -> Iterator[None]:
    """Errors that have no place are of this file."""
    try:
        yield
    except InputError as error:
        whole = Span(file, 0, 0, 0, 0)
        raise InputError([replace(found, span=found.span or whole) for found in error.diagnostics]) from None


def read_json_text(file: str, text: str) -> Any:
    """The value of a JSON text. Raises `InputError`."""
    try:
        value = json.loads(
            text,
            object_pairs_hook=_members,
            parse_constant=_no_constant,
            parse_float=Number,
            parse_int=lambda digits: Number(digits) if digits == "-0" else int(digits),
        )
    except json.JSONDecodeError as error:
        span = Span(file, error.lineno, error.colno, error.lineno, error.colno + 1)
        raise InputError.of(f"not JSON: {error.msg.lower()}", span) from None
    except RecursionError:
        raise InputError.of(f"nested too deeply, more than {MAXIMUM_DEPTH} levels") from None
    except ValueError as error:
        raise InputError.of(f"not JSON: {printable(str(error))[:200]}") from None
    _check(value)
    return value


def _members(pairs: list[tuple[str, Any]]) -> Json:
    members = dict(pairs)
    if len(members) != len(pairs):
        (twice, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise InputError.of(f"duplicate member `{brief(printable(twice))}`", rule="L4")
    return members


def _no_constant(name: str) -> Any:
    raise InputError.of(f"{name} is not JSON")


def _check(value: Any) -> None:
    """Raises `InputError` for what is nested too deeply, and for half a surrogate pair."""
    level = [value]
    for _ in range(MAXIMUM_DEPTH + 1):
        half = next(
            (inner for inner in level if isinstance(inner, str) and not inner.isascii() and _HALF.search(inner)), None
        )
        if half is not None:
            raise InputError.of(
                f"a string holds half of a surrogate pair, which is no character: {printable(brief(half))}"
            )
        parts = (inner for inner in level if isinstance(inner, dict | list))
        within = [(*inner.values(), *inner) if isinstance(inner, dict) else inner for inner in parts]
        level = [part for parts in within for part in parts]
        if not level:
            return
    raise InputError.of(f"nested too deeply, more than {MAXIMUM_DEPTH} levels")


def mapping(value: Any, where: str) -> Json:
    """An object; an empty one for null or nothing. Raises `InputError` for anything else."""
    return {} if value is None else _checked(value, dict, "an object", where)


def json_list(value: Any, where: str) -> list[Any]:
    """A list; an empty one for null or nothing. Raises `InputError` for anything else."""
    return [] if value is None else _checked(value, list, "a list", where)


def objects(value: Any, where: str) -> list[Json]:
    """A list of objects, likewise."""
    return [mapping(entry, f"an entry of {where}") for entry in json_list(value, where)]


def string(value: Any, where: str) -> str:
    """A string. Raises `InputError` for anything else."""
    return _checked(value, str, "a string", where)


def _checked(value: Any, type_: type[_T], expected: str, where: str) -> _T:
    if not isinstance(value, type_):
        raise fault(where, expected, value)
    return value


def fault(where: str, expected: str, value: Any) -> InputError:
    """The error of a value that has another type than the format says."""
    found = {dict: "an object", list: "a list", type(None): "null"}.get(type(value), f"`{str(value)[:40]}`")
    return InputError.of(f"{printable(where)}: expected {expected}, found {printable(found)}")
