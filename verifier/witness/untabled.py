"""Values of attributes whose values are too many for a table of classes.

In: what an assignment says of the tests on them. Out: a value that meets it; or a `Conflict` with tests that no value
meets together.
Guarantee: a `Conflict` is returned only where no value meets the tests. Raises `OverBudget` where the search ends
before it knows.
"""

from __future__ import annotations

from collections.abc import Callable

from verifier.frozen import Frozen
from verifier.model.symbols import SymbolValues
from verifier.problem.classes.predicates import Predicate
from verifier.problem.classes.search import disjoint_pair, find_word
from verifier.problem.classes.tables import OverBudget
from verifier.problem.classes.words import Domain
from verifier.problem.diagrams.finite import Finite, Lazy
from verifier.problem.expression import Expression, Some, Symbol, conjunction, literal

Concrete = dict[str, str | tuple[str, ...] | None]
"""A value, a set of values, or none, for each attribute."""


class Conflict(Frozen):
    """A conjunction that no request satisfies, found where the assignment could not be made concrete."""

    impossible: Expression


class Untabled:
    """Looks for values that agree with what an assignment says of the symbols of tests. Where it admits the value
    `given` for an attribute, that is taken."""

    def __init__(self, finite: Finite, symbols: SymbolValues, given: Concrete) -> None:
        self._finite, self._symbols, self._given = finite, symbols, given

    def value(self, lazy: Lazy) -> str | Conflict | None:
        """A value of an attribute that has one; `None` where it is absent."""
        if lazy.present is not None and not self._symbols.get(lazy.present, False):
            true = [p for p, symbol in lazy.symbols.items() if self._symbols.get(symbol, False)]
            return _contradiction(lazy, true[:1], [], absent=True) if true else None
        meet = [p for p, symbol in lazy.symbols.items() if self._symbols.get(symbol) is True]
        avoid = [p for p, symbol in lazy.symbols.items() if self._symbols.get(symbol) is False]
        given = self._given.get(lazy.attribute.name)
        if isinstance(given, str) and all(p.matches(given) for p in meet) and not any(p.matches(given) for p in avoid):
            return given
        pair = disjoint_pair(_domain(lazy), meet)
        if pair is not None:
            return _contradiction(lazy, list(pair), [], absent=False)
        word = find_word(_domain(lazy), meet, avoid)
        return word if word is not None else _minimal(lazy, meet, avoid)

    def members(self, name: str) -> tuple[str, ...] | Conflict | None:
        """A member for each `Some` that holds, none of which makes another hold that does not."""
        symbols = self._finite.lazy_sets[name]
        refuted = [some for some, symbol in symbols.items() if self._symbols.get(symbol) is False]
        members = []
        for some, symbol in symbols.items():
            if self._symbols.get(symbol) is True:
                word = _member(_domain(self._finite.lazy[name]), some, refuted)
                if word is None:
                    return Conflict(conjunction([Symbol(symbol), *(~Symbol(symbols[other]) for other in refuted)]))
                members.append(word)
        return tuple(dict.fromkeys(members)) or None


def _domain(lazy: Lazy) -> Domain:
    domain = lazy.attribute.domain
    assert domain is not None
    return domain


def _minimal(lazy: Lazy, meet: list[Predicate], avoid: list[Predicate]) -> Conflict:
    """A small part of the assignment that no value satisfies: halves of it are left out, then quarters, down to single
    tests."""
    for kept in (avoid, meet):
        size = len(kept)
        while size:
            size = (size + 1) // 2 if size > 1 else 1
            at = 0
            while at < len(kept):
                chunk = kept[at : at + size]
                del kept[at : at + size]
                if _has_word(lazy, meet, avoid):
                    kept[at:at] = chunk
                    at += size
            if size == 1:
                break
    return _contradiction(lazy, meet, avoid, absent=False)


def _has_word(lazy: Lazy, meet: list[Predicate], avoid: list[Predicate]) -> bool:
    """False only if no value satisfies the tests; true also where the search would take too long."""
    try:
        return find_word(_domain(lazy), meet, avoid) is not None
    except OverBudget:
        return True


def _contradiction(lazy: Lazy, meet: list[Predicate], avoid: list[Predicate], *, absent: bool) -> Conflict:
    parts: list[Expression] = [Symbol(lazy.symbols[p]) for p in meet]
    parts += [~Symbol(lazy.symbols[p]) for p in avoid]
    return Conflict(conjunction([*parts, *([] if lazy.present is None else [literal(lazy.present, not absent)])]))


def _member(domain: Domain, wanted: Some, refuted: list[Some]) -> str | None:
    avoid = [p for some in refuted if some.inside for p in some.predicates]
    unions = [sorted(some.predicates, key=repr) for some in refuted if not some.inside]
    if wanted.inside:
        unions.append(sorted(wanted.predicates, key=repr))
    else:
        avoid += wanted.predicates
    return _within_unions(lambda meet: find_word(domain, meet, avoid), unions, [])


def _within_unions(
    find: Callable[[list[Predicate]], str | None], unions: list[list[Predicate]], meet: list[Predicate]
) -> str | None:
    if not unions:
        return find(meet)
    found = (_within_unions(find, unions[1:], [*meet, predicate]) for predicate in unions[0])
    return next((word for word in found if word is not None), None)
