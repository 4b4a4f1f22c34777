"""Claims decided by a string solver, and verdicts held against one: a second translation of the same question.

In: a question, one of its claims, a string engine. Out: an `Answer`, or how an answer fared against the second engine.
Guarantee: a counterexample is shown only when it was replayed, whoever found it; where the two translations contradict
each other there is a `Contradiction`, never a verdict. What the formula over strings leaves open
(`verifier.encode.string_theory`) is no contradiction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from verifier.ask.answers import Answer, Contradiction, GaveUp, Proved, Refuted, Unknown
from verifier.deadline import seconds_left
from verifier.encode.string_theory import Inexpressible, Script, script
from verifier.frozen import Frozen
from verifier.model.choices import Engine
from verifier.model.results.verdict import Agreement, Counterexample, Reason
from verifier.problem.classes.predicates import exactly
from verifier.problem.expression import Expression, Present, Test, conjunction
from verifier.problem.question import Claim, Question
from verifier.problem.space import EXACT_NAME, INTERNAL, OTHER_NAME
from verifier.solve.session import NO_TIME, Result, Sat, Session, Undecided, Unsat
from verifier.solve.string_solvers import solver_answer
from verifier.verify.claims import decide_claim
from verifier.verify.violations import violation

_REPLAYED = "sat, with a counterexample that was replayed"


class Strings(Frozen):
    """A string engine for a claim, until a deadline."""

    question: Question
    target: str
    engine: Engine
    deadline: float | None
    fixed: tuple[Expression, ...]

    # -- as the engine --

    def decide(self, number: int, session: Session) -> Answer:
        """Proved only if no request breaks the claim with this number, and refuted only by one that does. The
        `session`, of an engine on classes, finds the counterexample, or tells which statements a proof needs."""
        claim = self.question.claims[number]
        written, said = self._ask(number, known_action=True)
        if isinstance(said, Unsat):
            written, said = self._ask(number, known_action=False)
        if isinstance(said, Undecided):
            return Unknown(GaveUp.solver(said.reason, "the string solver").reason)
        second = decide_claim(self.question, claim, session, violation, self.fixed)
        if isinstance(said, Unsat):
            if isinstance(second, Refuted):
                raise self._contradiction(claim, written, "unsat", _REPLAYED)
            if isinstance(second, Unknown) and second.reason.rule in ("solver", "timeout", "budget"):
                # nothing tells which of them the proof could do without
                return Proved(tuple(range(len(self.question.space.owners))))
        if isinstance(said, Unsat) or not isinstance(second, Proved):
            return second
        if not written.open:
            raise self._contradiction(claim, written, "sat", "unsat")
        left_open = "the string solver's answer rests on a comparison that its formula leaves open"
        text = f"{left_open}, and no request bears it out"
        return Unknown(Reason("solver", text))

    # -- as the second engine --

    def check(self, number: int, first: Answer) -> Agreement:
        """How the answer of another engine fares against this one. Raises `Contradiction`."""
        if isinstance(first, Unknown):
            return Agreement.NOTHING_TO_CHECK
        if isinstance(first, Refuted):
            _, found = self._ask(number, self._as_found(first), known_action=True)
            if isinstance(found, Sat):
                return Agreement.AGREED  # what holds of one request in particular, some request meets
        written, said = self._ask(number, known_action=isinstance(first, Refuted))
        if isinstance(said, Undecided):
            return Agreement.UNANSWERED
        if isinstance(said, Sat) == isinstance(first, Refuted):
            return Agreement.AGREED
        if isinstance(said, Sat) and written.open:
            return Agreement.UNANSWERED
        answers = ("sat", "unsat") if isinstance(said, Sat) else ("unsat", _REPLAYED)
        raise self._contradiction(self.question.claims[number], written, *answers)

    # -- both --

    def _as_found(self, found: Refuted[Counterexample]) -> list[Expression]:
        """The request of a counterexample, as far as single texts tell it. A solver looks long for a request, and is
        quick to see that one is what it looks for; where these say too much, it finds none, and is asked without
        them."""
        request = found.shown.request
        caller = request.caller
        values = {"principal": caller.principal_arn, "action": request.action.lower(), "session": caller.session}
        for key, value in request.context:
            values[key.lower()] = value if isinstance(value, str) else None
        as_requested: list[Expression] = []
        for name, attribute in self.question.space.attributes.items():
            wanted = values.get(name)
            if wanted is not None and (attribute.domain is not None or name == "action"):
                as_requested.append(Test(name, exactly(wanted)))
            is_key = name not in INTERNAL and not name.endswith((EXACT_NAME, OTHER_NAME))
            if is_key and attribute.optional and name not in values:
                as_requested.append(~Present(name))
        return as_requested

    def _ask(self, number: int, further: Sequence[Expression] = (), *, known_action: bool) -> tuple[Script, Result]:
        formula = self.question.formula
        goal: Iterable[Expression] = (*self.fixed, formula.violations[number], *further)
        try:
            written = script(formula, conjunction((*goal, *((formula.known_action,) if known_action else ()))))
        except Inexpressible as error:
            return Script("", ()), Undecided(str(error))
        left = seconds_left(self.deadline)
        said = solver_answer(self.engine, written.text, left) if left != 0 else Undecided(NO_TIME)
        late = isinstance(said, Undecided) and seconds_left(self.deadline) == 0
        return written, Undecided(NO_TIME) if late else said

    def _contradiction(self, claim: Claim, written: Script, here: str, there: str) -> Contradiction:
        answers = (("the engine on classes", there), (self.engine.value, here))
        return Contradiction(claim.invariant, self.target, written.text, answers)
