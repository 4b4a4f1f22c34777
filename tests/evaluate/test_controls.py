"""D7, D6, R4: service and resource control policies. Argued from the Organizations and IAM guides (SCPs, RCPs,
evaluation logic)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import (
    ALIAS,
    ALICE,
    HOME,
    MANAGEMENT,
    PARTNER,
    PARTNER_ROLE,
    PARTNER_SESSION,
    ROOT,
    S3,
    allow,
    aws,
    decide,
    deny,
    estate,
    grant,
    home,
    identity,
    level,
    managing,
    organization,
    outcome,
    own,
)
from verifier.model.estate import Estate
from verifier.model.organization import Controls, Level, Organization
from verifier.model.policy import PolicyKind

ALL = own("*")
LINKED = f"arn:aws:iam::{HOME}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS"
LINKED_SESSION = f"arn:aws:sts::{HOME}:assumed-role/AWSServiceRoleForRDS/s"
NO_DECRYPT = own("kms:Decrypt", effect="Deny")


def governed(*controls: Controls, **rest: Any) -> Estate:
    """A key that everyone may use, in an organization with these control policies."""
    statement = rest.pop("statement", allow("*"))
    everyone = (
        home(identity(LINKED, own()), identity(ALICE, own())),
        home(identity(PARTNER_ROLE, own()), account=PARTNER),
    )
    found = estate(statement, accounts=rest.pop("accounts", everyone), **rest)
    return replace(found, organization=organization(*controls))


def service(*levels: Level, account: str = HOME) -> Controls:
    return Controls(account, service=levels)


def rcp(*statements: dict[str, Any], name: str = "r-ab12") -> Level:
    return level(name, *statements, kind=PolicyKind.RCP)


def resource(*statements: dict[str, Any], account: str = HOME) -> Controls:
    return Controls(account, resource=(rcp(*statements),))


DENY_DECRYPT = deny("*", "kms:Decrypt")


def test_d7_every_level_must_allow() -> None:
    # SCP evaluation: "there must be an explicit Allow statement at every level from the root through each OU …
    # including the account".
    root, unit, last = level("r-ab12", ALL), level("ou-ab12-11111111", own("kms:Decrypt")), level(HOME, ALL)
    found = governed(service(root, unit, last))
    assert [outcome(found), outcome(found, action="kms:Encrypt")] == ["allow", "deny"]
    assert outcome(governed(service(root, level("ou-ab12-11111111"), last))) == "deny"
    assert outcome(governed(service(root, unit))) == "allow"


def test_d7_policies_of_one_level_are_a_union() -> None:
    one, other = level("r-ab12", own("kms:Encrypt")).policies, level("r-ab12#2", own("kms:Decrypt")).policies
    assert outcome(governed(service(Level("r-ab12", (*one, *other))))) == "allow"


@pytest.mark.parametrize("place", range(3))
def test_d1_a_deny_at_any_level(place: int) -> None:
    names = ("r-ab12", "ou-ab12-11111111", HOME)
    levels = tuple(level(name, ALL, *([NO_DECRYPT] if at == place else [])) for at, name in enumerate(names))
    assert [outcome(governed(service(*levels)), action=action) for action in ("kms:Decrypt", "kms:Encrypt")] == [
        "deny",
        "allow",
    ]


def test_d7_scps_follow_the_callers_account() -> None:
    # "SCPs apply to principals of the account where the SCPs are attached", whoever's key it is.
    found = governed(service(level("r-ab12", ALL, NO_DECRYPT)))
    assert [outcome(found), outcome(found, PARTNER_SESSION), outcome(found, ROOT)] == ["deny", "allow", "deny"]
    abroad = governed(service(level("r-ab12", ALL, NO_DECRYPT), account=PARTNER))
    assert [outcome(abroad), outcome(abroad, PARTNER_SESSION)] == ["allow", "deny"]


def test_d7_scps_bind_a_grantee_and_operations_without_a_key() -> None:
    # SCPs limit every permission of a member account's callers.
    found = governed(service(level("r-ab12", own("kms:ListKeys"))), grants=(grant(ALICE, "Decrypt"),))
    assert [outcome(found), outcome(found, action="kms:ListKeys", resource=None)] == ["deny", "allow"]
    assert outcome(found, action="kms:ListAliases", resource=None) == "deny"


@pytest.mark.parametrize("controls", [service(level("r-ab12")), service(level("r-ab12", ALL, NO_DECRYPT))])
def test_d7_who_is_exempt_from_scps(controls: Controls) -> None:
    # "SCPs don't affect users or roles in the management account", nor service-linked roles; from their Allows and
    # their Denies alike.
    found = governed(controls)
    assert [outcome(found, who) for who in (ALICE, LINKED_SESSION, S3)] == ["deny", "allow", "allow"]
    assert outcome(managing(found)) == "allow"


def test_d7_scp_conditions_and_resources() -> None:
    there = {"StringEquals": {"aws:RequestedRegion": "us-west-2"}}
    elsewhere = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    for condition, expected in ((there, "deny"), (elsewhere, "allow")):
        refusal = own("kms:*", effect="Deny", Condition=condition)
        assert outcome(governed(service(level("r-ab12", ALL, refusal)))) == expected
    # L6: in an SCP a Resource with fewer than six fields matches nothing.
    assert outcome(governed(service(level("r-ab12", own("*", "arn:aws:kms"))))) == "deny"
    assert outcome(governed(service(level("r-ab12", own("*", "arn:aws:kms:*:*:key/*"))))) == "allow"


def test_d7_rcps_follow_the_keys_account() -> None:
    # RCPs restrict resources of member accounts, to callers within and outside the organization.
    found = governed(resource(DENY_DECRYPT))
    assert [outcome(found), outcome(found, PARTNER_SESSION), outcome(found, action="kms:Encrypt")] == [
        "deny",
        "deny",
        "allow",
    ]
    assert outcome(governed(resource(DENY_DECRYPT, account=PARTNER)), PARTNER_SESSION) == "allow"


def test_d7_rcp_full_access_is_always_attached() -> None:
    # RCPFullAWSAccess is attached to the root, every OU and every account; it cannot be detached.
    assert outcome(governed(Controls(HOME, resource=(rcp(), rcp(name=HOME))))) == "allow"


def test_d6_rcps_bind_services_and_not_service_linked_roles() -> None:
    found = governed(resource(DENY_DECRYPT))
    assert [outcome(found, S3), outcome(found, LINKED_SESSION)] == ["deny", "allow"]


def test_d7_what_rcps_do_not_restrict() -> None:
    # "RCPs don't restrict … AWS managed KMS keys", "have no effect on kms:RetireGrant", nor resources of the management
    # account.
    assert outcome(governed(resource(DENY_DECRYPT), manager="AWS")) == "allow"
    everything = {**DENY_DECRYPT, "Action": "kms:*"}
    retiring = governed(resource(everything), grants=(grant(ALICE, "RetireGrant"),))
    assert [outcome(retiring, action=f"kms:{name}") for name in ("RetireGrant", "RevokeGrant")] == ["allow", "deny"]
    assert outcome(managing(governed(resource(DENY_DECRYPT)))) == "allow"


def test_d9_rcps_on_operations_without_a_resource_are_open() -> None:
    # Editions of the Organizations guide differ on whether those over the caller's account apply.
    everything = resource({**DENY_DECRYPT, "Action": "*"})
    assert outcome(governed(everything), action="kms:ListKeys", resource=None) == "depends D9-rcp"
    assert outcome(managing(governed(everything)), action="kms:ListKeys", resource=None) == "allow"
    assert outcome(governed(resource(DENY_DECRYPT)), action="kms:ListKeys", resource=None) == "allow"


def test_r4_rcps_on_aliases_are_open() -> None:
    # The Organizations guide lists KMS keys; whether an alias is meant is not said.
    found = governed(resource({**DENY_DECRYPT, "Action": "kms:*"}))
    assert outcome(found, action="kms:DeleteAlias", resource=ALIAS) == "depends R4"
    assert outcome(found, action="kms:DeleteAlias") == "deny"
    assert outcome(governed(resource(DENY_DECRYPT)), action="kms:DeleteAlias", resource=ALIAS) == "allow"


def test_d7_control_policies_that_are_not_given_restrict_nothing() -> None:
    assert outcome(governed()) == "allow"
    assert outcome(governed(Controls(HOME))) == "allow"
    assert outcome(replace(governed(), organization=Organization("o-a1b2c3d4e5", MANAGEMENT, ()))) == "allow"


def test_d7_the_same_policy_at_two_levels() -> None:
    # A trace shows a Deny once, though it stands at two levels.
    same = level("r-ab12", ALL, NO_DECRYPT).policies
    found = governed(service(Level("r-ab12", same), Level(HOME, same)), statement=allow(aws(ALICE)))
    denies = [
        step
        for step in decide(found).trace
        if step.depth == 1 and step.statement and step.statement.effect.value == "Deny"
    ]
    assert len(denies) == 1 and denies[0].holds
