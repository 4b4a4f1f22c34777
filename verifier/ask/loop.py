"""The one refinement loop: ask, get an assignment, make a request of it, have it confirmed, set it aside, ask again;
and what makes a counterexample plausible and small (F9).

In: an oracle, an attempt to answer by what it finds. Out: the answer; finite expressions, the most wanted first, and
the assignment that meets as many of them as can be met.
Guarantee: Proved iff no assignment is left and none was set aside; Refuted only with what the caller confirmed;
everything else is Unknown with its reason (S1). An oracle learns only what holds of no request. Once the deadline of
the question has passed (`verifier.deadline`) the loop ends, whatever the oracle would say. No preference changes
whether a violation exists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from verifier.ask.answers import OUT_OF_TIME, GaveUp, Impossible, Proved, Refuted, Unknown
from verifier.deadline import TimeIsOver, look
from verifier.frozen import Frozen
from verifier.model.readings import F4, READINGS
from verifier.model.results.verdict import Reason
from verifier.model.symbols import (
    OUTSIDE_DENY,
    SESSION_ALLOW,
    NotResourceStatement,
    ThingEffect,
    TrustFact,
    Unsupported,
)
from verifier.problem.classes.attributes import ORDINARY_SESSION
from verifier.problem.classes.tables import WordTable
from verifier.problem.diagrams.finite import Finite, In
from verifier.problem.expression import Expression, Symbol, literal
from verifier.problem.facts.shared import THROUGH_ENDPOINT
from verifier.problem.question import Question
from verifier.problem.space import INTERNAL, OTHER_NAME
from verifier.problem.views import OTHER_SPELLING
from verifier.solve.session import Assignment, Sat, Session, Undecided, Unsat

_ROUNDS = 300
"""Rounds between oracle and concrete values before an answer is Unknown."""
_T = TypeVar("_T")


class Oracle(Protocol):
    """What finds assignments: a solver session, or decision diagrams."""

    def learn(self, impossible: Expression) -> None:
        """From now on no assignment satisfies an expression that no request does."""


class Inconclusive(Frozen):
    """A request does not certainly show what was asked: it rests on these symbols of things that are not modelled, if
    on any, the one that tells most first. `otherwise` holds of requests that may show it, and not of this one."""

    names: tuple[str, ...]
    otherwise: Expression


def refined(oracle: Oracle, attempt: Callable[[], _T | None]) -> _T | Unknown:
    """What an attempt answers, once the oracle has learned what is impossible. One that answers `None` has set
    something aside."""
    for _ in range(_ROUNDS):
        try:
            look()
            answer = attempt()
        except Impossible as shown:
            oracle.learn(shown.clause)
        except TimeIsOver:
            return Unknown(OUT_OF_TIME)
        except GaveUp as error:
            return Unknown(error.reason)
        else:
            if answer is not None:
                return answer
    return Unknown(Reason("budget", f"no answer within {_ROUNDS} rounds of refinement"))


def checked(session: Session, query: Sequence[Expression], *, minimal: bool = True) -> Sat | Unsat:
    """What a session says, with a `minimal` core. Raises `GaveUp` where it does not."""
    result = session.check(query, minimal=minimal)
    if isinstance(result, Undecided):
        raise GaveUp.solver(result.reason)
    return result


def preferences(question: Question) -> list[Expression]:
    """What is usual; no VPC endpoint; a role of no service, then a user; a common action; absent keys; empty sets."""
    finite = question.finite
    wanted = usually(question)
    wanted.append(~Symbol(THROUGH_ENDPOINT))
    wanted += question.wishes
    wanted += _plausible_session(finite)
    for name, optional in finite.optional.items():
        # The absence of what is no key of a context makes no request smaller.
        if optional and name in finite.tables and name not in finite.held and name not in INTERNAL:
            wanted.append(In(name, 1 << finite.tables[name].size))
    wanted += [~Symbol(lazy.present) for lazy in finite.lazy.values() if lazy.present is not None]
    wanted += [~Symbol(held) for symbols in finite.held.values() for held in symbols]
    return wanted


def usually(question: Question) -> list[Expression]:
    """No to every reading but F4, by whose no a key is absent; no Deny and no session policy that nothing tells of;
    usual spellings; no pair whose name differs from one of a grant in case alone; no empty values. Mostly all of these
    can be met together."""
    finite = question.finite
    free = (OUTSIDE_DENY, SESSION_ALLOW, OTHER_SPELLING)
    wanted = [*(~Symbol(fact) for fact in free), *(literal(reading, reading is F4) for reading in READINGS)]
    wanted += [~Symbol(held) for name, symbols in finite.held.items() if name.endswith(OTHER_NAME) for held in symbols]
    return wanted + [In(name, ((1 << finite.width(name)) - 1) ^ empty) for name, empty in _empty_classes(finite)]


def _empty_classes(finite: Finite) -> Iterator[tuple[str, int]]:
    """The attributes that have a class for the empty string alone (C1), with that class."""
    for name, table in finite.tables.items():
        if isinstance(table, WordTable) and name not in finite.held:
            index = table.class_of("")
            if index is not None and table.sample(index) == "" and table.members(index, 2) == ("",):
                yield name, 1 << index


def usual(question: Question, session: Session, query: list[Expression]) -> Assignment:
    """An assignment in which all is as `usually`, or else any. The query must be satisfiable, and the session's last
    one."""
    found = session.assignment()
    wanted = [p for p in usually(question) if session.bears_on(p)]
    return session.assignment() if isinstance(session.check([*query, *wanted]), Sat) else found


def _plausible_session(finite: Finite) -> list[Expression]:
    """An ordinary session name, and not one that a grant lists."""
    table = finite.tables.get("session")
    ordinary = None if table is None else table.class_of(ORDINARY_SESSION)
    return [] if ordinary is None else [In("session", 1 << ordinary)]


def preferred(
    question: Question, session: Session, query: list[Expression], first: Sequence[Expression] = ()
) -> Assignment:
    """The most plausible assignment, with the fewest context keys (F9): as long as not all preferences can be met, the
    least wanted of those that conflict is given up. What is wanted `first` is wanted more than they are. The query must
    be satisfiable, and the session's last one. Raises `GaveUp`."""
    found = None if session.deadline is None else session.assignment()
    wanted = [p for p in (*first, *preferences(question)) if session.bears_on(p)]
    while wanted:
        result = session.check([*query, *wanted], minimal=True)
        if isinstance(result, Sat):
            return session.assignment()
        if isinstance(result, Undecided):
            break
        conflicting = [position - len(query) for position in result.blamed if position >= len(query)]
        if not conflicting:
            break
        del wanted[max(conflicting)]
    again = session.check(query)
    if isinstance(again, Undecided):
        if found is not None:
            return found  # rather than to say nothing of it
        raise GaveUp.solver(again.reason)
    assert isinstance(again, Sat), "a query that was satisfiable is not any more"
    return session.assignment()


def find(
    question: Question,
    session: Session,
    query: Sequence[Expression],
    confirm: Callable[[Assignment], _T | Inconclusive],
    choose: Callable[[Question, Session, list[Expression]], Assignment] = preferred,
) -> Proved | Refuted[_T] | Unknown:
    """Refuted iff `confirm` shows that a request of some assignment is as the query says; Proved iff no assignment
    meets the query; of those that do, the one to make a request of is for `choose` to say."""
    constraints, rests, unfound = list(query), dict[str, None](), list[Reason]()

    def attempt() -> Proved | Refuted[_T] | Unknown | None:
        result = checked(session, constraints)
        if isinstance(result, Unsat):
            if len(constraints) == len(query):
                return Proved(result.core, result.blamed)
            return Unknown(unfound[-1]) if unfound else Unknown(why_unmodelled(question, tuple(rests)), tuple(rests))
        try:
            shown = confirm(choose(question, session, constraints))
        except GaveUp as error:
            if error.open_part is None:
                raise
            unfound.append(error.reason)
            constraints.append(~error.open_part)
            return None
        if not isinstance(shown, Inconclusive):
            return Refuted(shown)
        rests.update(dict.fromkeys(shown.names))
        constraints.append(shown.otherwise)
        return None

    return refined(session, attempt)


def why_unmodelled(question: Question, names: Sequence[str]) -> Reason:
    """The reason that a verdict is Unknown that rests on these symbols: that of the first that has one."""
    found = (reason for name in names for reason in unmodelled_reasons(question, (name,)))
    return next(found, Reason("budget", "the verdict rests on something that is not modelled"))


def unmodelled_reasons(question: Question, names: Sequence[str]) -> Iterator[Reason]:
    """What these symbols stand for that is not modelled, or in doubt."""
    for thing in question.space.estate.unmodelled:
        if any(isinstance(name, ThingEffect) and name.about == thing.name for name in names):
            yield Reason(thing.label, thing.description, thing.span)
    key = question.space.target.key
    if key is not None:
        yield from (Reason("U3", why, key.span) for fact, why in key.unknown_facts if fact in names)
    for name in names:
        if isinstance(name, NotResourceStatement):
            yield Reason("L5", "`NotResource` in a key policy is not documented")
        if isinstance(name, TrustFact):
            yield Reason("E2", f"the trust policy of {name.about} is not in the input")
        if isinstance(name, Unsupported):
            yield Reason("C3", f"this comparison is not modelled: {name.detail}")
