"""S1, E0: what the input lacks of roles, groups, policies and providers makes a verdict about steps Unknown, never
Proved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from verifier.inputs import load_estate
from verifier.language.invariants.files import read_invariants
from verifier.model.results.verdict import Verdict
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source
from verifier.verify.proving import prove

ACCOUNT = "111122223333"
HOME = f"arn:aws:iam::{ACCOUNT}"
KEY = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ELSEWHERE = "arn:aws:iam::aws:policy/PowerUserAccess"
BOB = "no user/bob in home can eventually kms:Decrypt"
OUTSIDE = "no caller outside home can eventually kms:Decrypt"
Json = dict[str, Any]


def document(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, **more: Any) -> Json:
    return {"Effect": "Allow", "Action": action, "Resource": "*", **more}


def bob(*statements: Json, **more: Any) -> Json:
    return {
        "UserName": "bob",
        "Arn": f"{HOME}:user/bob",
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": document(*statements)}],
        **more,
    }


def reader(trust: Json | None) -> Json:
    """A role that may decrypt."""
    role = {
        "Arn": f"{HOME}:role/r",
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": document(allow("kms:Decrypt"))}],
    }
    return role if trust is None else role | {"AssumeRolePolicyDocument": document({"Effect": "Allow", **trust})}


def group(**more: Any) -> Json:
    return {"GroupName": "ops", "Arn": f"{HOME}:group/ops", **more}


def managed(*versions: Json) -> Json:
    """A managed policy that allows what is no matter, with further versions."""
    default = {"VersionId": "v9", "IsDefaultVersion": True, "Document": document(allow("s3:*"))}
    return {"Arn": f"{HOME}:policy/m", "DefaultVersionId": "v9", "PolicyVersionList": [*versions, default]}


def asked(folder: Path, sentence: str, lists: Json, **account: Any) -> Verdict:
    policy = document(
        {"Effect": "Allow", "Principal": {"AWS": f"{HOME}:root"}, "Action": "kms:Decrypt", "Resource": "*"}
    )
    details = {"UserDetailList": [], "RoleDetailList": [], "GroupDetailList": [], "Policies": [], **lists}
    details = {name: found for name, found in details.items() if found is not None}
    path = folder / "snapshot.json"
    key = {"arn": KEY, "policy": policy, "grants": [], "tags": [], "aliases": []}
    path.write_text(json.dumps({"keys": [key], "accounts": {ACCOUNT: {"authorization_details": details, **account}}}))
    file = read_invariants(Source("a.inv", f'account home = {ACCOUNT}\ninvariant "x": {sentence}'))
    (verdict,) = prove(load_estate([path]), file.invariants).verdicts
    return verdict


JOINS, ASSUMES, SETS = (
    bob(allow(action)) for action in ("iam:AddUserToGroup", "sts:AssumeRole", "iam:SetDefaultPolicyVersion")
)
SETS |= {"AttachedManagedPolicies": [{"PolicyArn": f"{HOME}:policy/m"}]}
EC2 = {"Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
ATTACHES = bob(allow("iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": ELSEWHERE}}))


@pytest.mark.parametrize(
    ("lists", "expected", "says"),
    [
        ({"UserDetailList": [JOINS], "GroupDetailList": [group()]}, "proved", ""),
        ({"UserDetailList": [JOINS], "GroupDetailList": [group(AttachedManagedPolicies=[{"PolicyArn": ELSEWHERE}])]},
            "unknown", ELSEWHERE),
        ({"UserDetailList": [SETS], "Policies": [managed()]}, "proved", ""),
        ({"UserDetailList": [SETS], "Policies": [managed({"VersionId": "v1"})]}, "unknown", "policy/m"),
        ({"UserDetailList": [SETS], "Policies": [managed({"VersionId": "v1", "Document": document(allow("kms:*"))})]},
            "refuted", ""),
        ({"UserDetailList": [ASSUMES], "RoleDetailList": [reader(EC2)]}, "proved", ""),
        ({"UserDetailList": [ASSUMES], "RoleDetailList": [reader(None)]}, "unknown", "trust policy"),
        ({"UserDetailList": [ATTACHES]}, "unknown", "managed policies whose documents"),
    ],
)  # fmt: skip
def test_what_is_not_in_the_input_is_not_harmless(tmp_path: Path, lists: Json, expected: str, says: str) -> None:
    verdict = asked(tmp_path, BOB, lists)
    assert verdict.status.value == expected
    assert says in (verdict.reason.text if verdict.reason is not None else "")


@pytest.mark.parametrize("action", ["iam:AddUserToGroup", "sts:AssumeRole", "iam:CreatePolicyVersion"])
def test_u1_an_inventory_that_is_not_complete_has_others_who_can(tmp_path: Path, action: str) -> None:
    assert asked(tmp_path, BOB, {"UserDetailList": [bob(allow(action))]}, complete=False).status.value == "unknown"


def test_u1_what_a_user_that_is_not_listed_may_do_is_free_and_the_story_says_so(tmp_path: Path) -> None:
    verdict = asked(tmp_path, BOB, {"UserDetailList": [bob(allow("iam:CreateAccessKey"))]}, complete=False)
    assert verdict.story is not None
    assert dict(verdict.story.free) == {"U1:allow": True, "U1:deny": False}


@pytest.mark.parametrize(
    ("listings", "expected"),
    [
        ({}, "refuted"),
        ({"open_id_connect_providers": [{"Arn": f"{HOME}:oidc-provider/x.example"}], "saml_providers": []}, "refuted"),
        ({"open_id_connect_providers": [], "saml_providers": []}, "proved"),
    ],
)
def test_e2w_a_provider_that_may_exist_admits_its_identities(tmp_path: Path, listings: Json, expected: str) -> None:
    trust = {"Principal": {"Federated": f"{HOME}:oidc-provider/x.example"}, "Action": "sts:AssumeRoleWithWebIdentity"}
    assert asked(tmp_path, OUTSIDE, {"RoleDetailList": [reader(trust)]}, **listings).status.value == expected


@pytest.mark.parametrize("others", ["root of home", "root of home, user/bob in home"])
def test_u2_a_federated_session_can_do_no_more_than_who_issued_it(tmp_path: Path, others: str) -> None:
    """The root user can bring about anything, and so can a session that it issued: with it both are excepted."""
    assert (
        asked(
            tmp_path, f"only {others} can eventually kms:Decrypt", {"UserDetailList": [bob(allow("s3:*"))]}
        ).status.value
        == "proved"
    )
    assert (
        asked(
            tmp_path, "only user/bob in home can eventually kms:Decrypt", {"UserDetailList": [bob(allow("s3:*"))]}
        ).status.value
        == "refuted"
    )


@pytest.mark.parametrize("left_out", ["GroupDetailList", "Policies"])
def test_u1_a_list_that_is_left_out_is_not_an_empty_one(tmp_path: Path, left_out: str) -> None:
    with pytest.raises(InputError, match=f"the inventory of {ACCOUNT} has no `{left_out}`"):
        asked(tmp_path, BOB, {"UserDetailList": [bob(allow("s3:*"))], left_out: None})


def test_u3_a_listed_policy_without_its_document_may_be_attached(tmp_path: Path) -> None:
    own = bob(allow("iam:AttachUserPolicy", Condition={"ArnLike": {"iam:PolicyARN": f"{HOME}:policy/*"}}))
    listed = {
        "Arn": f"{HOME}:policy/m",
        "DefaultVersionId": "v1",
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True}],
    }
    verdict = asked(tmp_path, BOB, {"UserDetailList": [own], "Policies": [listed]})
    assert verdict.reason is not None and "whose documents are not in the input can be attached" in verdict.reason.text
    assert asked(tmp_path, BOB, {"UserDetailList": [own], "Policies": [managed()]}).status.value == "proved"
