"""Suggestions: edits of a key policy that make a refuted invariant hold.

In: nothing (plain data). Out: frozen structs made by `verifier.verify.suggestion.suggest`, shown by `report`.
Guarantee: with each suggestion the invariant was proved, and no other invariant has a worse verdict than before.
"""

from __future__ import annotations

from verifier.frozen import Frozen
from verifier.model.invariant_file import AnyInvariant
from verifier.model.results.comparison import TargetComparison
from verifier.model.results.explanation import EditShown
from verifier.model.results.verdict import Assumption, KeySummary, Reason, Status
from verifier.syntax.diagnostic import Diagnostic


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
