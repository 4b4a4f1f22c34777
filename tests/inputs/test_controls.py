"""The control policies over each account (D7)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.inputs.samples import ACCOUNT, KEY, assert_only, key, metadata, place
from tests.inputs.test_organization import (
    DESCRIBED,
    INNER,
    MANAGEMENT,
    PARTNER,
    PATH,
    ROOT,
    UNIT,
    control,
    described,
    organization,
    parent,
    read,
    refused,
    targets,
)  # fmt: skip
from verifier.model.estate import Estate
from verifier.model.organization import Controls
from verifier.model.policy import Effect, PolicyKind
from verifier.model.unmodelled import Influence

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
FULL, RCP_FULL = "p-FullAWSAccess", "p-RCPFullAWSAccess"
EVERYWHERE = (ROOT, UNIT, INNER, MANAGEMENT, ACCOUNT, PARTNER)
PARENTS = {
    ACCOUNT: parent(INNER),
    INNER: parent(UNIT),
    UNIT: parent(ROOT),
    MANAGEMENT: parent(ROOT),
    PARTNER: parent(ROOT),
}
RESOURCE_DENY = json.dumps({"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}]})
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]})


def full(*identifiers: str) -> dict[str, Any]:
    """AWS's own SCP and where it is attached, without its document."""
    return control(FULL, None, targets=targets(*(identifiers or EVERYWHERE)))


def controls(estate: Estate, account: str = ACCOUNT) -> Controls:
    assert estate.organization is not None
    (found,) = (each for each in estate.organization.controls if each.account == account)
    return found


def names(levels: Any) -> list[tuple[str, list[str]]]:
    return [(level.name, [policy.name for policy in level.policies]) for level in levels]


def test_d7_levels_from_the_root_to_the_account(tmp_path: Path) -> None:
    policies = [full(), control("p-deny", targets=targets(UNIT, PARTNER)), control("p-other", targets=targets(INNER))]
    estate = read(tmp_path, organization(parents=PARENTS, policies=policies))
    assert names(controls(estate).service) == [
        (ROOT, ["FullAWSAccess"]),
        (UNIT, ["FullAWSAccess", "Deny"]),
        (INNER, ["FullAWSAccess", "Other"]),
        (ACCOUNT, ["FullAWSAccess"]),
    ]
    assert names(controls(estate, PARTNER).service) == [(ROOT, ["FullAWSAccess"]), (PARTNER, ["FullAWSAccess", "Deny"])]
    assert names(controls(estate, MANAGEMENT).service) == [(ROOT, ["FullAWSAccess"]), (MANAGEMENT, ["FullAWSAccess"])]
    assert controls(estate).resource is None
    assert (estate.unmodelled, estate.warnings) == ((), ())


def test_d7_full_aws_access_has_its_document(tmp_path: Path) -> None:
    estate = read(tmp_path, organization(parents=PARENTS, policies=[full()]))
    (policy,) = (controls(estate).service or ())[0].policies
    (statement,) = policy.statements
    assert (policy.kind, statement.effect, statement.principals, statement.conditions) == (
        PolicyKind.SCP,
        Effect.ALLOW,
        None,
        (),
    )
    assert [text.value for text in (*(statement.actions or ()), *(statement.resources or ()))] == ["*", "*"]


def test_d7_raw_outputs_are_the_same_as_pairs(tmp_path: Path) -> None:
    listed = {
        SCP: {
            "Policies": [{"Id": FULL, "Type": SCP, "AwsManaged": True}, {"Id": "p-deny", "Name": "Deny", "Type": SCP}]
        },
        RCP: {"Policies": [{"Id": RCP_FULL, "Type": RCP, "AwsManaged": True}]},
    }
    where = {FULL: targets(*EVERYWHERE), "p-deny": targets(UNIT)}
    pairs = read(tmp_path, organization(parents=PARENTS, policies=[full(), control("p-deny", targets=targets(UNIT))]))
    for document in (
        {"p-deny": described("p-deny")},
        [described("p-deny")],
        described("p-deny"),
        [described("p-deny")["Policy"]],
    ):
        raw = read(
            tmp_path, organization(parents=PARENTS, list_policies=listed, describe_policy=document, targets=where)
        )
        assert names(controls(raw).service) == names(controls(pairs).service)
        assert names(controls(raw).resource) == [(ROOT, []), (UNIT, []), (INNER, []), (ACCOUNT, [])]
        assert raw.unmodelled == ()


def test_d7_resource_control_policies(tmp_path: Path) -> None:
    policies = [
        control(RCP_FULL, None, RCP, targets=targets(*EVERYWHERE)),
        control("p-rcp", RESOURCE_DENY, RCP, targets=targets(UNIT)),
        control("p-tags", "{}", "TAG_POLICY", targets=targets(UNIT)),
    ]
    estate = read(tmp_path, organization(parents=PARENTS, policies=policies))
    assert names(controls(estate).resource) == [(ROOT, []), (UNIT, ["Rcp"]), (INNER, []), (ACCOUNT, [])]
    assert (controls(estate).resource or ())[1].policies[0].kind is PolicyKind.RCP
    assert controls(estate).service is None
    assert estate.unmodelled == ()


def test_d7_nothing_given_is_no_controls(tmp_path: Path) -> None:
    found = read(tmp_path, organization(parents=PARENTS, policies=[control("p-tags", "{}", "TAG_POLICY")])).organization
    assert found is not None and found.controls == ()


def test_d7_a_listing_without_policies_is_given(tmp_path: Path) -> None:
    listed = {SCP: {"Policies": [{"Id": FULL, "Type": SCP}]}, RCP: {"Policies": []}}
    estate = read(tmp_path, organization(parents=PARENTS, list_policies=listed, targets={FULL: targets(*EVERYWHERE)}))
    assert names(controls(estate).resource) == [(ROOT, []), (UNIT, []), (INNER, []), (ACCOUNT, [])]
    assert estate.unmodelled == ()


def test_d7_a_type_that_is_not_enabled_restricts_nothing(tmp_path: Path) -> None:
    roots = {"Roots": [{"Id": ROOT, "PolicyTypes": [{"Type": RCP, "Status": "ENABLED"}]}]}
    estate = read(tmp_path, organization(roots=roots, list_policies={SCP: {"Policies": [{"Id": FULL, "Type": SCP}]}}))
    assert (controls(estate).service, controls(estate).resource) == ((), None)
    assert estate.unmodelled == ()
    attached = organization(roots=roots, policies=[control(targets=targets(ROOT))])
    assert (
        assert_only(refused(tmp_path, attached), "is attached, but SERVICE_CONTROL_POLICY is not enabled").rule == "D7"
    )


def test_d7_an_organization_of_consolidated_billing_has_no_policies(tmp_path: Path) -> None:
    billed = {"Organization": DESCRIBED["Organization"] | {"FeatureSet": "CONSOLIDATED_BILLING"}}
    none = organization(describe_organization=billed, list_policies={SCP: {"Policies": [{"Id": FULL, "Type": SCP}]}})
    assert controls(read(tmp_path, none)).service == ()
    attached = organization(describe_organization=billed, policies=[control(targets=targets(ROOT))])
    assert_only(refused(tmp_path, attached), "is attached, but SERVICE_CONTROL_POLICY is not enabled")


@pytest.mark.parametrize("status", ["PENDING_ENABLE", "PENDING_DISABLE"])
def test_d7_a_type_that_is_about_to_change_is_neither_enabled_nor_not(tmp_path: Path, status: str) -> None:
    roots = {"Roots": [{"Id": ROOT, "PolicyTypes": [{"Type": SCP, "Status": status}]}]}
    found = refused(tmp_path, organization(roots=roots, policies=[control(targets=targets(ROOT))]))
    assert_only(found, f"`{status}` is not `ENABLED`")


def test_d7_whether_other_types_are_about_to_change_decides_nothing(tmp_path: Path) -> None:
    types = [{"Type": SCP, "Status": "ENABLED"}, {"Type": "TAG_POLICY", "Status": "PENDING_ENABLE"}]
    roots = {"Roots": [{"Id": ROOT, "PolicyTypes": types}]}
    attached = organization(roots=roots, parents=PARENTS, policies=[full(*EVERYWHERE)])
    assert names(controls(read(tmp_path, attached)).service)[0] == (ROOT, ["FullAWSAccess"])


def test_u3_a_document_that_is_missing_may_refuse(tmp_path: Path) -> None:
    policies = [
        full(ROOT, UNIT, INNER, MANAGEMENT, PARTNER),
        control("p-deny", None, targets=targets(ACCOUNT, MANAGEMENT)),
    ]
    estate = read(tmp_path, organization(parents=PARENTS, policies=policies))
    assert names(controls(estate).service)[-1] == (ACCOUNT, ["FullAWSAccess"])
    (thing,) = estate.unmodelled
    assert (thing.name.partition(" (")[0], thing.label, thing.influence) == (
        f"service control policies of {ACCOUNT}",
        "D7",
        Influence.MAY_REFUSE,
    )
    assert (thing.account, thing.key, thing.principal) == (ACCOUNT, None, None)
    warning = assert_only(estate.warnings, "the document of Deny (p-deny) is not in the input")
    assert warning.hint == "give describe-policy --policy-id p-deny in `describe_policy`"
    assert place(warning) > (1, 1)


def test_d7_a_level_without_an_scp_is_a_gap_of_the_input(tmp_path: Path) -> None:
    estate = read(tmp_path, organization(parents=PARENTS, policies=[full(ROOT, INNER, ACCOUNT, MANAGEMENT, PARTNER)]))
    assert names(controls(estate).service)[1] == (UNIT, ["FullAWSAccess"])
    assert [thing.account for thing in estate.unmodelled] == [ACCOUNT]
    assert_only(estate.warnings, f"no service control policy of {UNIT} is in the input")


def test_d7_an_scp_that_only_allows_replaces_full_access(tmp_path: Path) -> None:
    policies = [full(ROOT, INNER, ACCOUNT, MANAGEMENT, PARTNER), control("p-kms", ALLOW, targets=targets(UNIT))]
    estate = read(tmp_path, organization(parents=PARENTS, policies=policies))
    assert names(controls(estate).service)[1] == (UNIT, ["Kms"])
    assert estate.unmodelled == ()


def test_d7_without_full_aws_access_its_places_are_not_known(tmp_path: Path) -> None:
    estate = read(tmp_path, organization(parents=PARENTS, policies=[control(targets=targets(UNIT))]))
    assert names(controls(estate).service)[:2] == [(ROOT, ["FullAWSAccess"]), (UNIT, ["Deny", "FullAWSAccess"])]
    assert [thing.account for thing in estate.unmodelled] == [ACCOUNT, PARTNER]
    warning = assert_only(estate.warnings, "which levels p-FullAWSAccess is attached to is not in the input")
    assert "444455556666" in warning.message
    assert warning.hint == "give list-targets-for-policy --policy-id p-FullAWSAccess in `targets`"


@pytest.mark.parametrize("identifier", ["p-deny", FULL])
def test_d7_a_policy_without_targets_may_be_anywhere(tmp_path: Path, identifier: str) -> None:
    policies = [control(identifier, None)] if identifier == FULL else [full(), control(identifier)]
    estate = read(tmp_path, organization(parents=PARENTS, policies=policies))
    assert [policy for _, policy in names(controls(estate).service)] == [["FullAWSAccess"]] * 4
    assert [thing.account for thing in estate.unmodelled] == [ACCOUNT, PARTNER]
    assert_only(estate.warnings, "is attached to is not in the input")


def test_d7_without_a_path_what_is_between_is_not_known(tmp_path: Path) -> None:
    policies = [full(), control("p-deny", targets=targets(UNIT)), control("p-root", targets=targets(ROOT))]
    estate = read(tmp_path, organization(policies=policies))
    assert names(controls(estate).service) == [(ROOT, ["FullAWSAccess", "Root"]), (ACCOUNT, ["FullAWSAccess"])]
    assert [(thing.account, thing.influence) for thing in estate.unmodelled] == [
        (ACCOUNT, Influence.MAY_REFUSE),
        (PARTNER, Influence.MAY_REFUSE),
    ]
    warning = assert_only(
        estate.warnings,
        f"which OUs an account is in is not in the input: verdicts that service control policies of {ACCOUNT}",
    )
    assert "list-parents" in (warning.hint or "")


def test_d7_without_a_path_nothing_is_missing_if_no_ou_restricts(tmp_path: Path) -> None:
    assert (
        read(tmp_path, organization(policies=[full(), control("p-root", targets=targets(ROOT, PARTNER))])).unmodelled
        == ()
    )
    rootless = read(tmp_path, organization(policies=[full(ACCOUNT, PARTNER, MANAGEMENT)]))
    assert len(rootless.unmodelled) == 2


def test_d7_a_gap_in_rcps_is_of_the_account_that_owns_the_keys(tmp_path: Path) -> None:
    policies = [control("p-rcp", RESOURCE_DENY, RCP, targets=targets(UNIT))]
    managed = {"metadata": metadata(KEY.replace("1234abcd", "99999999"), KeyManager="AWS"), "policy": "default"}
    outside = {"arn": KEY.replace(ACCOUNT, "123456789012"), "policy": "default"}
    in_management = {"arn": KEY.replace(ACCOUNT, MANAGEMENT), "policy": "default"}
    estate = read(
        tmp_path, organization(policies=policies), keys=[key(name="payments"), managed, outside, in_management]
    )
    things = [(thing.name.partition(" (")[0], thing.owner, thing.key, thing.account) for thing in estate.unmodelled]
    assert (f"resource control policies of {ACCOUNT}", ACCOUNT, None, None) in things
    assert not any(thing.owner in (MANAGEMENT, "123456789012") for thing in estate.unmodelled)
    warning = assert_only(estate.warnings, "which OUs an account is in")
    assert PARTNER not in warning.message
    assert names(controls(estate).resource) == [(ACCOUNT, [])]


def test_d7_an_rcp_whose_document_is_missing_may_refuse(tmp_path: Path) -> None:
    estate = read(
        tmp_path, organization(parents=PARENTS, policies=[control("p-rcp", None, RCP, targets=targets(ACCOUNT))])
    )
    assert [(thing.owner, thing.influence) for thing in estate.unmodelled] == [(ACCOUNT, Influence.MAY_REFUSE)]
    assert names(controls(estate).resource)[-1] == (ACCOUNT, [])


def test_d7_policies_that_are_attached_nowhere_are_not_read(tmp_path: Path) -> None:
    assert (
        read(
            tmp_path, organization(parents=PARENTS, policies=[full(), control(content="{}", targets=targets())])
        ).unmodelled
        == ()
    )


def test_d7_one_policy_on_several_levels_is_read_once(tmp_path: Path) -> None:
    estate = read(tmp_path, organization(parents=PARENTS, policies=[full(), control(targets=targets(UNIT, INNER))]))
    levels = controls(estate).service or ()
    assert levels[1].policies[1] is levels[2].policies[1]


def scp(**elements: Any) -> str:
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"} | elements]}
    )


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"policies": [control(content=scp(Principal="*"), targets=targets(UNIT))]}, "takes no `Principal`"),
        ({"policies": [control("p-r", scp(Principal={"AWS": ACCOUNT}), RCP, targets=targets(UNIT))]}, "must be \"*\""),
        ({"policies": [control("p-r", scp(Principal="*", Effect="Allow", Action="k:*"), RCP, targets=targets(UNIT))]},
            "`Deny` state"),
        ({"policies": [control(content=scp(Effect="Alow"), targets=targets(UNIT))]}, "Alow"),
        ({"policies": [control(content=3, targets=targets(UNIT))]}, "expected a policy document"),
        ({"policies": [control(), control()]}, "the document of Deny (p-deny) is given twice"),
        ({"policies": [control(targets=targets())], "targets": {"p-deny": targets()}},
            "the targets of Deny (p-deny) are given twice"),
        ({"policies": [control(targets=targets("acme"))]}, "the target has no `TargetId`"),
        ({"policies": [control(targets=targets("123456789012"))]}, "the target 123456789012 is not among the accounts"),
        ({"policies": [control(targets={"Targets": [], "NextToken": "x"})]}, "truncated"),
        ({"policies": [control()], "describe_policy": described(type_=RCP, content=None)},
            "and a RESOURCE_CONTROL_POLICY elsewhere"),
        ({"targets": {"p-unheard": targets(UNIT)}}, "the policy p-unheard has no `Type`"),
        ({"targets": {"p-deny": 3}}, "the output of list-targets-for-policy must be an object"),
        ({"targets": []}, "`targets` must be an object"),
        ({"list_policies": {RCP: {"Policies": [{"Id": "p-x", "Type": SCP}]}}},
            "is listed under RESOURCE_CONTROL_POLICY"),
        ({"list_policies": {"Policies": [{}]}}, "has no `Id`"),
        ({"list_policies": {"Policies": [], "NextToken": "x"}}, "truncated"),
        ({"list_policies": 3}, "the output of list-policies must be an object"),
        ({"describe_policy": {"p-other": described()}}, "this is the policy p-deny, under the name `p-other`"),
        ({"describe_policy": [3]}, "the output of describe-policy must be an object"),
        ({"policies": [control(targets=targets("r-ab12")), control("p-x", targets=targets("r-cd34"))]}, "one root"),
    ],
)  # fmt: skip
def test_d7_what_is_wrong_is_an_error_at_its_place(tmp_path: Path, parts: Any, says: str) -> None:
    found = refused(tmp_path, organization(**({"parents": PARENTS} | parts)))
    assert any(says in error.message for error in found), [error.message for error in found]
    assert all(place(error) > (1, 1) for error in found)


@pytest.mark.parametrize("type_", [SCP, RCP])
def test_l4_a_control_policy_may_have_5120_characters(tmp_path: Path, type_: str) -> None:
    principal = {"Principal": "*"} if type_ == RCP else {}
    large = control("p-large", scp(Sid="x" * 5_100, **principal), type_, targets=targets(UNIT))
    warnings = read(tmp_path, organization(parents=PARENTS, policies=[full(), large])).warnings
    assert assert_only(warnings, "AWS accepts 5,120").rule == "L4"


def test_d7_many_accounts_share_their_levels(tmp_path: Path) -> None:
    accounts = [MANAGEMENT, *(str(100000000000 + number) for number in range(2_000))]
    given = organization(
        *accounts,
        paths=dict.fromkeys(accounts, PATH),
        policies=[control(FULL, None, targets=targets(ROOT, UNIT, *accounts))],
    )
    found = read(tmp_path, given).organization
    assert found is not None and len(found.controls) == 2_001
    assert (found.controls[0].service or ())[0] is (found.controls[-1].service or ())[0]
