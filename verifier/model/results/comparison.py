"""Comparisons: what two versions of an input allow that the other does not, target by target.

In: nothing (plain data). Out: frozen structs made by `verify`, shown by `report`.
Guarantee: a relation is never *equivalent*, *more* or *less permissive* where something could not be compared (S1):
that is *unknown*. What was found all the same is shown with it, for each region's request was replayed on both sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

from verifier.frozen import Frozen
from verifier.model.choices import FailOn
from verifier.model.policy import StatementRef
from verifier.model.request import Decision
from verifier.model.results.access import Region
from verifier.model.results.verdict import Assumption, Reason, Status
from verifier.syntax.diagnostic import Diagnostic
from verifier.syntax.source import NOWHERE, Span


class Relation(Enum):
    """How NEW compares with OLD. EQUIVALENT: the same requests are allowed. INCOMPARABLE: some were gained and some
    lost.
    UNKNOWN: something that could change the answer is not known, and `TargetComparison.reasons` names it."""

    EQUIVALENT = "equivalent"
    MORE = "more permissive"
    LESS = "less permissive"
    INCOMPARABLE = "incomparable"
    UNKNOWN = "unknown"


class Presence(Enum):
    """On which sides a target is. A request on a key that NEW does not have counts as refused there; one on a key that
    OLD does not have, as a key without a policy would decide it there: what that would allow besides was not lost."""

    BOTH = "both"
    ADDED = "only in new"
    REMOVED = "only in old"


class Change(Frozen):
    """Something that differs between the sides in content, not in order, name or layout.

    `old` and `new` name the statement or grant, `None` where that side has none; then `text` goes behind its name
    (`lost its kms:ViaService condition`). Where both are `None` the change is about something else, and `text` is a
    whole sentence; `places` are then where each side says it. A `supposing` change says what the comparison supposes,
    too: what the side has that does not give it, or that policies which are not given do not ask for it.
    """

    text: str
    old: StatementRef | None = None
    new: StatementRef | None = None
    places: tuple[Span, Span] = (NOWHERE, NOWHERE)
    supposing: bool = False


class RegionChange(Frozen):
    """Requests that one side allows and the other does not.

    `region.witness` is one of them, decided as allowed by `evaluate` on the side that allows it. `refused` is the
    decision on the other side, `None` where the request cannot be made there at all, and `cannot` says why. `because`
    are the changes that it is due to.
    """

    region: Region
    because: tuple[Change, ...] = ()
    refused: Decision | None = None
    cannot: str | None = None


class TargetComparison(Frozen):
    """One target: `target` is a key ARN, or a phrase such as `operations without a key`.

    `gained` are the regions that NEW allows and OLD does not, without those that an allowance covers, which are
    `intended`; `lost` are those that OLD allows and NEW does not. All of them are disjoint. `reasons` say what could
    not be compared.
    `unknown_gained` and `unknown_lost` say whether requests for actions that the reference data does not know differ
    (U4); no region shows them. `exact` is false where a limit was met and regions are said more coarsely than they are.
    `changes` are all changes that may bear on the target. `elapsed` is in seconds.
    """

    target: str
    name: str | None = None
    presence: Presence = Presence.BOTH
    gained: tuple[RegionChange, ...] = ()
    intended: tuple[RegionChange, ...] = ()
    lost: tuple[RegionChange, ...] = ()
    reasons: tuple[Reason, ...] = ()
    unknown_gained: bool = False
    unknown_lost: bool = False
    exact: bool = True
    changes: tuple[Change, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    elapsed: float = 0.0

    @property
    def relation(self) -> Relation:
        """How the sides compare on this target, so far as known actions go: unknown iff there are reasons for it, else
        more iff something is gained, intended or not, and less iff something is lost; both is incomparable."""
        if self.reasons:
            return Relation.UNKNOWN
        return _relation(bool(self.gained or self.intended), bool(self.lost))


class UsedAllowance(Frozen):
    """An allowance, and whether anything that was gained is covered by it."""

    name: str
    text: str
    used: bool
    span: Span = NOWHERE


class ComparedSide(Frozen):
    """One side as it was read. `label` is what people call it: a path, or a revision. `inputs` are (file, SHA-256)."""

    label: str
    keys: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    warnings: tuple[Diagnostic, ...] = ()


class Comparison(Frozen):
    """A whole comparison: the targets of OLD in their order, then those that only NEW has."""

    targets: tuple[TargetComparison, ...]
    old: ComparedSide
    new: ComparedSide
    data_version: str
    allowances: tuple[UsedAllowance, ...] = ()
    free_readings: tuple[str, ...] = ()
    """Labels of the readings that were left open. Each is one question for both sides, and was tried both ways (S2)."""

    @property
    def relation(self) -> Relation:
        """How the sides compare as a whole: incomparable iff one target is, or one is more and one less; else
        unknown iff one is; else more or less iff one is that; else equivalent."""
        relations = {target.relation for target in self.targets}
        more = bool(relations & {Relation.MORE, Relation.INCOMPARABLE})
        less = bool(relations & {Relation.LESS, Relation.INCOMPARABLE})
        if Relation.UNKNOWN in relations and not (more and less):
            return Relation.UNKNOWN
        return _relation(more, less)


def _relation(more: bool, less: bool) -> Relation:
    if more and less:
        return Relation.INCOMPARABLE
    return Relation.MORE if more else Relation.LESS if less else Relation.EQUIVALENT


def statuses(targets: Iterable[TargetComparison], fail_on: FailOn) -> Iterator[Status]:
    """What each target means for the exit code: REFUTED where it fails, UNKNOWN where that is not known."""
    for target in targets:
        failures = {FailOn.MORE: target.gained, FailOn.ANY: (*target.gained, *target.lost), FailOn.NEVER: ()}[fail_on]
        doubts = {
            FailOn.MORE: target.unknown_gained,
            FailOn.ANY: target.unknown_gained or target.unknown_lost,
            FailOn.NEVER: False,
        }[fail_on]
        if failures:
            yield Status.REFUTED
        if target.reasons or doubts:
            yield Status.UNKNOWN
        elif not failures:
            yield Status.PROVED
