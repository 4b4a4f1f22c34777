"""Organizations, control policies and VPC endpoints of plans."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.inputs.plans import ACCOUNT, Json, Planned, caller_identity, constant, new_key, plan, refers
from tests.inputs.test_terraform_plan import load
from verifier.model.estate import Estate

MANAGEMENT, ROOT = "999988887777", "r-ab12"
DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "kms:*", "Resource": "*"}]}
DENY_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}],
}
ENDPOINT_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}],
}


def organization(*, data: bool = False, **values: Any) -> Planned:
    """The organization as a resource or data source tells it."""
    found = {
        "id": "o-a1b2c3d4e5",
        "master_account_id": MANAGEMENT,
        "accounts": [{"id": MANAGEMENT, "name": "management"}, {"id": ACCOUNT, "name": "prod"}],
        "roots": [{"id": ROOT, "policy_types": []}],
        "enabled_policy_types": ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"],
        **values,
    }
    return Planned("aws_organizations_organization", "this", found, {}, {}, found, data=data)


def policy(name: str, document: Any, type_: str = "SERVICE_CONTROL_POLICY") -> Planned:
    """A control policy that is to be created."""
    after: Json = {"name": name, "type": type_, "description": None} | (
        {"content": json.dumps(document)} if document else {}
    )
    unknown: Json = {"id": True, "arn": True} | ({} if document else {"content": True})
    content = constant(json.dumps(document)) if document else refers("local.content")
    return Planned("aws_organizations_policy", name, after, unknown, {"name": constant(name), "content": content})


def attachment(name: str, target: str | None) -> Planned:
    """Its attachment, to a target that is known or to the OU of the plan."""
    after = {"target_id": target} if target else {}
    unknown = {"id": True, "policy_id": True} | ({} if target else {"target_id": True})
    expressions = {
        "policy_id": refers(f"aws_organizations_policy.{name}.id"),
        "target_id": constant(target) if target else refers("aws_organizations_organizational_unit.prod.id"),
    }
    return Planned("aws_organizations_policy_attachment", name, after, unknown, expressions)


def unit_and_account() -> list[Planned]:
    """An OU that is to be created, and the account in it."""
    unit = Planned(
        "aws_organizations_organizational_unit", "prod", {"name": "prod", "parent_id": ROOT}, {"id": True, "arn": True}
    )
    values = {"id": ACCOUNT, "name": "prod", "arn": "x"}
    account = Planned(
        "aws_organizations_account",
        "prod",
        values,
        {"parent_id": True},
        {"parent_id": refers("aws_organizations_organizational_unit.prod.id")},
        values,
    )
    return [unit, account]


def estate(folder: Path, *resources: Planned) -> Estate:
    """The estate of a key and these resources."""
    return load(folder, plan(caller_identity(), new_key("k"), *resources))


def levels(found: Estate, kind: str) -> dict[str, list[str]]:
    """The names of the policies at each level over the account."""
    assert found.organization is not None
    (controls,) = (c for c in found.organization.controls if c.account == ACCOUNT)
    return {level.name: [p.name for p in level.policies] for level in getattr(controls, kind) or ()}


def test_d7_control_policies_level_by_level(tmp_path: Path) -> None:
    resources = [
        organization(),
        *unit_and_account(),
        policy("deny", DENY),
        attachment("deny", None),
        policy("all", DENY_ALL, "RESOURCE_CONTROL_POLICY"),
        attachment("all", ACCOUNT),
    ]
    found = estate(tmp_path, *resources)
    assert found.organization is not None and dict(found.organization.accounts).keys() == {MANAGEMENT, ACCOUNT}
    (root, of_root), (unit, of_unit), (account, of_account) = levels(found, "service").items()
    assert (root, account) == (ROOT, ACCOUNT) and unit.startswith("ou-0000-")
    assert [sorted(names) for names in (of_root, of_unit, of_account)] == [
        ["FullAWSAccess"],
        ["FullAWSAccess", "deny"],
        ["FullAWSAccess"],
    ]
    assert levels(found, "resource")[ACCOUNT] == ["all"]
    assert found.unmodelled == () and any("FullAWSAccess" in sentence for sentence in found.keys[0].supposed)


def test_d7_a_plan_detaches_what_allows_everything(tmp_path: Path) -> None:
    """API: DetachPolicy. Else `FullAWSAccess` is attached everywhere."""
    gone = {"policy_id": "p-FullAWSAccess", "target_id": ACCOUNT, "id": f"{ACCOUNT}:p-FullAWSAccess"}
    detached = Planned("aws_organizations_policy_attachment", "full", None, {}, {}, gone)
    few = policy("few", {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
    for more, expected in (([], {"FullAWSAccess", "few"}), ([detached], {"few"})):
        found = levels(estate(tmp_path, organization(), few, attachment("few", ACCOUNT), *more), "service")
        assert (found[ROOT], {*found[ACCOUNT]}) == (["FullAWSAccess"], expected)


def test_d7_to_disable_a_type_of_policies_detaches_them(tmp_path: Path) -> None:
    """API: DisablePolicyType."""
    for types, expected in ((["SERVICE_CONTROL_POLICY"], {ROOT, ACCOUNT}), (["RESOURCE_CONTROL_POLICY"], set())):
        found = estate(
            tmp_path, organization(enabled_policy_types=types), policy("deny", DENY), attachment("deny", ACCOUNT)
        )
        assert levels(found, "service").keys() == expected


def test_d7_a_policy_that_is_not_known_may_refuse(tmp_path: Path) -> None:
    found = estate(tmp_path, organization(), policy("open", None), attachment("open", ACCOUNT))
    assert [(thing.label, thing.influence.value, thing.account) for thing in found.unmodelled] == [
        ("D7", "may refuse", ACCOUNT)
    ]


def test_d7_a_target_that_is_not_known_may_be_any(tmp_path: Path) -> None:
    loose = attachment("deny", ACCOUNT)
    assert loose.after is not None
    loose.after.pop("target_id")
    loose.unknown["target_id"], loose.expressions["target_id"] = True, refers("local.target")
    found = estate(tmp_path, organization(), policy("deny", DENY), loose)
    assert [(thing.label, thing.influence.value, thing.account) for thing in found.unmodelled] == [
        ("D7", "may refuse", None)
    ]


def test_f2_without_all_accounts_there_is_no_organization(tmp_path: Path) -> None:
    fresh = Planned("aws_organizations_account", "new", {"name": "new"}, {"id": True})
    for resources in ([organization(), fresh], [organization(accounts=[])], []):
        found = estate(tmp_path, *resources, policy("deny", DENY), attachment("deny", ACCOUNT))
        assert found.organization is None
        assert [(thing.label, thing.influence.value) for thing in found.unmodelled] == [("D7", "may refuse")]


def test_other_kinds_of_policies_are_let_be(tmp_path: Path) -> None:
    found = estate(tmp_path, organization(), policy("tags", {"tags": {}}, "TAG_POLICY"))
    assert found.unmodelled == () and found.organization is not None


# -- endpoints --


def endpoint(service: str | None = "com.amazonaws.us-west-2.kms", **after: Any) -> Planned:
    """An `aws_vpc_endpoint`."""
    known: Json = {"service_name": service, "vpc_id": "vpc-1234abcd"} if service else {"vpc_id": "vpc-1234abcd"}
    unknown = (
        {"id": True, "arn": True, "owner_id": True}
        | ({} if "policy" in after else {"policy": True})
        | ({} if service else {"service_name": True})
    )
    expressions = {"service_name": constant(service) if service else refers("local.service")} | (
        {"policy": constant("")} if "policy" in after else {}
    )
    return Planned("aws_vpc_endpoint", "e", {**known, **after}, unknown, expressions)


def test_v_an_endpoint_with_the_default_policy(tmp_path: Path) -> None:
    found = estate(tmp_path, endpoint())
    (one,) = found.endpoints or ()
    assert (one.region, one.vpc, one.account) == ("us-west-2", "vpc-1234abcd", ACCOUNT) and one.id.startswith("vpce-")
    assert (
        one.policy is not None
        and [a.value for a in one.policy.statements[0].actions or ()] == ["*"]
        and found.unmodelled == ()
    )


def test_v_its_own_policy_and_a_separate_one(tmp_path: Path) -> None:
    (one,) = estate(tmp_path, endpoint(policy=json.dumps(ENDPOINT_POLICY))).endpoints or ()
    assert one.policy is not None and [a.value for a in one.policy.statements[0].actions or ()] == ["kms:Decrypt"]
    separate = Planned(
        "aws_vpc_endpoint_policy",
        "p",
        {"policy": json.dumps(ENDPOINT_POLICY)},
        {"id": True, "vpc_endpoint_id": True},
        {"vpc_endpoint_id": refers("aws_vpc_endpoint.e.id")},
    )
    (one,) = estate(tmp_path, endpoint(), separate).endpoints or ()
    assert one.policy is not None and [a.value for a in one.policy.statements[0].actions or ()] == ["kms:Decrypt"]
    separate.expressions["vpc_endpoint_id"] = refers("local.x")
    loose = estate(tmp_path, endpoint(policy=json.dumps(ENDPOINT_POLICY)), separate)
    assert [(t.label, t.influence.value, (t.endpoint or "")[:6]) for t in loose.unmodelled] == [
        ("V", "may refuse", "vpce-*"),
        ("V", "may refuse", "vpce-0"),
    ]
    assert [e.policy for e in loose.endpoints or ()] == [None]


def test_v_what_is_not_known_of_an_endpoint_may_refuse(tmp_path: Path) -> None:
    found = estate(tmp_path, endpoint(None))
    assert [(t.label, t.influence.value, (t.endpoint or "")[:5]) for t in found.unmodelled] == [
        ("V", "may refuse", "vpce-")
    ]
    open_ = endpoint()
    open_.expressions["policy"] = refers("local.policy")
    found = estate(tmp_path, open_)
    assert [(t.label, t.influence.value) for t in found.unmodelled] == [("V", "may refuse")]


def test_v_endpoints_of_other_services_are_left_out(tmp_path: Path) -> None:
    assert estate(tmp_path, endpoint("com.amazonaws.us-west-2.s3")).endpoints in (None, ())


def test_d7_two_control_policies_that_are_not_known_are_two(tmp_path: Path) -> None:
    """One may refuse what the other does not, so nothing is proved alike beside them (S1)."""

    def gaps(depends: str) -> set[str]:
        control = policy("scp", None)
        control.expressions["content"] = refers(depends)
        resources = [caller_identity(), new_key("k"), organization(), control, attachment("scp", ROOT)]
        return {one.name for one in load(tmp_path, plan(*resources)).unmodelled if "scp" in one.description}

    assert gaps("var.a") and gaps("var.a") == gaps("var.a")
    assert gaps("var.a").isdisjoint(gaps("var.b"))
