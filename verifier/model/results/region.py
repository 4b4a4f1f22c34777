"""Regions: sets of requests in words, for differences, for who can, and for findings.

In: nothing (plain data). Out: frozen structs made by `verify`, shown by `report`.
Guarantee: the words of a region say exactly which requests are in it: a request is in the region iff its caller is one
of `callers`, its action one of `actions`, and it meets all limits of at least one alternative of `when`. The regions of
one answer are disjoint.
"""

from __future__ import annotations

from enum import Enum

from verifier.frozen import Frozen
from verifier.model.policy import StatementRef
from verifier.model.request import CallerKind
from verifier.model.results.verdict import Counterexample


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
