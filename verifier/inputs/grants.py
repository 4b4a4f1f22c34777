"""The grants of one key.

In: the output of `list-grants` (`list-retirable-grants` prints the same entries). Out: `Grant`s, and what of them is not modelled.
Guarantee: a grant is read whole. What of it is not known may allow anything that such a thing could (S1); what contradicts itself, or
belongs to another key, is an error. [API: ListGrants, GrantListEntry]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from verifier.inputs.access import listed, member_text, members
from verifier.inputs.grant_members import (
    Constraints,
    read_constraints,
    read_grantee,
    read_issuing_account,
    read_operations,
    read_retiring,
)
from verifier.inputs.nodes import Node, Remarks
from verifier.inputs.unknown import names_in
from verifier.model.estate import Influence, Unmodelled
from verifier.model.grant import Grant
from verifier.model.policy import Principal, PrincipalType
from verifier.syntax.text import brief, first_few, printable

_MEMBERS = frozenset(
    (
        "KeyId", "GrantId", "Name", "CreationDate", "GranteePrincipal", "GranteeServicePrincipal", "RetiringPrincipal",
        "RetiringServicePrincipal", "IssuingAccount", "Operations", "Constraints",
    )
)  # fmt: skip
"""The members of `GrantListEntry`. Another one could narrow the grant or widen it."""


@dataclass
class _Unknown:
    """What the grants of a key have and the verifier does not know: one kind of thing, however many grants have it.

    `label` decides what an `Unmodelled` of it may allow: with one of the rules G, what a grant can; else anything.
    """

    label: str
    kind: str
    consequence: str
    names: dict[str, None] = field(default_factory=dict)
    grants: list[str] = field(default_factory=list)
    place: Node | None = None

    def add(self, grant: str, names: tuple[str, ...], place: Node) -> bool:
        """Whether the grant has such a thing; it is remembered."""
        if names:
            self.names.update(dict.fromkeys(names))
            self.grants.append(grant)
            self.place = self.place or place
        return bool(names)

    def told(self, remarks: Remarks, key: str, name: str) -> list[Unmodelled]:
        """The thing, after a warning; none where no grant has it."""
        if self.place is None:
            return []
        which = "grant " if len(self.grants) == 1 else f"{len(self.grants)} grants, "
        grants, names = first_few([brief(grant) for grant in self.grants]), first_few([brief(f"`{name}`") for name in self.names])
        message = f"{which}{grants}: unknown {self.kind} {names}"
        remarks.warning(self.place, message, hint=self.consequence, rule=self.label)
        thing = f"unknown {self.kind} in grants of {name}"
        description = f"{thing}: {message}"
        return [Unmodelled(thing, self.label, Influence.MAY_ALLOW, description, key=key, span=self.place.span)]


_PERHAPS = "the grant may or may not allow something, so verdicts that it could change are Unknown"
_KNOWN = "the grant may allow actions that the reference data does not know; its other operations count"
_KINDS = {"operations": ("U4", _KNOWN), "constraints": ("G3", _PERHAPS), "values": ("G1", _PERHAPS), "members": ("G1", _PERHAPS)}


@dataclass
class _Listing:
    """A listing while it is read, with what of its grants is `unknown`, by its kind."""

    remarks: Remarks
    key: str
    grants: dict[str, Grant | None] = field(default_factory=dict)
    unknown: dict[str, _Unknown] = field(
        default_factory=lambda: {kind: _Unknown(label, kind, consequence) for kind, (label, consequence) in _KINDS.items()}
    )

    def add(self, entry: Node) -> None:
        """Reads one entry. A grant that is not known whole is kept out (its operations apart: those that are known count)."""
        remarks, found = self.remarks, members(self.remarks, entry, "a grant")
        if names_in([entry]):
            identifier = self._identifier(entry, found)
            self.unknown["values"].add(identifier or "", names_in([entry]), entry)
            self.grants |= {identifier: None} if identifier is not None else {}
            return
        self._check_key(found)
        identifier = self._identifier(entry, found)
        grantee = read_grantee(remarks, entry, found, self.key.split(":")[1])
        operations, unknown = read_operations(remarks, entry, found)
        constraints = read_constraints(remarks, found.get("Constraints"))
        if identifier is None:
            return
        self.unknown["operations"].add(identifier, unknown, found.get("Operations", entry))
        unclear = self.unknown["constraints"].add(identifier, constraints.unknown, found.get("Constraints", entry))
        unclear |= self.unknown["members"].add(identifier, tuple(name for name in found if name not in _MEMBERS), entry)
        grant = self._grant(entry, found, identifier, grantee, operations, constraints)
        self.grants[identifier] = None if unclear else grant

    def _grant(
        self,
        entry: Node,
        found: Mapping[str, Node],
        identifier: str,
        grantee: tuple[Principal, bool] | None,
        operations: tuple[str, ...],
        constraints: Constraints,
    ) -> Grant | None:
        remarks = self.remarks
        retiring = read_retiring(remarks, found, self.key.split(":")[1])
        issuing_account = read_issuing_account(remarks, found)
        if grantee is None:
            return None
        if grantee[0].type is PrincipalType.SERVICE and not grantee[1] and constraints.source_arn is None:
            remarks.warning(
                entry, f"grant {brief(identifier)} is for a service and has no `SourceArn`, which KMS demands of one", rule="G2"
            )
        return Grant(
            id=identifier,
            grantee=grantee[0],
            operations=operations,
            retiring=retiring,
            issuing_account=issuing_account,
            context_equals=constraints.equals,
            context_subset=constraints.subset,
            source_arn=constraints.source_arn,
            grantee_hidden=grantee[1],
            name=_shown(remarks, found, "Name"),
            created=_shown(remarks, found, "CreationDate"),
            span=entry.span,
        )

    def _check_key(self, found: Mapping[str, Node]) -> None:
        """Records an error where the entry is of another key. Related multi-Region keys share a key ID: ARNs are compared whole (L9)."""
        given = member_text(self.remarks, found, "KeyId")
        identifier = self.key.rsplit("/", 1)[1]
        if given is not None and given not in (self.key, identifier, f"key/{identifier}"):
            self.remarks.error(found["KeyId"], f"`KeyId` is {brief(given)}, but these are the grants of {self.key}", rule="G1")

    def _identifier(self, entry: Node, found: Mapping[str, Node]) -> str | None:
        identifier = _shown(self.remarks, found, "GrantId")
        if not identifier:
            self.remarks.error(entry, "the grant has no `GrantId`", rule="G1")
        elif identifier in self.grants:
            self.remarks.error(found["GrantId"], f"duplicate grant {brief(identifier)}", rule="G1")
        else:
            return identifier
        return None


def read_grants(remarks: Remarks, node: Node, key: str, name: str) -> tuple[tuple[Grant, ...], tuple[Unmodelled, ...]]:
    """The grants of a key, whose ARN is `key` and which reports call `name`, and what of them is not modelled."""
    listing = _Listing(remarks, key)
    for entry in listed(remarks, node, "Grants", "the output of list-grants"):
        listing.add(entry)
    things = [thing for unknown in listing.unknown.values() for thing in unknown.told(remarks, key, name)]
    return tuple(grant for grant in listing.grants.values() if grant is not None), tuple(things)


def _shown(remarks: Remarks, found: Mapping[str, Node], name: str) -> str | None:
    value = member_text(remarks, found, name)
    return None if value is None else printable(value)
