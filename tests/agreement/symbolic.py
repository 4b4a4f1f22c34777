"""One concrete request, decided by `problem`: the other reading of the rules, held against `evaluate`.

In: an estate and a request. Out: `Outcome`. Guarantee: the request's values are fixed and the problem is solved as for
a proof; the facts of F1 to F9 are not asserted, since a context that could not be sent is decided all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from verifier.model.choices import Engine
from verifier.model.estate import Estate
from verifier.model.readings import F1_ORGANIZATION, F1_PATHS, WHICH_PAIR
from verifier.model.request import Outcome, Request, Value
from verifier.model.symbol_texts import read_values
from verifier.model.symbols import SESSION_ALLOW, Reading, RequestFact, Unsupported
from verifier.problem.asking import ask
from verifier.problem.classes.domains import is_date
from verifier.problem.classes.readable import parse_instant
from verifier.problem.diagrams.finite import In
from verifier.problem.expression import Expression, Symbol, conjunction, disjunction, implies, literal, symbols_of
from verifier.problem.question import Question
from verifier.problem.semantics.keyless import LIST_RETIRABLE, RETIRING
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.subjects import target_of
from verifier.problem.views import OTHER_SPELLING, View
from verifier.solve.engines import open_session
from verifier.solve.session import Result, Sat, Session, Undecided
from verifier.verify.explanation.point import fitting, having_value
from verifier.verify.explanation.symbolic_values import (
    ORGANIZATION_KEYS,
    Undetermined,
    concrete_values,
    fact_combinations,
    lowered,
    open_pairs,
)
from verifier.witness.untabled import Concrete

_WITHOUT_KEY = (TargetKind.NONE, TargetKind.ACCOUNT, TargetKind.WORKLOAD)
REQUEST_ALIAS, RESOURCE_ALIASES = "kms:requestalias", "kms:resourcealiases"
RESOURCE_ORGANIZATION = {F1_ORGANIZATION: "aws:resourceorgid", F1_PATHS: "aws:resourceorgpaths"}
"""The keys that a request without a key may lack, by the reading that says whether it does."""
Carried = dict[Reading, bool]
"""Answers to such readings."""
ANY_PAIR = RequestFact("any pair")
"""The symbol that leaves open which pairs are read (F7); false where that is held."""


def decide_symbolically(estate: Estate, request: Request, assignment: Mapping[str, bool] | None = None) -> Outcome:
    """The outcome for one request: allowed in every reading, refused in every reading, or it depends.

    `assignment` fixes symbols, as for `evaluate`. Raises `Undetermined` where the problem cannot hold the request.
    """
    return Decider(estate).decide(request, assignment)


class Decider:
    """Decides requests against one estate; those on one target share its question."""

    def __init__(self, estate: Estate, engine: Engine = Engine.Z3) -> None:
        self._estate, self._engine = estate, engine
        self._questions: dict[Target, Question] = {}
        self._sessions: dict[Request, list[tuple[Carried, Session]]] = {}

    def decide(self, request: Request, assignment: Mapping[str, bool] | None = None) -> Outcome:
        """As `decide_symbolically`."""
        if request.session_policies is not None:
            raise Undetermined("a session policy (U2)")
        question = self._question(request)
        held = {SESSION_ALLOW: False, **(assignment or {})}
        if WHICH_PAIR in held:
            held[ANY_PAIR] = False
        fixed = [literal(name, value) for name, value in (read_values(held) | {OTHER_SPELLING: False}).items()]
        solvers = self._solvers(question, request)
        # Of several, one for each answer to the readings, those count whose answer is not ruled out.
        sessions = [
            session
            for carried, session in solvers
            if all(held.get(reading, value) == value for reading, value in carried.items())
        ]
        allow = any(_possible(session.check([question.allowed, *fixed])) for session in sessions)
        refuse = any(_possible(session.check([~question.allowed, *fixed])) for session in sessions)
        if allow and refuse:
            _refuse_unsupported(question)
            return Outcome.DEPENDS
        return Outcome.ALLOW if allow else Outcome.DENY

    def _question(self, request: Request) -> Question:
        """The question about the request's target."""
        target = target_of(self._estate, request)
        if target not in self._questions:
            self._questions[target] = ask(self._estate, target, ())
        return self._questions[target]

    def _solvers(self, question: Question, request: Request) -> list[tuple[Carried, Session]]:
        """Solvers that know the request: without a key one for each answer to the readings that decide what it
        carries of the organization."""
        if request not in self._sessions:
            self._sessions = {
                request: [
                    (carried, _solver(question, request, carried, self._engine)) for carried in _carried(question)
                ]
            }
        return self._sessions[request]


def _carried(question: Question) -> Iterator[Carried]:
    without_key = question.space.target.kind in _WITHOUT_KEY
    asked = [one for one, name in RESOURCE_ORGANIZATION.items() if without_key and name in question.space.attributes]
    for values in product((True, False), repeat=len(asked)):
        yield dict(zip(asked, values, strict=True))


def _solver(question: Question, request: Request, carried: Carried, engine: Engine) -> Session:
    values = concrete_values(question, request)
    refuse_unlike(question, request, values)
    given = {name.lower() for name, _ in request.context}
    absent = {RESOURCE_ORGANIZATION[reading] for reading, value in carried.items() if not value}
    values |= dict.fromkeys(absent - given)
    known = [*constraints(question, request, values), *(literal(*one) for one in carried.items())]
    return open_session(engine, question.finite, known, [question.allowed])


def _refuse_unsupported(question: Question) -> None:
    """A comparison that the problem leaves open is not a reading that the outcome may depend on."""
    for name in symbols_of(question.allowed, *question.finite.facts):
        if isinstance(name, Unsupported):
            raise Undetermined(name.detail)


def _possible(result: Result) -> bool:
    if isinstance(result, Undecided):
        raise Undetermined(result.reason)
    return isinstance(result, Sat)


# -- what is known of a request --


def refuse_unlike(question: Question, request: Request, values: Concrete) -> None:
    """Raises `Undetermined` where the request gives a key that policies read another value than follows from the
    caller, the key or the operation, so that no request has it (R6)."""
    context, key = lowered(request), question.space.target.key
    for (name, _), view in question.space.views.items():
        given = context.get(name)
        if given is None or (isinstance(view, View) and any(base not in values for base in view.bases)):
            continue
        if isinstance(view, View):
            found: Value | None = view.value(values)
        else:
            found = (
                key.aliases if key is not None and name == "kms:resourcealiases" and key.aliases is not None else given
            )
        if found is None or not _same(name, given, found):
            raise Undetermined(
                f"{name} = {given!r}: in a real request it is {'absent' if found is None else repr(found)}"
            )


def _same(name: str, one: Value, other: Value) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        dated = is_date(name) and parse_instant(one) == parse_instant(other)
        return dated or one == other or (one.lower() == other and other in ("true", "false"))
    return set((one,) if isinstance(one, str) else one) == set((other,) if isinstance(other, str) else other)


def constraints(question: Question, request: Request, values: Concrete) -> Iterator[Expression]:
    """Everything that is known of the request."""
    for name, value in values.items():
        yield from having_value(question, name, value)
    yield from _as_read(question, request, values)
    yield from _open(question, request, values)


def _as_read(question: Question, request: Request, values: Concrete) -> Iterator[Expression]:
    """F7: one pair under each name is read: the first or the last, as the reading says; any, under `ANY_PAIR`."""
    pairs = open_pairs(question, request)
    if not pairs:
        yield from _relations(question, request, values)
        return
    last, some = Symbol(WHICH_PAIR), Symbol(ANY_PAIR)
    firsts, lasts = (tuple(found[at] for found in pairs.values()) for at in (0, -1))
    ways = [(~(last | some), firsts), (last & ~some, lasts)]
    ways += [(some, found) for found in product(*pairs.values())]
    yield disjunction(
        conjunction([reading, *_known(question, request, values, dict(zip(pairs, found, strict=True)))])
        for reading, found in ways
    )


def _known(question: Question, request: Request, values: Concrete, read: Concrete) -> Iterator[Expression]:
    for name, value in read.items():
        yield from having_value(question, name, value)
    yield from _relations(question, request, values | read)


def _relations(question: Question, request: Request, values: Concrete) -> Iterator[Expression]:
    """Comparisons between attributes, but for those with something that the request leaves open; with the key's facts,
    for each of those that they may be."""
    for symbol, relation in question.space.relations.items():
        bases = {base for view in relation.views for base in view.bases if base in question.space.attributes}
        left = bases - values.keys()
        if left - {"facts"}:
            continue
        facts = fact_combinations(question, lowered(request)) if left else ()
        for known in [values | {"facts": text} for text in facts] if left else [values]:
            here = conjunction(having_value(question, "facts", known["facts"]) if left else ())
            for wild in (False, True):
                reading = Symbol(relation.wildcards) if wild else ~Symbol(relation.wildcards)
                holds = relation.holds(known, {relation.wildcards: wild})
                yield implies(here & reading, Symbol(symbol) if holds else ~Symbol(symbol))


def _present(question: Question, name: str) -> Iterator[Expression]:
    """The attribute has some value."""
    table, lazy = question.finite.tables.get(name), question.finite.lazy.get(name)
    if table is not None and question.finite.width(name) > table.size > 0:
        yield In(name, (1 << table.size) - 1)
    elif lazy is not None and lazy.present is not None:
        yield Symbol(lazy.present)


def _open(question: Question, request: Request, values: Concrete) -> Iterator[Expression]:
    """What holds of attributes that the request leaves open: a member of the organization has a path (F2), a listing of
    grants is about some retiring principal (D9), a key that is called by an alias has one (F8), and the facts of a key
    are among those that fit what the request says of them."""
    for name in ORGANIZATION_KEYS:
        if name in question.finite.held and name not in values:
            yield disjunction(Symbol(held) for held in question.finite.held[name])
    if (
        values.get(REQUEST_ALIAS) is not None
        and RESOURCE_ALIASES in question.finite.held
        and RESOURCE_ALIASES not in values
    ):
        yield disjunction(Symbol(held) for held in question.finite.held[RESOURCE_ALIASES])
    if request.action.lower() == LIST_RETIRABLE.lower() and RETIRING not in values:
        yield from _present(question, RETIRING)
    if "facts" not in values and "facts" in question.finite.tables:
        yield from fitting(question, request)
