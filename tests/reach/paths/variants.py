"""What the tests make of a path by themselves: each permission behind a condition that real requests meet, and the path
shut.

In: a `Path`. Out: snapshots by name. `opened` are all still open: a proof of one is false. `shut` are all shut: a story
of one is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from tests.reach.paths.form import HOME, Path, Statement

Snapshot = dict[str, Any]
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
ELSEWHERE = "eu-west-3"
_TAGS = ("kms:TagResource", "iam:TagUser", "iam:TagRole")
_BOUNDED = ("iam:CreateUser", "iam:CreateRole", "iam:PutUserPermissionsBoundary", "iam:PutRolePermissionsBoundary")
"""Actions whose request names a boundary, or may name one."""
OTHERS: Mapping[str, str] = {"aws:RequestedRegion": ELSEWHERE, "iam:PassedToService": "none.amazonaws.com"}


def _compared(statement: Statement, service: str) -> tuple[str, str]:
    """A condition key that requests of this action carry, and a value that it can have in the path."""
    action = statement["Action"]
    if action == "iam:PassRole":
        return "iam:PassedToService", service
    if action.startswith("iam:Attach"):
        return "iam:PolicyARN", f"arn:aws:iam::{HOME}:policy/made/it" if "Condition" in statement else ADMINISTRATOR
    if action == "sts:AssumeRole":
        return "sts:RoleSessionName", "alice"
    if action in _TAGS:
        return "aws:RequestTag/team", "red"
    if action in _BOUNDED:
        return "iam:PermissionsBoundary", ADMINISTRATOR
    # a replica is in another Region than its primary
    global_ = action.startswith(("iam:", "organizations:")) or action == "kms:CreateKey"
    return "aws:RequestedRegion", "us-east-1" if global_ else "us-west-2"


Condition = Callable[[str, str], dict[str, dict[str, Any]]]
CONDITIONS: Mapping[str, Condition] = {
    "StringLike": lambda key, value: {"StringLike": {key: _pattern(value)}},
    "StringLikeIfExists": lambda key, value: {"StringLikeIfExists": {key: _pattern(value)}},
    "ForAnyValue:StringLike": lambda key, value: {"ForAnyValue:StringLike": {key: [_pattern(value), "zz*"]}},
    "ForAllValues:StringLike": lambda key, value: {"ForAllValues:StringLike": {key: _pattern(value)}},
    "StringNotLike": lambda key, value: {"StringNotLike": {key: "zz*"}},
    "StringNotEqualsIfExists": lambda key, value: {"StringNotEqualsIfExists": {key: OTHERS.get(key, "zz")}},
    "StringEqualsIgnoreCase": lambda key, value: {"StringEqualsIgnoreCase": {key: [value.upper(), "zz"]}},
    "Null": lambda key, value: {"Null": {key: "false"}, "StringLike": {key: _pattern(value)}},
}


def _pattern(value: str) -> str:
    """A pattern that matches the value and has more than one wildcard."""
    return f"{value[:2]}?{value[3:-2]}*"


def opened(path: Path) -> Iterator[tuple[str, Snapshot]]:
    """The path with every permission behind a condition that its requests meet, one form of condition after another;
    and with a Deny that leaves a gap."""
    service = _service(path)
    for name, condition in CONDITIONS.items():
        yield name, path.snapshot([_and(one, condition(*_compared(one, service))) for one in path.needs])
    gap = [{**one, "Effect": "Deny", "Condition": {"StringNotLike": dict([_like(one, service)])}} for one in path.needs]
    yield "Deny of the rest", path.snapshot([*path.needs, *gap])
    other = [
        {**one, "Effect": "Deny", "Condition": {"StringEquals": dict([_other(one, service)])}} for one in path.needs
    ]
    yield "Deny of another", path.snapshot([*path.needs, *other])


def _like(one: Statement, service: str) -> tuple[str, str]:
    key, value = _compared(one, service)
    return key, _pattern(value)


def _other(one: Statement, service: str) -> tuple[str, str]:
    key, _ = _compared(one, service)
    return key, OTHERS.get(key, "zz")


def _service(path: Path) -> str:
    """The service that the role of the path is passed to."""
    roles = path.document.get("others", {}).get("roles", {}).values()
    trusts = [
        path.document.get("trusts", ""),
        *(role["trust"] for role in roles if isinstance(role, Mapping) and "trust" in role),
    ]
    return next(
        (found[0] for trust in trusts if (found := re.findall(r"[a-z0-9.-]+\.amazonaws\.com", str(trust)))),
        "ec2.amazonaws.com",
    )


def _and(one: Statement, condition: Mapping[str, Mapping[str, Any]]) -> Statement:
    """A statement with a further condition."""
    return {**one, "Condition": {**one.get("Condition", {}), **condition}}


def shut(path: Path) -> Iterator[tuple[str, Snapshot]]:
    """The path without each permission that it needs; and one of these behind a condition that no request meets, denied
    by a boundary and by a control policy. Further ones are those that the path itself tells."""
    needed = [one for one in path.needs if one["Action"] not in path.open_without]
    for one in needed:
        yield f"without {one['Action']}", path.snapshot([other for other in path.needs if other is not one])
    if needed:
        first = needed[0]
        denied = [{"Effect": "Deny", "Action": first["Action"], "Resource": "*"}]
        never = {"StringEquals": {"aws:PrincipalAccount": "444455556666"}}
        yield "a condition never met", path.snapshot([_and(one, never) if one is first else one for one in path.needs])
        yield "a boundary", path.snapshot(path.needs, boundary=denied)
        yield "a control policy", path.snapshot(path.needs, scp=denied)
    for number, told in enumerate(path.document.get("shut", ()), start=1):
        yield f"shut {number}", replace(path, document={**path.document, **told}).snapshot(path.needs)


FORMS: tuple[tuple[str, Callable[[Path], Iterator[tuple[str, Snapshot]]], str], ...] = (
    ("open", opened, "proved"),
    ("shut", shut, "found"),
)
"""What is made of each path, and the answer to it that is wrong."""
