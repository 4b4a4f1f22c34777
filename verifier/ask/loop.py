"""The one refinement loop: ask, get an assignment, make a request of it, have it confirmed, set it aside, ask again.

In: an oracle, an attempt to answer by what it finds. Out: the answer.
Guarantee: Proved iff no assignment is left and none was set aside; Refuted only with what the caller confirmed;
everything else is Unknown with its reason (S1). An oracle learns only what holds of no request. Once the deadline of
the question has passed (`verifier.deadline`) the loop ends, whatever the oracle would say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from verifier.ask.answers import OUT_OF_TIME, GaveUp, Impossible, Proved, Refuted, Unknown
from verifier.ask.preferences import preferred
from verifier.deadline import TimeIsOver, look
from verifier.frozen import Frozen
from verifier.model.results.verdict import Reason
from verifier.model.symbols import NotResourceStatement, ThingEffect, TrustFact, Unsupported
from verifier.problem.expression import Expression
from verifier.problem.question import Question
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
