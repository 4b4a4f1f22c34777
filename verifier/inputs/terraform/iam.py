"""Users, groups, roles and their policies of a plan, as `get-account-authorization-details` tells them.

In: a resolver. Out: for each account its authorization details. Guarantee: of a role or user that is listed everything that the plan
attaches to it is listed too, unknown documents among it; one whose ARN or tags are not known is left out, and so counts as one of which
nothing is known (U1). A group whose ARN is not known is an unmodelled thing that others may join (E0). What is attached to others is
remembered by their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from verifier.inputs.drafts import NAMES, Draft, details, managed_policy
from verifier.inputs.elsewhere import Elsewhere, membership, unlisted
from verifier.inputs.nodes import Node, Remarks, Scalar
from verifier.inputs.terraform.documents import as_document, policy_attribute
from verifier.inputs.terraform.exclusive import exclusive
from verifier.inputs.terraform.plan import Resource
from verifier.inputs.terraform.providers import Providers
from verifier.inputs.terraform.resolver import Resolver, entries, member
from verifier.inputs.terraform.tags import tags_of
from verifier.inputs.unknown import Unknown, names_in
from verifier.model.estate import Influence, Unmodelled
from verifier.syntax.text import first_few, printable

_KINDS = {"aws_iam_role": "role", "aws_iam_user": "user", "aws_iam_group": "group"}
_INLINE = {f"aws_iam_{kind}_policy": kind for kind in ("role", "user", "group")}
_ATTACHMENTS = {f"aws_iam_{kind}_policy_attachment": kind for kind in ("role", "user", "group")}

_MAKES_ROLES = re.compile(
    r"aws_iam_service_linked_role|aws_servicecatalog_provisioned_product|(?:aws|awscc)_(?:\w+_)?cloudformation_stack\w*"
    r"|awscc_iam_(?:role|user|service_linked_role)"
)
"""Types of resources that make roles, or may, which the plan does not have."""
_PERMISSION_SETS = re.compile(r"aws_ssoadmin_\w+|awscc_sso_\w+")


class Identities:
    """The IAM resources of one side of a plan."""

    def __init__(self, remarks: Remarks, resolver: Resolver, providers: Providers) -> None:
        self.remarks = remarks
        self.resolver = resolver
        self.providers = providers
        self.owners: dict[tuple[str, str, str], Draft] = {}
        self.by_address: dict[str, Draft] = {}
        self.elsewhere: dict[str, Elsewhere] = {}
        self.unmodelled: list[Unmodelled] = []
        self.not_exact: list[Resource] = []
        """Resources that leave nothing but what they list, of which it is not known what that is, or whose."""

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
            for kind in NAMES:
                for node in self._listed(resource, f"{kind}s"):
                    self._attach(resource, kind, node, f"{kind}s")
        self.not_exact = list(exclusive(self.resolver, self._elsewhere))
        self._memberships()
        self._detached()
        self._made_by_others()
        policies = self._policies()
        for policy in self.resolver.of_type("aws_iam_policy"):
            self._elsewhere(policy)  # those of a snapshot may have it
        for change in self.elsewhere.values():
            change.policies = policies
        accounts = {account for account, _, _ in self.owners}
        place = Node(self.resolver.plan.address("accounts"), 0, 0)
        owners = {account: [owner for (own, _, _), owner in self.owners.items() if own == account] for account in sorted(accounts)}
        return {account: details(place, owned, policies) for account, owned in owners.items()}

    # -- users, groups, roles --

    def _owner(self, resource: Resource) -> None:
        kind = _KINDS[resource.type]
        arn, name = self._arn(resource, kind), self.resolver.text(resource, "name")
        before = self.resolver.plan.before.get(resource.address)
        old = before.values.get("name") if before is not None and not resource.created else None
        if isinstance(old, str) and old != name:
            self._elsewhere(resource).renamed[kind, old] = arn if name is not None else None
        if arn is None or name is None or arn.count(":") < 5 or (kind != "group" and tags_of(self.resolver, resource) is None):
            self._elsewhere(resource).left_out.add((kind, name))
            if kind == "group":
                self._unlisted(resource, "join")
            return
        place = Node(self.resolver.place(resource), 0, 0)
        owner = Draft(kind, arn, place, unique_id=self.resolver.value(resource, "unique_id"))
        self.owners[arn.split(":")[4], kind, name] = owner
        self.by_address[resource.address] = owner
        if kind != "group":
            self._principal(resource, owner)
        if kind == "role":
            owner.trust = policy_attribute(self.resolver, resource, "assume_role_policy")
            self._own_inline(resource, owner)
            self._own_managed(resource, owner)

    def _unlisted(self, resource: Resource, verb: str) -> None:
        """Records a group or managed policy whose ARN is not known."""
        names = names_in([node for attribute in ("arn", "name") if (node := self.resolver.value(resource, attribute))])
        account, span = self.providers.account(resource), self.resolver.place(resource).span(0, 0)
        why = f"its name or path depends on {first_few(names)}"
        self.unmodelled.append(unlisted(f"{verb} {resource.address}", why, account, span))

    def _arn(self, resource: Resource, kind: str) -> str | None:
        """The ARN as it will be: that of a user or group whose name or path changes is told as it was."""
        arn, path, name = (self.resolver.text(resource, attribute) for attribute in ("arn", "path", "name"))
        before = self.resolver.plan.before.get(resource.address)
        if arn is None or before is None or all(before.values.get(n) == resource.values.get(n) for n in ("path", "name")):
            return arn
        return None if path is None or name is None else ":".join([*arn.split(":")[:5], f"{kind}{path}{name}"])

    def _elsewhere(self, resource: Resource) -> Elsewhere:
        return self.elsewhere.setdefault(self.providers.account(resource) or "", Elsewhere())

    def _principal(self, resource: Resource, owner: Draft) -> None:
        tags = tags_of(self.resolver, resource)
        owner.tags = tags.pairs if tags is not None else ()
        boundary = self.resolver.value(resource, "permissions_boundary")
        owner.boundary = None if isinstance(boundary, Scalar) and not boundary.text else boundary

    def _own_inline(self, resource: Resource, owner: Draft) -> None:
        """The `inline_policy` blocks of a role. Where the configuration has none they are what AWS told, without those that the plan
        removes."""
        node = self._exclusive(resource, "inline_policy")
        if isinstance(node, Unknown):
            owner.inline["inline_policy"] = node
        removed = self._removed(resource, "inline_policy")
        for index, block in enumerate(entries(node)):
            name = member(block, "name")
            shown = name.text if isinstance(name, Scalar) else f"inline_policy[{index}]"
            place = f"{self.resolver.plan.file}#{resource.address}.inline_policy[{index}].policy"
            document = block if isinstance(block, Unknown) else as_document(member(block, "policy"), place)
            if document is not None and shown not in removed:
                owner.inline[shown] = document

    def _own_managed(self, resource: Resource, owner: Draft) -> None:
        node = self._exclusive(resource, "managed_policy_arns")
        removed = self._removed(resource, "managed_policy_arns")
        for item in [node] if isinstance(node, Unknown) else entries(node):
            if not (isinstance(item, Scalar) and item.text in removed):
                owner.attach(item, f"managed_policy_arns ({first_few(names_in([item]))})")

    def _exclusive(self, resource: Resource, name: str) -> Node | None:
        """An attribute that is computed where the configuration does not have it: a new role has none then."""
        if resource.created and not self.resolver.is_configured(resource, name):
            return None
        return self.resolver.value(resource, name)

    def _removed(self, resource: Resource, attribute: str) -> set[str]:
        """What the plan takes away from a role, where that is in an attribute as AWS told it."""
        if self.resolver.is_configured(resource, attribute):
            return set()
        return self._gone_of.get(("role", resource.values.get("name")), set())

    @cached_property
    def _gone_of(self) -> dict[tuple[str, object], set[str]]:
        found: dict[tuple[str, object], set[str]] = {}
        for _, kind, owner, what in self._gone:
            found.setdefault((kind, owner), set()).add(what)
        return found

    @cached_property
    def _gone(self) -> list[tuple[Resource, str, str, str]]:
        """What was attached to whom before the plan, and will not be after it."""
        plan = self.resolver.plan
        kept = {found for resource in plan.after.values() for found in _attached(resource)}
        before = {**plan.before, **plan.removed}.values()
        return [(resource, *found) for resource in before for found in _attached(resource) if found not in kept]

    # -- what is attached to them --

    def _target(self, resource: Resource, kind: str, node: Node | None, attribute: str) -> Draft | None:
        """The owner that a resource names, in the plan or elsewhere; of a name that is not known it cannot be told, so what is attached may
        be anybody's."""
        account = self.providers.account(resource)
        if isinstance(node, Scalar):
            name = node.text.rsplit("/", 1)[-1]
            own = self.owners.get((account or "", kind, name))
            return own or self._elsewhere(resource).draft(kind, name, Node(self.resolver.place(resource), 0, 0))
        referred = self.resolver.references.referred(resource, attribute)
        if referred is not None and referred.type == f"aws_iam_{kind}":
            return self.by_address.get(referred.address)
        names = names_in([node]) if node is not None else ()
        description = printable(f"{resource.address} is attached to a {kind} that is not known: it depends on {first_few(names)}")
        span = self.resolver.place(resource).span(0, 0)
        thing = Unmodelled(printable(f"policy of {resource.address}"), "U3", Influence.EITHER, description, account=account, span=span)
        self.unmodelled.append(thing)
        return None

    def _inline(self, resource: Resource) -> None:
        kind = _INLINE[resource.type]
        owner = self._target(resource, kind, self.resolver.value(resource, kind), kind)
        if owner is None:
            return
        name = self.resolver.text(resource, "name") or resource.address
        place = self.resolver.place(resource)
        owner.inline[name] = policy_attribute(self.resolver, resource, "policy") or Unknown(place, 0, 0, [f"{resource.address}.policy"])

    def _attach(self, resource: Resource, kind: str, target: Node | None, attribute: str) -> None:
        owner = self._target(resource, kind, target, attribute)
        arn = self.resolver.value(resource, "policy_arn")
        if owner is None or arn is None:
            return
        owner.attach(arn, resource.address)

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
        owner.join(group, resource.address)

    def _made_by_others(self) -> None:
        """Roles that are made by what the plan makes or changes, and are not in it."""
        plan = self.resolver.plan
        for resource in plan.after.values():
            if resource.managed and plan.changes(resource) and _MAKES_ROLES.fullmatch(resource.type):
                where = self.elsewhere.setdefault("", Elsewhere()) if "stack_set" in resource.type else self._elsewhere(resource)
                where.left_out.add(("role", None))
        for resource in (*plan.after.values(), *plan.removed.values()):
            if resource.managed and plan.changes(resource) and _PERMISSION_SETS.fullmatch(resource.type):
                self.elsewhere.setdefault("", Elsewhere()).permission_sets = True

    def _detached(self) -> None:
        """What the plan takes away from those that it does not make."""
        for resource, kind, owner, what in self._gone:
            self._elsewhere(resource).detached.setdefault((kind, owner), set()).add(what)

    # -- managed policies --

    def _policies(self) -> list[Node]:
        found: dict[str, Node] = {}
        for managed in (False, True):
            for resource in self.resolver.of_type("aws_iam_policy", managed=managed):
                arn = self.resolver.text(resource, "arn")
                document = policy_attribute(self.resolver, resource, "policy")
                if arn is not None and document is not None:
                    found[arn] = managed_policy(Node(self.resolver.place(resource), 0, 0), arn, document, new=resource.created)
                elif arn is None and managed:
                    self._unlisted(resource, "attach")
        return list(found.values())


def _attached(resource: Resource) -> Iterator[tuple[str, str, str]]:
    """What a resource attaches to whom, as far as its values say it: the kind and name of the owner, and the name of an inline policy, the
    ARN of a managed one, or a group."""
    values = resource.values
    if resource.type in _INLINE:
        kind = _INLINE[resource.type]
        yield from ((kind, owner, name) for owner in _texts(values.get(kind)) for name in _texts(values.get("name")))
    elif resource.type in _ATTACHMENTS:
        kind = _ATTACHMENTS[resource.type]
        yield from ((kind, owner, arn) for owner in _texts(values.get(kind)) for arn in _texts(values.get("policy_arn")))
    elif resource.type == "aws_iam_policy_attachment":
        owners = ((kind, owner) for kind in NAMES for owner in _texts(values.get(f"{kind}s")))
        yield from ((kind, owner, arn) for kind, owner in owners for arn in _texts(values.get("policy_arn")))
    elif resource.type in ("aws_iam_user_group_membership", "aws_iam_group_membership"):
        users, groups = ([*_texts(values.get(name)), *_texts(values.get(f"{name}s"))] for name in ("user", "group"))
        yield from (("user", user, membership(group)) for user in users for group in groups)


def _texts(value: object) -> list[str]:
    """A text, or the texts of a list."""
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
