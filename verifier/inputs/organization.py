"""The organization of a snapshot.

In: `describe-organization`, `list-accounts`, where each account is, and the control policies with their targets. Out: an `Organization`,
and an `Unmodelled` for what of its policies is not known (D7).
Guarantee: the list of accounts is whole, for F2 says of every other account that it is outside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from verifier.inputs.access import is_null, items, listed, member_text, members
from verifier.inputs.control_policies import read_control_policies
from verifier.inputs.controls import read_controls
from verifier.inputs.nodes import Node, Remarks
from verifier.inputs.organization_tree import ACCOUNT, Tree, read_tree
from verifier.model.estate import Key, Organization, Unmodelled

MEMBERS = (
    "describe_organization", "accounts", "paths", "parents", "organizational_units", "roots",
    "policies", "list_policies", "describe_policy", "targets",
)  # fmt: skip
"""The members of `organization` in a snapshot."""

BY_NAME = ("parents", "organizational_units", "list_policies", "describe_policy", "targets")
"""Those that hold several outputs of one command, by what each is for."""

_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")


def read_organization(
    remarks: Remarks, place: Node, parts: Mapping[str, Node], keys: Sequence[Key]
) -> tuple[Organization | None, tuple[Unmodelled, ...]]:
    """The organization, and what of its control policies is not known, for the callers of each account and for each key."""
    organization, tree = _organization(remarks, place, parts)
    accounts = [account for account, _ in organization.accounts] if organization else []
    policies = read_control_policies(remarks, parts, accounts) if organization else None
    if organization is None or tree is None or policies is None:
        return None, ()
    controls, unmodelled = read_controls(remarks, place, policies, tree, accounts, organization.management_account, keys)
    return replace(organization, controls=controls), unmodelled


def _organization(remarks: Remarks, place: Node, parts: Mapping[str, Node]) -> tuple[Organization | None, Tree | None]:
    for name in ("describe_organization", "accounts"):
        if name not in parts:
            remarks.error(place, f"the organization has no `{name}`", hint="accounts that are not listed count as outside", rule="F2")
    if "describe_organization" not in parts or "accounts" not in parts:
        return None, None
    found = members(remarks, parts["describe_organization"], "the output of describe-organization")
    found = members(remarks, found["Organization"], "`Organization`") if "Organization" in found else found
    identifier = _matching(remarks, parts["describe_organization"], found, "Id", _ORGANIZATION, "an organization ID, such as o-a1b2c3d4e5")
    management = _management(remarks, parts["describe_organization"], found)
    if identifier is None or management is None:
        return None, None
    tree = read_tree(remarks, identifier, parts)
    accounts = _accounts(remarks, parts, tree)
    if management not in accounts:
        remarks.error(parts["accounts"], f"the management account {management} is not among the accounts", rule="F2")
    return Organization(identifier, management, tuple((account, _path(tree, account)) for account in accounts)), tree


def _management(remarks: Remarks, place: Node, found: Mapping[str, Node]) -> str | None:
    """The management account, under the name of the API or the one that replaced it."""
    name = "ManagementAccountId" if "ManagementAccountId" in found else "MasterAccountId"
    return _matching(remarks, place, found, name, ACCOUNT, "an account of twelve digits")


def _matching(remarks: Remarks, place: Node, found: Mapping[str, Node], name: str, pattern: re.Pattern[str], what: str) -> str | None:
    value = member_text(remarks, found, name)
    if value is None:
        remarks.error(place, f"`{name}` is missing, expected {what}")
    elif not pattern.fullmatch(value):
        remarks.error(found[name], f"`{value}` is not {what}")
    else:
        return value
    return None


def _accounts(remarks: Remarks, parts: Mapping[str, Node], tree: Tree) -> list[str]:
    """The accounts. Their paths, which `list-accounts` gives in `Paths` or the snapshot in `paths`, go to the tree."""
    accounts: dict[str, None] = {}
    for entry in listed(remarks, parts["accounts"], "Accounts", "the output of list-accounts"):
        found = members(remarks, entry, "an account")
        account = _matching(remarks, entry, found, "Id", ACCOUNT, "an account of twelve digits")
        if account is None:
            continue
        if account in accounts:
            remarks.error(entry, f"duplicate account {account}")
        accounts[account] = None
        if "Paths" in found and not is_null(found["Paths"]):
            for node in items(remarks, found["Paths"], "`Paths`"):
                tree.add_path(node, account)
    for account, node in (members(remarks, parts["paths"], "`paths`") if "paths" in parts else {}).items():
        if account in accounts:
            tree.add_path(node, account)
        else:
            remarks.error(node, f"`paths` names {account}, which is not among the accounts")
    return list(accounts)


def _path(tree: Tree, account: str) -> str | None:
    """The organization path of an account, as `aws:PrincipalOrgPaths` has it: without the account."""
    above = tree.above(account)
    return None if above is None else "/".join((tree.organization, *above, ""))
