"""E0: without a step, what callers can eventually do is what they can do; and S3 holds of it as well."""

from __future__ import annotations

from dataclasses import replace

import pytest

import verifier
from tests.project.shown import ROOT
from verifier.language.invariants.files import read_invariants
from verifier.model.invariant import Expectation, Invariant
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

EXAMPLES = ("payments", "grants", "boundary")


def asked(example: str) -> tuple[verifier.Estate, list[Invariant]]:
    folder = ROOT / "examples" / example
    found = verifier.invariants(folder / f"{example}.inv")
    refused = [
        i for i in found if isinstance(i, Invariant) and i.expectation is Expectation.REFUSED and not i.eventually
    ]
    return verifier.load(folder), refused


@pytest.mark.parametrize("example", EXAMPLES)
def test_without_steps_it_asks_the_same(example: str) -> None:
    estate, invariants = asked(example)
    direct = {(v.invariant.name, v.target): v.status for v in verifier.prove(estate, invariants).verdicts}
    at_once = verifier.prove(estate, [replace(invariant, eventually=True) for invariant in invariants], steps=0)
    assert {(v.invariant.name, v.target): v.status for v in at_once.verdicts} == direct


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_callers_can_do_they_can_eventually_do(example: str) -> None:
    estate, invariants = asked(example)
    broken = {
        (v.invariant.name, v.target)
        for v in verifier.prove(estate, invariants).verdicts
        if v.status is verifier.Status.REFUTED
    }
    eventually = verifier.prove(estate, [replace(invariant, eventually=True) for invariant in invariants], steps=2)
    assert broken <= {(v.invariant.name, v.target) for v in eventually.verdicts if v.status is verifier.Status.REFUTED}


@pytest.mark.parametrize(
    ("sentence", "says"),
    [
        ("nobody can eventually kms:Sign on alias/tickets", "has no request in its scope"),
        (
            "nobody can eventually kms:Decrypt on alias/tickets when kms:GrantOperations is present",
            "has no request in its scope",
        ),
        ("nobody can eventually kms:GenerateRandom", "steps are followed on keys alone"),
    ],
)
def test_s3_an_invariant_that_checks_nothing_is_an_error(sentence: str, says: str) -> None:
    estate = verifier.load(ROOT / "examples" / "escalation")
    invariants = read_invariants(Source("a.inv", f'invariant "x": {sentence}')).invariants
    with pytest.raises(InputError, match=says):
        verifier.prove(estate, invariants)
