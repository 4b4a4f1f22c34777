"""The targets of two sides, paired.

In: two estates. Out: `TargetPair`s: keys by their ARN in the order of OLD, then of NEW; aliases and operations without
a key after them.
Guarantee: every key of either side is in one pair. `with_added` gives OLD with the keys that only NEW has, each with
the facts of the one in NEW, the default key policy and no grants [key-policy-default]; where nothing tells its Region
or account, nothing in OLD tells those apart either (S4).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from verifier.model.estate import Estate, Key
from verifier.model.own_place import check_account, check_open_regions
from verifier.model.policy import default_key_policy
from verifier.model.results.comparison import Presence
from verifier.problem.semantics.targets import Target, TargetKind, key_target
from verifier.syntax.diagnostic import InputError


@dataclass(frozen=True)
class TargetPair:
    """A target on both sides; `new` is `None` for a key that is gone. Of one that is `added`, `old` is a key without a
    policy."""

    old: Target
    new: Target | None
    added: bool = False

    @property
    def either(self) -> Target:
        """The target of NEW, or else of OLD."""
        return self.new or self.old

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
        return Presence.ADDED if self.added else Presence.REMOVED if self.new is None else Presence.BOTH


def target_pairs(old: Estate, new: Estate, completed: Estate, *, keys_only: bool) -> tuple[TargetPair, ...]:
    """Every key; unless `keys_only` also the aliases of keys, which key policies say nothing of, and operations without
    a key. `completed` is OLD with the keys that are new."""
    return (*_keys(old, new, completed), *(() if keys_only else _others(old, new)))


def _keys(old: Estate, new: Estate, completed: Estate) -> Iterator[TargetPair]:
    before, after = {key.arn: key_target(key) for key in completed.keys}, {key.arn: key_target(key) for key in new.keys}
    there = {key.arn for key in old.keys}
    for arn in before:
        yield TargetPair(before[arn], after.get(arn), added=arn not in there)


def _others(old: Estate, new: Estate) -> Iterator[TargetPair]:
    keys = (*old.keys, *new.keys)
    for alias in dict.fromkeys(alias for key in keys for alias in _aliases(key)):
        _, partition, _, region, account, _ = alias.split(":", 5)
        target = Target(TargetKind.ALIAS, partition, account, region, alias)
        yield TargetPair(target, target)
    partitions = (
        *(key.partition for key in keys),
        *(one.arn.split(":")[1] for side in (old, new) for one in side.identities),
    )
    keyless = Target(TargetKind.NONE, next(iter(partitions), "aws"))
    yield TargetPair(keyless, keyless)


def _aliases(key: Key) -> Iterator[str]:
    for alias in key.aliases or ():
        yield f"arn:{key.partition}:kms:{key.region}:{key.account}:{alias}"


def with_added(old: Estate, new: Estate) -> Estate:
    """OLD with the keys that only NEW has. Raises `InputError` where it must be known in which Region or account they
    are (S4)."""
    there = {key.arn for key in old.keys}
    added = tuple(_without_policy(key) for key in new.keys if key.arn not in there)
    if not added:
        return old
    if new.open_region and not old.open_region:
        check_open_regions(old, dict.fromkeys(new.open_region, ""))
    if new.open_account and not old.open_account:
        check_account((old,), added[0].account)
        of_old, of_new = ({account.id for account in side.accounts} for side in (old, new))
        if old.organization is not None or of_old - of_new:
            message = "OLD holds accounts, and whether a key that is new is of one of them is not given"
            raise InputError.of(message, hint="give its account with --account", rule="S4")
    return replace(old, keys=(*old.keys, *added))


def _without_policy(key: Key) -> Key:
    return replace(key, policies=(default_key_policy(key.arn),), grants=None if key.grants is None else (), unread=None)
