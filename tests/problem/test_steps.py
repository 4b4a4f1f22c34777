"""Who may write to IAM (E1): each step open, and shut by one condition.

Pages are those of awsdocs/iam-user-guide at 651083f, doc_source/….
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.problem.deciding import FULL, MANAGEMENT, control, organization
from tests.problem.stepping import (
    ALICE,
    BOB,
    GROUP,
    HOME,
    MANAGED,
    OTHER_ROLE,
    PARTNER_ROLE,
    ROLE,
    admit,
    identity,
    may,
    own,
    policy,
    role,
    stepped,
    world,
)
from verifier.model.policy import PolicyKind
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.problem.rules import RuledSpace
from verifier.problem.semantics.targets import TargetKind, step_target

EDGE = policy(own(), kind=PolicyKind.BOUNDARY, identity=f"arn:aws:iam::{HOME}:policy/edge#boundary")
EDGE_ARN = f"arn:aws:iam::{HOME}:policy/edge"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
NOBODY = admit({"AWS": f"arn:aws:iam::{HOME}:user/Nobody"})

Context = dict[str, Any]
EC2, LAMBDA = "ec2.amazonaws.com", "lambda.amazonaws.com"
INSTANCE = f"arn:aws:ec2:us-east-1:{HOME}:instance/i-1"
EARLY, LATE = {"aws:CurrentTime": "2026-05-05T00:00:00Z"}, {"aws:CurrentTime": "2028-01-01T00:00:00Z"}
ADMINISTRATOR, EDGED = {"iam:PolicyARN": ADMIN}, {"iam:PolicyARN": EDGE_ARN}
ALWAYS: Context = {}

CASES: list[tuple[str, str, Context, Context, Context | None]] = [
    # An action and its resource, a condition, a context that meets it, and one that does not.
    ("iam:AttachRolePolicy", ROLE, {"ArnEquals": ADMINISTRATOR}, ADMINISTRATOR, EDGED),
    ("iam:AttachUserPolicy", BOB, {"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/*"}}, ADMINISTRATOR, EDGED),
    ("iam:AttachGroupPolicy", GROUP, {"ArnEquals": ADMINISTRATOR}, ADMINISTRATOR, EDGED),
    (
        "iam:PassRole",
        ROLE,
        {"StringEquals": {"iam:PassedToService": EC2}},
        {"iam:PassedToService": EC2},
        {"iam:PassedToService": LAMBDA},
    ),
    (
        "iam:PassRole",
        ROLE,
        {"ArnLike": {"iam:AssociatedResourceARN": INSTANCE}},
        {"iam:AssociatedResourceArn": INSTANCE},
        ALWAYS,
    ),
    (
        "iam:PutRolePolicy",
        ROLE,
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        {"aws:MultiFactorAuthPresent": "true"},
        ALWAYS,
    ),
    *(
        (
            action,
            ROLE,
            {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
            {"aws:SourceIp": "203.0.113.9"},
            {"aws:SourceIp": "198.51.100.1"},
        )
        for action in ("iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy")
    ),
    (
        "iam:PutUserPolicy",
        BOB,
        {"StringEquals": {"aws:RequestedRegion": "us-east-1"}},
        ALWAYS,
        {"aws:RequestedRegion": "us-west-2"},
    ),
    ("iam:PutGroupPolicy", GROUP, {"StringEquals": {"aws:ResourceAccount": HOME}}, ALWAYS, None),
    (
        "iam:AddUserToGroup",
        GROUP,
        {"Bool": {"aws:ViaAWSService": "false"}},
        ALWAYS,
        {"kms:ViaService": "s3.us-east-1.amazonaws.com"},
    ),
    ("iam:CreateAccessKey", BOB, {"StringLike": {"aws:username": "Al*"}}, ALWAYS, None),
    ("iam:CreateLoginProfile", BOB, {"Null": {"aws:SourceVpce": "true"}}, ALWAYS, {"aws:SourceVpce": "vpce-1"}),
    ("iam:UpdateLoginProfile", BOB, {"StringEquals": {"aws:PrincipalType": "User"}}, ALWAYS, None),
    ("iam:CreatePolicyVersion", MANAGED, {"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}, EARLY, LATE),
    (
        "iam:SetDefaultPolicyVersion",
        MANAGED,
        {"StringEquals": {"aws:UserAgent": "cli"}},
        {"aws:UserAgent": "cli"},
        {"aws:UserAgent": "x"},
    ),
]


@pytest.mark.parametrize(
    ("action", "resource", "condition", "meets", "fails"), CASES, ids=[f"{c[0]}-{next(iter(c[2]))}" for c in CASES]
)
def test_e1_each_write_is_open_and_shut_by_one_condition(
    action: str, resource: str, condition: dict[str, Any], meets: Context, fails: Context | None
) -> None:
    """reference_policies_iam-condition-keys: `iam:PolicyARN`, `iam:PassedToService`, `iam:AssociatedResourceArn`;
    reference_policies_condition-keys: the others."""
    found = world(may(action, Condition=condition), role(NOBODY))
    assert stepped(found, ALICE, action, resource, meets) == "allow"
    if fails is not None:
        assert stepped(found, ALICE, action, resource, fails) == "deny"
    assert stepped(world(may(action, resource + "x"), role(NOBODY)), ALICE, action, resource, meets) == "deny"
    denied = world(identity(ALICE, own("*"), own(action, effect="Deny", Condition=condition)), role(NOBODY))
    assert stepped(denied, ALICE, action, resource, meets) == "deny"
    if fails is not None:
        assert stepped(denied, ALICE, action, resource, fails) == "allow"


@pytest.mark.parametrize(
    "pattern", ["*", ROLE, f"arn:aws:iam::{HOME}:role/*", f"arn:*:iam::{HOME}:role/app/Key?dmin", "arn:aws:iam::*"]
)
def test_e1_resource_is_the_arn_with_its_path(pattern: str) -> None:
    """reference_policies_elements_resource; reference_identifiers: an ARN of IAM has the path and no Region."""
    assert stepped(world(may("iam:PassRole", pattern)), ALICE, "iam:PassRole") == "allow"


@pytest.mark.parametrize(
    "pattern",
    [f"arn:aws:iam::{HOME}:role/KeyAdmin", f"arn:aws:iam:us-east-1:{HOME}:role/*", f"arn:aws:iam::{HOME}:user/*"],
)
def test_e1_another_arn_is_another_resource(pattern: str) -> None:
    assert stepped(world(may("iam:PassRole", pattern)), ALICE, "iam:PassRole") == "deny"


def test_e1_neither_another_account_nor_a_service() -> None:
    session = PARTNER_ROLE.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/run"
    found = world(may("*"), partner=(may("*", arn=PARTNER_ROLE),))
    assert stepped(found, session, "iam:PutRolePolicy") == "deny"
    assert stepped(found, "lambda.amazonaws.com", "iam:PutRolePolicy") == "deny"
    assert stepped(found, f"arn:aws:iam::{HOME}:root", "iam:PutRolePolicy") == "allow"


def test_e1_a_federated_session_within_its_session_policy() -> None:
    """id_credentials_temp_request: a session of GetFederationToken "cannot call IAM operations using the AWS CLI or AWS
    API. This limitation does not apply to console sessions"."""
    found, sam = world(may("*")), f"arn:aws:sts::{HOME}:federated-user/Sam"
    assert stepped(found, sam, "iam:PutRolePolicy", issuer=ALICE, session=True) == "allow"
    assert stepped(found, sam, "iam:PutRolePolicy", issuer=ALICE) == "deny"
    assert stepped(found, sam, "iam:PutRolePolicy", issuer=BOB, session=True) == "deny"


def test_e1_only_its_service_changes_a_service_linked_role() -> None:
    """IAM API: PutRolePolicy, `UnmodifiableEntity`."""
    linked = f"arn:aws:iam::{HOME}:role/aws-service-role/ec2.amazonaws.com/AWSServiceRoleForEC2"
    found = world(may("*"), role(NOBODY, arn=linked))
    for action in ("iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy"):
        assert stepped(found, ALICE, action, linked) == "deny"
    assert stepped(found, ALICE, "iam:PassRole", linked) == "allow"


def test_e1_a_trust_policy_has_no_say_in_writing_to_the_role() -> None:
    barred = role(admit("*", "*", "Deny"), admit({"AWS": ALICE}, "*"))
    assert stepped(world(may("iam:*"), barred), ALICE, "iam:PutRolePolicy") == "allow"
    assert stepped(world(identity(ALICE), role(admit({"AWS": ALICE}, "*"))), ALICE, "iam:PutRolePolicy") == "deny"


@pytest.mark.parametrize("key", ["iam:ResourceTag/Team", "aws:ResourceTag/team"])
def test_e1_tags_of_the_role_or_user_are_fixed(key: str) -> None:
    """reference_policies_iam-condition-keys: IAM supports both `iam:ResourceTag` and `aws:ResourceTag`."""
    keyed = may("iam:PutRolePolicy", Condition={"StringEquals": {key: "keys"}})
    assert stepped(world(keyed, role(NOBODY, tags=(("team", "keys"),))), ALICE, "iam:PutRolePolicy") == "allow"
    assert stepped(world(keyed, role(NOBODY, tags=(("team", "web"),))), ALICE, "iam:PutRolePolicy") == "deny"
    assert stepped(world(keyed, role(NOBODY)), ALICE, "iam:PutRolePolicy") == "deny"


def test_e1_boundary_of_what_is_written_to() -> None:
    """access_policies_boundaries, *Delegating responsibility to others using permissions boundaries*."""
    keyed = may(
        ["iam:PutUserPolicy", "iam:CreateAccessKey"], Condition={"StringEquals": {"iam:PermissionsBoundary": EDGE_ARN}}
    )
    inside = identity(BOB, bounded=True, boundary=EDGE)
    assert stepped(world(keyed, inside), ALICE, "iam:PutUserPolicy", BOB) == "allow"
    assert stepped(world(keyed, identity(BOB)), ALICE, "iam:PutUserPolicy", BOB) == "deny"
    # The service reference lists the key with neither CreateAccessKey nor the writes to groups.
    assert stepped(world(keyed, inside), ALICE, "iam:CreateAccessKey", BOB) == "deny"


def test_e1_boundaries_and_service_control_policies_hold() -> None:
    limit = policy(own("kms:*"), kind=PolicyKind.BOUNDARY, identity="limit")
    inside = identity(ALICE, own("*"), bounded=True, boundary=limit)
    assert stepped(world(inside), ALICE, "iam:PutRolePolicy") == "deny"
    over = organization(
        service=[[control(FULL)], [control({"Effect": "Allow", "Action": "kms:*", "Resource": "*"}, name="p-2")]]
    )
    found = world(may("*"), organization=over)
    assert stepped(found, ALICE, "iam:PutRolePolicy") == "deny"
    assert stepped(found, f"arn:aws:iam::{HOME}:root", "iam:PutRolePolicy") == "deny"
    managing = organization(service=[[control({**FULL, "Effect": "Deny"})]], management=HOME)
    assert stepped(world(may("*"), organization=managing), ALICE, "iam:PutRolePolicy") == "allow"
    assert MANAGEMENT != HOME


def test_e1_resource_control_policies_have_no_part() -> None:
    """Organizations: orgs_manage_policies_rcps lists STS among the services, and not IAM."""
    over = organization(resource=[[control({"Effect": "Deny", "Action": "*", "Resource": "*"}, kind=PolicyKind.RCP)]])
    found = world(may("*"), role(admit({"AWS": ALICE})), organization=over)
    assert stepped(found, ALICE, "iam:PutRolePolicy") == "allow"
    assert stepped(found, ALICE, "sts:AssumeRole") == "deny"


def test_e1_keys_of_kms_are_absent_and_unknown_keys_are_open() -> None:
    found = world(may("iam:PassRole", Condition={"StringEquals": {"kms:CallerAccount": HOME}}))
    assert stepped(found, ALICE, "iam:PassRole") == "deny"
    found = world(may("iam:PassRole", Condition={"StringEquals": {"iam:Brand-New": "x"}}))
    assert stepped(found, ALICE, "iam:PassRole", context={"iam:Brand-New": "x"}) == "allow"


def test_e1_what_is_not_modelled_makes_it_unknown() -> None:
    thing = Unmodelled("policy x", "U3", Influence.EITHER, "a policy that is not in the input", principal=ALICE)
    found = world(identity(ALICE), unmodelled=(thing,))
    assert stepped(found, ALICE, "iam:PutRolePolicy") == "depends"
    over = Unmodelled("scp x", "D7", Influence.MAY_REFUSE, "an SCP that is not in the input", account=HOME)
    assert stepped(world(may("*"), unmodelled=(over,)), ALICE, "iam:PutRolePolicy") == "depends"
    shared = Unmodelled("policy y", "U3", Influence.EITHER, "a policy of somebody in the account", account=HOME)
    assert stepped(world(identity(ALICE), unmodelled=(shared,)), ALICE, "iam:PutRolePolicy") == "depends"


def test_u1_other_users_of_the_account_are_free_where_the_inventory_is_not_complete() -> None:
    from dataclasses import replace

    found = world(identity(ALICE))
    partial = replace(found, accounts=(replace(found.accounts[0], complete=False),))
    assert (
        stepped(
            partial, OTHER_ROLE.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/s", "iam:PassRole"
        )
        == "depends"
    )
    assert stepped(partial, ALICE, "iam:PassRole") == "deny"


FUNCTION, SHARE = f"arn:aws:lambda:us-east-1:{HOME}:function:f", f"arn:aws:ram:us-east-1:{HOME}:resource-share/x"
ACCOUNT_CASES = [
    ("lambda:CreateFunction", FUNCTION, f"arn:aws:lambda:*:{HOME}:function:f", f"arn:aws:lambda:*:{HOME}:function:g"),
    ("ec2:RunInstances", INSTANCE, "arn:aws:ec2:us-east-1:*", "arn:aws:ec2:eu-west-1:*"),
    ("ram:AssociateResourceShare", SHARE, "arn:aws:ram:*:*:resource-share/*", "arn:aws:ram:*:*:permission/*"),
    ("ram:CreateResourceShare", None, "*", "arn:aws:ram:*:*:*"),
]


@pytest.mark.parametrize(("action", "resource", "covers", "misses"), ACCOUNT_CASES)
def test_e3_what_the_request_names_or_makes_is_its_resource(
    action: str, resource: str | None, covers: str, misses: str
) -> None:
    assert stepped(world(may(action, covers)), ALICE, action, resource) == "allow"
    # Whether another pattern than `*` covers a request without a resource is not said (E4).
    assert stepped(world(may(action, misses)), ALICE, action, resource) == (
        "deny" if resource is not None else "depends"
    )
    if resource is not None:
        over = identity(ALICE, own("*"), {"Effect": "Deny", "Action": action, "NotResource": covers})
        assert stepped(world(over), ALICE, action, resource) == "allow"


def test_targets_of_steps() -> None:
    found = world(identity(ALICE), role(NOBODY))
    arns = (ROLE, ALICE, GROUP, MANAGED, f"arn:aws:iam::{HOME}:root")
    targets = [step_target(found, arn) for arn in arns]
    assert [target.kind.name for target in targets] == ["ROLE", "USER", "GROUP", "POLICY", "ACCOUNT"]
    assert [target.resource for target in targets] == list(arns)
    assert targets[0].identity is not None and targets[0].identity.trust is not None and targets[1].identity is not None
    assert "sts:AssumeRole" in RuledSpace(found, targets[0]).known_actions
    assert (
        "iam:AddUserToGroup" in RuledSpace(found, targets[2]).known_actions
        and "iam:AttachRolePolicy" not in RuledSpace(found, targets[2]).known_actions
    )
    for arn in (f"arn:aws:kms:us-east-1:{HOME}:key/1", "arn:aws:iam::aws", f"arn:aws:iam::{HOME}:mfa/x"):
        with pytest.raises(ValueError, match="is no role"):
            step_target(found, arn)
    assert TargetKind.KEY not in {target.kind for target in targets}
