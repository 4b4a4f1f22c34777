"""What makes resources of others, whichever of the two a plan or a template is (S1, U3)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.inputs import test_terraform_folder as folders
from tests.inputs.plans import ACCOUNT, Planned, caller_identity, new_key, plan, write
from tests.inputs.samples import details, key, role
from tests.inputs.test_cloudformation import KEY, text
from tests.inputs.test_cloudformation import load as load_template
from tests.inputs.test_terraform_plan import key_policy
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.model.estate import Estate

OTHER = "444455556666"
CODE = "has run changes no key"


def controlled(type_: str) -> tuple[str, dict[str, Any]]:
    """A resource that the Cloud Control API makes."""
    return "aws_cloudcontrolapi_resource", {"type_name": type_}


def found(estate: Estate) -> list[tuple[str, str, str | None, bool]]:
    return [(thing.label, thing.influence.value, thing.account, thing.of_identities) for thing in estate.unmodelled]


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        ("aws_sagemaker_project", {}),
        ("awscc_sagemaker_project", {}),
        ("aws_servicecatalog_provisioned_product", {}),
        controlled("AWS::SageMaker::Project"),
        controlled("AWS::ServiceCatalog::CloudFormationProvisionedProduct"),
        controlled("Mine::Own::Thing"),
    ],
)
def test_u3_what_stands_for_others_resources_may_hold_policies(
    tmp_path: Path, type_: str, values: dict[str, Any]
) -> None:
    maker = Planned(type_, "x", {"name": "x", **values}, {"id": True})
    estate = load_estate([write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), maker))])
    assert found(estate) == [("U3", "may allow or refuse", ACCOUNT, True)]
    assert any(CODE in sentence for sentence in estate.keys[0].supposed)


def test_u3_what_is_of_a_type_that_is_not_known_may_change_anything(tmp_path: Path) -> None:
    """It is no stack for that."""
    made = Planned("aws_cloudcontrolapi_resource", "x", {}, {"type_name": True})
    estate = load_estate([write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), made))])
    assert found(estate) and not any(of_identities for *_, of_identities in found(estate))


@pytest.mark.parametrize("type_", ["AWS::S3::Bucket", "AWS::AppStream::Stack"])
def test_what_the_cloud_control_api_makes_by_itself_stands_for_nothing_else(tmp_path: Path, type_: str) -> None:
    made = Planned(*controlled(type_)[:1], "x", controlled(type_)[1], {"id": True})
    estate = load_estate([write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), made))])
    assert not estate.unmodelled and not any(CODE in sentence for sentence in estate.keys[0].supposed)


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        *((f"aws_cloudformation_stack_{name}", {}) for name in ("set", "set_instance", "instances")),
        *(
            ("awscc_cloudformation_stack_set", {}),
            controlled("AWS::CloudFormation::StackSet"),
            ("AWS::CloudFormation::StackSet", {}),
        ),
    ],
)
@pytest.mark.parametrize("first", [False, True])
def test_u3_stack_sets_may_do_so_in_each_account_of_the_input(
    tmp_path: Path, type_: str, values: dict[str, Any], first: bool
) -> None:
    """In whatever order the inputs are given."""
    pages = details(RoleDetailList=[role("app")])
    snapshot = tmp_path / "snapshot.json"
    snapshot.write_text(
        json.dumps({"keys": [key()], "accounts": {OTHER: {"authorization_details": of_other(pages)}}}), encoding="utf-8"
    )
    if "::" in type_:
        path = tmp_path / "template.yaml"
        path.write_text(text(f"{KEY}  X: {{Type: {type_}, Properties: {{}}}}\n"), encoding="utf-8")
    else:
        path = write(tmp_path, plan(caller_identity(), Planned(type_, "x", {"name": "x", **values}, {"id": True})))
    estate = load_estate([snapshot, path] if first else [path, snapshot], supplied=Supplied(ACCOUNT, "us-west-2"))
    assert {account for _, _, account, _ in found(estate)} == {ACCOUNT, OTHER}
    assert not any(account.complete for account in estate.accounts)


def test_one_that_is_kept_changes_nothing_in_other_accounts(tmp_path: Path) -> None:
    snapshot = tmp_path / "snapshot.json"
    pages = of_other(details(RoleDetailList=[role("app")]))
    snapshot.write_text(
        json.dumps({"keys": [key()], "accounts": {OTHER: {"authorization_details": pages}}}), encoding="utf-8"
    )
    kept = {"id": "x", "name": "x"}
    path = write(tmp_path, plan(caller_identity(), Planned("aws_cloudformation_stack_set", "x", kept, {}, {}, kept)))
    estate = load_estate([snapshot, path])
    assert {account for _, _, account, _ in found(estate)} == {ACCOUNT} and all(
        account.complete for account in estate.accounts
    )


def of_other(pages: Any) -> Any:
    """The pages of another account."""
    return json.loads(json.dumps(pages).replace(ACCOUNT, OTHER))


def test_u3_so_does_one_of_which_it_is_not_known_whether_it_is_made(tmp_path: Path) -> None:
    stack = 'variable "a" {}\nresource "aws_cloudformation_stack" "x" {\n  count = var.a\n  name = "x"\n}\n'
    estate = folders.load(tmp_path, main=folders.key(f'"arn:aws:iam::{ACCOUNT}:root"') + stack)
    assert ("U3", "may allow or refuse") in [thing[:2] for thing in found(estate)]


@pytest.mark.parametrize("first", [False, True])
def test_so_it_is_supposed_of_keys_of_a_snapshot(tmp_path: Path, first: bool) -> None:
    """In whatever order the inputs are given."""
    (tmp_path / "snapshot.json").write_text(json.dumps({"keys": [key()]}), encoding="utf-8")
    path = write(tmp_path, plan(caller_identity(), Planned("aws_lambda_invocation", "x", {"function_name": "f"})))
    paths = [tmp_path / "snapshot.json", path]
    estate = load_estate(paths if first else paths[::-1])
    assert [CODE in "".join(one.supposed) for one in estate.keys] == [True]


def test_a_template_supposes_so_of_code_that_associations_run(tmp_path: Path) -> None:
    estate = load_template(tmp_path, text(KEY + "  Runs: {Type: AWS::SSM::Association, Properties: {Name: x}}\n"))
    assert any(f"the code that `Runs` {CODE}" in sentence for sentence in estate.keys[0].supposed)
