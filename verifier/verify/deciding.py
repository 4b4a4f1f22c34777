"""One target, invariants about single requests → verdicts.

In: an estate, a target, invariants that do not say `can eventually`, how a run decides. Out: a `Verdict` each.
Guarantee: Refuted only with a counterexample that `evaluate` replayed; a scope that is empty is an input error (S3),
never a pass.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from verifier.ask.answers import OUT_OF_TIME, Answer, Proved, Refuted, Unknown
from verifier.ask.loop import preferences
from verifier.deadline import TimeIsOver, after, until
from verifier.frozen import Frozen
from verifier.model.choices import MOST_STEPS, Engine
from verifier.model.estate import Estate, Key
from verifier.model.grant import Grant, reference_to_grant
from verifier.model.invariant import Invariant
from verifier.model.invariant_file import GrantInvariant
from verifier.model.policy import StatementRef
from verifier.model.results.verdict import Agreement, Statistics, Status, Verdict
from verifier.model.symbols import SymbolValues
from verifier.problem.asking import ask
from verifier.problem.expression import Expression, literal
from verifier.problem.question import Claim, Question
from verifier.problem.semantics.targets import Target
from verifier.problem.subjects import target_name
from verifier.solve.engines import open_session
from verifier.solve.session import Counts, Session, Unsat
from verifier.syntax.diagnostic import InputError
from verifier.verify.assumptions import assumptions, where_it_is
from verifier.verify.claims import Confirmation, decide_claim
from verifier.verify.preparation import not_known, resolved_invariant

if TYPE_CHECKING:
    from verifier.verify.string_claims import Strings

CROSS_CHECK_LIMIT = 10.0
"""Seconds that the second engine has for a verdict, where no timeout is given."""


class Deciders(Frozen):
    """What decides where no claim about all requests is proved. Whoever opens a run hands them in
    (`verifier.verify.proving` has them all): most runs need none, and start sooner without."""

    confirm: Confirmation
    """A request that breaks a claim: `verifier.verify.violations`."""
    listed: Callable[[Estate, Key, GrantInvariant, SymbolValues], Verdict]
    """Invariants about listed grants: `verifier.verify.listed_grants`."""
    eventually: Callable[[Estate, Target, list[Invariant], ProofOptions], Iterator[Verdict]]
    """Invariants about steps: `verifier.verify.reach.eventually`."""
    strings: Callable[[Question, str, Engine, float | None, tuple[Expression, ...]], Strings]
    """A string engine for a question, until a deadline: `verifier.verify.string_claims`."""


class ProofOptions(Frozen):
    """How a run decides: the engine, seconds for one claim, the readings that are held, the engine that checks, if any,
    what decides the rest, and the most steps of a chain (E0); `None`: of every length."""

    engine: Engine
    timeout: float | None
    held: SymbolValues
    second: Engine | None
    deciders: Deciders
    steps: int | None = None

    @property
    def longest(self) -> int:
        """How many steps a chain may have that is replayed."""
        return MOST_STEPS if self.steps is None else self.steps

    def asks_about(self, steps: int) -> bool:
        """True iff chains of so many steps are asked about."""
        return self.steps is None or steps <= self.steps

    @property
    def fixed(self) -> tuple[Expression, ...]:
        """The readings as expressions."""
        return tuple(literal(label, value) for label, value in self.held.items())

    def strings(self, question: Question, engine: Engine, deadline: float | None) -> Strings:
        """A string engine for a question, until a deadline."""
        return self.deciders.strings(question, target_name(question.space.target), engine, deadline, self.fixed)


def decide_requests(
    estate: Estate, target: Target, invariants: list[Invariant], options: ProofOptions
) -> Iterator[Verdict]:
    """A verdict for each invariant, in their order. Raises `InputError` for one whose scope is empty (S3)."""
    started = time.perf_counter()
    reason = not_known(target)
    if reason is None:
        wanted = [resolved_invariant(estate, target, invariant) for invariant in invariants]
        try:
            with until(after(options.timeout)):
                asking = _Asking(estate, target, wanted, options)
        except TimeIsOver:
            reason = OUT_OF_TIME
    if reason is not None:
        for invariant in invariants:
            unchecked = Agreement.NOTHING_TO_CHECK if options.second else None
            rests = tuple(where_it_is(estate))
            yield Verdict(invariant, target_name(target), Status.UNKNOWN, (), rests, reason=reason, agreement=unchecked)
        return
    for number, invariant in enumerate(invariants):
        question, answer, statistics = asking.answer(number)
        elapsed = time.perf_counter() - started
        found = _verdict(question, question.claims[number], answer, elapsed, statistics, options.held)
        yield replace(found, invariant=invariant, agreement=_agreement(question, number, answer, options))
        started = time.perf_counter()


class _Asking:
    """The question of one target. It is asked quickly first: a proof by patterns alone, and most requests, need no
    table of what the patterns tell apart. What that does not settle is asked with every table."""

    def __init__(self, estate: Estate, target: Target, invariants: list[Invariant], options: ProofOptions) -> None:
        self._question = estate, target, invariants
        self._options = options
        self._quick = self._opened(quick=True)

    def _opened(self, *, quick: bool) -> tuple[Question, Session]:
        question = ask(*self._question, quick=quick)
        return question, _session(question, self._options)

    @cached_property
    def _exact(self) -> tuple[Question, Session]:
        return self._opened(quick=False) if self._quick[0].left else self._quick

    def answer(self, number: int) -> tuple[Question, Answer, Statistics]:
        """The answer to one claim, by the question that settled it: proved only if no request breaks it, and refuted
        only by one. Raises `InputError` where its scope is empty (S3)."""
        deadline = after(self._options.timeout)
        try:
            with until(deadline):
                return self._quickly_or_exactly(number, deadline)
        except TimeIsOver:
            question, session = self._quick
            return question, Unknown(OUT_OF_TIME), _statistics(question, session.counts, session.counts)

    def _quickly_or_exactly(self, number: int, deadline: float | None) -> tuple[Question, Answer, Statistics]:
        question = self._quick[0]
        if not question.left or not question.is_rough(question.claims[number]):
            found = self._answer(number, deadline, *self._quick)
            if not question.left or not isinstance(found[1], Unknown):
                return found
        return self._answer(number, deadline, *self._exact)

    def _answer(
        self, number: int, deadline: float | None, question: Question, session: Session
    ) -> tuple[Question, Answer, Statistics]:
        before, session.deadline = session.counts, deadline
        _check_scope(question, question.claims[number], session)
        options = self._options
        if options.engine.on_strings:
            answer = options.strings(question, options.engine, deadline).decide(number, session)
        else:
            answer = decide_claim(question, question.claims[number], session, options.deciders.confirm, options.fixed)
        return question, answer, _statistics(question, before, session.counts)


def _agreement(question: Question, number: int, answer: Answer, options: ProofOptions) -> Agreement | None:
    if options.second is None:
        return None
    return options.strings(question, options.second, after(options.timeout or CROSS_CHECK_LIMIT)).check(number, answer)


def _session(question: Question, options: ProofOptions) -> Session:
    queries: list[Expression] = [question.known_action, *preferences(question)]
    for claim in question.claims:
        queries += [claim.scope, claim.violation]
    engine = Engine.Z3 if options.engine.on_strings else options.engine
    return open_session(engine, question.finite, question.finite.facts, queries, options.timeout)


def _check_scope(question: Question, claim: Claim, session: Session) -> None:
    """S3: an invariant without a request in its scope is an input error."""
    if isinstance(session.check([claim.scope]), Unsat):
        empty = f"has no request in its scope on {target_name(question.space.target)}"
        message = f"invariant {claim.invariant.name!r} {empty}, so it checks nothing"
        raise InputError.of(message, claim.invariant.span, rule="S3")


def _verdict(
    question: Question, claim: Claim, answer: Answer, elapsed: float, statistics: Statistics, held: SymbolValues
) -> Verdict:
    target = target_name(question.space.target)
    rests = assumptions(question, claim, answer, held)
    match answer:
        case Proved(core):
            known = (question.space.owners[owner] for owner in core if owner not in claim.bystanders)
            statements = tuple(dict.fromkeys(known))
            return Verdict(claim.invariant, target, Status.PROVED, statements, rests, None, None, elapsed, statistics)
        case Refuted(counterexample):
            shown = replace(counterexample, grants=_grants_among(question.space.target.key, counterexample.statements))
            return Verdict(claim.invariant, target, Status.REFUTED, (), rests, shown, None, elapsed, statistics)
        case Unknown(reason):
            return Verdict(claim.invariant, target, Status.UNKNOWN, (), rests, None, reason, elapsed, statistics)


def _grants_among(key: Key | None, statements: tuple[StatementRef, ...]) -> tuple[Grant, ...]:
    """The grants that statements of a trace stand for."""
    if key is None or not key.grants:
        return ()
    names = {statement.policy for statement in statements}
    return tuple(grant for grant in key.grants if reference_to_grant(key.arn, grant).policy in names)


def _statistics(question: Question, before: Counts, after: Counts) -> Statistics:
    finite = question.finite
    return Statistics(
        attributes=len(finite.tables) + len(finite.lazy),
        classes=sum(table.size for table in finite.tables.values()),
        tests=sum(len(predicates) for predicates in question.space.questions.values()),
        boxes=len(question.space.owners),
        terms=after.terms,
        clauses=after.clauses,
        conflicts=after.conflicts - before.conflicts,
        solver_calls=after.calls - before.calls,
    )
