"""The organization of a snapshot: its accounts, and where they are.

In: `describe-organization`, `list-accounts`, `paths` of the snapshot, and the output of `list-parents`, `list-roots`
and `list-organizational-units-for-parent`. Out: an `Organization` without its policies, and an `OrganizationTree`.
Guarantee: the list of accounts is whole, for F2 says of every other account that it is outside; each account and OU has
at most one parent, and there is one root; contradictions are errors.
[API: Organizations ListParents, ListOrganizationalUnitsForParent, ListRoots, Account, OrganizationalUnit]
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from verifier.inputs.text.access import Record, listed_entries, listed_records, members
from verifier.inputs.text.nodes import Members, Node, Remarks, Scalar
from verifier.model.organization import Organization

MEMBERS = (
    "describe_organization", "accounts", "paths", "parents", "organizational_units", "roots",
    "policies", "list_policies", "describe_policy", "targets",
)  # fmt: skip
"""The members of `organization` in a snapshot."""
BY_NAME = ("parents", "organizational_units", "list_policies", "describe_policy", "targets")
"""Those that hold several outputs of one command, by what each is for."""

TWELVE_DIGITS = re.compile(r"[0-9]{12}")
ROOT = re.compile(r"r-[a-z0-9]{4,32}")
UNIT = re.compile(r"ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}")
_ABOVE = re.compile(f"{ROOT.pattern}|{UNIT.pattern}")
_BELOW = re.compile(f"{TWELVE_DIGITS.pattern}|{UNIT.pattern}")
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
_ENABLED, _BILLING = re.compile("ENABLED"), "CONSOLIDATED_BILLING"
"""The status of a type of policies that is settled; the features of an organization that has no policies. [API:
Organizations PolicyTypeSummary, Organization]"""
_CONTROL = "_CONTROL_POLICY"
"""How the types of policies end that restrict; what the others have, such as tag policies, decides nothing."""
_PATH = re.compile(f"({_ORGANIZATION.pattern})/({ROOT.pattern}(?:/{UNIT.pattern})*)(?:/({TWELVE_DIGITS.pattern}))?/")


@dataclass
class OrganizationTree:
    """The parents of accounts and OUs, the root, and its enabled types of policies (`None` if not given)."""

    remarks: Remarks
    organization: str
    parents: dict[str, str] = field(default_factory=dict)
    places: dict[str, Node] = field(default_factory=dict)
    root: str | None = None
    enabled: frozenset[str] | None = None

    def add(self, place: Node, child: str, parent: str) -> None:
        """Records the parent of an account or OU; another one than before is an error."""
        known = self.parents.setdefault(child, parent)
        if known != parent:
            self.remarks.error(place, f"{child} has two parents: {known} and {parent}", rule="D7")
        self.places.setdefault(child, place)
        if ROOT.fullmatch(parent):
            self.add_root(place, parent)

    def add_root(self, place: Node, root: str) -> None:
        """Records the root; a second one is an error."""
        if self.root not in (None, root):
            self.remarks.error(place, f"an organization has one root, here are {self.root} and {root}", rule="D7")
        self.root = root

    def above(self, account: str) -> tuple[str, ...] | None:
        """The root and the OUs above an account, root first; `None` where the way up to the root is not known."""
        chain: dict[str, None] = {}
        child = account
        while (parent := self.parents.get(child)) is not None:
            if parent in chain:
                self.remarks.error(self.places[child], f"{parent} is above itself", rule="D7")
                return None
            chain[parent] = None
            child = parent
        return tuple(reversed(chain)) if ROOT.fullmatch(child) else None

    def path(self, account: str) -> str | None:
        """The organization path of an account, as `aws:PrincipalOrgPaths` has it: without the account."""
        above = self.above(account)
        return None if above is None else "/".join((self.organization, *above, ""))

    def add_path(self, node: Node, child: str) -> None:
        """Records an organization path, `o-…/r-…/ou-…/`, of an account or OU, which may end with that."""
        value = node.text if isinstance(node, Scalar) else ""
        match = _PATH.fullmatch(value if value.endswith("/") else value + "/")
        if match is None or match.group(3) not in (None, child):
            self.remarks.error(
                node, "expected an organization path, such as o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/", rule="F2"
            )
            return
        if match.group(1) != self.organization:
            self.remarks.error(node, f"the path {value} is not in the organization {self.organization}", rule="F2")
            return
        chain = match.group(2).split("/")
        chain = chain[:-1] if chain[-1] == child else chain
        for lower, upper in zip([*chain[1:], child], chain, strict=True):
            self.add(node, lower, upper)


def read_organization(given: Record) -> tuple[Organization, OrganizationTree] | None:
    """The organization and its tree, from the parts that are given; `None` after recording why they are not known."""
    for name in ("describe_organization", "accounts"):
        if name not in given:
            hint = "accounts that are not listed count as outside"
            given.error(f"the organization has no `{name}`", hint=hint, rule="F2")
    if "describe_organization" not in given or "accounts" not in given:
        return None
    remarks = given.remarks
    output = members(remarks, given["describe_organization"], "the output of describe-organization")
    found = output.unwrapped("Organization")
    identifier = _required(found, "Id", _ORGANIZATION, "an organization ID, such as o-a1b2c3d4e5")
    # The name of the API, or the one that replaced it.
    name = "ManagementAccountId" if "ManagementAccountId" in found else "MasterAccountId"
    management = _required(found, name, TWELVE_DIGITS, "an account of twelve digits")
    if identifier is None or management is None:
        return None
    tree = OrganizationTree(remarks, identifier)
    _read_tree(tree, given)
    if found.text("FeatureSet") == _BILLING:
        tree.enabled = frozenset()
    accounts = _accounts(tree, given)
    if management not in accounts:
        given.error(f"the management account {management} is not among the accounts", "accounts", rule="F2")
    return Organization(identifier, management, tuple((account, tree.path(account)) for account in accounts)), tree


def _required(found: Record, name: str, pattern: re.Pattern[str], what: str) -> str | None:
    if found.value(name) is None:
        found.remarks.error(found.place, f"`{name}` is missing, expected {what}")
    return found.matching(name, pattern, what)


def _accounts(tree: OrganizationTree, given: Record) -> list[str]:
    """The accounts. Their paths, which `list-accounts` gives in `Paths` or the snapshot in `paths`, go to the tree."""
    accounts: dict[str, None] = {}
    what = "the output of list-accounts"
    for found in listed_records(tree.remarks, given["accounts"], "Accounts", what, "an account"):
        account = _required(found, "Id", TWELVE_DIGITS, "an account of twelve digits")
        if account is None:
            continue
        if account in accounts:
            found.error(f"duplicate account {account}")
        accounts[account] = None
        for node in found.entries("Paths") if found.value("Paths") is not None else ():
            tree.add_path(node, account)
    for account, node in given.inner("paths").items():
        if account in accounts:
            tree.add_path(node, account)
        else:
            tree.remarks.error(node, f"`paths` names {account}, which is not among the accounts")
    return list(accounts)


def _read_tree(tree: OrganizationTree, given: Record) -> None:
    """What tells of the tree, but the paths of accounts, which come with them."""
    if "roots" in given:
        for found in listed_records(tree.remarks, given["roots"], "Roots", "the output of list-roots", "a root"):
            root = found.text("Id")
            if root is None or not ROOT.fullmatch(root):
                found.error("the root has no `Id` such as r-ab12")
                continue
            tree.add_root(found.place, root)
            if found.value("PolicyTypes") is not None:
                types = found.records("PolicyTypes", "a policy type")
                what = "`ENABLED`: collect the organization again when it is settled"
                for item in types:
                    if (item.text("Type") or _CONTROL).endswith(_CONTROL):
                        item.matching("Status", _ENABLED, what, "D7")
                tree.enabled = frozenset(name for item in types if (name := item.text("Type")) is not None)
    for child, node in given.inner("parents").items():
        _read_parent(tree, child, node)
    units = given.get("organizational_units")
    if isinstance(units, Members) and not units.has("OrganizationalUnits"):
        for parent, node in given.inner("organizational_units").items():
            _read_units(tree, node, parent)
    elif units is not None:
        _read_units(tree, units, None)


def _read_parent(tree: OrganizationTree, child: str, node: Node) -> None:
    """The parent of an account or OU: `list-parents` lists exactly one."""
    remarks = tree.remarks
    if not _BELOW.fullmatch(child):
        hint = "`parents` has the output of list-parents for each of them"
        remarks.error(node, f"`{child}` is neither an account nor an OU", hint=hint)
        return
    entries = listed_entries(remarks, node, "Parents", "the output of list-parents")
    if len(entries) != 1:
        remarks.error(node, f"{child} has {len(entries)} parents, expected one", rule="D7")
    for entry in entries[:1]:
        parent = members(remarks, entry, "a parent").text("Id")
        if parent is None or not _ABOVE.fullmatch(parent):
            remarks.error(entry, "the parent has no `Id` of a root or OU")
        else:
            tree.add(entry, child, parent)


def _read_units(tree: OrganizationTree, node: Node, parent: str | None) -> None:
    """The OUs of an output for one `parent`, or of any, where these have a `Path`."""
    what = "the output of list-organizational-units-for-parent"
    if parent is not None and not _ABOVE.fullmatch(parent):
        tree.remarks.error(node, f"`{parent}` is neither a root nor an OU", hint=f"give {what} for each of them")
        return
    for found in listed_records(tree.remarks, node, "OrganizationalUnits", what, "an organizational unit"):
        unit, path = found.text("Id"), found.value("Path")
        if unit is None or not UNIT.fullmatch(unit):
            found.error("the organizational unit has no `Id` such as ou-ab12-11111111")
            continue
        if parent is not None:
            tree.add(found.place, unit, parent)
        if path is not None:
            tree.add_path(path, unit)
