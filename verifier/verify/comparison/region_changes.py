"""The regions of a difference, each with the other side's decision and the changes that it is due to.

In: regions that one side allows and the other does not; both estates; the changes. Out: `RegionChange`s.
Guarantee: every decision shown was made by `evaluate`, under the symbols that the request was found with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verifier.model.estate import Estate
from verifier.model.request import Decision, Outcome
from verifier.model.results.comparison import RegionChange
from verifier.syntax.diagnostic import InputError
from verifier.verify.comparison.changes import Located, bearing
from verifier.verify.comparison.counterpart import counterpart
from verifier.verify.regions import FoundRegion, Regions


@dataclass(frozen=True)
class Explainer:
    """Both sides, `None` where NEW does not have the target."""

    old: Estate
    new: Estate | None
    changes: tuple[Located, ...]

    def explained(self, regions: Regions, *, gained: bool) -> tuple[RegionChange, ...]:
        """The regions of one direction."""
        return tuple(self._explained(regions, gained))

    def _explained(self, regions: Regions, gained: bool) -> Iterator[RegionChange]:
        for found in regions.found:
            refused, cannot = self._other_side(found, gained)
            witness = found.region.witness
            because = bearing(self.changes, witness.request, witness.decision, refused, gained=gained) if witness is not None else ()
            yield RegionChange(found.region, because, refused, cannot)

    def _other_side(self, found: FoundRegion, gained: bool) -> tuple[Decision | None, str | None]:
        """The decision on the other side; or why the request cannot be made there."""
        estate, name = (self.old, "OLD") if gained else (self.new, "NEW")
        if estate is None:
            return None, "the key is not in NEW"
        if found.sample is None:
            return None, None
        try:
            decision = counterpart(estate, found.sample.request, dict(found.sample.symbols)).decision
        except InputError as error:
            return None, f"the request cannot be made in {name}: {error.diagnostics[0].message}"
        if decision.outcome is Outcome.DENY:
            return decision, None
        why = next(iter(decision.warnings), "it could not be sent there")
        return None, f"the request cannot be made in {name}: {why}"
