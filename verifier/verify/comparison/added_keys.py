"""Keys that only NEW has, on the side of OLD: as AWS makes one without a policy.

In: two estates. Out: OLD with those keys. Guarantee: such a key has the facts of the one in NEW, the default key policy and no grants
[key-policy-default]; where nothing tells the Region or the account of it, nothing in OLD tells those apart either (S4).
"""

from __future__ import annotations

from dataclasses import replace

from verifier.model.estate import Estate, Key
from verifier.model.own_place import check_account, check_open_regions
from verifier.model.policy import default_key_policy
from verifier.syntax.diagnostic import InputError


def with_added(old: Estate, new: Estate) -> Estate:
    """OLD with the keys that only NEW has. Raises `InputError` where it must be known in which Region or account they are (S4)."""
    there = {key.arn for key in old.keys}
    added = tuple(_without_policy(key) for key in new.keys if key.arn not in there)
    if not added:
        return old
    if new.open_region and not old.open_region:
        check_open_regions(old, dict.fromkeys(new.open_region, ""))
    if new.open_account and not old.open_account:
        check_account((old,))
        if old.organization is not None or {account.id for account in old.accounts} - {account.id for account in new.accounts}:
            message = "OLD holds accounts, and whether a key that is new is of one of them is not given"
            raise InputError.of(message, hint="give its account with --account", rule="S4")
    return replace(old, keys=(*old.keys, *added))


def _without_policy(key: Key) -> Key:
    return replace(key, policies=(default_key_policy(key.arn),), grants=None if key.grants is None else (), unread=None)
