"""Laws of comparison, on generated estates: what must hold whatever the policies say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

import pytest

from tests.agreement.runner import assignment
from tests.examples import many
from tests.verify.membership import regions_with, sendable
from tests.verify.versions import Edit, Versions, changed, expanded, rewritten, versions, with_allow, with_deny
from verifier.model.estate import Estate
from verifier.model.reference import action
from verifier.model.request import Outcome, Request
from verifier.model.results.comparison import Comparison, Presence, Relation, TargetComparison
from verifier.model.symbol_texts import read_values
from verifier.problem.diagrams.diagram import NOTHING
from verifier.problem.rules import QuestionSide
from verifier.problem.semantics.targets import consistent, key_target
from verifier.verify.comparison.compare import compare
from verifier.verify.comparison.difference import Difference, counterpart, difference
from verifier.verify.explanation.symbolic_values import Undetermined
from verifier.verify.regions import Regions

PART = 16
"""Pairs of versions that one test looks at."""
STARTS = range(0, 100 * many(1), 100)
"""Where it begins to count them."""
MIRRORED = {Relation.MORE: Relation.LESS, Relation.LESS: Relation.MORE}


def cases(edit: Edit, start: int, requests: int = 0, count: int = PART) -> Iterator[Versions]:
    return (versions(number, edit, requests) for number in range(start, start + count))


def doubtful(estate: Estate) -> bool:
    """Whether a statement is tied to its place: one in doubt."""
    return any(thing.of_statement for thing in estate.unmodelled)


def nothing_differs(target: TargetComparison) -> bool:
    return target.relation is Relation.EQUIVALENT and not target.changes


@pytest.mark.parametrize("start", STARTS)
def test_a_version_is_equivalent_to_itself(start: int) -> None:
    for case in cases(rewritten, start):
        assert all(nothing_differs(target) or target.reasons for target in compare(case.old, case.old).targets)
        for key in case.old.keys:
            if key.policies is not None and consistent(key):
                # Without the short cut for equal inputs, every open question and free fact included.
                found = difference(QuestionSide(case.old, key_target(key)), QuestionSide(case.old, key_target(key)))
                for direction in (found.gained, found.lost):
                    assert direction.regions == direction.intended == Regions(())
                assert not (found.gained.unknown_actions or found.lost.unknown_actions)


@pytest.mark.parametrize("start", STARTS)
def test_names_order_and_layout_change_nothing(start: int) -> None:
    seen: Counter[Relation] = Counter()
    for case in cases(rewritten, start):
        for target in compare(case.old, case.new).targets:
            seen[target.relation] += 1
            # Of aliases that no key has yet a dozen patterns tell too many kinds apart.
            too_much = bool(target.reasons) and {reason.rule for reason in target.reasons} == {"budget"}
            assert target.relation is Relation.EQUIVALENT or too_much or doubtful(case.old), case
            assert not (target.unknown_gained or target.unknown_lost) or doubtful(case.old), case
    assert seen[Relation.EQUIVALENT] > PART


@pytest.mark.parametrize("start", STARTS)
def test_a_wildcard_may_be_written_out(start: int) -> None:
    """U4: for the actions that the data knows nothing changes; those that it does not know are told apart."""
    told = 0
    for case in cases(expanded, start):
        for target in compare(case.old, case.new).targets:
            assert target.relation in (Relation.EQUIVALENT, Relation.UNKNOWN), case
            told += target.unknown_lost
    assert told > 5


@pytest.mark.parametrize("start", STARTS)
def test_the_directions_change_places_with_the_sides(start: int) -> None:
    seen: Counter[Relation] = Counter()
    for case in cases(changed, start):
        there, back = compare(case.old, case.new).targets, compare(case.new, case.old).targets
        for target in there:
            other = next(found for found in back if found.target == target.target)
            seen[target.relation] += 1
            assert other.relation is MIRRORED.get(target.relation, target.relation), case
            assert (target.unknown_gained, target.unknown_lost) == (other.unknown_lost, other.unknown_gained), case
    assert len(seen) >= 3, seen


@pytest.mark.parametrize("start", STARTS)
def test_one_more_allow_takes_nothing_away(start: int) -> None:
    seen: Counter[bool] = Counter()
    for case in cases(with_allow, start, count=PART + 20):
        for target in compare(case.old, case.new).targets:
            seen[bool(target.gained)] += 1
            assert not target.lost and not target.unknown_lost, case
    assert seen[True] >= 3


@pytest.mark.parametrize("start", STARTS)
def test_one_more_deny_gives_nothing(start: int) -> None:
    seen: Counter[bool] = Counter()
    for case in cases(with_deny, start, count=PART + 20):
        for target in compare(case.old, case.new).targets:
            seen[bool(target.lost)] += 1
            assert not target.gained and not target.unknown_gained, case
    assert seen[True] >= 3


def shown(comparison: Comparison) -> Iterator[tuple[TargetComparison, bool]]:
    for target in comparison.targets:
        yield from ((target, gained) for gained in (True, False))


@pytest.mark.parametrize("start", STARTS)
def test_every_example_is_allowed_on_one_side_and_refused_on_the_other(start: int) -> None:
    found = 0
    for case in cases(changed, start):
        for target, gained in shown(compare(case.old, case.new)):
            for change in target.gained if gained else target.lost:
                witness = change.region.witness
                assert witness is not None and witness.decision.outcome is Outcome.ALLOW, case
                # What a session's tags are on the other side may be open: it counts as refused there unless it is
                # allowed in every case.
                tagged = any(key.lower().startswith("aws:principaltag/") for key, _ in witness.request.context)
                open_there = tagged and change.cannot is not None
                assert open_there or (change.refused is not None and change.refused.outcome is Outcome.DENY), (
                    case,
                    change.cannot,
                )
                assert change.because, case
                found += 1
    assert found > 20


@pytest.mark.parametrize("start", STARTS)
def test_a_key_that_one_side_lacks(start: int) -> None:
    """It allows nothing where it is gone, and where it is new what a key without a policy does."""
    found = 0
    for case in cases(rewritten, start, count=12):
        less = Estate(
            case.old.keys[:-1],
            case.old.accounts,
            case.old.organization,
            case.old.unmodelled,
            endpoints=case.old.endpoints,
        )
        for old, new in ((less, case.old), (case.old, less)):
            target = next(t for t in compare(old, new).targets if t.target == case.old.keys[-1].arn)
            assert target.presence is (Presence.ADDED if old is less else Presence.REMOVED)
            only, none = (target.gained, target.lost) if old is less else (target.lost, target.gained)
            assert not none
            assert all(
                change.because and (old is less or (change.refused is None and change.cannot)) for change in only
            )
            found += len(only)
    assert found > 10


@pytest.mark.parametrize("start", STARTS)
def test_the_regions_are_disjoint_and_together_the_difference(start: int) -> None:
    found = 0
    for case in cases(changed, start):
        for told in filter(None, (on_key(case, key.arn) for key in case.old.keys)):
            joint, diagrams = told.joint, told.joint.diagrams
            for number, direction in ((1, told.gained), (0, told.lost)):
                nodes = [region.node for region in direction.regions.found]
                assert all(diagrams.both(one, other) == NOTHING for one, other in combinations(nodes, 2)), case
                whole, union = diagrams.both(joint.gained(number), joint.known_action), diagrams.any_of(nodes)
                assert diagrams.implies(union, whole), case
                missed = diagrams.minus(whole, union)
                assert (
                    direction.regions.undecided or diagrams.both(missed, joint.care(number, missed).care) == NOTHING
                ), case
                found += len(nodes)
    assert found > 20


# -- sampled requests --


def on_key(case: Versions, arn: str | None) -> Difference | None:
    """The difference on a key that both sides have and know."""
    old, new = (next((key for key in side.keys if key.arn == arn), None) for side in (case.old, case.new))
    if old is None or new is None or old.policies is None or not consistent(old):
        return None
    return difference(QuestionSide(case.old, key_target(old)), QuestionSide(case.new, key_target(new)))


def sampled(case: Versions) -> Iterator[tuple[Difference, Request, dict[str, bool]]]:
    """Requests that could be sent on both sides, with a value for every symbol: generated ones, and those of the
    regions."""
    known: dict[str | None, Difference | None] = {}
    for number, generated in enumerate(case.requests):
        chosen = assignment(case.old, 100 * case.number + number) | assignment(case.new, 100 * case.number + number)
        first = generated.resource not in known
        if first:
            known[generated.resource] = on_key(case, generated.resource)
        found = known[generated.resource]
        if found is None or found.gained.regions.undecided or found.lost.regions.undecided:
            continue
        for region in (*found.gained.regions.found, *found.lost.regions.found) if first else ():
            if region.sample is not None:
                yield found, region.sample.request, chosen | dict(region.sample.symbols)
        request = sendable(case.old, generated) and sendable(case.new, generated)
        if request is not None and action(request.action) is not None and request.action != "kms:ListRetirableGrants":
            yield found, request, chosen


@pytest.mark.parametrize(
    ("edit", "start"), [(edit, start) for start in STARTS for edit in (changed, with_allow, with_deny)]
)
def test_a_request_is_in_one_region_iff_the_decisions_differ(edit: Edit, start: int) -> None:
    seen: Counter[tuple[bool, bool]] = Counter()
    for case in cases(edit, start, requests=14, count=36):
        for found, request, chosen in sampled(case):
            old, new = (
                counterpart(case.old, request, read_values(chosen)).outcome,
                counterpart(case.new, request, read_values(chosen)).outcome,
            )
            if Outcome.DEPENDS in (old, new):
                continue
            try:
                counts = [regions_with(found, request, chosen, gained=gained) for gained in (True, False)]
            except Undetermined:
                continue
            differs = (old is Outcome.DENY and new is Outcome.ALLOW, old is Outcome.ALLOW and new is Outcome.DENY)
            assert tuple(counts) == differs, (case, request, old, new)
            seen[differs] += 1
    assert seen[False, False] > 150, seen
    assert seen[True, False] + seen[False, True] > 20, seen
