"""One request out of a set (S1): what it rests on is said, or is nothing that is not modelled."""

from __future__ import annotations

import pytest

from tests.evaluate.estates import ALICE, allow, aws, estate, home, identity, own
from tests.verify.proving import conditioned
from verifier.ask.answers import Unknown
from verifier.ask.diagrams import PREFERRED, Sample, sample
from verifier.model.estate import Estate
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.problem.classes.predicates import OneOf
from verifier.problem.diagrams.joint import join
from verifier.problem.rules import QuestionSide
from verifier.problem.semantics.targets import Target, TargetKind, key_target
from verifier.problem.space import ACTION, CALLER


def allowed(found: Estate, action: str = "kms:Decrypt") -> Sample | Unknown:
    """A request for an action that is allowed, or may be."""
    joint = join([QuestionSide(found, key_target(found.keys[0]))])
    acts = joint.finite.tables[ACTION].mask(OneOf(frozenset({action.lower()})))
    node = joint.diagrams.both(joint.sides[0].allowed, joint.diagrams.literal(ACTION, acts))
    return sample(joint, 0, joint.care(0, node, PREFERRED), node)


@pytest.mark.parametrize(
    ("action", "influence", "certain"),
    [
        ("kms:Decrypt", None, True),
        ("kms:Decrypt", Influence.MAY_REFUSE, False),
        ("kms:Encrypt", Influence.MAY_ALLOW, False),
    ],
)
def test_s1_a_sample_rests_on_nothing_that_is_not_modelled(
    action: str, influence: Influence | None, certain: bool
) -> None:
    things = () if influence is None else (Unmodelled("scp", "D7", influence, "a policy that is not modelled"),)
    found = allowed(estate(allow(aws(ALICE), action), unmodelled=things))
    assert isinstance(found, Sample) is certain


@pytest.mark.parametrize(("absent", "readings"), [("false", [("F6-untag", True)]), ("true", [])])
def test_f6_a_sample_says_under_which_readings_it_can_be_sent(absent: str, readings: list[tuple[str, bool]]) -> None:
    """No page says whether `kms:UntagResource` carries `aws:RequestTag/…`."""
    found = allowed(conditioned({"Null": {"aws:RequestTag/team": absent}}, "kms:UntagResource"), "kms:UntagResource")
    assert isinstance(found, Sample)
    assert [(str(name), value) for name, value in found.counterexample.readings] == readings


def test_f1_a_sample_says_that_requests_without_a_key_must_carry_what_they_have_of_an_organization() -> None:
    alice = identity(ALICE, own("kms:CreateKey", Condition={"StringEquals": {"aws:ResourceOrgID": "o-exampleorg"}}))
    joint = join([QuestionSide(estate(allow(), accounts=(home(alice),)), Target(TargetKind.NONE, "aws"))])
    calls = joint.finite.tables[CALLER].mask(OneOf(frozenset({ALICE})))
    node = joint.diagrams.both(joint.sides[0].allowed, joint.diagrams.literal(CALLER, calls))
    found = sample(joint, 0, joint.care(0, node, PREFERRED), node)
    assert isinstance(found, Sample)
    assert [(str(name), value) for name, value in found.counterexample.readings] == [("F1-resource-org", True)]
