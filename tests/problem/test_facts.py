"""Facts about real requests (F1–F9), in pairs: what no request can do is Proved, its nearest neighbour is Refuted
(R6)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.estates import ALICE, HOME, PARTNER, REPORTS, ROOT, allow, aws, estate, home, identity, untagged
from tests.verify.proving import nobody, possible, status, verdict
from verifier.model.organization import Organization
from verifier.syntax.diagnostic import InputError

EC = "kms:EncryptionContext:"
SERVICE = {"Service": "s3.amazonaws.com"}


def null(*present: str, absent: tuple[str, ...] = ()) -> dict[str, str]:
    return {**dict.fromkeys(present, "false"), **dict.fromkeys(absent, "true")}


PAIRS: list[tuple[str, str, Any, dict[str, Any], dict[str, Any]]] = [
    (
        "F1 secure",
        "Decrypt",
        None,
        {"Bool": {"aws:SecureTransport": "false"}},
        {"Bool": {"aws:SecureTransport": "true"}},
    ),
    (
        "F1 one instant",
        "Decrypt",
        None,
        {"DateLessThan": {"aws:CurrentTime": "2030-01-01"}, "NumericGreaterThan": {"aws:EpochTime": "1893456000"}},
        {"DateLessThan": {"aws:CurrentTime": "2030-01-02"}, "NumericGreaterThan": {"aws:EpochTime": "1893456000"}},
    ),
    (
        "F1 last instant",
        "Decrypt",
        None,
        {"DateGreaterThan": {"aws:CurrentTime": "99999999999999"}},
        {"DateGreaterThan": {"aws:CurrentTime": "2999-01-01"}},
    ),
    (
        "F1 Region",
        "Decrypt",
        None,
        {"StringEquals": {"aws:RequestedRegion": "us-east-1"}},
        {"StringEquals": {"aws:RequestedRegion": "us-west-2"}},
    ),
    (
        "F1 resource",
        "Decrypt",
        None,
        {"StringEquals": {"aws:ResourceAccount": PARTNER}},
        {"StringEquals": {"aws:ResourceAccount": HOME}},
    ),
    ("F1 agent", "Decrypt", None, {"Null": null(absent=("aws:UserAgent",))}, {"Null": null("aws:UserAgent")}),
    (
        "F1 type",
        "Decrypt",
        aws(REPORTS),
        {"StringEquals": {"aws:PrincipalType": "User"}},
        {"StringEquals": {"aws:PrincipalType": "AssumedRole"}},
    ),
    (
        "F1 role ARN",
        "Decrypt",
        aws(REPORTS),
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:sts::*:assumed-role/*"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*/reports"}},
    ),
    (
        "F1 caller account",
        "Decrypt",
        aws(HOME, PARTNER),
        {"StringEquals": {"kms:CallerAccount": PARTNER, "aws:PrincipalAccount": HOME}},
        {"StringEquals": {"kms:CallerAccount": HOME, "aws:PrincipalAccount": HOME}},
    ),
    (
        "F2 account",
        "Decrypt",
        aws(HOME, PARTNER),
        {"StringEquals": {"aws:PrincipalAccount": HOME}, "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:*"}},
        {
            "StringEquals": {"aws:PrincipalAccount": PARTNER},
            "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:*"},
        },
    ),
    (
        "F2 ID and paths",
        "Decrypt",
        None,
        {"StringEquals": {"aws:PrincipalOrgID": "o-aaaaaaaaaa"}, "Null": null(absent=("aws:PrincipalOrgPaths",))},
        {"StringEquals": {"aws:PrincipalOrgID": "o-aaaaaaaaaa"}, "Null": null("aws:PrincipalOrgPaths")},
    ),
    (
        "F2 paths of the ID",
        "Decrypt",
        None,
        {
            "StringEquals": {"aws:PrincipalOrgID": "o-aaaaaaaaaa"},
            "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-bbbbbbbbbb/*"},
        },
        {
            "StringEquals": {"aws:PrincipalOrgID": "o-bbbbbbbbbb"},
            "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-bbbbbbbbbb/*"},
        },
    ),
    (
        "F2 own organization",
        "Decrypt",
        None,
        {"StringEquals": {"aws:PrincipalOrgID": "o-aaaaaaaaaa", "aws:ResourceOrgID": "o-bbbbbbbbbb"}},
        {"StringEquals": {"aws:PrincipalOrgID": "o-aaaaaaaaaa", "aws:ResourceOrgID": "o-aaaaaaaaaa"}},
    ),
    (
        "F3 user name",
        "Decrypt",
        aws(REPORTS),
        {"StringLike": {"aws:username": "*"}},
        {"StringLikeIfExists": {"aws:username": "?*"}},
    ),
    (
        "F3 user name of a user",
        "Decrypt",
        None,
        {"StringEquals": {"aws:username": "Bob"}},
        {"StringEquals": {"aws:username": "Alice"}},
    ),
    (
        "F3 age",
        "Decrypt",
        aws(REPORTS),
        {"NumericLessThan": {"aws:MultiFactorAuthAge": "60"}, "Bool": {"aws:MultiFactorAuthPresent": "false"}},
        {"NumericLessThan": {"aws:MultiFactorAuthAge": "60"}, "Bool": {"aws:MultiFactorAuthPresent": "true"}},
    ),
    (
        "F3 token",
        "Decrypt",
        aws(REPORTS),
        {"Null": null(absent=("aws:TokenIssueTime",))},
        {"Null": null("aws:TokenIssueTime")},
    ),
    (
        "F3 service",
        "Decrypt",
        SERVICE,
        {"Null": null("aws:MultiFactorAuthPresent")},
        {"Null": null(absent=("aws:MultiFactorAuthPresent",))},
    ),
    (
        "F3 root tags",
        "Decrypt",
        aws(ROOT),
        {"StringLike": {"aws:PrincipalTag/team": "*", "aws:PrincipalType": "Account"}},
        {"StringLikeIfExists": {"aws:PrincipalTag/team": "*", "aws:PrincipalType": "Account"}},
    ),
    (
        "F4 endpoint",
        "Decrypt",
        None,
        {"Null": null("aws:SourceVpce", absent=("aws:SourceVpc",))},
        {"Null": null("aws:SourceVpce", "aws:SourceVpc")},
    ),
    (
        "F4 address",
        "Decrypt",
        None,
        {"StringLike": {"aws:SourceVpce": "vpce-*"}, "IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
        {"StringLike": {"aws:SourceVpce": "vpce-*"}, "NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
    ),
    (
        "F4 versions",
        "Decrypt",
        None,
        {
            "NotIpAddress": {"aws:SourceIp": ["0.0.0.0/0", "::/0"]},
            "Null": null(absent=("aws:SourceVpc",)),
            "Bool": {"aws:ViaAWSService": "false"},
        },
        {
            "NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"},
            "Null": null(absent=("aws:SourceVpc",)),
            "Bool": {"aws:ViaAWSService": "false"},
        },
    ),
    (
        "F4 forwarded",
        "Decrypt",
        None,
        {"Null": null("aws:SourceVpce"), "Bool": {"aws:ViaAWSService": "true"}},
        {"Null": null("aws:SourceVpce"), "Bool": {"aws:ViaAWSService": "false"}},
    ),
    (
        "F5 via",
        "Decrypt",
        None,
        {"StringLike": {"kms:ViaService": "s3.*"}, "Bool": {"aws:ViaAWSService": "false"}},
        {"StringLike": {"kms:ViaService": "s3.*"}, "Bool": {"aws:ViaAWSService": "true"}},
    ),
    (
        "F5 via in a Region",
        "Decrypt",
        None,
        {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}},
        {"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}},
    ),
    (
        "F5 called",
        "Decrypt",
        None,
        {
            "StringEquals": {"aws:CalledViaFirst": "athena.amazonaws.com"},
            "ForAllValues:StringEquals": {"aws:CalledVia": "glue.amazonaws.com"},
        },
        {
            "StringEquals": {"aws:CalledViaFirst": "athena.amazonaws.com"},
            "ForAllValues:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"},
        },
    ),
    ("F5 source", "Decrypt", None, {"Null": null("aws:SourceArn")}, {"Null": null(absent=("aws:SourceArn",))}),
    (
        "F5 service",
        "Decrypt",
        SERVICE,
        {"Bool": {"aws:PrincipalIsAWSService": "false"}},
        {"StringEquals": {"aws:PrincipalServiceName": "s3.amazonaws.com"}},
    ),
    (
        "F5 grants",
        "Decrypt",
        None,
        {"Bool": {"kms:GrantIsForAWSResource": "true"}},
        {"BoolIfExists": {"kms:GrantIsForAWSResource": "true"}},
    ),
    (
        "F5 grants direct",
        "CreateGrant",
        None,
        {"Bool": {"kms:GrantIsForAWSResource": "true", "aws:ViaAWSService": "false"}},
        {"Bool": {"kms:GrantIsForAWSResource": "true", "aws:ViaAWSService": "true"}},
    ),
    ("F6 context", "DescribeKey", None, {"Null": null(EC + "a")}, {"Null": null(absent=(EC + "a",))}),
    (
        "F6 operations",
        "CreateGrant",
        None,
        {"ForAllValues:StringEquals": {"kms:GrantOperations": "Encryptt"}},
        {"ForAllValues:StringEquals": {"kms:GrantOperations": "Encrypt"}},
    ),
    (
        "F6 algorithm",
        "Decrypt",
        None,
        {"Null": null(absent=("kms:EncryptionAlgorithm",))},
        {"Null": null("kms:EncryptionAlgorithm")},
    ),
    (
        "F7 names",
        "Decrypt",
        None,
        {"StringEquals": {EC + "a": "1"}, "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "b"}},
        {"StringEquals": {EC + "a": "1"}, "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["b", "a"]}},
    ),
    (
        "F7 no pair",
        "Decrypt",
        None,
        {
            "Null": null("kms:EncryptionContextKeys"),
            "StringNotLike": {EC + "a": "*"},
            "ForAllValues:StringEqualsIgnoreCase": {"kms:EncryptionContextKeys": "A"},
        },
        {
            "Null": null("kms:EncryptionContextKeys"),
            "StringNotLike": {EC + "a": "*"},
            "ForAllValues:StringEqualsIgnoreCase": {"kms:EncryptionContextKeys": ["A", "b"]},
        },
    ),
    (
        "F8 spec",
        "Decrypt",
        None,
        {"StringEquals": {"kms:KeySpec": "RSA_2048"}},
        {"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT"}},
    ),
    (
        "F8 older name",
        "Decrypt",
        None,
        {"StringNotEquals": {"kms:CustomerMasterKeySpec": "SYMMETRIC_DEFAULT"}},
        {"StringEquals": {"kms:CustomerMasterKeySpec": "SYMMETRIC_DEFAULT"}},
    ),
    (
        "F8 Regions",
        "Decrypt",
        None,
        {"Null": null("kms:MultiRegionKeyType")},
        {"Null": null(absent=("kms:MultiRegionKeyType",))},
    ),
    (
        "F8 alias",
        "Decrypt",
        None,
        {"StringEquals": {"kms:RequestAlias": "alias/other"}},
        {"StringEquals": {"kms:RequestAlias": "alias/payments"}},
    ),
    (
        "F8 tag",
        "Decrypt",
        None,
        {"StringEquals": {"aws:ResourceTag/team": "blue"}},
        {"StringEquals": {"aws:ResourceTag/team": "red"}},
    ),
]


@pytest.mark.parametrize(
    ("label", "action", "principal", "impossible", "neighbour"), PAIRS, ids=[pair[0] for pair in PAIRS]
)
def test_a_fact_forbids_one_request_and_not_its_neighbour(
    label: str, action: str, principal: Any, impossible: dict[str, Any], neighbour: dict[str, Any]
) -> None:
    assert possible(impossible, f"kms:{action}", principal) == "proved"
    assert possible(neighbour, f"kms:{action}", principal) == "refuted"


def test_r3_a_signing_key_signs_and_does_not_decrypt() -> None:
    anyone = {"Bool": {"aws:SecureTransport": "true"}}
    signing = {"spec": "RSA_2048", "usage": "SIGN_VERIFY"}
    assert possible(anyone, "kms:Sign", **signing) == "refuted"
    with pytest.raises(InputError, match="no request in its scope"):
        possible(anyone, "kms:Decrypt", **signing)


def test_u3_facts_that_are_not_given_are_free_but_consistent() -> None:
    unknown = {"spec": None, "usage": None, "origin": None}
    both = {"StringEquals": {"kms:KeySpec": "RSA_2048", "kms:KeyUsage": "GENERATE_VERIFY_MAC"}}
    assert possible(both, "kms:DescribeKey", **unknown) == "proved"
    assert possible({"StringEquals": {"kms:KeySpec": "HMAC_256"}}, "kms:GenerateMac", **unknown) == "refuted"
    assert possible({"StringEquals": {"kms:KeySpec": "HMAC_256"}}, "kms:Decrypt", **unknown) == "proved"


@pytest.mark.parametrize("facts", [{"spec": "BRAND_NEW"}, {"usage": "SIGN_VERIFY"}])
def test_u4_a_key_that_the_data_does_not_know_has_no_verdict_but_unknown(facts: dict[str, str]) -> None:
    assert possible({"StringEquals": {"kms:KeySpec": "BRAND_NEW"}}, **facts) == "unknown"


def test_f2_a_given_organization_has_its_members_and_no_others() -> None:
    organization = Organization("o-exampleorg", HOME, ((HOME, "o-exampleorg/r-ab12/"),))
    from dataclasses import replace

    def outside(*, member: str) -> str:
        block = {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorg", "aws:PrincipalAccount": member}}
        return status(replace(estate(allow("*", "kms:Decrypt", Condition=block)), organization=organization))

    assert outside(member=PARTNER) == "proved"
    assert outside(member=HOME) == "refuted"
    path = {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-exampleorg/r-zz99/*"}}
    assert (
        status(replace(estate(allow(aws(ALICE), "kms:Decrypt", Condition=path)), organization=organization)) == "proved"
    )


def test_f3_tags_of_the_inventory_are_fixed() -> None:
    def tagged(value: str) -> str:
        block = {"StringEquals": {"aws:PrincipalTag/team": value}}
        inventory = (home(untagged(REPORTS, tags=(("Team", "red"),))),)
        return status(estate(allow(aws(REPORTS), "kms:Decrypt", Condition=block), accounts=inventory))

    assert tagged("red") == "refuted"
    assert tagged("blue") == "proved"


def test_f3_a_role_whose_trust_policy_is_not_known_may_have_any_session_tags() -> None:
    def tagged(test: dict[str, dict[str, str]]) -> str:
        inventory = (home(identity(REPORTS, tags=(("Team", "red"),))),)
        return status(estate(allow(aws(REPORTS), "kms:Decrypt", Condition=test), accounts=inventory))

    assert tagged({"StringEquals": {"aws:PrincipalTag/team": "blue"}}) == "refuted"
    assert tagged({"Null": {"aws:PrincipalTag/stage": "false"}}) == "refuted"
    taken = {"Null": {"aws:PrincipalTag/team": "true"}}
    # a tag is overridden, and never taken away
    assert tagged({**taken, "StringNotEquals": {"aws:PrincipalTag/team": ""}}) == "proved"
    assert tagged(taken) == "refuted"  # by an empty one, if that is null (C1)


@pytest.mark.parametrize("operator", ["StringEquals", "StringLike"])
def test_f6_a_tag_that_the_input_gives_is_one_whatever_its_length(operator: str) -> None:
    text = "v" * 300
    statement = allow(aws(ALICE), "kms:Decrypt", Condition={operator: {"aws:PrincipalTag/team": text}})
    for tags, expected in ([(("team", text),), "refuted"], [(("team", text[1:]),), "proved"]):
        assert status(estate(statement, accounts=(home(identity(ALICE, tags=tags)),)), nobody()) == expected


def test_f5_a_service_principal_calls_for_itself_and_through_services() -> None:
    through = {"StringLike": {"kms:ViaService": "*"}}
    assert possible(through, principal=SERVICE) == "refuted"
    assert possible(through | {"Bool": {"aws:ViaAWSService": "true"}}, principal=SERVICE) == "proved"


def test_f9_a_witness_shows_printable_and_plausible_texts() -> None:
    found = verdict(estate(allow("*", "kms:Decrypt")), nobody())
    assert found.counterexample is not None
    caller = found.counterexample.request.caller
    assert caller.arn.isprintable() and ":role/example" in caller.principal_arn


@pytest.mark.parametrize(
    "block",
    [
        {"NumericEquals": {"kms:KeySpec": "5"}},
        {"IpAddress": {"kms:MultiRegion": "10.0.0.0/8"}},
        {"DateLessThan": {"kms:KeyUsage": "2030-01-01"}},
        {"Bool": {"kms:KeySpec": "true"}},
        {"NumericEquals": {"aws:PrincipalAccount": HOME}},
    ],
)
def test_c3_an_operator_on_a_key_of_another_type_never_crashes(block: dict[str, Any]) -> None:
    assert possible(block, principal="*") in ("proved", "unknown", "refuted")


@pytest.mark.parametrize("text", ["é", "日本語", "naïve café"])
def test_values_beyond_ascii_are_values(text: str) -> None:
    assert possible({"StringEquals": {"aws:PrincipalTag/team": text}}, principal="*") == "refuted"
    assert (
        possible(
            {"StringEquals": {"aws:PrincipalTag/team": text}, "StringNotEquals": {"aws:PrincipalTag/team": text}},
            principal="*",
        )
        == "proved"
    )


def test_f1_instants_between_two_seconds() -> None:
    low, high = "2030-01-01T00:00:00Z", "2030-01-01T00:00:00.5Z"
    assert (
        possible({"DateGreaterThan": {"aws:CurrentTime": low}, "DateLessThan": {"aws:CurrentTime": high}}) == "refuted"
    )
    assert possible({"DateGreaterThan": {"aws:CurrentTime": low}, "DateLessThan": {"aws:CurrentTime": low}}) == "proved"
