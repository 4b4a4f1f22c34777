"""`not-read.json`: what a live collection could not read is unknown, in both readings of the rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.inputs.samples import ACCOUNT, KEY, POLICY, metadata
from verifier.model.results.collection import PARTS, SnapshotPart
from verifier.model.unmodelled import ANY_ENDPOINT, Influence
from verifier.syntax.diagnostic import InputError

CALLER = f"arn:aws:sts::{ACCOUNT}:assumed-role/reports/example"
ROLE = {
    "Arn": f"arn:aws:iam::{ACCOUNT}:role/reports",
    "RolePolicyList": [
        {
            "PolicyName": "read",
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}],
            },
        }
    ],
}


def snapshot(*parts: dict[str, Any], complete: Any = True, **key: Any) -> dict[str, Any]:
    """A key that role/reports may decrypt with, and the parts that were not read."""
    details = {"UserDetailList": [], "RoleDetailList": [ROLE]}
    given = [{"account": ACCOUNT, "operation": "a:B", "code": "C", **part} for part in parts]
    return {
        "keys": [{"metadata": metadata(), "policy": {"Policy": json.dumps(POLICY)}, **key}],
        "accounts": {ACCOUNT: {"authorization_details": details}},
        "not_read": {"complete": complete, "parts": given},
    }


def load(folder: Path, document: dict[str, Any]) -> verifier.Estate:
    (folder / "snapshot.json").write_text(json.dumps(document), encoding="utf-8")
    return verifier.load(folder / "snapshot.json")


def decided(estate: verifier.Estate, action: str = "kms:Decrypt", **context: str) -> str:
    request = {"principal": CALLER, "action": action, "resource": KEY, "context": context}
    return str(verifier.decide(estate, request).outcome.value)


def verdict(estate: verifier.Estate, sentence: str, folder: Path) -> verifier.Verdict:
    """The verdict on one invariant."""
    (folder / "it.inv").write_text(f'account prod = {ACCOUNT}\ninvariant "it": {sentence}', encoding="utf-8")
    (found,) = verifier.prove(estate, verifier.invariants(folder / "it.inv")).verdicts
    return found


CAN = "role/reports in prod can always kms:Decrypt"
VPCE = {
    "aws:SourceVpce": "vpce-0123456789abcdef0",
    "aws:SourceVpc": "vpc-0123456789abcdef0",
    "aws:VpcSourceIp": "10.0.0.1",
}


def test_unread_endpoints_may_refuse_what_comes_through_one_and_nothing_else(tmp_path: Path) -> None:
    estate = load(tmp_path, snapshot({"part": "vpc-endpoints", "region": "us-west-2"}))
    assert [(thing.label, thing.influence, thing.endpoint) for thing in estate.unmodelled] == [
        ("V", Influence.MAY_REFUSE, ANY_ENDPOINT)
    ]
    assert decided(estate) == "allow"
    assert decided(estate, **VPCE) == "depends"
    assert verdict(estate, CAN, tmp_path).status.value == "unknown"
    assert verdict(estate, f"{CAN} when aws:SourceVpce is absent", tmp_path).status.value == "proved"
    assert verdict(estate, "nobody can kms:Decrypt", tmp_path).status.value == "refuted"
    assert (
        verdict(
            estate, f'nobody can kms:Decrypt when aws:SourceVpce = "{VPCE["aws:SourceVpce"]}"', tmp_path
        ).status.value
        == "unknown"
    )


@pytest.mark.parametrize(
    ("part", "label", "influence"),
    [("metadata", "U3", "EITHER"), ("other-policies", "L5a", "EITHER"), ("grants", "G1", "MAY_ALLOW")],
)
def test_parts_of_a_key(tmp_path: Path, part: str, label: str, influence: str) -> None:
    estate = load(tmp_path, snapshot({"part": part, "key": KEY}))
    assert [(thing.label, thing.influence.name, thing.key) for thing in estate.unmodelled] == [(label, influence, KEY)]
    assert verdict(estate, "no caller outside prod can kms:Decrypt", tmp_path).status.value == "unknown"
    assert verdict(estate, CAN, tmp_path).status.value == ("proved" if part == "grants" else "unknown")
    assert decided(estate, "kms:Encrypt") == "depends"
    assert decided(estate, "kms:ScheduleKeyDeletion") == ("deny" if part == "grants" else "depends")


@pytest.mark.parametrize(
    ("part", "scopes"),
    [
        ("organization", {(ACCOUNT, None), (None, ACCOUNT)}),
        ("service-control-policies", {(ACCOUNT, None)}),
        ("resource-control-policies", {(None, ACCOUNT)}),
    ],
)
def test_control_policies_may_refuse(tmp_path: Path, part: str, scopes: set[tuple[str | None, str | None]]) -> None:
    estate = load(tmp_path, snapshot({"part": part}))
    assert {(thing.account, thing.owner) for thing in estate.unmodelled} == scopes
    assert {thing.influence for thing in estate.unmodelled} == {Influence.MAY_REFUSE}
    assert (decided(estate), verdict(estate, CAN, tmp_path).status.value) == ("depends", "unknown")


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-east-1", "aws-us-gov")]
)
def test_s1_one_key_stands_for_those_that_were_not_listed(tmp_path: Path, region: str, partition: str) -> None:
    found = load(tmp_path, snapshot({"part": "keys", "region": region}) | {"keys": []}).keys[0]
    assert found.arn == f"arn:{partition}:kms:{region}:{ACCOUNT}:key/not-listed"
    assert found.policies is None and "were not listed (a:B: C)" in (found.unread or "")


def test_r7_keys_of_a_partition_that_is_not_known_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is in none of the partitions"):
        load(tmp_path, snapshot({"part": "keys", "region": "us-iso-east-1"}))


def test_a_policy_that_was_not_read_is_not_one_that_is_given(tmp_path: Path) -> None:
    (key,) = load(tmp_path, snapshot({"part": "policy", "key": KEY})).keys
    assert key.policies is None
    assert "was not read (a:B: C)" in (key.unread or "")


@pytest.mark.parametrize("part", sorted(PARTS))
def test_each_part_is_told_with_what_follows(tmp_path: Path, part: str) -> None:
    estate = load(tmp_path, snapshot({"part": part, "key": KEY, "region": "eu-west-1", "code": "No\x1b[31m"}))
    (warning,) = [warning for warning in estate.warnings if " not read: " in warning.message]
    assert (warning.hint, "a:B: No" in warning.message, "\x1b" in warning.message) == (
        PARTS[part].consequence,
        True,
        False,
    )


def test_what_was_not_read_is_not_supposed(tmp_path: Path) -> None:
    def supposed(estate: verifier.Estate) -> set[str]:
        return {assumption.rule for assumption in verdict(estate, "nobody can kms:Decrypt", tmp_path).assumptions}

    parts = [
        {"part": part.label, "key": KEY}
        for part in (
            SnapshotPart.GRANTS,
            SnapshotPart.OTHER_POLICIES,
            SnapshotPart.ORGANIZATION,
            SnapshotPart.VPC_ENDPOINTS,
        )
    ]
    labels = {"G1", "L5a", "D7", "V"}
    assert supposed(load(tmp_path, snapshot())) >= labels
    assert not supposed(load(tmp_path, snapshot(*parts))) & labels


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (snapshot(complete=False), "did not come to its end"),
        (snapshot(complete=None), "did not come to its end"),
        (snapshot({"part": "everything"}), "unknown part of a snapshot"),
        (snapshot({"part": "grants"}), "expected `key`"),
        (snapshot({"part": "organization", "account": "1"}), "expected `account`"),
        (snapshot({"part": "organization", "why": "no"}), "unknown member `why`"),
    ],
)
def test_errors(tmp_path: Path, document: dict[str, Any], message: str) -> None:
    with pytest.raises(verifier.InputError, match=message):
        load(tmp_path, document)
