"""A snapshot in parts, before any of it is interpreted.

Guarantee: a member that has no place in a snapshot is an error, so nothing is left out by a misspelt name.

A snapshot document has the members `keys`, `accounts`, `organization` and `vpc_endpoints` (see
`data/snapshot.schema.json`). Where a member holds the output of an AWS CLI command it may instead be the name of a file
beside the snapshot that does.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from verifier.frozen import Frozen
from verifier.inputs.identity_changes import IdentityChanges
from verifier.inputs.snapshot import organization as organization_members
from verifier.inputs.snapshot.identity_providers import PROVIDERS
from verifier.inputs.snapshot.not_read import read_not_read
from verifier.inputs.text.access import Record, members
from verifier.inputs.text.files import Files
from verifier.inputs.text.nodes import Items, Members, Node, OwnRegion, Remarks, Scalar, listing, member
from verifier.inputs.text.unknown import UnknownNode
from verifier.model.estate import Pairs
from verifier.model.invariant_file import CLAIMS, OF_SESSIONS
from verifier.model.policy import is_account

if TYPE_CHECKING:
    from verifier.inputs.drafts import Details
    from verifier.inputs.remade import Remade
    from verifier.inputs.resource_types import UnknownResource
    from verifier.inputs.snapshot.workloads import Deed
    from verifier.model.results.collection import NotRead
    from verifier.model.unmodelled import Unmodelled

SNAPSHOT = ("keys", "accounts", "organization", "vpc_endpoints")
"""The members of a snapshot document, which has one of them."""
_OF_ACCOUNTS = re.compile(r"[0-9]+|.*\.(?ai:json|ya?ml)")
_COLON = "(?::|%3a)"
"""A colon, in a document that may be percent-encoded."""
_NAMES = "|".join(("rolesessionname", *OF_SESSIONS, rf"({'|'.join(CLAIMS)})\b")).replace(":", _COLON)
MENTIONS_SESSIONS = re.compile(rf"(?i){_NAMES}|\\u00[4-7]|\\x[4-7]")
"""What mentions, escaped or not, what a session gets from who makes it: trust policies bear on that (F3, F6)."""
KEY = ("arn", "name", "metadata", "policy", "policies", "grants", "aliases", "tags")
"""The members of a key in a snapshot."""
_RUNNING = ("regions", "workloads")
"""Those of an account that say what runs there."""


def is_snapshot(node: Members, *, among: bool) -> bool:
    """True iff a document is a snapshot. `among` the files of a folder, one with `accounts` alone is a snapshot only if
    one of these goes by its number, or they are in a file, or there is none: other tools list theirs by name."""
    if node.has(*(name for name in SNAPSHOT if name != "accounts")) or not among:
        return node.has(*SNAPSHOT)
    accounts = member(node, "accounts")
    names = [key for key, _ in accounts.pairs] if isinstance(accounts, Members) else [accounts]
    return not names or any(isinstance(name, Scalar) and _OF_ACCOUNTS.fullmatch(name.text) for name in names)


@dataclass
class KeyParts:
    """One key: where it stands, its members, and a name for it if its folder has one. `supposed` is as `Key` has it.
    `planned` is one of a plan or template, in this `file`, which makes it unless it is not `certain`; with
    `policy_alone` that puts a policy on a key of which it says nothing else."""

    place: Node
    members: dict[str, Node]
    name: str | None = None
    supposed: tuple[str, ...] = ()
    planned: bool = False
    certain: bool = True
    policy_alone: bool = False
    file: str = ""
    left_open: dict[str, object] = field(default_factory=dict)
    """What else of it is not told, each with what is said of that."""


@dataclass
class KeyChanges:
    """Grants as `list-grants` lists them, the IDs of grants that are revoked, the names of aliases that it gets and
    that it loses; the policy, where it is written. `place` is where it is said."""

    place: Node
    policy: Node | None = None
    unaliased: set[str] = field(default_factory=set)
    grants: list[Node] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)
    aliases: list[Node] = field(default_factory=list)


class LoosePolicy(Frozen):
    """A key policy at an address whose key depends on these names; its account and Region where they are known. No
    caller writes the policy of a key of another account or Region [API: PutKeyPolicy]."""

    address: str
    names: tuple[str, ...]
    account: str | None
    region: str | None


@dataclass
class Parts:
    """Everything that the input of a run holds. `accounts` has the members of each account of a snapshot, its
    authorization details among them. `made` and `made_providers` have the users, groups and roles, and the listings of
    identity providers, that plans and templates make, `identity_changes` what they do to others (of an account whose
    number is not known under an empty one), `key_changes` what they do to keys of others, by ARN, and `unmodelled` what
    else these hold that has no part of its own. `not_read` is what a live collection could not read."""

    keys: list[KeyParts] = field(default_factory=list)
    accounts: dict[str, Record] = field(default_factory=dict)
    made: dict[str, list[Details]] = field(default_factory=dict)
    made_providers: defaultdict[str, list[tuple[str, Node]]] = field(default_factory=lambda: defaultdict(list))
    identity_changes: dict[str, list[IdentityChanges]] = field(default_factory=dict)
    made_by_others: list[tuple[str, object, object]] = field(default_factory=list)
    """What makes or changes roles that no input has: its address, what it says of their policies and tags."""
    key_changes: dict[str, KeyChanges] = field(default_factory=dict)
    organization: Record | None = None
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
    remade: list[Remade] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    """What plans and templates do to code that runs, or may do; not read without `steps`."""
    listed_tags: dict[str, Pairs] = field(default_factory=dict)
    """The tags that a snapshot lists of users and roles that plans and templates make, by the ARNs that they make."""
    ignored_tags: dict[str, re.Pattern[str]] = field(default_factory=dict)
    """How the keys begin, in lower case, of tags that plans do not tell, by the ARN of what may have them."""
    without_system_tags: set[str] = field(default_factory=set)
    """The ARNs of what plans and states tell the tags of, but for those of AWS (`aws:`)."""
    steps: bool = True
    supposed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Sentences by file: what is supposed of plans and templates besides what they say of a key."""
    not_read: list[NotRead] = field(default_factory=list)
    parameters: list[tuple[Node, tuple[str, ...]]] = field(default_factory=list)
    """The templates and policy files, each with the names of its parameters."""
    unchecked: set[str] = field(default_factory=set)
    """The ARNs of keys whose policies are put past the lockout safety check, or may be
    (`BypassPolicyLockoutSafetyCheck`)."""
    by_stand_in: set[str] = field(default_factory=set)
    """The plans and templates of which something is in the own account, which nothing tells (S4)."""
    named_accounts: set[str] = field(default_factory=set)
    """Accounts that the own one may be, by what plans say of logins."""
    inspects_stand_ins: bool = False
    """Whether functions read parts of texts with the own account or Region, which nothing tells: accounts and Regions
    that are not named are not alike then (S4)."""
    own_regions: Mapping[str, OwnRegion] = field(default_factory=dict)
    """The files with keys in a Region that nothing tells (S4)."""
    loose_policies: list[LoosePolicy] = field(default_factory=list)
    """Key policies of plans of which it is not known whose they are."""
    loose_alias: UnknownNode | None = None
    """The key of an alias of a plan or template, if it is not known which that is."""
    _named: list[set[str]] = field(default_factory=list)

    @property
    def has_planned(self) -> bool:
        """True iff there are plans or templates."""
        return bool(self._named)

    def mark(self, names: Iterable[str]) -> str:
        """What sets the placeholders of an input apart from those before it that have the same `names`."""
        own = set(names)
        taken = any(own & others for others in self._named)
        self._named.append(own)
        return f"#{len(self._named)}" if taken else ""

    def add_account(self, found: Record, account: str) -> None:
        """Adds what is told of an account; a second time, or under another name than twelve digits, is an error."""
        if not is_account(account):
            found.error(f"`{account}` is not an account of twelve digits", hint="quote it in YAML if it begins with 0")
        elif account in self.accounts:
            found.error(f"account {account} is given twice")
        else:
            self.accounts[account] = found

    def leave_roles_out(self, account: str | None, *, permission_sets: str = "") -> None:
        """Records that there may be roles that no input has, in an account or in any; or `permission_sets`."""
        left_out: set[tuple[str, str | None]] = set() if permission_sets else {("role", None)}
        changes = IdentityChanges(left_out=left_out, permission_sets=permission_sets)
        self.identity_changes.setdefault(account or "", []).append(changes)

    def changes_of_identities(self, account: str) -> list[IdentityChanges]:
        """What plans and templates do to others of an account, or may do."""
        return [*self.identity_changes.get(account, ()), *self.identity_changes.get("", ())]

    def add_key_changes(self, arn: str, done: KeyChanges) -> None:
        """Adds what a plan or template does to a key of others."""
        changes = self.key_changes.setdefault(arn, KeyChanges(done.place))
        changes.grants += done.grants
        changes.revoked |= done.revoked
        changes.aliases += done.aliases
        changes.unaliased |= done.unaliased
        if done.policy is not None:
            twice = changes.policy and UnknownNode(changes.policy, ["which of two plans writes it last"])
            changes.policy = twice or done.policy

    def add_endpoint_policy(self, identifier: str, policy: Node) -> None:
        """Adds a policy that a plan puts on an endpoint of others. Which of two is put last is not known."""
        known = self.endpoint_policies.get(identifier)
        twice = known and UnknownNode(known, [f"which of two plans has the policy of {identifier}"])
        self.endpoint_policies[identifier] = twice or policy

    def add_organization(self, found: Record) -> None:
        """Adds the organization; a second one is an error."""
        if self.organization is not None:
            found.error("a second organization; the input may hold one")
        self.organization = found


@dataclass
class DocumentReader:
    """Adds the parts of a snapshot document to `parts`; the files that it names are in `folder`, if any."""

    remarks: Remarks
    files: Files
    parts: Parts
    folder: Path | None = None

    def read(self, node: Node) -> None:
        """Adds all parts. Errors go to `remarks`."""
        found = members(self.remarks, node, "the snapshot", (*SNAPSHOT, "not_read", "$schema"))
        for entry in found.entries("keys"):
            self._key(entry)
        for account, value in found.inner("accounts").items():
            self._account(account, value)
        if "organization" in found:
            self._organization(found["organization"])
        if "vpc_endpoints" in found:
            self.parts.vpc_endpoints += filter(None, [self._follow(found["vpc_endpoints"])])
        for node in filter(None, [self._follow(found["not_read"])]) if "not_read" in found else ():
            self.parts.not_read += read_not_read(self.remarks, node)

    def _key(self, entry: Node) -> None:
        read = members(self.remarks, entry, "a key", KEY)
        plain = {name: read.pop(name) for name in ("arn", "name") if name in read}
        self.parts.keys.append(KeyParts(entry, plain | self._followed(read, {"policies": 1})))

    def _account(self, account: str, node: Node) -> None:
        found = members(self.remarks, node, "an account", ("authorization_details", "complete", *PROVIDERS, *_RUNNING))
        if "authorization_details" not in found:
            found.error(
                f"account {account} has no `authorization_details`", hint="leave out an account that is not known"
            )
            return
        pages, before = isinstance(found["authorization_details"], Items), len(self.remarks.errors)
        followed = self._followed(found, {"authorization_details": int(pages), "workloads": 2})
        if len(self.remarks.errors) == before:
            self.parts.add_account(followed, account)

    def _organization(self, node: Node) -> None:
        """Follows file names in the members, and in those that hold several outputs further down."""
        found = members(self.remarks, node, "`organization`", organization_members.MEMBERS)
        deep = {**dict.fromkeys(organization_members.BY_NAME, 1), "policies": 2}
        self.parts.add_organization(self._followed(found, deep))

    def _followed(self, given: Record, deep: Mapping[str, int]) -> Record:
        """The members, or what is in the files that they name, levels `deep`; what cannot be read is an error."""
        read = {name: self._follow(node, deep.get(name, 0)) for name, node in given.items()}
        return Record(self.remarks, given.place, {name: node for name, node in read.items() if node is not None})

    def _follow(self, node: Node, deep: int = 0) -> Node | None:
        folder = self.folder
        found = node if folder is None else self.remarks.keep(lambda: self.files.referred(node, folder))
        if deep and isinstance(found, Members):
            pairs = [(key, inner) for key, value in found.pairs if (inner := self._follow(value, deep - 1)) is not None]
            return Members(found.source, found.start, found.end, pairs)
        if deep and isinstance(found, Items):
            return listing(found, filter(None, [self._follow(item, deep - 1) for item in found.items]))
        return found
