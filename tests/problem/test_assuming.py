"""Who may assume a role (E2), and which identities of providers (E2w): each way open, and shut by one condition.

Pages are those of awsdocs/iam-user-guide at 651083f, doc_source/….
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.problem.deciding import control, organization
from tests.problem.stepping import (
    ALICE,
    BOB,
    HOME,
    OTHER_ROLE,
    PARTNER_ROLE,
    PROVIDER,
    ROLE,
    SAML,
    SESSION,
    admit,
    identity,
    may,
    own,
    policy,
    role,
    stepped,
    web,
    world,
)
from verifier.model.choices import Engine
from verifier.model.estate import Estate
from verifier.model.policy import PolicyKind
from verifier.model.symbols import TrustFact
from verifier.problem.examination import examine
from verifier.problem.expression import Expression
from verifier.problem.rules import RuledSpace
from verifier.problem.semantics.relations import constant_matches
from verifier.problem.semantics.targets import step_target
from verifier.problem.sessions.passed_tags import passed_tags
from verifier.problem.sessions.trusting import trusting
from verifier.problem.space import Space
from verifier.problem.steps import many
from verifier.problem.steps.many import together
from verifier.solve.engines import open_session
from verifier.solve.session import Unsat

ROOT = {"AWS": f"arn:aws:iam::{HOME}:root"}
PARTNER_SESSION = f"arn:aws:sts::{PARTNER_ROLE.split(':')[4]}:assumed-role/batch/run"
EVERYONE = {"AWS": "*"}
LAMBDA = "lambda.amazonaws.com"
DENY_ALL = own("*", effect="Deny")
NOTHING = identity(ALICE)
ASSUMES = may("sts:AssumeRole", ROLE)


def test_e2_the_account_is_trusted_to_decide_and_a_principal_by_name_needs_no_more() -> None:
    """reference_policies_evaluation-logic, *Evaluating policies within a single account*: role trust policies must
    allow explicitly."""
    assert stepped(world(ASSUMES, role(admit(ROOT))), ALICE, "sts:AssumeRole") == "allow"
    assert stepped(world(NOTHING, role(admit(ROOT))), ALICE, "sts:AssumeRole") == "deny"
    assert stepped(world(NOTHING, role(admit({"AWS": ALICE}))), ALICE, "sts:AssumeRole") == "allow"
    assert stepped(world(ASSUMES, role(admit({"AWS": BOB}))), ALICE, "sts:AssumeRole") == "deny"
    assert stepped(world(identity(ALICE, DENY_ALL), role(admit({"AWS": ALICE}))), ALICE, "sts:AssumeRole") == "deny"


def test_e2_everyone_needs_no_more_within_the_account() -> None:
    """reference_policies_elements_principal, *All principals*: "For IAM users and role principals within your account,
    no other permissions are required"."""
    assert stepped(world(NOTHING, role(admit(EVERYONE))), ALICE, "sts:AssumeRole") == "allow"
    nobody, somebody = identity(PARTNER_ROLE), may("sts:*", arn=PARTNER_ROLE)
    assert stepped(world(role(admit(EVERYONE)), partner=(nobody,)), PARTNER_SESSION, "sts:AssumeRole") == "deny"
    assert stepped(world(role(admit(EVERYONE)), partner=(somebody,)), PARTNER_SESSION, "sts:AssumeRole") == "allow"


def test_e2_another_account_must_allow_too() -> None:
    """tutorial_cross-account-with-roles."""
    trusting = role(admit({"AWS": PARTNER_ROLE}))
    assert stepped(world(trusting, partner=(identity(PARTNER_ROLE),)), PARTNER_SESSION, "sts:AssumeRole") == "deny"
    assert (
        stepped(
            world(trusting, partner=(may("sts:AssumeRole", ROLE, PARTNER_ROLE),)), PARTNER_SESSION, "sts:AssumeRole"
        )
        == "allow"
    )
    other = may("sts:AssumeRole", ROLE + "s", PARTNER_ROLE)
    assert stepped(world(trusting, partner=(other,)), PARTNER_SESSION, "sts:AssumeRole") == "deny"


def test_e2_a_boundary_limits_a_role_by_its_name_and_not_a_user() -> None:
    """reference_policies_evaluation-logic, *Resource-based policies and implicit denies in other policy types* (D4)."""
    limit = policy(own("kms:*"), kind=PolicyKind.BOUNDARY, identity="limit")
    other = f"arn:aws:iam::{HOME}:role/other"
    trusting = role(admit({"AWS": [ALICE, other]}))
    found = world(
        identity(ALICE, bounded=True, boundary=limit), identity(other, bounded=True, boundary=limit), trusting
    )
    assert stepped(found, ALICE, "sts:AssumeRole") == "allow"
    assert stepped(found, f"arn:aws:sts::{HOME}:assumed-role/other/s", "sts:AssumeRole") == "deny"


def test_e2_neither_root_users_nor_federated_sessions_assume_roles() -> None:
    """STS: AssumeRole, "You cannot use AWS account root user credentials"; id_credentials_temp_request, on
    GetFederationToken: "Cannot call AWS STS operations except GetCallerIdentity"."""
    found = world(role(admit(EVERYONE)), may("*"))
    assert stepped(found, f"arn:aws:iam::{HOME}:root", "sts:AssumeRole") == "deny"
    assert stepped(found, f"arn:aws:sts::{HOME}:federated-user/Sam", "sts:AssumeRole", session=True) == "deny"


def test_e2_a_service_by_its_name() -> None:
    """reference_policies_elements_principal, *AWS service principals*."""
    found = world(role(admit({"Service": LAMBDA})), may("sts:*"))
    assert stepped(found, LAMBDA, "sts:AssumeRole") == "allow"
    assert stepped(found, "ec2.amazonaws.com", "sts:AssumeRole") == "deny"
    assert stepped(found, ALICE, "sts:AssumeRole") == "deny"
    barred = role(admit({"Service": LAMBDA}), admit({"Service": LAMBDA}, effect="Deny"))
    assert stepped(world(barred), LAMBDA, "sts:AssumeRole") == "deny"


CONDITIONS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"StringEquals": {"sts:ExternalId": "12345"}}, {"sts:ExternalId": "12345"}, {}),
    (
        {"StringLike": {"sts:RoleSessionName": "${aws:username}"}},
        {"sts:RoleSessionName": "Alice"},
        {"sts:RoleSessionName": "Bob"},
    ),
    ({"StringEquals": {"sts:SourceIdentity": "DiegoRamirez"}}, {"sts:SourceIdentity": "DiegoRamirez"}, {}),
    ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {"aws:MultiFactorAuthPresent": "true"}, {}),
    ({"StringEquals": {"aws:ResourceTag/team": "keys"}}, SESSION, {"aws:ResourceTag/team": "other"}),
    ({"Null": {"kms:ViaService": "true"}}, SESSION, {}),
]


@pytest.mark.parametrize(
    ("condition", "meets", "fails"), CONDITIONS, ids=[next(iter(next(iter(c[0].values())))) for c in CONDITIONS]
)
def test_e2_each_condition_of_a_trust_policy(
    condition: dict[str, Any], meets: dict[str, Any], fails: dict[str, Any]
) -> None:
    """reference_policies_iam-condition-keys, *Available keys for AWS STS*; id_roles_create_for-user_externalid."""
    found = world(NOTHING, role(admit({"AWS": ALICE}, Condition=condition), tags=(("team", "keys"),)))
    assert stepped(found, ALICE, "sts:AssumeRole", context=meets) == "allow"
    if (fails and "aws:ResourceTag/team" not in fails) or (not fails and meets is not SESSION):
        assert stepped(found, ALICE, "sts:AssumeRole", context=fails) == "deny"


def test_e2_session_tags_need_tag_session_in_both() -> None:
    """id_session-tags, *Permissions required to add session tags*."""
    tags = {"aws:RequestTag/Project": "Automation", "aws:TagKeys": ("Project",)}
    condition = {
        "StringEquals": {"aws:RequestTag/Project": "Automation"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["Project"]},
    }
    trusting = role(admit(ROOT), admit(ROOT, "sts:TagSession", Condition=condition))
    assert stepped(world(may("sts:TagSession"), trusting), ALICE, "sts:TagSession", context=tags) == "allow"
    assert stepped(world(ASSUMES, trusting), ALICE, "sts:TagSession", context=tags) == "deny"
    others = {"aws:RequestTag/Project": "Other", "aws:TagKeys": ("Project",)}
    assert stepped(world(may("sts:TagSession"), trusting), ALICE, "sts:TagSession", context=others) == "deny"
    assert stepped(world(may("sts:*"), role(admit(ROOT))), ALICE, "sts:TagSession", context=tags) == "deny"
    assert (
        stepped(world(may("sts:*"), role(admit(ROOT, "sts:*"))), ALICE, "sts:SetSourceIdentity", context=SESSION)
        == "allow"
    )


def test_e2_a_trust_policy_that_is_not_given_is_unknown() -> None:
    assert stepped(world(NOTHING, role()), ALICE, "sts:AssumeRole") == "depends"
    assert stepped(world(NOTHING), ALICE, "sts:AssumeRole") == "depends"
    assert stepped(world(NOTHING, role()), web(), "sts:AssumeRoleWithWebIdentity") == "depends"
    assert stepped(world(NOTHING, role()), PARTNER_SESSION, "sts:AssumeRole") == "deny"
    assert TrustFact(ROLE) == f"U3:trust:{ROLE}"


def test_e2_a_service_linked_role_is_assumed_by_its_service_alone() -> None:
    """using-service-linked-roles: only that service can assume the roles, and the ARN includes it."""
    linked, other = (
        f"arn:aws:iam::{HOME}:role/{path}ec2.amazonaws.com/AWSServiceRoleForEC2" for path in ("aws-service-role/", "")
    )
    for found in (world(NOTHING), world(NOTHING, role(arn=linked))):
        told = [stepped(found, who, "sts:AssumeRole", linked) for who in (ALICE, "ec2.amazonaws.com", LAMBDA)]
        assert told == ["deny", "depends", "deny"]
    assert stepped(world(NOTHING), ALICE, "sts:AssumeRole", other) == "depends"
    assert stepped(world(NOTHING, role(admit({"AWS": ALICE}), arn=linked)), ALICE, "sts:AssumeRole", linked) == "allow"


def test_e2_resource_control_policies_of_the_role_s_account_hold() -> None:
    """Organizations: orgs_manage_policies_rcps, STS."""
    foreign = {
        "Effect": "Deny",
        "Action": "sts:*",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalAccount": HOME}},
    }
    over = organization(resource=[[control(foreign, kind=PolicyKind.RCP)]])
    partner = (may("sts:*", arn=PARTNER_ROLE),)
    found = world(NOTHING, role(admit(EVERYONE), admit({"Service": LAMBDA})), partner=partner, organization=over)
    assert stepped(found, ALICE, "sts:AssumeRole") == "allow"
    assert stepped(found, PARTNER_SESSION, "sts:AssumeRole") == "deny"
    assert stepped(replace(found, organization=None), PARTNER_SESSION, "sts:AssumeRole") == "allow"
    assert stepped(found, LAMBDA, "sts:AssumeRole") == "deny"


# -- E2w --

SUB, AUD = "token.actions.githubusercontent.com:sub", "token.actions.githubusercontent.com:aud"


def listing(found: Estate, *providers: str) -> Estate:
    """The same estate, whose input lists the providers of the account."""
    return replace(found, accounts=(replace(found.accounts[0], providers=providers), *found.accounts[1:]))


def test_e2w_an_identity_of_the_provider_that_is_named() -> None:
    """id_roles_create_for-idp_oidc."""
    condition = {"StringLike": {SUB: "repo:octo-org/*"}, "StringEquals": {AUD: "sts.amazonaws.com"}}
    found = world(may("*"), role(admit({"Federated": PROVIDER}, "sts:AssumeRoleWithWebIdentity", Condition=condition)))
    good = {SUB: "repo:octo-org/app:ref", AUD: "sts.amazonaws.com"}
    assert stepped(found, web(), "sts:AssumeRoleWithWebIdentity", context=good) == "allow"
    assert stepped(found, web(), "sts:AssumeRoleWithWebIdentity", context={**good, SUB: "repo:other/app"}) == "deny"
    assert stepped(found, web(), "sts:AssumeRoleWithWebIdentity", context={}) == "deny"
    assert stepped(found, web(SAML), "sts:AssumeRoleWithWebIdentity", context=good) == "deny"
    assert stepped(found, ALICE, "sts:AssumeRoleWithWebIdentity", context=good) == "deny"
    assert stepped(found, web(), "iam:PutRolePolicy") == "deny"


def test_e2w_built_in_providers_and_saml() -> None:
    """reference_policies_elements_principal, *Web identity session principals*, *SAML session principals*."""
    found = world(
        role(
            admit(
                {"Federated": ["accounts.google.com", SAML]},
                ["sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"],
            )
        )
    )
    assert stepped(found, web("accounts.google.com"), "sts:AssumeRoleWithWebIdentity") == "allow"
    assert stepped(found, web("www.amazon.com"), "sts:AssumeRoleWithWebIdentity") == "deny"
    assert stepped(found, web(SAML), "sts:AssumeRoleWithSAML") == "allow"
    pool = "cognito-identity.amazonaws.com"  # looks like a service, and is none where it is `Federated`
    found = world(role(admit({"Federated": pool}, "*")))
    assert stepped(found, web(pool), "sts:AssumeRoleWithWebIdentity") == "allow"
    assert stepped(found, pool, "sts:AssumeRole") == "deny"


def test_e2w_a_provider_that_the_account_does_not_have_admits_nobody() -> None:
    found = world(role(admit({"Federated": PROVIDER}, "sts:AssumeRoleWithWebIdentity")))
    assert stepped(found, web(), "sts:AssumeRoleWithWebIdentity") == "allow"
    assert stepped(listing(found, PROVIDER), web(), "sts:AssumeRoleWithWebIdentity") == "allow"
    assert stepped(listing(found, SAML), web(), "sts:AssumeRoleWithWebIdentity") == "deny"
    assert stepped(listing(found), web(), "sts:AssumeRoleWithWebIdentity") == "deny"


def test_e2w_denies_hold_and_everyone_is_everyone() -> None:
    """reference_policies_elements_principal, *All principals*: no page leaves identities of providers out (P1)."""
    action = "sts:AssumeRoleWithWebIdentity"
    assert stepped(world(role(admit("*", action))), web(), action) == "allow"
    assert stepped(world(role(admit({"AWS": "*"}, action))), web(), action, P1=False) == "deny"
    assert stepped(world(role(admit({"AWS": "*"}, action))), web(), action, P1=True) == "allow"
    barred = role(
        admit({"Federated": PROVIDER}, action), admit("*", action, "Deny", Condition={"StringNotEquals": {SUB: "good"}})
    )
    assert stepped(world(barred), web(), action, context={SUB: "good"}) == "allow"
    assert stepped(world(barred), web(), action, context={SUB: "bad"}) == "deny"
    foreign = {
        "Effect": "Deny",
        "Action": action,
        "Resource": "*",
        "Condition": {"StringNotEqualsIfExists": {SUB: "good"}},
    }
    over = organization(resource=[[control(foreign, kind=PolicyKind.RCP)]])
    found = world(role(admit({"Federated": PROVIDER}, action)), organization=over)
    assert stepped(found, web(), action, context={SUB: "good"}) == "allow"
    assert stepped(found, web(), action, context={SUB: "bad"}) == "deny"


def test_e2w_an_identity_of_a_provider_is_outside_every_account_and_organization() -> None:
    action = "sts:AssumeRoleWithWebIdentity"
    for key in (
        "aws:PrincipalArn",
        "aws:PrincipalAccount",
        "aws:PrincipalOrgID",
        "aws:PrincipalTag/team",
        "aws:PrincipalServiceName",
    ):
        found = world(role(admit({"Federated": PROVIDER}, action, Condition={"Null": {key: "true"}})))
        assert stepped(found, web(), action) == "allow", key
    found = world(
        role(admit({"Federated": PROVIDER}, action, Condition={"Bool": {"aws:PrincipalIsAWSService": "false"}}))
    )
    assert stepped(found, web(), action) == "allow"


def test_e2w_no_reading_gives_an_identity_of_a_provider_the_arn_of_a_principal() -> None:
    named = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*"}}
    found = world(role(admit({"Federated": PROVIDER}, "sts:AssumeRoleWithWebIdentity", Condition=named)))
    space = RuledSpace(found, step_target(found, ROLE))
    examination = examine(space, space.allowed(), [space.is_web])
    asked, finite = [examination.question.allowed, examination.reduce(space.is_web)], examination.question.finite
    assert isinstance(open_session(Engine.Z3, finite, finite.facts, asked).check(asked), Unsat)


@pytest.mark.parametrize(("action", "compares"), [("iam:PassRole", False), ("sts:AssumeRole", True)])
def test_f3_what_sessions_are_given_is_asked_of_the_statements_about_sessions(action: str, compares: bool) -> None:
    """A policy variable in a statement about another action on a role compares no requests for its sessions: for 400
    roles there were 400 comparisons, and two minutes."""
    passing = may(action, f"arn:aws:iam::{HOME}:role/${{aws:PrincipalTag/path}}", OTHER_ROLE)
    found = world(passing, role(admit(ROOT, ["sts:AssumeRole", "sts:TagSession"])))
    space = RuledSpace(found, step_target(found, ROLE))
    assert passed_tags(space, trusting(found), ["aws:principaltag/path"]).compares is compares


@pytest.mark.parametrize(("name", "outcome"), [("KeyAdmin", "allow"), ("app/KeyAdmin", "allow"), ("Admin", "deny")])
def test_l7_a_known_name_that_is_the_one_of_its_user_is_a_test_of_that_name(name: str, outcome: str) -> None:
    """Self-service policies of 100 users made 100 comparisons on 100 users, which took 15 seconds."""
    user = f"arn:aws:iam::{HOME}:user/{name}"
    passing = may("sts:AssumeRole", "arn:aws:iam::*:role/*/${aws:username}", user)
    found = world(passing, role(admit(ROOT)))
    space = RuledSpace(found, step_target(found, ROLE))
    space.allowed()
    assert not space.relations
    assert stepped(found, user, "sts:AssumeRole") == outcome


def test_l7_a_pattern_is_held_against_many_targets_once_for_all_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same policy, inline for each of 100 users, was held against their 100 names in 10,000 comparisons."""
    asked: list[str] = []

    def counted(space: Space, arn: str, *others: Any) -> Expression:
        asked.append(arn)
        return constant_matches(space, arn, *others)

    monkeypatch.setattr(many, "constant_matches", counted)
    users = [may("sts:AssumeRole", "arn:aws:iam::*:role/*/${aws:username}", one) for one in (ALICE, BOB)]
    found = world(*users, role(admit(ROOT)))
    RuledSpace(found, together([step_target(found, ROLE), step_target(found, OTHER_ROLE)])).allowed()
    assert asked == [ROLE]
