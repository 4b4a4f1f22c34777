"""The grants of one key.

In: the output of `list-grants` (`list-retirable-grants` prints the same entries). Out: `Grant`s, and what of them is
not modelled.
Guarantee: a grant is read whole. What of it is not known may allow anything that such a thing could (S1); what
contradicts itself, or belongs to another key, is an error. [API: ListGrants, GrantListEntry, GrantConstraints,
GrantOperation]
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache

from verifier.inputs.text.access import Record, describe_node, is_null, members, text_as_written
from verifier.inputs.text.nodes import Node, Remarks, Scalar
from verifier.inputs.text.unknown import content, names_in
from verifier.model.grant import Grant, Pairs
from verifier.model.policy import Fault, Principal, PrincipalType, is_account, principal_named
from verifier.model.reference import action, actions
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.syntax.text import brief, first_few, printable

_MEMBERS = frozenset(
    (
        "KeyId", "GrantId", "Name", "CreationDate", "GranteePrincipal", "GranteeServicePrincipal", "RetiringPrincipal",
        "RetiringServicePrincipal", "IssuingAccount", "Operations", "Constraints",
    )
)  # fmt: skip
"""The members of `GrantListEntry`. Another one could narrow the grant or widen it."""
_CONSTRAINTS = ("EncryptionContextEquals", "EncryptionContextSubset", "SourceArn")
_SERVICE = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_FORMS = (
    "expected the ARN of an account (`root`), user, role, session or federated user, a unique ID, or the name of a "
    "service"
)
_PERHAPS = "the grant may or may not allow something, so verdicts that it could change are Unknown"
_KNOWN = "the grant may allow actions that the reference data does not know; its other operations count"
_UNKNOWN = {
    "operations": ("U4", _KNOWN),
    "constraints": ("G3", _PERHAPS),
    "values": ("G1", _PERHAPS),
    "members": ("G1", _PERHAPS),
}
"""What the grants of a key may have and the verifier does not know. The rule decides what an `Unmodelled` of it may
allow: with one of the rules G, what a grant can; else anything."""


@dataclass
class _Listing:
    """A listing while it is read. `unknown` has by its kind the names, each with the grant and the place."""

    remarks: Remarks
    key: str
    grants: dict[str, Grant | None] = field(default_factory=dict)
    contents: dict[str, list[object]] = field(default_factory=dict)
    unknown: dict[str, list[tuple[str, tuple[str, ...], Node]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, found: Record) -> None:
        """Reads one entry. A grant that is not known whole, but for its operations, is kept out."""
        names, own = names_in([found.place]), self.key.rsplit("/", 1)[1]
        given = None if names else found.text("KeyId")
        # related keys share a key ID, so ARNs are compared whole (L9)
        if given not in (None, self.key, own, f"key/{own}"):
            found.error(f"`KeyId` is {brief(given or '')}, but these are the grants of {self.key}", "KeyId", rule="G1")
        identifier = self._identifier(found)
        self.contents.setdefault(identifier or "", []).append(content(found.place))
        if names:
            self.unknown["values"].append((identifier or "", names, found.place))
            if identifier is not None:
                self.grants[identifier] = None
            return
        operations, unknown_operations = _operations(found)
        is_null_or_missing = found.value("Constraints") is None
        constraints = Record(self.remarks, found.place) if is_null_or_missing else found.inner("Constraints")
        grant = self._grant(found, identifier or "", operations, constraints)
        if identifier is None:
            return
        others = tuple(name for name in found if name not in _MEMBERS)
        demands = tuple(name for name in constraints if name not in _CONSTRAINTS)
        for kind, unknown, place in (
            ("operations", unknown_operations, found.get("Operations", found.place)),
            ("constraints", demands, found.get("Constraints", found.place)),
            ("members", others, found.place),
        ):
            if unknown:
                self.unknown[kind].append((identifier, unknown, place))
        self.grants[identifier] = None if demands or others else grant

    def _grant(self, found: Record, identifier: str, operations: tuple[str, ...], constraints: Record) -> Grant | None:
        equals, subset, source = _demanded(constraints)
        partition = self.key.split(":")[1]
        service, principal = _principals(found, "Grantee", partition, "G2")
        retiring = _principals(found, "Retiring", partition, "G5")
        grantee = service or principal
        if grantee is None:
            if found.value("GranteePrincipal") is None and found.value("GranteeServicePrincipal") is None:
                found.error("the grant has no `GranteePrincipal`", rule="G2")
            return None
        # it may be for another that the listing does not name
        hidden = service is None and grantee.type is PrincipalType.SERVICE
        if service is not None and source is None:
            message = f"grant {brief(identifier)} is for a service and has no `SourceArn`, which KMS demands of one"
            self.remarks.warning(found.place, message, rule="G2")
        return Grant(
            id=identifier,
            grantee=grantee,
            operations=operations,
            retiring=retiring[0] or retiring[1],
            issuing_account=_issuing_account(found),
            context_equals=equals,
            context_subset=subset,
            source_arn=source,
            grantee_hidden=hidden,
            name=printable(found.text("Name") or "") or None,
            created=printable(found.text("CreationDate") or "") or None,
            span=found.place.span,
        )

    def _identifier(self, found: Record) -> str | None:
        identifier = printable(found.text("GrantId") or "")
        if not identifier:
            found.error("the grant has no `GrantId`", rule="G1")
        elif identifier in self.grants:
            found.error(f"duplicate grant {brief(identifier)}", "GrantId", rule="G1")
        return None if identifier in self.grants else identifier or None

    def unmodelled(self, kind: str, name: str) -> Unmodelled:
        """What the grants have of one kind that is not known, after a warning."""
        (label, consequence), found = _UNKNOWN[kind], self.unknown[kind]
        grants = first_few([brief(grant) for grant, _, _ in found])
        names = first_few(
            [brief(f"`{name}`") for name in dict.fromkeys(name for _, names, _ in found for name in names)]
        )
        message = f"{'grant ' if len(found) == 1 else f'{len(found)} grants, '}{grants}: unknown {kind} {names}"
        place = found[0][2]
        self.remarks.warning(place, message, hint=consequence, rule=label)
        thing = f"unknown {kind} in grants of {name}"
        symbol = (
            f"{thing} ({self.remarks.definitions.digest([(names, self.contents[grant]) for grant, names, _ in found])})"
        )
        return Unmodelled(symbol, label, Influence.MAY_ALLOW, f"{thing}: {message}", key=self.key, span=place.span)


def read_grants(
    remarks: Remarks, grants: Iterable[Node], key: str, name: str
) -> tuple[tuple[Grant, ...], tuple[Unmodelled, ...]]:
    """The grants of a key, whose ARN is `key` and which reports call `name`, and what of them is not modelled."""
    listing = _Listing(remarks, key)
    for node in grants:
        listing.add(members(remarks, node, "a grant"))
    things = [listing.unmodelled(kind, name) for kind in _UNKNOWN if listing.unknown[kind]]
    return tuple(grant for grant in listing.grants.values() if grant is not None), tuple(things)


def _issuing_account(found: Record) -> str | None:
    """The account that issued the grant: twelve digits, which KMS prints as the ARN of its root."""
    value = found.text("IssuingAccount")
    named = principal_named(value) if value is not None else None
    if value is None or (isinstance(named, Principal) and named.type is PrincipalType.ACCOUNT):
        return named.account if isinstance(named, Principal) else None
    hint = "expected the ARN of its root"
    found.error(f'`IssuingAccount` "{brief(value)}" is not an account', "IssuingAccount", hint=hint)
    return None


def _operations(found: Record) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The operations as IAM action names, and those that the reference data does not know (U4, G1)."""
    if "Operations" not in found:
        found.error("the grant has no `Operations`", rule="G1")
    names = dict.fromkeys(text_as_written(found.remarks, item, "an operation") for item in found.entries("Operations"))
    known = _grant_operations()
    given = [name for name in names if name is not None]
    for name in given:
        bare = name.rpartition(":")[2].strip().lower()  # a person may write an IAM action
        if name not in known and action(f"kms:{bare}") is not None:
            other = next((right for right in known if right.lower() == bare), None)
            if other is not None:
                found.error(
                    f"`{brief(name)}` is no grant operation", "Operations", hint=f"did you mean {other}?", rule="G1"
                )
            else:
                message = f"`{brief(name)}` is no grant operation: KMS makes no grant of it, and it allows nothing"
                found.remarks.warning(found["Operations"], message, rule="G1")
    return tuple(known[name] for name in given if name in known), tuple(
        name for name in given if action(f"kms:{name}") is None
    )


@lru_cache(maxsize=1)
def _grant_operations() -> dict[str, str]:
    return {action.name.removeprefix("kms:"): action.name for action in actions() if action.grant_operation}


def _demanded(found: Record) -> tuple[Pairs | None, Pairs | None, str | None]:
    """What the constraints of a grant demand of a request (G3); `None` where they demand nothing."""
    equals, subset = (_pairs(found, name) for name in _CONSTRAINTS[:2])
    if equals is not None and subset is not None:
        message = "a grant has either `EncryptionContextEquals` or `EncryptionContextSubset`"
        found.error(message, "EncryptionContextSubset", rule="G3")
    source = found.text("SourceArn")
    if source is not None and (source.count(":") < 5 or not source.startswith("arn:")):
        found.error(f'`SourceArn` "{brief(source)}" is not an ARN', "SourceArn", rule="G3")
    return equals, subset, source


def _pairs(found: Record, name: str) -> Pairs | None:
    """The pairs of an encryption context; an empty map is `()`."""
    if found.value(name) is None:
        return None
    pairs = []
    for key, value in found.inner(name).items():
        if isinstance(value, Scalar) and not is_null(value):
            pairs.append((key, value.text))
        else:
            message = f"the value of a pair in `{name}` must be a string, found {describe_node(value)}"
            found.remarks.error(value, message, rule="G3")
    return tuple(pairs)


def _principals(found: Record, role: str, partition: str, rule: str) -> tuple[Principal | None, Principal | None]:
    """What `…ServicePrincipal` and `…Principal` of a role (`Grantee`, `Retiring`) name, which must agree."""
    name, service_name = f"{role}Principal", f"{role}ServicePrincipal"
    service, principal = _principal(found, service_name, partition), _principal(found, name, partition)
    if service is not None and principal is not None and principal.value != service.value:
        found.error(f"`{name}` names another than `{service_name}`", service_name, rule=rule)
    return service, principal


def _principal(found: Record, name: str, partition: str) -> Principal | None:
    """The principal in a member, with its place. Members named `…ServicePrincipal` hold services only."""
    value, of_service = found.text(name), name.endswith("ServicePrincipal")
    if value is None:
        return None
    named = _named(value, partition)
    if named is None or (of_service and named.type is not PrincipalType.SERVICE):
        hint = "expected the name of a service, such as dynamodb.amazonaws.com" if of_service else _FORMS
        found.error(f'`{name}` "{brief(value)}" is not a principal of a grant', name, hint=hint, rule="G2")
        return None
    if named.type is PrincipalType.UNIQUE_ID:
        message = f'`{name}` "{brief(value)}" is a unique ID: it matches nobody but an identity of the inventory'
        found.remarks.warning(found[name], message, rule="L8")
    return replace(named, span=found[name].span)


@lru_cache(maxsize=1024)
def _named(value: str, partition: str) -> Principal | None:
    """The principal that a text names. An account by its digits is the same as by the ARN of its root."""
    value = f"arn:{partition}:iam::{value}:root" if is_account(value) else value
    named = principal_named(value)
    if not isinstance(named, Fault):
        return named
    return Principal(PrincipalType.SERVICE, value) if _SERVICE.fullmatch(value) else None
