"""Two sides of a comparison: what changed, and what the difference of a target comes to.

In: both estates, the difference of a target. Out: a `TargetComparison`. Guarantee: what one side gives and the other
does not, and what neither does, is among the assumptions or reasons; every decision was made by `evaluate`, under the
symbols that the request was found with.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.request import Decision, Outcome
from verifier.model.results.comparison import Change, Presence, RegionChange, TargetComparison
from verifier.model.results.verdict import Assumption, Reason
from verifier.model.symbols import NotModelled, OutsideFact, SymbolValues
from verifier.problem.semantics.targets import TargetKind
from verifier.syntax.diagnostic import InputError
from verifier.verify.assumptions import as_of_data, given
from verifier.verify.comparison.changes import bearing, key_changes, surrounding_changes
from verifier.verify.comparison.difference import Difference, counterpart
from verifier.verify.comparison.fact_changes import Located, facts_of_callers, memberships, testable_facts
from verifier.verify.comparison.limited import gained_by_limited
from verifier.verify.comparison.session_calls import SessionCalls
from verifier.verify.comparison.session_values import KeyRead, SessionValues, read_by_other_policies, read_of_sessions
from verifier.verify.comparison.supposed_sessions import SupposedSessions
from verifier.verify.comparison.target_pairs import TargetPair, left_open
from verifier.verify.meaning import key_meaning, surroundings
from verifier.verify.preparation import not_known
from verifier.verify.regions import FoundRegion, Regions

SAME = Assumption("U1", "what neither side's input holds is the same on both sides, other accounts' policies among it")
CHANGES_NOT_TESTED = Assumption(
    "U1",
    "policies that no side gives do not ask for what changed: of the key, its tags or aliases, of users and "
    "roles, or of the organization",
)
UNLIMITED = Assumption(
    "U2", "sessions of roles have no session policy, and callers whom no inventory lists have no permissions boundary"
)
"""What limits a caller besides the policies given counts otherwise for what names it than for everyone (D4)."""


@dataclass
class ComparedSides:
    """OLD with the keys that only NEW has, NEW, and what all targets share."""

    old: Estate
    new: Estate
    held: SymbolValues
    supposed: Mapping[str, tuple[Reason, ...]]
    """What is supposed of keys that one side alone tells."""

    def __post_init__(self) -> None:
        self.same_surroundings = surroundings(self.old) == surroundings(self.new)
        calls = SessionCalls(self.old), SessionCalls(self.new)
        self.session_values, self.supposed_sessions = SessionValues(*calls), SupposedSessions(*calls)
        self.around = () if self.same_surroundings else surrounding_changes(self.old, self.new)

    def without_a_question(self, pair: TargetPair) -> TargetComparison | None:
        """The comparison of a target that a side does not know, or of which both say the same."""
        targets = [target for target in (pair.old, pair.new) if target is not None]
        unknown = tuple(dict.fromkeys(reason for target in targets if (reason := not_known(target)) is not None))
        if unknown:
            return TargetComparison(pair.name, pair.key_name, pair.presence, reasons=unknown)
        if self._same(pair):
            supposed, assumptions = self.supposed.get(pair.name, ()), self._assumptions(pair)
            return TargetComparison(pair.name, pair.key_name, pair.presence, reasons=supposed, assumptions=assumptions)
        return None

    def differences(self, pair: TargetPair, found: Difference, changes: tuple[Located, ...]) -> TargetComparison:
        """What a difference comes to, and what it is due to among the changes."""
        supposing = tuple(self._supposing(pair, found, changes))
        other_side = OtherSide(self.old, self.new if pair.new is not None else None, changes)
        added = pair.presence is Presence.ADDED
        lost = Regions(()) if added else found.lost.regions
        parts = (found.gained.regions, found.gained.intended, lost)
        return TargetComparison(
            pair.name,
            pair.key_name,
            pair.presence,
            gained=other_side.explained(found.gained.regions, gained=True),
            intended=other_side.explained(found.gained.intended, gained=True),
            lost=other_side.explained(lost, gained=False),
            reasons=tuple(
                dict.fromkeys(
                    (
                        *self.supposed.get(pair.name, ()),
                        *left_open(self.old, self.new, pair, self.held),
                        *self.session_values.may_differ(self._read(pair)),
                        *self.supposed_sessions.reasons(
                            [side.question.space for side in found.joint.sides], self._read(pair)
                        ),
                        *(reason for part in parts for reason in part.undecided),
                        *self._not_seen(pair, found),
                    )
                )
            ),
            unknown_gained=found.gained.unknown_actions,
            unknown_lost=found.lost.unknown_actions and not added,
            exact=all(part.exact for part in parts),
            changes=without_places(supposing),
            assumptions=(*([] if supposing == changes else [CHANGES_NOT_TESTED]), *self._assumptions(pair)),
        )

    @cached_property
    def _read_beside(self) -> frozenset[KeyRead]:
        """The condition keys of sessions that policies beside those of keys read."""
        return frozenset(chain(read_by_other_policies(self.old), read_by_other_policies(self.new)))

    def _read(self, pair: TargetPair) -> Iterator[KeyRead]:
        """The condition keys of sessions that policies read which decide on a target."""
        yield from self._read_beside
        keys = [target.key for target in (pair.old, pair.new) if target is not None and target.key is not None]
        for policy in chain.from_iterable(key.policies or () for key in keys):
            yield from read_of_sessions(policy)

    def _not_seen(self, pair: TargetPair, found: Difference) -> Iterator[Reason]:
        """What is gained or lost that no region has: by sessions with a session policy."""
        before, after = pair.old.key, pair.new.key if pair.new is not None else None
        if before is None or after is None:
            return
        alike, whole = self.same_surroundings, (self.old, self.new, before, after)
        if not found.gained.regions.found and not found.gained.intended.found:
            gain = gained_by_limited(*whole, self.held, same_surroundings=alike, verb="gain")
            yield from filter(None, [gain])
        if not found.lost.regions.found:
            other = (self.new, self.old, after, before)
            loss = gained_by_limited(*other, self.held, same_surroundings=alike, verb="lose")
            yield from filter(None, [loss])

    def _supposing(self, pair: TargetPair, found: Difference, changes: Iterable[Located]) -> Iterator[Located]:
        """The changes. Where a decision rests on policies not given, those that these may ask for say so (U1)."""
        before, after = pair.old.key, pair.new.key if pair.new is not None else None
        read = {one.change for one in memberships(self.old, self.new)}
        if before is not None and after is not None:
            read |= set(testable_facts(before, after))
        rests = {name for side in found.joint.sides for name in found.joint.diagrams.support(side.allowed)}
        if any(isinstance(name, NotModelled) for name in rests):
            read |= set(facts_of_callers(self.old, self.new))
        not_given = any(isinstance(name, OutsideFact | NotModelled) for name in rests)
        for one in changes:
            if not_given and one.change in read and not one.change.supposing:
                text = f"{one.change.text}; policies that are not given are supposed not to ask for it"
                yield replace(one, change=replace(one.change, text=text, supposing=True))
            else:
                yield one

    def _same(self, pair: TargetPair) -> bool:
        """True iff all that bears on a target is the same on both sides."""
        if not self.same_surroundings or pair.new is None:
            return False
        old, new = pair.old.key, pair.new.key
        return old is None or new is None or key_meaning(old) == key_meaning(new)

    def changes(self, pair: TargetPair) -> tuple[Located, ...]:
        """What changed that may bear on a target."""
        if pair.either.kind is not TargetKind.KEY:
            return self.around
        old, new = pair.old.key, pair.new.key if pair.new is not None else None
        assert old is not None
        if new is None:  # that is why, whatever else has changed
            return key_changes(old, new)
        made = (Located(Change("the key is new", places=(new.span, new.span)), new.arn),) if pair.added else ()
        return (*made, *key_changes(old, new), *self.around)

    def _assumptions(self, pair: TargetPair) -> tuple[Assumption, ...]:
        sides = ((self.old, pair.old), (self.new, pair.new))
        found = [assumption for estate, target in sides if target is not None for assumption in given(estate, target)]
        return (SAME, UNLIMITED, *dict.fromkeys(found), as_of_data())


class OtherSide(Frozen):
    """Says of regions that one side allows and the other does not what decides on the other side, and the changes that
    they are due to. `new` is `None` where NEW does not have the target."""

    old: Estate
    new: Estate | None
    changes: tuple[Located, ...]

    def explained(self, regions: Regions, *, gained: bool) -> tuple[RegionChange, ...]:
        changed: list[RegionChange] = []
        for found in regions.found:
            refused, cannot = self._decision(found, gained)
            witness = found.region.witness
            because: tuple[Change, ...] = ()
            if witness is not None:
                because = bearing(self.changes, witness.request, witness.decision, refused, gained=gained)
            changed.append(RegionChange(found.region, because, refused, cannot))
        return tuple(changed)

    def _decision(self, found: FoundRegion, gained: bool) -> tuple[Decision | None, str | None]:
        """The decision on the other side; or why the request cannot be made there."""
        estate, name = (self.old, "OLD") if gained else (self.new, "NEW")
        if estate is None:
            return None, "the key is not in NEW"
        if found.sample is None:
            return None, None
        try:
            decision = counterpart(estate, found.sample.request, dict(found.sample.symbols))
        except InputError as error:
            return None, f"the request cannot be made in {name}: {error.diagnostics[0].message}"
        if decision.outcome is Outcome.DENY:
            return decision, None
        why = next(iter(decision.warnings), "it could not be sent there")
        return None, f"the request cannot be made in {name}: {why}"


def meant(found: TargetComparison) -> Hashable:
    """What a comparison says of an alias, apart from its name and from the requests that are shown; aliases of other
    accounts and Regions are told apart."""
    regions = tuple(
        tuple((one.region.actions, one.region.callers, one.region.when, one.because, one.cannot) for one in part)
        for part in (found.gained, found.intended, found.lost)
    )
    place = found.target.rpartition(":")[0]
    return place, found.relation, regions, found.reasons, found.unknown_gained, found.unknown_lost, found.exact


def without_places(changes: Sequence[Located]) -> tuple[Change, ...]:
    """The changes without their places, each once."""
    return tuple(dict.fromkeys(located.change for located in changes))
