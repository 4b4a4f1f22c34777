"""Violations that a solver finds → requests that `evaluate` confirms: the loop between solver, concrete values and replay.

In: a question, one of its claims, a solver session, a query that holds of some request. Out: an `Answer`, or what a violation rests on.
Guarantee: Refuted only with a request that `evaluate` confirms; Proved only where no request is left. A replay that contradicts the problem
without any reason to is an `InternalDisagreement`, never an answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from verifier.ask.answers import Answer, Found, InternalDisagreement, Proved, Rests, gave_up
from verifier.ask.preferences import preferred, usual
from verifier.ask.replay import (
    ATTRIBUTES,
    doubtful_facts,
    for_evaluate,
    matched_statements,
    needed,
    needed_to_be_sent,
    tags_not_passed,
    without_doubts,
)
from verifier.ask.unmodelled import is_unmodelled
from verifier.evaluate import Hearing
from verifier.model.free_facts import SESSION_ALLOW
from verifier.model.invariant import Expectation
from verifier.model.readings import WHICH_PAIR
from verifier.model.request import Outcome, Request
from verifier.model.results.verdict import Counterexample, Reason
from verifier.problem.diagrams.finite import In
from verifier.problem.expression import Expression, disjunction, literal, negation, symbols_of
from verifier.problem.question import Claim, Question
from verifier.solve.session import Assignment, Sat, Session, Undecided, Unsat
from verifier.verify.reach.offers.session_tags import choices
from verifier.witness.command import command
from verifier.witness.pairs import unlike_pairs
from verifier.witness.request import absent_facts, build
from verifier.witness.untabled import Conflict
from verifier.witness.values import Search, Stuck

REFINEMENTS = 300
"""Rounds between solver and concrete values before a claim is Unknown."""
NO_ANSWER = Reason("budget", f"no answer within {REFINEMENTS} rounds of refinement")
"""After so many rounds."""


def confirmed(question: Question, claim: Claim, session: Session, query: list[Expression], plausible: bool) -> Answer | Rests:
    """The same of a query that the session has just satisfied: a request that `evaluate` confirms, or why there is none."""
    rested: dict[str, None] = {}
    refused: list[Expression] = []
    stuck: Reason | None = None
    for number in range(REFINEMENTS):
        result = session.check([*query, *refused], minimal=True) if number else Sat()
        if isinstance(result, Unsat):
            if stuck is not None:
                return stuck
            return Proved(result.core) if not refused else Rests(tuple(rested))
        if isinstance(result, Undecided):
            return gave_up(result)
        assignment = (preferred if plausible else usual)(question, session, [*query, *refused])
        if isinstance(assignment, Undecided):
            return gave_up(assignment)
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
            if untagged is None:
                return found
            tagged = _with_tags(question, claim, session, request, assignment, absent_facts(question, concrete.values))
            return tagged or Reason("F3", f"it is broken only by a request that may be impossible: {untagged}")
        if not found.names:
            raise InternalDisagreement.on(request, f" in {claim.invariant.name!r}")
        rested |= dict.fromkeys(found.names)
        refused.append(_otherwise(assignment, found.names))
    return NO_ANSWER


def _otherwise(assignment: Assignment, names: Iterable[str]) -> Expression:
    """Some of the things that are not modelled, or facts in doubt, are otherwise than assigned: a violation that does without them is
    looked for."""
    symbols, doubtful = assignment.symbols, tuple(attribute for name in names for attribute in ATTRIBUTES.get(name, ()))
    values = [literal(name, symbols[name]) for name in names if name in symbols]
    facts = [In(name, mask) for name, mask in assignment.classes.items() if doubtful and name.startswith(doubtful)]
    return disjunction(negation(each) for each in (*values, *facts))


def _with_tags(
    question: Question, claim: Claim, session: Session, request: Request, assignment: Assignment, without: Iterable[str]
) -> Found | None:
    """The same request by a session that has session tags, of those that the trust policy of its role asks for, and nothing in the
    question does: so it is in the scope as well (F3)."""
    absent = tuple(without)
    for tags in choices(question.space.estate, {request.caller.principal_arn}):
        further = tuple((f"aws:PrincipalTag/{name}", value) for name, value in tags)
        if question.space.attributes.keys().isdisjoint(name.lower() for name, _ in further):
            found = _replay(question, claim, session, replace(request, context=(*request.context, *further)), assignment, absent)
            if isinstance(found, Found) and tags_not_passed(found.counterexample.decision) is None:
                return found
    return None


# -- replay --


def _replay(
    question: Question, claim: Claim, session: Session, request: Request, assignment: Assignment, without: Iterable[str]
) -> Found | Rests:
    """Confirms a violation with `evaluate`, under the symbols that the assignment chose, for a key `without` some facts (U3)."""
    chosen = for_evaluate(question, request, assignment, without)
    if claim.invariant.expectation is Expectation.ALLOWED:
        chosen[SESSION_ALLOW] = False
    wanted = Outcome.DENY if claim.invariant.expectation is Expectation.ALLOWED else Outcome.ALLOW
    hearing = Hearing(question.space.estate, request)
    decision = hearing.decide(chosen)
    if decision.outcome is not wanted:
        return Rests(tuple(name for name in assignment.symbols if is_unmodelled(question, name)))
    readings, free, unmodelled = needed(question, hearing, chosen, wanted)
    # A replay does not tell whether the request is in the scope: what is not modelled there is not settled by it.
    beyond = sorted(name for name in symbols_of(claim.scope) & assignment.symbols.keys() if is_unmodelled(question, name))
    doubtful = doubtful_facts(question, request, chosen, wanted)
    if unmodelled or beyond or doubtful:
        return Rests((*unmodelled, *beyond, *doubtful))
    # What conditions read may decide about the scope alone.
    read = {(WHICH_PAIR, chosen[WHICH_PAIR])} if unlike_pairs(request) & question.space.attributes.keys() else set()
    readings = tuple(sorted({*readings, *read, *needed_to_be_sent(question, session, assignment)}))
    decision = without_doubts(question, hearing, chosen, decision)
    matched = matched_statements(decision)
    return Found(Counterexample(request, decision, matched, readings, free, command(request, matched)))
