"""Pages, retries and errors of single calls, with botocore's Stubber; what may be called at all."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
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
    first = {"Grants": [{"GrantId": "a" * 64, "CreationDate": datetime(2026, 1, 2, tzinfo=UTC)}], "Truncated": True, "NextMarker": "next"}
    with Stubber(kms) as stub:
        stub.add_response("list_grants", first, {"KeyId": KEY, "Limit": 100})
        stub.add_response(
            "list_grants", {"Grants": [{"GrantId": "b" * 64}], "Truncated": False}, {"KeyId": KEY, "Limit": 100, "Marker": "next"}
        )
        found = Service("kms", kms).listed("ListGrants", "Grants", KeyId=KEY)
        stub.assert_no_pending_responses()
    assert found == {"Grants": [{"GrantId": "a" * 64, "CreationDate": "2026-01-02T00:00:00+00:00"}, {"GrantId": "b" * 64}]}


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
            assert re.match("Get|List|Describe", operation) or (service, operation) == ("sts", "AssumeRole")


def test_the_page_asks_for_the_permissions_of_what_is_called_and_no_others() -> None:
    (text,) = re.findall(r"```json\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S)
    actions: set[str] = set()
    for statement in json.loads(text)["Statement"]:
        actions |= set([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    called = {f"{service}:{operation}" for service, operations in ALLOWED.items() for operation in operations}
    assert actions == called - {"sts:GetCallerIdentity"}  # which needs none [API: GetCallerIdentity]


def test_names_of_keys_are_distinct_and_plain(tmp_path: Path) -> None:
    folder = Folder(tmp_path, (ACCOUNT,), (REGION,))
    arns = [f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{letter}" for letter in "abc"]
    folder.values[f"keys/{ACCOUNT}/{REGION}"] = arns
    names = {"a": "alias/app/../x", "b": "alias/APP____x", "c": "alias/aws/ebs"}
    folder.values[f"aliases/{ACCOUNT}/{REGION}"] = [{"AliasName": name, "TargetKeyId": key} for key, name in names.items()]
    name_keys(folder, [(ACCOUNT, REGION)])
    assert list(folder.keys.values()) == ["app____x", f"APP____x-{REGION}", "aws_ebs"]
    before = dict(folder.keys)
    folder.values[f"aliases/{ACCOUNT}/{REGION}"] = []
    name_keys(folder, [(ACCOUNT, REGION)])
    assert folder.keys == before
