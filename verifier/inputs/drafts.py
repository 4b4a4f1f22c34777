"""Users, groups and roles that a plan or template makes, as `get-account-authorization-details` would list them.

In: what is found about each of them. Out: nodes of AWS CLI output. Guarantee: nothing that was found is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from verifier.inputs.access import is_null
from verifier.inputs.agreement import told
from verifier.inputs.identity_providers import LISTS
from verifier.inputs.nodes import Node, Scalar, listing, obj, plain, text_at
from verifier.inputs.unknown import Unknown

NAMES = {"role": "Role", "user": "User", "group": "Group"}
"""The kinds, and how the names of their members begin."""


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
    tags: Sequence[tuple[Node, Node]] = ()
    new: bool = False
    """Whether it is made anew, even if there is one of its name already."""
    only: dict[bool, tuple[frozenset[str], str]] = field(default_factory=dict)
    """Of the policies that are managed, or not, the ARNs or names of those that it may keep, where it does not keep all; and what tells
    that there are no others, where nothing writes it."""
    tags_told: str = ""
    """What tells its tags, where nothing writes them."""

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
            f"{title}PolicyList": listing(at, [inline_policy(at, *policy) for policy in self.inline.items()]),
            "AttachedManagedPolicies": listing(at, [obj(at, PolicyArn=arn) for arn in self.managed.values()]),
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
        if self.tags or self.tags_told:
            found["Tags"] = told(listing(at, [obj(at, Key=key, Value=value) for key, value in self.tags]), self.tags_told)
        return found


def provider_listing(place: Node, name: str, arns: Iterable[Node]) -> Node:
    """What `list-open-id-connect-providers` or `list-saml-providers` prints (by the names of `identity_providers`). An ARN that is not
    known is listed as it is."""
    return obj(place, **{LISTS[name]: listing(place, [obj(place, Arn=arn) for arn in arns])})


def inline_policy(place: Node, name: str, document: Node) -> Node:
    """An entry of the inline policies of a user, group or role."""
    return obj(place, PolicyName=text_at(place, name), PolicyDocument=document)


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


def multi_region(place: Node, kind: str, primary: Node | None) -> dict[str, Node]:
    """What `describe-key` tells of a multi-Region key: `kind` is PRIMARY or REPLICA, `primary` the ARN of the primary key, where known."""
    found: dict[str, Node] = {} if primary is None else {"PrimaryKey": obj(place, Arn=primary)}
    return {"MultiRegion": plain(place, "true"), "MultiRegionConfiguration": obj(place, MultiRegionKeyType=text_at(place, kind), **found)}
