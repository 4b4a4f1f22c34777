"""What a verdict says that it supposes: all that was not given, and nothing that was (D7, G1, L5a, U1, U3, V)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.evaluate.estates import ALICE, FACTS, HOME, PARTNER, allow, aws, estate, home, policy
from tests.verify.proving import nobody, verdict
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.language.invariants.files import read_invariants
from verifier.model.estate import Endpoint, Estate, Key
from verifier.model.organization import Controls, Level, Organization
from verifier.model.policy import PolicyKind
from verifier.model.results.verdict import Status
from verifier.syntax.source import Source
from verifier.verify.assumptions import summary
from verifier.verify.proving import prove

SCP = policy({"Effect": "Allow", "Action": "*", "Resource": "*"}, kind=PolicyKind.SCP, identity="p-FullAWSAccess")
LEVELS = (Level("r-1", (SCP,)), Level(HOME, (SCP,)))
PLAIN = estate(allow(aws(ALICE), "kms:Encrypt"), **FACTS)
BOTH = replace(PLAIN, accounts=(home(), home(account=PARTNER)))


def told(found: Estate, rule: str, **options: Any) -> list[str]:
    return [assumption.text for assumption in verdict(found, **options).assumptions if assumption.rule == rule]


def organization(*controls: Controls, management: str = "999999999999") -> Organization:
    accounts = tuple((account, None) for account in (HOME, PARTNER, management))
    return Organization("o-acme", management, tuple(dict.fromkeys(accounts)), controls)


SCPS_OF_HOME = f"no service control policy restricts the callers of {HOME}: none were given"
SCPS_OF_PARTNER = f"no service control policy restricts the callers of {PARTNER}: none were given"
RCPS = f"no resource control policy restricts the key: none were given for {HOME}"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (replace(PLAIN, accounts=()), [SCPS_OF_HOME, RCPS]),
        (BOTH, [SCPS_OF_HOME.replace(HOME, f"{HOME}, {PARTNER}"), RCPS]),
        (replace(PLAIN, organization=organization(Controls(HOME, service=LEVELS))), [RCPS]),
        (replace(PLAIN, organization=organization(Controls(HOME, resource=()))), [SCPS_OF_HOME]),
        (replace(PLAIN, organization=organization(Controls(HOME, LEVELS, ()))), []),
        (replace(BOTH, organization=organization(Controls(HOME, LEVELS, ()))), [SCPS_OF_PARTNER]),
        (replace(BOTH, organization=organization(Controls(HOME, LEVELS, ()), management=PARTNER)), []),
        (replace(PLAIN, organization=organization(management=HOME)), []),
        (replace(PLAIN, keys=(replace(PLAIN.keys[0], manager="AWS"),)), [SCPS_OF_HOME]),
    ],
)
def test_d7_control_policies_are_supposed_absent_only_where_they_were_not_given(
    found: Estate, expected: list[str]
) -> None:
    assert told(found, "D7") == expected


def test_d7_without_a_key_both_are_about_the_callers() -> None:
    resource = f"no resource control policy restricts operations without a key: none were given for {HOME}"
    assert told(PLAIN, "D7", invariant=nobody("kms:CreateKey")) == [SCPS_OF_HOME, resource]


def test_v_endpoints_that_are_not_listed_are_supposed_to_allow() -> None:
    listed = replace(PLAIN, endpoints=(Endpoint("vpce-1", "us-west-2"),))
    assert told(PLAIN, "V") == [
        "every VPC endpoint has the default policy, which allows everything: no endpoint was given"
    ]
    assert told(listed, "V") == [
        "a VPC endpoint that the input does not list has the default policy, which allows everything"
    ]


def test_g1_grants_are_supposed_absent_only_where_they_were_not_listed() -> None:
    assert told(PLAIN, "G1") == ["the key has no grants: none were given"]
    assert told(replace(PLAIN, keys=(replace(PLAIN.keys[0], grants=()),)), "G1") == []


def test_l5a_a_key_with_two_policies_supposes_nothing_of_sharing() -> None:
    key = PLAIN.keys[0]
    assert key.policies is not None
    shared = policy(allow(aws(ALICE), "kms:Encrypt"), identity=f"{key.arn}#AWS_RAM")
    assert len(told(PLAIN, "L5a")) == 1
    assert told(replace(PLAIN, keys=(replace(key, policies=(*key.policies, shared)),)), "L5a") == []


def test_u4_condition_keys_that_the_data_does_not_know_are_named() -> None:
    found = estate(allow(aws(ALICE), "kms:Encrypt", Condition={"StringEquals": {"kms:Nonsense": "x"}}))
    sentences = [text.lower() for text in told(found, "U4", invariant=nobody("kms:Encrypt"))]
    assert "the reference data does not know the condition key `kms:nonsense`: it is free" in sentences
    found = estate(allow(aws(ALICE), "kms:Encrypt", Condition={"StringEquals": {"sts:ExternalId": "x"}}))
    (sentence,) = told(found, "F6", invariant=nobody("kms:Encrypt"))
    assert sentence == "no operation of KMS that the data knows has the condition key `sts:ExternalId`"
    assert not any("ExternalId" in text for text in told(found, "U4", invariant=nobody("kms:Encrypt")))
    claims = {"saml:aud": "*", "idp.example:sub": "*"}
    found = estate(allow(aws(ALICE), "kms:Encrypt", Condition={"StringLike": claims}))
    assert told(found, "F6", invariant=nobody("kms:Encrypt")) == [
        "the condition key `saml:aud` is a claim of an identity provider: only the calls that make sessions have it",
        "the condition key `idp.example:sub` is a claim of an identity provider: only sessions that come from one have "
        "it",
    ]
    assert not any("claim" in text or ":aud" in text for text in told(found, "U4", invariant=nobody("kms:Encrypt")))


@pytest.mark.parametrize("who", ["no service can kms:Decrypt", "no grant", "no service can eventually kms:Decrypt"])
@pytest.mark.parametrize(("on", "names"), [('keys with tag env = "prod"', "tags"), ("alias/x", "aliases")])
def test_u3_keys_that_may_have_the_alias_or_tag_are_told(who: str, on: str, names: str) -> None:
    """An invariant about keys by what the input does not say of another key leaves that one out, and says so."""
    key = replace(PLAIN.keys[0], tags=(("env", "prod"),), aliases=("alias/x",))
    other = replace(key, arn=key.arn.replace("1234abcd", "2234abcd"))
    text = f"{who} on {on}" if who != "no grant" else f"no grant on {on} names users"
    (invariant,) = read_invariants(Source("x.inv", f'invariant "x": {text}\n')).invariants

    def said(*keys: Key) -> list[str]:
        (found,) = prove(replace(PLAIN, keys=keys), [invariant]).verdicts
        return [
            assumption.text
            for assumption in found.assumptions
            if assumption.text.startswith("the invariant is not about")
        ]

    assert said(key, replace(other, tags=None, aliases=None)) == [
        f"the invariant is not about {other.arn}, whose {names} were not given"
    ]
    assert said(key, replace(other, tags=(), aliases=())) == []


def _of_text(policy_pair: str, sentence: str) -> tuple[str, list[str]]:
    """The status of an invariant about Alice, and what its verdict supposes under F7, where a policy lets her decrypt
    with `test1`."""
    found = estate(allow(aws(ALICE), Condition={"StringEquals": {policy_pair: "test1"}}), accounts=(home(),), **FACTS)
    invariant = read_invariants(
        Source("i.inv", f'account a = {HOME}\ninvariant "it": no callers in a can kms:Decrypt {sentence}\n')
    )
    (found_verdict,) = prove(found, invariant.invariants).verdicts
    return found_verdict.status.value, [one.text for one in found_verdict.assumptions if one.rule == "F7"]


def test_f7_an_invariant_about_a_value_says_which_pair_it_means() -> None:
    # reference_policies_elements_condition: the name of the key matches both pairs, but only one value matches.
    pair = "kms:EncryptionContext:ec2"
    errors_in = [
        f"of pairs whose names differ in case alone, the invariant's `{pair}` is the one that the policies read"
    ]
    for own in ("kms:EncryptionContext:EC2", pair):
        assert _of_text(own, f'when {pair} = "test2"') == ("proved", errors_in)
        assert _of_text(own, f'unless {pair} != "test2"') == ("proved", errors_in)
        assert _of_text(own, f'unless {pair} = "test1"') == ("proved", [])
        assert _of_text(own, f'when {pair} != "test1"') == ("proved", [])
        assert _of_text(own, f"when {pair} is absent") == ("proved", [])
    assert _of_text("kms:EncryptionContext:app", f'when {pair} = "test2" and kms:EncryptionContext:app is absent') == (
        "proved",
        [],
    )


def test_g1_other_keys_of_which_no_grants_are_given_are_told() -> None:
    """A proof that ciphertexts stay says that nobody may use by a grant another key under which they could come."""
    arns = [f"arn:aws:kms:us-west-2:111122223333:key/{first}234abcd-12ab-34cd-56ef-1234567890ab" for first in "12"]
    statements = [
        {"Effect": "Allow", "Action": "kms:ReEncryptFrom", "Resource": "*"},
        {"Effect": "Deny", "Action": "kms:ReEncryptTo", "NotResource": arns[1]},
    ]
    policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}
    user = {"UserName": "To", "Arn": "arn:aws:iam::111122223333:user/To", "GroupList": [], "UserPolicyList": [policy]}
    details = {"UserDetailList": [user], "RoleDetailList": [], "GroupDetailList": [], "Policies": []}
    (invariant,) = read_invariants(
        Source("x.inv", f'invariant "x": no "{user["Arn"]}" can eventually kms:Decrypt on "{arns[0]}"\n')
    ).invariants

    def said(**other: object) -> list[str]:
        keys = [{"arn": arns[0], "policy": "default"}, {"arn": arns[1], "policy": "default", **other}]
        accounts = {"111122223333": {"authorization_details": details}}
        found = prove(verifier.loads({"keys": keys, "accounts": accounts}), [invariant]).verdicts[0]
        assert found.status is Status.PROVED
        texts = [one.text for one in found.assumptions]
        assert "who uses keys that the input does not hold is left to policies of callers" in texts
        return [one for one in texts if "ciphertexts could come" in one]

    sentence = "other keys under which ciphertexts could come have no grants: none were given of "
    assert said() == [sentence + arns[1]]
    assert said(grants={"Grants": []}) == []


def test_a_statement_that_differs_between_regions_is_counted_once(tmp_path: Path) -> None:
    via = {"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}}
    allow = {"Effect": "Allow", "Principal": {"AWS": HOME}, "Action": "kms:*", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [allow, allow | {"Condition": via}]}
    (tmp_path / "policy.json").write_text(json.dumps(document), encoding="utf-8")
    estate = load_estate([tmp_path / "policy.json"], supplied=Supplied(HOME))
    (key,) = estate.keys
    (found,) = key.policies or ()
    assert len(found.statements) == 3 and summary(estate, key).statements == 2


def invariant(text: str) -> Any:
    """The invariant of a line."""
    (only,) = read_invariants(Source("x.inv", f'invariant "x":\n  {text}\n')).invariants
    return only


@pytest.mark.parametrize(
    ("key", "said"), [("kms:CallerAccount", True), ("aws:PrincipalArn", True), ("aws:SourceIp", False)]
)
def test_f1_what_a_service_carries_about_itself_is_supposed(key: str, said: bool) -> None:
    """No page says which account a service principal calls from."""
    principal = {"Service": "ec2.amazonaws.com"}
    found = estate(allow(principal, "kms:Decrypt", Condition={"StringLike": {key: "1*"}}), **FACTS)
    assert bool(told(found, "F1", invariant=invariant("no services can kms:Decrypt"))) is said
    assert not told(found, "F1", invariant=invariant(f"no caller outside {HOME} except services can kms:Decrypt"))
