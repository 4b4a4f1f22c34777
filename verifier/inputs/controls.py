"""The control policies over each account, level by level (D7).

In: the policies with their targets, and the tree of the organization. Out: `Controls`, and an `Unmodelled` for each account (SCPs) or
key (RCPs) over which something is not in the input. Guarantee: a level has what is attached to it, and no more; where that is not
known its level has `FullAWSAccess`, and the `Unmodelled` may refuse.

AWS demands at least one SCP of each root, OU and account [API: DetachPolicy], so a level without one is a gap of the input, not a refusal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from verifier.inputs.control_policies import FULL_ACCESS, RESOURCE_CONTROL, SERVICE_CONTROL, ControlPolicies, ControlPolicy
from verifier.inputs.nodes import Node, Remarks
from verifier.inputs.organization_tree import ROOT, UNIT, Tree
from verifier.inputs.policies import full_access_policy, read_document
from verifier.model.estate import Controls, Influence, Key, Level, Unmodelled
from verifier.model.policy import Policy, PolicyKind
from verifier.syntax.text import first_few

_KINDS = {SERVICE_CONTROL: PolicyKind.SCP, RESOURCE_CONTROL: PolicyKind.RCP}
_WORDS = {SERVICE_CONTROL: "service control policies", RESOURCE_CONTROL: "resource control policies"}
_EACH = "give list-targets-for-policy of every service control policy in `targets`"


@dataclass(frozen=True)
class Gap:
    """Something that the input does not say, where it shows, and which part of the input would say it."""

    reason: str
    place: Node
    hint: str


@dataclass
class _Type:
    """The policies of one type, which the input says something of. `levels` and `documents` are those that were needed so far."""

    remarks: Remarks
    type: str
    policies: list[ControlPolicy]
    tree: Tree
    place: Node
    levels: dict[str, tuple[Level, tuple[Gap, ...]]] = field(default_factory=dict)
    documents: dict[str, Policy | None] = field(default_factory=dict)
    unattached: tuple[Gap, ...] = ()

    def __post_init__(self) -> None:
        self.unattached = tuple(self._unattached())

    def over(self, account: str) -> tuple[tuple[Level, ...], tuple[Gap, ...]]:
        """The levels over an account, root first, and what about them is not known."""
        above = self.tree.above(account)
        known = above if above is not None else (self.tree.root,) if self.tree.root else ()
        read = [self._level(name) for name in (*known, account)]
        gaps = [gap for _, found in read for gap in found]
        return tuple(level for level, _ in read), (*self.unattached, *gaps, *(self._between(account) if above is None else ()))

    def _unattached(self) -> Iterator[Gap]:
        """Policies that may be attached to any level: AWS's own is always there, so if nothing mentions it, it is such a policy."""
        full = FULL_ACCESS[self.type]
        if self.type == SERVICE_CONTROL and all(policy.id != full for policy in self.policies):
            yield Gap(f"which levels {full} is attached to is not in the input", self.place, _targets_hint(full))
        for policy in self.policies:
            if policy.targets is None and not (self.type == RESOURCE_CONTROL and policy.id == full):
                yield Gap(f"what {policy.shown} is attached to is not in the input", policy.place, _targets_hint(policy.id))

    def _level(self, name: str) -> tuple[Level, tuple[Gap, ...]]:
        if name not in self.levels:
            attached = [policy for policy in self.policies if policy.targets is not None and name in policy.targets]
            policies, gaps = self._attached(attached)
            if self.type == SERVICE_CONTROL and not attached and not self.unattached:
                gaps.append(Gap(f"no service control policy of {name} is in the input, and AWS demands one", self.place, _EACH))
            if self.type == SERVICE_CONTROL and (gaps or self.unattached):
                policies.append(full_access_policy())
            distinct = {policy.identity: policy for policy in policies}
            self.levels[name] = Level(name, tuple(distinct.values())), tuple(gaps)
        return self.levels[name]

    def _attached(self, attached: Sequence[ControlPolicy]) -> tuple[list[Policy], list[Gap]]:
        """The documents of the policies at one level. `RCPFullAWSAccess` is everywhere, listed or not, so it is left out (D7)."""
        policies: list[Policy] = []
        gaps: list[Gap] = []
        for policy in attached:
            if policy.id == FULL_ACCESS[RESOURCE_CONTROL]:
                continue
            if policy.content is None and policy.id != FULL_ACCESS[SERVICE_CONTROL]:
                hint = f"give describe-policy --policy-id {policy.id} in `describe_policy`"
                gaps.append(Gap(f"the document of {policy.shown} is not in the input", policy.place, hint))
            elif (document := self._document(policy)) is not None:
                policies.append(document)
        return policies, gaps

    def _document(self, policy: ControlPolicy) -> Policy | None:
        if policy.id not in self.documents:
            self.documents[policy.id] = self._read(policy)
        return self.documents[policy.id]

    def _read(self, policy: ControlPolicy) -> Policy | None:
        if policy.content is None:
            return full_access_policy()
        identity = full_access_policy().identity if policy.id == FULL_ACCESS[SERVICE_CONTROL] else policy.arn or policy.id
        return read_document(self.remarks, policy.content, _KINDS[self.type], identity=identity, name=policy.name or policy.id)

    def _between(self, account: str) -> Iterator[Gap]:
        """What the levels that are not known may have: something only if a policy is attached to some OU, or to a root that is not known.
        AWS's own policy there refuses nothing."""
        customer = [policy for policy in self.policies if policy.id != FULL_ACCESS[self.type] and policy.targets is not None]
        targets = [target for policy in customer for target in policy.targets or ()]
        if any(UNIT.fullmatch(target) for target in targets) or (self.type == SERVICE_CONTROL and self.tree.root is None):
            hint = "give the output of list-parents for each account and OU in `parents`, or `paths`"
            yield Gap("which OUs an account is in is not in the input", self.place, hint)


def read_controls(
    remarks: Remarks, place: Node, policies: ControlPolicies, tree: Tree, accounts: Sequence[str], management: str, keys: Sequence[Key]
) -> tuple[tuple[Controls, ...], tuple[Unmodelled, ...]]:
    """The control policies over each account. `place` is that of the organization, for gaps that have no place of their own."""
    for policy in policies.policies.values():
        for target in policy.targets or ():
            if ROOT.fullmatch(target):
                tree.add_root(policy.place, target)
    service = _over(remarks, place, policies, tree, accounts, SERVICE_CONTROL)
    resource = _over(remarks, place, policies, tree, accounts, RESOURCE_CONTROL)
    if service is None and resource is None:
        return (), ()
    controls = tuple(
        Controls(account, service[account][0] if service else None, resource[account][0] if resource else None) for account in accounts
    )
    members = [account for account in accounts if account != management]
    owners = {key.account for key in keys if key.manager != "AWS"}
    callers_gaps, owners_gaps = _gaps(service, members), _gaps(resource, members)
    _warn(remarks, SERVICE_CONTROL, callers_gaps)
    _warn(remarks, RESOURCE_CONTROL, [(account, gaps) for account, gaps in owners_gaps if account in owners])
    things = [*_unmodelled(SERVICE_CONTROL, callers_gaps), *_unmodelled(RESOURCE_CONTROL, owners_gaps)]
    return controls, tuple(things)


_Over = dict[str, tuple[tuple[Level, ...], tuple[Gap, ...]]]


def _over(remarks: Remarks, place: Node, policies: ControlPolicies, tree: Tree, accounts: Sequence[str], type_: str) -> _Over | None:
    """For each account its levels and gaps; `None` where nothing of the type is given. A type that is not enabled has no levels (D7)."""
    found = policies.of(type_)
    if tree.enabled is not None and type_ not in tree.enabled:
        for policy in found:
            if policy.targets and policy.id != FULL_ACCESS[type_]:
                remarks.error(policy.place, f"{policy.shown} is attached, but `roots` says that {type_} is not enabled", rule="D7")
        return dict.fromkeys(accounts, ((), ()))
    if type_ not in policies.given:
        return None
    read = _Type(remarks, type_, found, tree, place)
    return {account: read.over(account) for account in accounts}


_Gaps = list[tuple[str, tuple[Gap, ...]]]
"""Accounts over which something is not known, each with what."""


def _gaps(over: _Over | None, members: Sequence[str]) -> _Gaps:
    return [(account, gaps) for account in members if (gaps := over[account][1])] if over else []


def _unmodelled(type_: str, found: _Gaps) -> Iterator[Unmodelled]:
    """SCPs may refuse an account's callers, RCPs requests on what it owns."""
    for account, gaps in found:
        caller, owner = (account, None) if type_ == SERVICE_CONTROL else (None, account)
        name = f"{_WORDS[type_]} of {account}"
        reasons = f"{name}: {_reasons(gaps)}"
        yield Unmodelled(name, "D7", Influence.MAY_REFUSE, reasons, account=caller, owner=owner, span=gaps[0].place.span)


def _warn(remarks: Remarks, type_: str, found: _Gaps) -> None:
    """A warning for each gap, with the accounts under it."""
    accounts: dict[Gap, list[str]] = {}
    for account, gaps in found:
        for gap in gaps:
            accounts.setdefault(gap, []).append(account)
    for gap, under in accounts.items():
        message = f"{gap.reason}: verdicts that {_WORDS[type_]} of {first_few(under)} could change are Unknown"
        remarks.warning(gap.place, message, hint=gap.hint, rule="D7")


def _reasons(gaps: Sequence[Gap]) -> str:
    return first_few(list(dict.fromkeys(gap.reason for gap in gaps)), "; ")


def _targets_hint(policy: str) -> str:
    return f"give list-targets-for-policy --policy-id {policy} in `targets`"
