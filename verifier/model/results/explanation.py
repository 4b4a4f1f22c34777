"""Why a request is decided as it is, and what would change that; edits of a key policy that make a refuted invariant
hold.

In: nothing (plain data). Out: frozen structs made by `verifier.verify.explanation.explain` and
`verifier.verify.suggestion.suggest`, shown by `report`.
Guarantee: every request and every edit shown was decided by `evaluate`; where a search found nothing, `reason` says
why. With each suggestion the invariant was proved, and no other invariant has a worse verdict than before.
"""

from __future__ import annotations

from enum import Enum

from verifier.frozen import Frozen
from verifier.model.invariant_file import AnyInvariant
from verifier.model.request import Decision, Outcome, Request, Value
from verifier.model.results.comparison import TargetComparison
from verifier.model.results.verdict import Assumption, KeySummary, Reason, Status
from verifier.model.symbols import SymbolName
from verifier.syntax.diagnostic import Diagnostic
from verifier.syntax.source import NOWHERE, Span


class ChangeKind(Enum):
    """What a difference between two requests is."""

    NEEDED = "needed"
    """Without it the request is decided as before, or could be."""
    SENDABLE = "to be sent"
    """Without it the request is decided the same, but could not be sent (F1–F9)."""
    SUPPOSED = "supposed"
    """The request as given leaves it out, and every real one has it."""
    FOLLOWS = "follows"
    """What goes with another change, such as the tags of another caller."""


class RequestChange(Frozen):
    """A difference between two requests. `subject` is `caller`, `action`, `resource` or a condition key; `None` is
    absent."""

    subject: str
    before: Value | None
    after: Value | None
    kind: ChangeKind = ChangeKind.NEEDED


class Flip(Frozen):
    """A request near the given one that is decided otherwise: no request with fewer changes is.

    `wanted` is the decision that was looked for; `decision` is the replay. Where its outcome is DEPENDS, it is so in
    some readings or for some free facts only (`Decision.depends_on`). `same_call` is true where only requests of the
    same caller for the same action were looked at.
    `readings` are those that it needs in order to be sent.
    """

    wanted: Outcome
    request: Request
    decision: Decision
    changes: tuple[RequestChange, ...]
    count: int
    """How many changes: those of kind NEEDED and SENDABLE."""
    same_call: bool = False
    readings: tuple[tuple[SymbolName, bool], ...] = ()
    command: str | None = None


class EditShown(Frozen):
    """One edit of a key policy: in a sentence, where, and the statement before and after it as JSON text (`None`: there
    is none)."""

    text: str
    before: str | None
    after: str | None
    span: Span = NOWHERE


class PolicyChange(Frozen):
    """Edits that change the decision: with fewer, out of the documented set, it cannot be changed so. `decision` is
    about the edited policy."""

    wanted: Outcome
    edits: tuple[EditShown, ...]
    decision: Decision


class NotFound(Frozen):
    """Why a search has nothing to show: a rule label, or `bound`, `budget`, `solver`, `timeout`; a sentence."""

    wanted: Outcome
    rule: str
    text: str


class Explanation(Frozen):
    """The decision on a request, with its trace, and what would change it. `cases` is, for a decision that depends, for
    each outcome an assignment that leads to it; `assumptions` is what was concluded about where the keys are (S4)."""

    request: Request
    decision: Decision
    cases: tuple[tuple[Outcome, tuple[tuple[SymbolName, bool], ...]], ...] = ()
    flips: tuple[Flip | NotFound, ...] = ()
    policy_changes: tuple[PolicyChange | NotFound, ...] = ()
    assumptions: tuple[Assumption, ...] = ()


class Suggestion(Frozen):
    """Edits of one key policy, in the order in which they are made.

    `comparison` says what access is lost, and gained, by them; `None` where it was not asked for. `also_proved` are the
    names of other invariants that hold with them and did not before. `policy` is the text of the edited policy.
    """

    edits: tuple[EditShown, ...]
    policy: str
    comparison: TargetComparison | None = None
    also_proved: tuple[str, ...] = ()


class Advice(Frozen):
    """What there is to suggest for one invariant on one target, the best suggestion first.

    `number` counts invariants from 1. `status` is the verdict as things are. Without suggestions for a refuted
    invariant `reason` says why, with some why there are not more. `others` is how many other invariants about the key
    were proved again with each suggestion.
    """

    number: int
    invariant: AnyInvariant
    target: str
    status: Status
    suggestions: tuple[Suggestion, ...] = ()
    reason: Reason | None = None
    others: int = 0


class Suggestions(Frozen):
    """Everything that was asked for, in the order of the invariants. `assumptions` is what was concluded about where
    the keys are (S4)."""

    advice: tuple[Advice, ...]
    keys: tuple[KeySummary, ...]
    data_version: str
    warnings: tuple[Diagnostic, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    assumptions: tuple[Assumption, ...] = ()
