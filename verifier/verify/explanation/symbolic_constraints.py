"""A request's values → constraints that fix the finite problem to it.

In: a question and concrete values. Out: expressions that hold of that request, and of the requests that differ only in what it leaves open.
Guarantee: a value that the problem's domains do not hold raises `Undetermined`, and never becomes another.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from verifier.model.readings import WHICH_PAIR
from verifier.model.request import Request
from verifier.problem.diagrams.finite import In
from verifier.problem.expression import Expression, Symbol, both, conjunction, disjunction, either, implies, negation
from verifier.problem.question import Question
from verifier.problem.semantics.keyless import LIST_RETIRABLE, RETIRING
from verifier.verify.explanation.symbolic_values import ORGANIZATION_KEYS, Undetermined, fitting_facts, lowered, open_pairs
from verifier.witness.untabled import Concrete

ANY_PAIR = "any pair"
"""The symbol that leaves open which pairs are read (F7); false where that is held."""
Found = str | tuple[str, ...] | None
"""The value of one attribute; `None` is absent."""


def constraints(question: Question, request: Request, values: Concrete) -> Iterator[Expression]:
    """Everything that is known of the request."""
    for name, value in values.items():
        yield from has_value(question, name, value)
    yield from _as_read(question, request, values)
    yield from _open(question, request, values)


def _as_read(question: Question, request: Request, values: Concrete) -> Iterator[Expression]:
    """F7: one pair under each name is read: the first or the last, as the reading says; any, under `ANY_PAIR`."""
    pairs = open_pairs(question, request)
    if not pairs:
        yield from _relations(question, values)
        return
    last, some = Symbol(WHICH_PAIR), Symbol(ANY_PAIR)
    firsts, lasts = (tuple(found[at] for found in pairs.values()) for at in (0, -1))
    ways = [(negation(either(last, some)), firsts), (both(last, negation(some)), lasts)]
    ways += [(some, found) for found in product(*pairs.values())]
    yield disjunction(conjunction([reading, *_known(question, values, dict(zip(pairs, found, strict=True)))]) for reading, found in ways)


def _known(question: Question, values: Concrete, read: Concrete) -> Iterator[Expression]:
    for name, value in read.items():
        yield from has_value(question, name, value)
    yield from _relations(question, values | read)


def has_value(question: Question, name: str, value: Found) -> Iterator[Expression]:
    """Expressions that together say that an attribute has this value, or one that no test tells from it. Raises `Undetermined`."""
    if name in question.finite.lazy:
        yield from _lazy(question, name, value)
    elif name in question.finite.held:
        yield from _set(question, name, value)
    elif name in question.finite.tables:
        yield from _single(question, name, value)


def _single(question: Question, name: str, value: Found) -> Iterator[Expression]:
    finite = question.finite
    table = finite.tables[name]
    chosen = table.size if value is None else table.class_of(str(value))
    if chosen is None or (value is None and not finite.optional[name]):
        raise Undetermined(f"{name} = {value!r}")
    if finite.width(name) > 1:
        yield In(name, 1 << chosen)


def _set(question: Question, name: str, value: Found) -> Iterator[Expression]:
    held = {question.finite.tables[name].class_of(v) for v in (value or ())}
    if None in held:
        raise Undetermined(f"{name} = {value!r}")
    for index, symbol in enumerate(question.finite.held[name]):
        yield Symbol(symbol) if index in held else negation(Symbol(symbol))


def _lazy(question: Question, name: str, value: Found) -> Iterator[Expression]:
    lazy = question.finite.lazy[name]
    if name in question.finite.lazy_sets:
        for some, symbol in question.finite.lazy_sets[name].items():
            holds = any(any(p.matches(v) for p in some.predicates) == some.inside for v in value or ())
            yield Symbol(symbol) if holds else negation(Symbol(symbol))
        return
    if lazy.present is not None:
        yield Symbol(lazy.present) if value is not None else negation(Symbol(lazy.present))
    for predicate, symbol in lazy.symbols.items():
        yield Symbol(symbol) if isinstance(value, str) and predicate.matches(value) else negation(Symbol(symbol))


def _relations(question: Question, values: Concrete) -> Iterator[Expression]:
    """Comparisons between attributes, but for those with something that the request leaves open."""
    for symbol, relation in question.space.relations.items():
        if any(base in question.space.attributes and base not in values for view in relation.views for base in view.bases):
            continue
        for wild in (False, True):
            reading = Symbol("L7-wildcards") if wild else negation(Symbol("L7-wildcards"))
            holds = relation.holds(values, {"L7-wildcards": wild})
            yield implies(reading, Symbol(symbol) if holds else negation(Symbol(symbol)))


def _present(question: Question, name: str) -> Iterator[Expression]:
    """The attribute has some value."""
    table, lazy = question.finite.tables.get(name), question.finite.lazy.get(name)
    if table is not None and question.finite.width(name) > table.size > 0:
        yield In(name, (1 << table.size) - 1)
    elif lazy is not None and lazy.present is not None:
        yield Symbol(lazy.present)


def _open(question: Question, request: Request, values: Concrete) -> Iterator[Expression]:
    """What holds of attributes that the request leaves open: a member of the organization has a path (F2), a listing of grants is about
    some retiring principal (D9), and the facts of a key are among those that fit what the request says of them."""
    for name in ORGANIZATION_KEYS:
        if name in question.finite.held and name not in values:
            yield disjunction(Symbol(held) for held in question.finite.held[name])
    if request.action.lower() == LIST_RETIRABLE.lower() and RETIRING not in values:
        yield from _present(question, RETIRING)
    if "facts" not in values and "facts" in question.finite.tables:
        yield from fitting(question, request)


def fitting(question: Question, request: Request) -> Iterator[Expression]:
    """The facts of the key are among those that fit what the request says of them (U3). Raises `Undetermined` where none do."""
    found = fitting_facts(question, lowered(request))
    if not found:
        raise Undetermined("facts of the key that do not go together")
    if question.finite.width("facts") > 1:
        listed = question.space.attributes["facts"].values or ()
        yield In("facts", sum(1 << index for index, text in enumerate(listed) if text in found))
