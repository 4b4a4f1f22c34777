"""Users and roles that a plan deletes and makes again under their names: a policy that names one may mean the old one,
by its unique ID.

[IAM User Guide: reference_policies_elements_principal, IAM role principals and IAM user principals: the ARN is
transformed into the unique ID when the policy is saved, and the policy no longer applies if the identity is deleted and
made again]
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.inputs.plans import ACCOUNT, Planned, caller_identity, plan, write
from tests.inputs.samples import details, key, role, user
from verifier.inputs import load_estate
from verifier.language.invariants.files import read_invariants
from verifier.syntax.source import Source

LAMBDA = "lambda.amazonaws.com"
OWN = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
MAY: Any = [
    {
        "PolicyName": "p",
        "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}],
        },
    }
]
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"Service": LAMBDA}, "Action": "sts:AssumeRole"},
    }
)


def verdict(
    folder: Path, sentence: str, effect: str, kind: str, *actions: str, other: bool = False, apart: bool = False
) -> str:
    """On a snapshot whose key policy, or a grant, names role/Foo or user/Foo, beside a plan that does this to it, or,
    with `other`, to another one. Where they are `apart` another plan does the first of it."""
    arn = f"arn:aws:iam::{ACCOUNT}:{kind}/Foo"
    grant = {"GrantId": "1" * 64, "GranteePrincipal": arn, "IssuingAccount": ACCOUNT, "Operations": ["Decrypt"]}
    granted = effect == "Grant"
    named = {"Effect": effect, "Principal": {"AWS": arn}, "Action": "kms:Decrypt", "Resource": "*"}
    own = MAY if effect == "Deny" else []
    people = {"RoleDetailList": [role("Foo", RolePolicyList=own)], "UserDetailList": [user("Foo", UserPolicyList=own)]}
    new = actions == ("create",)
    accounts = {ACCOUNT: {"authorization_details": details(**({} if new else people))}}
    policy = {"Policy": {"Version": "2012-10-17", "Statement": [OWN] if granted else [OWN, named]}}
    snapshot = {
        "keys": [key(policy=policy, grants={"Grants": [grant] if granted else []}, aliases=[], tags=[])],
        "accounts": accounts,
    }
    name = "Else" if other else "Foo"
    before: Any = {
        "name": name,
        "path": "/",
        "arn": f"arn:aws:iam::{ACCOUNT}:{kind}/{name}",
        "permissions_boundary": None,
        "tags": {},
    }
    before |= {
        "tags_all": {},
        **({"assume_role_policy": TRUST, "inline_policy": [], "managed_policy_arns": []} if kind == "role" else {}),
    }
    after = {attribute: value for attribute, value in before.items() if attribute != "arn"}
    made = Planned(
        f"aws_iam_{kind}",
        "foo",
        after,
        {"arn": True, "unique_id": True},
        before=None if new or apart else before,
        does=list(actions[apart:]),
    )
    first = Planned(f"aws_iam_{kind}", "old", None, {}, {}, before, does=list(actions[:1]))
    given = [
        Planned(f"aws_iam_{kind}_policy", "p", {kind: name, "name": "p", "policy": json.dumps(one["PolicyDocument"])})
        for one in own
    ]
    paths = [write(folder, snapshot, "snapshot.json"), write(folder, plan(caller_identity(), made, *given))]
    paths += [write(folder, plan(caller_identity(), first), "first.json")] if apart else []
    text = f'account home = {ACCOUNT}\ninvariant "x": {sentence}'
    (found,) = verifier.prove(load_estate(paths), read_invariants(Source("it.inv", text)).invariants).verdicts
    return found.status.value


@pytest.mark.parametrize("kind", ["role", "user"])
@pytest.mark.parametrize(
    ("effect", "sentence"),
    [
        ("Deny", "no {}/Foo in home can kms:Decrypt"),
        ("Allow", "{}/Foo in home can always kms:Decrypt"),
        ("Grant", "{}/Foo in home can always kms:Decrypt"),
    ],
)
def test_l8_who_is_made_again_may_not_be_whom_a_policy_names(
    tmp_path: Path, effect: str, sentence: str, kind: str
) -> None:
    sentence = sentence.format(kind)
    assert verdict(tmp_path, sentence, effect, kind, "delete", "create") == "unknown"
    assert verdict(tmp_path, sentence, effect, kind, "delete", "create", apart=True) == "unknown"
    assert (
        verdict(tmp_path, sentence, effect, kind, "no-op")
        == verdict(tmp_path, sentence, effect, kind, "create")
        == "proved"
    )
    assert verdict(tmp_path, sentence, effect, kind, "delete", "create", other=True) == "proved"


@pytest.mark.parametrize("kind", ["role", "user"])
def test_l8_the_other_statements_are_as_certain_as_before(tmp_path: Path, kind: str) -> None:
    assert verdict(tmp_path, f"{kind}/Foo in home can always kms:Encrypt", "Deny", kind, "delete", "create") == "proved"


FOO, BAR, FAR = (f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in ("Foo", "Bar", "far/Foo"))
ROLE_ID = "AROAEXAMPLEEXAMPLEFOO"
ADMIN = {**OWN, "Action": "kms:ScheduleKeyDeletion"}


def of_other_input(folder: Path, sentence: str, other: Any, named: str, *, granted: bool = False) -> str:
    """On a snapshot with user/Foo and role/Foo, whose key policy, or grant, names somebody, beside another input."""
    grants = [{"GrantId": "1" * 64, "GranteePrincipal": named, "IssuingAccount": ACCOUNT, "Operations": ["Decrypt"]}]
    allowed = {"Effect": "Allow", "Principal": {"AWS": named}, "Action": "kms:Decrypt", "Resource": "*"}
    policy = {"Policy": {"Version": "2012-10-17", "Statement": [ADMIN] if granted else [ADMIN, allowed]}}
    people = details(UserDetailList=[user("Foo")], RoleDetailList=[role("Foo", RoleId=ROLE_ID)])
    snapshot = {
        "keys": [key(policy=policy, grants={"Grants": grants if granted else []}, aliases=[], tags=[])],
        "accounts": {ACCOUNT: {"authorization_details": people}},
    }
    text = f'account home = {ACCOUNT}\ninvariant "x": {sentence}'
    paths = [write(folder, snapshot, "snapshot.json"), write(folder, other, "other.json")]
    estate = load_estate(paths)
    (found,) = verifier.prove(estate, read_invariants(Source("it.inv", text)).invariants).verdicts
    return found.status.value


def changed(kind: str, arn: str, **entry: Any) -> Planned:
    """A user or role Foo that gets an ARN by a change in place."""
    common: Any = {"permissions_boundary": None, "tags": {}, "tags_all": {}}
    if kind == "role":
        common |= {"assume_role_policy": TRUST, "inline_policy": [], "managed_policy_arns": []}
    path, name = arn.split(f":{kind}", 1)[1].rsplit("/", 1)
    before = {"name": "Foo", "path": "/", "arn": f"arn:aws:iam::{ACCOUNT}:{kind}/Foo", **common}
    after = {"name": name, "path": f"{path}/", "arn": before["arn"], **common}
    return Planned(f"aws_iam_{kind}", "foo", after, before=before, does=["update"], **entry)


@pytest.mark.parametrize("granted", [False, True])
@pytest.mark.parametrize("arn", [BAR, FAR])
def test_l8_a_policy_follows_a_user_to_another_name_or_path(tmp_path: Path, arn: str, granted: bool) -> None:
    """[IAM User Guide: id_users_manage, *Renaming an IAM user*: policies that refer to the user as a principal follow,
    and the unique ID stays]"""
    other = plan(caller_identity(), changed("user", arn))
    assert of_other_input(tmp_path, f"no {arn} can kms:Decrypt", other, FOO, granted=granted) == "unknown"
    assert of_other_input(tmp_path, f"no {arn} can kms:PutKeyPolicy", other, FOO, granted=granted) == "proved"


def test_l8_a_template_gives_a_user_another_path(tmp_path: Path) -> None:
    made = {"Type": "AWS::IAM::User", "Properties": {"UserName": "Foo", "Path": "/far/"}}
    other = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Foo": made}}
    assert of_other_input(tmp_path, f"no {FAR} can kms:Decrypt", other, FOO) == "unknown"


def test_l8_a_unique_id_stays_that_of_whom_a_plan_or_template_changes(tmp_path: Path) -> None:
    trust = json.loads(TRUST)
    made = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "Foo", "AssumeRolePolicyDocument": trust}}
    template = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Foo": made}}
    planned = plan(caller_identity(), changed("role", f"arn:aws:iam::{ACCOUNT}:role/Foo"))
    sentence = "no role/Foo in home can kms:Decrypt"
    assert of_other_input(tmp_path, sentence, planned, ROLE_ID) == "refuted"
    assert of_other_input(tmp_path, sentence, template, ROLE_ID) == "unknown"  # its tags are not told
