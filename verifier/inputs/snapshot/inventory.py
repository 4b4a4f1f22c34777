"""The users, groups, roles and managed policies of one account, read one by one.

In: `Draft`s and `Managed`s. Out: `Identity`, `Group`, `ManagedPolicy`, and an `Unmodelled` for what they refer to
and the input does not hold. Guarantee: what is attached and not in the input is remembered with the principal that it
is attached to, never taken for an empty policy (U3); each document is read once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from verifier.inputs.drafts import BOUNDS, TAGS, TRUST, Draft, Managed
from verifier.inputs.policies import read_document
from verifier.inputs.snapshot.keys import read_tags
from verifier.inputs.text.access import is_null
from verifier.inputs.text.nodes import Node, Remarks, Scalar
from verifier.inputs.text.unknown import content, is_unknown_whole, names_in
from verifier.model.estate import Group, Identity, ManagedPolicy
from verifier.model.policy import Policy, PolicyKind, arn_kind
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.syntax.text import first_few

_ARN = re.compile(r"arn:(?:aws|aws-cn|aws-us-gov):iam::([0-9]{12}):(user|role|group)/[\x21-\x7e]+")

_LISTS_POLICIES = "; give a snapshot that lists it under `Policies`"
"""Where the authorization details of an account have managed policies, those of AWS that it uses among them."""


@dataclass
class Inventory:
    """One account while it is read. `managed` holds the managed policies by ARN, `groups` the groups by name, `read`
    the policies that were read so far, and `read_groups` the groups. `unknown_parts` are what is not certain of a
    group, by its ARN: what it is, and why. Without `trusts` no trust policy is read."""

    remarks: Remarks
    account: str
    trusts: bool = True
    managed: dict[str, Managed] = field(default_factory=dict)
    groups: dict[str, Draft] = field(default_factory=dict)
    read: dict[str, Policy | None] = field(default_factory=dict)
    read_groups: dict[str, Group] = field(default_factory=dict)
    unknown_parts: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    unmodelled: list[Unmodelled] = field(default_factory=list)
    _arns: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    # -- what is not known --

    def perhaps(self, draft: Draft, description: str) -> None:
        """Records what one may have or not; what a group may have bears on those who are in it, or join it."""
        if draft.kind == "group":
            self.unknown_parts.setdefault(draft.arn, []).append(("policies", description))
        else:
            self._doubt(draft.place, "policies", draft.arn, description, said=(description,))

    def _missing(self, node: Node, thing: str, principal: str, documents: Sequence[Node] = (), hint: str = "") -> None:
        """Records what is attached but not in the input (U3), `documents` as told; `hint` says what to give."""
        names = names_in(documents)
        why = f"known: it depends on {first_few(names)}" if names else f"in the input{hint}"
        description = f"{thing} is attached to {principal}, its document is not {why}"
        self._doubt(node, thing, principal, description, said=content(documents))

    def _doubt(
        self,
        node: Node,
        thing: str,
        principal: str,
        description: str,
        label: str = "U3",
        influence: Influence = Influence.EITHER,
        said: object = None,
    ) -> None:
        """Records what a principal may have or not: it may allow or refuse (U3), unless its rule says otherwise. `said`
        tells it apart.

        What is not known of a group bears on no request by itself, for a group makes none: it does so through the
        members, for whom it is recorded too, and on those who join it (E0).
        """
        name, of_statement = f"{thing} of {_short(principal)}", arn_kind(principal) == "group" or label == "E2"
        name = f"{name} ({self.remarks.definitions.digest(said)})" if said else name
        self.unmodelled.append(
            Unmodelled(
                name, label, influence, description, principal=principal, span=node.span, of_statement=of_statement
            )
        )

    # -- managed policies --

    def add_managed(self, policies: Iterable[Managed]) -> None:
        for policy in policies:
            if self.managed.setdefault(policy.arn, policy) is not policy:
                self.remarks.error(policy.place, f"duplicate managed policy {policy.arn}")

    def managed_policies(self) -> Iterator[ManagedPolicy]:
        """Every managed policy that is listed, attached or not, with all versions whose documents are there (E0)."""
        for arn, found in self.managed.items():
            read: dict[str, Policy] = {}
            default = found.default
            for identifier, document, in_force in found.versions:
                policy = self._in_force(arn, PolicyKind.IDENTITY) if in_force else None
                if document is not None and not is_unknown_whole(document) and not in_force:
                    policy = read_document(
                        self.remarks, document, PolicyKind.IDENTITY, identity=arn, name=arn.rsplit("/", 1)[-1]
                    )
                if identifier is not None and policy is not None:
                    read[identifier] = policy
                default = (identifier or default) if in_force else default
            yield ManagedPolicy(arn, tuple(read.items()), default, complete=0 < len(found.versions) == len(read))

    def _document(self, arn: str) -> Node | None:
        """The document of a managed policy that is in force, if the input holds it."""
        document = self.managed[arn].document if arn in self.managed else None
        return None if document is None or is_unknown_whole(document) else document

    def _documents(self, arn: str) -> list[Node]:
        """The documents of all versions of a managed policy, as far as the input has them."""
        return [document for _, document, _ in self.managed[arn].versions if document] if arn in self.managed else []

    def _in_force(self, arn: str, kind: PolicyKind) -> Policy | None:
        """A managed policy, perhaps as a boundary; `None` where its document is not in the input."""
        identity = f"{arn}#boundary" if kind is PolicyKind.BOUNDARY else arn
        if identity not in self.read and (document := self._document(arn)) is not None:
            self.read[identity] = read_document(
                self.remarks, document, kind, identity=identity, name=arn.rsplit("/", 1)[-1]
            )
        return self.read.get(identity)

    # -- users, groups, roles --

    def add_groups(self, drafts: Iterable[Draft]) -> None:
        """Reads the groups, with the documents of everything attached to them."""
        for draft in drafts:
            if draft.kind == "group" and self._is_sound(draft):
                if draft.id[1] in self.groups:
                    self.remarks.error(draft.place, f"duplicate group `{draft.name}`")
                self.groups.setdefault(draft.id[1], draft)
        for name, draft in self.groups.items():
            self.read_groups[name] = Group(draft.arn, tuple(self._of_group(draft.place, draft, draft.arn)))

    def identities(self, kind: str, drafts: Iterable[Draft]) -> tuple[Identity, ...]:
        """Users or roles, with everything attached to them. One whose ARN is not usable is an error."""
        return tuple(self._identity(draft) for draft in drafts if draft.kind == kind and self._is_sound(draft))

    def _identity(self, draft: Draft) -> Identity:
        self._check_distinct(draft)
        policies = self._attached(draft, draft.arn)
        groups = self._groups(draft)
        for group in groups:
            policies += self._of_group(draft.place, group, draft.arn)
        bounded, boundary = self._boundary(draft)
        return Identity(
            arn=draft.arn,
            policies=tuple({policy.identity: policy for policy in policies}.values()),
            tags=read_tags(self.remarks, draft.has[TAGS], "Key", "Value") if TAGS in draft.has else (),
            unique_id=draft.unique_id,
            bounded=bounded,
            boundary=boundary,
            span=draft.place.span,
            trust=self._trust(draft) if draft.kind == "role" else None,
            groups=tuple(group.arn for group in groups),
        )

    def _is_sound(self, draft: Draft) -> bool:
        """True iff the ARN is one of its kind and of the account; else it is an error."""
        match, at = _ARN.fullmatch(draft.arn), draft.arn_at or draft.place
        if not draft.arn:
            self.remarks.error(draft.place, f"the {draft.kind} has no `Arn`")
        elif match is None or match.group(2) != draft.kind:
            self.remarks.error(at, f"`{draft.arn}` is not the ARN of a {draft.kind}")
        elif match.group(1) != self.account:
            self.remarks.error(at, f"{draft.arn} is of another account than {self.account}, under which it is listed")
        else:
            return True
        return False

    def _check_distinct(self, draft: Draft) -> None:
        """Names are unique whatever the path (R2) [IAM: reference_iam-quotas]."""
        others = self._arns.setdefault(draft.id, [])
        if draft.arn in others:
            self.remarks.error(draft.place, f"duplicate user or role {draft.arn}")
        elif others:
            unique = "names are unique in an account, whatever the path and case"
            message = f"{draft.arn} and {others[0]} have one name, and {unique}"
            self.remarks.warning(draft.place, message, rule="R2")
        others.append(draft.arn)

    def _attached(self, owner: Draft, principal: str) -> list[Policy]:
        """The inline and managed policies of a user, role or group, which govern a principal."""
        policies = [self._inline(name, document, owner.arn, principal) for name, document in owner.inline.items()]
        for arn, node in owner.known("arn:").items():
            if self._document(arn) is not None:
                policies.append(self._in_force(arn, PolicyKind.IDENTITY))
            else:
                self._missing(node, f"policy {arn}", principal, self._documents(arn), _LISTS_POLICIES)
        return [policy for policy in policies if policy is not None]

    def _of_group(self, node: Node, group: Draft, principal: str) -> list[Policy]:
        """The policies of a group that govern a member or itself, for whom what is uncertain is recorded."""
        for thing, description in self.unknown_parts.get(group.arn, ()):
            whose = thing if principal == group.arn else f"{thing} of {_short(group.arn)}"
            self._doubt(node, whose, principal, description)
        return self._attached(group, principal)

    def _inline(self, name: str, document: Node, owner: str, principal: str) -> Policy | None:
        identity = f"{owner}#{name}"
        if is_unknown_whole(document):
            shown = f"policy {name}" if name.startswith("arn:") else f"inline policy {identity}"
            self._missing(document, shown, principal, [document])
            return None
        if identity not in self.read:
            self.read[identity] = read_document(
                self.remarks, document, PolicyKind.IDENTITY, identity=identity, name=name
            )
        return self.read[identity]

    def _groups(self, user: Draft) -> list[Draft]:
        """The groups of a user. One that is not listed is an unmodelled thing of the user."""
        found = user.groups
        for name, node in found.items():
            if name not in self.groups:
                self._missing(node, f"group {node.text}", user.arn)
        return [self.groups[name] for name in found if name in self.groups]

    def _trust(self, role: Draft) -> Policy | None:
        """The trust policy of a role; `None` where the input does not say it (E2), which is recorded."""
        if TRUST not in role.has or not self.trusts:
            return None
        if not is_unknown_whole(role.has[TRUST]):
            identity = f"{role.arn}#trust"
            return read_document(self.remarks, role.has[TRUST], PolicyKind.TRUST, identity=identity, name="trust")
        trust = [role.has[TRUST]]
        description = f"the trust policy of {role.arn} is not known: it depends on {first_few(names_in(trust))}"
        self._doubt(role.place, "trust policy", role.arn, description, "E2", Influence.MAY_ALLOW, content(trust))
        return None

    def _boundary(self, draft: Draft) -> tuple[bool, Policy | None]:
        """True iff a permissions boundary is attached, and its document; without it in the input it may refuse anything
        (D4, U3)."""
        node = draft.has.get(BOUNDS)
        if node is None or is_null(node):
            return False, None
        given = node.text if isinstance(node, Scalar) else f"which depends on {first_few(names_in([node]))},"
        if self._document(given) is not None:
            return True, self._in_force(given, PolicyKind.BOUNDARY)
        description = f"permissions boundary {given} of {draft.arn}: its document is not in the input{_LISTS_POLICIES}"
        said = content([given, node, *self._documents(given)])
        self._doubt(draft.place, "permissions boundary", draft.arn, description, "D4", Influence.MAY_REFUSE, said)
        return True, None


def _short(arn: str) -> str:
    """An ARN from its resource on, such as `role/app`."""
    return arn.split(":", 5)[-1]
