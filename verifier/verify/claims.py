"""Claims → verdicts: the loop between solver, concrete values and replay.

In: a question, one of its claims, a solver session. Out: a `Verdict`.
Guarantee: Proved only from an unsatisfiable problem; Refuted only with a request that `evaluate` confirms; everything else is Unknown
with its reason. A replay that contradicts the problem without any reason to is an `InternalDisagreement`, never a verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from verifier.evaluate import Hearing
from verifier.model.invariant import Expectation, Invariant
from verifier.model.policy import Effect
from verifier.model.readings import SESSION_ALLOW, WHICH_PAIR, trusting_role
from verifier.model.request import Outcome, Request
from verifier.model.results.verdict import Counterexample, Reason
from verifier.problem.diagrams.finite import In
from verifier.problem.expression import Expression, Symbol, disjunction, negation, symbols_of
from verifier.problem.question import Claim, Question
from verifier.problem.semantics.unmodelled import pessimism
from verifier.solve.session import Assignment, Session, Undecided, Unsat
from verifier.verify.preferences import preferred, usual
from verifier.verify.replay import (
    ATTRIBUTES,
    doubtful_facts,
    for_evaluate,
    is_unmodelled,
    matched_statements,
    needed,
    needed_to_be_sent,
    tags_not_passed,
    without_doubts,
)
from verifier.witness.command import command
from verifier.witness.pairs import unlike_pairs
from verifier.witness.request import absent_facts, build
from verifier.witness.values import Conflict, Search, Stuck

REFINEMENTS = 300
"""Rounds between solver and concrete values before a claim is Unknown."""


class InternalDisagreement(Exception):
    """`problem` and `evaluate` decide one request differently: an error of the verifier, exit code 4."""


class Contradiction(InternalDisagreement):
    """Two engines answer one question differently: an error of the verifier, exit code 4. It carries what reproduces it."""

    def __init__(self, invariant: Invariant, target: str, formula: str, answers: tuple[tuple[str, str], tuple[str, str]]) -> None:
        (first, said), (second, other) = answers
        super().__init__(f"{first} says {said} and {second} says {other} of {invariant.name!r} on {target}; please report this")
        self.invariant = invariant
        self.target = target
        self.formula = formula
        self.answers = answers
        """For each engine, by name, what it says."""

    def __reduce__(self) -> tuple[type[Contradiction], tuple[object, ...]]:
        """It may have been met in another process."""
        return Contradiction, (self.invariant, self.target, self.formula, self.answers)


@dataclass(frozen=True)
class Proved:
    """No request violates the claim; `core` are the numbers of the statements that the proof needs."""

    core: tuple[int, ...]


@dataclass(frozen=True)
class Found:
    """A request that violates the claim."""

    counterexample: Counterexample


Answer = Proved | Found | Reason


def decide(question: Question, claim: Claim, session: Session, fixed: Iterable[Expression] = (), *, plausible: bool = True) -> Answer:
    """Proves or refutes one claim, under readings and other symbols held `fixed`. A counterexample is the most `plausible` one (F9), or
    any: benchmarks ask whether there is one."""
    every_action = [*fixed, claim.violation]
    known = [*every_action, question.known_action]
    answer = _search(question, claim, session, known, plausible)
    if isinstance(answer, Proved):
        return _unknown_actions(question, claim, session, every_action)
    if isinstance(answer, _Rests):
        return _despite(question, claim, session, known, answer)
    return answer


def _unknown_actions(question: Question, claim: Claim, session: Session, query: list[Expression]) -> Answer:
    """U4: a proof about every action includes those that the data does not know."""
    answer = _search(question, claim, session, query)
    if isinstance(answer, Proved):
        return Proved(_readable_core(question, session, query, answer.core))
    if isinstance(answer, Reason):
        return answer
    return Reason("U4", "it holds for every action that the reference data knows; an action that it does not know could break it")


def _readable_core(question: Question, session: Session, query: list[Expression], core: tuple[int, ...]) -> tuple[int, ...]:
    """The statements of a proof: Deny statements alone if they suffice, and no statement that is about other actions."""
    allows = frozenset(number for number, owner in enumerate(question.space.owners) if owner.effect is Effect.ALLOW)
    by_deny = session.check(query, minimal=True, without=allows)
    return by_deny.core if isinstance(by_deny, Unsat) else core


@dataclass(frozen=True)
class _Rests:
    """A violation that rests on something that is not modelled."""

    names: tuple[str, ...]


def _despite(question: Question, claim: Claim, session: Session, query: list[Expression], rests: _Rests) -> Answer:
    """A violation whatever the unmodelled things do; if there is none, they decide, and the verdict is Unknown."""
    hardest = pessimism(question.space)
    values = hardest.allowed if claim.invariant.expectation is Expectation.ALLOWED else hardest.refused
    held = [Symbol(name) if value else negation(Symbol(name)) for name, value in values.items()]
    answer = _search(question, claim, session, [*query, *held])
    return answer if isinstance(answer, Found) else why_unmodelled(question, rests.names)


def why_unmodelled(question: Question, names: Sequence[str]) -> Reason:
    """The reason that a verdict is Unknown that rests on these symbols."""
    for thing in question.space.estate.unmodelled:
        if any(name.startswith(thing.name + ":") for name in names):
            return Reason(thing.label, thing.description, thing.span)
    key = question.space.target.key
    for fact, why in key.doubtful if key is not None else ():
        if key is not None and fact in names:
            return Reason("U3", why, key.span)
    for name in names:
        if name.startswith("L5:"):
            return Reason("L5", "`NotResource` in a key policy is not documented")
        if (role := trusting_role(name)) is not None:
            return Reason("E2", f"the trust policy of {role} is not in the input")
        text = question.space.unsupported.get(name) or question.finite.unsupported.get(name)
        if text is not None:
            return Reason("C3", f"this comparison is not modelled: {text}")
    return Reason("budget", "the verdict rests on something that is not modelled")


def _search(question: Question, claim: Claim, session: Session, query: list[Expression], plausible: bool = True) -> Answer | _Rests:
    rested: dict[str, None] = {}
    refused: list[Expression] = []
    stuck: Reason | None = None
    for _ in range(REFINEMENTS):
        result = session.check([*query, *refused], minimal=True)
        if isinstance(result, Unsat):
            if stuck is not None:
                return stuck
            return Proved(result.core) if not refused else _Rests(tuple(rested))
        if isinstance(result, Undecided):
            return Reason("solver", f"the solver gave up: {result.reason}")
        assignment = (preferred if plausible else usual)(question, session, [*query, *refused])
        if isinstance(assignment, Undecided):
            return Reason("solver", f"the solver gave up: {assignment.reason}")
        concrete = Search(question, assignment.classes, assignment.symbols).run()
        if isinstance(concrete, Conflict):
            session.add(negation(concrete.impossible))
            continue
        if isinstance(concrete, Stuck):
            if concrete.doubt is None:
                return Reason("budget", concrete.reason)
            stuck = Reason("budget", concrete.reason)
            refused.append(negation(concrete.doubt))
            continue
        request = build(question, concrete.values, assignment.symbols)
        found = _replay(question, claim, session, request, assignment, absent_facts(question, concrete.values))
        if isinstance(found, Found):
            untagged = tags_not_passed(found.counterexample.decision)
            return found if untagged is None else Reason("F3", f"it is broken only by a request that may be impossible: {untagged}")
        if not found.names:
            raise InternalDisagreement(_disagreement(request, claim))
        rested |= dict.fromkeys(found.names)
        refused.append(_otherwise(assignment, found.names))
    return Reason("budget", f"no answer within {REFINEMENTS} rounds of refinement")


def _otherwise(assignment: Assignment, names: Iterable[str]) -> Expression:
    """Some of the things that are not modelled, or facts in doubt, are otherwise than assigned: a violation that does without them is
    looked for."""
    symbols, doubtful = assignment.symbols, tuple(attribute for name in names for attribute in ATTRIBUTES.get(name, ()))
    values = [Symbol(name) if symbols[name] else negation(Symbol(name)) for name in names if name in symbols]
    facts = [In(name, mask) for name, mask in assignment.classes.items() if doubtful and name.startswith(doubtful)]
    return disjunction(negation(each) for each in (*values, *facts))


def _disagreement(request: Request, claim: Claim) -> str:
    return f"the two readings of the rules disagree on {request!r} in {claim.invariant.name!r}; please report this"


# -- replay --


def _replay(
    question: Question, claim: Claim, session: Session, request: Request, assignment: Assignment, without: Iterable[str]
) -> Found | _Rests:
    """Confirms a violation with `evaluate`, under the symbols that the assignment chose, for a key `without` some facts (U3)."""
    chosen = for_evaluate(question, request, assignment, without)
    if claim.invariant.expectation is Expectation.ALLOWED:
        chosen[SESSION_ALLOW] = False
    wanted = Outcome.DENY if claim.invariant.expectation is Expectation.ALLOWED else Outcome.ALLOW
    hearing = Hearing(question.space.estate, request)
    decision = hearing.decide(chosen)
    if decision.outcome is not wanted:
        return _Rests(tuple(name for name in assignment.symbols if is_unmodelled(question, name)))
    readings, free, unmodelled = needed(question, hearing, chosen, wanted)
    # A replay does not tell whether the request is in the scope: what is not modelled there is not settled by it.
    beyond = sorted(name for name in symbols_of(claim.scope) & assignment.symbols.keys() if is_unmodelled(question, name))
    doubtful = doubtful_facts(question, request, chosen, wanted)
    if unmodelled or beyond or doubtful:
        return _Rests((*unmodelled, *beyond, *doubtful))
    # What conditions read may decide about the scope alone.
    read = {(WHICH_PAIR, chosen[WHICH_PAIR])} if unlike_pairs(request) & question.space.attributes.keys() else set()
    readings = tuple(sorted({*readings, *read, *needed_to_be_sent(question, session, assignment)}))
    decision = without_doubts(question, hearing, chosen, decision)
    matched = matched_statements(decision)
    return Found(Counterexample(request, decision, matched, readings, free, command(request, matched)))
