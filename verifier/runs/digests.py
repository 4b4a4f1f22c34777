"""What was asked, as a digest: the meaning of everything that bears on one target, however it is laid out.

In: an estate, a target, an invariant, how it is decided. Out: digests.
Guarantee: equal digests mean that the question is the same: policies may have been reformatted, reordered, statements renamed (`Sid`), and
nothing else.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from enum import Enum
from hashlib import sha256

from verifier.model.estate import Estate
from verifier.model.invariant import AnyInvariant
from verifier.problem.targets import Target
from verifier.runs.version import rules_version
from verifier.verify.meaning import key_meaning, meaning, surroundings
from verifier.verify.prove import How


def digest(value: Hashable) -> bytes:
    """A digest of nested tuples, sets, texts, numbers and members of enumerations: the same in every process."""
    return sha256(_canonical(value)).digest()


def _canonical(value: object) -> bytes:
    """A text of the value, each part with its length, so that no two values have the same."""
    match value:
        case frozenset():
            parts, mark = sorted(map(digest, value)), b"s"
        case tuple() | list():
            parts, mark = list(map(_canonical, value)), b"t"
        case Enum():
            parts, mark = [type(value).__name__.encode(), value.name.encode()], b"e"
        case bool() | int() | None:
            parts, mark = [repr(value).encode()], b"v"
        case bytes():
            parts, mark = [value], b"b"
        case str():
            parts, mark = [value.encode("utf-8", "surrogatepass")], b"x"
        case _:
            raise TypeError(f"no digest of {type(value).__name__}")
    return mark + b"".join(b"%d:%s" % (len(part), part) for part in parts)


@dataclasses.dataclass(frozen=True)
class Digests:
    """Digests of one estate: what all targets share is looked at once, and so is what all invariants on a target share."""

    common: bytes
    _invariants: dict[int, tuple[AnyInvariant, bytes]] = dataclasses.field(default_factory=dict)

    def target(self, target: Target) -> bytes:
        """All that bears on one target."""
        # Other keys bear on a target by their aliases and multi-Region relations, which a target's own key says as well (F8, L9).
        key = (key_meaning(target.key), target.key.supposed) if target.key is not None else None  # a verdict names what was supposed
        place = (target.kind, target.partition, target.account, target.region, target.resource)
        return digest((self.common, place, key))

    def question(self, target: bytes, invariant: AnyInvariant) -> bytes:
        """What is asked of one target, by its digest."""
        known = self._invariants.get(id(invariant))
        if known is None:
            known = self._invariants[id(invariant)] = invariant, digest(invariant_meaning(invariant))
        return sha256(target + known[1]).digest()


def digests(estate: Estate, how: How) -> Digests:
    """The digests of an estate, decided in some way."""
    held: Mapping[str, bool] = how.held
    asked = (rules_version(), how.engine, tuple(sorted(held.items())))
    return Digests(digest((asked, surroundings(estate))))


def invariant_meaning(invariant: AnyInvariant) -> Hashable:
    """An invariant without its name, its text and its place."""
    return meaning(dataclasses.replace(invariant, name="", text=""))
