"""The request nearest to a given one that is decided otherwise.

In: a point, and what is wanted. Out: a concrete request with the fewest changed parts, or why there is none.
Guarantee: exact: no request that could be sent with fewer changed parts is decided as wanted. Each was decided by
`evaluate`; where the wanted decision must be certain, under every reading. What cannot be settled within the budget is
a `Reason`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from verifier.ask.answers import GaveUp, InternalDisagreement, Proved, Refuted, Unknown
from verifier.ask.candidates import Candidate, candidate
from verifier.ask.loop import Inconclusive, checked, preferences, preferred, refined, why_unmodelled
from verifier.ask.replay import leading_away, needed_to_be_sent
from verifier.deadline import after, until
from verifier.evaluate import evaluate
from verifier.frozen import Frozen
from verifier.model.choices import Engine
from verifier.model.readings import OF_WILDCARDS
from verifier.model.request import Decision, Outcome, Request
from verifier.model.symbols import (
    SESSION_ALLOW,
    HeldClass,
    LazyTest,
    NotModelled,
    RelationTest,
    SymbolName,
    SymbolValues,
)
from verifier.problem.diagrams.finite import In
from verifier.problem.expression import And, Constant, Expression, Not, Or, Symbol, at_most, disjunction, literal, nodes
from verifier.problem.expression import Part as Said
from verifier.problem.question import Question
from verifier.problem.substitution import with_values
from verifier.solve.engines import open_session
from verifier.solve.session import Assignment, Sat, Session
from verifier.verify.explanation.point import ACTION_CHANGE, CALLER_CHANGE, CountedChange, Point, part_of

_PATIENCE = 20.0
"""Seconds after which a search is given up."""


class WantedDecision(Frozen):
    """What is looked for: allow or deny, whether under every reading, and whether caller and action must stay."""

    outcome: Outcome
    certain: bool
    same_call: bool


class Near(Frozen):
    """The nearest request: the parts that changed, the readings that it needs in order to be sent."""

    request: Request
    parts: tuple[str, ...]
    readings: tuple[tuple[SymbolName, bool], ...]


@dataclass
class Neighbourhood:
    """Searches around one point. `held` fixes symbols."""

    point: Point
    held: SymbolValues
    timeout: float | None = None
    left_out: frozenset[str] = frozenset()
    """The parts that the request leaves out though all that could be sent have them: they may take any value."""
    _session: Session = field(init=False)
    _fixed: list[Expression] = field(init=False)
    _counted: list[CountedChange] = field(init=False)
    """The parts that the request does not leave out."""
    _limits: dict[int, Expression] = field(default_factory=dict)

    def __post_init__(self) -> None:
        question = self.point.question
        fixed = {SESSION_ALLOW: False, **self.held}
        self._fixed = [literal(name, value) for name, value in fixed.items()]
        self._fixed += [question.known_action, self.point.same_key]
        queries = [question.allowed, *self._fixed, *(part.changed for part in self.point.parts), *preferences(question)]
        self._session = open_session(Engine.Z3, question.finite, question.finite.facts, queries, self.timeout)
        # To send with a request what it does not have and no decision depends on is no change of it.
        tested = {part_of(name) for name in _attributes_of(question)}
        absent = (part for part in self.point.parts if self._is_absent(part))
        self.left_out = self._missing().union(part.name for part in absent if part.name not in tested)
        self._counted = [part for part in self.point.parts if part.name not in self.left_out]

    def _missing(self) -> frozenset[str]:
        """The fewest absent keys that the request would have if it could be sent: evaluation without them tells little.
        Where it could not be sent with more keys alone, the fewest others change as well."""
        absent = [part for part in self.point.parts if self._is_absent(part)]
        others = [part.changed for part in self.point.parts if part not in absent]
        query = list(self._fixed)
        for expressions in (others, [part.changed for part in absent]):
            limits = (at_most(expressions, most) for most in range(len(expressions) + 1))
            limit = next((limit for limit in limits if isinstance(self._session.check([*query, limit]), Sat)), None)
            if limit is None:
                return frozenset()
            query.append(limit)
        try:
            assignment = preferred(self.point.question, self._session, query)
        except GaveUp:
            return frozenset()
        return frozenset(part.name for part in absent if true_in(part.changed, assignment))

    def _is_absent(self, part: CountedChange) -> bool:
        found = [value for name, value in self.point.values.items() if part_of(name) == part.name]
        return bool(found) and all(value is None for value in found)

    def find(self, goal: WantedDecision) -> Proved | Refuted[Near] | Unknown:
        """Refuted only if a request, the nearest one, meets the goal, and proved only if none does."""
        question = self.point.question
        target = question.allowed if goal.outcome is Outcome.ALLOW else ~question.allowed
        query = [*self._fixed, target]
        if goal.same_call:
            query += [~part.changed for part in self.point.parts if part.name in (CALLER_CHANGE, ACTION_CHANGE)]
        least, rests = 0, dict[str, None]()
        self._session.deadline = after(_PATIENCE if self.timeout is None else min(self.timeout, _PATIENCE))

        def attempt() -> Proved | Refuted[Near] | Unknown | None:
            nonlocal least
            most = self._least(query, least)
            if most is None:
                return Unknown(why_unmodelled(question, tuple(rests)), tuple(rests)) if rests else Proved()
            least = most
            found = self._near([*query, self._limit(most)], goal)
            if isinstance(found, Near):
                return Refuted(found)
            rests.update(dict.fromkeys(found.names))
            query.append(found.otherwise)
            return None

        with until(self._session.deadline):
            return refined(self._session, attempt)

    def _least(self, query: list[Expression], start: int) -> int | None:
        """How many parts must change, at least `start`; `None` where no request meets the query."""
        for most in range(start, len(self._counted) + 1):
            if isinstance(checked(self._session, [*query, self._limit(most)], minimal=False), Sat):
                return most
            if most == start and not isinstance(checked(self._session, query, minimal=False), Sat):
                return None
        return None

    @property
    def open_parts(self) -> frozenset[str]:
        """The parts that may have any value: those that the request leaves out, and those that it leaves open."""
        return self.left_out.union(self.point.question.space.attributes.keys() - self.point.values.keys())

    def _limit(self, most: int) -> Expression:
        if most not in self._limits:
            self._limits[most] = at_most([part.changed for part in self._counted], most)
        return self._limits[most]

    def _near(self, query: list[Expression], goal: WantedDecision) -> Near | Inconclusive:
        """A request for one solution of the query; where it does not serve, what it rests on, and what does without."""
        question = self.point.question
        found = candidate(question, preferred(question, self._session, query, self._wishes()), self.point.values)
        decision = evaluate(question.space.estate, found.request, self.held)
        if decision.outcome is goal.outcome or (decision.outcome is Outcome.DEPENDS and not goal.certain):
            changed = tuple(part.name for part in self._counted if true_in(part.changed, found.assignment))
            return Near(found.request, changed, tuple(needed_to_be_sent(question, self._session, found)))
        return self._set_aside(found, decision, goal)

    def _wishes(self) -> list[Expression]:
        """Of requests equally near: the same caller, then the same action, then nothing supposed that need not be."""
        first = [part for name in (CALLER_CHANGE, ACTION_CHANGE) for part in self.point.parts if part.name == name]
        left_out = [part for part in self.point.parts if part.name in self.left_out]
        return [~part.changed for part in (*first, *left_out)]

    def _set_aside(self, found: Candidate, decision: Decision, goal: WantedDecision) -> Inconclusive:
        """Of a request that `evaluate` decides otherwise, maybe only in a reading: what it rests on that is not
        modelled, and what holds of every request that meets the goal, not of this one."""
        question, request, assignment = self.point.question, found.request, found.assignment
        if decision.outcome is not Outcome.DEPENDS:
            unmodelled = [name for name in assignment.symbols if isinstance(name, NotModelled)]
            if not unmodelled:
                raise InternalDisagreement.on(request)
            return Inconclusive(tuple(unmodelled), disjunction(_not_as_in(assignment, unmodelled)))
        target = question.allowed if goal.outcome is Outcome.ALLOW else ~question.allowed
        against = leading_away(question.space.estate, request, self.held, goal.outcome)
        also = with_values(target, {name: value for name, value in against.items() if name not in OF_WILDCARDS})
        if not true_in(also, assignment):
            return Inconclusive((), also)
        classes: list[Expression] = [In(name, mask) for name, mask in assignment.classes.items()]
        held = {symbol for symbols in question.finite.held.values() for symbol in symbols}
        others = _not_as_in(assignment, [name for name in assignment.symbols if name in held])
        return Inconclusive((), disjunction([*(~one for one in classes), *others]))


def _attributes_of(question: Question) -> frozenset[str]:
    """The attributes that the decision depends on."""
    found = set[str]()
    for expression in nodes([question.allowed]):
        match expression:
            case In(attribute, _):
                found.add(attribute)
            case Symbol(RelationTest() as name):
                found.update(base for view in question.space.relations[name].views for base in view.bases)
            case Symbol(name):
                found.add(name.about if isinstance(name, HeldClass | LazyTest) else name)
    return frozenset(found)


def _not_as_in(assignment: Assignment, names: Iterable[SymbolName]) -> list[Expression]:
    return [literal(name, not assignment.symbols[name]) for name in names]


def true_in(expression: Expression, assignment: Assignment) -> bool:
    """True iff an expression is true in an assignment; what this leaves open is taken as false."""
    match expression:
        case Constant(value):
            return value
        case In(attribute, mask):
            return bool(assignment.classes.get(attribute, 0) & mask)
        case Symbol(name):
            return assignment.symbols.get(name, False)
        case And(operands):
            return all(true_in(operand, assignment) for operand in operands)
        case Or(operands):
            return any(true_in(operand, assignment) for operand in operands)
        case Not(operand):
            return not true_in(operand, assignment)
        case Said(_, operand):
            return true_in(operand, assignment)
    raise TypeError(f"not a finite expression: {expression!r}")
