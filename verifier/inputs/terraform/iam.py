"""Users, groups, roles and their policies of a plan, as `get-account-authorization-details` tells them.

In: a resolver. Out: for each account its authorization details. Guarantee: of a role or user that is listed everything that the plan
attaches to it is listed too, unknown documents among it; one whose ARN or tags are not known is left out, and so counts as one of which
nothing is known (U1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from verifier.inputs.nodes import Items, Members, Node, Remarks, Scalar
from verifier.inputs.terraform.documents import as_document, policy_attribute
from verifier.inputs.terraform.plan import Resource
from verifier.inputs.terraform.providers import Providers
from verifier.inputs.terraform.resolver import Resolver, entries, member
from verifier.inputs.terraform.tags import tags_of
from verifier.inputs.terraform.values import place_of, text_node
from verifier.inputs.unknown import Unknown, names_in
from verifier.model.estate import Influence, Unmodelled
from verifier.syntax.text import first_few, printable

_KINDS = {"aws_iam_role": "role", "aws_iam_user": "user", "aws_iam_group": "group"}
_INLINE = {f"aws_iam_{kind}_policy": kind for kind in ("role", "user", "group")}
_ATTACHMENTS = {f"aws_iam_{kind}_policy_attachment": kind for kind in ("role", "user", "group")}
_NAMES = {"role": "Role", "user": "User", "group": "Group"}


@dataclass
class _Owner:
    """A user, group or role: its inline policies by name, the ARNs of its managed ones, its groups."""

    kind: str
    arn: str
    resource: Resource
    inline: dict[str, Node] = field(default_factory=dict)
    managed: dict[str, Node] = field(default_factory=dict)
    groups: dict[str, Node] = field(default_factory=dict)


class Identities:
    """The IAM resources of one side of a plan."""

    def __init__(self, remarks: Remarks, resolver: Resolver, providers: Providers) -> None:
        self.remarks = remarks
        self.resolver = resolver
        self.providers = providers
        self.owners: dict[tuple[str, str, str], _Owner] = {}
        self.by_address: dict[str, _Owner] = {}
        self.unmodelled: list[Unmodelled] = []

    def read(self) -> dict[str, Node]:
        """The authorization details of each account of which the plan has users or roles."""
        for resource in self.resolver.of_type(*_KINDS):
            self._owner(resource)
        for resource in self.resolver.of_type(*_INLINE):
            self._inline(resource)
        for resource in self.resolver.of_type(*_ATTACHMENTS):
            kind = _ATTACHMENTS[resource.type]
            self._attach(resource, kind, self.resolver.value(resource, kind), kind)
        for resource in self.resolver.of_type("aws_iam_policy_attachment"):
            for kind in _NAMES:
                for node in self._listed(resource, f"{kind}s"):
                    self._attach(resource, kind, node, f"{kind}s")
        self._memberships()
        policies = self._policies()
        accounts = {account for account, kind, _ in self.owners if kind != "group"}
        return {account: self._details(account, policies) for account in sorted(accounts)}

    # -- users, groups, roles --

    def _owner(self, resource: Resource) -> None:
        kind = _KINDS[resource.type]
        arn, name = self.resolver.text(resource, "arn"), self.resolver.text(resource, "name")
        if arn is None or name is None or arn.count(":") < 5 or (kind != "group" and tags_of(self.resolver, resource) is None):
            return
        owner = _Owner(kind, arn, resource)
        self.owners[arn.split(":")[4], kind, name] = owner
        self.by_address[resource.address] = owner
        if kind == "role":
            self._own_inline(owner)
            self._own_managed(owner)

    def _own_inline(self, owner: _Owner) -> None:
        """The `inline_policy` blocks of a role. Where the configuration has none they are what AWS told, without those that the plan
        removes."""
        node = self._exclusive(owner.resource, "inline_policy")
        if isinstance(node, Unknown):
            owner.inline["inline_policy"] = node
        removed = self._removed(owner, "aws_iam_role_policy", "name")
        for index, block in enumerate(entries(node)):
            name = member(block, "name")
            shown = name.text if isinstance(name, Scalar) else f"inline_policy[{index}]"
            place = f"{self.resolver.plan.file}#{owner.resource.address}.inline_policy[{index}].policy"
            document = block if isinstance(block, Unknown) else as_document(member(block, "policy"), place)
            if document is not None and shown not in removed:
                owner.inline[shown] = document

    def _own_managed(self, owner: _Owner) -> None:
        node = self._exclusive(owner.resource, "managed_policy_arns")
        removed = self._removed(owner, "aws_iam_role_policy_attachment", "policy_arn")
        for item in [node] if isinstance(node, Unknown) else entries(node):
            if isinstance(item, Unknown):
                owner.inline[f"managed_policy_arns ({first_few(item.names)})"] = item
            elif isinstance(item, Scalar) and item.text not in removed:
                owner.managed[item.text] = item

    def _exclusive(self, resource: Resource, name: str) -> Node | None:
        """An attribute that is computed where the configuration does not have it: a new role has none then."""
        if resource.created and not self.resolver.is_configured(resource, name):
            return None
        return self.resolver.value(resource, name)

    def _removed(self, owner: _Owner, type_: str, name: str) -> set[str]:
        """What the plan takes away from a role by removing resources of a type."""
        if self.resolver.is_configured(owner.resource, "inline_policy" if name == "name" else "managed_policy_arns"):
            return set()
        return self._removals.get((owner.resource.values.get("name"), type_, name), set())

    @property
    def _removals(self) -> dict[tuple[object, str, str], set[str]]:
        if not hasattr(self, "_removed_index"):
            index: dict[tuple[object, str, str], set[str]] = {}
            for resource in self.resolver.plan.removed.values():
                for name in ("name", "policy_arn"):
                    value = resource.values.get(name)
                    if isinstance(value, str):
                        index.setdefault((resource.values.get("role"), resource.type, name), set()).add(value)
            self._removed_index = index
        return self._removed_index

    # -- what is attached to them --

    def _target(self, resource: Resource, kind: str, node: Node | None, attribute: str) -> _Owner | None:
        """The owner that a resource names. One that is not in the plan has policies that are not known anyway; of a name that is not known
        it cannot be told, so what is attached may be anybody's."""
        account = self.providers.account(resource)
        if isinstance(node, Scalar):
            return self.owners.get((account or "", kind, node.text.rsplit("/", 1)[-1]))
        referred = self.resolver.referred(resource, attribute)
        if referred is not None and referred.type == f"aws_iam_{kind}":
            return self.by_address.get(referred.address)
        names = names_in([node]) if node is not None else ()
        description = printable(f"{resource.address} is attached to a {kind} that is not known: it depends on {first_few(names)}")
        span = place_of(self.resolver.plan.file, resource.address).span(0, 0)
        thing = Unmodelled(printable(f"policy of {resource.address}"), "U3", Influence.EITHER, description, account=account, span=span)
        self.unmodelled.append(thing)
        return None

    def _inline(self, resource: Resource) -> None:
        kind = _INLINE[resource.type]
        owner = self._target(resource, kind, self.resolver.value(resource, kind), kind)
        if owner is None:
            return
        name = self.resolver.text(resource, "name") or resource.address
        place = place_of(self.resolver.plan.file, resource.address)
        owner.inline[name] = policy_attribute(self.resolver, resource, "policy") or Unknown(place, 0, 0, [f"{resource.address}.policy"])

    def _attach(self, resource: Resource, kind: str, target: Node | None, attribute: str) -> None:
        owner = self._target(resource, kind, target, attribute)
        arn = self.resolver.value(resource, "policy_arn")
        if owner is None or arn is None:
            return
        if isinstance(arn, Scalar):
            owner.managed[arn.text] = arn
        else:
            owner.inline[resource.address] = arn

    def _listed(self, resource: Resource, name: str) -> list[Node]:
        node = self.resolver.value(resource, name)
        return [node] if isinstance(node, Unknown) else entries(node)

    def _memberships(self) -> None:
        for resource in self.resolver.of_type("aws_iam_group_membership"):
            group = self.resolver.value(resource, "group")
            for user in self._listed(resource, "users"):
                self._join(resource, user, group, "users")
        for resource in self.resolver.of_type("aws_iam_user_group_membership"):
            user_node = self.resolver.value(resource, "user")
            for group in self._listed(resource, "groups"):
                self._join(resource, user_node, group, "user")

    def _join(self, resource: Resource, user: Node | None, group: Node | None, attribute: str) -> None:
        owner = self._target(resource, "user", user, attribute)
        if owner is None or group is None:
            return
        if isinstance(group, Scalar):
            owner.groups[group.text] = group
        else:
            owner.inline[resource.address] = group

    # -- managed policies --

    def _policies(self) -> list[Node]:
        found: dict[str, Node] = {}
        for managed in (False, True):
            for resource in self.resolver.of_type("aws_iam_policy", managed=managed):
                arn = self.resolver.text(resource, "arn")
                document = policy_attribute(self.resolver, resource, "policy")
                if arn is not None and document is not None:
                    found[arn] = self._managed(resource, arn, document)
        return list(found.values())

    def _managed(self, resource: Resource, arn: str, document: Node) -> Node:
        place = place_of(self.resolver.plan.file, resource.address)
        version: list[tuple[str, Node]] = [
            ("VersionId", text_node(place, "v1")),
            ("IsDefaultVersion", Scalar(place, 0, 0, "true", "plain")),
        ]
        versions = Items(place, 0, 0, [self._object(resource, [*version, ("Document", document)])])
        name = text_node(place, arn.rsplit("/", 1)[-1])
        return self._object(resource, [("PolicyName", name), ("Arn", text_node(place, arn)), ("PolicyVersionList", versions)])

    # -- authorization details --

    def _details(self, account: str, policies: list[Node]) -> Node:
        place = place_of(self.resolver.plan.file, f"account {account}")
        lists: list[tuple[Scalar, Node]] = [(text_node(place, "Policies"), Items(place, 0, 0, policies))]
        for kind, title in _NAMES.items():
            owners = [owner for (own, of, _), owner in self.owners.items() if own == account and of == kind]
            lists.append((text_node(place, f"{title}DetailList"), Items(place, 0, 0, [self._detail(owner) for owner in owners])))
        return Members(place, 0, 0, lists)

    def _detail(self, owner: _Owner) -> Node:
        resource, title = owner.resource, _NAMES[owner.kind]
        place = place_of(self.resolver.plan.file, resource.address)
        inline: list[Node] = [self._named(resource, name, document) for name, document in owner.inline.items()]
        attached: list[Node] = [self._object(resource, [("PolicyArn", arn)]) for arn in owner.managed.values()]
        members: list[tuple[str, Node]] = [
            (f"{title}Name", text_node(place, owner.arn.rsplit("/", 1)[-1])),
            ("Arn", text_node(place, owner.arn)),
            (f"{title}PolicyList", Items(place, 0, 0, inline)),
            ("AttachedManagedPolicies", Items(place, 0, 0, attached)),
        ]
        members += [("GroupList", Items(place, 0, 0, list(owner.groups.values())))] if owner.kind == "user" else []
        return self._object(resource, [*members, *self._optional(resource, owner.kind)])

    def _optional(self, resource: Resource, kind: str) -> Iterator[tuple[str, Node]]:
        boundary = self.resolver.value(resource, "permissions_boundary") if kind != "group" else None
        if boundary is not None and not (isinstance(boundary, Scalar) and not boundary.text):
            yield "PermissionsBoundary", self._object(resource, [("PermissionsBoundaryArn", boundary)])
        trust = policy_attribute(self.resolver, resource, "assume_role_policy") if kind == "role" else None
        if trust is not None and not names_in([trust]):
            yield "AssumeRolePolicyDocument", trust
        identifier = self.resolver.value(resource, "unique_id")
        if isinstance(identifier, Scalar) and kind != "group":
            yield f"{_NAMES[kind]}Id", identifier
        tags = self._tags(resource)
        if tags is not None and kind != "group":
            yield "Tags", tags

    def _tags(self, resource: Resource) -> Node | None:
        node = tags_of(self.resolver, resource)
        if node is None:
            return None
        tags: list[Node] = [self._object(resource, [("Key", key), ("Value", value)]) for key, value in node.pairs]
        return Items(node.source, 0, 0, tags)

    def _named(self, resource: Resource, name: str, document: Node) -> Node:
        place = place_of(self.resolver.plan.file, resource.address)
        return self._object(resource, [("PolicyName", text_node(place, name)), ("PolicyDocument", document)])

    def _object(self, resource: Resource, pairs: Sequence[tuple[str, Node]]) -> Members:
        place = place_of(self.resolver.plan.file, resource.address)
        return Members(place, 0, 0, [(text_node(place, name), node) for name, node in pairs])
