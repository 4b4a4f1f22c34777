"""Why a request is decided as it is, and what would change that.

In: nothing (plain data). Out: frozen structs made by `verifier.verify.explanation.explain`, shown by `report`.
Guarantee: every request and every edit shown was decided by `evaluate`; where a search found nothing, `reason` says
why.
"""

from __future__ import annotations

from enum import Enum

from verifier.frozen import Frozen
from verifier.model.request import Decision, Outcome, Request, Value
from verifier.model.results.verdict import Assumption
from verifier.model.symbols import SymbolName
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
