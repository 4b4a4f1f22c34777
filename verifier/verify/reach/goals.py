"""What callers may come to do in the end, and what they have brought about on the way.

In: goals by their numbers, keys by their ARNs. Out: `Goal`, `Reached`. Guarantee: the premises of a goal are all that
it takes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from verifier.verify.reach.facts import Fact, Facts, Way
from verifier.verify.reach.offers.offers import Access

REPLICA, AGAIN = "replica", "again"


@dataclass(frozen=True)
class Goal:
    """One goal within reach: by whom, through which access, and after what. `onto` is the other key, if any, on which
    the last request is: its ARN, or `REPLICA` for one that was made of the key; `AGAIN` is the key itself, for what has
    another encryption context then."""

    number: int
    key: str
    by: str
    access: Access | None
    premises: tuple[Fact, ...]
    rounds: int
    onto: str | None = None

    @property
    def way(self) -> Way:
        return self.number, None, self.by, self.premises


@dataclass
class Reached:
    """What one principal can bring about, or some together."""

    starts: tuple[str, ...]
    facts: Facts
    goals: dict[tuple[str, int], Goal] = field(default_factory=dict)

    @property
    def start(self) -> str:
        """The only principal."""
        (start,) = self.starts
        return start
