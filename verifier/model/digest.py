"""Digests of plain values.

In: nested tuples and sets of texts, numbers, symbols. Out: bytes, or hexadecimal digits. Guarantee: values that differ
have other digests, and equal ones the same in every process.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from enum import Enum
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any

from verifier.model.symbols import SymbolName


def digest(value: Hashable) -> bytes:
    """A digest of nested tuples, sets, texts, numbers and members of enumerations: the same in every process."""
    return sha256(_canonical(value)).digest()


def short_digest(value: Hashable) -> str:
    """The same as 32 hexadecimal digits, which name something from run to run."""
    return digest(value).hex()[:32]


def _canonical(value: Any) -> bytes:
    """A text of the value, each part with its length, so that no two values have the same."""
    # By type and not by `match`: a run that finds everything in the cache spends most of its time here.
    kind = type(value)
    if kind is str:
        return _text(value)
    if kind is tuple or kind is list:
        return _joined(b"t", [_text(part) if type(part) is str else _canonical(part) for part in value])
    if kind is frozenset:
        return _joined(b"s", sorted([_digest_of_text(part) if type(part) is str else digest(part) for part in value]))
    if isinstance(value, Enum):
        return _member(value)
    if isinstance(value, SymbolName):
        return _text(str(value))
    if value is None or kind is bool or kind is int:
        return _joined(b"v", [repr(value).encode()])
    if kind is bytes:
        return _joined(b"b", [value])
    raise TypeError(f"no digest of {kind.__name__}")


def _joined(mark: bytes, parts: Iterable[bytes]) -> bytes:
    return mark + b"".join([b"%d:%s" % (len(part), part) for part in parts])


@lru_cache(1 << 14)
def _text(value: str) -> bytes:
    return _joined(b"x", [value.encode("utf-8", "surrogatepass")])


@lru_cache(1 << 14)
def _digest_of_text(value: str) -> bytes:
    return sha256(_text(value)).digest()


@cache
def _member(value: Enum) -> bytes:
    return _joined(b"e", [type(value).__name__.encode(), value.name.encode()])
