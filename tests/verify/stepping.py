"""Claims about requests of steps, for tests."""

from __future__ import annotations

from tests.verify.proving import nobody
from verifier.ask.answers import Answer
from verifier.ask.loop import preferences
from verifier.model.choices import Engine
from verifier.model.estate import Estate
from verifier.problem.asking import ask
from verifier.problem.semantics.targets import Target, step_target
from verifier.solve.engines import open_session
from verifier.verify.claims import decide_claim
from verifier.verify.violations import violation


def answer(found: Estate, on: str | Target, action: str) -> Answer:
    """The answer to the claim that nobody may do the action on what has this ARN, or is told."""
    question = ask(found, step_target(found, on) if isinstance(on, str) else on, [nobody(action)])
    claim = question.claims[0]
    queries = [claim.scope, claim.violation, question.known_action, *preferences(question)]
    return decide_claim(
        question, claim, open_session(Engine.Z3, question.finite, question.finite.facts, queries), violation
    )
