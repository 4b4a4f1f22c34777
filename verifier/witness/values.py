"""A solver's assignment → concrete values of the attributes.

In: a question and an assignment to classes and symbols. Out: `Values`, or the reason (a conflict to add as a clause),
or `None`.
Guarantee: the values are members of the assigned classes, and every comparison between attributes has the truth that
the assignment gives it. A `Conflict` is returned only when no values at all could do that.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import chain, islice

from verifier.frozen import Frozen
from verifier.model.operators import Sign
from verifier.model.symbols import SymbolName
from verifier.problem.classes.predicates import Tokens
from verifier.problem.classes.tables import OverBudget, number_text
from verifier.problem.classes.words import fill
from verifier.problem.diagrams.finite import Finite, In
from verifier.problem.expression import Expression, Symbol, conjunction, literal
from verifier.problem.facts.organizations import NAMES_OF_CALLERS, may_have
from verifier.problem.question import Question
from verifier.problem.semantics.relation_facts import parts_between
from verifier.problem.space import CALLER, other_pair
from verifier.problem.views import ValueRelation
from verifier.witness.pairs import lacking_names
from verifier.witness.untabled import Concrete, Conflict, Untabled

NOW, VALID_TO = "time", "kms:validto"
_NAMES = 128
"""Members of a class of users and roles that are tried for one whose name nobody else has."""
POOL = 6
"""Members of a class that are tried for a comparison."""


class Stuck(Frozen):
    """No values were found within the budget, and no proof that there are none. `open_part` is the part of the
    assignment, if any, of which no value is known."""

    reason: str
    open_part: Expression | None = None


class AgreeingValues(Frozen):
    """Concrete values that agree with the assignment."""

    values: Concrete


class Search:
    """Looks for concrete values that agree with one assignment. Where it admits the value `given` for an attribute,
    that is tried first."""

    def __init__(
        self,
        question: Question,
        classes: dict[str, int],
        symbols: dict[SymbolName, bool],
        given: Concrete | None = None,
    ) -> None:
        self._question = question
        self._finite: Finite = question.finite
        self._classes = classes
        self._symbols = symbols
        self._given = given or {}

    def run(self) -> AgreeingValues | Conflict | Stuck:
        """Values for every attribute."""
        values: Concrete = {}
        for name in self._finite.tables:
            open_part = self._open_part(name)
            if open_part is not None:
                return Stuck(f"no value was found for `{name}`, which policies compare as what it is not", open_part)
            found = self._held(name) if name in self._finite.held else self._first(name, values)
            if isinstance(found, Conflict | Stuck):
                return found
            values[name] = found
        self._order(values)
        untabled = Untabled(self._finite, self._symbols, self._given)
        for name, lazy in self._finite.lazy.items():
            try:
                found = untabled.members(name) if name in self._finite.lazy_sets else untabled.value(lazy)
            except OverBudget:
                return Stuck(f"no value was found for `{name}` within the search budget")
            if isinstance(found, Conflict):
                return found
            values[name] = found
        agreed = self._relate(values)
        key = lacking_names(self._question, agreed.values) if isinstance(agreed, AgreeingValues) else None
        return agreed if key is None else Stuck(f"no names were found for all pairs of `{key}`", self._of_pairs(key))

    def _order(self, values: Concrete) -> None:
        """Lets imported material be valid until some days after the request, where the assignment admits that (F6)."""
        now, end = values.get(NOW), values.get(VALID_TO)
        if not isinstance(now, str) or not isinstance(end, str):
            return
        for days in (30, 1, 365):
            for name, other, later in ((VALID_TO, now, days), (NOW, end, -days)):
                word = number_text(Decimal(other) + later * 86400)
                number = self._finite.tables[name].class_of(word)
                if number is not None and self._mask(name) >> number & 1:
                    values[name] = word
                    return

    def _of_pairs(self, key: str) -> Expression:
        """True iff the pairs of a key that no grant lists are what the assignment says."""
        name = other_pair(key)
        symbols = self._finite.held.get(name) or self._finite.lazy_sets[name].values()
        return conjunction(Symbol(symbol) for symbol in symbols if self._symbols.get(symbol, False))

    def _open_part(self, name: str) -> Expression | None:
        """True iff an attribute is as in the assignment, of which no value is known that agrees with it; `None` where
        one is."""
        table = self._finite.tables[name]
        if table.exhaustive:
            return None
        unknown = [not table.members(index, 1) for index in range(table.size)]
        if name in self._finite.held:
            held = (symbol for symbol, empty in zip(self._finite.held[name], unknown, strict=True) if empty)
            return next((Symbol(symbol) for symbol in held if self._symbols.get(symbol, False)), None)
        mask = self._mask(name)
        return None if mask >> table.size or not all(unknown[i] for i in _bits(mask, table.size)) else In(name, mask)

    # -- single attributes --

    def _members(self, name: str, limit: int) -> Iterator[str | None]:
        """Values of an attribute that the assignment admits, the most plausible one first."""
        table, mask = self._finite.tables[name], self._mask(name)
        given = self._given.get(name)
        known = table.class_of(given) if isinstance(given, str) else None
        if isinstance(given, str) and known is not None and mask >> known & 1:
            yield given
        if mask >> table.size & 1:
            yield None
        mask &= (1 << table.size) - 1
        if mask:
            first, word = table.pick(mask)
            yield word
            for index in sorted(_bits(mask, table.size), key=lambda i: i != first):
                yield from table.members(index, limit)

    def _mask(self, name: str) -> int:
        """The classes that the assignment admits; an attribute that it leaves open is absent if it can be."""
        table = self._finite.tables[name]
        open_mask = 1 << table.size if self._finite.optional[name] else (1 << table.size) - 1
        return self._classes.get(name, open_mask)

    def _first(self, name: str, values: Concrete) -> str | Conflict | Stuck | None:
        """The most plausible value; of the names of users and roles, of one that may be (R2)."""
        if name not in NAMES_OF_CALLERS:
            return next(self._members(name, 1), None)
        for limit in (1, _NAMES):
            for word in self._members(name, limit):
                if word is None or may_have(self._question.space.estate, name, word, values.get(CALLER)):
                    return word
        table, mask = self._finite.tables[name], self._mask(name)
        if any(len(table.members(index, _NAMES + 1)) > _NAMES for index in _bits(mask, table.size)):
            return Stuck("no name was found that no listed user or role has")
        return Conflict(conjunction(In(about, self._mask(about)) for about in dict.fromkeys((CALLER, name))))

    def _held(self, name: str) -> tuple[str, ...] | None:
        table = self._finite.tables[name]
        held = [i for i, symbol in enumerate(self._finite.held[name]) if self._symbols.get(symbol, False)]
        given: dict[int | None, list[str]] = {}
        for member in self._given.get(name) or ():
            given.setdefault(table.class_of(member), []).append(member)
        return tuple(chain.from_iterable(given.get(i) or [table.pick(1 << i)[1]] for i in held)) or None

    # -- comparisons between attributes --

    def _relate(self, values: Concrete) -> AgreeingValues | Conflict | Stuck:
        relations = [r for name, r in self._question.space.relations.items() if name in self._symbols]
        if all(self._agrees(relation, values) for relation in relations):
            return AgreeingValues(values)
        found = self._values_for(relations, values)
        if isinstance(found, AgreeingValues):
            return found
        return self._intransitive(relations) or self._alone(relations, values) or found

    def _values_for(self, relations: list[ValueRelation], values: Concrete) -> AgreeingValues | Conflict | Stuck:
        names = list(dict.fromkeys(base for r in relations for view in reversed(r.views) for base in view.bases))
        budget, result = [2000], dict(values)
        if self._assign(names, relations, dict(values), result, budget):
            return AgreeingValues(result)
        return self._impossible(relations, names, exhausted=budget[0] <= 0)

    def _alone(self, relations: list[ValueRelation], values: Concrete) -> Conflict | None:
        """One comparison that is impossible by itself: a reason that rules out more than all of them together."""
        for relation in relations if len(relations) > 1 else ():
            found = self._values_for([relation], values)
            if isinstance(found, Conflict):
                return found
        return None

    def _intransitive(self, relations: list[ValueRelation]) -> Conflict | None:
        """Equalities that hold one after another, and one from end to end that does not. (A relation is false where a
        side is absent.)"""
        true = [r for r in relations if r.pair is not None and self._symbols[r.symbol]]
        for relation in relations:
            if relation.pair is None or self._symbols[relation.symbol]:
                continue
            usable = [r for r in true if relation.fold or not r.fold]
            chain = _chain(relation.pair[0].name, relation.pair[1].name, usable)
            if chain is not None:
                return Conflict(conjunction([*(Symbol(r.symbol) for r in chain), ~Symbol(relation.symbol)]))
        return None

    def _impossible(self, relations: list[ValueRelation], names: list[str], *, exhausted: bool) -> Conflict | Stuck:
        """The search was exhaustive only if every class involved has no more members than were tried. What it shows, it
        shows for the readings of wildcards that it was made under; what it does not show is in doubt, and others may be
        asked for."""
        readings = dict.fromkeys(relation.wildcards for relation in relations)
        parts: list[Expression] = [literal(one, self._symbols.get(one, False)) for one in readings]
        for name in names:
            table, mask = self._finite.tables.get(name), self._classes.get(name)
            if table is None or mask is None:
                exhausted = True
                continue
            exhausted = (
                exhausted
                or not table.exhaustive
                or any(len(table.members(i, POOL + 1)) > POOL for i in _bits(mask, table.size))
            )
            parts.append(In(name, mask))
        parts += [literal(relation.symbol, self._symbols[relation.symbol]) for relation in relations]
        together = conjunction(parts)
        if exhausted:
            return Stuck("no values were found that satisfy the policy variables", together)
        return Conflict(together)

    def _agrees(self, relation: ValueRelation, values: Concrete) -> bool:
        if any(view.value(values) is None for view in relation.views):
            return True
        return relation.holds(values, self._symbols) == self._symbols[relation.symbol]

    def _assign(
        self,
        names: list[str],
        relations: list[ValueRelation],
        trial: Concrete,
        result: Concrete,
        budget: list[int],
    ) -> bool:
        if not names:
            if all(self._agrees(relation, trial) for relation in relations):
                result.update(trial)
                return True
            return False
        name, rest = names[0], names[1:]
        if name not in self._finite.tables or name in self._finite.held:
            return self._assign(rest, relations, trial, result, budget)
        for candidate in dict.fromkeys((*self._derived(name, relations, trial), *self._members(name, POOL))):
            budget[0] -= 1
            if budget[0] <= 0:
                return False
            if candidate is not None and not may_have(self._question.space.estate, name, candidate, trial.get(CALLER)):
                continue
            trial[name] = candidate
            if self._assign(rest, relations, trial, result, budget):
                return True
        return False

    def _derived(self, name: str, relations: list[ValueRelation], trial: Concrete) -> Iterator[str]:
        """Values that the other side of a comparison suggests, so far as the assigned classes admit them."""
        table = self._finite.tables[name]
        mask = self._classes.get(name, (1 << table.size) - 1)
        for relation in relations:
            for word in _suggestions(relation, name, trial):
                index = table.class_of(word)
                if index is not None and mask >> index & 1:
                    yield word


def _parts(relation: ValueRelation, text: str) -> Iterator[str]:
    """Values of the one variable for which a text matches: parts of the text."""
    assert relation.around is not None and relation.expected is not None
    for part in parts_between(relation.around, text):
        pattern = relation.expected([part])
        if pattern is not None and pattern.matches(text):
            yield part


def _chain(start: str, end: str, equalities: list[ValueRelation]) -> list[ValueRelation] | None:
    """Equalities that lead from one view to another; `None` if there are none."""
    reached: dict[str, list[ValueRelation]] = {start: []}
    todo = [start]
    while todo:
        at = todo.pop(0)
        if at == end:
            return reached[at]
        for relation in equalities:
            assert relation.pair is not None
            names = [view.name for view in relation.pair]
            for here, there in (names, names[::-1]):
                if here == at and there not in reached:
                    reached[there] = [*reached[at], relation]
                    todo.append(there)
    return None


def _suggestions(relation: ValueRelation, name: str, trial: Concrete) -> Iterator[str]:
    subject, *sources = relation.views
    if relation.pair is not None:
        for one, other in (relation.pair, relation.pair[::-1]):
            value = other.value(trial)
            if one.bases == (name,) and value is not None:
                yield value
                if relation.fold:
                    yield from (value.swapcase(), value.upper(), value.lower())
    own = subject.value(trial)
    is_the_variable = len(sources) == 1 and sources[0].bases == (name,)
    if is_the_variable and relation.around is not None and relation.pair is None and own is not None:
        yield from islice(_parts(relation, own), POOL)
    found = [value for value in (source.value(trial) for source in sources) if value is not None]
    if is_the_variable and relation.mode == Sign.LIKE_ARN:
        yield from _AN_ARN  # what a pattern of ARNs must be, where it is the variable's value
    if subject.bases == (name,) and relation.expected is not None and len(found) == len(sources):
        pattern = relation.expected(found)
        if isinstance(pattern, Tokens):
            for filling in ("example", "", "x"):
                yield fill(pattern, filling)


_AN_ARN = ("arn:aws:iam::444455556666:role/example", "*:*:*:*:*:*")


def _bits(mask: int, size: int) -> list[int]:
    return [index for index in range(size) if mask >> index & 1]
