"""Inputs that the tests of this room share, as AWS CLI output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from verifier.inputs import load_estate
from verifier.model.estate import Estate
from verifier.syntax.diagnostic import Diagnostic, InputError

ACCOUNT = "111122223333"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/{KEY_ID}"
MULTI_REGION_KEY = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/mrk-{KEY_ID.replace('-', '')}"
POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    ],
}
READ: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}],
}


def metadata(arn: str = KEY, **facts: Any) -> dict[str, Any]:
    """The output of describe-key."""
    return {"KeyMetadata": {"AWSAccountId": arn.split(":")[4], "KeyId": arn.rsplit("/", 1)[1], "Arn": arn} | facts}


def key(**parts: Any) -> dict[str, Any]:
    """One key of a snapshot."""
    return {"metadata": metadata(), "policy": {"Policy": json.dumps(POLICY)}} | parts


def grant(**members: Any) -> dict[str, Any]:
    """An entry of list-grants."""
    usual = {"GrantId": "1", "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/app", "Operations": ["Decrypt"]}
    return usual | members


def details(**lists: Any) -> dict[str, Any]:
    """The output of get-account-authorization-details."""
    return {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []} | lists


def role(name: str, **parts: Any) -> dict[str, Any]:
    """A role as in `RoleDetailList`."""
    return {"RoleName": name, "RoleId": "AROAEXAMPLE", "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}"} | parts


def user(name: str, **parts: Any) -> dict[str, Any]:
    """A user as in `UserDetailList`."""
    return {"UserName": name, "UserId": "AIDAEXAMPLE", "Arn": f"arn:aws:iam::{ACCOUNT}:user/{name}"} | parts


def load(folder: Path, snapshot: Any, name: str = "snapshot.json") -> Estate:
    """The estate of a snapshot, given as data or as text."""
    path = folder / name
    path.write_text(snapshot if isinstance(snapshot, str) else json.dumps(snapshot, indent=1), encoding="utf-8")
    return load_estate([path])


def inventory(folder: Path, pages: Any) -> Estate:
    """The estate of one key and one account."""
    return load(folder, {"keys": [key()], "accounts": {ACCOUNT: {"authorization_details": pages}}})


def errors(folder: Path, snapshot: Any, name: str = "snapshot.json") -> tuple[Diagnostic, ...]:
    """The errors of a snapshot that must be refused."""
    with pytest.raises(InputError) as refused:
        load(folder, snapshot, name)
    return refused.value.diagnostics


def place(diagnostic: Diagnostic) -> tuple[int, int]:
    """Line and column of a diagnostic."""
    assert diagnostic.span is not None
    return diagnostic.span.line, diagnostic.span.column


def assert_only(diagnostics: tuple[Diagnostic, ...], says: str) -> Diagnostic:
    """Asserts that there is one diagnostic and that it says something; returns it."""
    assert len(diagnostics) == 1, [found.message for found in diagnostics]
    assert says in diagnostics[0].message
    return diagnostics[0]
