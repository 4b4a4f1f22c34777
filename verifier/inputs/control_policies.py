"""The control policies of an organization: what they are and where they are attached.

In: the output of `list-policies`, `describe-policy` and `list-targets-for-policy`. Out: `ControlPolicies`.
Guarantee: a policy is described once and attached once; what is not given is `None`, never empty (U3).
[API: Organizations ListPolicies, DescribePolicy, ListTargetsForPolicy]
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from verifier.inputs.access import is_null, items, listed, member_text, members
from verifier.inputs.nodes import Items, Members, Node, Remarks
from verifier.inputs.organization_tree import ACCOUNT, ROOT, UNIT
from verifier.syntax.text import printable

SERVICE_CONTROL = "SERVICE_CONTROL_POLICY"
RESOURCE_CONTROL = "RESOURCE_CONTROL_POLICY"
FULL_ACCESS = {SERVICE_CONTROL: "p-FullAWSAccess", RESOURCE_CONTROL: "p-RCPFullAWSAccess"}
"""AWS's own policies, which allow everything."""


@dataclass
class ControlPolicy:
    """A policy of the organization: `content` is its document and `targets` the IDs of what it is attached to, `None` where not given."""

    id: str
    place: Node
    type: str | None = None
    name: str | None = None
    arn: str | None = None
    content: Node | None = None
    targets: frozenset[str] | None = None

    @property
    def shown(self) -> str:
        """What remarks call the policy."""
        return f"{self.name} ({self.id})" if self.name else self.id


@dataclass
class ControlPolicies:
    """All policies by ID, and the types that the input says something of."""

    policies: dict[str, ControlPolicy] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)

    def of(self, type_: str) -> list[ControlPolicy]:
        """The policies of a type."""
        return [policy for policy in self.policies.values() if policy.type == type_]


def read_control_policies(remarks: Remarks, parts: Mapping[str, Node], accounts: Collection[str]) -> ControlPolicies:
    """The policies, from all members of the organization that tell of them. Targets are roots, OUs or `accounts`."""
    reader = _Reader(remarks, accounts)
    if "list_policies" in parts:
        reader.lists(parts["list_policies"])
    if "describe_policy" in parts:
        reader.descriptions(parts["describe_policy"])
    for entry in items(remarks, parts["policies"], "`policies` of the organization") if "policies" in parts else []:
        reader.pair(entry)
    for identifier, node in members(remarks, parts["targets"], "`targets`").items() if "targets" in parts else ():
        reader.targets(identifier, node)
    reader.finish()
    return reader.read


@dataclass
class _Reader:
    remarks: Remarks
    accounts: Collection[str]
    read: ControlPolicies = field(default_factory=ControlPolicies)

    def lists(self, node: Node) -> None:
        """`list-policies`, once for each filter: outputs by filter, or any outputs."""
        what = "the output of list-policies"
        by_filter = isinstance(node, Members) and not node.has("Policies")
        outputs = members(self.remarks, node, "`list_policies`") if by_filter else {"": node}
        for type_, output in outputs.items():
            if type_:
                self.read.given.add(type_)
            for entry in listed(self.remarks, output, "Policies", what):
                policy = self._summary(entry, entry)
                if policy is not None and type_ and policy.type != type_:
                    self.remarks.error(entry, f"{policy.shown} is listed under {type_} and is a {policy.type}", rule="D7")

    def descriptions(self, node: Node) -> None:
        """`describe-policy`: outputs by policy ID, a list of outputs, or one."""
        if isinstance(node, Items):
            for output in node.items:
                self._description(output)
        elif isinstance(node, Members) and node.has("Policy", "PolicySummary"):
            self._description(node)
        else:
            for name, output in members(self.remarks, node, "`describe_policy`").items():
                policy = self._description(output)
                if policy is not None and policy.id != name:
                    self.remarks.error(output, f"this is the policy {policy.id}, under the name `{name}`", rule="D7")

    def pair(self, entry: Node) -> None:
        """`describe-policy` with `list-targets-for-policy`."""
        found = members(self.remarks, entry, "a policy of the organization", ("policy", "targets"))
        if "policy" not in found:
            self.remarks.error(entry, "the policy of the organization has no `policy`, the output of describe-policy")
            return
        policy = self._description(found["policy"])
        if policy is not None and "targets" in found:
            self.targets(policy.id, found["targets"])

    def targets(self, identifier: str, node: Node) -> None:
        """`list-targets-for-policy` of one policy."""
        policy = self._policy(identifier, node)
        if policy.targets is not None:
            self.remarks.error(node, f"the targets of {policy.shown} are given twice", rule="D7")
        entries = listed(self.remarks, node, "Targets", "the output of list-targets-for-policy")
        policy.targets = frozenset(target for entry in entries if (target := self._target(entry)) is not None)

    def finish(self) -> None:
        """Which types are given; a policy whose type is not known is an error."""
        for policy in self.read.policies.values():
            if policy.type is not None:
                self.read.given.add(policy.type)
            else:
                hint = "give its describe-policy output, or that of list-policies"
                self.remarks.error(policy.place, f"the policy {policy.id} has no `Type`, such as {SERVICE_CONTROL}", hint=hint, rule="D7")

    def _target(self, entry: Node) -> str | None:
        found = members(self.remarks, entry, "a target")
        target = member_text(self.remarks, found, "TargetId")
        if target is None or not any(pattern.fullmatch(target) for pattern in (ACCOUNT, ROOT, UNIT)):
            self.remarks.error(entry, "the target has no `TargetId` of a root, OU or account", rule="D7")
            return None
        if ACCOUNT.fullmatch(target) and target not in self.accounts:
            self.remarks.error(entry, f"the target {target} is not among the accounts", hint="accounts must be listed whole", rule="F2")
        return target

    def _description(self, node: Node) -> ControlPolicy | None:
        found = members(self.remarks, node, "the output of describe-policy")
        found = members(self.remarks, found["Policy"], "`Policy`") if "Policy" in found else found
        policy = self._summary(node, found.get("PolicySummary", node))
        content = found.get("Content")
        if policy is not None and content is not None and not is_null(content):
            if policy.content is not None:
                self.remarks.error(content, f"the document of {policy.shown} is given twice", rule="D7")
            policy.content = content
        return policy

    def _summary(self, place: Node, summary: Node) -> ControlPolicy | None:
        """The policy that a `PolicySummary` is of; what it says twice must agree."""
        found = members(self.remarks, summary, "`PolicySummary`")
        identifier = member_text(self.remarks, found, "Id")
        if identifier is None:
            self.remarks.error(place, "the policy of the organization has no `Id`", rule="D7")
            return None
        policy = self._policy(identifier, place)
        type_ = member_text(self.remarks, found, "Type")
        if None not in (type_, policy.type) and type_ != policy.type:
            self.remarks.error(found["Type"], f"{policy.shown} is a {type_} here, and a {policy.type} elsewhere", rule="D7")
        policy.type = policy.type or (type_ and printable(type_))
        policy.name = policy.name or printable(member_text(self.remarks, found, "Name") or "")
        policy.arn = policy.arn or member_text(self.remarks, found, "Arn")
        return policy

    def _policy(self, identifier: str, place: Node) -> ControlPolicy:
        built_in = next((type_ for type_, known in FULL_ACCESS.items() if known == identifier), None)
        name = built_in and identifier.removeprefix("p-")
        return self.read.policies.setdefault(identifier, ControlPolicy(printable(identifier), place, built_in, name))
