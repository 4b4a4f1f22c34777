"""What files of invariants say.

In: nothing (plain data), made by `verifier.language.invariants.files` and `verifier.invariant_files`. Out: frozen
dataclasses.
"""

from __future__ import annotations

from dataclasses import dataclass

from verifier.model.invariant import Allowance, AnyInvariant, Invariant
from verifier.model.steps.supposition import Supposition


@dataclass(frozen=True)
class InvariantFile:
    """A file of invariants. `key_arns` are the keys that it declares, by name."""

    invariants: tuple[AnyInvariant, ...]
    key_arns: tuple[tuple[str, str], ...] = ()
    allowances: tuple[Allowance, ...] = ()
    suppositions: tuple[Supposition, ...] = ()

    @property
    def about_requests(self) -> tuple[Invariant, ...]:
        """Those that are about requests in the estate as it is."""
        return tuple(
            invariant for invariant in self.invariants if isinstance(invariant, Invariant) and not invariant.eventually
        )


@dataclass(frozen=True)
class InvariantFiles:
    """All invariants, allowances and suppositions of some files, the key ARNs that they declare, and (name, SHA-256) of
    each file."""

    invariants: tuple[AnyInvariant, ...] = ()
    key_arns: tuple[str, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    allowances: tuple[Allowance, ...] = ()
    suppositions: tuple[Supposition, ...] = ()


def asks_of_sessions(text: str) -> bool:
    """True iff an invariant may ask for what sessions have by who made them, on which trust policies bear (F3, F6)."""
    return any(word in text.lower() for word in _OF_SESSIONS)


_OF_SESSIONS = (
    *("tag", "federatedprovider", "multifactorauth", "sourceinstance", "roledelivery", "ec2instancesource"),
    *("sourcefunction", "buildarn", "projectarn", "roleassumedby", "credentialissuing", "sourceip"),
)
