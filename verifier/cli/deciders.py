"""What decides where no claim is proved, imported when it is first called: most runs need none of it.

In: what `verifier.verify.deciding.Deciders` take. Out: what they give.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from verifier.verify.deciding import Deciders

if TYPE_CHECKING:
    from verifier.ask.loop import Inconclusive
    from verifier.model.choices import Engine
    from verifier.model.estate import Estate, Key
    from verifier.model.invariant import Invariant
    from verifier.model.invariant_file import GrantInvariant
    from verifier.model.results.verdict import Counterexample, Verdict
    from verifier.model.symbols import SymbolValues
    from verifier.problem.expression import Expression
    from verifier.problem.question import Claim, Question
    from verifier.problem.semantics.targets import Target
    from verifier.solve.session import Assignment, Session
    from verifier.verify.deciding import ProofOptions
    from verifier.verify.string_claims import Strings


def _confirm(
    question: Question, claim: Claim, session: Session, assignment: Assignment
) -> Counterexample | Inconclusive:
    from verifier.verify.violations import violation

    return violation(question, claim, session, assignment)


def _listed(estate: Estate, key: Key, invariant: GrantInvariant, held: SymbolValues) -> Verdict:
    from verifier.verify.listed_grants import decide_listed

    return decide_listed(estate, key, invariant, held)


def _eventually(
    estate: Estate, target: Target, invariants: list[Invariant], options: ProofOptions
) -> Iterator[Verdict]:
    from verifier.verify.reach.eventually import prove_eventually

    return prove_eventually(estate, target, invariants, options)


def _strings(
    question: Question, target: str, engine: Engine, deadline: float | None, fixed: tuple[Expression, ...]
) -> Strings:
    from verifier.verify.string_claims import Strings

    return Strings(question, target, engine, deadline, fixed)


CALLED_LATE = Deciders(_confirm, _listed, _eventually, _strings)
