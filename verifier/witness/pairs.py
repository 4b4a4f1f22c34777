"""The pairs of the encryption context of a request, and its request tags, by the values of attributes.

In: a question and the values of its attributes. Out: condition keys with their values, spelled as policies spell them.
Guarantee: the names are those that the set of names holds, or stand in it for one that nothing tells from them; what
conditions read under a name is the value of one of its pairs (F7).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice, product

from msgspec import field

from verifier.frozen import Frozen
from verifier.model import reference
from verifier.model.request import Request, Value
from verifier.model.steps.actions import step_action, step_key
from verifier.problem.question import Question
from verifier.problem.space import PAIR_PREFIX, Space, exact_pair, other_pair
from verifier.problem.views import Values

SET_OF_NAMES = {PAIR_PREFIX: "kms:encryptioncontextkeys", "aws:requesttag/": "aws:tagkeys"}
"""The attributes that hold the names of pairs, by the beginning of the pairs' keys."""
_SHOWN = {PAIR_PREFIX: "kms:EncryptionContext:", "aws:requesttag/": "aws:RequestTag/"}
_MOST_SPELLINGS = 256


class PairsWithPrefix(Frozen):
    """The pairs of a request whose keys begin with `prefix`."""

    question: Question
    values: Values
    prefix: str
    names: dict[str, None] = field(default_factory=dict)
    """The names of those that were shown."""

    def of(self, key: str, last: bool) -> Iterator[tuple[str, Value]]:
        """The pairs of a key in lower case. What conditions read is the first of them, or the `last` (F7)."""
        read = self.values.get(key)
        found = self._listed(key)
        others = self._others(key)
        if others:
            # More names than values: nothing tells which of them has which.
            names = self._unlisted(key, len(others))
            found |= dict(zip(names, chain(others, (others[-1] for _ in names)), strict=False))
        if isinstance(read, str):
            found = self._with_read(key, found, read)
        self.names.update(dict.fromkeys(found))
        for name in sorted(found, key=lambda name: read is not None and (found[name] == read) is last):
            yield _SHOWN[self.prefix] + name, found[name]

    def lacks_names(self, key: str) -> bool:
        """True iff the pairs of a key have more values than there are names for them."""
        others = self._others(key)
        return len(self._unlisted(key, len(others))) < len(others)

    def others(self) -> Iterator[tuple[str, Value]]:
        """The names that are held beside those that were shown, each with some value, and the set of names itself."""
        if self._held:
            others = [name for name in self._held if not any(self._alike(name, own) for own in self.names)]
            if not self._named_alone:
                yield from ((_SHOWN[self.prefix] + name, "example") for name in others)
            yield (
                spelled_key(self.question.space, SET_OF_NAMES[self.prefix]),
                tuple(dict.fromkeys((*self.names, *others))),
            )

    @property
    def _named_alone(self) -> bool:
        """True iff the request may name tags without their values: the operation always may [API: UntagRole, UntagUser,
        UntagResource], or none has been shown with a value (F6-replicate)."""
        name = str(self.values.get("action"))
        if name == "kms:replicatekey" and self.prefix != PAIR_PREFIX:
            return not self.names
        action = step_action(name) or reference.action(name)
        return (
            action is not None
            and SET_OF_NAMES[self.prefix] in action.condition_keys
            and self.prefix not in action.condition_keys
        )

    # -- values --

    def _named_by_grants(self, key: str) -> tuple[str, ...]:
        """The names that grants list, where something is asked of their pairs: what such a grant says may be
        irrelevant."""
        listed = self.question.space.pair_names.get(key, ())
        pairs = (*map(exact_pair, listed), other_pair(key))
        return listed if any(name in self.question.space.attributes for name in pairs) else ()

    def _listed(self, key: str) -> dict[str, str]:
        """The pairs whose names grants list."""
        pairs = ((name, self.values.get(exact_pair(name))) for name in self._named_by_grants(key))
        return {name: value for name, value in pairs if isinstance(value, str)}

    def _others(self, key: str) -> tuple[str, ...]:
        """The values of all other pairs."""
        found = self.values.get(other_pair(key) if self._named_by_grants(key) else key)
        return (found,) if isinstance(found, str) else found or ()

    def _with_read(self, key: str, found: dict[str, str], read: str) -> dict[str, str]:
        """The pairs with what is read among their values: of a pair one knows no more than which of the listed values
        it has, if any."""
        listed = self._named_by_grants(key)
        if read not in found.values():
            for name, value in found.items():
                if _alike(self.question, exact_pair(name) if name in listed else other_pair(key), value, read):
                    return {**found, name: read}
        return found

    # -- names --

    def _unlisted(self, key: str, wanted: int) -> list[str]:
        """The names in which a key stands that no grant lists: those that the set of names holds, and more of the same
        kinds if so many are wanted; if it holds none, any. As policies spell them, where nothing tells that apart."""
        listed = self._named_by_grants(key)
        spellings = list(
            islice(
                (name for name in _spellings(self.question, key, self.prefix) if name not in listed), _MOST_SPELLINGS
            )
        )
        held = [name for name in self._held if name not in listed and name.lower() == key[len(self.prefix) :]]
        if not held:
            return spellings[: max(wanted, 1)]
        found = dict.fromkeys(next((name for name in spellings if self._alike(name, own)), own) for own in held)
        alike = (name for name in (*held, *spellings) if any(self._alike(name, own) for own in held))
        further = chain(alike, self._members(held, wanted))
        found |= dict.fromkeys(
            islice((name for name in dict.fromkeys(further) if name not in found), max(wanted - len(found), 0))
        )
        return list(found)

    @property
    def _held(self) -> tuple[str, ...]:
        held = self.values.get(SET_OF_NAMES[self.prefix])
        return held if isinstance(held, tuple) else ()

    def _members(self, held: Sequence[str], wanted: int) -> Iterator[str]:
        """Further names of the same classes."""
        table = self.question.finite.tables.get(SET_OF_NAMES[self.prefix])
        classes = [table.class_of(name) for name in held] if table is not None else []
        return (name for at in classes if table is not None and at is not None for name in table.members(at, wanted))

    def _alike(self, name: str, other: str) -> bool:
        return _alike(self.question, SET_OF_NAMES[self.prefix], name, other)


def lacking_names(question: Question, values: Values) -> str | None:
    """A key of the encryption context of which the values say that there are more pairs than there are names."""
    pairs = PairsWithPrefix(question, values, PAIR_PREFIX)
    return next((key for key in question.space.pair_names if pairs.lacks_names(key)), None)


def unlike_pairs(request: Request) -> frozenset[str]:
    """The condition keys, in lower case, of which the request has pairs with different values: the reading F7 says
    which is read."""
    found: dict[str, set[Value]] = {}
    for key, value in request.context:
        if key.lower().startswith(PAIR_PREFIX):
            found.setdefault(key.lower(), set()).add(value)
    return frozenset(key for key, values in found.items() if len(values) > 1)


def spelled_key(space: Space, name: str) -> str:
    """A condition key as the policies spell it, or as the documentation does."""
    known = reference.condition_key(name) or step_key(name)
    if known is None or known.prefix is not None:
        return space.spellings.get(name, name)
    return known.name


def _alike(question: Question, attribute: str, one: str, other: str) -> bool:
    """True iff nothing that is asked of an attribute tells two values from one another."""
    table, lazy = question.finite.tables.get(attribute), question.finite.lazy.get(attribute)
    if one == other or (table is None and lazy is None):
        return one == other
    if table is not None:
        return table.class_of(one) == table.class_of(other)
    return lazy is not None and all(predicate.matches(one) == predicate.matches(other) for predicate in lazy.symbols)


def _spellings(question: Question, key: str, prefix: str) -> Iterator[str]:
    """The spellings that a name may have, the likely ones first."""
    name = key[len(prefix) :]
    own = question.space.spellings.get(key, key)[len(prefix) :]
    likely = [own, name, name.upper(), name.capitalize(), name[:-1] + name[-1:].upper(), name.swapcase(), name.title()]
    others = ("".join(letters) for letters in product(*(sorted({letter, letter.upper()}) for letter in name)))
    return (
        spelling
        for spelling in dict.fromkeys(chain(likely, islice(others, _MOST_SPELLINGS)))
        if spelling.lower() == name
    )
