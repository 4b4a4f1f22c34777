"""The control policies of an organization, and which are over each account, level by level (D7).

In: the output of `list-policies`, `describe-policy` and `list-targets-for-policy`, and the tree of the organization.
Out: `Controls`, and an `Unmodelled` for each account (SCPs) or key (RCPs) over which something is not in the input.
Guarantee: a policy is described once and attached once; a level has what is attached to it, and no more; where that is
not known its level has `FullAWSAccess`, and the `Unmodelled` may refuse. [API: Organizations ListPolicies,
DescribePolicy, ListTargetsForPolicy]

AWS demands at least one SCP of each root, OU and account [API: DetachPolicy], so a level without one is a gap of the
input, not a refusal.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property

from verifier.frozen import Frozen
from verifier.inputs.policies import full_access_policy, read_document
from verifier.inputs.snapshot.organization import ROOT, TWELVE_DIGITS, UNIT, OrganizationTree
from verifier.inputs.text.access import Record, listed_records, members
from verifier.inputs.text.nodes import Items, Members, Node, Remarks
from verifier.inputs.text.unknown import content, is_unknown_whole
from verifier.model.estate import Key
from verifier.model.organization import Controls, Level, Organization
from verifier.model.policy import Effect, Policy, PolicyKind
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.syntax.text import first_few, printable

SERVICE_CONTROL = "SERVICE_CONTROL_POLICY"
RESOURCE_CONTROL = "RESOURCE_CONTROL_POLICY"
FULL_ACCESS = {SERVICE_CONTROL: "p-FullAWSAccess", RESOURCE_CONTROL: "p-RCPFullAWSAccess"}
"""AWS's own policies, which allow everything."""
_KINDS = {SERVICE_CONTROL: PolicyKind.SCP, RESOURCE_CONTROL: PolicyKind.RCP}
_WORDS = {SERVICE_CONTROL: "service control policies", RESOURCE_CONTROL: "resource control policies"}
_EACH = "give list-targets-for-policy of every service control policy in `targets`"
_TARGET = re.compile(f"{TWELVE_DIGITS.pattern}|{ROOT.pattern}|{UNIT.pattern}")


@dataclass
class _ControlPolicy:
    """A policy of the organization: its document, and the IDs of its `targets`, `None` where not given."""

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
class _Reader:
    """All policies by ID, and the types that the input says something of. Targets are roots, OUs or `accounts`."""

    remarks: Remarks
    accounts: Collection[str]
    policies: dict[str, _ControlPolicy] = field(default_factory=dict)
    types: set[str] = field(default_factory=set)

    def read(self, given: Record) -> None:
        """Reads all members of the organization that tell of policies."""
        if "list_policies" in given:
            self._lists(given["list_policies"])
        if "describe_policy" in given:
            self._descriptions(given["describe_policy"])
        for entry in given.entries("policies"):
            self._pair(entry)
        for identifier, node in given.inner("targets").items():
            self._targets(identifier, node)
        for policy in self.policies.values():
            if policy.type is not None:
                self.types.add(policy.type)
            else:
                hint = "give its describe-policy output, or that of list-policies"
                message = f"the policy {policy.id} has no `Type`, such as {SERVICE_CONTROL}"
                self.remarks.error(policy.place, message, hint=hint, rule="D7")

    def _lists(self, node: Node) -> None:
        """`list-policies`, once for each filter: outputs by filter, or any outputs."""
        by_filter = isinstance(node, Members) and not node.has("Policies")
        outputs = members(self.remarks, node, "`list_policies`") if by_filter else {"": node}
        self.types |= {*outputs} - {""}
        for type_, output in outputs.items():
            what = "the output of list-policies"
            for found in listed_records(self.remarks, output, "Policies", what, "`PolicySummary`"):
                policy = self._summary(found, found.place)
                if policy is not None and type_ and policy.type != type_:
                    found.error(f"{policy.shown} is listed under {type_} and is a {policy.type}", rule="D7")

    def _descriptions(self, node: Node) -> None:
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

    def _pair(self, entry: Node) -> None:
        """`describe-policy` with `list-targets-for-policy`."""
        found = members(self.remarks, entry, "a policy of the organization", ("policy", "targets"))
        if "policy" not in found:
            found.error("the policy of the organization has no `policy`, the output of describe-policy")
            return
        policy = self._description(found["policy"])
        if policy is not None and "targets" in found:
            self._targets(policy.id, found["targets"])

    def _targets(self, identifier: str, node: Node) -> None:
        """`list-targets-for-policy` of one policy."""
        policy = self._policy(identifier, node)
        if policy.targets is not None:
            self.remarks.error(node, f"the targets of {policy.shown} are given twice", rule="D7")
        entries = listed_records(self.remarks, node, "Targets", "the output of list-targets-for-policy", "a target")
        policy.targets = frozenset(target for found in entries if (target := self._target(found)) is not None)

    def _target(self, found: Record) -> str | None:
        target = found.text("TargetId")
        if target is None or not _TARGET.fullmatch(target):
            found.error("the target has no `TargetId` of a root, OU or account", rule="D7")
            return None
        if TWELVE_DIGITS.fullmatch(target) and target not in self.accounts:
            hint = "accounts must be listed whole"
            found.error(f"the target {target} is not among the accounts", hint=hint, rule="F2")
        return target

    def _description(self, node: Node) -> _ControlPolicy | None:
        found = members(self.remarks, node, "the output of describe-policy").unwrapped("Policy")
        policy = self._summary(members(self.remarks, found.get("PolicySummary", node), "`PolicySummary`"), node)
        if policy is not None and found.value("Content") is not None:
            if policy.content is not None:
                found.error(f"the document of {policy.shown} is given twice", "Content", rule="D7")
            policy.content = found["Content"]
        return policy

    def _summary(self, found: Record, place: Node) -> _ControlPolicy | None:
        """The policy that a `PolicySummary` is of; what it says twice must agree."""
        identifier, type_ = found.text("Id"), found.text("Type")
        if identifier is None:
            self.remarks.error(place, "the policy of the organization has no `Id`", rule="D7")
            return None
        policy = self._policy(identifier, place)
        if None not in (type_, policy.type) and type_ != policy.type:
            found.error(f"{policy.shown} is a {type_} here, and a {policy.type} elsewhere", "Type", rule="D7")
        policy.type = policy.type or (type_ and printable(type_))
        policy.name = policy.name or printable(found.text("Name") or "")
        policy.arn = policy.arn or found.text("Arn")
        return policy

    def _policy(self, identifier: str, place: Node) -> _ControlPolicy:
        built_in = next((type_ for type_, known in FULL_ACCESS.items() if known == identifier), None)
        name = built_in and identifier.removeprefix("p-")
        return self.policies.setdefault(identifier, _ControlPolicy(printable(identifier), place, built_in, name))


class _Gap(Frozen):
    """Something that the input does not say, where it shows, and which part of the input would say it. `letters` tell
    it apart from that of an input with other policies, on which it may turn (S1)."""

    reason: str
    place: Node
    hint: str
    letters: str = ""


@dataclass
class _Type:
    """The policies of one type; `levels` and `documents` are those that were needed so far."""

    remarks: Remarks
    type: str
    policies: list[_ControlPolicy]
    tree: OrganizationTree
    place: Node
    levels: dict[str, tuple[Level, tuple[_Gap, ...]]] = field(default_factory=dict)
    documents: dict[str, Policy | None] = field(default_factory=dict)

    def over(self, account: str) -> tuple[tuple[Level, ...], tuple[_Gap, ...]]:
        """The levels over an account, root first, and what about them is not known."""
        above = self.tree.above(account)
        known = above if above is not None else (self.tree.root,) if self.tree.root else ()
        read = [self._level(name) for name in (*known, account)]
        gaps = [*self.unattached, *(gap for _, found in read for gap in found)]
        gaps += self._between() if above is None else ()
        letters = self._letters({*known, account}, gaps, above is None) if gaps else ""
        return tuple(level for level, _ in read), tuple(replace(gap, letters=letters) for gap in gaps)

    def _letters(self, known: Set[str], gaps: Sequence[_Gap], of_tree: bool) -> str:
        """Letters for gaps, and for policies that may be over an account; a sure one counts if it may allow."""
        said: list[object] = [sorted(self.tree.parents.items())] if of_tree else []
        for policy in self.policies:
            targets = policy.targets if policy.targets is None or of_tree else policy.targets & known
            document = self._document(policy) if targets and targets & known else None
            only_denies = document is not None and all(one.effect is Effect.DENY for one in document.statements)
            if targets is None or (targets and not only_denies):
                said.append([targets and sorted(targets), self.contents[id(policy)]])
        return self.remarks.definitions.digest([[gap.reason for gap in gaps], sorted(said, key=repr)])

    @cached_property
    def contents(self) -> dict[int, str]:
        """Letters for the document of each policy, by its `id`."""
        return {id(one): self.remarks.definitions.digest(content(one.content)) for one in self.policies}

    @cached_property
    def unattached(self) -> list[_Gap]:
        """Policies that may be attached to any level: AWS's own, which is always there, if nothing mentions it."""
        full, gaps = FULL_ACCESS[self.type], list[_Gap]()
        if self.type == SERVICE_CONTROL and all(policy.id != full for policy in self.policies):
            text = f"which levels {full} is attached to is not in the input"
            gaps.append(_Gap(text, self.place, _targets_hint(full)))
        for policy in self.policies:
            if policy.targets is None and not (self.type == RESOURCE_CONTROL and policy.id == full):
                text = f"what {policy.shown} is attached to is not in the input"
                gaps.append(_Gap(text, policy.place, _targets_hint(policy.id)))
        return gaps

    def _level(self, name: str) -> tuple[Level, tuple[_Gap, ...]]:
        """What is attached at one level. `RCPFullAWSAccess` is everywhere, listed or not, so it is left out (D7)."""
        if name in self.levels:
            return self.levels[name]
        attached = [policy for policy in self.policies if name in (policy.targets or ())]
        policies: dict[str, Policy] = {}
        gaps: list[_Gap] = []
        for policy in attached:
            if (policy.content is None or is_unknown_whole(policy.content)) and policy.id not in FULL_ACCESS.values():
                hint = f"give describe-policy --policy-id {policy.id} in `describe_policy`"
                gaps.append(_Gap(f"the document of {policy.shown} is not in the input", policy.place, hint))
            elif policy.id != FULL_ACCESS[RESOURCE_CONTROL] and (document := self._document(policy)) is not None:
                policies[document.identity] = document
        if self.type == SERVICE_CONTROL and not attached and not self.unattached:
            text = f"no service control policy of {name} is in the input, and AWS demands one"
            gaps.append(_Gap(text, self.place, _EACH))
        if self.type == SERVICE_CONTROL and (gaps or self.unattached):
            policies[full_access_policy().identity] = full_access_policy()
        self.levels[name] = Level(name, tuple(policies.values())), tuple(gaps)
        return self.levels[name]

    def _document(self, policy: _ControlPolicy) -> Policy | None:
        if policy.content is None or is_unknown_whole(policy.content):
            return full_access_policy()
        if policy.id not in self.documents:
            identity = (
                full_access_policy().identity if policy.id == FULL_ACCESS[SERVICE_CONTROL] else policy.arn or policy.id
            )
            kind, name = _KINDS[self.type], policy.name or policy.id
            self.documents[policy.id] = read_document(self.remarks, policy.content, kind, identity=identity, name=name)
        return self.documents[policy.id]

    def _between(self) -> Iterator[_Gap]:
        """What the levels that are not known may have: something only if a policy is attached to some OU, or to a root
        that is not known. AWS's own policy there refuses nothing."""
        customer = (policy for policy in self.policies if policy.id != FULL_ACCESS[self.type])
        targets = [target for policy in customer for target in policy.targets or ()]
        rootless = self.type == SERVICE_CONTROL and self.tree.root is None
        if rootless or any(UNIT.fullmatch(target) for target in targets):
            hint = "give the output of list-parents for each account and OU in `parents`, or `paths`"
            yield _Gap("which OUs an account is in is not in the input", self.place, hint)


def with_controls(
    given: Record, organization: Organization, tree: OrganizationTree, keys: Sequence[Key]
) -> tuple[Organization, tuple[Unmodelled, ...]]:
    """The organization with its control policies, and what is not known of these for callers and keys."""
    accounts = [account for account, _ in organization.accounts]
    reader = _Reader(given.remarks, accounts)
    reader.read(given)
    for policy in reader.policies.values():
        for target in filter(ROOT.fullmatch, policy.targets or ()):
            tree.add_root(policy.place, target)
    over = {type_: _over(reader, given.place, tree, type_) for type_ in _WORDS}
    if not any(over.values()):
        return organization, ()
    controls = tuple(
        Controls(account, *(found[account][0] if found else None for found in over.values())) for account in accounts
    )
    owners = {key.account for key in keys if key.manager != "AWS"}
    things: list[Unmodelled] = []
    for type_, levels in over.items():
        members = ((account, found) for account, (_, found) in (levels or {}).items() if found)
        gaps = {account: found for account, found in members if account != organization.management_account}
        relevant = {account: found for account, found in gaps.items() if type_ == SERVICE_CONTROL or account in owners}
        _warn(given.remarks, type_, relevant)
        things += [_unmodelled(type_, account, found) for account, found in gaps.items()]
    return replace(organization, controls=controls), tuple(things)


def _over(
    reader: _Reader, place: Node, tree: OrganizationTree, type_: str
) -> dict[str, tuple[tuple[Level, ...], tuple[_Gap, ...]]] | None:
    """For each account its levels and gaps; `None` where nothing of the type is given. A type that is not enabled has
    no levels (D7). `place` is that of the organization, for gaps that have no place of their own."""
    found = [policy for policy in reader.policies.values() if policy.type == type_]
    if tree.enabled is not None and type_ not in tree.enabled:
        for policy in found:
            if policy.targets and policy.id != FULL_ACCESS[type_]:
                message = f"{policy.shown} is attached, but {type_} is not enabled in the organization"
                reader.remarks.error(policy.place, message, rule="D7")
        return dict.fromkeys(reader.accounts, ((), ()))
    if type_ not in reader.types:
        return None
    read = _Type(reader.remarks, type_, found, tree, place)
    return {account: read.over(account) for account in reader.accounts}


def _unmodelled(type_: str, account: str, gaps: Sequence[_Gap]) -> Unmodelled:
    """SCPs may refuse an account's callers, RCPs requests on what it owns."""
    caller, owner = (account, None) if type_ == SERVICE_CONTROL else (None, account)
    name = f"{_WORDS[type_]} of {account}"
    reasons = first_few(list(dict.fromkeys(gap.reason for gap in gaps)), "; ")
    symbol, place = f"{name} ({gaps[0].letters})", gaps[0].place.span
    return Unmodelled(symbol, "D7", Influence.MAY_REFUSE, f"{name}: {reasons}", account=caller, owner=owner, span=place)


def _warn(remarks: Remarks, type_: str, found: dict[str, tuple[_Gap, ...]]) -> None:
    """A warning for each gap, with the accounts under it."""
    accounts: dict[_Gap, list[str]] = {}
    for account, gaps in found.items():
        for gap in gaps:
            accounts.setdefault(replace(gap, letters=""), []).append(account)
    for gap, under in accounts.items():
        message = f"{gap.reason}: verdicts that {_WORDS[type_]} of {first_few(under)} could change are Unknown"
        remarks.warning(gap.place, message, hint=gap.hint, rule="D7")


def _targets_hint(policy: str) -> str:
    return f"give list-targets-for-policy --policy-id {policy} in `targets`"
