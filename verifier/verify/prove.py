"""Prove: an estate and invariants → a report.

In: an estate, invariants, limits. Out: `Report`, a verdict for each invariant and target.
Guarantee: an invariant whose scope is empty is an input error (S3), never a pass.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from verifier.language.invariants.absent_callers import absent_in_invariants
from verifier.model.engine import Engine
from verifier.model.estate import Estate, Key
from verifier.model.grant import Grant, reference_to_grant
from verifier.model.invariant import AnyInvariant, Invariant
from verifier.model.policy import StatementRef
from verifier.model.readings import free_readings
from verifier.model.reference import data_version
from verifier.model.results.verdict import Agreement, Reason, Report, Statistics, Status, Verdict
from verifier.model.step_limits import MOST_STEPS
from verifier.model.steps.supposition import Supposition
from verifier.problem.expression import Expression, Symbol, negation
from verifier.problem.question import Claim, Question, ask
from verifier.problem.semantics.targets import Target
from verifier.problem.subjects import target_name, targets_of
from verifier.solve.engines import open_session, require, second_engine
from verifier.solve.session import Counts, Session, Unsat
from verifier.syntax.diagnostic import Diagnostic, InputError, Severity
from verifier.verify.assumptions import assumptions, where_it_is
from verifier.verify.claims import Answer, Found, Proved, decide
from verifier.verify.listed_grants import decide_listed
from verifier.verify.preferences import preferences
from verifier.verify.settled import check_readings, not_known, settled
from verifier.verify.summary import summary

if TYPE_CHECKING:
    from verifier.verify.string_claims import Strings

CROSS_CHECK_LIMIT = 10.0
"""Seconds that the second engine has for a verdict, where no timeout is given."""

Progress = Callable[[int, int, str], None]
"""Called with (done, all, what) after each verdict."""


@dataclass(frozen=True)
class How:
    """How a run decides: the engine, seconds for one call of it, the readings that are held, the engine that checks, if any, and the most
    steps of a chain (E0); `None`: of every length."""

    engine: Engine
    timeout: float | None
    held: Mapping[str, bool]
    second: Engine | None
    steps: int | None = None

    @property
    def longest(self) -> int:
        """How many steps a chain may have that is replayed."""
        return MOST_STEPS if self.steps is None else self.steps

    def asks_about(self, steps: int) -> bool:
        """Whether chains of so many steps are asked about."""
        return self.steps is None or steps <= self.steps

    @property
    def fixed(self) -> tuple[Expression, ...]:
        """The readings as expressions."""
        return tuple(Symbol(label) if value else negation(Symbol(label)) for label, value in self.held.items())

    def strings(self, question: Question, engine: Engine, timeout: float | None) -> Strings:
        """A string engine for a question."""
        from verifier.verify.string_claims import Strings

        return Strings(question, target_name(question.space.target), engine, timeout, self.fixed)


def prove(
    estate: Estate,
    invariants: Sequence[AnyInvariant],
    *,
    engine: Engine = Engine.Z3,
    timeout: float | None = None,
    readings: Mapping[str, bool] | None = None,
    cross_check: bool = False,
    steps: int | None = None,
    progress: Progress | None = None,
) -> Report:
    """Proves or refutes each invariant on each of its targets.

    `timeout` is in seconds, for one call of the solver that `engine` names. `readings` fixes readings (label → value); the others are
    tried both ways. With `cross_check` each answer is held against a second engine, on the formula over strings. `steps` is how many steps
    callers may take where an invariant says `can eventually` (0 to `MOST_STEPS`; `None`: however many).
    Raises `InputError` where nothing would be checked (S3), a reading has an unknown label or the engine is not installed,
    `InternalDisagreement` where a counterexample does not replay, and its subclass `Contradiction` where two engines disagree.
    """
    how = how_to(invariants, engine, timeout, readings, cross_check, steps)
    by_target = targets_of(estate, invariants)
    total = sum(len(found) for _, found in by_target)
    verdicts: dict[tuple[int, str], Verdict] = {}
    for target, numbers in by_target:
        chosen = [invariants[number] for number in numbers]
        for number, verdict in zip(numbers, decide_target(estate, target, chosen, how), strict=True):
            verdicts[number, verdict.target] = verdict
            if progress is not None:
                progress(len(verdicts), total, verdict.invariant.name)
    return report_of(estate, verdicts, how)


def how_to(
    invariants: Sequence[AnyInvariant],
    engine: Engine,
    timeout: float | None,
    readings: Mapping[str, bool] | None,
    cross_check: bool,
    steps: int | None = None,
) -> How:
    """How a run decides, from the arguments of `prove`. Raises `InputError` as `prove` does."""
    held = dict(readings or {})
    check_readings(held)
    require(engine)
    if not invariants:
        raise InputError.of("there are no invariants, so nothing was checked", rule="S3")
    if steps is not None and not 0 <= steps <= MOST_STEPS:
        raise InputError.of(f"steps are {steps}, expected a number from 0 to {MOST_STEPS}", rule="E0")
    return How(engine, timeout, held, second_engine(engine) if cross_check else None, steps)


def report_of(estate: Estate, verdicts: Mapping[tuple[int, str], Verdict], how: How) -> Report:
    """The report of all verdicts, each by the number of its invariant and its target."""
    ordered = tuple(verdict for _, verdict in sorted(verdicts.items(), key=lambda item: item[0][0]))
    return Report(
        ordered,
        tuple(summary(estate, key) for key in estate.keys),
        tuple(account.id for account in estate.accounts),
        data_version(),
        (
            *estate.warnings,
            *absent_in_invariants(estate, dict.fromkeys(verdict.invariant for verdict in ordered)),
            *_unused(estate.suppositions, ordered),
        ),
        estate.inputs,
        free_readings(how.held),
        None if estate.endpoints is None else len(estate.endpoints),
        how.engine,
        how.second,
        tuple(account.id for account in estate.accounts if not account.complete),
    )


def _unused(suppositions: Iterable[Supposition], verdicts: Sequence[Verdict]) -> Iterator[Diagnostic]:
    """A warning for each supposition that no proof needed (W3)."""
    needed = {assumption.text for verdict in verdicts for assumption in verdict.assumptions if assumption.rule == "W3"}
    for one in suppositions:
        if one.told not in needed:
            yield Diagnostic(Severity.WARNING, f"what is supposed was not needed for any proof: {one.told}", one.span, rule="W3")


# -- verdicts --


def decide_target(estate: Estate, target: Target, invariants: list[AnyInvariant], how: How) -> Iterator[Verdict]:
    """A verdict for each invariant, in their order: those about listed grants need no question, those about steps are asked apart."""
    about_requests = [invariant for invariant in invariants if isinstance(invariant, Invariant) and not invariant.eventually]
    about_steps = [invariant for invariant in invariants if isinstance(invariant, Invariant) and invariant.eventually]
    answered, brought_about = _on_requests(estate, target, about_requests, how), _on_steps(estate, target, about_steps, how)
    for invariant in invariants:
        if isinstance(invariant, Invariant):
            yield next(brought_about if invariant.eventually else answered)
        else:
            assert target.key is not None
            found = decide_listed(estate, target.key, invariant, how.held)
            yield replace(found, agreement=Agreement.NOTHING_TO_CHECK if how.second else None)


def _on_steps(estate: Estate, target: Target, invariants: list[Invariant], how: How) -> Iterator[Verdict]:
    """A verdict for each invariant that says `can eventually` (E0)."""
    if invariants:
        from verifier.verify.reach.eventually import prove_eventually  # which asks for single requests by this module

        unchecked = Agreement.NOTHING_TO_CHECK if how.second else None
        yield from (replace(verdict, agreement=unchecked) for verdict in prove_eventually(estate, target, invariants, how))


def _on_requests(estate: Estate, target: Target, invariants: list[Invariant], how: How) -> Iterator[Verdict]:
    started = time.perf_counter()
    reason = not_known(target)
    if reason is not None:
        for invariant in invariants:
            unchecked = Agreement.NOTHING_TO_CHECK if how.second else None
            rests = tuple(where_it_is(estate))
            yield Verdict(invariant, target_name(target), Status.UNKNOWN, (), rests, reason=reason, agreement=unchecked)
        return
    asking = _Asking(estate, target, [settled(estate, target, invariant) for invariant in invariants], how)
    for number, asked in enumerate(invariants):
        question, answer, statistics = asking.answer(number)
        elapsed = time.perf_counter() - started
        found = _verdict(question, question.claims[number], answer, elapsed, statistics, how.held)
        yield replace(found, invariant=asked, agreement=_agreement(question, number, answer, how))
        started = time.perf_counter()


class _Asking:
    """The question of one target. It is asked quickly first: a proof by patterns alone, and most requests, need no table of what the
    patterns tell apart. What that does not settle is asked with every table."""

    def __init__(self, estate: Estate, target: Target, invariants: list[Invariant], how: How) -> None:
        self._asked = estate, target, invariants
        self._how = how
        self._quick = self._opened(quick=True)

    def _opened(self, *, quick: bool) -> tuple[Question, Session]:
        question = ask(*self._asked, quick=quick)
        return question, _session(question, self._how)

    @cached_property
    def _exact(self) -> tuple[Question, Session]:
        return self._opened(quick=False) if self._quick[0].left else self._quick

    def answer(self, number: int) -> tuple[Question, Answer, Statistics]:
        """The answer to one claim, by the question that settled it. Raises `InputError` where its scope is empty (S3)."""
        question = self._quick[0]
        if not question.left or not question.is_rough(question.claims[number]):
            found = self._answer(number, *self._quick)
            if not question.left or not isinstance(found[1], Reason):
                return found
        return self._answer(number, *self._exact)

    def _answer(self, number: int, question: Question, session: Session) -> tuple[Question, Answer, Statistics]:
        before = session.counts
        _check_scope(question, question.claims[number], session)
        answer = _answer(question, number, session, self._how)
        return question, answer, _statistics(question, before, session.counts)


def _answer(question: Question, number: int, session: Session, how: How) -> Answer:
    if how.engine.on_strings:
        return how.strings(question, how.engine, how.timeout).decide(number, session)
    return decide(question, question.claims[number], session, how.fixed)


def _agreement(question: Question, number: int, answer: Answer, how: How) -> Agreement | None:
    if how.second is None:
        return None
    return how.strings(question, how.second, how.timeout or CROSS_CHECK_LIMIT).check(number, answer)


def _session(question: Question, how: How) -> Session:
    queries: list[Expression] = [question.known_action, *preferences(question)]
    for claim in question.claims:
        queries += [claim.scope, claim.violation]
    engine = Engine.Z3 if how.engine.on_strings else how.engine
    return open_session(engine, question.finite, question.finite.facts, queries, how.timeout)


def _check_scope(question: Question, claim: Claim, session: Session) -> None:
    """S3: an invariant without a request in its scope is an input error."""
    if isinstance(session.check([claim.scope]), Unsat):
        raise InputError.of(
            f"invariant {claim.invariant.name!r} has no request in its scope on {target_name(question.space.target)}, so it checks nothing",
            claim.invariant.span,
            rule="S3",
        )


def _verdict(question: Question, claim: Claim, answer: Answer, elapsed: float, statistics: Statistics, held: Mapping[str, bool]) -> Verdict:
    target = target_name(question.space.target)
    rests = assumptions(question, claim, answer, held)
    match answer:
        case Proved(core):
            statements = tuple(dict.fromkeys(question.space.owners[owner] for owner in core if owner not in claim.bystanders))
            return Verdict(claim.invariant, target, Status.PROVED, statements, rests, None, None, elapsed, statistics)
        case Found(counterexample):
            shown = replace(counterexample, grants=_grants_among(question.space.target.key, counterexample.statements))
            return Verdict(claim.invariant, target, Status.REFUTED, (), rests, shown, None, elapsed, statistics)
        case Reason():
            return Verdict(claim.invariant, target, Status.UNKNOWN, (), rests, None, answer, elapsed, statistics)


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
        tests=sum(len(asked) for asked in question.space.questions.values()),
        boxes=len(question.space.owners),
        terms=after.terms,
        clauses=after.clauses,
        conflicts=after.conflicts - before.conflicts,
        solver_calls=after.calls - before.calls,
    )
