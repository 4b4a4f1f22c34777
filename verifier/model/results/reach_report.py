"""What is within reach: the answers of `verifier reach`.

In: nothing (plain data). Out: frozen structs made by `verify.reach`, shown by `report`.
Guarantee: where `KeyReach.complete`, it was proved that nothing else can be brought about within the bound; every row
but those with a reason has a story that was replayed.
"""

from __future__ import annotations

from verifier.frozen import Frozen
from verifier.model.results.verdict import Assumption, Bound, KeySummary, Reason, Story
from verifier.syntax.diagnostic import Diagnostic


class ReachRow(Frozen):
    """Something within reach. `callers` are who can get there, as text (principal ARNs, or descriptions of those that
    no inventory lists), all by chains of the same steps; `actions` what they can then do. `story` shows the first of
    them; where it is `None`, `reason` says why no chain could be replayed: the row may be out of reach (S1). `steps` is
    the number of steps before the last request, 0 for direct access."""

    callers: tuple[str, ...]
    actions: tuple[str, ...]
    steps: int
    story: Story | None = None
    reason: Reason | None = None


class KeyReach(Frozen):
    """One key. `rows` are in the order of their steps. `beyond` are the actions (`verifier reach CALLER`), or the
    callers (`--to`), that are out of reach. `reasons` say what could not be replayed, `supposed` what is out of reach
    only by what a person supposes (W3)."""

    key: KeySummary
    rows: tuple[ReachRow, ...]
    beyond: tuple[str, ...]
    bound: Bound
    reasons: tuple[Reason, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    elapsed: float = 0.0
    supposed: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """True iff every row was replayed, and everything else proved to be out of reach within the bound."""
        return not self.reasons and all(row.reason is None for row in self.rows)


class ReachReport(Frozen):
    """The whole answer, key by key. `caller` is who was asked about (`verifier reach CALLER`), `to` the action patterns
    (`--to`); one of them is `None`."""

    keys: tuple[KeyReach, ...]
    caller: str | None = None
    to: tuple[str, ...] | None = None
    accounts: tuple[str, ...] = ()
    data_version: str = ""
    warnings: tuple[Diagnostic, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    free_readings: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """True iff it is complete for every key."""
        return all(key.complete for key in self.keys)
