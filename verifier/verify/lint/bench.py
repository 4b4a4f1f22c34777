"""Questions of the linter about one target: is there a request that …, and which?

In: an examination, expressions over its space. Out: `Impossible` (a proof), `Possible`, or a `Reason` for not knowing; a request that was
replayed. Guarantee: `Impossible` only from an unsatisfiable problem; `Possible` only where concrete values exist, and nothing that is not
modelled decides; a request is shown only after `evaluate` has confirmed it. One that it contradicts is an `InternalDisagreement`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from verifier.ask.answers import InternalDisagreement, gave_up
from verifier.ask.preferences import preferences, preferred
from verifier.ask.replay import for_evaluate, matched_statements, needed_to_be_sent
from verifier.ask.unmodelled import is_unmodelled, why_unmodelled
from verifier.model.engine import Engine
from verifier.model.readings import is_reading
from verifier.model.request import Decision, Request
from verifier.model.results.verdict import Counterexample, Reason
from verifier.problem.examination import Examination
from verifier.problem.expression import Expression, disjunction, literal, negation, symbols_of
from verifier.problem.facts.organizations import SAME_ORGANIZATION
from verifier.problem.substitution import settled
from verifier.solve.engines import open_session
from verifier.solve.session import Assignment, Undecided, Unsat
from verifier.verify.violations import NO_ANSWER, REFINEMENTS
from verifier.witness.command import command
from verifier.witness.request import absent_facts, build
from verifier.witness.untabled import Conflict
from verifier.witness.values import Search, Stuck

MOST_UNMODELLED = 3
"""So many things that are not modelled are tried out in all ways."""


@dataclass(frozen=True)
class Impossible:
    """No request meets the expressions. `owners` are the statements that the proof needs, by number; `blamed` are the expressions that
    cannot be met together, by position: none of them can be left out."""

    owners: tuple[int, ...] = ()
    blamed: tuple[int, ...] = ()


@dataclass(frozen=True)
class Possible:
    """Some request meets the expressions."""


Answer = Impossible | Possible | Reason
Confirm = Callable[[Request, Mapping[str, bool]], Decision | None]
"""Decides a request under the symbols given; `None` where it does not show what it should."""


class Bench:
    """The solver for one examination."""

    def __init__(self, examination: Examination, engine: Engine = Engine.Z3, timeout: float | None = None) -> None:
        self.question = examination.question
        self._reduce = examination.reduce
        question = self.question
        queries = [*examination.tests(), question.known_action, question.allowed, *preferences(question)]
        self.session = open_session(engine, question.finite, question.finite.facts, queries, timeout)
        self._unsure = sorted(symbols_of(*question.finite.facts) & question.finite.unsupported.keys())
        self._tabled = not (question.finite.lazy or SAME_ORGANIZATION in question.space.relations)

    def ask(self, *expressions: Expression) -> Answer:
        """Whether some request meets all of the expressions. Raises `UnknownTest`."""
        query = [self._reduce(expression) for expression in expressions]
        for _ in range(REFINEMENTS):
            result = self.session.check(query, minimal=True)
            if isinstance(result, Unsat):
                return Impossible(result.core, result.blamed)
            if isinstance(result, Undecided):
                return gave_up(result)
            rests = self._unmodelled_in(query)
            if rests:
                return self._whatever(query, rests)
            if self._unsure:
                return why_unmodelled(self.question, self._unsure)
            if self._is_exact(query):
                return Possible()
            found = self._concrete(self.session.assignment())
            if not isinstance(found, Conflict):
                return found if isinstance(found, Reason) else Possible()
        return NO_ANSWER

    def _whatever(self, query: Sequence[Expression], unmodelled: Sequence[str]) -> Answer:
        """Whether some request meets the expressions whatever the things that are not modelled do to it."""
        if len(unmodelled) <= MOST_UNMODELLED:
            settings = [dict(zip(unmodelled, values, strict=True)) for values in product((False, True), repeat=len(unmodelled))]
            answer = self.ask(*(_settled_all(expression, setting) for setting in settings for expression in query))
            if isinstance(answer, Possible):
                return answer
        return why_unmodelled(self.question, unmodelled)

    def example(self, expressions: Sequence[Expression], confirm: Confirm) -> Counterexample | Impossible | Reason:
        """A request with a known action that meets all of the expressions, confirmed."""
        query = [*map(self._reduce, expressions), self.question.known_action]
        rests: dict[str, None] = {}
        for _ in range(REFINEMENTS):
            result = self.session.check(query, minimal=True)
            if isinstance(result, Unsat):
                return why_unmodelled(self.question, list(rests)) if rests else Impossible(result.core, result.blamed)
            assignment = result if isinstance(result, Undecided) else preferred(self.question, self.session, query)
            if isinstance(assignment, Undecided):
                return gave_up(assignment)
            found = self._concrete(assignment)
            if isinstance(found, Reason):
                return found
            if isinstance(found, Conflict):
                continue
            shown = self._shown(*found, assignment, confirm)
            if isinstance(shown, Counterexample):
                return shown
            rests |= dict.fromkeys(shown)
            query.append(disjunction(literal(name, not assignment.symbols[name]) for name in shown))
        return NO_ANSWER

    def _is_exact(self, query: Sequence[Expression]) -> bool:
        """Whether an assignment is sure to have concrete values: classes alone decide the query and the facts, since a comparison of two
        attributes that the query does not mention has whatever truth the values give it."""
        return self._tabled and not (self.question.space.relations.keys() & symbols_of(*query))

    def _unmodelled_in(self, query: Iterable[Expression]) -> list[str]:
        return sorted(name for name in symbols_of(*query) if is_unmodelled(self.question, name) or name in self.question.finite.unsupported)

    def _concrete(self, assignment: Assignment) -> tuple[Request, frozenset[str]] | Conflict | Reason:
        """A request for an assignment, and the facts that its key lacks. A conflict is remembered."""
        found = Search(self.question, assignment.classes, assignment.symbols).run()
        if isinstance(found, Stuck):
            return Reason("budget", found.reason)
        if isinstance(found, Conflict):
            self.session.add(negation(found.impossible))
            return found
        return build(self.question, found.values, assignment.symbols), frozenset(absent_facts(self.question, found.values))

    def _shown(self, request: Request, lacking: frozenset[str], assignment: Assignment, confirm: Confirm) -> Counterexample | list[str]:
        """The request, confirmed; or the symbols of what is not modelled that it rests on."""
        question = self.question
        chosen = for_evaluate(question, request, assignment, lacking)
        decision = confirm(request, chosen)
        unmodelled = [name for name in chosen if is_unmodelled(question, name)]
        if decision is None:
            if not unmodelled:
                raise InternalDisagreement.on(request)
            return unmodelled
        needed = dict(_needed(request, chosen, decision, confirm))
        rests = [name for name in needed if name in unmodelled]
        if rests:
            return rests
        readings = {name: value for name, value in needed.items() if is_reading(name)}
        readings |= dict(needed_to_be_sent(question, self.session, assignment))
        free = tuple((name, value) for name, value in needed.items() if name not in readings)
        matched = matched_statements(decision)
        return Counterexample(request, decision, matched, tuple(sorted(readings.items())), free, command(request, matched))


def _settled_all(expression: Expression, values: Mapping[str, bool]) -> Expression:
    for name, value in values.items():
        expression = settled(expression, name, value)
    return expression


def _needed(request: Request, chosen: Mapping[str, bool], decision: Decision, confirm: Confirm) -> Iterator[tuple[str, bool]]:
    """The symbols whose other value shows something else: of those that were asked for."""
    asked = dict(decision.assignment)
    for name, value in sorted(chosen.items()):
        if name in asked and confirm(request, {**chosen, name: not value}) is None:
            yield name, value
