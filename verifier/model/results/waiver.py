"""Waivers: what may break an invariant for a while, who answers for it, and until when.

In: nothing (plain data). Out: frozen dataclasses made from a configuration, applied by `verify.excuses`.
Guarantee: a waiver covers requests, by meaning; never an invariant or a key as such.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from verifier.model.invariant import Allowance
from verifier.syntax.source import NOWHERE, Span


@dataclass(frozen=True)
class Waiver:
    """Requests of the scope of `allowance` may break the invariant named `invariant` on the key `key` (a name, alias,
    ARN or key ID), up to and including the day `expires` (UTC)."""

    invariant: str
    key: str
    allowance: Allowance
    reason: str
    owner: str
    expires: date
    span: Span = NOWHERE

    def expired(self, today: date) -> bool:
        """Whether it does not apply any more."""
        return today > self.expires


@dataclass(frozen=True)
class BaselineEntry:
    """An invariant that was refuted on a key (its ARN) when the baseline was written. `meaning` is a digest of the
    invariant."""

    invariant: str
    meaning: str
    key: str
