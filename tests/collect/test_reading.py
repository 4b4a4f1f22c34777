"""Pages, retries and errors of single calls, with botocore's Stubber; what may be called at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.exceptions import EndpointConnectionError
from botocore.loaders import Loader
from botocore.stub import Stubber

from tests.collect.conftest import ACCOUNT, REGION, TOKEN
from verifier.collect import ALLOWED, CollectError
from verifier.collect.folder import Folder
from verifier.collect.keys import name_keys
from verifier.collect.reading import Refused, Service

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
DOCS = Path(__file__).resolve().parents[2] / "docs" / "live.md"


@pytest.fixture
def kms(aws: None) -> Any:
    return boto3.client("kms", REGION)


def test_a_listing_is_all_of_its_pages(kms: Any) -> None:
    first = {
        "Grants": [{"GrantId": "a" * 64, "CreationDate": datetime(2026, 1, 2, tzinfo=UTC)}],
        "Truncated": True,
        "NextMarker": "next",
    }
    with Stubber(kms) as stub:
        stub.add_response("list_grants", first, {"KeyId": KEY, "Limit": 100})
        stub.add_response(
            "list_grants",
            {"Grants": [{"GrantId": "b" * 64}], "Truncated": False},
            {"KeyId": KEY, "Limit": 100, "Marker": "next"},
        )
        found = Service("kms", kms).listed("ListGrants", "Grants", KeyId=KEY)
        stub.assert_no_pending_responses()
    assert found == {
        "Grants": [{"GrantId": "a" * 64, "CreationDate": "2026-01-02T00:00:00+00:00"}, {"GrantId": "b" * 64}]
    }


@pytest.mark.parametrize(
    ("code", "error"),
    [("AccessDeniedException", Refused), ("ThrottlingException", Refused), ("ExpiredTokenException", CollectError)],
)
def test_an_error_on_a_later_page_is_one_of_the_listing(kms: Any, code: str, error: type[Exception]) -> None:
    with Stubber(kms) as stub:
        stub.add_response("list_grants", {"Grants": [{"GrantId": "a"}], "Truncated": True, "NextMarker": "next"})
        stub.add_client_error("list_grants", code, f"the message holds {TOKEN}")
        with pytest.raises(error, match=f"kms:ListGrants: {code}") as raised:
            Service("kms", kms).listed("ListGrants", "Grants", KeyId=KEY)
    assert TOKEN not in str(raised.value)


HTML = b"<!DOCTYPE html><html><head><title>Sign in to the network</title></head><body>Welcome<br></body></html>"
CALLS: dict[str, dict[str, dict[str, str]]] = {
    "kms": {
        "ListKeys": {},
        "ListGrants": {"KeyId": KEY},
        "ListResourceTags": {"KeyId": KEY},
        "GetKeyPolicy": {"KeyId": KEY},
    },
    "iam": {"GetAccountAuthorizationDetails": {}, "ListSAMLProviders": {}},
    "ec2": {"DescribeVpcEndpoints": {}},
    "organizations": {
        "ListAccounts": {},
        "DescribeOrganization": {},
        "DescribePolicy": {"PolicyId": "p-examplepolicyid111"},
    },
    "sts": {"GetCallerIdentity": {}},
}
GRANTS = json.dumps({"Grants": [{"GrantId": "a"}], "Truncated": False}).encode()


class _Answer:
    """What a connection reads."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self) -> Iterator[bytes]:
        yield self.body


def answering(client: Any, body: bytes) -> Any:
    """The client, to which AWS (or what stands between) answers every call with this, and status 200."""
    client.meta.events.unregister("before-send", unique_id="answer")
    answer = AWSResponse(f"https://{REGION}", 200, {}, _Answer(body))
    client.meta.events.register("before-send", lambda **_: answer, unique_id="answer")
    return client


def answered(service: Service, operation: str) -> Any:
    """The answer to a call, of all its pages."""
    parameters = CALLS[service.name][operation]
    if service.client.can_paginate(xform_name(operation)) and not operation.startswith("ListSAML"):
        return list(service.pages(operation, **parameters))
    return service.read(operation, **parameters)


@pytest.mark.parametrize(
    ("name", "operation"), [(name, operation) for name, operations in CALLS.items() for operation in operations]
)
def test_an_answer_without_what_was_asked_for_is_none(aws: None, name: str, operation: str) -> None:
    """Status 200 and no list is not an empty list: a proxy answers like this."""
    client = boto3.client(name, REGION)
    for body in (b"{}", HTML, GRANTS[:40], b"", b"<a/>", b"null", b'{"message": "x"}'):
        with pytest.raises(Refused, match=f"{name}:{operation}: "):
            answered(Service(name, answering(client, body)), operation)


def test_an_empty_list_is_one(aws: None) -> None:
    empty = answering(boto3.client("kms", REGION), b'{"Grants": [], "Truncated": false}')
    assert Service("kms", empty).listed("ListGrants", "Grants", KeyId=KEY) == {"Grants": []}
    xml = b"<DescribeVpcEndpointsResponse><vpcEndpointSet/></DescribeVpcEndpointsResponse>"
    assert Service("ec2", answering(boto3.client("ec2", REGION), xml)).listed(
        "DescribeVpcEndpoints", "VpcEndpoints"
    ) == {"VpcEndpoints": []}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"Grants": [{"GrantId": "a"}, {"Operations": ["Decrypt"]}]}', "the answer has no Grants.GrantId"),
        (b'{"Grants": [{"GrantId": "a"}, null]}', "the answer has no Grants.GrantId"),
        (b'{"Grants": null}', "the answer has no Grants.GrantId"),
        (b'{"Grants": [], "Truncated": true}', "does not say where the next page begins"),
    ],
)
def test_a_part_of_a_listing_is_not_the_listing(aws: None, body: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        Service("kms", answering(boto3.client("kms", REGION), body)).listed("ListGrants", "Grants", KeyId=KEY)


def test_a_connection_that_fails_is_told_without_its_address(kms: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise EndpointConnectionError(endpoint_url=f"http://user:{TOKEN}@proxy")

    monkeypatch.setattr(type(kms), "_make_api_call", fail)
    with pytest.raises(Refused, match="kms:DescribeKey: EndpointConnectionError") as raised:
        Service("kms", kms).read("DescribeKey", KeyId=KEY)
    assert TOKEN not in str(raised.value)


@pytest.mark.parametrize("operation", ["ScheduleKeyDeletion", "Decrypt", "PutKeyPolicy", "CreateGrant"])
def test_nothing_but_reading_is_possible(kms: Any, operation: str) -> None:
    with pytest.raises(AssertionError, match="is not an operation that a collection may call"):
        Service("kms", kms).read(operation, KeyId=KEY)


def test_all_that_is_allowed_reads() -> None:
    for service, operations in ALLOWED.items():
        model = Loader().load_service_model(service, "service-2")["operations"]
        for operation in operations:
            assert operation in model
            assert re.match("Get|List|Describe|BatchGet", operation) or (service, operation) == ("sts", "AssumeRole")


def test_the_page_asks_for_the_permissions_of_what_is_called_and_no_others() -> None:
    (text,) = re.findall(r"```json\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S)
    actions: set[str] = set()
    for statement in json.loads(text)["Statement"]:
        actions |= set([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    prefixes = {"stepfunctions": "states", "bedrock-agentcore-control": "bedrock-agentcore"}
    called = {
        f"{prefixes.get(service, service)}:{name}" for service, operations in ALLOWED.items() for name in operations
    }
    assert actions == called - {"sts:GetCallerIdentity"}  # which needs none [API: GetCallerIdentity]


def test_names_of_keys_are_distinct_and_plain(tmp_path: Path) -> None:
    folder = Folder(tmp_path, (ACCOUNT,), (REGION,))
    arns = [f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{letter}" for letter in "abc"]
    folder.values[f"keys/{ACCOUNT}/{REGION}"] = arns
    names = {"a": "alias/app/../x", "b": "alias/APP____x", "c": "alias/aws/ebs"}
    folder.values[f"aliases/{ACCOUNT}/{REGION}"] = [
        {"AliasName": name, "TargetKeyId": key} for key, name in names.items()
    ]
    name_keys(folder, [(ACCOUNT, REGION)])
    assert list(folder.keys.values()) == ["app____x", f"APP____x-{REGION}", "aws_ebs"]
    before = dict(folder.keys)
    folder.values[f"aliases/{ACCOUNT}/{REGION}"] = []
    name_keys(folder, [(ACCOUNT, REGION)])
    assert folder.keys == before
