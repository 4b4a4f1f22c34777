"""Compare: two versions of an input → what each allows that the other does not.

In: two estates, allowances, readings. Out: `Comparison`, one part for each target of either side.
Guarantee: *equivalent* only where no request is decided otherwise, under no reading and no free fact; what the input
does not hold is supposed to be the same on both sides, and `assumptions` name it. A key whose policy is not known is
*unknown* (U3). A key that only NEW has is compared with one that AWS makes without a policy, and what it allows beyond
that was gained; nothing of it was lost. Every decision shown was made by `evaluate`, under the symbols that the request
was found with.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from verifier.ask.answers import OUT_OF_TIME
from verifier.deadline import TimeIsOver, after, until
from verifier.language.invariants.absent_callers import absent_callers
from verifier.model.choices import Progress
from verifier.model.estate import Estate
from verifier.model.invariant import Invariant
from verifier.model.invariant_file import Allowance
from verifier.model.own_place import check_region
from verifier.model.reference import data_version
from verifier.model.results.comparison import (
    Change,
    ComparedSide,
    Comparison,
    Presence,
    TargetComparison,
    UsedAllowance,
)
from verifier.model.results.verdict import Assumption, Reason
from verifier.model.symbols import NotModelled, OutsideFact, SymbolValues
from verifier.problem.diagrams.diagram import NOTHING, Diagrams, TooLarge
from verifier.problem.diagrams.joint import SideSets
from verifier.problem.rules import QuestionSide
from verifier.problem.semantics.targets import TargetKind
from verifier.problem.subjects import selected_keys
from verifier.syntax.diagnostic import Diagnostic
from verifier.verify.assumptions import as_of_data, given
from verifier.verify.comparison.changes import Located, key_changes, surrounding_changes
from verifier.verify.comparison.difference import Difference, difference
from verifier.verify.comparison.fact_changes import memberships, testable_facts
from verifier.verify.comparison.limited import gained_by_limited
from verifier.verify.comparison.other_side import OtherSide
from verifier.verify.comparison.target_pairs import TargetPair, left_open, target_pairs, with_added, with_facts_of_both
from verifier.verify.meaning import key_meaning, surroundings
from verifier.verify.preparation import free_readings, held_readings, not_known, resolved_allowance
from verifier.verify.regions import Regions

SAME = Assumption("U1", "what neither side's input holds is the same on both sides, other accounts' policies among it")
CHANGES_NOT_TESTED = Assumption(
    "U1",
    "policies that no side gives do not ask for what changed of the key, its tags or aliases, or of the organization",
)
UNLIMITED = Assumption(
    "U2", "sessions of roles have no session policy, and callers whom no inventory lists have no permissions boundary"
)
"""What limits a caller besides the policies given counts for what names it otherwise than for what names everyone
(D4)."""


def compare(
    old: Estate,
    new: Estate,
    *,
    allow: Iterable[Allowance] = (),
    readings: Mapping[str, bool] | SymbolValues | None = None,
    labels: tuple[str, str] = ("OLD", "NEW"),
    timeout: float | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Compares what two versions allow, by meaning: target by target what NEW allows and OLD does not, and the other
    way round.

    `allow` says what may be gained: that is told apart as intended. `readings` fixes readings (label → value); the
    others are one question for both sides, and are tried both ways (S2). `labels` are what people call the sides;
    `timeout` is in seconds, for one target, which is unknown where it takes longer; `progress` is called with (done,
    total, target). Raises `InputError` for a reading that does not exist, and for an allowance on a key that NEW does
    not hold, or about a Region that nothing tells (S4).
    """
    allow = tuple(allow)
    held = held_readings(readings)
    check_region(new, [allowance.scope for allowance in allow])
    first, second, supposed = with_facts_of_both(with_added(old, new), new)
    comparer = _Comparer(first, second, allow, held, supposed, timeout)
    compared: dict[Hashable, TargetComparison] = {}
    pairs = target_pairs(old, second, first, keys_only=comparer.same_surroundings)
    for done, pair in enumerate(pairs, start=1):
        found = comparer.compare(pair)
        compared.setdefault(_meant(found) if pair.to_be_made else pair.name, found)
        if progress is not None:
            progress(done, len(pairs), pair.name)
    return Comparison(
        tuple(compared.values()),
        _side(labels[0], old),
        _side(labels[1], new, absent_callers(new, (allowance.scope.callers for allowance in allow))),
        data_version(),
        tuple(comparer.used(allowance) for allowance in allow),
        free_readings(held),
    )


def _meant(found: TargetComparison) -> Hashable:
    """What a comparison says of an alias, apart from its name and from the requests that are shown; aliases of other
    accounts and Regions are told apart."""
    regions = tuple(
        tuple((one.region.actions, one.region.callers, one.region.when, one.because, one.cannot) for one in part)
        for part in (found.gained, found.intended, found.lost)
    )
    place = found.target.rpartition(":")[0]
    return place, found.relation, regions, found.reasons, found.unknown_gained, found.unknown_lost, found.exact


def _side(label: str, estate: Estate, warnings: tuple[Diagnostic, ...] = ()) -> ComparedSide:
    keys = tuple(key.arn for key in estate.keys)
    return ComparedSide(
        label, keys, tuple(account.id for account in estate.accounts), estate.inputs, (*estate.warnings, *warnings)
    )


@dataclass
class _Comparer:
    """Both sides, and what all targets share."""

    old: Estate
    new: Estate
    allow: tuple[Allowance, ...]
    held: SymbolValues
    supposed: Mapping[str, tuple[Reason, ...]]
    """What is supposed of keys that one side alone tells."""
    timeout: float | None
    covering: set[str] = field(default_factory=set)
    """The names of the allowances that covered something."""

    def __post_init__(self) -> None:
        self.same_surroundings = surroundings(self.old) == surroundings(self.new)
        self.around = () if self.same_surroundings else surrounding_changes(self.old, self.new)
        self.scopes = {allowance.name: self._keys_of(allowance) for allowance in self.allow}

    def _keys_of(self, allowance: Allowance) -> frozenset[str] | None:
        if allowance.scope.keys is None:
            return None
        return frozenset(key.arn for key in selected_keys(self.new, allowance.scope))

    # -- one target --

    def compare(self, pair: TargetPair) -> TargetComparison:
        started = time.perf_counter()
        found = self._compared(pair)
        return replace(found, elapsed=time.perf_counter() - started)

    def _compared(self, pair: TargetPair) -> TargetComparison:
        name = pair.key_name
        unknown = tuple(
            reason
            for target in (pair.old, pair.new)
            if target is not None and (reason := not_known(target)) is not None
        )
        if unknown:
            return TargetComparison(pair.name, name, pair.presence, reasons=tuple(dict.fromkeys(unknown)))
        if self._same(pair):
            supposed, assumptions = self.supposed.get(pair.name, ()), self._assumptions(pair)
            return TargetComparison(pair.name, name, pair.presence, reasons=supposed, assumptions=assumptions)
        changes = self._changes(pair)
        applying = [allowance for allowance in self.allow if self._applies(allowance, pair)]
        intended = [resolved_allowance(self.new, pair.either, allowance) for allowance in applying]
        try:
            with until(after(self.timeout)):
                new = QuestionSide(self.new, pair.new) if pair.new is not None else None
                found = difference(QuestionSide(self.old, pair.old), new, intended=intended, held=self.held)
                self._note_used(found, applying)
                return self._differences(pair, name, found, changes)
        except TooLarge as error:
            reason = Reason("budget", f"the comparison went beyond a limit: {error}")
        except TimeIsOver:
            reason = OUT_OF_TIME
        self.covering.update(allowance.name for allowance in applying)  # nothing tells that they cover nothing
        return TargetComparison(pair.name, name, pair.presence, reasons=(reason,), changes=_plain(changes))

    def _differences(
        self, pair: TargetPair, name: str | None, found: Difference, changes: tuple[Located, ...]
    ) -> TargetComparison:
        supposing = tuple(self._supposing(pair, found, changes))
        other_side = OtherSide(self.old, self.new if pair.new is not None else None, changes)
        added = pair.presence is Presence.ADDED
        lost = Regions(()) if added else found.lost.regions
        parts = (found.gained.regions, found.gained.intended, lost)
        return TargetComparison(
            pair.name,
            name,
            pair.presence,
            gained=other_side.explained(found.gained.regions, gained=True),
            intended=other_side.explained(found.gained.intended, gained=True),
            lost=other_side.explained(lost, gained=False),
            reasons=tuple(
                dict.fromkeys(
                    (
                        *self.supposed.get(pair.name, ()),
                        *left_open(self.old, self.new, pair, self.held),
                        *(reason for part in parts for reason in part.undecided),
                        *self._not_seen(pair, found),
                    )
                )
            ),
            unknown_gained=found.gained.unknown_actions,
            unknown_lost=found.lost.unknown_actions and not added,
            exact=all(part.exact for part in parts),
            changes=_plain(supposing),
            assumptions=(*([] if supposing == changes else [CHANGES_NOT_TESTED]), *self._assumptions(pair)),
        )

    def _not_seen(self, pair: TargetPair, found: Difference) -> Iterator[Reason]:
        """What is gained that no region has: by sessions with a session policy."""
        before, after = pair.old.key, pair.new.key if pair.new is not None else None
        if not found.gained.regions.found and not found.gained.intended.found and before and after:
            alike = self.same_surroundings
            reason = gained_by_limited(self.old, self.new, before, after, self.held, same_surroundings=alike)
            yield from filter(None, [reason])

    def _supposing(self, pair: TargetPair, found: Difference, changes: Iterable[Located]) -> Iterator[Located]:
        """The changes. Where a decision rests on policies that are not given, changes that these may ask for say what
        is supposed (U1)."""
        before, after = pair.old.key, pair.new.key if pair.new is not None else None
        read = {change for _, change in memberships(self.old, self.new)}
        if before is not None and after is not None:
            read |= set(testable_facts(before, after))
        not_given = bool(read) and any(
            _rests_on_policies_not_given(found.joint.diagrams, side) for side in found.joint.sides
        )
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

    def _changes(self, pair: TargetPair) -> tuple[Located, ...]:
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

    # -- allowances --

    def _applies(self, allowance: Allowance, pair: TargetPair) -> bool:
        keys = self.scopes[allowance.name]
        return keys is None or pair.name in keys

    def _note_used(self, found: Difference, applying: Sequence[Allowance]) -> None:
        """Which allowances cover something that was gained."""
        diagrams = found.joint.diagrams
        for region in found.gained.intended.found:
            for allowance, scope in zip(applying, found.joint.scopes, strict=True):
                if diagrams.both(region.node, scope) != NOTHING:
                    self.covering.add(allowance.name)

    def used(self, allowance: Allowance) -> UsedAllowance:
        """The allowance, `used` iff it covers something that was gained."""
        scope: Invariant = allowance.scope
        return UsedAllowance(scope.name, scope.text, scope.name in self.covering, scope.span)


def _rests_on_policies_not_given(diagrams: Diagrams, side: SideSets) -> bool:
    """True iff decisions of a side turn on what policies say of which it gives nothing."""
    names = diagrams.support(side.allowed)
    return any(isinstance(name, OutsideFact | NotModelled) for name in names)


def _plain(changes: Sequence[Located]) -> tuple[Change, ...]:
    return tuple(dict.fromkeys(located.change for located in changes))
