"""S4: what is concluded of one answer for each place that keys may be in."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from tests.report.comparisons import BY_ROOT
from tests.report.samples import OWN, PAYMENTS, PROVED, SHARED, report
from verifier.inputs.own_region import OpenPlaceError
from verifier.inputs.supplied import Supplied
from verifier.model.results.comparison import ComparedSide, Comparison, Relation, TargetComparison
from verifier.model.results.verdict import Bound, KeySummary, Reason, Report, Status, Verdict
from verifier.runs.each_place import compared_in_each, in_each

HERE, THERE = "us-west-2", "us-east-1"
ELSEWHERE = PAYMENTS.replace(HERE, THERE)
ERROR = OpenPlaceError((), "Region", (Supplied(region=HERE), Supplied(region=THERE)))
SIDE = ComparedSide("x")


def told(verdict: Verdict, *, name: str = "payments", keys: int = 1) -> Report:
    return replace(report(*[verdict] * keys), keys=(KeySummary(verdict.target, name, None, 1, None),))


def compared(*targets: TargetComparison) -> Comparison:
    return Comparison(targets, SIDE, SIDE, "data")


def test_a_proof_supposes_what_that_of_each_place_supposes() -> None:
    other = replace(PROVED, target=ELSEWHERE, assumptions=(OWN,))
    (found,) = in_each([told(replace(PROVED, assumptions=(SHARED,))), told(other)], ERROR).verdicts
    assert (found.status, found.assumptions) == (Status.PROVED, (SHARED, OWN))


def test_a_proof_goes_as_far_as_that_of_each_place() -> None:
    bounds = (Bound(4, complete=True), Bound(4, complete=False), Bound(3, complete=False))
    for here, there in permutations(bounds, 2):
        proofs = [told(replace(PROVED, bound=here)), told(replace(PROVED, target=ELSEWHERE, bound=there))]
        (found,) = in_each(proofs, ERROR).verdicts
        assert found.bound == max(here, there, key=bounds.index)


def test_verdicts_that_differ_are_unknown() -> None:
    other = replace(PROVED, target=ELSEWHERE, status=Status.REFUTED)
    (found,) = in_each([told(PROVED), told(other)], ERROR).verdicts
    assert found.status is Status.UNKNOWN and found.reason is not None and f"refuted in {THERE}" in found.reason.text


def test_where_one_is_not_known_it_says_why() -> None:
    lacking = replace(PROVED, target=ELSEWHERE, status=Status.UNKNOWN, reason=Reason("D7", "a policy is not listed"))
    (found,) = in_each([told(PROVED), told(lacking)], ERROR).verdicts
    assert found.reason is not None and found.reason.text.endswith(f"; in {THERE}: a policy is not listed")
    refuted = replace(PROVED, status=Status.REFUTED)
    (found,) = in_each([told(refuted), told(lacking)], ERROR).verdicts
    assert found.reason is not None and "listed" not in found.reason.text


@pytest.mark.parametrize(("name", "keys"), [("other", 1), ("payments", 2)])
def test_places_with_other_keys_are_not_put_together(name: str, keys: int) -> None:
    with pytest.raises(OpenPlaceError):
        in_each([told(PROVED), told(replace(PROVED, target=ELSEWHERE), name=name, keys=keys)], ERROR)


@pytest.mark.parametrize("other", [(), (TargetComparison(ELSEWHERE.replace("1234", "4321")),)])
def test_comparisons_of_other_keys_are_not_put_together(other: tuple[TargetComparison, ...]) -> None:
    with pytest.raises(OpenPlaceError):
        compared_in_each([compared(TargetComparison(PAYMENTS)), compared(*other)], ERROR)


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (TargetComparison(PAYMENTS), TargetComparison(ELSEWHERE, unknown_gained=True)),
        (TargetComparison(PAYMENTS), TargetComparison(ELSEWHERE, unknown_lost=True)),
        (TargetComparison(PAYMENTS), TargetComparison(ELSEWHERE, gained=(BY_ROOT,))),
        (TargetComparison(PAYMENTS), TargetComparison(ELSEWHERE, lost=(BY_ROOT,))),
        (TargetComparison(PAYMENTS, intended=(BY_ROOT,)), TargetComparison(ELSEWHERE, gained=(BY_ROOT,))),
        (
            TargetComparison(PAYMENTS, gained=(BY_ROOT,), lost=(BY_ROOT,)),
            TargetComparison(ELSEWHERE, intended=(BY_ROOT,), lost=(BY_ROOT,)),
        ),
    ],
)
def test_a_difference_in_one_place_alone_makes_a_comparison_unknown(
    here: TargetComparison, there: TargetComparison
) -> None:
    for pair in ((here, there), (there, here)):
        (found,) = compared_in_each([compared(one) for one in pair], ERROR).targets
        assert found.relation is Relation.UNKNOWN


def test_a_comparison_supposes_what_that_of_each_place_supposes() -> None:
    here, there = TargetComparison(PAYMENTS, assumptions=(SHARED,)), TargetComparison(ELSEWHERE, assumptions=(OWN,))
    (found,) = compared_in_each([compared(here), compared(there)], ERROR).targets
    assert (found.relation, found.assumptions) == (Relation.EQUIVALENT, (SHARED, OWN))
