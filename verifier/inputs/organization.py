"""The organization of a snapshot.

In: `describe-organization`, `list-accounts`, policies with their targets. Out: an `Organization`, and an `Unmodelled` for each
account or key that its policies could restrict (D7: they are not modelled yet).
Guarantee: the list of accounts is whole, for F2 says of every other account that it is outside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from verifier.inputs.access import items, listed, member_text, members
from verifier.inputs.nodes import Node, Remarks
from verifier.model.estate import Influence, Key, Organization, Unmodelled

MEMBERS = ("describe_organization", "accounts", "paths", "policies")
"""The members of `organization` in a snapshot."""

_ACCOUNT = re.compile(r"[0-9]{12}")
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
_PATH = re.compile(r"(o-[a-z0-9]{10,32})/r-[a-z0-9]{4,32}/(?:ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}/)*")

_SERVICE_CONTROL = "SERVICE_CONTROL_POLICY"
_RESOURCE_CONTROL = "RESOURCE_CONTROL_POLICY"
_FULL_ACCESS = ("p-FullAWSAccess", "p-RCPFullAWSAccess")
"""AWS's own policies that allow everything. Only where nothing else is attached do they stand alone, and then they refuse nothing."""


@dataclass(frozen=True)
class ControlPolicy:
    """A service or resource control policy: its name, and the accounts that it may govern (`None`: all but the management account)."""

    type: str
    name: str
    accounts: frozenset[str] | None
    place: Node


def read_organization(
    remarks: Remarks, place: Node, parts: Mapping[str, Node], keys: Sequence[Key]
) -> tuple[Organization | None, tuple[Unmodelled, ...]]:
    """The organization, and what its control policies may refuse to the callers of each account, and on each key."""
    organization = _organization(remarks, place, parts)
    policies = _policies(remarks, parts["policies"]) if "policies" in parts else []
    if organization is None:
        return None, ()
    return organization, (*_service_control(organization, policies), *_resource_control(organization, policies, keys))


def _organization(remarks: Remarks, place: Node, parts: Mapping[str, Node]) -> Organization | None:
    for name in ("describe_organization", "accounts"):
        if name not in parts:
            remarks.error(place, f"the organization has no `{name}`", hint="accounts that are not listed count as outside", rule="F2")
    if "describe_organization" not in parts or "accounts" not in parts:
        return None
    found = members(remarks, parts["describe_organization"], "the output of describe-organization")
    found = members(remarks, found["Organization"], "`Organization`") if "Organization" in found else found
    identifier = _matching(remarks, parts["describe_organization"], found, "Id", _ORGANIZATION, "an organization ID, such as o-a1b2c3d4e5")
    management = _management(remarks, parts["describe_organization"], found)
    accounts = _accounts(remarks, parts)
    if identifier is None or management is None:
        return None
    if management not in accounts:
        remarks.error(parts["accounts"], f"the management account {management} is not among the accounts", rule="F2")
    for account, path in accounts.items():
        if path is not None and not path.startswith(identifier + "/"):
            remarks.error(parts["accounts"], f"the path {path} of {account} is not in the organization {identifier}", rule="F2")
    return Organization(identifier, management, tuple(accounts.items()))


def _management(remarks: Remarks, place: Node, found: Mapping[str, Node]) -> str | None:
    """The management account, under the name of the API or the one that replaced it."""
    name = "ManagementAccountId" if "ManagementAccountId" in found else "MasterAccountId"
    return _matching(remarks, place, found, name, _ACCOUNT, "an account of twelve digits")


def _matching(remarks: Remarks, place: Node, found: Mapping[str, Node], name: str, pattern: re.Pattern[str], what: str) -> str | None:
    value = member_text(remarks, found, name)
    if value is None:
        remarks.error(place, f"`{name}` is missing, expected {what}")
    elif not pattern.fullmatch(value):
        remarks.error(found[name], f"`{value}` is not {what}")
    else:
        return value
    return None


def _accounts(remarks: Remarks, parts: Mapping[str, Node]) -> dict[str, str | None]:
    """Each account with its path, which `list-accounts` gives in `Paths`, or the snapshot in `paths`."""
    given = members(remarks, parts["paths"], "`paths`") if "paths" in parts else {}
    paths = {account: _path(remarks, node) for account, node in given.items()}
    accounts: dict[str, str | None] = {}
    for entry in listed(remarks, parts["accounts"], "Accounts", "the output of list-accounts"):
        found = members(remarks, entry, "an account")
        account = _matching(remarks, entry, found, "Id", _ACCOUNT, "an account of twelve digits")
        if account is None:
            continue
        if account in accounts:
            remarks.error(entry, f"duplicate account {account}")
        listed_paths = [_path(remarks, node) for node in items(remarks, found["Paths"], "`Paths`")] if "Paths" in found else []
        accounts[account] = paths.get(account) or (listed_paths[0] if listed_paths else None)
    for account in paths.keys() - accounts.keys():
        remarks.error(given[account], f"`paths` names {account}, which is not among the accounts")
    return accounts


def _path(remarks: Remarks, node: Node) -> str | None:
    value = getattr(node, "text", None)
    path = value if value is None or value.endswith("/") else value + "/"
    if path is None or not _PATH.fullmatch(path):
        remarks.error(node, "expected an organization path, such as o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/")
        return None
    return str(path)


def _policies(remarks: Remarks, node: Node) -> list[ControlPolicy]:
    """The control policies: a list of `{policy: describe-policy, targets: list-targets-for-policy}`."""
    read = [_policy(remarks, entry) for entry in items(remarks, node, "`policies` of the organization")]
    return [policy for policy in read if policy is not None]


def _policy(remarks: Remarks, entry: Node) -> ControlPolicy | None:
    found = members(remarks, entry, "a policy of the organization", ("policy", "targets"))
    if "policy" not in found:
        remarks.error(entry, "the policy of the organization has no `policy`, the output of describe-policy")
        return None
    policy = members(remarks, found["policy"], "the output of describe-policy")
    policy = members(remarks, policy["Policy"], "`Policy`") if "Policy" in policy else policy
    summary = members(remarks, policy["PolicySummary"], "`PolicySummary`") if "PolicySummary" in policy else policy
    type_, identifier = member_text(remarks, summary, "Type"), member_text(remarks, summary, "Id")
    if type_ is None:
        remarks.error(found["policy"], "the policy has no `Type`, such as SERVICE_CONTROL_POLICY")
        return None
    # Policies of other types (tags, backup, …) do not take part in the decision.
    if type_ not in (_SERVICE_CONTROL, _RESOURCE_CONTROL) or identifier in _FULL_ACCESS:
        return None
    name = member_text(remarks, summary, "Name") or identifier or "without a name"
    return ControlPolicy(type_, name, _targets(remarks, found), entry)


def _targets(remarks: Remarks, found: Mapping[str, Node]) -> frozenset[str] | None:
    """The accounts that a policy is attached to; `None` where that is a root or an OU (any account may be below), or is not told."""
    if "targets" not in found:
        return None
    accounts = set()
    for entry in listed(remarks, found["targets"], "Targets", "the output of list-targets-for-policy"):
        target = member_text(remarks, members(remarks, entry, "a target"), "TargetId")
        if target is None or not _ACCOUNT.fullmatch(target):
            return None
        accounts.add(target)
    return frozenset(accounts)


def _governing(organization: Organization, policies: Sequence[ControlPolicy], type_: str, account: str) -> list[ControlPolicy]:
    """The policies of a type that may govern an account; none governs the management account, or one outside (D7)."""
    if account == organization.management_account or account not in dict(organization.accounts):
        return []
    return [policy for policy in policies if policy.type == type_ and (policy.accounts is None or account in policy.accounts)]


def _service_control(organization: Organization, policies: Sequence[ControlPolicy]) -> list[Unmodelled]:
    things = []
    for account, _ in organization.accounts:
        governing = _governing(organization, policies, _SERVICE_CONTROL, account)
        if governing:
            name = f"service control policies of {account}"
            description = f"{name} ({_names(governing)}): they are not modelled yet"
            things.append(Unmodelled(name, "D7", Influence.MAY_REFUSE, description, account=account, span=governing[0].place.span))
    return things


def _resource_control(organization: Organization, policies: Sequence[ControlPolicy], keys: Sequence[Key]) -> list[Unmodelled]:
    """RCPs do not restrict AWS managed keys (D7)."""
    things = []
    for key in keys:
        governing = _governing(organization, policies, _RESOURCE_CONTROL, key.account) if key.manager != "AWS" else []
        if governing:
            name = f"resource control policies for {key.name or key.arn}"
            description = f"{name} ({_names(governing)}): they are not modelled yet"
            things.append(Unmodelled(name, "D7", Influence.MAY_REFUSE, description, key=key.arn, span=governing[0].place.span))
    return things


def _names(policies: Sequence[ControlPolicy]) -> str:
    return ", ".join(policy.name for policy in policies)
