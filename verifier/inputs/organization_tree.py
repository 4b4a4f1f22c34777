"""Where the accounts of an organization are: which OU or root is above each.

In: `paths` of the snapshot, `Paths` of `list-accounts`, and the output of `list-parents`, `list-organizational-units-for-parent` and
`list-roots`. Out: a `Tree`. Guarantee: each account and OU has at most one parent, and there is one root; contradictions are errors.
[API: Organizations ListParents, ListOrganizationalUnitsForParent, ListRoots, Account, OrganizationalUnit]
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from verifier.inputs.access import is_null, items, listed, member_text, members
from verifier.inputs.nodes import Members, Node, Remarks, Scalar

ACCOUNT = re.compile(r"[0-9]{12}")
ROOT = re.compile(r"r-[a-z0-9]{4,32}")
UNIT = re.compile(r"ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}")
_PATH = re.compile(r"(o-[a-z0-9]{10,32})/(r-[a-z0-9]{4,32}(?:/ou-[a-z0-9]{4,32}-[a-z0-9]{8,32})*)(?:/([0-9]{12}))?/")


@dataclass
class Tree:
    """The parents of accounts and OUs, the root, and the types of policies that the root has enabled (`None` where not given)."""

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

    def add_path(self, node: Node, child: str) -> None:
        """Records an organization path, `o-…/r-…/ou-…/`, of an account or OU. It may end with the account or OU itself."""
        value = node.text if isinstance(node, Scalar) else ""
        match = _PATH.fullmatch(value if value.endswith("/") else value + "/")
        if match is None or match.group(3) not in (None, child):
            self.remarks.error(node, "expected an organization path, such as o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/", rule="F2")
            return
        if match.group(1) != self.organization:
            self.remarks.error(node, f"the path {value} is not in the organization {self.organization}", rule="F2")
            return
        chain = match.group(2).split("/")
        chain = chain[:-1] if chain[-1] == child else chain
        for lower, upper in zip([*chain[1:], child], chain, strict=True):
            self.add(node, lower, upper)


def read_tree(remarks: Remarks, organization: str, parts: Mapping[str, Node]) -> Tree:
    """The tree, without the paths of accounts, which come with them."""
    tree = Tree(remarks, organization)
    if "roots" in parts:
        _read_roots(tree, parts["roots"])
    for child, node in members(remarks, parts["parents"], "`parents`").items() if "parents" in parts else ():
        _read_parent(tree, child, node)
    if "organizational_units" in parts:
        _read_units(tree, parts["organizational_units"])
    return tree


def _read_roots(tree: Tree, node: Node) -> None:
    remarks = tree.remarks
    for entry in listed(remarks, node, "Roots", "the output of list-roots"):
        found = members(remarks, entry, "a root")
        root = member_text(remarks, found, "Id")
        if root is None or not ROOT.fullmatch(root):
            remarks.error(entry, "the root has no `Id` such as r-ab12")
            continue
        tree.add_root(entry, root)
        if "PolicyTypes" in found and not is_null(found["PolicyTypes"]):
            types = [members(remarks, item, "a policy type") for item in items(remarks, found["PolicyTypes"], "`PolicyTypes`")]
            tree.enabled = frozenset(name for item in types if (name := member_text(remarks, item, "Type")) is not None)


def _read_parent(tree: Tree, child: str, node: Node) -> None:
    """The parent of an account or OU: `list-parents` lists exactly one."""
    remarks = tree.remarks
    if not ACCOUNT.fullmatch(child) and not UNIT.fullmatch(child):
        remarks.error(node, f"`{child}` is neither an account nor an OU", hint="`parents` has the output of list-parents for each of them")
        return
    entries = listed(remarks, node, "Parents", "the output of list-parents")
    if len(entries) != 1:
        remarks.error(node, f"{child} has {len(entries)} parents, expected one", rule="D7")
    for entry in entries[:1]:
        parent = member_text(remarks, members(remarks, entry, "a parent"), "Id")
        if parent is None or not (ROOT.fullmatch(parent) or UNIT.fullmatch(parent)):
            remarks.error(entry, "the parent has no `Id` of a root or OU")
        else:
            tree.add(entry, child, parent)


def _read_units(tree: Tree, node: Node) -> None:
    """OUs: outputs by the parent that they are for, or any outputs whose OUs have a `Path`."""
    what = "the output of list-organizational-units-for-parent"
    by_parent = isinstance(node, Members) and not node.has("OrganizationalUnits")
    outputs: list[tuple[str | None, Node]] = [(None, node)]
    if by_parent:
        outputs = [*members(tree.remarks, node, "`organizational_units`").items()]
    for parent, output in outputs:
        if parent is not None and not (ROOT.fullmatch(parent) or UNIT.fullmatch(parent)):
            tree.remarks.error(output, f"`{parent}` is neither a root nor an OU", hint=f"give {what} for each of them")
            continue
        for entry in listed(tree.remarks, output, "OrganizationalUnits", what):
            _read_unit(tree, entry, parent)


def _read_unit(tree: Tree, entry: Node, parent: str | None) -> None:
    found = members(tree.remarks, entry, "an organizational unit")
    unit = member_text(tree.remarks, found, "Id")
    if unit is None or not UNIT.fullmatch(unit):
        tree.remarks.error(entry, "the organizational unit has no `Id` such as ou-ab12-11111111")
        return
    if parent is not None:
        tree.add(entry, unit, parent)
    if "Path" in found and not is_null(found["Path"]):
        tree.add_path(found["Path"], unit)
