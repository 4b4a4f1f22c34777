"""Control policies, permissions boundaries and VPC endpoint policies, as `problem` reads them (D1, D4, D6, D7, R4, V,
F4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import (
    ALICE,
    HOME,
    KEY,
    PARTNER,
    PARTNER_ROLE,
    PARTNER_ROOT,
    REPORTS,
    ROOT,
    SAM,
    allow,
    aws,
    deny,
    estate,
    home,
    identity,
    own,
    policy,
)
from tests.problem.deciding import (
    FULL,
    LIMIT,
    MANAGEMENT,
    NO_DECRYPT,
    ONLY_ENCRYPT,
    SERVICE,
    bounded,
    control,
    decided,
    open_readings,
    organization,
)
from verifier.model.estate import Endpoint, Estate
from verifier.model.policy import PolicyKind
from verifier.model.unmodelled import Influence, Unmodelled

EVERYBODY = allow("*")
SERVICE_LINKED = f"arn:aws:iam::{HOME}:role/aws-service-role/ec2.amazonaws.com/AWSServiceRoleForEC2"
ALIAS = f"arn:aws:kms:us-west-2:{HOME}:alias/payments"


def under(service: Any = None, resource: Any = None, found: Estate | None = None, **rest: Any) -> Estate:
    """An estate in an organization, whose key policy lets everybody do everything unless said otherwise."""
    base = found or estate(EVERYBODY)
    return replace(base, organization=organization(service, resource, **rest))


FULL_ACCESS = control(FULL, name="FullAWSAccess")

# -- service control policies --


def test_d7_every_level_of_scps_must_allow() -> None:
    narrow = control(ONLY_ENCRYPT, name="narrow")
    assert decided(under([[FULL_ACCESS], [FULL_ACCESS]]), ALICE) == "allow"
    assert decided(under([[FULL_ACCESS], [narrow]]), ALICE) == "deny"
    assert decided(under([[narrow], [FULL_ACCESS]]), ALICE) == "deny"
    assert decided(under([[FULL_ACCESS], [narrow]]), ALICE, "kms:Encrypt") == "allow"


def test_d7_the_policies_of_one_level_are_united() -> None:
    narrow = control(ONLY_ENCRYPT, name="narrow")
    assert decided(under([[narrow, FULL_ACCESS]]), ALICE) == "allow"


def test_d7_levels_that_allow_different_things_allow_nothing_together() -> None:
    one, other = control(ONLY_ENCRYPT, name="one"), control({**ONLY_ENCRYPT, "Action": "kms:Decrypt"}, name="other")
    assert decided(under([[one], [other]]), ALICE) == decided(under([[one], [other]]), ALICE, "kms:Encrypt") == "deny"


def test_d7_a_level_without_policies_allows_nothing_and_absent_levels_everything() -> None:
    assert decided(under([[FULL_ACCESS], []]), ALICE) == "deny"
    assert decided(under(None), ALICE) == "allow"


def test_d1_a_deny_of_an_scp_at_any_level_refuses() -> None:
    assert decided(under([[FULL_ACCESS, control(NO_DECRYPT)], [FULL_ACCESS]]), ALICE) == "deny"
    assert decided(under([[FULL_ACCESS], [FULL_ACCESS, control(NO_DECRYPT)]]), ALICE) == "deny"


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (ALICE, "deny"),
        (ROOT, "deny"),
        (REPORTS, "deny"),
        (SERVICE_LINKED, "allow"),
        (SERVICE, "allow"),
        (PARTNER_ROOT, "allow"),
    ],
)
def test_d6_d7_whom_scps_bind(who: str, expected: str) -> None:
    """Root users are bound (D5); service-linked roles, service principals and accounts outside are not."""
    found = replace(
        estate(EVERYBODY, accounts=(home(identity(SERVICE_LINKED, own())),)), organization=organization([[]])
    )
    assert decided(found, who) == expected
    assert decided(replace(found, organization=organization([[FULL_ACCESS, control(NO_DECRYPT)]])), who) == expected


def test_d7_callers_of_the_management_account_are_not_bound() -> None:
    given = organization([[control(NO_DECRYPT)]], accounts=(HOME, MANAGEMENT))
    found = replace(estate(EVERYBODY), organization=given)
    assert decided(found, f"arn:aws:iam::{MANAGEMENT}:root") == "allow"
    assert (
        decided(
            replace(found, organization=replace(given, management_account=PARTNER)), f"arn:aws:iam::{MANAGEMENT}:root"
        )
        == "deny"
    )


def test_d3_the_scps_of_the_callers_account_count_not_those_of_the_keys() -> None:
    found = under([[FULL_ACCESS, control(NO_DECRYPT)]], accounts=(PARTNER,))
    assert decided(found, PARTNER_ROOT) == "deny"
    assert decided(found, ALICE) == "allow"


def test_d9_scps_bind_operations_without_a_key() -> None:
    found = estate(EVERYBODY, accounts=(home(identity(ALICE, own("kms:*"))),))
    assert decided(found, ALICE, "kms:CreateKey", resource=None) == "allow"
    for levels, expected in (([[]], "deny"), ([[FULL_ACCESS]], "allow")):
        assert (
            decided(replace(found, organization=organization(levels)), ALICE, "kms:CreateKey", resource=None)
            == expected
        )


def test_l6_a_short_resource_is_filled_up_in_boundaries_and_not_in_control_policies() -> None:
    short = {**NO_DECRYPT, "Resource": "arn:aws:kms"}
    assert decided(under([[FULL_ACCESS, control(short)]]), ALICE) == "allow"
    limit = policy(FULL, short, kind=PolicyKind.BOUNDARY, identity="limit")
    assert decided(estate(allow(aws(ALICE)), accounts=(home(bounded(ALICE, own(), limit)),)), ALICE) == "deny"


def test_f8_tags_of_the_key_are_readable_outside_of_key_policies() -> None:
    tagged = {**NO_DECRYPT, "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}}
    assert decided(under([[FULL_ACCESS, control(tagged)]]), ALICE, F8=False) == "deny"
    assert decided(estate(allow(), deny(Condition=tagged["Condition"])), ALICE, F8=False) == "allow"


# -- resource control policies --


def rcp(*statements: Any) -> list[list[Any]]:
    return [[control(*statements, kind=PolicyKind.RCP, name="rcp")]]


@pytest.mark.parametrize(
    ("who", "expected"),
    [(ALICE, "deny"), (ROOT, "deny"), (SERVICE, "deny"), (PARTNER_ROOT, "deny"), (SERVICE_LINKED, "allow")],
)
def test_d6_d7_whom_rcps_bind(who: str, expected: str) -> None:
    """Everybody who asks for the resource, service principals and other accounts among them; not service-linked
    roles."""
    found = estate(EVERYBODY, accounts=(home(identity(SERVICE_LINKED, own())),))
    assert decided(under(None, rcp(NO_DECRYPT), found), who) == expected


def test_d7_which_keys_rcps_bind() -> None:
    assert decided(under(None, rcp(NO_DECRYPT), management=HOME), ALICE) == "allow"
    assert decided(under(None, rcp(NO_DECRYPT), estate(EVERYBODY, manager="AWS")), ALICE) == "allow"
    assert decided(under(None, rcp(NO_DECRYPT), accounts=(PARTNER,)), PARTNER_ROOT) == "allow"


def test_d7_rcps_have_no_effect_on_retiring_grants() -> None:
    everything = {**NO_DECRYPT, "Action": "*"}
    assert decided(under(None, rcp(everything)), ROOT, "kms:RetireGrant") == "allow"
    assert decided(under(None, rcp(everything)), ROOT, "kms:RevokeGrant") == "deny"


def test_r4_rcps_on_operations_on_an_alias_are_a_reading() -> None:
    found = under(None, rcp({**NO_DECRYPT, "Action": "*"}), estate(EVERYBODY, accounts=(home(identity(ALICE, own())),)))
    assert decided(found, ALICE, "kms:DeleteAlias", resource=ALIAS) == "allow"
    assert decided(found, ALICE, "kms:DeleteAlias", resource=ALIAS, R4=True) == "deny"


def test_d9_rcps_on_operations_without_a_key_are_a_reading() -> None:
    may = estate(EVERYBODY, accounts=(home(identity(ALICE, own())),))
    found, where = under(None, rcp({**NO_DECRYPT, "Action": "*"}), may), {"aws:RequestedRegion": "us-west-2"}
    assert decided(found, ALICE, "kms:ListKeys", where, resource=None, D9_rcp=False) == "allow"
    assert decided(found, ALICE, "kms:ListKeys", where, resource=None, D9_rcp=True) == "deny"


# -- permissions boundaries --

BOUNDED = (home(bounded(ALICE, own(), LIMIT), bounded(f"arn:aws:iam::{HOME}:role/reports", own(), LIMIT)),)
ROLE = f"arn:aws:iam::{HOME}:role/reports"


@pytest.mark.parametrize(
    ("statement", "who", "expected"),
    [
        (allow(aws(ALICE)), ALICE, "allow"),
        (allow(aws(ROLE)), ROLE, "deny"),
        (allow(aws(f"arn:aws:sts::{HOME}:assumed-role/reports/session")), ROLE, "allow"),
        (allow(aws(ROOT)), ALICE, "deny"),
        (allow("*"), ALICE, "allow"),
    ],
)
def test_d4_what_the_absence_of_an_allow_in_a_boundary_limits(statement: Any, who: str, expected: str) -> None:
    """A grant to the user or session itself is not limited, one to its role or account is; `*` is the reading D4 (at
    no)."""
    assert decided(estate(statement, accounts=BOUNDED), who) == expected
    assert decided(estate(statement, accounts=BOUNDED), who, "kms:Encrypt") == "allow"


def test_d4_everyone_is_a_reading() -> None:
    assert decided(estate(allow("*"), accounts=BOUNDED), ALICE, D4=True) == "deny"
    assert decided(estate(allow("*"), accounts=BOUNDED), ALICE, "kms:Encrypt", D4=True) == "allow"


@pytest.mark.parametrize(
    ("operator", "key", "limited"),
    [
        ("StringEquals", "aws:PrincipalArn", False),
        ("StringLike", "AWS:principalARN", False),
        ("ArnLike", "aws:PrincipalArn", False),
        ("StringEqualsIfExists", "aws:PrincipalArn", True),
        ("StringNotLike", "aws:PrincipalArn", True),
        ("StringEquals", "aws:PrincipalAccount", True),
    ],
)
@pytest.mark.parametrize("everyone", ["*", {"AWS": "*"}])
def test_d4_everyone_chosen_by_arn_is_not_limited(operator: str, key: str, limited: bool, everyone: Any) -> None:
    value = HOME if key.endswith("Account") else "arn:none" if "Not" in operator else ROLE
    found = estate(allow(everyone, Condition={operator: {key: value}}), accounts=BOUNDED)
    assert decided(found, ROLE, D4=True) == ("deny" if limited else "allow")
    assert decided(found, ROLE) == "allow"


def test_d4_an_account_chosen_by_arn_is_still_limited() -> None:
    found = estate(allow(aws(ROOT), Condition={"StringEquals": {"aws:PrincipalArn": ROLE}}), accounts=BOUNDED)
    assert decided(found, ROLE) == "deny"


def test_d1_a_deny_of_a_boundary_bites_even_who_is_named() -> None:
    limit = policy(FULL, NO_DECRYPT, kind=PolicyKind.BOUNDARY, identity="limit")
    found = estate(allow(aws(ALICE)), accounts=(home(bounded(ALICE, own(), limit)),))
    assert decided(found, ALICE) == "deny"
    assert decided(found, SAM, issuer=ALICE, U2=True) == "deny"
    assert decided(found, ALICE, "kms:Encrypt") == "allow"


def test_d4_a_federated_session_is_limited_by_its_users_boundary() -> None:
    found = estate(allow(aws(ALICE)), accounts=BOUNDED)
    assert decided(found, SAM, issuer=ALICE, U2=True) == "deny"
    assert decided(found, SAM, "kms:Encrypt", issuer=ALICE, U2=True) == "allow"
    assert decided(estate(allow(aws(SAM)), accounts=BOUNDED), SAM, issuer=ALICE) == "allow"


def test_d3_a_boundary_always_limits_in_another_account() -> None:
    other = (home(), home(bounded(PARTNER_ROLE, own(), LIMIT), account=PARTNER))
    assert decided(estate(allow(aws(PARTNER_ROLE)), accounts=other), PARTNER_ROLE) == "deny"
    assert decided(estate(allow(aws(PARTNER_ROLE)), accounts=other), PARTNER_ROLE, "kms:Encrypt") == "allow"


# -- VPC endpoints --

VPCE, OTHER_VPCE = {"aws:SourceVpce": "vpce-0a1b2c3d"}, {"aws:SourceVpce": "vpce-99999999"}


def behind(*statements: Any, **unmodelled: Any) -> Estate:
    document = policy(*statements, kind=PolicyKind.ENDPOINT, identity="vpce-0a1b2c3d") if statements else None
    endpoint = Endpoint("vpce-0a1b2c3d", "us-west-2", "vpc-0123abcd", HOME, document)
    found = estate(EVERYBODY, accounts=(home(), home(identity(PARTNER_ROLE, own()), account=PARTNER)), **unmodelled)
    return replace(found, endpoints=(endpoint,))


def test_v_the_policy_of_the_endpoint_that_a_request_comes_through_must_allow() -> None:
    found = behind(allow("*", "kms:Encrypt"))
    assert decided(found, ALICE, context=VPCE) == "deny"
    assert decided(found, ALICE, "kms:Encrypt", VPCE) == "allow"
    assert decided(found, ALICE, context=OTHER_VPCE) == decided(found, ALICE) == "allow"


def test_v_a_deny_of_the_endpoint_refuses() -> None:
    found = behind(allow("*"), deny(aws(HOME), "kms:Decrypt"))
    assert decided(found, ALICE, context=VPCE) == "deny"
    assert decided(found, PARTNER_ROLE, context=VPCE) == "allow"
    assert decided(found, ALICE, context=OTHER_VPCE) == "allow"


def test_v_an_account_as_a_principal_is_a_reading_but_for_its_root_user() -> None:
    found = behind(allow(aws(ROOT)))
    assert decided(found, ROOT, context=VPCE) == "allow"
    assert decided(found, ALICE, context=VPCE) == "deny"
    assert decided(found, ALICE, context=VPCE, V_account=True) == "allow"
    assert decided(found, PARTNER_ROLE, context=VPCE, V_account=True) == "deny"


def test_d6_an_endpoint_and_a_service_principal_are_a_reading() -> None:
    found = behind(allow(aws(ALICE)), deny({"Service": SERVICE}, "kms:Encrypt"))
    assert decided(found, SERVICE, context=VPCE) == decided(found, SERVICE, "kms:Encrypt", VPCE) == "allow"
    assert (
        decided(found, SERVICE, context=VPCE, D6=True)
        == decided(found, SERVICE, "kms:Encrypt", VPCE, D6=True)
        == "deny"
    )
    assert decided(behind(allow({"Service": SERVICE})), SERVICE, context=VPCE, D6=True) == "allow"


def test_s1_an_endpoint_whose_policy_is_missing_may_refuse_what_comes_through_it() -> None:
    missing = Unmodelled("endpoint", "V", Influence.MAY_REFUSE, "the policy of an endpoint", endpoint="vpce-0a1b2c3d")
    found = behind(unmodelled=(missing,))
    assert decided(found, ALICE, context=VPCE) == "depends"
    assert decided(found, ALICE, context=OTHER_VPCE) == decided(found, ALICE) == "allow"


def test_s2_readings_that_decide_are_told() -> None:
    assert open_readings(behind(allow(aws(ROOT))), ALICE, context=VPCE) == "depends"
    assert open_readings(behind(allow(aws(ROOT))), ROOT, context=VPCE) == "allow"


# -- what is missing --


def test_r4_a_missing_resource_control_policy_bears_on_the_keys_and_aliases_of_its_account() -> None:
    missing = Unmodelled("rcp", "D7", Influence.MAY_REFUSE, "an RCP", owner=HOME)
    can = home(identity(ALICE, own()))
    found = estate(allow(aws(ALICE)), accounts=(can,), unmodelled=(missing,))
    elsewhere = replace(found, unmodelled=(replace(missing, owner=PARTNER),))
    for resource, action in ((KEY, "kms:Decrypt"), (ALIAS, "kms:CreateAlias")):
        assert decided(found, ALICE, action, resource=resource, R4=True) == "depends", resource
        assert decided(elsewhere, ALICE, action, resource=resource, R4=True) == "allow", resource
    assert decided(found, ALICE, "kms:CreateAlias", resource=ALIAS, R4=False) == "allow"
    for whose, held, expected in ((found, False, "allow"), (found, True, "depends"), (elsewhere, True, "allow")):
        where = {"aws:RequestedRegion": "us-west-2"}
        assert decided(whose, ALICE, "kms:ListKeys", where, resource=None, D9_rcp=held) == expected
    managed = replace(found, keys=(replace(found.keys[0], manager="AWS"),))
    assert decided(managed, ALICE) == "allow"
