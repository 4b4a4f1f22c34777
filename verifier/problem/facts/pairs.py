"""Facts about the pairs of the encryption context and the tags of a request (F6, F7): which names they have, and which
is read.

In: a space. Out: expressions that hold of every request.
Guarantee: of the pairs whose names no grant lists, `other_pair` holds the values. Different values need different
names, and there are as many of these as the set of names admits.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from verifier.model.readings import F6_REPLICATE, F6_REPLICATE_KEYS
from verifier.problem.classes.attributes import Attribute
from verifier.problem.classes.kinds import fits, table_of
from verifier.problem.classes.predicates import Less, Predicate, Tokens, exactly, literal_tokens
from verifier.problem.classes.tables import STATE_BUDGET, OverBudget
from verifier.problem.classes.words import Domain
from verifier.problem.expression import Expression, Present, Some, Symbol, Test, at_least, disjunction, implies, same
from verifier.problem.facts.operations import REPLICATE, REQUEST_TAGS, TAG_KEYS, UNTAG, lacking
from verifier.problem.facts.shared import has, predicates_of
from verifier.problem.semantics.grants import NAMES
from verifier.problem.space import EXACT_NAME, OTHER_NAME, PAIR_PREFIX, Space, acts, exact_pair, other_pair

_MOST = 8
"""Different values of pairs of one name that no grant lists, for which the names are counted."""


def pairs(space: Space) -> Iterator[Expression]:
    """F7: the keys of the encryption context are the names of its pairs, with their case; those of request tags compare
    without."""
    if has(space, NAMES):
        for attribute in [n for n in space.attributes if n.startswith(PAIR_PREFIX)]:
            yield same(Present(attribute), Some(NAMES, frozenset({_names(space, attribute)}), True))
    if has(space, TAG_KEYS):
        # UntagResource names tags without values, or, by the reading F6-untag, with some.
        has_both = acts({REPLICATE}) & Symbol(F6_REPLICATE) & Symbol(F6_REPLICATE_KEYS)
        with_tags = ~acts((lacking(REQUEST_TAGS) or frozenset()) & space.known_actions) | has_both
        for attribute in [n for n in space.attributes if n.startswith(REQUEST_TAGS)]:
            named = Tokens(literal_tokens(attribute.removeprefix(REQUEST_TAGS), fold=True))
            is_named = Some(TAG_KEYS, frozenset({named}), True)
            yield implies(with_tags, same(Present(attribute), is_named))
            yield implies(acts({UNTAG}) & Present(attribute), is_named)


def _names(space: Space, attribute: str) -> Predicate:
    """The names that the pair of an attribute can have: of what conditions read, in any case."""
    name = attribute.removeprefix(PAIR_PREFIX)
    if name.endswith(EXACT_NAME):
        return exactly(name.removesuffix(EXACT_NAME))
    key = PAIR_PREFIX + name.removesuffix(OTHER_NAME)
    return _unlisted(space, key) if name.endswith(OTHER_NAME) else _folded(key)


def _folded(key: str) -> Tokens:
    return Tokens(literal_tokens(key.removeprefix(PAIR_PREFIX), fold=True))


def _unlisted(space: Space, key: str, *further: str) -> Less:
    """The spellings of a name that no grant lists, without some `further` ones."""
    return Less(_folded(key), tuple(map(exactly, (*space.pair_names.get(key, ()), *further))))


def pairs_read(space: Space) -> Iterator[Expression]:
    """F7: what every condition on a name reads is the value of one of the pairs that have it in some case.

    Which one is open, and any may be: a request can give any of them first or last, so the reading F7, which says which
    of the two it is, rules out none. Of a pair itself only grants ask, and for the values that they list alone: whether
    it has one of these, or another.
    """
    for key, listed in space.pair_names.items():
        own = [name for name in (*map(exact_pair, listed), other_pair(key)) if has(space, name)]
        if own and has(space, key):
            read = space.attribute_view(key)
            values = list(dict.fromkeys(chain.from_iterable(predicates_of(space, name) for name in own)))
            yield same(read.present, disjunction(map(Present, own)))
            for value in values:
                yield implies(read.test(value), disjunction(_has(space, name, [value]) for name in own))
            unlike = ~disjunction(read.test(value) for value in values)
            yield implies(read.present & unlike, disjunction(_has_another(space, name, values) for name in own))


def _has(space: Space, name: str, values: list[Predicate]) -> Expression:
    """True iff the pair, or one of the pairs, of an attribute has one of these values."""
    if space.attributes[name].multivalued:
        return Some(name, frozenset(values), True)
    return disjunction(Test(name, value) for value in values)


def _has_another(space: Space, name: str, values: list[Predicate]) -> Expression:
    if space.attributes[name].multivalued:
        return Some(name, frozenset(values), False)
    return Present(name) & ~_has(space, name, values)


def names_suffice(space: Space) -> Iterator[Expression]:
    """F7: a context has one value for each name, so different values of the pairs that no grant lists have different
    spellings of it. Spellings that nothing tells apart stand for one another; where these are many, one of them
    suffices."""
    for key in space.pair_names:
        if has(space, other := other_pair(key)):
            values = predicates_of(space, other)
            found = [*(_has(space, other, [value]) for value in values), _has_another(space, other, values)]
            if few := _few(space, key, most := min(len(found), _MOST)):
                held = [Some(NAMES, frozenset({exactly(name)}), True) for name in few]
                many = Some(NAMES, frozenset({_unlisted(space, key, *few)}), True)
                for least in range(2, min(len(held) + 1, most) + 1):
                    yield implies(at_least(found, least), many | at_least(held, least))


def _few(space: Space, key: str, most: int) -> list[str]:
    """The spellings that no grant lists, but for those that nothing that is asked of the set of names tells from so
    many others that there are `most`; none if it is too much to tell."""
    attribute, unlisted = Attribute(NAMES, Domain(NAMES, (_folded(key),), ()), multivalued=True), _unlisted(space, key)
    predicates = [predicate for predicate in predicates_of(space, NAMES) if fits(attribute, predicate)]
    try:
        table = table_of(attribute, [*predicates, unlisted], STATE_BUDGET)
    except OverBudget:
        return []
    kinds = [table.members(at, most) for at in range(table.size) if table.mask(unlisted) >> at & 1]
    return [name for names in kinds if len(names) < most for name in names]
