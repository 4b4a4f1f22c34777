"""Users and groups of a random estate, as the AWS CLI tells them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.inputs.samples import ACCOUNT

Json = Any


@dataclass
class Group:
    """A group with its inline policies by name."""

    name: str
    inline: dict[str, Json]


@dataclass
class Person:
    """A user with inline policies by name, and the names of the groups that the user is a member of."""

    name: str
    inline: dict[str, Json]
    groups: list[str] = field(default_factory=list)
    open: bool = False
    """Whether the input does not tell all of it."""


def people_details(users: Sequence[Person], groups: Sequence[Group]) -> Json:
    """The lists of users and groups of `get-account-authorization-details`."""
    return {
        "UserDetailList": [
            {**_entry("User", user.name, "AIDA"), "UserPolicyList": _policies(user.inline), "GroupList": user.groups}
            for user in users
        ],
        "GroupDetailList": [
            {**_entry("Group", group.name, "AGPA"), "GroupPolicyList": _policies(group.inline)} for group in groups
        ],
    }


def _entry(kind: str, name: str, prefix: str) -> Json:
    arn = f"arn:aws:iam::{ACCOUNT}:{kind.lower()}/{name}"
    return {f"{kind}Name": name, f"{kind}Id": prefix + name.upper(), "Arn": arn, "AttachedManagedPolicies": []}


def _policies(inline: dict[str, Json]) -> list[Json]:
    return [{"PolicyName": name, "PolicyDocument": document} for name, document in inline.items()]
