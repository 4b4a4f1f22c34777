"""Replays: a request that a problem allows, or refuses, decided by `evaluate`, and what of the assignment it needs.

In: a question, a concrete request, values of symbols. Out: the readings and free facts without which the request is
decided otherwise.
Guarantee: what is shown to a reader was decided by `evaluate`, never by the problem alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from verifier.ask.candidates import Candidate
from verifier.evaluate import RequestDecider
from verifier.model.estate import Estate
from verifier.model.policy import StatementRef
from verifier.model.readings import F1_ORGANIZATION, F1_PATHS, TO_BE_SENT, WHICH_PAIR
from verifier.model.request import Decision, Outcome, Request
from verifier.model.results.verdict import Counterexample
from verifier.model.symbols import (
    FreeFact,
    KeyFact,
    NotModelled,
    Reading,
    SessionFact,
    SymbolName,
    SymbolValues,
    TrustFact,
)
from verifier.problem.diagrams.finite import In
from verifier.problem.expression import Expression, literal
from verifier.problem.question import Question
from verifier.problem.sessions.session_tags import PRINCIPAL_TAG
from verifier.problem.space import CALLER
from verifier.solve.session import Sat, Session
from verifier.witness.command import request_command
from verifier.witness.pairs import unlike_pairs

_Named = tuple[tuple[SymbolName, bool], ...]
_FILLED_IN: Mapping[SymbolName, str] = {F1_ORGANIZATION: "aws:resourceorgid", F1_PATHS: "aws:resourceorgpaths"}
"""Those about a key that `evaluate` fills in where a request lacks it and the organization is given."""
_TAKEN = Reading | FreeFact | NotModelled
"""The symbols that `evaluate` takes."""
ATTRIBUTES = {"aliases": ("kms:resourcealiases", "kms:requestalias"), "tags": ("aws:resourcetag/",)}
"""How the condition keys begin that read the facts of `Key.unknown_facts`."""


def for_evaluate(question: Question, candidate: Candidate) -> dict[SymbolName, bool]:
    """What an assignment says of the symbols that `evaluate` takes. A reading that it leaves open is as the values of
    the request were found, and as the request was built."""
    assignment: dict[SymbolName, bool] = {
        name: value for name, value in candidate.assignment.symbols.items() if isinstance(name, _TAKEN)
    }
    assignment |= dict.fromkeys(map(KeyFact, candidate.lacking), False)
    for relation in question.space.relations.values():
        assignment.setdefault(relation.wildcards, False)
    if unlike_pairs(candidate.request):
        assignment.setdefault(WHICH_PAIR, False)
    return assignment


def by_certain_statements(
    question: Question, decider: RequestDecider, assignment: SymbolValues, decision: Decision
) -> Decision:
    """The same decision, by the statements that certainly apply, where those suffice: a reader is better shown them
    than such as have unknown parts (U3)."""
    things = (thing for thing in question.space.estate.unmodelled if thing.of_statement)
    depending = {name for thing in things for name in (thing.allow_symbol, thing.refuse_symbol)}
    if not any(value and name in depending for name, value in assignment.items()):
        return decision
    certain = decider.decide({name: value and name not in depending for name, value in assignment.items()})
    return certain if certain.outcome is decision.outcome else decision


def needed(
    decider: RequestDecider, assignment: dict[SymbolName, bool], wanted: Outcome
) -> tuple[_Named, _Named, tuple[str, ...]]:
    """The symbols without whose value the request is decided otherwise: readings, free facts, unmodelled things."""
    undecided = decider.decide()
    if undecided.outcome is wanted:
        return (), (), ()  # whatever the symbols are, so none is needed
    # Those that the decision does not turn on, or that are not tried both ways, are left out at once if the rest
    # suffices.
    kept = {
        n: v
        for n, v in assignment.items()
        if n in undecided.depends_on or isinstance(n, SessionFact | KeyFact | TrustFact)
    }
    if decider.outcome(kept) is not wanted:
        kept = dict(assignment)
    for name in sorted(kept, key=lambda n: (not isinstance(n, NotModelled), not isinstance(n, Reading), n)):
        trial = {other: value for other, value in kept.items() if other != name}
        if decider.outcome(trial) is wanted:
            kept = trial
    return split(kept)


def unknown_facts(question: Question, request: Request, assignment: SymbolValues, wanted: Outcome) -> tuple[str, ...]:
    """The facts of the key that are not known, if the request is decided otherwise for some of their values (S1)."""
    key = question.space.target.key
    facts = tuple(fact for fact, _ in key.unknown_facts) if key is not None else ()
    attributes = tuple(attribute for fact in facts for attribute in ATTRIBUTES[fact])
    if not facts:
        return ()
    context = tuple(pair for pair in request.context if not pair[0].lower().startswith(attributes))
    rest = {
        name: value
        for name, value in assignment.items()
        if not (isinstance(name, KeyFact) and name.about.startswith(attributes))
    }
    decider = RequestDecider(question.space.estate, replace(request, context=context))
    return () if decider.outcome(rest) is wanted else facts


def split(symbols: SymbolValues) -> tuple[_Named, _Named, tuple[str, ...]]:
    """Readings, free facts, and the names of unmodelled things, of some symbols with their values."""
    readings = tuple((n, v) for n, v in sorted(symbols.items()) if isinstance(n, Reading))
    unmodelled = tuple(n for n in sorted(symbols) if isinstance(n, NotModelled))
    free = tuple((n, v) for n, v in sorted(symbols.items()) if not isinstance(n, Reading) and n not in unmodelled)
    return readings, free, unmodelled


class _NoSuchRequest(NamedTuple):
    """Why no session can make a request; how the names of the attributes begin that this depends on."""

    why: str
    about: tuple[str, ...]


def impossible(decision: Decision) -> _NoSuchRequest | None:
    """That the session of a request cannot have its tags, or is used before it was issued, as `evaluate` finds (F3):
    the facts are not exact for tags that come on from earlier sessions, nor for instants that no policy tells apart.
    Such a request is no counterexample."""
    for warning in decision.warnings:
        for start, about in _IMPOSSIBLE.items():
            if warning.startswith(start):
                return _NoSuchRequest(warning.removeprefix("F3: "), about)
    return None


_IMPOSSIBLE = {
    "F3: no session": (CALLER, PRINCIPAL_TAG),
    "F3: credentials are issued": (CALLER, "aws:tokenissuetime", "aws:currenttime", "aws:epochtime"),
}
"""How the warnings begin; how the names of the attributes begin that these depend on."""


def counterexample(request: Request, decision: Decision, readings: _Named, free: _Named) -> Counterexample:
    """A request that `evaluate` has decided so, under these readings and free facts."""
    matched = matched_statements(decision)
    return Counterexample(request, decision, matched, readings, free, request_command(request, matched))


def matched_statements(decision: Decision) -> tuple[StatementRef, ...]:
    """The statements and grants that matched, in the order of the trace."""
    holding = (step.statement for step in decision.trace if step.holds and step.depth == 1)
    return tuple(dict.fromkeys(statement for statement in holding if statement is not None))


def needed_to_be_sent(question: Question, session: Session, found: Candidate) -> Iterator[tuple[SymbolName, bool]]:
    """The readings without whose value a request could not be sent, so far as is known, which `evaluate` does not
    mind."""
    assignment = found.assignment
    values: list[Expression] = [In(name, mask) for name, mask in assignment.classes.items()]
    held = [symbol for symbols in question.finite.held.values() for symbol in symbols if symbol in assignment.symbols]
    values += [literal(name, assignment.symbols[name]) for name in held]
    for label in TO_BE_SENT:
        value = assignment.symbols.get(label)
        if value is not None and may_limit_sending(question.space.estate, found.request, label, value):
            other = literal(label, not value)
            if not isinstance(session.check([*values, other]), Sat):
                yield label, value


def may_limit_sending(estate: Estate, request: Request, label: SymbolName, value: bool) -> bool:
    """False only if a request does not need this answer to a reading in order to be sent. It does not if it lacks the
    key that the reading is about although, by the answer, requests have that key; nor if `evaluate` fills the key in,
    and so decides by the reading itself."""
    if label not in _FILLED_IN or any(name.lower() == _FILLED_IN[label] for name, _ in request.context):
        return True
    organization = estate.organization
    return not value and (organization is None or request.caller.account not in organization.members)


def leading_away(estate: Estate, request: Request, held: SymbolValues, wanted: Outcome) -> dict[SymbolName, bool]:
    """Values of symbols, `held` among them, under which a request is certainly not decided as `wanted`; for one that is
    in no case decided so otherwise, `held`. As few as a walk finds that settles one symbol after another."""
    decider, assignment = RequestDecider(estate, request), dict(held)
    decision = decider.decide(assignment)
    while decision.outcome is Outcome.DEPENDS:
        symbol = next((name for name in decision.depends_on if name not in assignment), None)
        if symbol is None:
            break
        for value in (False, True):
            decision = decider.decide({**assignment, symbol: value})
            if decision.outcome is not wanted:
                assignment[symbol] = value
                break
        else:
            break
    return assignment
