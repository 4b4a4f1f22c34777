"""What plans and templates do to an organization, whichever of the two they are (F2, D7)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.inputs.estate_organization import ORGANIZATION
from tests.inputs.estate_organization import organization as of_snapshot
from tests.inputs.plans import ACCOUNT, Planned, caller_identity, new_key, plan, write
from tests.inputs.test_cloudformation import KEY, text
from tests.inputs.test_cloudformation import load as load_template
from tests.inputs.test_terraform_surroundings import estate, organization
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.model.estate import Estate
from verifier.syntax.diagnostic import InputError

TYPES = ("Account", "Organization", "OrganizationalUnit", "Policy")
SNAKE = ("account", "organization", "organizational_unit", "policy")
NEW = {"name": "new"}


def beside_snapshot(folder: Path, changes: Planned | str) -> Estate:
    """The estate of a plan or template beside a snapshot that has an organization."""
    listing = folder / "organization.json"
    listing.write_text(json.dumps({"organization": of_snapshot([])}), encoding="utf-8")
    if isinstance(changes, Planned):
        return load_estate([listing, write(folder, plan(caller_identity(), new_key("k"), changes))])
    (folder / "template.yaml").write_text(text(KEY + changes), encoding="utf-8")
    return load_estate([listing, folder / "template.yaml"], supplied=Supplied(ACCOUNT, "us-west-2"))


@pytest.mark.parametrize(
    "changes",
    [
        *(f"  O: {{Type: AWS::Organizations::{type_}, Properties: {{}}}}\n" for type_ in TYPES),
        *(Planned(f"aws_organizations_{type_}", "o", NEW, {"id": True}) for type_ in SNAKE),
        *(Planned(f"awscc_organizations_{type_}", "o", NEW, {"id": True}) for type_ in SNAKE),
        Planned("aws_cloudcontrolapi_resource", "o", {"type_name": "AWS::Organizations::Account"}, {"id": True}),
        Planned("aws_organizations_account", "o", None, {}, {}, {"id": ACCOUNT, "name": "prod"}),
    ],
    ids=str,
)
def test_f2_an_organization_that_changes_is_not_the_one_of_a_snapshot(tmp_path: Path, changes: Planned | str) -> None:
    with pytest.raises(InputError, match="changes an organization that another input describes"):
        beside_snapshot(tmp_path, changes)


@pytest.mark.parametrize(
    "changes",
    [
        "  O: {Type: AWS::Organizations::ResourcePolicy, Properties: {}}\n",
        Planned("aws_organizations_delegated_administrator", "o", NEW, {"id": True}),
        Planned(
            "aws_organizations_account", "o", {"id": ACCOUNT, "name": "prod"}, {}, {}, {"id": ACCOUNT, "name": "prod"}
        ),
    ],
    ids=str,
)
def test_what_does_not_change_it_may_stand_beside_it(tmp_path: Path, changes: Planned | str) -> None:
    found = beside_snapshot(tmp_path, changes).organization
    assert found is not None and found.id == ORGANIZATION


@pytest.mark.parametrize(
    "change",
    [
        Planned("aws_organizations_account", "prod", None, {}, {}, {"id": ACCOUNT, "name": "prod"}),
        Planned("awscc_organizations_account", "new", NEW, {"account_id": True}),
        Planned("aws_cloudcontrolapi_resource", "new", {"type_name": "AWS::Organizations::Account"}, {"id": True}),
    ],
    ids=str,
)
def test_f2_which_accounts_it_has_is_not_known_where_some_come_or_go(tmp_path: Path, change: Planned) -> None:
    assert estate(tmp_path, organization()).organization is not None
    assert estate(tmp_path, organization(), change).organization is None


@pytest.mark.parametrize(
    ("type_", "found"),
    [("SERVICE_CONTROL_POLICY", True), ("RESOURCE_CONTROL_POLICY", True), ("!Ref Open", True), ("TAG_POLICY", False)],
)
def test_d7_a_control_policy_of_a_template_may_refuse(tmp_path: Path, type_: str, found: bool) -> None:
    policy = f"  Scp: {{Type: AWS::Organizations::Policy, Properties: {{Name: x, Type: {type_}, Content: {{}}}}}}\n"
    things = load_template(tmp_path, text(KEY + policy, "Parameters: {Open: {Type: String}}\n")).unmodelled
    assert [(thing.label, thing.influence.value) for thing in things] == [("D7", "may refuse")] * found
