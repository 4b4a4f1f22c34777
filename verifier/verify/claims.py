"""Claims → answers.

In: a question, one of its claims, a solver session. Out: an `Answer`.
Guarantee: Proved only from an unsatisfiable problem; Refuted only with a request that `evaluate` confirms (`verifier.verify.violations`);
everything else is Unknown with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from verifier.model.free_facts import trusting_role
from verifier.model.invariant import Expectation
from verifier.model.policy import Effect
from verifier.model.results.verdict import Reason
from verifier.problem.expression import Expression, literal
from verifier.problem.question import Claim, Question
from verifier.problem.semantics.unmodelled import pessimism
from verifier.solve.session import Session, Undecided, Unsat
from verifier.verify.answers import Answer, Found, Proved, Rests, gave_up, reason_of


def decide(question: Question, claim: Claim, session: Session, fixed: Iterable[Expression] = (), *, plausible: bool = True) -> Answer:
    """Proves or refutes one claim, under readings and other symbols held `fixed`. A counterexample is the most `plausible` one (F9), or
    any: benchmarks ask whether there is one."""
    every_action = [*fixed, claim.violation]
    known = [*every_action, question.known_action]
    answer = _search(question, claim, session, known, plausible)
    if isinstance(answer, Proved):
        return _unknown_actions(question, claim, session, every_action)
    if isinstance(answer, Rests):
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


def _despite(question: Question, claim: Claim, session: Session, query: list[Expression], rests: Rests) -> Answer:
    """A violation whatever the unmodelled things do; if there is none, they decide, and the verdict is Unknown."""
    hardest = pessimism(question.space)
    values = hardest.allowed if claim.invariant.expectation is Expectation.ALLOWED else hardest.refused
    held = [literal(name, value) for name, value in values.items()]
    answer = _search(question, claim, session, [*query, *held])
    return answer if isinstance(answer, Found) else why_unmodelled(question, rests.names)


def why_unmodelled(question: Question, names: Sequence[str]) -> Reason:
    """The reason that a verdict is Unknown that rests on these symbols."""
    return next(unmodelled_reasons(question, names), Reason("budget", "the verdict rests on something that is not modelled"))


def unmodelled_reasons(question: Question, names: Sequence[str]) -> Iterator[Reason]:
    """What these symbols stand for that is not modelled, or in doubt."""
    for thing in question.space.estate.unmodelled:
        if any(name.startswith(thing.name + ":") for name in names):
            yield reason_of(thing)
    key = question.space.target.key
    if key is not None:
        yield from (Reason("U3", why, key.span) for fact, why in key.doubtful if fact in names)
    for name in names:
        if name.startswith("L5:"):
            yield Reason("L5", "`NotResource` in a key policy is not documented")
        if (role := trusting_role(name)) is not None:
            yield Reason("E2", f"the trust policy of {role} is not in the input")
        text = question.space.unsupported.get(name) or question.finite.unsupported.get(name)
        if text is not None:
            yield Reason("C3", f"this comparison is not modelled: {text}")


def _search(question: Question, claim: Claim, session: Session, query: list[Expression], plausible: bool = True) -> Answer | Rests:
    result = session.check(query, minimal=True)
    if isinstance(result, Unsat):
        return Proved(result.core)
    if isinstance(result, Undecided):
        return gave_up(result)
    from verifier.verify.violations import confirmed  # a proof makes no request, and decides none

    return confirmed(question, claim, session, query, plausible)
