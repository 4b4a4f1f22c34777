"""Constraints of grants on the encryption context of a request (G3), and how strict those of a new grant must be (G6).

In: a space and the pairs of a constraint. Out: expressions over the pairs of the request.
Guarantee: the context stays open-ended: `equals` rules out every pair beside those listed, whatever its name.
"""

from __future__ import annotations

from verifier.model.grant import Grant, Pairs
from verifier.problem.classes.predicates import Predicate, Tokens, exactly, literal_tokens
from verifier.problem.expression import TRUE, Expression, Present, Some, Symbol, both, choose, conjunction, disjunction, either, negation
from verifier.problem.space import PAIR_PREFIX, Space, exact_pair, other_pair
from verifier.problem.views import SetView, View

NAMES = "kms:encryptioncontextkeys"
_TYPE = "kms:grantconstrainttype"


def context_meets(space: Space, grant: Grant) -> Expression:
    """The encryption context of the request satisfies the constraint of a grant (G3)."""
    if grant.context_equals is not None:
        return equals(space, grant.context_equals)
    return TRUE if grant.context_subset is None else includes(space, grant.context_subset)


def context_as_strict(space: Space, grant: Grant) -> Expression:
    """The constraint that a CreateGrant request asks for is at least as strict as that of the grant that allows it (G6)."""
    kind = space.attribute_view(_TYPE)
    if grant.context_equals is not None:
        return both(kind.test(exactly("EncryptionContextEquals")), equals(space, grant.context_equals))
    if not grant.context_subset:
        return TRUE
    return both(kind.present, includes(space, grant.context_subset))


def includes(space: Space, pairs: Pairs) -> Expression:
    """The encryption context holds these pairs: names exactly, or without regard to case by the reading G3-names."""
    return conjunction(_holds_pair(space, name, value) for name, value in pairs)


def equals(space: Space, pairs: Pairs) -> Expression:
    """The encryption context is exactly these pairs."""
    own = conjunction(_own_view(space, name).test(exactly(value)) for name, value in pairs)
    exact = both(own, _no_name_outside(space, frozenset(exactly(name) for name, _ in pairs)))
    if not any(_other_views(space, name) for name, _ in pairs):
        return exact
    folded = frozenset[Predicate](Tokens(literal_tokens(name, fold=True)) for name, _ in pairs)
    return choose(Symbol("G3-names"), both(includes(space, pairs), _only_values(space, pairs), _no_name_outside(space, folded)), exact)


def _holds_pair(space: Space, name: str, value: str) -> Expression:
    predicate = exactly(value)
    others = disjunction(view.some(frozenset({predicate}), True) for view in _other_views(space, name))
    return either(space.ask(_own_view(space, name), predicate), both(Symbol("G3-names"), others))


def _only_values(space: Space, pairs: Pairs) -> Expression:
    """No spelling of a listed name has a value that is not listed with it."""
    values: dict[str, set[Predicate]] = {}
    for name, value in pairs:
        values.setdefault(name.lower(), set()).add(exactly(value))
    views = {view.name: (view, name) for name, _ in pairs for view in (_as_set(_own_view(space, name)), *_other_views(space, name))}
    return conjunction(negation(view.some(frozenset(values[name.lower()]), False)) for view, name in views.values())


def _no_name_outside(space: Space, names: frozenset[Predicate]) -> Expression:
    space.set_view(NAMES)
    return negation(Some(NAMES, names, False)) if names else negation(Present(NAMES))


def _own_view(space: Space, name: str) -> View:
    return space.attribute_view(exact_pair(name) if letters(name) else PAIR_PREFIX + name)


def _other_views(space: Space, name: str) -> tuple[SetView, ...]:
    """The pairs whose name differs from this one in case alone: those that grants list, and all others."""
    listed = space.pair_names[PAIR_PREFIX + name.lower()]
    others = [_as_set(space.attribute_view(exact_pair(other))) for other in listed if other != name]
    if len(listed) < 2 ** letters(name):
        others.append(space.set_view(other_pair(name)))
    return tuple(others)


def _as_set(view: View) -> SetView:
    """The set of the one value that there may be."""

    def some(predicates: frozenset[Predicate], inside: bool) -> Expression:
        found = disjunction(map(view.test, predicates))
        return found if inside else both(view.present, negation(found))

    return SetView(view.name, view.present, some)


def letters(name: str) -> int:
    """How many characters of a name have another case."""
    return sum(character.lower() != character.upper() for character in name)
