"""Regions: sets of requests in words, for differences, who can, and findings. Who can: everybody who may do something
with a key, under which conditions, and through what; and findings: the access from outside a zone of trust that a key
allows, as few as say all of it.

In: nothing (plain data). Out: frozen structs made by `verify`, shown by `report`.
Guarantee: the words of a region say exactly which requests are in it: a request is in the region iff its caller is one
of `callers`, its action one of `actions`, and it meets all limits of at least one alternative of `when`. The regions of
one answer are disjoint. Where `KeyAccess.complete`, it was proved that no other request is allowed: each allowed
request for the actions asked about is in one region, and each region holds allowed requests alone. The findings of a
key together hold every request from outside the zone that is allowed, and nothing else; none of them, and none of the
alternatives of one, is held by all others together.
"""

from __future__ import annotations

from enum import Enum

from verifier.frozen import Frozen
from verifier.model.choices import Zone
from verifier.model.policy import StatementRef
from verifier.model.request import CallerKind
from verifier.model.results.verdict import Assumption, Counterexample, KeySummary, Reason
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


class LimitKind(Enum):
    """What a limit is about: a condition key of the request; a comparison of two keys by a policy variable; a
    documented ambiguity (S2); a free fact, such as what an outside account's policies say (U1); something that the
    input refers to and does not hold (S1)."""

    CONDITION = "condition"
    RELATION = "relation"
    READING = "reading"
    FREE = "free"
    UNMODELLED = "unmodelled"


class Limit(Frozen):
    """One thing that must hold of a request.

    `subject` is the condition key (as the policies spell it), the label of a reading, or the symbol; `text` goes behind
    the subject in a sentence (`is absent, or is not s3.us-west-2.amazonaws.com`), or is a whole sentence for kinds
    other than CONDITION. `absent` says whether a request without the key meets it. `rule` is the label of a reading or
    free fact.
    """

    kind: LimitKind
    subject: str
    text: str
    absent: bool | None = None
    rule: str | None = None


class Callers(Frozen):
    """A set of callers in words.

    `text` describes it (`every role and user of 444455556666`). `names` are the principal ARNs (a role stands for all
    its sessions) or service names where the set is exactly a list of them. `accounts` are the accounts of the callers,
    where these are finitely many; `kinds` the kinds of caller among them; `known` is true where all of them are in the
    inventory. Where the set is no list, `named` are the principals that `text` names, or counts with others, and
    `excluded` those that it excludes so.
    """

    text: str
    names: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    kinds: tuple[CallerKind, ...] = ()
    known: bool = False
    named: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()


class Actions(Frozen):
    """A set of actions: the known ones by name, in the order of the reference data; `others` where actions that the
    data does not know are among them (U4). `text` is a short form (`kms:Decrypt and 3 more`, `every action`)."""

    names: tuple[str, ...]
    others: bool
    text: str


Alternative = tuple[Limit, ...]
"""Limits that must all hold; none: always."""


class Region(Frozen):
    """Requests of some callers for some actions under some conditions: those that meet one of the alternatives of
    `when`.

    `witness` is one of them, replayed; `None` where the region is shown but no concrete request was asked for.
    `through` are the statements and grants that allow its requests (for a difference: those that the change is due to).
    """

    callers: Callers
    actions: Actions
    when: tuple[Alternative, ...]
    witness: Counterexample | None = None
    through: tuple[StatementRef, ...] = ()
    exact: bool = True
    """False where the conditions were too many to say: then `when` says always, and means: under some conditions."""

    @property
    def always(self) -> bool:
        """True iff every request of these callers for these actions is in the region."""
        return () in self.when
