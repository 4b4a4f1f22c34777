"""Findings: the access from outside a zone of trust that a key allows, as few as say all of it.

In: nothing (plain data). Out: frozen dataclasses made by `verify.access.findings`, shown by `report`.
Guarantee: the findings of a key together hold every request from outside the zone that is allowed, and nothing else;
none of them, and none of the alternatives of one, is held by all others together.
"""

from __future__ import annotations

from dataclasses import dataclass

from verifier.model.choices import Zone
from verifier.model.results.access import Way
from verifier.model.results.region import Region
from verifier.model.results.verdict import Assumption, KeySummary, Reason
from verifier.syntax.diagnostic import Diagnostic


@dataclass(frozen=True)
class ExternalAccess:
    """One finding: the same callers, doing the same through the same statements and grants. `region` has a witness.

    `public` says that callers can whose account nothing names, in no organization that anything names: neither the
    input nor the zone of trust (as the built-in `no-public-access`). `ways` are what the requests are allowed through;
    `None` where they are too many.
    """

    region: Region
    public: bool = False
    ways: tuple[Way, ...] | None = ()


@dataclass(frozen=True)
class KeyFindings:
    """One key. `services` are findings about AWS service principals, which are in no account. `reasons` say why some
    requests are in no finding (S1), `exact` is false where conditions were too many to say. `elapsed` is in seconds."""

    key: KeySummary
    findings: tuple[ExternalAccess, ...] = ()
    services: tuple[ExternalAccess, ...] = ()
    reasons: tuple[Reason, ...] = ()
    exact: bool = True
    assumptions: tuple[Assumption, ...] = ()
    elapsed: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether the findings were proved to be all there is, with their exact conditions."""
        return self.exact and not self.reasons


@dataclass(frozen=True)
class FindingsReport:
    """The findings on all keys. `trusted` are the accounts and organizations in the zone besides the key's own account;
    `count_services` says whether access of services counts as well."""

    keys: tuple[KeyFindings, ...]
    zone: Zone = Zone.ACCOUNT
    trusted: tuple[str, ...] = ()
    count_services: bool = False
    accounts: tuple[str, ...] = ()
    data_version: str = ""
    warnings: tuple[Diagnostic, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    free_readings: tuple[str, ...] = ()
    """Labels of the readings that were left open: a finding that needs one says so (S2)."""
