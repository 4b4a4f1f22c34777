"""What an answer supposes, said alike in every report.

In: `Assumption`s. Out: sentences. Guarantee: pure; each assumption is listed once. What was concluded about where the
keys are (S4) every format of every command tells.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from verifier.model.results.verdict import Assumption


class Supposing(Protocol):
    """Something that holds only if some things do."""

    @property
    def assumptions(self) -> tuple[Assumption, ...]: ...


def of_all(answers: Iterable[Supposing]) -> tuple[Assumption, ...]:
    """What some answers suppose."""
    return tuple(dict.fromkeys(assumption for answer in answers for assumption in answer.assumptions))


def concluded(assumptions: Iterable[Assumption]) -> list[Assumption]:
    """Those that tell the own account or Region, which the input does not say (S4)."""
    return list(dict.fromkeys(assumption for assumption in assumptions if assumption.is_conclusion))


def conclusions(assumptions: Iterable[Assumption]) -> tuple[str, ...]:
    """The same as sentences."""
    return tuple(f"{found.text} [{found.rule}]" for found in concluded(assumptions))
