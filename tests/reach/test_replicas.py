"""Replicas of keys in chains: one is made where both permissions that it takes meet (R8)."""

from __future__ import annotations

import pytest

from tests.evaluate.estates import ALICE, PARTNER, PARTNER_ROLE, Statement, aws, grant, own
from tests.evaluate.reaching import TARGET, admits, trusting
from tests.evaluate.steps.worlds import BASE, document, state
from tests.reach.telling import PROVED, told
from tests.reach.test_open_and_shut_keys import AT_HOME, MULTI, PRIMARY
from verifier.model.estate import ManagedPolicy

HOME_REGION, THERE, OTHER = "us-west-2", "eu-west-1", "us-east-1"
MAKES = ("replicate key",)
FACTS = {"grants": (), "arn": MULTI, **PRIMARY}
REPLICATES, CREATES = "kms:ReplicateKey", "kms:CreateKey"
INTO, IN = "kms:ReplicaRegion", "aws:RequestedRegion"


def where(action: str, key: str, operator: str, *regions: str, effect: str = "Allow") -> Statement:
    """A statement about an action in some Regions."""
    return own(action, effect=effect, Condition={operator: {key: list(regions)}})


def into(*regions: str, operator: str = "StringEquals", effect: str = "Allow") -> Statement:
    """One about replicas in some Regions."""
    return where(REPLICATES, INTO, operator, *regions, effect=effect)


def creates(*regions: str, operator: str = "StringEquals", effect: str = "Allow") -> Statement:
    """One about keys in some Regions."""
    return where(CREATES, IN, operator, *regions, effect=effect)


@pytest.mark.parametrize(
    ("mine", "steps"),
    [
        ((own(REPLICATES), own(CREATES)), MAKES),
        ((own(REPLICATES),), PROVED),
        ((own(CREATES),), PROVED),
        ((into(THERE), creates(THERE)), MAKES),
        ((into(THERE), creates(OTHER)), PROVED),
        ((into(THERE), own(CREATES)), MAKES),
        ((own(REPLICATES), creates(OTHER)), MAKES),
        ((own(REPLICATES), creates(HOME_REGION)), PROVED),
        ((into(HOME_REGION), own(CREATES)), PROVED),
        ((into("us-*", operator="StringLike"), creates("eu-*", operator="StringLike")), PROVED),
        ((into("us-*", operator="StringLike"), creates("*-1", operator="StringLike")), MAKES),
        ((into("us-*", operator="StringNotLike"), creates("us-*", operator="StringLike")), PROVED),
        ((into(THERE, OTHER), creates(OTHER, HOME_REGION)), MAKES),
        # A replica is in the partition of the key [API: ReplicateKey, ReplicaRegion].
        ((own(REPLICATES), creates("cn-north-1")), PROVED),
        ((into("cn-*", "us-gov-west-1", operator="StringLike"), own(CREATES)), PROVED),
        ((into("cn-*", operator="StringNotLike"), creates("us-g*", operator="StringNotLike")), MAKES),
        # By the resource, which names a Region too.
        ((into(THERE), own(CREATES, f"arn:aws:kms:{OTHER}:*:*")), PROVED),
        ((into(THERE), own(CREATES, f"arn:aws:kms:{THERE}:*:*")), MAKES),
        ((into(THERE), own(CREATES, f"arn:aws:kms:*:{PARTNER}:*")), PROVED),
        ((into(THERE), {"Effect": "Allow", "Action": CREATES, "NotResource": f"arn:aws:kms:{THERE}:*:*"}), PROVED),
        # Denied here and there: a gap is enough, and none is a proof.
        ((own(REPLICATES), own(CREATES), into(THERE, effect="Deny")), MAKES),
        ((own(REPLICATES), own(CREATES), creates(THERE, operator="StringNotEquals", effect="Deny")), MAKES),
        (
            (
                own(REPLICATES),
                own(CREATES),
                into(THERE, effect="Deny"),
                creates(THERE, operator="StringNotEquals", effect="Deny"),
            ),
            PROVED,
        ),
        # In some partition of the Regions that no policy names.
        ((into(THERE, operator="StringNotEquals"), creates(OTHER, operator="StringNotEquals")), MAKES),
        # What is made is a replica [conditions-kms: kms:MultiRegionKeyType]; no page says that the request for it says
        # so.
        ((own(REPLICATES), where(CREATES, "kms:MultiRegionKeyType", "StringEquals", "REPLICA")), MAKES),
        ((own(REPLICATES), where(CREATES, "kms:MultiRegion", "Bool", "true")), MAKES),
        ((own(REPLICATES), where(CREATES, "kms:MultiRegionKeyType", "StringEquals", "PRIMARY")), ("unknown", "E0")),
        # A key that is asked for tells neither.
        ((into(THERE), own(CREATES, Condition={"StringEquals": {INTO: THERE}})), PROVED),
        ((into(THERE), own(CREATES, Condition={"Null": {INTO: "true"}})), MAKES),
    ],
)
def test_r8_a_replica_is_made_where_both_permissions_meet(mine: tuple[Statement, ...], steps: tuple[str, ...]) -> None:
    assert told(state(*mine, facts=FACTS)) == steps


def test_r8_the_permission_there_may_come_by_a_step() -> None:
    base = ManagedPolicy(BASE, (("v1", document(creates(THERE), arn=BASE)),), "v1")
    attaches = own("iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": BASE}})
    assert told(state(into(THERE), attaches, managed=(base,), facts=FACTS)) == ("attach policy", *MAKES)
    assert told(state(into(OTHER), attaches, managed=(base,), facts=FACTS)) == PROVED


def test_r8_both_are_of_one_caller() -> None:
    role = trusting(admits(aws(ALICE)), own=(creates(THERE),))
    assert told(state(into(THERE), own("sts:AssumeRole", TARGET), others=(role,), facts=FACTS)) == PROVED


@pytest.mark.parametrize("region", ["us-east-1", HOME_REGION, "eu-west-1", "ap-southeast-2"])
def test_r8_where_no_policy_tells_regions_apart_a_replica_is_in_another_than_the_keys(region: str) -> None:
    facts = {**FACTS, "arn": MULTI.replace(HOME_REGION, region)}
    assert told(state(own(REPLICATES), own(CREATES), facts=facts)) == MAKES
    assert told(state(own(REPLICATES), creates(region), facts=facts)) == PROVED
    assert told(state(into(region, operator="StringNotEquals"), own(CREATES), facts=facts)) == MAKES


def deny_unless(operator: str, key: str, *values: str) -> Statement:
    """She decrypts only where a key has one of some values, and so re-encrypts."""
    return own(["kms:Decrypt", "kms:ReEncrypt*"], effect="Deny", Condition={operator: {key: list(values)}})


@pytest.mark.parametrize(
    ("denied", "steps"),
    [
        (deny_unless("StringNotEquals", IN, THERE), MAKES),
        (deny_unless("StringEquals", IN, HOME_REGION, THERE), MAKES),
        (deny_unless("StringNotLike", IN, "ap-*-2"), MAKES),
        (deny_unless("StringNotEquals", IN, HOME_REGION), PROVED),
        (deny_unless("StringNotEquals", "kms:ViaService", f"s3.{THERE}.amazonaws.com"), MAKES),
        (deny_unless("StringNotEquals", "kms:ViaService", f"s3.{HOME_REGION}.amazonaws.com"), PROVED),
        (deny_unless("StringNotEquals", "kms:MultiRegionKeyType", "REPLICA"), MAKES),
        (deny_unless("StringNotEquals", "kms:MultiRegionKeyType", "PRIMARY"), PROVED),
        # No chain is told that tags a replica.
        (deny_unless("StringNotEquals", "aws:ResourceTag/team", "blue"), ("unknown", "E0")),
    ],
)
def test_r8_what_a_replica_is_decides_what_may_be_done_with_it(denied: Statement, steps: tuple[str, ...]) -> None:
    assert told(state(own(REPLICATES), own(CREATES), denied, facts=FACTS, organization=AT_HOME)) == steps


def test_r8_a_replica_has_no_grants_of_the_primary_key() -> None:
    listed = {**FACTS, "grants": (grant(PARTNER_ROLE, "Encrypt"),)}
    assert told(state(own(REPLICATES), own(CREATES), facts=listed)) == MAKES
