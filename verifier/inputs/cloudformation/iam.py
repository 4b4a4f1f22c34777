"""Users, groups, roles and policies of a template.

In: its functions and the names of its resources. Out: the authorization details of the account.
Guarantee: of a role, user or group that is listed everything that the template attaches to it is listed too, unknown documents among it.
A role or user whose ARN, tags or existence are not known is left out, and so counts as one of which nothing is known (U1); a group whose
ARN is not known is an unmodelled thing that others may join (E0). What is attached to others is remembered by their names.
[CloudFormation Template Reference: AWS Identity and Access Management]
"""

from __future__ import annotations

from verifier.inputs.cloudformation.functions import Functions
from verifier.inputs.cloudformation.names import Names
from verifier.inputs.cloudformation.surroundings import EVERYWHERE, makes_roles
from verifier.inputs.cloudformation.template import Resource
from verifier.inputs.drafts import Draft, details, managed_policy, provider_listing
from verifier.inputs.elsewhere import Elsewhere, unlisted, untagged
from verifier.inputs.identity_providers import OPEN_ID_CONNECT, SAML
from verifier.inputs.nodes import Node, Scalar, member
from verifier.inputs.unknown import Pieces, Unknown, may_be_equal, names_in, text_pieces
from verifier.model.estate import Influence, Unmodelled
from verifier.syntax.text import first_few, printable

_KINDS = {"AWS::IAM::Role": "role", "AWS::IAM::User": "user", "AWS::IAM::Group": "group"}
_SHORTEST = 20
"""Characters of a logical ID that a name has which CloudFormation makes up of it; where the name gets too long it cuts the rest off."""
_PROVIDERS = {"AWS::IAM::OIDCProvider": OPEN_ID_CONNECT, "AWS::IAM::SAMLProvider": SAML}
_OF_SEVERAL = (("role", "Roles"), ("user", "Users"), ("group", "Groups"))
_OWNERS = {
    **dict.fromkeys(("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"), _OF_SEVERAL),
    "AWS::IAM::RolePolicy": (("role", "RoleName"),),
    "AWS::IAM::UserPolicy": (("user", "UserName"),),
    "AWS::IAM::GroupPolicy": (("group", "GroupName"),),
}
"""Policies, and the properties that name whom they are attached to."""


class Identities:
    """The IAM resources of a template."""

    def __init__(self, functions: Functions, names: Names) -> None:
        self.functions = functions
        self.names = names
        self.drafts: dict[tuple[str, str], Draft] = {}
        self.elsewhere, self.everywhere = Elsewhere(), Elsewhere()
        """What is done to others: of the account of the stack, and of all accounts."""
        self.unmodelled: list[Unmodelled] = []
        self._inline_names: dict[int, dict[str, Pieces]] = {}

    def read(self, place: Node) -> Node | None:
        """The authorization details; `None` where the template makes no user, group or role."""
        template = self.functions.template
        for resource in template.of_type(*_KINDS):
            exists = self.functions.exists(resource)
            if exists is None and _KINDS[resource.type] != "group":
                self._left_out(resource)
            elif exists is not False:
                self._draft(resource)
        for resource in template.of_type(*(type_ for type_ in _OWNERS if type_ != "AWS::IAM::ManagedPolicy")):
            self._inline(resource)
        policies = [node for resource in template.of_type("AWS::IAM::ManagedPolicy") if (node := self._managed(resource)) is not None]
        for resource in template.of_type("AWS::IAM::UserToGroupAddition"):
            self._addition(resource)
        self.elsewhere.policies = policies
        if makes_roles(self.functions):
            self.elsewhere.left_out.add(("role", None))
        for resource in template.resources.values():
            if resource.type.startswith("AWS::SSO::") and self.functions.exists(resource) is not False:
                self.everywhere.permission_sets = True
            elif resource.type == EVERYWHERE and self.functions.exists(resource) is not False:
                self.everywhere.left_out.add(("role", None))
        return details(place, self.drafts.values(), policies) if self.drafts else None

    def providers(self, place: Node) -> dict[str, Node]:
        """The listings of the identity providers that the template makes, or may make (E2w)."""
        found: dict[str, Node] = {}
        for type_, name in _PROVIDERS.items():
            made = [(r, exists) for r in self.functions.template.of_type(type_) if (exists := self.functions.exists(r)) is not False]
            arns = [self.names.provider_arn(r) if exists else r.perhaps for r, exists in made]
            if arns:
                found[name] = provider_listing(place, name, arns)
        return found

    # -- users, groups, roles --

    def _draft(self, resource: Resource) -> None:
        kind = _KINDS[resource.type]
        arn, name, tags = self.names.iam_arn(resource), self.names.iam_name(resource), self.functions.of(resource, "Tags")
        if not isinstance(arn, Scalar) or not isinstance(name, Scalar) or (tags is not None and names_in([tags])):
            self._left_out(resource)
            if isinstance(arn, Scalar) and kind != "group":
                why = f"they depend on {first_few(names_in([name, tags or name]))}"
                self.unmodelled.append(untagged(arn.text, why, resource.place.span))
            return
        draft = Draft(kind, arn.text, resource.place, boundary=self.functions.of(resource, "PermissionsBoundary"))
        draft.trust = self.functions.of(resource, "AssumeRolePolicyDocument")
        draft.tags = [pair for tag in getattr(tags, "items", []) if (pair := _pair(tag)) is not None]
        self._own_policies(resource, draft)
        for index, policy in enumerate(self.functions.listed(resource, "ManagedPolicyArns")):
            draft.attach(policy, f"ManagedPolicyArns[{index}]")
        for index, group in enumerate(self.functions.listed(resource, "Groups") if kind == "user" else []):
            draft.join(group, f"Groups[{index}]")
        if not self.functions.exists(resource):  # a group: there may be another one of its name, with other policies
            draft.inline = dict.fromkeys((*draft.inline, *draft.managed, resource.name), resource.perhaps)
            draft.managed = {}
        self.drafts[kind, name.text] = draft
        if resource.name in self.names.made_up:
            self.elsewhere.perhaps.add((kind, f"-{resource.name[:_SHORTEST]}"))

    def _own_policies(self, resource: Resource, draft: Draft) -> None:
        """Puts the policies that are written in the resource. Names that are not known are not taken for others of the same list."""
        unknown: dict[str, Pieces] = {}
        for index, block in enumerate(self.functions.listed(resource, "Policies")):
            name, document = member(block, "PolicyName"), member(block, "PolicyDocument")
            shown = name.text if isinstance(name, Scalar) else f"Policies[{index}] of {resource.name}"
            document = block if isinstance(block, Unknown) else self._document(block, document, shown)
            if isinstance(name, Scalar):
                self._put(draft, shown, name, document)
            else:
                draft.inline[shown], unknown[shown] = document, text_pieces(name)
        self._inline_names.setdefault(id(draft), {}).update(unknown)

    def _left_out(self, resource: Resource) -> None:
        kind, name = _KINDS[resource.type], self.names.iam_name(resource)
        self.elsewhere.left_out.add((kind, name.text if isinstance(name, Scalar) else None))
        if kind == "group":
            self._unlisted(resource, "join")

    def _unlisted(self, resource: Resource, verb: str) -> None:
        """Records a group or managed policy whose ARN is not known."""
        why = f"its name or path depends on {first_few(names_in([self.names.iam_arn(resource)]))}"
        step = f"{verb} {resource.type} `{resource.name}`"
        self.unmodelled.append(unlisted(step, why, self.names.account, resource.place.span))

    def _document(self, place: Node, given: Node | None, what: str) -> Node:
        return given or self.functions.unknown(place, f"the document of {what}, which is not given")

    # -- what is attached to them --

    def _owners(self, resource: Resource, kind: str, nodes: list[Node]) -> list[Draft]:
        """Who a policy is attached to, in the template or elsewhere. Where one is not known, it may be anybody."""
        found = []
        for node in nodes:
            if isinstance(node, Scalar):
                name = node.text.rsplit("/", 1)[-1]
                found.append(self.drafts.get((kind, name)) or self.elsewhere.draft(kind, name, resource.place))
                continue
            names = first_few(names_in([node]))
            description = printable(f"{resource.type} `{resource.name}` is attached to a {kind} that is not known: it depends on {names}")
            name = printable(f"policy of {resource.name}")
            account = self.names.account
            self.unmodelled.append(Unmodelled(name, "U3", Influence.EITHER, description, account=account, span=resource.place.span))
        return found

    def _attached(self, resource: Resource) -> list[Draft]:
        named = [(kind, self.functions.listed(resource, name)) for kind, name in _OWNERS[resource.type]]
        return [draft for kind, nodes in named for draft in self._owners(resource, kind, nodes)]

    def _inline(self, resource: Resource) -> None:
        exists = self.functions.exists(resource)
        if exists is False:
            return
        document = self._document(resource.place, self.functions.of(resource, "PolicyDocument"), resource.name)
        if exists is None:
            document = resource.perhaps
        name = self.functions.of(resource, "PolicyName")
        shown = name.text if isinstance(name, Scalar) else f"the policy {resource.name}"
        for draft in self._attached(resource):
            self._put(draft, shown, name, document)

    def _put(self, draft: Draft, shown: str, name: Node | None, document: Node) -> None:
        """Puts an inline policy. Of several under one name the last is kept, and which that is nothing tells."""
        names = self._inline_names.setdefault(id(draft), {})
        other = next((other for other, known in names.items() if may_be_equal(known, text_pieces(name))), None)
        names[shown] = text_pieces(name)
        if other is None:
            draft.inline[shown] = document
            return
        why = f"which of the policies {shown} and {other} is put last under one name"
        for own in (shown, other):
            draft.inline[own] = Unknown(document.source, document.start, document.end, [why])

    def _managed(self, resource: Resource) -> Node | None:
        """A managed policy, and to whom it is attached; `None` where it is not made, or its ARN is not known."""
        exists = self.functions.exists(resource)
        arn = self.names.iam_arn(resource)
        document = self._document(resource.place, self.functions.of(resource, "PolicyDocument"), resource.name)
        for draft in self._attached(resource) if exists is not False else []:
            if isinstance(arn, Scalar) and exists:
                draft.attach(arn, resource.name)
            else:
                names = names_in([arn]) or [f"whether `{resource.name}` is made"]
                draft.inline[resource.name] = Unknown(arn.source, arn.start, arn.end, names)
        if exists is False:
            return None
        if not isinstance(arn, Scalar):
            self._unlisted(resource, "attach")
            return None
        return managed_policy(resource.place, arn.text, document if exists else resource.perhaps)

    def _addition(self, resource: Resource) -> None:
        exists, group = self.functions.exists(resource), self.functions.of(resource, "GroupName")
        if exists is False or group is None:
            return
        for draft in self._owners(resource, "user", self.functions.listed(resource, "Users")):
            draft.join(group if exists else resource.perhaps, resource.name)


def _pair(tag: Node) -> tuple[Node, Node] | None:
    key, value = member(tag, "Key"), member(tag, "Value")
    return None if key is None or value is None else (key, value)
