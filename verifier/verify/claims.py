"""Claims → answers.

In: a question, one of its claims, a solver session, what confirms a request (`verifier.verify.violations`). Out: an
`Answer`. Guarantee: Proved only from an unsatisfiable problem; Refuted only with a request that was confirmed;
everything else is Unknown with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeAlias

from verifier.ask.answers import Answer, Proved, Refuted, Unknown
from verifier.ask.loop import Inconclusive, find, preferred, usual
from verifier.model.invariant import Expectation
from verifier.model.policy import Effect
from verifier.model.results.verdict import Counterexample, Reason
from verifier.problem.asking import pessimism
from verifier.problem.expression import Expression, literal
from verifier.problem.question import Claim, Question
from verifier.solve.session import Assignment, Session, Unsat

Confirmation: TypeAlias = Callable[[Question, Claim, Session, Assignment], Counterexample | Inconclusive]
"""Shows a request of an assignment that breaks a claim, as `evaluate` decides it; or what that rests on."""


def decide_claim(
    question: Question,
    claim: Claim,
    session: Session,
    confirm: Confirmation,
    fixed: Iterable[Expression] = (),
    *,
    plausible: bool = True,
) -> Answer:
    """Proved only if no request breaks the claim under readings and other symbols held `fixed`, and refuted only by one
    that does: the most `plausible` one (F9), or any, as benchmarks ask whether there is one. Else unknown."""
    every_action = [*fixed, claim.violation]
    known = [*every_action, question.known_action]
    shown: Callable[[Assignment], Counterexample | Inconclusive] = partial(confirm, question, claim, session)
    answer = find(question, session, known, shown, preferred if plausible else usual)
    if isinstance(answer, Proved):
        answer = find(question, session, every_action, shown)
        return _of_every_action(question, session, every_action, answer)
    if isinstance(answer, Unknown) and answer.rests:
        # A violation whatever the unmodelled things do; if there is none, they decide.
        to_allow = claim.invariant.expectation is not Expectation.ALLOWED
        hardest = [literal(name, value is to_allow) for name, value in pessimism(question.space).items()]
        certain = find(question, session, [*known, *hardest], shown)
        return certain if isinstance(certain, Refuted) else answer
    return answer


def _of_every_action(question: Question, session: Session, query: list[Expression], answer: Answer) -> Answer:
    """Proved only if the claim holds of actions that the data does not know, too (U4): by the `answer` about these."""
    if isinstance(answer, Proved):
        # Deny statements alone if they suffice, and no statement that is about other actions
        owners = enumerate(question.space.owners)
        allows = frozenset(number for number, owner in owners if owner.effect is Effect.ALLOW)
        by_deny = session.check(query, minimal=True, without=allows)
        return Proved(by_deny.core if isinstance(by_deny, Unsat) else answer.core)
    if isinstance(answer, Unknown) and not answer.rests:
        return answer
    text = "it holds for every action that the reference data knows; an action that it does not know could break it"
    return Unknown(Reason("U4", text))
