"""A snapshot in parts, before any of it is interpreted.

In: a snapshot document. Out: `Parts`: for each key and account the nodes that describe it, file references followed.
Guarantee: a member that has no place in a snapshot is an error, so nothing is left out by a misspelt name.

A snapshot document has the members `keys`, `accounts`, `organization` and `vpc_endpoints` (see `data/snapshot.schema.json`). Where a
member holds the output of an AWS CLI command it may instead be the name of a file beside the snapshot that does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from verifier.inputs import organization as organization_members
from verifier.inputs.access import items, members
from verifier.inputs.elsewhere import Elsewhere
from verifier.inputs.files import Files
from verifier.inputs.identity_providers import PROVIDERS
from verifier.inputs.nodes import Items, Members, Node, Remarks, entries, listing
from verifier.inputs.not_read import read_not_read
from verifier.inputs.unknown import Unknown
from verifier.inputs.workloads import RUNNING, Deed
from verifier.model.collection import NotRead
from verifier.model.estate import Unmodelled

if TYPE_CHECKING:
    from verifier.inputs.resource_types import UnknownResource

SNAPSHOT = ("keys", "accounts", "organization", "vpc_endpoints")
"""The members of a snapshot document."""
KEY = ("arn", "name", "metadata", "policy", "policies", "grants", "aliases", "tags")
"""The members of a key in a snapshot."""

_ACCOUNT = re.compile(r"[0-9]{12}")


@dataclass
class KeyParts:
    """One key: where it stands, its members, and a name for it if its folder has one. `supposed` is as `Key` has it. `planned` is one of a
    plan or template, in this `file`; with `policy_alone` that puts a policy on a key of which it says nothing else."""

    place: Node
    members: dict[str, Node]
    name: str | None = None
    supposed: tuple[str, ...] = ()
    planned: bool = False
    policy_alone: bool = False
    file: str = ""


@dataclass
class KeyChanges:
    """Grants as `list-grants` lists them, the IDs of grants that are revoked, the names of aliases that it gets and that it loses; the
    policy, where it is written. `place` is where it is said."""

    place: Node
    policy: Node | None = None
    unaliased: set[str] = field(default_factory=set)
    grants: list[Node] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)
    aliases: list[Node] = field(default_factory=list)


@dataclass(frozen=True)
class LoosePolicy:
    """A key policy at an address whose key depends on these names; its account and Region where they are known. No caller writes the
    policy of a key of another account or Region [API: PutKeyPolicy]."""

    address: str
    names: tuple[str, ...]
    account: str | None
    region: str | None

    def may_be_of(self, arn: str) -> bool:
        """Whether it may be the policy of the key with this ARN."""
        region, account = arn.split(":")[3:5]
        return self.account in (None, account) and self.region in (None, region)


@dataclass
class Parts:
    """Everything that the input of a run holds. `accounts` has the authorization details of each account of a snapshot; of those in
    `partial` it lists only some users and roles (U1). `providers` has the listings of an account's identity providers by their names,
    `running` what says what runs there. `made` and `made_providers` have those of what plans and templates make, `elsewhere` what they do
    to others (of an account whose number is not known under an empty one), `key_changes` what they do to keys of others, by ARN, and
    `unmodelled` what else these hold that has no part of its own. `not_read` is what a live collection could not read."""

    keys: list[KeyParts] = field(default_factory=list)
    accounts: dict[str, Node] = field(default_factory=dict)
    partial: set[str] = field(default_factory=set)
    providers: dict[str, dict[str, list[Node]]] = field(default_factory=dict)
    running: dict[str, dict[str, Node]] = field(default_factory=dict)
    made: dict[str, list[Node]] = field(default_factory=dict)
    made_providers: dict[str, dict[str, list[Node]]] = field(default_factory=dict)
    elsewhere: dict[str, list[Elsewhere]] = field(default_factory=dict)
    key_changes: dict[str, KeyChanges] = field(default_factory=dict)
    organization: tuple[Node, dict[str, Node]] | None = None
    organization_changes: list[tuple[Node, str]] = field(default_factory=list)
    vpc_endpoints: list[Node] = field(default_factory=list)
    made_endpoints: list[Node] = field(default_factory=list)
    endpoint_policies: dict[str, Node] = field(default_factory=dict)
    endpoints_gone: set[str] = field(default_factory=set)
    loose_endpoint_policy: bool = False
    """Whether a plan has a policy of an endpoint that is not known."""
    unmodelled: list[Unmodelled] = field(default_factory=list)
    unknown: list[UnknownResource] = field(default_factory=list)
    """What plans and templates hold of types that are not known."""
    deeds: list[Deed] = field(default_factory=list)
    """What plans and templates do to code that runs, or may do; not read without `steps`."""
    steps: bool = True
    not_read: list[NotRead] = field(default_factory=list)
    parameters: list[tuple[Node, tuple[str, ...]]] = field(default_factory=list)
    """The templates, each with the names of its parameters."""
    unchecked: set[str] = field(default_factory=set)
    """The ARNs of keys whose policies are put past the lockout safety check, or may be (`BypassPolicyLockoutSafetyCheck`)."""
    by_stand_in: dict[str, str] = field(default_factory=dict)
    """The texts of the plans and templates of which something is in the own account, which nothing tells, by their names (S4)."""
    loose_policies: list[LoosePolicy] = field(default_factory=list)
    """Key policies of plans of which it is not known whose they are."""
    loose_alias: Unknown | None = None
    """The key of an alias of a plan or template, if it is not known which that is."""
    _named: list[set[str]] = field(default_factory=list)

    def mark(self, names: Iterable[str]) -> str:
        """What sets the placeholders of a plan or template apart from those of the ones before it, where resources of both have the same
        `names`; nothing else does."""
        own = set(names)
        taken = any(own & others for others in self._named)
        self._named.append(own)
        return f"#{len(self._named)}" if taken else ""

    def add_account(self, remarks: Remarks, place: Node, account: str, details: Node, others: Mapping[str, Node]) -> None:
        """Adds the authorization details of an account, and what else is told of it (`PROVIDERS`, `RUNNING`); a second time, or under
        another name than twelve digits, is an error."""
        if not _ACCOUNT.fullmatch(account):
            remarks.error(place, f"`{account}` is not an account of twelve digits", hint="quote it in YAML if it begins with 0")
        elif account in self.accounts:
            remarks.error(place, f"account {account} is given twice")
        else:
            self.accounts[account] = details
            self.running[account] = {name: node for name, node in others.items() if name in RUNNING}
            for name, node in others.items():
                if name in PROVIDERS:
                    self.providers.setdefault(account, {}).setdefault(name, []).append(node)

    def leave_roles_out(self, account: str | None, *, permission_sets: str = "") -> None:
        """Records that there may be roles that no input has, in an account or in any; some of what changes `permission_sets`."""
        left_out: set[tuple[str, str | None]] = set() if permission_sets else {("role", None)}
        self.elsewhere.setdefault(account or "", []).append(Elsewhere(left_out=left_out, permission_sets=permission_sets))

    def all_elsewhere(self, account: str) -> list[Elsewhere]:
        """What plans and templates do to others of an account, or may do."""
        return [*self.elsewhere.get(account, ()), *self.elsewhere.get("", ())]

    def all_providers(self, account: str) -> dict[str, list[Node]]:
        """The listings of an account's providers by their names; none where its own are not given."""
        made = self.made_providers.get(account, {})
        return {name: [*nodes, *made.get(name, ())] for name, nodes in self.providers.get(account, {}).items()}

    def add_providers(self, account: str, name: str, listing: Node) -> None:
        """Adds providers that a plan or template makes."""
        self.made_providers.setdefault(account, {}).setdefault(name, []).append(listing)

    def add_key_changes(self, arn: str, done: KeyChanges) -> None:
        """Adds what a plan or template does to a key of others."""
        changes = self.key_changes.setdefault(arn, KeyChanges(done.place))
        changes.grants += done.grants
        changes.revoked |= done.revoked
        changes.aliases += done.aliases
        changes.unaliased |= done.unaliased
        if done.policy is not None:
            changes.policy = done.policy if changes.policy is None else _either(changes.policy, "which of two plans writes it last")

    def add_endpoint_policies(self, policies: Mapping[str, Node]) -> None:
        """Adds policies that a plan puts on endpoints of others, by their IDs. Which of two is put last is not known."""
        for identifier, policy in policies.items():
            known = self.endpoint_policies.get(identifier)
            self.endpoint_policies[identifier] = (
                policy if known is None else _either(known, f"which of two plans has the policy of {identifier}")
            )

    def add_organization(self, remarks: Remarks, place: Node, found: dict[str, Node]) -> None:
        """Adds the organization; a second one is an error."""
        if self.organization is not None:
            remarks.error(place, "a second organization; the input may hold one")
        self.organization = (place, found)


def _either(node: Node, why: str) -> Unknown:
    return Unknown(node, [why])


def is_snapshot(node: Node) -> bool:
    """Whether a document is a snapshot: it has one of a snapshot's members."""
    return isinstance(node, Members) and node.has(*SNAPSHOT)


@dataclass
class DocumentReader:
    """Adds the parts of one snapshot document to `parts`. The files that it names are in `folder`."""

    remarks: Remarks
    files: Files
    parts: Parts
    folder: Path

    def read(self, node: Node) -> None:
        """Adds all parts. Errors go to `remarks`."""
        found = members(self.remarks, node, "the snapshot", (*SNAPSHOT, "not_read", "$schema"))
        for entry in items(self.remarks, found["keys"], "`keys`") if "keys" in found else []:
            self._key(entry)
        if "accounts" in found:
            self._accounts(found["accounts"])
        if "organization" in found:
            self._organization(found["organization"])
        if "vpc_endpoints" in found:
            self.parts.vpc_endpoints += filter(None, [self._follow(found["vpc_endpoints"])])
        for node in filter(None, [self._follow(found["not_read"])]) if "not_read" in found else ():
            self.parts.not_read += read_not_read(self.remarks, node)

    def _key(self, entry: Node) -> None:
        read = members(self.remarks, entry, "a key", KEY)
        plain = {name: node for name, node in read.items() if name in ("arn", "name")}
        followed = self._followed({name: node for name, node in read.items() if name not in plain})
        if "policies" in followed:
            followed["policies"] = self._entries_followed(followed["policies"])
        self.parts.keys.append(KeyParts(entry, plain | followed))

    def _accounts(self, node: Node) -> None:
        for account, value in members(self.remarks, node, "`accounts`").items():
            found = members(self.remarks, value, "an account", ("authorization_details", "complete", *PROVIDERS, *RUNNING))
            details = found.get("authorization_details")
            if found.flag("complete") is False:
                self.parts.partial.add(account)
            if details is None:
                found.error(f"account {account} has no `authorization_details`", hint="leave out an account that is not known")
                continue
            whole = self._entries_followed(details) if isinstance(details, Items) else self._follow(details)
            if whole is not None and (not isinstance(details, Items) or len(entries(whole)) == len(details.items)):
                others = self._followed({name: found[name] for name in (*PROVIDERS, "regions") if name in found})
                if "workloads" in found:
                    others["workloads"] = self._each_followed(found["workloads"])
                self.parts.add_account(self.remarks, value, account, whole, others)

    def _organization(self, node: Node) -> None:
        """Follows file names in the members, and in those that hold several outputs one level further down."""
        found = self._followed(members(self.remarks, node, "`organization`", organization_members.MEMBERS))
        for name in organization_members.BY_NAME:
            if name in found:
                found[name] = self._entries_followed(found[name])
        pairs = found.get("policies")
        if isinstance(pairs, Items):
            entries = [self._entries_followed(entry) for entry in pairs.items]
            found["policies"] = listing(pairs, entries)
        self.parts.add_organization(self.remarks, node, found)

    def _each_followed(self, node: Node) -> Node:
        """The outputs of each Region, by their names, with the files that they are in."""
        pairs = [(key, self._entries_followed(value)) for key, value in node.pairs] if isinstance(node, Members) else None
        return node if pairs is None else Members(node.source, node.start, node.end, pairs)

    def _entries_followed(self, node: Node) -> Node:
        if isinstance(node, Members):
            values = [(key, self._follow(value)) for key, value in node.pairs]
            return Members(node.source, node.start, node.end, [(key, value) for key, value in values if value is not None])
        if isinstance(node, Items):
            entries = [self._follow(entry) for entry in node.items]
            return listing(node, [entry for entry in entries if entry is not None])
        return node

    def _followed(self, given: dict[str, Node]) -> dict[str, Node]:
        """The nodes, or the content of the files that they name; without those whose file cannot be read, which is an error."""
        read = {name: self._follow(node) for name, node in given.items()}
        return {name: node for name, node in read.items() if node is not None}

    def _follow(self, node: Node) -> Node | None:
        return self.remarks.keep(lambda: self.files.referred(node, self.folder))
