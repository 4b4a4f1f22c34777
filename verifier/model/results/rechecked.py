"""What became of the proofs of a certificate.

In: nothing (plain data). Out: frozen structs.
Guarantee: a question is accepted iff a proof of it was checked and holds; each question that was asked has an outcome.
"""

from __future__ import annotations

from enum import Enum

from verifier.frozen import Frozen
from verifier.model.results.verdict import Assumption
from verifier.model.symbols import SymbolName


class ProofOutcome(Enum):
    """What became of one question: its proof holds, it does not, or there is none."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NO_PROOF = "no proof"


class Checked(Frozen):
    """An invariant on one target. `says` is how much was checked, or why it is not accepted."""

    invariant: str
    target: str
    outcome: ProofOutcome
    says: str

    @property
    def name(self) -> str:
        return f"{self.invariant} on {self.target}"


class Recheck(Frozen):
    """All questions. `readings` are those that the certificate holds, `others` how many of its proofs are about
    something else; `refused` says why nothing was looked at: it is about another input. `assumptions` is what was
    concluded about where the keys are (S4)."""

    checked: tuple[Checked, ...]
    readings: tuple[tuple[SymbolName, bool], ...]
    assumptions: tuple[Assumption, ...]
    others: int
    inputs: tuple[tuple[str, str], ...]
    data_version: str
    refused: str | None = None

    def count(self, outcome: ProofOutcome) -> int:
        """How many questions came out so."""
        return sum(one.outcome is outcome for one in self.checked)
