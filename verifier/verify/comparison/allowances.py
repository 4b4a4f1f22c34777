"""What a change may add: which allowances are about a target, and which of them cover something.

In: the allowances, the differences of each target. Out: a `UsedAllowance` each. Guarantee: one is unused only if it
covers nothing that was gained of any target.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from verifier.model.estate import Estate
from verifier.model.invariant_file import Allowance
from verifier.model.results.comparison import UsedAllowance
from verifier.problem.diagrams.diagram import NOTHING
from verifier.problem.subjects import selected_keys
from verifier.verify.comparison.difference import Difference
from verifier.verify.comparison.target_pairs import TargetPair


@dataclass
class Allowances:
    """Those of a comparison with NEW. `covering` are the names of those that covered something."""

    new: Estate
    given: Sequence[Allowance]
    covering: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._keys = {allowance.name: self._keys_of(allowance) for allowance in self.given}

    def _keys_of(self, allowance: Allowance) -> frozenset[str] | None:
        if allowance.scope.keys is None:
            return None
        return frozenset(key.arn for key in selected_keys(self.new, allowance.scope))

    def applying(self, pair: TargetPair) -> list[Allowance]:
        """Those that are about a target."""
        found = ((allowance, self._keys[allowance.name]) for allowance in self.given)
        return [allowance for allowance, keys in found if keys is None or pair.name in keys]

    def note_used(self, found: Difference, applying: Sequence[Allowance]) -> None:
        """Which allowances cover something that was gained."""
        diagrams = found.joint.diagrams
        for region in found.gained.intended.found:
            for allowance, scope in zip(applying, found.joint.scopes, strict=True):
                if diagrams.both(region.node, scope) != NOTHING:
                    self.covering.add(allowance.name)

    def used(self) -> tuple[UsedAllowance, ...]:
        """All of them, each `used` iff it covers something that was gained."""
        scopes = [allowance.scope for allowance in self.given]
        return tuple(UsedAllowance(one.name, one.text, one.name in self.covering, one.span) for one in scopes)
