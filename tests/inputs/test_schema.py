"""The published schema accepts what the reader accepts, and refuses the same misspelt members."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.case_format import load_cases
from tests.inputs.samples import ACCOUNT, KEY, POLICY, details, grant, key, load
from tests.inputs.test_controls import PARENTS, full
from tests.inputs.test_organization import MANAGEMENT, ROOT, control, described, organization, targets
from tests.inputs.test_vpc_endpoints import endpoint
from verifier.inputs import snapshot_schema
from verifier.model.steps.workloads import KINDS
from verifier.syntax.diagnostic import InputError

GOOD: list[dict[str, Any]] = [
    {"keys": [key()]},
    {"keys": [{"arn": KEY, "policy": "default", "name": "payments"}], "$schema": "x"},
    {"keys": [{"arn": KEY, "policies": {"default": POLICY, "AWS_RAM": json.dumps(POLICY)}}]},
    {"keys": [key(aliases=["alias/a"], tags=[], grants={"Grants": []})]},
    {"keys": [key()], "accounts": {ACCOUNT: {"authorization_details": details()}}},
    {"keys": [key()], "accounts": {ACCOUNT: {"authorization_details": [details()]}}},
    {
        "keys": [key()],
        "accounts": {
            ACCOUNT: {
                "authorization_details": details(),
                "open_id_connect_providers": {"OpenIDConnectProviderList": []},
                "saml_providers": [{"SAMLProviderList": []}],
            }
        },
    },
    {
        "keys": [key()],
        "accounts": {
            ACCOUNT: {
                "authorization_details": details(),
                "regions": {"Regions": []},
                "workloads": {"us-west-2": {"functions": [{"Functions": []}]}},
            }
        },
    },
    {"keys": [key()], "organization": organization(policies=[control(targets={"Targets": []})], paths={})},
    {"keys": [key(grants=[grant()])]},
    {
        "keys": [key()],
        "organization": organization(parents=PARENTS, policies=[full()], roots={"Roots": [{"Id": ROOT}]}),
    },
    {
        "keys": [key()],
        "organization": organization(
            list_policies={"SERVICE_CONTROL_POLICY": {"Policies": []}, "RESOURCE_CONTROL_POLICY": [{"Policies": []}]},
            describe_policy={"p-deny": described()},
            targets={"p-deny": targets(), "p-FullAWSAccess": []},
            organizational_units={ROOT: {"OrganizationalUnits": []}},
        ),
    },
    {
        "keys": [key()],
        "organization": organization(
            list_policies={"Policies": [], "NextToken": None},
            describe_policy=[described()],
            organizational_units={"OrganizationalUnits": []},
        ),
    },
    {"keys": [key()], "vpc_endpoints": {"VpcEndpoints": [endpoint()]}},
    {"keys": [key()], "vpc_endpoints": []},
]
BAD: list[Any] = [
    {},
    [],
    {"keys": {}},
    {"keys": [key(polcy={})]},
    {"keys": [{"policy": "default"}]},
    {"keys": [key(policies={"default": POLICY})]},
    {"keys": [{"arn": "payments", "policy": "default"}]},
    {"keys": [key()], "accounts": {"1": {"authorization_details": details()}}},
    {"keys": [key()], "accounts": {ACCOUNT: {}}},
    {"keys": [key()], "accounts": {ACCOUNT: {"details": {}}}},
    {"keys": [key()], "accounts": {ACCOUNT: {"authorization_details": details(), "saml_providers": 1}}},
    {"keys": [key()], "accounts": {ACCOUNT: {"authorization_details": details(), "workloads": {"functions": []}}}},
    {
        "keys": [key()],
        "accounts": {ACCOUNT: {"authorization_details": details(), "workloads": {"us-west-2": {"function": []}}}},
    },
    {"keys": [key()], "organization": {"accounts": []}},
    {"keys": [key()], "organization": organization(policies=[{}])},
    {"keys": [key()], "organization": organization(policies=[{"policy": 3}])},
    {"keys": [key()], "organization": organization(parents=[])},
    {"keys": [key()], "organization": organization(parents={MANAGEMENT: 3})},
    {"keys": [key()], "organization": organization(targets=[])},
    {"keys": [key()], "organization": organization(list_policies=3)},
    {"keys": [key()], "organization": organization(roots=3)},
    {"keys": [key(grants=3)]},
    {"keys": [key()], "vpc_endpoints": 3},
    {"keys": [key()], "vpc_endpoint": []},
]


def validator() -> Draft202012Validator:
    return Draft202012Validator(snapshot_schema())


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(snapshot_schema())
    assert snapshot_schema()["$schema"] == Draft202012Validator.META_SCHEMA["$id"]


@pytest.mark.parametrize("snapshot", GOOD)
def test_both_accept(tmp_path: Path, snapshot: Any) -> None:
    validator().validate(snapshot)
    assert load(tmp_path, snapshot).keys


@pytest.mark.parametrize("snapshot", BAD)
def test_both_refuse(tmp_path: Path, snapshot: Any) -> None:
    assert not validator().is_valid(snapshot)
    with pytest.raises(InputError):
        load(tmp_path, snapshot)


def test_the_schema_knows_the_members_of_the_reader() -> None:
    from verifier.inputs.snapshot import organization as reader
    from verifier.inputs.snapshot import parts

    schema = snapshot_schema()
    assert set(schema["properties"]) == {*parts.SNAPSHOT, "not_read", "$schema"}
    assert set(schema["$defs"]["key"]["properties"]) == set(parts.KEY)
    assert set(schema["$defs"]["organization"]["properties"]) == set(reader.MEMBERS)
    assert set(schema["$defs"]["workloads"]["properties"]) == set(KINDS)


def test_the_snapshots_of_the_cited_cases_are_valid(tmp_path: Path) -> None:
    checked = 0
    for case in load_cases():
        path = case.write(tmp_path)
        if case.error is None and path.name == "snapshot.json":
            validator().validate(json.loads(path.read_text(encoding="utf-8")))
            checked += 1
    assert checked
