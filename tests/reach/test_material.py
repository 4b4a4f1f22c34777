"""Re-encryption breaks an invariant only for ciphertexts that it is about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.evaluate.estates import ALICE, HOME, own
from tests.evaluate.steps.worlds import state
from verifier.model.invariant import ConditionExpression, Expectation, Invariant, PrincipalLike
from verifier.model.policy import Text
from verifier.model.results.verdict import Status
from verifier.verify import prove
from verifier.verify.reach.stories.asking import test as holds

CONTEXT = "kms:EncryptionContext:t"
ABSENT, IS_A = holds("Null", CONTEXT, "true"), holds("StringEquals", CONTEXT, "a")
WITH_A = {"StringEquals": {CONTEXT: "a"}}
DECRYPTS = Invariant("", Expectation.REFUSED, PrincipalLike(Text(ALICE)), (Text("kms:Decrypt"),), None, IS_A, (), "nobody", eventually=True)
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


@pytest.mark.parametrize(("when", "said"), [(IS_A, 1), (holds("StringEquals", "aws:PrincipalAccount", HOME), 0)])
def test_that_the_context_of_a_ciphertext_may_be_changed_is_supposed_not_to_be(when: ConditionExpression, said: int) -> None:
    # API ReEncrypt: the destination key may be the source key, and the encryption context another one.
    same = {"Bool": {"kms:ReEncryptOnSameKey": "true"}}
    mine = [own(["kms:ReEncryptFrom", "kms:ReEncryptTo"], Condition=same), own("kms:Decrypt", Condition={"StringEquals": {CONTEXT: "b"}})]
    asked = replace(DECRYPTS, when=when) if said else replace(DECRYPTS, when=when, actions=(Text("kms:Encrypt"),))
    (found,) = prove(state(*mine, facts={"grants": ()}).estate, [asked]).verdicts
    assert found.status is Status.PROVED
    assert len([one for one in found.assumptions if "another encryption context" in one.text]) == said
