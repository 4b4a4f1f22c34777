"""The targets of two sides, paired.

In: two estates. Out: `TargetPair`s: keys by their ARN in the order of OLD, then of NEW; aliases and operations without a key after them.
Guarantee: every key of either side is in one pair.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verifier.model.estate import Estate, Key
from verifier.model.results.comparison import Presence
from verifier.problem.semantics.targets import Target, TargetKind, key_target


@dataclass(frozen=True)
class TargetPair:
    """A target on both sides; `None` where a side does not have it."""

    old: Target | None
    new: Target | None

    @property
    def either(self) -> Target:
        """The target of NEW, or else of OLD."""
        target = self.new or self.old
        assert target is not None
        return target

    @property
    def name(self) -> str:
        """The ARN, or a phrase."""
        return self.either.resource or self.either.kind.value

    @property
    def key_name(self) -> str | None:
        """What both sides call the key; a side that lacks it does not object."""
        names = {target.key.name for target in (self.old, self.new) if target is not None and target.key is not None}
        return names.pop() if len(names) == 1 else None

    @property
    def presence(self) -> Presence:
        """On which sides it is."""
        return Presence.ADDED if self.old is None else Presence.REMOVED if self.new is None else Presence.BOTH


def target_pairs(old: Estate, new: Estate, *, keys_only: bool) -> tuple[TargetPair, ...]:
    """Every key; unless `keys_only` also the aliases of keys, which key policies say nothing of, and operations without a key."""
    return (*_keys(old, new), *(() if keys_only else _others(old, new)))


def _keys(old: Estate, new: Estate) -> Iterator[TargetPair]:
    before, after = {key.arn: key_target(key) for key in old.keys}, {key.arn: key_target(key) for key in new.keys}
    for arn in dict.fromkeys((*before, *after)):
        yield TargetPair(before.get(arn), after.get(arn))


def _others(old: Estate, new: Estate) -> Iterator[TargetPair]:
    keys = (*old.keys, *new.keys)
    for alias in dict.fromkeys(alias for key in keys for alias in _aliases(key)):
        _, partition, _, region, account, _ = alias.split(":", 5)
        target = Target(TargetKind.ALIAS, partition, account, region, alias)
        yield TargetPair(target, target)
    keyless = Target(TargetKind.NONE, keys[0].partition if keys else "aws")
    yield TargetPair(keyless, keyless)


def _aliases(key: Key) -> Iterator[str]:
    for alias in key.aliases or ():
        yield f"arn:{key.partition}:kms:{key.region}:{key.account}:{alias}"
