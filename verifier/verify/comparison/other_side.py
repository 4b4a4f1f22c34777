"""What the other side says of the requests that one side allows.

In: regions of such requests, both estates, what changed. Out: a `RegionChange` each.
Guarantee: every decision was made by `evaluate`, under the symbols that the request was found with.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.request import Decision, Outcome
from verifier.model.results.comparison import Change, RegionChange
from verifier.syntax.diagnostic import InputError
from verifier.verify.comparison.changes import Located, bearing
from verifier.verify.comparison.difference import counterpart
from verifier.verify.regions import FoundRegion, Regions


class OtherSide(Frozen):
    """Says of regions that one side allows and the other does not what decides on the other side, and the changes that
    they are due to. `new` is `None` where NEW does not have the target."""

    old: Estate
    new: Estate | None
    changes: tuple[Located, ...]

    def explained(self, regions: Regions, *, gained: bool) -> tuple[RegionChange, ...]:
        return tuple(self._explained(regions, gained))

    def _explained(self, regions: Regions, gained: bool) -> Iterator[RegionChange]:
        for found in regions.found:
            refused, cannot = self._decision(found, gained)
            witness = found.region.witness
            because: tuple[Change, ...] = ()
            if witness is not None:
                because = bearing(self.changes, witness.request, witness.decision, refused, gained=gained)
            yield RegionChange(found.region, because, refused, cannot)

    def _decision(self, found: FoundRegion, gained: bool) -> tuple[Decision | None, str | None]:
        """The decision on the other side; or why the request cannot be made there."""
        estate, name = (self.old, "OLD") if gained else (self.new, "NEW")
        if estate is None:
            return None, "the key is not in NEW"
        if found.sample is None:
            return None, None
        try:
            decision = counterpart(estate, found.sample.request, dict(found.sample.symbols))
        except InputError as error:
            return None, f"the request cannot be made in {name}: {error.diagnostics[0].message}"
        if decision.outcome is Outcome.DENY:
            return decision, None
        why = next(iter(decision.warnings), "it could not be sent there")
        return None, f"the request cannot be made in {name}: {why}"
