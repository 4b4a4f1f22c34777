"""Users, groups and roles that a plan or template makes, as `get-account-authorization-details` would list them.

In: what is found about each of them. Out: nodes of AWS CLI output. Guarantee: nothing that was found is left out.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

from verifier.inputs.access import is_null
from verifier.inputs.nodes import Items, Node, Scalar, entries, listing, member, obj, plain, text_at, text_of
from verifier.inputs.unknown import Unknown

NAMES = {"role": "Role", "user": "User", "group": "Group"}
"""The kinds, and how the names of their members begin."""

TRUST, BOUNDARY, TAGS = "trust policy", "permissions boundary", "its tags"
"""What else stands among the names of policies, none of which has a space."""


def membership(group: str) -> str:
    """What stands for the membership in a group among the names of policies."""
    return f"group {group}"


@dataclass
class Draft:
    """A user, group or role while it is put together: `place` is where it is made. Inline policies are by name, managed ones (whose
    documents are elsewhere) by ARN; a policy that is attached and not known is an inline one that is `Unknown`."""

    kind: str
    arn: str
    place: Node
    inline: dict[str, Node] = field(default_factory=dict)
    managed: dict[str, Node] = field(default_factory=dict)
    groups: dict[str, Node] = field(default_factory=dict)
    boundary: Node | None = None
    trust: Node | None = None
    unique_id: Node | None = None
    tags: Node | None = None
    profiles: Node | None = None
    """The instance profiles of a role."""
    new: bool = False
    """Whether it is made anew, even if there is one of its name already."""
    only: dict[bool, tuple[frozenset[str], str]] = field(default_factory=dict)
    """Of the policies that are managed, or not, the ARNs or names of those that it may keep, where it does not keep all; and what tells
    that there are no others, where nothing writes it."""

    def attach(self, arn: Node, name: str) -> None:
        """Attaches a managed policy. One whose ARN is not known is remembered under a name."""
        if isinstance(arn, Scalar):
            self.managed[arn.text] = arn
        else:
            self.inline[name] = arn

    def join(self, group: Node, name: str) -> None:
        """Makes the user a member of a group, likewise."""
        if isinstance(group, Scalar):
            self.groups[group.text] = group
        else:
            self.inline[name] = group

    @classmethod
    def of(cls, kind: str, entry: Node) -> Draft | None:
        """An entry of `RoleDetailList`, `UserDetailList` or `GroupDetailList`; `None` for one of another form, an error for whoever reads
        it."""
        title = NAMES[kind]
        lists = [member(entry, name) for name in (f"{title}PolicyList", "AttachedManagedPolicies", "GroupList")]
        inline = [(member(node, "PolicyName"), member(node, "PolicyDocument") or node) for node in entries(lists[0])]
        managed, groups = [member(node, "PolicyArn") for node in entries(lists[1])], entries(lists[2])
        if not all(isinstance(node, Scalar) for node in (*(name for name, _ in inline), *managed, *groups)):
            return None
        if not all(node is None or isinstance(node, Items) for node in lists):
            return None
        boundary = member(entry, "PermissionsBoundary")
        found = cls(kind, text_of(entry, "Arn") or "", entry, boundary=member(boundary, "PermissionsBoundaryArn") or boundary)
        found.trust, found.tags = member(entry, "AssumeRolePolicyDocument"), member(entry, "Tags")
        found.unique_id, found.profiles = member(entry, f"{title}Id"), member(entry, "InstanceProfileList")
        found.inline = {name.text: document for name, document in inline if isinstance(name, Scalar)}
        found.managed = {arn.text: arn for arn in managed if isinstance(arn, Scalar)}
        found.groups = {group.text: group for group in groups if isinstance(group, Scalar)}
        return found

    def contents(self) -> dict[str, Node]:
        """What it has, by the names of inline policies, the ARNs of managed ones, its memberships, and what else it is."""
        alone = {TRUST: self.trust, BOUNDARY: self.boundary, TAGS: self.tags}
        found = {what: node for what, node in alone.items() if node is not None}
        return found | {membership(name): node for name, node in self.groups.items()} | self.managed | self.inline

    def without(self, names: Container[str]) -> None:
        """Takes policies and memberships away."""
        for found in (self.inline, self.managed, self.groups):
            for name in [n for n in found if (membership(n) if found is self.groups else n) in names]:
                del found[name]

    def open(self, found: Mapping[str, Node]) -> None:
        """Puts what is not known among the things found in the place of what it has."""
        unknown = {what: node for what, node in found.items() if isinstance(node, Unknown)}
        self.without(unknown)
        self.trust = unknown.pop(TRUST, self.trust)
        self.boundary = unknown.pop(BOUNDARY, self.boundary)
        self.tags = unknown.pop(TAGS, self.tags)
        self.inline |= unknown

    def dropped(self, contents: Mapping[str, Node]) -> dict[str, str]:
        """The names and ARNs of the policies that it may not keep, and what only tells it; one of which nothing is known may have any
        name."""
        named = [name for name, node in contents.items() if " " not in name and not isinstance(node, Unknown)]
        return {n: by for managed, (kept, by) in self.only.items() for n in named if n.startswith("arn:") is managed and n not in kept}

    @property
    def name(self) -> str:
        """Its name, without a path."""
        return self.arn.rsplit("/", 1)[-1]

    @property
    def says_something(self) -> bool:
        """Whether something is attached to it, or it may keep no others."""
        return bool(self.inline or self.managed or self.groups or self.only)

    def node(self) -> Node:
        """An entry of `RoleDetailList`, `UserDetailList` or `GroupDetailList`."""
        at, title = self.place, NAMES[self.kind]
        found: dict[str, Node] = {
            f"{title}Name": text_at(at, self.name),
            "Arn": text_at(at, self.arn),
            f"{title}PolicyList": listing(at, [obj(n, PolicyName=text_at(n, name), PolicyDocument=n) for name, n in self.inline.items()]),
            "AttachedManagedPolicies": listing(at, [obj(arn, PolicyArn=arn) for arn in self.managed.values()]),
        }
        if self.kind == "user":
            found["GroupList"] = listing(at, self.groups.values())
        if self.kind != "group":
            found |= self._of_principal(title)
        return obj(at, **found)

    def _of_principal(self, title: str) -> dict[str, Node]:
        at, found = self.place, dict[str, Node]()
        if self.boundary is not None:
            found["PermissionsBoundary"] = self.boundary if is_null(self.boundary) else obj(at, PermissionsBoundaryArn=self.boundary)
        if self.trust is not None:
            found["AssumeRolePolicyDocument"] = self.trust
        if isinstance(self.unique_id, Scalar):
            found[f"{title}Id"] = self.unique_id
        if self.tags is not None:
            found["Tags"] = self.tags
        if self.profiles is not None or (self.new and self.kind == "role"):
            found["InstanceProfileList"] = self.profiles or listing(at, ())
        return found


def managed_policy(place: Node, arn: str, document: Node, *, new: bool = False) -> Node:
    """An entry of `Policies`. One that is not `new` may have earlier versions, whose documents are not known."""
    version = obj(place, VersionId=text_at(place, "v1"), IsDefaultVersion=plain(place, "true"), Document=document)
    earlier = [] if new else [obj(place, IsDefaultVersion=plain(place, "false"))]
    name = text_at(place, arn.rsplit("/", 1)[-1])
    return obj(place, PolicyName=name, Arn=text_at(place, arn), PolicyVersionList=listing(place, [version, *earlier]))


def details(place: Node, drafts: Iterable[Draft], policies: Iterable[Node]) -> Node:
    """The authorization details of an account."""
    drafts = list(drafts)
    lists = {f"{title}DetailList": listing(place, [d.node() for d in drafts if d.kind == kind]) for kind, title in NAMES.items()}
    return obj(place, **lists, Policies=listing(place, policies))
