"""Requests that break a claim by what a solver says → counterexamples that `evaluate` confirms.

In: a question, one of its claims, a solver session, an assignment of it. Out: a counterexample, or what the violation
rests on.
Guarantee: a counterexample is decided by `evaluate` as the claim says that none is. A replay that contradicts the
problem without any reason to is an `InternalDisagreement`, never an answer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from verifier.ask import replay
from verifier.ask.answers import GaveUp, InternalDisagreement
from verifier.ask.candidates import Candidate, candidate
from verifier.ask.loop import Inconclusive
from verifier.evaluate import decider_with_remarks
from verifier.model.invariant import Expectation
from verifier.model.readings import WHICH_PAIR
from verifier.model.request import Outcome
from verifier.model.results.verdict import Counterexample, Reason
from verifier.model.symbols import SESSION_ALLOW, NotModelled
from verifier.problem.diagrams.finite import In
from verifier.problem.expression import Expression, conjunction, disjunction, literal, symbols_of
from verifier.problem.question import Claim, Question
from verifier.problem.sessions.session_tags import PRINCIPAL_TAG
from verifier.problem.space import CALLER
from verifier.solve.session import Assignment, Session
from verifier.verify.reach.stories.session_tags import choices
from verifier.witness.pairs import unlike_pairs


def violation(
    question: Question, claim: Claim, session: Session, assignment: Assignment
) -> Counterexample | Inconclusive:
    """A request of an assignment as a counterexample, with tags of its session where it needs some. Raises `GaveUp`
    where it may be impossible."""
    found = candidate(question, assignment)
    shown = _replayed(question, claim, session, found)
    impossible = replay.impossible(shown.decision) if isinstance(shown, Counterexample) else None
    if impossible is not None:
        others = (_replayed(question, claim, session, other) for other in _with_other_tags(question, found))
        possible = (one for one in others if isinstance(one, Counterexample) and not replay.impossible(one.decision))
        tagged = next(possible, None)
        if tagged is None:
            reason = Reason("F3", f"it is broken only by a request that may be impossible: {impossible.why}")
            raise GaveUp(reason, _open_part(assignment, impossible.about))
        return tagged
    if isinstance(shown, Counterexample):
        return shown
    if not shown:
        raise InternalDisagreement.on(found.request, f" in {claim.invariant.name!r}")
    # What does something explains more than what does nothing against it.
    doing = {name for name, does in assignment.symbols.items() if does}
    names = tuple(sorted(shown, key=lambda name: name not in doing))
    return Inconclusive(names, disjunction(_otherwise(assignment, names)))


def _with_other_tags(question: Question, found: Candidate) -> Iterator[Candidate]:
    """A request of the same assignment by a session with its role's own tags, where that admits them; the same request
    by one that has session tags, of those that the trust policy of its role asks for, and nothing in the question does:
    so it is in the scope as well (F3)."""
    request, attributes = found.request, question.space.attributes.keys()
    own = question.space.estate.identity(request.caller.principal_arn)
    if own is not None and own.tags:
        yield candidate(question, found.assignment, {PRINCIPAL_TAG + name.lower(): value for name, value in own.tags})
    for tags in choices(question.space.estate, {request.caller.principal_arn}):
        further = tuple((f"aws:PrincipalTag/{name}", value) for name, value in tags)
        if attributes.isdisjoint(name.lower() for name, _ in further):
            yield replace(found, request=replace(request, context=(*request.context, *further)))


def _open_part(assignment: Assignment, about: tuple[str, ...]) -> Expression | None:
    """True iff attributes whose names begin so are as in an assignment; `None` where it says it of the caller alone."""
    own = {name: mask for name, mask in assignment.classes.items() if name.startswith(about)}
    return conjunction(In(name, mask) for name, mask in own.items()) if own.keys() - {CALLER} else None


def _otherwise(assignment: Assignment, names: Collection[str]) -> Iterator[Expression]:
    """Some of the things that are not modelled, or facts that are not known, are otherwise than assigned: a violation
    that does without them is looked for."""
    unknown = tuple(attribute for name in names for attribute in replay.ATTRIBUTES.get(name, ()))
    yield from (literal(name, not value) for name, value in assignment.symbols.items() if name in names)
    yield from (~In(name, mask) for name, mask in assignment.classes.items() if unknown and name.startswith(unknown))


def _replayed(
    question: Question, claim: Claim, session: Session, candidate: Candidate
) -> Counterexample | tuple[str, ...]:
    """A violation that `evaluate` confirms, under the symbols that the assignment chose; or what it rests on."""
    request, assignment = candidate.request, candidate.assignment
    symbol_values = replay.for_evaluate(question, candidate)
    if claim.invariant.expectation is Expectation.ALLOWED:
        symbol_values[SESSION_ALLOW] = False
    wanted = Outcome.DENY if claim.invariant.expectation is Expectation.ALLOWED else Outcome.ALLOW
    decider = decider_with_remarks(question.space.estate, request)
    decision = decider.decide(symbol_values)
    if decision.outcome is not wanted:
        return tuple(name for name in assignment.symbols if isinstance(name, NotModelled))
    readings, free, unmodelled = replay.needed(decider, symbol_values, wanted)
    # A replay does not tell whether the request is in the scope: what is not modelled there is not settled by it.
    in_scope = symbols_of(claim.scope) & assignment.symbols.keys()
    beyond = sorted(name for name in in_scope if isinstance(name, NotModelled))
    unknown = replay.unknown_facts(question, request, symbol_values, wanted)
    if unmodelled or beyond or unknown:
        return (*unmodelled, *beyond, *unknown)
    # What conditions read may decide about the scope alone.
    unlike = unlike_pairs(request) & question.space.attributes.keys()
    read = {(WHICH_PAIR, symbol_values[WHICH_PAIR])} if unlike else set()
    readings = tuple(sorted({*readings, *read, *replay.needed_to_be_sent(question, session, candidate)}))
    certain = replay.by_certain_statements(question, decider, symbol_values, decision)
    return replay.counterexample(request, certain, readings, free)
