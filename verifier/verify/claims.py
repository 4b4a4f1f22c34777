"""Claims → answers.

In: a question, one of its claims, a solver session. Out: an `Answer`.
Guarantee: Proved only from an unsatisfiable problem; Refuted only with a request that `evaluate` confirms
(`verifier.verify.violations`); everything else is Unknown with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from verifier.ask.answers import Answer, Proved, Refuted, Unknown
from verifier.ask.loop import Inconclusive, find
from verifier.ask.preferences import preferred, usual
from verifier.model.invariant import Expectation
from verifier.model.policy import Effect
from verifier.model.results.verdict import Counterexample, Reason
from verifier.problem.asking import pessimism
from verifier.problem.expression import Expression, literal
from verifier.problem.question import Claim, Question
from verifier.solve.session import Session, Unsat

if TYPE_CHECKING:
    from verifier.ask.candidates import Candidate


def decide_claim(
    question: Question, claim: Claim, session: Session, fixed: Iterable[Expression] = (), *, plausible: bool = True
) -> Answer:
    """Proved only if no request breaks the claim under readings and other symbols held `fixed`, and refuted only by one
    that does: the most `plausible` one (F9), or any, as benchmarks ask whether there is one. Else unknown."""
    every_action = [*fixed, claim.violation]
    known = [*every_action, question.known_action]
    answer = _search(question, claim, session, known, plausible)
    if isinstance(answer, Proved):
        return _unknown_actions(question, claim, session, every_action)
    if isinstance(answer, Unknown) and answer.rests:
        # A violation whatever the unmodelled things do; if there is none, they decide.
        to_allow = claim.invariant.expectation is not Expectation.ALLOWED
        hardest = [literal(name, value is to_allow) for name, value in pessimism(question.space).items()]
        certain = _search(question, claim, session, [*known, *hardest])
        return certain if isinstance(certain, Refuted) else answer
    return answer


def _unknown_actions(question: Question, claim: Claim, session: Session, query: list[Expression]) -> Answer:
    """Proved only if the claim holds of the actions, too, that the data does not know (U4)."""
    answer = _search(question, claim, session, query)
    if isinstance(answer, Proved):
        return Proved(_readable_core(question, session, query, answer.core))
    if isinstance(answer, Unknown) and not answer.rests:
        return answer
    text = "it holds for every action that the reference data knows; an action that it does not know could break it"
    return Unknown(Reason("U4", text))


def _readable_core(
    question: Question, session: Session, query: list[Expression], core: tuple[int, ...]
) -> tuple[int, ...]:
    """The statements of a proof: Deny statements alone if they suffice, and no statement that is about other
    actions."""
    allows = frozenset(number for number, owner in enumerate(question.space.owners) if owner.effect is Effect.ALLOW)
    by_deny = session.check(query, minimal=True, without=allows)
    return by_deny.core if isinstance(by_deny, Unsat) else core


def _search(
    question: Question, claim: Claim, session: Session, query: list[Expression], plausible: bool = True
) -> Answer:
    def confirm(candidate: Candidate) -> Counterexample | Inconclusive:
        from verifier.verify.violations import violation  # a proof makes no request, and decides none

        return violation(question, claim, session, candidate)

    return find(question, session, query, confirm, preferred if plausible else usual)
