"""The short form of an organization in cited cases, written out as AWS CLI output.

In: an organization as `tests/cases/README.md` abbreviates it. Out: the `organization` of a snapshot.
Guarantee: a level that is not among the levels of some account is an error.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.case_snapshot import known, policy_document

ROOT = "r-ab12"
"""The ID of the root."""

TYPES = {"scps": "SERVICE_CONTROL_POLICY", "rcps": "RESOURCE_CONTROL_POLICY"}
"""The types of control policies, by their short names."""

FULL_ACCESS = {"scps": "FullAWSAccess", "rcps": "RCPFullAWSAccess"}
"""AWS's own policies, which allow everything."""

_ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def organization(given: Mapping[str, Any]) -> dict[str, Any]:
    """`{id, management, accounts, scps, rcps}` as AWS Organizations' commands tell it.

    `accounts` lists IDs, or maps each to the organizational units above it, from the root down. `scps` and `rcps` map a
    level (`root`, a unit's name, an account) to its policies, each the word `full` or a list of statements. A level
    that `scps` leaves out has `FullAWSAccess`, as every level has until somebody detaches it.
    """
    known(given, {"id", "management", "accounts", "scps", "rcps"})
    accounts = given["accounts"]
    snapshot: dict[str, Any] = {
        "describe_organization": {"Organization": {"Id": given["id"], "MasterAccountId": given["management"]}},
        "accounts": {"Accounts": [{"Id": account} for account in accounts]},
    }
    controlled = any(kind in given for kind in TYPES)
    if isinstance(accounts, Mapping) or controlled:
        units = accounts if isinstance(accounts, Mapping) else dict.fromkeys(accounts, ())
        snapshot["paths"] = {account: _path(given["id"], above) for account, above in units.items()}
        if controlled:
            snapshot["policies"] = [
                policy for kind in TYPES if kind in given for policy in _policies(kind, given[kind], _levels(units))
            ]
    return snapshot


def _path(identifier: str, units: Sequence[str]) -> str:
    return "/".join([identifier, ROOT, *(_target(unit) for unit in units)]) + "/"


def _target(level: str) -> str:
    """The ID of a level: of the root, of an organizational unit by its name, or of an account."""
    if level == "root":
        return ROOT
    return level if level.isdecimal() else f"ou-ab12-{level:0<8}"


def _levels(accounts: Mapping[str, Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(["root", *(unit for units in accounts.values() for unit in units), *accounts]))


def _policies(kind: str, given: Mapping[str, Sequence[Any]], levels: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Every policy of a type with its targets; AWS's own stands once, with all of its targets."""
    known(given, set(levels))
    attached = {level: given.get(level, ["full"] if kind == "scps" else []) for level in levels}
    full = [level for level, policies in attached.items() if "full" in policies]
    if full:
        name = FULL_ACCESS[kind]
        statements = [_ALLOW_ALL if kind == "scps" else {**_ALLOW_ALL, "Principal": "*"}]
        yield _policy(kind, f"p-{name}", name, statements, full)
    for level, policies in attached.items():
        for number, statements in enumerate((policy for policy in policies if policy != "full"), start=1):
            yield _policy(
                kind, f"p-{kind}{number:04}{level.lower():0<12}", f"{kind} {number} of {level}", statements, [level]
            )


def _policy(kind: str, identifier: str, name: str, statements: Any, levels: Sequence[str]) -> dict[str, Any]:
    """`describe-policy` and `list-targets-for-policy` of one policy."""
    summary = {"Id": identifier, "Name": name, "Type": TYPES[kind], "AwsManaged": name == FULL_ACCESS[kind]}
    return {
        "policy": {"Policy": {"PolicySummary": summary, "Content": json.dumps(policy_document(statements))}},
        "targets": {
            "Targets": [{"TargetId": _target(level), "Name": level, "Type": _target_type(level)} for level in levels]
        },
    }


def _target_type(level: str) -> str:
    if level == "root":
        return "ROOT"
    return "ACCOUNT" if level.isdecimal() else "ORGANIZATIONAL_UNIT"
