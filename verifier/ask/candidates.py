"""An assignment → a request that is to be confirmed.

In: a question, an assignment. Out: `Candidate`; `replay` has `evaluate` decide it.
Guarantee: the request agrees with the assignment; where none does, the reason why is raised.
"""

from __future__ import annotations

from verifier.ask.answers import GaveUp, Impossible
from verifier.frozen import Frozen
from verifier.model.request import Request
from verifier.model.results.verdict import Reason
from verifier.problem.question import Question
from verifier.solve.session import Assignment
from verifier.witness.request import absent_facts, build
from verifier.witness.untabled import Concrete, Conflict
from verifier.witness.values import Search, Stuck


class Candidate(Frozen):
    """A request as an assignment says, for a key that lacks some facts (U3)."""

    request: Request
    assignment: Assignment
    lacking: frozenset[str]


def candidate(question: Question, assignment: Assignment, given: Concrete | None = None) -> Candidate:
    """A request for an assignment, with the values `given` where it admits them. Raises `Impossible` and `GaveUp`."""
    found = Search(question, assignment.classes, assignment.symbols, given).run()
    if isinstance(found, Conflict):
        raise Impossible(found.impossible)
    if isinstance(found, Stuck):
        raise GaveUp(Reason("budget", found.reason), found.open_part)
    request = build(question, found.values, assignment.symbols)
    return Candidate(request, assignment, frozenset(absent_facts(question, found.values)))
