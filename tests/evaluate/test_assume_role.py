"""E2, E2w: who may assume a role. Pages are those of the IAM User Guide unless said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import (
    ALICE,
    HOME,
    PARTNER,
    ROOT,
    SAM,
    allow,
    aws,
    bounded,
    endpoint,
    identity,
    level,
    organization,
    own,
)
from tests.evaluate.reaching import (
    GITHUB,
    LAMBDA,
    OKTA,
    OTHER,
    PARTNER_TARGET,
    TARGET,
    admits,
    ask,
    bars,
    caller,
    inventory,
    told,
    trusting,
    world,
)
from verifier.model.estate import Estate
from verifier.model.organization import Controls
from verifier.model.policy import PolicyKind
from verifier.model.request import Value
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.syntax.diagnostic import InputError

ASSUME, WEB, SAML = "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"
PARTNER_ALICE = f"arn:aws:iam::{PARTNER}:user/Alice"
MAY_ASSUME = own(ASSUME, TARGET)


def within(trust: dict[str, Any], *mine: dict[str, Any]) -> Estate:
    """Alice with these statements, in the account of the role that trusts so."""
    return world(identity(ALICE, *mine), identity(OTHER), trusting(trust))


def test_in_one_account_a_name_suffices_and_the_account_delegates() -> None:
    # id_roles_use_permissions-to-switch; STS API, AssumeRole: attach a policy to the user, or name it in the trust
    # policy.
    assert told(within(admits(aws(ALICE))), ALICE, ASSUME) == "allow"
    assert told(within(admits(aws(ROOT))), ALICE, ASSUME) == "deny"
    assert told(within(admits(aws(ROOT)), MAY_ASSUME), ALICE, ASSUME) == "allow"
    assert told(within(admits(aws(ROOT)), own(ASSUME, OTHER)), ALICE, ASSUME) == "deny"


def test_an_identity_policy_alone_gives_nothing() -> None:
    # reference_policies_evaluation-logic: trust policies must explicitly allow access for principals.
    assert told(within(admits(aws(OTHER)), own("*")), ALICE, ASSUME) == "deny"
    assert told(within(admits(aws(OTHER)), own("*")), OTHER, ASSUME) == "allow"


def test_p6_a_provider_in_a_trust_policy_names_no_session_of_a_role_that_it_admits() -> None:
    # reference_policies_elements_principal: SAML federated principals in role trust policies.
    came = trusting(admits({"Federated": OKTA}, SAML), arn=OTHER, own=(own("*"),))
    assert told(world(came, trusting(admits({"Federated": OKTA}))), OTHER, ASSUME) == "deny"
    assert told(world(came, trusting(admits(aws(OTHER)), bars({"Federated": OKTA}))), OTHER, ASSUME) == "allow"


def test_an_explicit_deny_of_either_side_bites() -> None:
    denied = trusting(admits(aws(ALICE)), bars(aws(ALICE)))
    assert told(world(identity(ALICE, own("*")), denied), ALICE, ASSUME) == "deny"
    assert told(within(admits(aws(ALICE)), own("sts:*", effect="Deny")), ALICE, ASSUME) == "deny"


def test_from_another_account_both_must_allow() -> None:
    # reference_policies_evaluation-logic-cross-account.
    for mine, trust, expected in (
        ((MAY_ASSUME,), admits(aws(PARTNER_ALICE)), "allow"),
        ((MAY_ASSUME,), admits(aws(f"arn:aws:iam::{PARTNER}:root")), "allow"),
        ((), admits(aws(PARTNER_ALICE)), "deny"),
        ((MAY_ASSUME,), admits(aws(ROOT)), "deny"),
    ):
        found = world(trusting(trust), partner=(identity(PARTNER_ALICE, *mine),))
        assert told(found, PARTNER_ALICE, ASSUME) == expected, trust


def test_a_boundary_limits_what_names_a_role_not_what_names_a_user() -> None:
    # access_policies_boundaries: a resource-based policy that names a user is not limited by an implicit deny of its
    # boundary.
    found = world(bounded(ALICE, own("kms:*")), bounded(OTHER, own("kms:*")), trusting(admits(aws(ALICE, OTHER))))
    assert told(found, ALICE, ASSUME) == "allow"
    assert told(found, OTHER, ASSUME) == "deny"
    assert told(world(bounded(OTHER, own("sts:*")), trusting(admits(aws(OTHER)))), OTHER, ASSUME) == "allow"


def test_the_root_user_and_federated_users_cannot_assume_roles() -> None:
    # STS API, AssumeRole; id_credentials_temp_request: no STS operation but GetCallerIdentity for a federated-user
    # session.
    found = within(admits("*"), own("*"))
    assert told(found, ALICE, ASSUME) == "allow"
    assert told(found, ROOT, ASSUME) == "deny"
    assert told(found, SAM, ASSUME) == "deny"


def test_control_policies_of_both_accounts() -> None:
    base = within(admits(aws(ALICE)), own("*"))
    denies = {"Effect": "Deny", "Principal": "*", "Action": ASSUME, "Resource": "*"}
    for controls, expected in (
        (Controls(HOME, service=(level(HOME, own("*")),)), "allow"),
        (Controls(HOME, service=(level(HOME, own("kms:*")),)), "deny"),
        (Controls(HOME, resource=(level(HOME, denies, kind=PolicyKind.RCP),)), "deny"),
        (Controls(HOME, resource=(level(HOME, {**denies, "Resource": OTHER}, kind=PolicyKind.RCP),)), "allow"),
    ):
        assert told(replace(base, organization=organization(controls)), ALICE, ASSUME) == expected
    unknown = Unmodelled("RCP p-1", "D7", Influence.MAY_REFUSE, "an RCP", owner=HOME)
    assert told(replace(base, unmodelled=(unknown,)), ALICE, ASSUME) == "depends RCP p-1:refuse"


@pytest.mark.parametrize(
    ("condition", "context", "expected"),
    [
        ({"StringEquals": {"sts:ExternalId": "id-1"}}, {"sts:ExternalId": "id-1"}, "allow"),
        ({"StringEquals": {"sts:ExternalId": "id-1"}}, {}, "deny"),
        ({"StringLike": {"sts:RoleSessionName": "${aws:username}"}}, {"sts:RoleSessionName": "Alice"}, "allow"),
        ({"StringLike": {"sts:RoleSessionName": "${aws:username}"}}, {"sts:RoleSessionName": "Bob"}, "deny"),
        ({"StringEquals": {"sts:RoleSessionName": "x"}}, {}, "depends U3:sts:rolesessionname:StringEquals:['x']"),
        (
            {"StringEquals": {"aws:RequestTag/team": "red"}},
            {"aws:RequestTag/team": "red", "aws:TagKeys": ("team",)},
            "allow",
        ),
        ({"StringEquals": {"aws:RequestTag/team": "red"}}, {}, "deny"),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}, {"aws:TagKeys": ("team", "cost")}, "deny"),
        ({"StringEquals": {"iam:ResourceTag/stage": "dev"}}, {}, "allow"),
        ({"StringEquals": {"aws:ResourceTag/stage": "prod"}}, {}, "deny"),
        ({"StringEquals": {"aws:PrincipalTag/dept": "x"}}, {}, "allow"),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {}, "deny"),
        (
            {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
            {"aws:MultiFactorAuthPresent": "true", "aws:TokenIssueTime": "1"},
            "allow",
        ),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, {"aws:RequestedRegion": "us-east-1"}, "allow"),
        (
            {"StringEquals": {"aws:RequestedRegion": "us-east-1"}},
            {},
            "depends U3:aws:requestedregion:StringEquals:['us-east-1']",
        ),
        ({"StringEquals": {"aws:SourceVpce": "vpce-1"}}, {}, "deny"),
        ({"StringEquals": {"saml:sub": "x"}}, {}, "deny"),
    ],
)
def test_conditions_of_the_trust_policy(condition: Any, context: Any, expected: str) -> None:
    # reference_policies_iam-condition-keys (Available keys for AWS STS); id_session-tags.
    role = trusting(admits(aws(ALICE), Condition=condition), tags=(("stage", "dev"),))
    found = world(identity(ALICE, tags=(("dept", "x"),)), role)
    assert told(found, ALICE, ASSUME, TARGET, context) == expected


def test_session_tags_and_source_identities_are_permissions_of_their_own() -> None:
    # id_session-tags (Permissions required to add session tags): sts:TagSession, in the trust policy.
    tags: dict[str, Value] = {"aws:RequestTag/team": "red", "aws:TagKeys": ("team",)}
    assert told(within(admits(aws(ALICE))), ALICE, "sts:TagSession", TARGET, tags) == "deny"
    assert (
        told(within(admits(aws(ALICE), [ASSUME, "sts:TagSession"])), ALICE, "sts:TagSession", TARGET, tags) == "allow"
    )
    assert (
        told(
            within(admits(aws(ALICE), "sts:Set*")), ALICE, "sts:SetSourceIdentity", TARGET, {"sts:SourceIdentity": "a"}
        )
        == "allow"
    )


def test_session_tags_take_the_place_of_the_tags_of_the_role() -> None:
    # id_session-tags: they override tags with the same key, regardless of case.
    role = identity(OTHER, tags=(("Team", "red"), ("Stage", "dev")))
    found = world(
        role,
        trusting(
            admits(
                aws(OTHER),
                Condition={"StringEquals": {"aws:PrincipalTag/team": "blue", "aws:PrincipalTag/stage": "dev"}},
            )
        ),
    )
    assert told(found, caller(OTHER), ASSUME) == "deny"
    assert told(found, caller(OTHER, tags=(("team", "blue"),)), ASSUME) == "allow"


def test_a_trust_policy_that_is_not_known_is_a_symbol() -> None:
    found = world(identity(ALICE, MAY_ASSUME), identity(TARGET))
    assert told(found, ALICE, ASSUME) == f"depends U3:trust:{TARGET}"
    outside = Estate((), (inventory(HOME, identity(ALICE, own("*"))),))
    assert told(outside, ALICE, ASSUME, PARTNER_TARGET) == f"depends U3:trust:{PARTNER_TARGET}"
    with pytest.raises(InputError, match="no arn:aws:iam::444455556666:role/target in the inventory"):
        ask(world(identity(ALICE), partner=()), ALICE, ASSUME, PARTNER_TARGET)


LINKED = f"arn:aws:iam::{PARTNER}:role/aws-service-role/ec2.amazonaws.com/AWSServiceRoleForEC2"


@pytest.mark.parametrize(
    ("who", "outcome"),
    [(ALICE, "deny"), ("ec2.amazonaws.com", f"depends U3:trust:{LINKED}"), ("lambda.amazonaws.com", "deny")],
)
def test_a_service_linked_role_is_assumed_by_its_service_alone(who: str, outcome: str) -> None:
    # using-service-linked-roles: only that service can assume the roles, and the ARN includes it.
    assert told(Estate((), (inventory(HOME, identity(ALICE, own("*"))),)), who, ASSUME, LINKED) == outcome


def test_a_service_assumes_the_roles_that_name_it() -> None:
    found = within(admits({"Service": LAMBDA}))
    assert told(found, LAMBDA, ASSUME) == "allow"
    assert told(found, "ec2.amazonaws.com", ASSUME) == "deny"
    assert told(found, ALICE, ASSUME) == "deny"
    # Which confused-deputy keys a service sends is not modelled.
    deputy = within(admits({"Service": LAMBDA}, Condition={"StringEquals": {"aws:SourceAccount": HOME}}))
    assert told(deputy, LAMBDA, ASSUME).startswith("depends U3:aws:sourceaccount")


# --- identities of providers ------------------------------------------------------------------------------------------

SUB = "token.actions.githubusercontent.com:sub"


def test_a_provider_that_the_trust_policy_names() -> None:
    # id_roles_create_for-idp_oidc; reference_policies_elements_principal (Federated user principals).
    found = within(admits({"Federated": GITHUB}, WEB))
    assert told(found, GITHUB, WEB) == "allow"
    assert told(found, "accounts.google.com", WEB) == "deny"
    assert told(found, ALICE, WEB) == "deny"
    assert told(found, GITHUB, SAML) == "deny"
    assert told(within(admits({"Federated": OKTA}, SAML)), OKTA, SAML) == "allow"
    assert told(within(admits({"Federated": "accounts.google.com"}, WEB)), "accounts.google.com", WEB) == "allow"
    assert told(world(trusting(admits({"Federated": GITHUB}, WEB), bars("*", WEB))), GITHUB, WEB) == "deny"


def test_e2w_an_identity_of_a_provider_has_no_keys_of_a_principal() -> None:
    # reference_policies_condition-keys, aws:PrincipalArn: of signed requests alone.
    found = within(admits({"Federated": GITHUB}, WEB))
    for key in ("aws:PrincipalArn", "aws:PrincipalTag/team", "aws:userid", "aws:TokenIssueTime"):
        (said,) = ask(found, GITHUB, WEB, TARGET, {key: "example"}).impossible
        assert said.startswith("E2w") and key.lower() in said
    assert ask(found, GITHUB, WEB, TARGET, {"aws:PrincipalIsAWSService": "false"}).impossible == ()


def test_each_kind_of_provider_has_its_own_operation() -> None:
    # STS API: AssumeRoleWithWebIdentity, AssumeRoleWithSAML.
    found = within(admits("*", "sts:*"), own("*"))
    asked = {
        who: [told(found, who, action) for action in (WEB, SAML, ASSUME)]
        for who in (GITHUB, OKTA, ALICE, "accounts.google.com")
    }
    assert asked == {
        GITHUB: ["allow", "deny", "deny"],
        OKTA: ["deny", "allow", "deny"],
        ALICE: ["deny", "deny", "allow"],
        "accounts.google.com": ["allow", "deny", "deny"],
    }


def test_what_a_session_has_from_its_provider_is_free() -> None:
    # reference_policies_iam-condition-keys, Cross-service SAML-based AWS STS federation context keys.
    role = trusting(admits(aws(OTHER, ALICE), Condition={"StringEquals": {"saml:sub": "x"}}))
    found = world(identity(ALICE), identity(OTHER), role)
    assert told(found, OTHER, ASSUME) == "depends U3:saml:sub U3:saml:sub:StringEquals:['x']"
    assert told(found, ALICE, ASSUME) == "deny"


def test_endpoints_of_kms_have_no_part() -> None:
    shut = endpoint(allow("*", "kms:Sign"))
    found = replace(within(admits(aws(ALICE))), endpoints=(shut,))
    assert told(found, ALICE, ASSUME, TARGET, {"aws:SourceVpce": shut.id}) == "allow"


def test_what_the_provider_says_is_free() -> None:
    condition = {"StringLike": {SUB: "repo:octo/*"}, "StringEquals": {SUB.replace("sub", "aud"): "sts.amazonaws.com"}}
    found = within(admits({"Federated": GITHUB}, WEB, Condition=condition))
    said = {SUB: "repo:octo/one", SUB.replace("sub", "aud"): "sts.amazonaws.com"}
    assert told(found, GITHUB, WEB, TARGET, said) == "allow"
    assert told(found, GITHUB, WEB, TARGET, {**said, SUB: "repo:evil/one"}) == "deny"
    assert told(found, GITHUB, WEB).startswith("depends U3:token.actions")


def test_a_provider_that_the_account_does_not_list_admits_nobody() -> None:
    role = trusting(admits({"Federated": GITHUB}, WEB))
    for providers, expected in ((None, "allow"), ((GITHUB,), "allow"), ((OKTA,), "deny"), ((), "deny")):
        assert told(Estate((), (inventory(HOME, role, providers=providers),)), GITHUB, WEB) == expected


def test_an_identity_of_a_provider_can_do_nothing_else() -> None:
    found = within(admits("*", "sts:*"))
    assert told(found, GITHUB, WEB) == "allow"
    assert told(found, GITHUB, ASSUME) == "deny"
    assert told(found, GITHUB, "sts:TagSession") == "allow"


def test_resource_control_policies_bind_identities_of_providers() -> None:
    denies = {"Effect": "Deny", "Principal": "*", "Action": WEB, "Resource": "*"}
    controls = organization(
        Controls(HOME, service=(level(HOME, own("kms:*")),), resource=(level(HOME, denies, kind=PolicyKind.RCP),))
    )
    found = within(admits({"Federated": GITHUB}, WEB))
    assert told(replace(found, organization=controls), GITHUB, WEB) == "deny"
    allowed = organization(Controls(HOME, service=(level(HOME, own("kms:*")),)))
    assert told(replace(found, organization=allowed), GITHUB, WEB) == "allow"


def test_the_trace_tells_each_gate() -> None:
    steps = ask(within(admits(aws(ROOT)), MAY_ASSUME), ALICE, ASSUME).trace
    gates = [(step.rule, step.text) for step in steps if step.depth == 0]
    assert ("P2", "the trust policy delegates to the caller's account") in gates
    assert gates[-1] == ("E2", "the trust policy admits the caller, and what else has to allow does")
    assert any(step.text.startswith("Allow statement 1 of trust policy trust") for step in steps)
