"""E0: without a bound a verdict is about chains of every length; with `--steps N` it is about chains of up to N
steps."""

from __future__ import annotations

from dataclasses import replace

import pytest

import verifier
from tests.evaluate.estates import ALICE, HOME, KEY, aws, own
from tests.evaluate.reaching import admits, trusting
from tests.evaluate.steps.worlds import state
from tests.reach.telling import PROVED, told, verdict
from verifier.model.choices import MOST_STEPS
from verifier.model.results.reach_report import KeyReach
from verifier.model.results.verdict import Bound, Status
from verifier.model.steps.chains import State
from verifier.verify.reach.reach import reach_from, reach_to


def in_turn(number: int) -> State:
    """So many roles, each of which lets the one before it assume it, the first Alice; the last one decrypts."""
    arns = [ALICE, *(f"arn:aws:iam::{HOME}:role/r{at}" for at in range(number))]
    permissions = [own("sts:AssumeRole", arn) for arn in arns[1:]] + [own("kms:Decrypt", KEY)]
    roles = [trusting(admits(aws(arns[at])), arn=arns[at + 1], own=(permissions[at + 1],)) for at in range(number)]
    return state(permissions[0], others=tuple(roles), facts={"grants": ()})


@pytest.mark.parametrize(
    ("roles", "steps", "expected"),
    [
        (6, None, ("assume role",) * 6),
        (MOST_STEPS, None, ("assume role",) * MOST_STEPS),
        (MOST_STEPS + 1, None, ("unknown", "E0")),
        (6, 4, PROVED),
        (6, 6, ("assume role",) * 6),
    ],
)
def test_what_a_longer_chain_leads_to_is_proved_within_a_bound_alone(
    roles: int, steps: int | None, expected: tuple[str, ...]
) -> None:
    assert told(in_turn(roles), steps=steps) == expected


def test_in_python_there_is_no_bound_either_unless_one_is_given() -> None:
    estate = in_turn(6).estate
    asked = replace(verdict(in_turn(6), steps=0).invariant, name="nobody comes to decrypt")
    assert [found.status for found in verifier.prove(estate, [asked]).verdicts] == [Status.REFUTED]
    assert [found.status for found in verifier.prove(estate, [asked], steps=4).verdicts] == [Status.PROVED]
    for report in (verifier.reach(estate, ALICE), verifier.reach(estate, to=["kms:Decrypt"])):
        assert max(row.steps for row in report.keys[0].rows) == 6


def test_a_proof_says_how_far_it_goes() -> None:
    assert verdict(in_turn(6), steps=4).bound == Bound(4, False)
    assert verdict(in_turn(6), "kms:Encrypt", steps=None).bound == Bound(MOST_STEPS, True)


@pytest.mark.parametrize(("roles", "replayed"), [(MOST_STEPS, True), (MOST_STEPS + 1, False)])
def test_reach_lists_what_a_chain_of_any_length_leads_to(roles: int, replayed: bool) -> None:
    estate = in_turn(roles).estate

    def errors_in(found: KeyReach) -> list[tuple[int, bool]]:
        return [(row.steps, row.story is not None) for row in found.rows if row.steps == roles]

    for found in (*reach_from(estate, ALICE).keys, *reach_to(estate, ["kms:Decrypt"]).keys):
        assert found.bound.complete and found.complete == replayed and errors_in(found) == [(roles, replayed)]
    (bounded,) = reach_to(estate, ["kms:Decrypt"], steps=4).keys
    assert bounded.complete and not bounded.bound.complete and ALICE in bounded.beyond
