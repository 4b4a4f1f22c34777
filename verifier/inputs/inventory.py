"""The users, groups, roles and managed policies of one account, read one by one.

In: entries of `get-account-authorization-details`. Out: `Identity`, `Group`, `ManagedPolicy`, and an `Unmodelled` for what they refer to
and the input does not hold. Guarantee: what is attached and not in the input is remembered with the principal that it is attached to, never
taken for an empty policy (U3); each document is read once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from verifier.inputs.access import Record, members
from verifier.inputs.doubt import is_unknown_whole
from verifier.inputs.drafts import NAMES
from verifier.inputs.keys import read_tags
from verifier.inputs.nodes import Node, Remarks
from verifier.inputs.policies import read_document
from verifier.inputs.unknown import names_in
from verifier.model.estate import Group, Identity, Influence, ManagedPolicy, Unmodelled
from verifier.model.policy import Policy, PolicyKind
from verifier.syntax.text import first_few

_ARN = re.compile(r"arn:(?:aws|aws-cn|aws-us-gov):iam::([0-9]{12}):(user|role|group)/[\x21-\x7e]+")


@dataclass(frozen=True)
class _Managed:
    """An entry of `Policies`: its versions, each with its ID and whether it is in force; the document that is in force, if it is there."""

    default: str | None
    versions: tuple[tuple[str | None, Record, bool], ...]
    document: Node | None


@dataclass
class Inventory:
    """One account while it is read. `managed` holds the entries of `Policies` by ARN, `groups` those of `GroupDetailList` by name, `read`
    the policies that were read so far, and `read_groups` the groups. `doubts` are what is not certain of a group, by its ARN: what it is,
    and why. Without `trusts` no trust policy is read."""

    remarks: Remarks
    account: str
    trusts: bool = True
    managed: dict[str, Record] = field(default_factory=dict)
    groups: dict[str, Record] = field(default_factory=dict)
    read: dict[str, Policy | None] = field(default_factory=dict)
    read_groups: dict[str, Group] = field(default_factory=dict)
    doubts: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    unmodelled: list[Unmodelled] = field(default_factory=list)
    _known: dict[str, _Managed] = field(default_factory=dict)
    _arns: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    # -- what is not known --

    def perhaps(self, node: Node, thing: str, arn: str, description: str) -> None:
        """Records what a user or role may have or not; what a group may have bears on those who are in it, or join it."""
        if ":group/" in arn:
            self.doubts.setdefault(arn, []).append((thing, description))
        else:
            self._doubt(node, thing, arn, description)

    def _missing(self, node: Node, thing: str, principal: str, names: Sequence[str] = ()) -> None:
        """Records what is attached to a principal but not in the input (U3). `names` say what it depends on."""
        why = f"known: it depends on {first_few(names)}" if names else "in the input"
        self._doubt(node, thing, principal, f"{thing} is attached to {principal}, its document is not {why}")

    def _doubt(
        self, node: Node, thing: str, principal: str, description: str, label: str = "U3", influence: Influence = Influence.EITHER
    ) -> None:
        """Records what a principal may have or not: it may allow or refuse (U3), unless its rule says otherwise.

        What is not known of a group bears on no request by itself, for a group makes none: it does so through the members, for whom it is
        recorded too, and on those who join it (E0).
        """
        name, of_statement = f"{thing} of {_short(principal)}", ":group/" in principal or label == "E2"
        self.unmodelled.append(
            Unmodelled(name, label, influence, description, principal=principal, span=node.span, of_statement=of_statement)
        )

    # -- managed policies --

    def add_managed(self, nodes: Iterable[Node]) -> None:
        """Adds the entries of `Policies`."""
        for node in nodes:
            found = members(self.remarks, node, "a managed policy")
            arn = found.text("Arn")
            if arn is None:
                found.error("the managed policy has no `Arn`")
            elif arn in self.managed:
                found.error(f"duplicate managed policy {arn}")
            else:
                self.managed[arn] = found

    def managed_policies(self) -> Iterator[ManagedPolicy]:
        """Every managed policy that is listed, attached or not, with all versions whose documents are there (E0)."""
        for arn, found in self.managed.items():
            known = self._listed(arn)
            assert known is not None
            read: dict[str, Policy] = {}
            default = known.default
            for identifier, version, in_force in known.versions:
                document, policy = _whole(version.get("Document")), self._in_force(arn, PolicyKind.IDENTITY) if in_force else None
                if document is not None and not in_force:
                    policy = read_document(self.remarks, document, PolicyKind.IDENTITY, identity=arn, name=_name(arn))
                read |= {identifier: policy} if identifier is not None and policy is not None else {}
                default = (identifier or default) if in_force else default
            yield ManagedPolicy(arn, tuple(read.items()), default, found.place.span, complete=0 < len(known.versions) == len(read))

    def _listed(self, arn: str) -> _Managed | None:
        """A managed policy that is listed; what its versions say of each other must agree."""
        if arn not in self._known and arn in self.managed:
            found = self.managed[arn]
            default = found.text("DefaultVersionId")
            versions = []
            for version in found.records("PolicyVersionList", "a policy version"):
                said, identifier = version.flag("IsDefaultVersion"), version.text("VersionId")
                in_force = said if said is not None else identifier is not None and identifier == default
                if None not in (default, identifier) and in_force != (identifier == default):
                    which = "the default one" if in_force else "not the default one"
                    message = f"`IsDefaultVersion` says that {identifier} is {which}, and `DefaultVersionId` of {arn} is {default}"
                    version.error(message, "IsDefaultVersion")
                versions.append((identifier, version, in_force))
            documents = [version.get("Document") for _, version, in_force in versions if in_force]
            if len(documents) > 1:
                found.error(f"{arn} has more than one default version")
            self._known[arn] = _Managed(default, tuple(versions), _whole(documents[0] if documents else None))
        return self._known.get(arn)

    def _has_document(self, arn: str) -> bool:
        """Whether the input holds the document of a managed policy that is in force."""
        known = self._listed(arn)
        return known is not None and known.document is not None

    def _in_force(self, arn: str, kind: PolicyKind) -> Policy | None:
        """A managed policy; `None` where its document is not in the input. The same one may be a boundary too, under another identity."""
        identity = f"{arn}#boundary" if kind is PolicyKind.BOUNDARY else arn
        known = self._listed(arn)
        if identity not in self.read and known is not None and known.document is not None:
            self.read[identity] = read_document(self.remarks, known.document, kind, identity=identity, name=_name(arn))
        return self.read.get(identity)

    # -- users, groups, roles --

    def add_groups(self, nodes: Iterable[Node]) -> None:
        """Reads the groups, with the documents of everything attached to them."""
        for node in nodes:
            found = members(self.remarks, node, "a group")
            name = found.text("GroupName")
            if name is None or name in self.groups:
                found.error("the group has no `GroupName`" if name is None else f"duplicate group `{name}`")
            else:
                self.groups[name] = found
        for name, found in self.groups.items():
            arn = self._arn(found, "group")
            if arn is not None:
                self.read_groups[name] = Group(arn, tuple(self._of_group(found.place, found, arn, arn)), found.place.span)

    def identities(self, kind: str, nodes: Iterable[Node]) -> tuple[Identity, ...]:
        """Users or roles, with the documents of everything attached to them, but for those whose ARN is not usable, which is an error."""
        read = (self._identity(members(self.remarks, node, f"a {kind}"), kind) for node in nodes)
        return tuple(identity for identity in read if identity is not None)

    def _identity(self, found: Record, kind: str) -> Identity | None:
        arn = self._arn(found, kind)
        if arn is None:
            return None
        self._check_distinct(found, arn)
        policies = self._attached(found, arn, arn, f"{NAMES[kind]}PolicyList")
        groups = self._groups(found, arn) if kind == "user" else {}
        for group, listed in groups.items():
            policies += self._of_group(found.place, listed, group, arn)
        bounded, boundary = self._boundary(found, arn)
        return Identity(
            arn=arn,
            policies=tuple({policy.identity: policy for policy in policies}.values()),
            tags=read_tags(self.remarks, found["Tags"], "Key", "Value") if "Tags" in found else (),
            unique_id=found.text(f"{NAMES[kind]}Id"),
            bounded=bounded,
            boundary=boundary,
            span=found.place.span,
            trust=self._trust(found, arn) if kind == "role" else None,
            groups=tuple(groups),
        )

    def _arn(self, found: Record, kind: str) -> str | None:
        arn = found.text("Arn")
        match = _ARN.fullmatch(arn or "")
        if arn is None:
            found.error(f"the {kind} has no `Arn`")
        elif match is None or match.group(2) != kind:
            found.error(f"`{arn}` is not the ARN of a {kind}", "Arn")
        elif match.group(1) != self.account:
            found.error(f"{arn} is of another account than {self.account}, under which it is listed", "Arn")
        else:
            return arn
        return None

    def _check_distinct(self, found: Record, arn: str) -> None:
        """Names are unique whatever the path (R2) [IAM: reference_iam-quotas]."""
        kind, _, name = arn.split(":", 5)[5].partition("/")
        others = self._arns.setdefault((kind, name.rsplit("/", 1)[-1].lower()), [])
        if arn in others:
            found.error(f"duplicate user or role {arn}")
        elif others:
            message = f"{arn} and {others[0]} have one name, and names are unique in an account, whatever the path and case"
            self.remarks.warning(found.place, message, rule="R2")
        others.append(arn)

    def _attached(self, found: Record, owner: str, principal: str, inline: str) -> list[Policy]:
        """The inline and managed policies of a user, role or group. `owner` is whose they are, `principal` who is governed by them."""
        policies = [self._inline(each, owner, principal) for each in found.records(inline, "an inline policy")]
        for each in found.records("AttachedManagedPolicies", "an attached policy"):
            arn = each.text("PolicyArn")
            if arn is None:
                each.error("the attached policy has no `PolicyArn`")
            elif self._has_document(arn):
                policies.append(self._in_force(arn, PolicyKind.IDENTITY))
            else:
                listed = [self.managed[arn].place] if arn in self.managed else []
                self._missing(each.place, f"policy {arn}", principal, names_in(listed))
        return [policy for policy in policies if policy is not None]

    def _of_group(self, node: Node, found: Record, group: str, principal: str) -> list[Policy]:
        """The policies of a group that govern a principal, a member or the group itself, for whom what is not certain of them is
        recorded."""
        for thing, description in self.doubts.get(group, ()):
            self._doubt(node, thing if principal == group else f"{thing} of {_short(group)}", principal, description)
        return self._attached(found, group, principal, "GroupPolicyList")

    def _inline(self, found: Record, owner: str, principal: str) -> Policy | None:
        name = found.text("PolicyName")
        if name is None:
            found.error("the inline policy has no `PolicyName`")
            return None
        identity, document = f"{owner}#{name}", found.get("PolicyDocument")
        if document is None or is_unknown_whole(document):
            shown = f"policy {name}" if name.startswith("arn:") else f"inline policy {identity}"
            self._missing(found.place, shown, principal, names_in([found.place]))
            return None
        if identity not in self.read:
            self.read[identity] = read_document(self.remarks, document, PolicyKind.IDENTITY, identity=identity, name=name)
        return self.read[identity]

    def _groups(self, found: Record, user: str) -> Mapping[str, Record]:
        """The groups of a user by their ARNs. One that is not listed is an unmodelled thing of the user."""
        groups: dict[str, Record] = {}
        for node in found.entries("GroupList"):
            name = getattr(node, "text", None)
            if name not in self.groups:
                self._missing(node, f"group {name}", user)
            elif name in self.read_groups:
                groups[self.read_groups[name].arn] = self.groups[name]
        return groups

    def _trust(self, found: Record, role: str) -> Policy | None:
        """The trust policy of a role; `None` where the input does not say it (E2). What it depends on is remembered for those who ask."""
        document = found.value("AssumeRolePolicyDocument")
        if document is None or not self.trusts:
            return None
        if not is_unknown_whole(document):
            return read_document(self.remarks, document, PolicyKind.TRUST, identity=f"{role}#trust", name="trust")
        description = f"the trust policy of {role} is not known: it depends on {first_few(names_in([document]))}"
        self._doubt(found.place, "trust policy", role, description, "E2", Influence.MAY_ALLOW)
        return None

    def _boundary(self, found: Record, principal: str) -> tuple[bool, Policy | None]:
        """Whether a permissions boundary is attached, and its document; without it in the input it may refuse anything (D4, U3)."""
        node = found.value("PermissionsBoundary")
        if node is None:
            return False, None
        names = names_in([node])
        given = f"which depends on {first_few(names)}," if names else found.inner("PermissionsBoundary").text("PermissionsBoundaryArn")
        if given is None:
            found.error("`PermissionsBoundary` has no `PermissionsBoundaryArn`", "PermissionsBoundary")
        elif self._has_document(given):
            return True, self._in_force(given, PolicyKind.BOUNDARY)
        else:
            description = f"permissions boundary {given} of {principal}: its document is not in the input"
            self._doubt(found.place, "permissions boundary", principal, description, "D4", Influence.MAY_REFUSE)
        return True, None


def _whole(document: Node | None) -> Node | None:
    """A document of which something can be said."""
    return None if document is None or is_unknown_whole(document) else document


def _short(arn: str) -> str:
    """An ARN from its resource on, such as `role/app`."""
    return arn.split(":", 5)[-1]


def _name(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]
