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
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from verifier.language.invariants.absent_callers import absent_callers
from verifier.model.choices import Progress
from verifier.model.estate import Estate
from verifier.model.invariant_file import Allowance
from verifier.model.own_place import check_region
from verifier.model.reference import data_version
from verifier.model.results.comparison import ComparedSide, Comparison, TargetComparison, UsedAllowance
from verifier.model.results.verdict import Reason
from verifier.model.symbols import SymbolValues
from verifier.problem.diagrams.diagram import NOTHING
from verifier.problem.rules import QuestionSide
from verifier.problem.subjects import selected_keys
from verifier.syntax.diagnostic import Diagnostic
from verifier.verify.comparison.difference import Difference, difference
from verifier.verify.comparison.sides import ComparedSides, meant, without_places
from verifier.verify.comparison.target_pairs import TargetPair, target_pairs, with_added, with_facts_of_both
from verifier.verify.limits import within_limits
from verifier.verify.preparation import free_readings, held_readings, resolved_allowance


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
    sides, allowances = ComparedSides(first, second, held, supposed), _Allowances(second, allow)
    compared: dict[Hashable, TargetComparison] = {}
    pairs = target_pairs(old, second, first, keys_only=sides.same_surroundings)
    for done, pair in enumerate(pairs, start=1):
        found = _compared(sides, pair, allowances, timeout)
        compared.setdefault(meant(found) if pair.to_be_made else pair.name, found)
        if progress is not None:
            progress(done, len(pairs), pair.name)
    return Comparison(
        tuple(compared.values()),
        _side(labels[0], old),
        _side(labels[1], new, absent_callers(new, (allowance.scope.callers for allowance in allow))),
        data_version(),
        allowances.used(),
        free_readings(held),
    )


def _side(label: str, estate: Estate, warnings: tuple[Diagnostic, ...] = ()) -> ComparedSide:
    keys = tuple(key.arn for key in estate.keys)
    accounts = tuple(account.id for account in estate.accounts)
    return ComparedSide(label, keys, accounts, estate.inputs, (*estate.warnings, *warnings))


def _compared(
    sides: ComparedSides, pair: TargetPair, allowances: _Allowances, timeout: float | None
) -> TargetComparison:
    started = time.perf_counter()
    found = sides.without_a_question(pair) or _answer(sides, pair, allowances, timeout)
    return replace(found, elapsed=time.perf_counter() - started)


def _answer(sides: ComparedSides, pair: TargetPair, allowances: _Allowances, timeout: float | None) -> TargetComparison:
    """What one side allows of one target and the other does not."""
    changes, applying = sides.changes(pair), allowances.applying(pair)
    intended = [resolved_allowance(sides.new, pair.either, allowance) for allowance in applying]

    def question() -> TargetComparison:
        new = QuestionSide(sides.new, pair.new) if pair.new is not None else None
        found = difference(QuestionSide(sides.old, pair.old), new, intended=intended, held=sides.held)
        allowances.note_used(found, applying)
        return sides.differences(pair, found, changes)

    compared = within_limits(timeout, "the comparison went beyond a limit", question)
    if not isinstance(compared, Reason):
        return compared
    allowances.covering.update(allowance.name for allowance in applying)  # nothing tells that they cover nothing
    plain = without_places(changes)
    return TargetComparison(pair.name, pair.key_name, pair.presence, reasons=(compared,), changes=plain)


@dataclass
class _Allowances:
    """What a comparison with NEW may add. `covering` are the names of those that covered something that was gained."""

    new: Estate
    given: Sequence[Allowance]
    covering: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._keys = {
            one.name: None if one.scope.keys is None else {key.arn for key in selected_keys(self.new, one.scope)}
            for one in self.given
        }

    def applying(self, pair: TargetPair) -> list[Allowance]:
        """Those that are about a target."""
        found = ((allowance, self._keys[allowance.name]) for allowance in self.given)
        return [allowance for allowance, keys in found if keys is None or pair.name in keys]

    def note_used(self, found: Difference, applying: Sequence[Allowance]) -> None:
        """Which allowances cover something that was gained."""
        diagrams = found.joint.diagrams
        for region in found.gained.intended.found:
            for allowance, scope in zip(applying, found.joint.scopes, strict=True):
                if diagrams.both(region.node, scope) != NOTHING:
                    self.covering.add(allowance.name)

    def used(self) -> tuple[UsedAllowance, ...]:
        """All of them: one is unused only if it covers nothing that was gained of any target."""
        scopes = [allowance.scope for allowance in self.given]
        return tuple(UsedAllowance(one.name, one.text, one.name in self.covering, one.span) for one in scopes)
