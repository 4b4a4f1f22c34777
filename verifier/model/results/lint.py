"""What `verifier lint` finds: findings with their evidence, and what could not be decided.

In: nothing (plain data). Out: frozen structs made by `verify`, shown by `report`.
Guarantee: a finding is proved, or shown by a request that was replayed; what was not decided is an `UndecidedQuestion`,
never a finding and never silence.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from verifier.frozen import Frozen
from verifier.model.policy import PolicyKind, StatementRef
from verifier.model.results.verdict import Assumption, Counterexample
from verifier.model.symbols import SymbolName
from verifier.syntax.diagnostic import Diagnostic
from verifier.syntax.source import NOWHERE, Span


class LintSeverity(Enum):
    """How bad a finding is. ERROR: the policy cannot do what it is there for. WARNING: it does not do what it seems to
    say. NOTE: something in it is of no use."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(LintSeverity).index(self)


class LintRule(Frozen):
    """A rule of the linter. `id` is stable; `label` is the rule that it rests on; `title` says in a line what is wrong;
    `applies_to` says of which policies it speaks. `page` is the page of AWS whose advice it is, where it is advice."""

    id: str
    label: str
    severity: LintSeverity
    title: str
    applies_to: str
    page: str | None = None


class RewriteClaim(Enum):
    """What is proved of a rewrite, over all requests. EQUIVALENT: the statement matches the same requests, in the same
    way. TIGHTER: it matches fewer, and none that it did not match before; one that it does not match any more was
    found."""

    EQUIVALENT = "equivalent"
    TIGHTER = "strictly tighter"


@dataclass(frozen=True)
class Rewrite:
    """A change of the statement that was checked. `text` says what changes, `statement` is the new one as a document;
    `readings` are the (label, value) for which the claim holds, all of them where there are none."""

    claim: RewriteClaim
    text: str
    statement: dict[str, Any] = field(hash=False)
    readings: tuple[tuple[SymbolName, bool], ...] = ()


class Proof(Frozen):
    """Why a finding is true: a sentence, and the statements and grants that the proof needs."""

    text: str
    because: tuple[StatementRef, ...] = ()


class Finding(Frozen):
    """One thing that is wrong with a policy. `statement` is `None` for what is wrong with the document. `key` is the
    key whose requests the finding is about, `None` where it does not depend on a key. Exactly one of `proof` and
    `witness` is given; `shows` says what the request of a witness shows."""

    rule: LintRule
    severity: LintSeverity
    policy: str
    policy_name: str
    policy_kind: PolicyKind
    message: str
    span: Span = NOWHERE
    statement: StatementRef | None = None
    key: str | None = None
    proof: Proof | None = None
    witness: Counterexample | None = None
    shows: str = ""
    rewrite: Rewrite | None = None


class UndecidedQuestion(Frozen):
    """A question that was not decided: the rule that asked (`None` where no rule could), about which statement or key,
    and why not."""

    rule: LintRule | None
    subject: StatementRef | str
    reason: str
    label: str
    span: Span = NOWHERE


class Linted(Frozen):
    """A policy that was looked at."""

    policy: str
    name: str
    kind: PolicyKind
    statements: int
    key: str | None = None
    key_name: str | None = None
    span: Span = NOWHERE


class LintReport(Frozen):
    """Everything found, worst first within a policy, the policies in the order of the input. `warnings` are those of
    reading the input that no finding tells; `assumptions` what was concluded about where the keys are (S4); `elapsed`
    is in seconds. `left_out` is how many notes are not among the findings."""

    findings: tuple[Finding, ...]
    undecided: tuple[UndecidedQuestion, ...]
    policies: tuple[Linted, ...]
    skipped: tuple[str, ...]
    data_version: str
    warnings: tuple[Diagnostic, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    elapsed: float = 0.0
    assumptions: tuple[Assumption, ...] = ()
    left_out: int = 0

    def without_notes(self) -> LintReport:
        """What is wrong, without what is merely of no use. What was not decided stays: it could be either."""
        kept = tuple(finding for finding in self.findings if finding.severity is not LintSeverity.NOTE)
        return replace(self, findings=kept, left_out=len(self.findings) - len(kept))
