"""Re-encryption breaks an invariant only for ciphertexts that it is about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.evaluate.estates import ALICE, HOME, KEY, Statement, organization, own
from tests.evaluate.steps.worlds import DELEGATES, one_key, state
from tests.reach.telling import PROVED, told
from verifier.model.invariant import ALWAYS, ConditionExpression, Expectation, Invariant, PrincipalLike
from verifier.model.policy import Text
from verifier.model.results.verdict import Status
from verifier.verify.proving import prove
from verifier.verify.reach.stories.asking import test as holds

CONTEXT = "kms:EncryptionContext:t"
OTHER_KEY = KEY.replace("1234abcd", "5678abcd")
ABSENT, IS_A = holds("Null", CONTEXT, "true"), holds("StringEquals", CONTEXT, "a")
WITH_A = {"StringEquals": {CONTEXT: "a"}}
DECRYPTS = Invariant(
    "",
    Expectation.REFUSED,
    PrincipalLike(Text(ALICE)),
    (Text("kms:Decrypt"),),
    None,
    IS_A,
    (),
    "nobody",
    eventually=True,
)
GRANTS_A = {"StringEquals": {"kms:GrantConstraintType": "EncryptionContextEquals", CONTEXT: "a"}}


@pytest.mark.parametrize(
    ("mine", "when", "expected"),
    [
        (own("kms:ReEncryptFrom"), ABSENT, Status.REFUTED),
        (own("kms:ReEncryptFrom", Condition=WITH_A), IS_A, Status.REFUTED),
        # conditions-kms, kms:EncryptionContext:context-key: of ReEncryptFrom it is the one that the ciphertext has.
        (own("kms:ReEncryptFrom", Condition=WITH_A), ABSENT, Status.PROVED),
        (own("kms:ReEncrypt*", Condition={"StringNotEquals": {CONTEXT: "a"}}), IS_A, Status.PROVED),
        (own("kms:ReEncrypt*", Condition={"StringLike": {CONTEXT: "?"}}), IS_A, Status.REFUTED),
        (own("kms:CreateGrant", Condition=GRANTS_A), IS_A, Status.REFUTED),
        (own("kms:CreateGrant", Condition=GRANTS_A), ABSENT, Status.UNKNOWN),
    ],
)
def test_what_leaves_the_key_is_what_the_invariant_is_about(
    mine: dict[str, object], when: ConditionExpression, expected: Status
) -> None:
    before = state(mine, facts={"grants": ()})
    whom = PrincipalLike(Text(ALICE))
    asked = Invariant("", Expectation.REFUSED, whom, (Text("kms:Decrypt"),), None, when, (), "nobody", eventually=True)
    (found,) = prove(before.estate, [asked], steps=3).verdicts
    assert found.status is expected


SOURCE, OFFICE = "aws:SourceIp", "192.0.2.0/24"
SAME, NOT_SAME = ({"Bool": {"kms:ReEncryptOnSameKey": said}} for said in ("true", "false"))
AGAIN = own(["kms:ReEncryptFrom", "kms:ReEncryptTo"], Condition=SAME)


def only(action: str, context: str) -> Statement:
    """A Deny of an action with another context."""
    return own(action, effect="Deny", Condition={"StringNotEquals": {CONTEXT: context}})


NO_OTHER: Statement = {"Effect": "Deny", "Action": "kms:ReEncryptTo", "NotResource": KEY}
READS_B = own("kms:Decrypt", Condition={"StringEquals": {CONTEXT: "b"}})


@pytest.mark.parametrize(
    ("mine", "when", "expected"),
    [
        ((AGAIN, READS_B), IS_A, Status.UNKNOWN),
        ((AGAIN,), IS_A, Status.PROVED),
        # Whoever may take ciphertexts of one context alone away gives no others another one.
        ((AGAIN, READS_B, only("kms:ReEncryptFrom", "b")), IS_A, Status.PROVED),
        ((AGAIN, READS_B, only("kms:ReEncryptFrom", "a")), IS_A, Status.UNKNOWN),
        ((AGAIN, READS_B, only("kms:ReEncryptTo", "b")), IS_A, Status.UNKNOWN),
        ((READS_B,), IS_A, Status.PROVED),
        ((own("kms:ReEncryptFrom", Condition=SAME), READS_B), IS_A, Status.PROVED),
        ((own("kms:ReEncryptTo"), READS_B), IS_A, Status.PROVED),
        ((own(["kms:ReEncryptFrom", "kms:ReEncryptTo"], Condition=NOT_SAME), NO_OTHER, READS_B), IS_A, Status.PROVED),
        # What is not about contexts is decided by whom and when the last request is made.
        (
            (AGAIN, own("kms:Decrypt", Condition={"NotIpAddress": {SOURCE: OFFICE}})),
            holds("IpAddress", SOURCE, OFFICE),
            Status.PROVED,
        ),
    ],
)
def test_a_ciphertext_may_come_under_the_same_key_with_another_context(
    mine: tuple[Statement, ...], when: ConditionExpression, expected: Status
) -> None:
    """API ReEncrypt: the destination key may be the source key, and the encryption context another one."""
    (found,) = prove(state(*mine, facts={"grants": ()}).estate, [replace(DECRYPTS, when=when)]).verdicts
    assert found.status is expected
    assert found.reason is None or "another encryption context" in found.reason.text


@pytest.mark.parametrize("back", [True, False])
def test_and_so_by_way_of_another_key(back: bool) -> None:
    other = one_key(DELEGATES, arn=OTHER_KEY, aliases=(), grants=())
    there, here = (
        (["kms:ReEncryptFrom", KEY], ["kms:ReEncryptTo", OTHER_KEY]),
        (["kms:ReEncryptFrom", OTHER_KEY], ["kms:ReEncryptTo", KEY]),
    )
    mine = [own(*one, Condition=NOT_SAME) for one in (*there, *(here if back else here[:1]))]
    outside = {"Effect": "Deny", "Action": "kms:ReEncryptTo", "NotResource": [KEY, OTHER_KEY]}
    before = state(
        *mine,
        own("kms:Decrypt", KEY, Condition={"StringEquals": {CONTEXT: "b"}}),
        outside,
        keys=(other,),
        facts={"grants": ()},
    )
    (found,) = [one for one in prove(before.estate, [DECRYPTS]).verdicts if one.target == KEY]
    assert found.status is (Status.UNKNOWN if back else Status.PROVED), found.reason


def onto_others(operator: str, name: str, value: str) -> Statement:
    """A Deny of encryption under keys by what they are."""
    return own("kms:ReEncryptTo", effect="Deny", Condition={operator: {name: value}})


@pytest.mark.parametrize(
    ("denied", "expected"),
    [
        (onto_others("StringEquals", "kms:KeySpec", "SYMMETRIC_DEFAULT"), Status.REFUTED),
        (onto_others("StringEquals", "kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT"), Status.REFUTED),
        (onto_others("StringEquals", "kms:KeyOrigin", "AWS_KMS"), Status.REFUTED),
        (onto_others("Bool", "kms:MultiRegion", "false"), Status.REFUTED),
        (onto_others("Bool", "kms:MultiRegion", "true"), Status.REFUTED),
        (onto_others("StringNotEquals", "kms:MultiRegionKeyType", "REPLICA"), Status.REFUTED),
        (own("kms:ReEncryptTo", "arn:aws:kms:*:*:key/0*", effect="Deny"), Status.REFUTED),
        ({"Effect": "Deny", "Action": "kms:ReEncryptTo", "NotResource": "arn:aws:kms:*:*:key/mrk-*"}, Status.REFUTED),
        (onto_others("StringLike", "kms:KeySpec", "*"), Status.PROVED),
        (onto_others("StringEquals", "kms:KeyUsage", "ENCRYPT_DECRYPT"), Status.PROVED),
        (own("kms:ReEncryptTo", "arn:aws:kms:*:*:key/*", effect="Deny"), Status.PROVED),
    ],
)
def test_w2_a_key_of_the_callers_own_is_of_whatever_kind(denied: Statement, expected: Status) -> None:
    """API ReEncrypt: both keys may be symmetric or asymmetric encryption keys, in different accounts."""
    decrypts = replace(DECRYPTS, when=holds("Null", "aws:currenttime", "false"))
    before = state(own("kms:ReEncryptFrom"), denied, facts={"grants": ()})
    (found,) = prove(before.estate, [decrypts]).verdicts
    assert found.status is expected


@pytest.mark.parametrize("denied", [None, ("Bool", "kms:MultiRegion", "false"), ("Bool", "kms:MultiRegion", "true")])
def test_w2_a_key_that_the_caller_makes_is_multi_region_or_not(denied: tuple[str, str, str] | None) -> None:
    abroad = own("kms:ReEncryptTo", effect="Deny", Condition={"StringNotEquals": {"aws:ResourceAccount": HOME}})
    mine = (own("kms:ReEncryptFrom", KEY), own("kms:CreateKey"), abroad, *([onto_others(*denied)] if denied else ()))
    decrypts = replace(DECRYPTS, when=holds("Null", "aws:currenttime", "false"))
    (found,) = prove(state(*mine, facts={"grants": ()}).estate, [decrypts]).verdicts
    assert found.status is Status.UNKNOWN


RE_ENCRYPTS, ABROAD = own("kms:ReEncrypt*"), KEY.replace("us-west-2", "eu-west-1")
AT_HOME: Statement = {"Effect": "Deny", "Action": "kms:ReEncryptTo", "NotResource": f"arn:aws:kms:*:{HOME}:key/*"}


def decrypts(resource: str) -> Statement:
    """A permission on keys that the input does not hold."""
    return own("kms:Decrypt", f"arn:aws:kms:*:{HOME}:key/{resource}")


@pytest.mark.parametrize(
    ("mine", "expected"),
    [
        (own("kms:Decrypt", OTHER_KEY), ("unknown", "W2")),
        (own("kms:Decrypt", OTHER_KEY.replace("us-west-2", "eu-west-1")), PROVED),
        (decrypts("5*"), ("unknown", "W2")),
        # The request says its encryption context, so the variable is whatever a key is called.
        (decrypts("5${kms:EncryptionContext:key}"), ("unknown", "W2")),
        (decrypts("5${kms:EncryptionContext:key}*"), ("unknown", "W2")),
        # Before the fifth colon it is literal (L7).
        (own("kms:Decrypt", "arn:aws:kms:*:${aws:PrincipalAccount}:key/5*"), PROVED),
        (
            own("kms:Decrypt", f"arn:aws:kms:us-west-2:{HOME}:ke?/5678abcd-12ab-34cd-56ef-1234567890ab"),
            ("unknown", "W2"),
        ),
        (decrypts("x*"), PROVED),
        (decrypts("x${kms:EncryptionContext:key}"), PROVED),
    ],
)
def test_w2_a_key_that_policies_name_may_exist(mine: Statement, expected: tuple[str, ...]) -> None:
    """API ReEncrypt: both keys are in one Region. Concepts, key ID: a UUID, or `mrk-` and 32 hexadecimal digits."""
    assert told(state(RE_ENCRYPTS, AT_HOME, mine, facts={"grants": ()})) == expected


@pytest.mark.parametrize(("resource", "expected"), [("*", ("unknown", "W2")), (KEY, PROVED)])
def test_w2_a_member_of_the_organization_may_have_keys(resource: str, expected: tuple[str, ...]) -> None:
    away = own("kms:ReEncryptTo", effect="Deny", Condition={"StringEquals": {"aws:ResourceAccount": HOME}})
    within = {"StringNotEquals": {"aws:ResourceOrgID": "o-a1b2c3d4e5"}}
    others: Statement = {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": KEY}
    mine = (RE_ENCRYPTS, away, own("kms:ReEncryptTo", effect="Deny", Condition=within), own("kms:Decrypt", resource))
    assert told(state(*mine, others, facts={"grants": ()}, organization=organization())) == expected


def test_w2_the_caller_has_keys_of_its_own_in_each_region() -> None:
    """API ReEncrypt: both keys are in one Region."""
    there = one_key(DELEGATES, arn=ABROAD, grants=())
    before = state(RE_ENCRYPTS, keys=(there,), facts={"grants": ()})
    decrypting = replace(DECRYPTS, when=ALWAYS)
    found = prove(before.estate, [decrypting], steps=3).verdicts
    assert {one.target: one.status for one in found} == dict.fromkeys((KEY, ABROAD), Status.REFUTED)


def elsewhere(pattern: str) -> Statement:
    """A Deny of encryption under keys but for some IDs."""
    return {"Effect": "Deny", "Action": "kms:ReEncryptTo", "NotResource": f"arn:aws:kms:*:*:key/{pattern}"}


MORE = ("unknown", "budget")
TAGGED = {"tags": (("x", "a"), ("y", OTHER_KEY.split(":")[-1]))}


@pytest.mark.parametrize(
    ("pattern", "expected"), [("5*", ("re-encrypt",)), ("5a*", MORE), ("5${aws:PrincipalTag/x}*", MORE), ("x*", PROVED)]
)
def test_w2_a_key_of_the_callers_own_has_some_id(pattern: str, expected: tuple[str, ...]) -> None:
    """Whoever makes keys comes to one whose ID begins with what a policy asks for."""
    assert told(state(RE_ENCRYPTS, elsewhere(pattern), facts={"grants": ()}, alice=TAGGED)) == expected


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("key/5a*", ("unknown", "W2")),
        ("key/5${aws:PrincipalTag/x}*", MORE),
        ("key/5${aws:SourceVpc, 'a'}*", MORE),
        ("${aws:PrincipalTag/y}", MORE),
        ("alias/${aws:PrincipalTag/x}*", PROVED),
    ],
)
def test_w2_a_key_that_a_variable_names_may_exist(resource: str, expected: tuple[str, ...]) -> None:
    decrypting = own("kms:Decrypt", f"arn:aws:kms:us-west-2:{HOME}:{resource}")
    assert told(state(RE_ENCRYPTS, AT_HOME, decrypting, facts={"grants": ()}, alice=TAGGED)) == expected


def test_keys_that_are_not_told_apart_matter_to_ciphertexts_that_may_leave_alone() -> None:
    others = decrypts("5${aws:PrincipalTag/x}*")
    assert told(state(own("kms:ReEncryptTo"), elsewhere("5a*"), others, facts={"grants": ()}, alice=TAGGED)) == PROVED
