"""Who can: everybody who may do something with a key, under which conditions, and through what; and findings: the
access from outside a zone of trust that a key allows, as few as say all of it.

In: nothing (plain data). Out: frozen structs made by `verify.access`, shown by `report`.
Guarantee: where `KeyAccess.complete`, it was proved that no other request is allowed: each allowed request for the
actions asked about is in one region, and each region holds allowed requests alone. The findings of a key together hold
every request from outside the zone that is allowed, and nothing else; none of them, and none of the alternatives of
one, is held by all others together.
"""

from __future__ import annotations

from verifier.frozen import Frozen
from verifier.model.choices import Zone
from verifier.model.policy import StatementRef
from verifier.model.results.region import Region
from verifier.model.results.verdict import Assumption, KeySummary, Reason
from verifier.syntax.diagnostic import Diagnostic

AccessWay = tuple[StatementRef, ...]
"""Statements and grants that suffice together, and no fewer of them do: those of the key first, then those of the
caller's own policies. An empty one: no statement needs to allow it but, where the account has no inventory, the
caller's own policies (U1)."""


class Access(Frozen):
    """Some callers and what they can do.

    `region` says who, what, and under which conditions. Callers that are known by name have a row each, though what
    they can do be the same. `besides` are callers that have a row of their own and are not in this one, though its text
    describes them as well. `ways` are what its requests are allowed through, each by at least one; `None` where there
    are too many to tell. `alike` is a number that rows of one description share.
    """

    region: Region
    ways: tuple[AccessWay, ...] | None = ()
    besides: tuple[str, ...] = ()
    alike: int = 0


def ways_or_all(row: Access | ExternalAccess) -> tuple[AccessWay, ...]:
    """The ways of a row; where they are too many, one of all that they go through."""
    return row.ways if row.ways is not None else (row.region.through,)


def statements_of(row: Access | ExternalAccess) -> tuple[StatementRef, ...]:
    """What the ways of a row go through, each statement or grant once."""
    return tuple(dict.fromkeys(statement for way in ways_or_all(row) for statement in way))


class _OfKey(Frozen):
    """One key: `key.arn` names it. `reasons` say why some of its requests are in no row or finding (S1). `exact` is
    false where conditions were too many to say. `elapsed` is in seconds."""

    key: KeySummary
    reasons: tuple[Reason, ...] = ()
    exact: bool = True
    assumptions: tuple[Assumption, ...] = ()
    elapsed: float = 0.0

    @property
    def complete(self) -> bool:
        """True iff the rows or findings were proved to be all there is, with their exact conditions."""
        return self.exact and not self.reasons


class KeyAccess(_OfKey):
    """Who can do what with one key."""

    rows: tuple[Access, ...] = ()


class WhoCan(Frozen):
    """The whole answer, key by key.

    `actions` are the patterns asked about, `names` the known actions on a key that they match. `caller` is the text of
    the one caller, or callers, that were asked about (`--transpose`); `None` where all were. `excluding` are the texts
    of those left out (`--except`).
    """

    keys: tuple[KeyAccess, ...]
    actions: tuple[str, ...]
    names: tuple[str, ...]
    caller: str | None = None
    excluding: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    data_version: str = ""
    warnings: tuple[Diagnostic, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    free_readings: tuple[str, ...] = ()
    """Labels of the readings that were left open: a row that needs one says so (S2)."""

    @property
    def complete(self) -> bool:
        """True iff it is complete for every key."""
        return all(key.complete for key in self.keys)


class ExternalAccess(Frozen):
    """One finding: the same callers, doing the same through the same statements and grants. `region` has a witness.

    `public` says that callers can whose account nothing names, in no organization that anything names: neither the
    input nor the zone of trust (as the built-in `no-public-access`). `ways` are what the requests are allowed through;
    `None` where they are too many.
    """

    region: Region
    public: bool = False
    ways: tuple[AccessWay, ...] | None = ()


class KeyFindings(_OfKey):
    """The access to one key from outside. `services` are findings about AWS service principals, which are in no
    account."""

    findings: tuple[ExternalAccess, ...] = ()
    services: tuple[ExternalAccess, ...] = ()


class FindingsReport(Frozen):
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
