"""What makes a counterexample plausible and small (F9).

In: a question. Out: finite expressions, the most wanted first; the assignment that meets as many of them as can be met.
Guarantee: preferences only; none changes whether a violation exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.ask.answers import GaveUp
from verifier.model.readings import F4, READINGS
from verifier.model.symbols import OUTSIDE_DENY, SESSION_ALLOW
from verifier.problem.classes.attributes import ORDINARY_SESSION
from verifier.problem.classes.tables import WordTable
from verifier.problem.diagrams.finite import Finite, In
from verifier.problem.expression import Expression, Symbol, literal
from verifier.problem.facts.shared import THROUGH_ENDPOINT
from verifier.problem.question import Question
from verifier.problem.space import INTERNAL, OTHER_NAME
from verifier.problem.views import OTHER_SPELLING
from verifier.solve.session import Assignment, Sat, Session, Undecided


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
