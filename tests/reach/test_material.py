"""Re-encryption breaks an invariant only for ciphertexts that it is about."""

from __future__ import annotations

import pytest

from tests.evaluate.estates import ALICE, own
from tests.evaluate.steps.worlds import state
from verifier.model.invariant import ConditionExpression, Expectation, Invariant, PrincipalLike
from verifier.model.policy import Text
from verifier.model.results.verdict import Status
from verifier.verify import prove
from verifier.verify.reach.stories.asking import test as holds

CONTEXT = "kms:EncryptionContext:t"
ABSENT, IS_A = holds("Null", CONTEXT, "true"), holds("StringEquals", CONTEXT, "a")
WITH_A = {"StringEquals": {CONTEXT: "a"}}
GRANTS_A = {"StringEquals": {"kms:GrantConstraintType": "EncryptionContextEquals", CONTEXT: "a"}}


@pytest.mark.parametrize(
    ("mine", "when", "expected"),
    [
        (own("kms:ReEncryptFrom"), ABSENT, Status.REFUTED),
        (own("kms:ReEncryptFrom", Condition=WITH_A), IS_A, Status.REFUTED),
        (own("kms:ReEncryptFrom", Condition=WITH_A), ABSENT, Status.UNKNOWN),
        (own("kms:CreateGrant", Condition=GRANTS_A), IS_A, Status.REFUTED),
        (own("kms:CreateGrant", Condition=GRANTS_A), ABSENT, Status.UNKNOWN),
    ],
)
def test_what_leaves_the_key_is_what_the_invariant_is_about(mine: dict[str, object], when: ConditionExpression, expected: Status) -> None:
    before = state(mine, facts={"grants": ()})
    whom = PrincipalLike(Text(ALICE))
    asked = Invariant("", Expectation.REFUSED, whom, (Text("kms:Decrypt"),), None, when, (), "nobody", eventually=True)
    (found,) = prove(before.estate, [asked], steps=3).verdicts
    assert found.status is expected
