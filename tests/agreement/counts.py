"""Counts of a run: cases, outcomes, how often each rule fired and which way, and what is too few.

In: comparisons. Out: `Counts`, which can be added; the complaints about a run; a table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.agreement.estates import Setting
from tests.agreement.labels import SOURCES, UNCOUNTED, fired
from tests.agreement.runner import Comparison
from tests.agreement.sessions import Limited
from verifier.model.request import CallerKind, Request

LEAST_ALLOWED = 0.30
MOST_UNDETERMINED = 0.01
MOST_UNREAD = 0.03
LEAST_FIRED = 50


@dataclass
class Counts:
    """What a run has seen. `outcomes` counts requests by what evaluate says without an assignment."""

    cases: int = 0
    compared: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    undetermined: Counter[str] = field(default_factory=Counter)
    open_facts: int = 0
    left_open: int = 0
    fired: Counter[tuple[str, bool]] = field(default_factory=Counter)

    def see(self, setting: Setting, comparison: Comparison) -> None:
        """Counts one comparison; a case is a request, whether or not the readings are assigned."""
        self.compared += 1
        if comparison.assignment is None:
            self.cases += 1
            self.outcomes[comparison.decision.outcome.value] += 1
        if comparison.symbolic is None:
            self.undetermined[comparison.undetermined.split(" (")[0]] += 1
        self.open_facts += comparison.symbolic is not comparison.decision.outcome and comparison.facts_open
        self.left_open += comparison.third is None
        self.fired.update(fired(setting, comparison))

    def see_session(self, request: Request, found: Limited) -> None:
        """Counts a request with session policies: whether they changed what is decided."""
        kind = "role" if request.caller.kind is CallerKind.ROLE else "federated"
        self.fired[f"U2 {kind} with session policy", found.narrowed] += 1

    def see_document(self, *, sound: bool, refused: bool) -> None:
        """Counts a document that was read or refused (L4); a sound one was read, or there would be no case."""
        self.fired["L4", refused and not sound] += 1

    def add(self, other: Counts) -> None:
        """Takes over the counts of another run."""
        self.cases += other.cases
        self.compared += other.compared
        self.open_facts += other.open_facts
        self.left_open += other.left_open
        self.outcomes.update(other.outcomes)
        self.undetermined.update(other.undetermined)
        self.fired.update(other.fired)

    @property
    def allowed(self) -> float:
        """The share of requests that are allowed under every reading."""
        return self.outcomes["allow"] / max(1, self.cases)

    @property
    def undecided(self) -> float:
        """The share of comparisons that `problem` cannot hold."""
        return sum(self.undetermined.values()) / max(1, self.compared)

    @property
    def unread(self) -> float:
        """The share of comparisons that the third reading leaves open."""
        return self.left_open / max(1, self.compared)

    def complaints(self, least_fired: int = LEAST_FIRED) -> Iterator[str]:
        """What is too few, or too many, for the run to prove much."""
        if self.allowed < LEAST_ALLOWED:
            yield f"only {self.allowed:.1%} of the requests are allowed"
        if self.undecided > MOST_UNDETERMINED:
            yield f"problem cannot hold {self.undecided:.1%} of the requests"
        if self.unread > MOST_UNREAD:
            yield f"the third reading leaves {self.unread:.1%} of the requests open"
        for label in SOURCES:
            for way in (True, False):
                if self.fired[label, way] < least_fired:
                    yield f"{label} {'held' if way else 'failed'} {self.fired[label, way]} times only"

    def table(self) -> str:
        """The counts as text."""
        lines = [f"{self.cases:,} requests, {self.compared:,} comparisons"]
        lines += [
            f"  {name:<8} {count:>7,} ({count / max(1, self.cases):.1%})"
            for name, count in sorted(self.outcomes.items())
        ]
        lines.append(
            f"  {self.open_facts:,} where problem is sharper, since it knows which values a fact of the key can "
            "have (U3)"
        )
        lines.append(f"  {sum(self.undetermined.values()):,} that problem cannot hold ({self.undecided:.2%})")
        lines += [f"    {count:>5,} {reason}" for reason, count in self.undetermined.most_common(8)]
        lines.append(f"  {self.left_open:,} that the third reading leaves open ({self.unread:.2%})")
        lines.append(f"{'rule':<28}{'held':>9}{'failed':>9}  read off the")
        lines += [
            f"{label:<28}{self.fired[label, True]:>9,}{self.fired[label, False]:>9,}  {source}"
            for label, source in SOURCES.items()
        ]
        lines += [f"{label:<28}{'-':>9}{'-':>9}  {reason}" for label, reason in UNCOUNTED.items()]
        return "\n".join(lines)
