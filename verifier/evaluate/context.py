"""What a condition key holds in one request: a value, nothing, or something that a reading or a free fact decides.

In: entries by condition key. Out: lookups without regard to case (L3), and tests over every way to resolve them.
Guarantee: an empty set reads as absent (C1); the kind of policy decides what F3 and F8 hide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from verifier.evaluate.symbols import Symbols, Truth
from verifier.frozen import Frozen
from verifier.model import reference
from verifier.model.policy import PolicyKind
from verifier.model.readings import E2, READ_BY, WHICH_PAIR
from verifier.model.request import Value
from verifier.model.symbols import Reading

ENCRYPTION_CONTEXT = "kms:encryptioncontext:"
RESOURCE_TAG = "aws:resourcetag/"
TAGS_OF_RESOURCE = (RESOURCE_TAG, "iam:resourcetag/")


class Free(Frozen):
    """A fact of the key that is not known (U3). `present` is true where every key has the fact."""

    present: bool


class Either(Frozen):
    """One entry if the symbol is true, another if it is false."""

    symbol: Reading
    yes: Entry
    no: Entry


Resolved = Value | Free | None
Entry = Resolved | Either


class Context(Frozen):
    """The entries of one request: `entries` by lower-case key, `pairs` by the exact name of an encryption context pair,
    in the order of the request.
    With `free_tags` the tags of the resource are not known (U3). `not_modelled` says of a key (lower case) that has
    no entry whether what the request has for it is not known; `None`: it is absent."""

    entries: Mapping[str, Entry]
    pairs: Mapping[str, str]
    free_tags: bool = False
    not_modelled: Callable[[str], bool] | None = None

    def lookup(self, key: str, kind: PolicyKind) -> Entry:
        """What a policy of this kind reads for a condition key."""
        name = key.lower()
        if name.startswith(ENCRYPTION_CONTEXT):
            return self._pair(name[len(ENCRYPTION_CONTEXT) :])
        entry = self.entries.get(name, Free(present=False) if self._unknown(name) else None)
        if entry is not None and kind in READ_BY:
            tags, aliases, function = READ_BY[kind]
            if name == "lambda:sourcefunctionarn":
                return Either(function, entry, None)
            of_key = name.startswith((RESOURCE_TAG, "kms:resourcealiases"))
            if of_key and kind is not PolicyKind.TRUST and self.not_modelled is None:
                return Either(aliases if name == "kms:resourcealiases" else tags, entry, None)
        return entry.yes if kind is PolicyKind.TRUST and isinstance(entry, Either) and entry.symbol == E2 else entry

    def _unknown(self, name: str) -> bool:
        if self.free_tags and name.startswith(TAGS_OF_RESOURCE):
            return True
        return self.not_modelled is not None and self.not_modelled(name)

    def _pair(self, name: str) -> Entry:
        """F7: every condition and variable reads one pair, whatever the case in which it writes the name: the first of
        those that the request gives under it, or the last. In other requests, with other orders, these are any
        others."""
        values = [value for other, value in self.pairs.items() if other.lower() == name]
        if not values or values[0] == values[-1]:
            return values[0] if values else None
        return Either(WHICH_PAIR, values[-1], values[0])


def is_multivalued(key: str, value: Resolved) -> bool:
    """True iff a key holds a set (C2): as the data says, or as the request shows."""
    known = reference.condition_key(key)
    return bool(known and known.multivalued) or (isinstance(value, tuple) and (known is None or len(value) > 1))


def resolve(entries: Mapping[str, Entry], symbols: Symbols, test: Callable[[Mapping[str, Resolved]], Truth]) -> Truth:
    """True iff a test holds of the entries as symbols resolve them, in each way that these leave open."""
    for key, entry in entries.items():
        if isinstance(entry, Either):
            ways = {value: {**entries, key: entry.yes if value else entry.no} for value in (True, False)}
            return symbols.choose(
                entry.symbol, partial(resolve, ways[True], symbols, test), partial(resolve, ways[False], symbols, test)
            )
    return test({key: entry for key, entry in entries.items() if not isinstance(entry, Either)})
