"""Questions of the linter about one target: is there a request that …, and which?

In: an examination, expressions over its space. Out: an `AnswerWithoutRequest`, with a request where one is asked for.
Guarantee: Proved only from an unsatisfiable problem; Refuted only where concrete values exist, and nothing that is not
modelled decides; a request is shown only after `evaluate` has confirmed it. One that it contradicts is an
`InternalDisagreement`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product

from verifier.ask.answers import InternalDisagreement, Proved, Refuted, Unknown
from verifier.ask.candidates import candidate
from verifier.ask.loop import Inconclusive, checked, find, preferences, refined, why_unmodelled
from verifier.ask.replay import counterexample, for_evaluate, needed_to_be_sent
from verifier.deadline import after, until
from verifier.model.choices import Engine
from verifier.model.request import Decision, Request
from verifier.model.results.verdict import Counterexample
from verifier.model.symbols import NotModelled, Reading, SymbolName, SymbolValues, Unsupported
from verifier.problem.examination import Examination
from verifier.problem.expression import Expression, disjunction, literal, symbols_of
from verifier.problem.facts.organizations import SAME_ORGANIZATION
from verifier.problem.substitution import with_values
from verifier.solve.engines import open_session
from verifier.solve.session import Assignment, Unsat

MOST_UNMODELLED = 3
"""So many things that are not modelled are tried out in all ways."""
FOUND_ONE = Refuted(None)
"""Some request is as was asked."""
AnswerWithoutRequest = Proved | Refuted[None] | Unknown
Example = Proved | Refuted[Counterexample] | Unknown
Confirm = Callable[[Request, SymbolValues], Decision | None]
"""Decides a request under the symbols given; `None` where it does not show what it should."""


class Bench:
    """The solver for one examination."""

    def __init__(self, examination: Examination, timeout: float | None = None) -> None:
        self.question = examination.question
        self._reduce = examination.reduce
        question = self.question
        queries = [*examination.tests(), question.known_action, question.allowed, *preferences(question)]
        self.session = open_session(Engine.Z3, question.finite, question.finite.facts, queries, timeout)
        self._timeout = timeout
        known = question.space.partly_known.keys()
        in_facts = symbols_of(*question.finite.facts) - known
        self._unsure = sorted(name for name in in_facts if isinstance(name, Unsupported))
        self._tabled = not (question.finite.lazy or SAME_ORGANIZATION in question.space.relations)

    def ask(self, *expressions: Expression) -> AnswerWithoutRequest:
        """Refuted only if a request meets all expressions, and proved only if none does. Raises `NotInVocabulary`."""
        query = [self._reduce(expression) for expression in expressions]
        self.session.deadline = after(self._timeout)
        with until(self.session.deadline):
            return self._answer(query)

    def _answer(self, query: Sequence[Expression]) -> AnswerWithoutRequest:
        return refined(self.session, lambda: self._answer_to(query))

    def _answer_to(self, query: Sequence[Expression]) -> AnswerWithoutRequest:
        result = checked(self.session, query)
        if isinstance(result, Unsat):
            return Proved(result.core, result.blamed)
        rests = sorted(name for name in symbols_of(*query) if isinstance(name, NotModelled))
        if rests:
            return self._whatever(query, rests)
        if self._unsure:
            return Unknown(why_unmodelled(self.question, self._unsure))
        if not self._is_exact(query):
            candidate(self.question, self.session.assignment())
        return FOUND_ONE

    def _whatever(self, query: Sequence[Expression], unmodelled: Sequence[SymbolName]) -> AnswerWithoutRequest:
        """Refuted only if some request meets the expressions whatever is not modelled does to it; else unknown."""
        if len(unmodelled) <= MOST_UNMODELLED:
            choices = product((False, True), repeat=len(unmodelled))
            settings = [dict(zip(unmodelled, values, strict=True)) for values in choices]
            answer = self._answer([with_values(expression, setting) for setting in settings for expression in query])
            if isinstance(answer, Refuted):
                return answer
        return Unknown(why_unmodelled(self.question, unmodelled))

    def example(self, expressions: Sequence[Expression], confirm: Confirm) -> Example:
        """A request with a known action that meets all of the expressions, confirmed."""
        query = [*map(self._reduce, expressions), self.question.known_action]
        self.session.deadline = after(self._timeout)
        with until(self.session.deadline):
            return find(self.question, self.session, query, lambda found: self._shown(found, confirm))

    def _is_exact(self, query: Sequence[Expression]) -> bool:
        """True only if an assignment has concrete values: classes alone decide the query and the facts, since a
        comparison of two attributes that the query does not mention has whatever truth the values give it."""
        return self._tabled and not (self.question.space.relations.keys() & symbols_of(*query))

    def _shown(self, assignment: Assignment, confirm: Confirm) -> Counterexample | Inconclusive:
        """The request, confirmed; or what is not modelled that it rests on."""
        question = self.question
        found = candidate(question, assignment)
        symbols = for_evaluate(question, found)
        decision = confirm(found.request, symbols)
        unmodelled = [name for name in symbols if isinstance(name, NotModelled)]
        if decision is None and not unmodelled:
            raise InternalDisagreement.on(found.request)
        needed = {} if decision is None else dict(_needed(found.request, symbols, decision, confirm))
        rests = unmodelled if decision is None else [name for name in needed if name in unmodelled]
        if decision is None or rests:
            otherwise = disjunction(literal(name, not assignment.symbols[name]) for name in rests)
            return Inconclusive(tuple(rests), otherwise)
        readings: dict[SymbolName, bool] = {name: value for name, value in needed.items() if isinstance(name, Reading)}
        readings |= dict(needed_to_be_sent(question, self.session, found))
        free = tuple((name, value) for name, value in needed.items() if name not in readings)
        return counterexample(found.request, decision, tuple(sorted(readings.items())), free)


def _needed(
    request: Request, symbols: SymbolValues, decision: Decision, confirm: Confirm
) -> Iterator[tuple[SymbolName, bool]]:
    """The symbols whose other value shows something else: of those that were asked for."""
    assignment = dict(decision.assignment)
    for name, value in sorted(symbols.items()):
        if name in assignment and confirm(request, {**symbols, name: not value}) is None:
            yield name, value
