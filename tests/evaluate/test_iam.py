"""E1, E3, E4: operations of IAM, and those by which a key is shared or code started. Pages are those of the IAM User
Guide unless said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import ALICE, HOME, PARTNER, ROOT, SAM, identity, level, organization, own, policy
from tests.evaluate.reaching import OTHER, PARTNER_TARGET, TARGET, ask, caller, inventory, told, trusting, world
from verifier.evaluate import evaluate
from verifier.model.estate import Account, Estate
from verifier.model.organization import Controls
from verifier.model.policy import PolicyKind
from verifier.model.request import Caller, CallerKind, Request
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.syntax.diagnostic import InputError

ADMINS = f"arn:aws:iam::{HOME}:group/admins"
MANAGED = f"arn:aws:iam::{HOME}:policy/team/base"
PLAIN = identity(TARGET)


def staffed(*statements: Any, target: Any = PLAIN) -> Estate:
    """Alice with these statements, and the role that she may write to."""
    return world(identity(ALICE, *statements), target)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:PutRolePolicy", TARGET),
        ("iam:AttachRolePolicy", TARGET),
        ("iam:UpdateAssumeRolePolicy", TARGET),
        ("iam:PassRole", TARGET),
        ("iam:PutUserPolicy", ALICE),
        ("iam:AttachUserPolicy", ALICE),
        ("iam:CreateAccessKey", ALICE),
        ("iam:CreateLoginProfile", ALICE),
        ("iam:UpdateLoginProfile", ALICE),
        ("iam:PutGroupPolicy", ADMINS),
        ("iam:AttachGroupPolicy", ADMINS),
        ("iam:AddUserToGroup", ADMINS),
        ("iam:CreatePolicyVersion", MANAGED),
        ("iam:SetDefaultPolicyVersion", MANAGED),
    ],
)
def test_an_identity_policy_that_covers_the_resource_decides(action: str, resource: str) -> None:
    # reference_policies_elements_resource: the Resource is the object that the statement covers, its path being part of
    # the ARN.
    for pattern in (resource, resource.replace(HOME, "*"), resource[:-2] + "*", "*"):
        assert told(staffed(own(action, pattern)), ALICE, action, resource) == "allow", pattern
    assert told(staffed(own(action, resource + "x")), ALICE, action, resource) == "deny"
    assert told(staffed(own("iam:Get*")), ALICE, action, resource) == "deny"
    assert told(staffed(own("*"), own(action, resource, "Deny")), ALICE, action, resource) == "deny"


def test_a_resource_of_another_type_is_an_error() -> None:
    for resource in (ALICE, None, "arn:aws:iam::111122223333:role/", "*", f"arn:aws:iam::{HOME}:role/a*"):
        with pytest.raises(InputError, match="is on a role"):
            ask(staffed(own("*")), ALICE, "iam:PutRolePolicy", resource)
    with pytest.raises(InputError, match="no arn:aws:iam::111122223333:role/nobody in the inventory"):
        ask(staffed(own("*")), ALICE, "iam:PutRolePolicy", f"arn:aws:iam::{HOME}:role/nobody")


def test_iam_has_no_cross_account_use() -> None:
    # reference_aws-services-that-work-with-iam: IAM has resource-based policies for roles alone, their trust policies.
    found = world(identity(ALICE, own("*")), PLAIN, partner=(identity(PARTNER_TARGET),))
    assert told(found, ALICE, "iam:PutRolePolicy", TARGET) == "allow"
    assert told(found, ALICE, "iam:PutRolePolicy", PARTNER_TARGET) == "deny"
    assert told(found, ALICE, "iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/ReadOnlyAccess") == "deny"


def test_boundaries_control_policies_and_session_policies_limit() -> None:
    # access_policies_boundaries: the effective permissions are the intersection of all policy types.
    for statement, expected in ((own("iam:*"), "allow"), (own("kms:*"), "deny"), (own("iam:*", TARGET + "x"), "deny")):
        edge = policy(statement, kind=PolicyKind.BOUNDARY, identity=f"{ALICE}#edge")
        alice = identity(ALICE, own("*"), bounded=True, boundary=edge)
        assert told(world(alice, PLAIN), ALICE, "iam:PutRolePolicy") == expected
    for statement, expected in ((own("*"), "allow"), (own("kms:*"), "deny"), (own("iam:Put*", effect="Deny"), "deny")):
        controls = organization(Controls(HOME, service=(level(HOME, statement),)))
        assert told(replace(staffed(own("*")), organization=controls), ALICE, "iam:PutRolePolicy") == expected
    for statement, expected in ((own("iam:*", TARGET), "allow"), (own("kms:*"), "deny")):
        session = (policy(statement, kind=PolicyKind.SESSION, identity="#s"),)
        request = Request(caller(OTHER), "iam:PutRolePolicy", TARGET, (), session)
        assert evaluate(world(identity(OTHER, own("*")), PLAIN), request).outcome.value == expected


def test_resource_control_policies_and_endpoint_policies_have_no_part() -> None:
    # AWS Organizations, orgs_manage_policies_rcps: RCPs apply to resources of a list of services; IAM is not among
    # them.
    denies = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}
    controls = organization(Controls(HOME, resource=(level(HOME, denies, kind=PolicyKind.RCP),)))
    assert told(replace(staffed(own("*")), organization=controls), ALICE, "iam:PutRolePolicy") == "allow"


def test_who_can_call_iam() -> None:
    # id_root-user; id_credentials_temp_request: GetFederationToken sessions call IAM in console sessions only, within a
    # session policy.
    found = staffed()
    assert told(found, ROOT, "iam:PutRolePolicy") == "allow"
    assert told(found, "ec2.amazonaws.com", "iam:PutRolePolicy") == "deny"
    assert told(found, f"arn:aws:iam::{HOME}:saml-provider/Okta", "iam:PutRolePolicy") == "deny"
    session = (policy(own("iam:*"), kind=PolicyKind.SESSION, identity="#s"),)
    sam = Caller(CallerKind.FEDERATED, SAM, HOME, issuer=ROOT)
    assert evaluate(found, Request(sam, "iam:PutRolePolicy", TARGET, (), session)).outcome.value == "allow"
    assert evaluate(found, Request(sam, "iam:PutRolePolicy", TARGET)).outcome.value == "deny"


def test_a_service_linked_role_is_modified_by_its_service_alone() -> None:
    # IAM API: PutRolePolicy, AttachRolePolicy, UpdateAssumeRolePolicy: UnmodifiableEntity.
    linked = f"arn:aws:iam::{HOME}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
    found = world(identity(ALICE, own("*")), identity(linked))
    assert told(found, ALICE, "iam:PutRolePolicy", linked) == "deny"
    assert told(found, ALICE, "iam:UpdateAssumeRolePolicy", linked) == "deny"


@pytest.mark.parametrize("key", ["iam:ResourceTag/Team", "aws:ResourceTag/team"])
def test_tags_of_the_role_are_read(key: str) -> None:
    # reference_policies_iam-condition-keys: IAM supports both iam:ResourceTag and aws:ResourceTag, of users and roles.
    statement = own("iam:PutRolePolicy", Condition={"StringEquals": {key: "red"}})
    assert (
        told(staffed(statement, target=identity(TARGET, tags=(("Team", "red"),))), ALICE, "iam:PutRolePolicy")
        == "allow"
    )
    assert (
        told(staffed(statement, target=identity(TARGET, tags=(("Team", "blue"),))), ALICE, "iam:PutRolePolicy")
        == "deny"
    )
    assert told(staffed(statement), ALICE, "iam:PutRolePolicy") == "deny"


def test_tags_that_the_input_does_not_hold_are_free() -> None:
    statement = own("iam:*", Condition={"StringEquals": {"aws:ResourceTag/team": "red"}})
    symbols = "depends U3:aws:resourcetag/team U3:aws:resourcetag/team:StringEquals:['red']"
    assert told(staffed(statement), ALICE, "iam:CreatePolicyVersion", MANAGED) == symbols
    assert told(staffed(statement), ALICE, "iam:PutGroupPolicy", ADMINS) == "deny"  # groups have no tags
    partly = Estate((), (replace(inventory(HOME, identity(ALICE, statement)), complete=False),))
    assert told(partly, ALICE, "iam:PutRolePolicy", TARGET) == symbols


def test_the_boundary_of_who_is_written_to_is_read() -> None:
    # reference_policies_iam-condition-keys, iam:PermissionsBoundary; access_policies_boundaries, Delegating
    # responsibility.
    edge = f"arn:aws:iam::{HOME}:policy/edge"
    statement = own("iam:PutRolePolicy", Condition={"ArnEquals": {"iam:PermissionsBoundary": edge}})
    within = policy(own("kms:*"), kind=PolicyKind.BOUNDARY, identity=f"{edge}#boundary")
    assert (
        told(staffed(statement, target=identity(TARGET, bounded=True, boundary=within)), ALICE, "iam:PutRolePolicy")
        == "allow"
    )
    assert told(staffed(statement), ALICE, "iam:PutRolePolicy") == "deny"
    unknown = f"depends U3:iam:permissionsboundary:ArnEquals:['{edge}']"
    assert told(staffed(statement, target=identity(TARGET, bounded=True)), ALICE, "iam:PutRolePolicy") == unknown


def test_what_the_request_asks_for_is_read() -> None:
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    attach = staffed(own("iam:AttachRolePolicy", Condition={"ArnNotEquals": {"iam:PolicyARN": admin}}))
    assert (
        told(attach, ALICE, "iam:AttachRolePolicy", TARGET, {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"})
        == "allow"
    )
    assert told(attach, ALICE, "iam:AttachRolePolicy", TARGET, {"iam:PolicyARN": admin}) == "deny"
    # Every request to attach a policy names it: which, this one does not say.
    assert told(attach, ALICE, "iam:AttachRolePolicy") == f"depends U3:iam:policyarn:ArnEquals:['{admin}']"
    passing = staffed(own("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}))
    assert told(passing, ALICE, "iam:PassRole", TARGET, {"iam:PassedToService": "lambda.amazonaws.com"}) == "allow"
    assert told(passing, ALICE, "iam:PassRole", TARGET, {"iam:PassedToService": "ec2.amazonaws.com"}) == "deny"


def test_the_region_of_iam() -> None:
    # reference_policies_condition-keys, aws:RequestedRegion: global services have one endpoint, in us-east-1.
    for region, expected in (("us-east-1", "allow"), ("us-west-2", "deny")):
        statement = own("iam:*", Condition={"StringEquals": {"aws:RequestedRegion": region}})
        assert told(staffed(statement), ALICE, "iam:PutRolePolicy") == expected


def test_a_key_that_is_not_modelled_is_a_symbol_and_one_that_is_not_carried_is_absent() -> None:
    odd = staffed(own("iam:*", Condition={"StringEquals": {"iam:SomethingNew": "x"}}))
    assert told(odd, ALICE, "iam:PutRolePolicy").startswith("depends U3:iam:somethingnew")
    foreign = staffed(own("iam:*", Condition={"StringEquals": {"iam:PassedToService": "x"}}))
    assert told(foreign, ALICE, "iam:PutRolePolicy") == "deny"


def test_an_attached_policy_whose_document_is_missing_and_callers_outside_the_inventory() -> None:
    thing = Unmodelled("policy P of Alice", "U3", Influence.EITHER, "a policy", principal=ALICE)
    assert (
        told(replace(staffed(), unmodelled=(thing,)), ALICE, "iam:PutRolePolicy")
        == "depends policy P of Alice:allow policy P of Alice:refuse"
    )
    partly = Estate((), (Account(HOME, (), (PLAIN,), complete=False),))
    assert told(partly, ALICE, "iam:PutRolePolicy") == "depends U1:allow U1:deny"


# --- sharing, and starting code ---------------------------------------------------------------------------------------


def test_sharing_is_decided_by_the_policies_of_the_caller() -> None:
    share = "ram:CreateResourceShare"
    assert told(staffed(own("ram:*")), ALICE, share, None) == "allow"
    assert told(staffed(own("kms:*")), ALICE, share, None) == "deny"
    external = own("ram:*", Condition={"Bool": {"ram:RequestedAllowsExternalPrincipals": "false"}})
    assert told(staffed(external), ALICE, share, None, {"ram:RequestedAllowsExternalPrincipals": "false"}) == "allow"
    assert told(staffed(external), ALICE, share, None, {"ram:RequestedAllowsExternalPrincipals": "true"}) == "deny"
    assert told(staffed(external), ALICE, share, None).startswith("depends U3:ram:requestedallowsexternalprincipals")


def test_starting_code_is_decided_by_the_policies_of_the_caller() -> None:
    create = "lambda:CreateFunction"
    function = f"arn:aws:lambda:us-east-1:{HOME}:function:f"
    assert told(staffed(own(create)), ALICE, create, None) == "allow"
    some = own(create, f"arn:aws:lambda:*:{HOME}:function:app-*")
    assert told(staffed(some), ALICE, create, None) == f"depends F1:resource:arn:aws:lambda:*:{HOME}:function:app-*"
    assert told(staffed(some), ALICE, create, function) == "deny"
    assert told(staffed(some), ALICE, create, f"arn:aws:lambda:us-east-1:{HOME}:function:app-1") == "allow"
    layered = own(create, Condition={"ForAllValues:StringLike": {"lambda:Layer": "arn:aws:lambda:*:*:layer:ours:*"}})
    assert told(staffed(layered), ALICE, create, None).startswith("depends U3:lambda:layer")
    with pytest.raises(InputError, match="a resource of lambda in the caller's account"):
        ask(staffed(own("*")), ALICE, create, function.replace(HOME, PARTNER))


def test_an_identity_of_the_role_is_not_needed_to_pass_it() -> None:
    assert (
        told(
            world(
                identity(ALICE, own("iam:PassRole", TARGET)),
                trusting({"Effect": "Deny", "Principal": "*", "Action": "sts:*"}),
            ),
            ALICE,
            "iam:PassRole",
            TARGET,
            {"iam:PassedToService": "ec2.amazonaws.com"},
        )
        == "allow"
    )
