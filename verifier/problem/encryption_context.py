"""Constraints of grants on the encryption context of a request (G3), and how strict those of a new grant must be (G6).

In: a space and the pairs of a constraint. Out: expressions over the pairs of the request.
Guarantee: the context stays open-ended: `equals` rules out every pair beside those listed, whatever its name.
"""

from __future__ import annotations

from verifier.model.grant import Grant, Pairs
from verifier.problem.expression import TRUE, Expression, Present, Some, Symbol, both, choose, conjunction, disjunction, either, negation
from verifier.problem.predicates import Predicate, Tokens, exactly, literal_tokens
from verifier.problem.space import PAIR_PREFIX, Space, exact_pair, other_pair
from verifier.problem.views import View

_NAMES = "kms:encryptioncontextkeys"
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
    other = disjunction(space.ask(view, predicate) for view in _other_views(space, name))
    return either(space.ask(_own_view(space, name), predicate), both(Symbol("G3-names"), other))


def _only_values(space: Space, pairs: Pairs) -> Expression:
    """No spelling of a listed name has a value that is not listed with it."""
    values: dict[str, set[str]] = {}
    for name, value in pairs:
        values.setdefault(name.lower(), set()).add(value)
    views = {view.name: (view, name) for name, _ in pairs for view in (_own_view(space, name), *_other_views(space, name))}
    return conjunction(
        either(negation(view.present), *(space.ask(view, exactly(value)) for value in sorted(values[name.lower()])))
        for view, name in views.values()
    )


def _no_name_outside(space: Space, names: frozenset[Predicate]) -> Expression:
    space.set_view(_NAMES)
    return negation(Some(_NAMES, names, False)) if names else negation(Present(_NAMES))


def _own_view(space: Space, name: str) -> View:
    return space.attribute_view(exact_pair(name) if _letters(name) else PAIR_PREFIX + name)


def _other_views(space: Space, name: str) -> tuple[View, ...]:
    """The pairs whose name differs from this one in case alone."""
    listed = space.pair_names[PAIR_PREFIX + name.lower()]
    others = [exact_pair(other) for other in listed if other != name]
    if len(listed) < 2 ** _letters(name):
        others.append(other_pair(name))
    return tuple(map(space.attribute_view, others))


def _letters(name: str) -> int:
    """How many characters of a name have another case."""
    return sum(character.lower() != character.upper() for character in name)
