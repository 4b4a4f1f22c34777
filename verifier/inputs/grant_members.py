"""The members of one grant, each read by itself.

In: the members of a `GrantListEntry`. Out: principals, operations, constraints. Guarantee: what is malformed or contradictory is an
error at its place; what is well formed and not known is returned by its name. [API: GrantListEntry, GrantConstraints, GrantOperation]
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from verifier.inputs.access import describe, is_null, items, member_text, members, text
from verifier.inputs.nodes import Node, Remarks, Scalar
from verifier.model.grant import Pairs
from verifier.model.policy import Principal, PrincipalType
from verifier.model.principal_names import Fault, is_account, principal_named
from verifier.model.reference import action, actions
from verifier.syntax.text import brief

_SERVICE = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_FORMS = "expected the ARN of an account (`root`), user, role, session or federated user, a unique ID, or the name of a service"
_CONSTRAINTS = ("EncryptionContextEquals", "EncryptionContextSubset", "SourceArn")


@dataclass(frozen=True)
class Constraints:
    """What a grant demands of a request (G3); `None` where it demands nothing. `unknown` names what the verifier does not know."""

    equals: Pairs | None = None
    subset: Pairs | None = None
    source_arn: str | None = None
    unknown: tuple[str, ...] = ()


def read_grantee(remarks: Remarks, entry: Node, found: Mapping[str, Node], partition: str) -> tuple[Principal, bool] | None:
    """Who may use the grant, and whether it may be for another that the listing does not name (G2); `None` after an error."""
    service, principal = _principals(remarks, found, "Grantee", partition, "G2")
    if service is not None:
        return service, False
    if principal is not None:
        return principal, principal.type is PrincipalType.SERVICE
    if all(name not in found or is_null(found[name]) for name in ("GranteePrincipal", "GranteeServicePrincipal")):
        remarks.error(entry, "the grant has no `GranteePrincipal`", rule="G2")
    return None


def read_retiring(remarks: Remarks, found: Mapping[str, Node], partition: str) -> Principal | None:
    """Who may retire the grant (G5)."""
    service, principal = _principals(remarks, found, "Retiring", partition, "G5")
    return service or principal


def read_issuing_account(remarks: Remarks, found: Mapping[str, Node]) -> str | None:
    """The account that issued the grant: twelve digits, which KMS prints as the ARN of its root."""
    value = member_text(remarks, found, "IssuingAccount")
    if value is None:
        return None
    named = principal_named(value)
    if isinstance(named, Fault) or named.type is not PrincipalType.ACCOUNT:
        remarks.error(found["IssuingAccount"], f'`IssuingAccount` "{brief(value)}" is not an account', hint="expected the ARN of its root")
        return None
    return named.account


def read_operations(remarks: Remarks, entry: Node, found: Mapping[str, Node]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The operations as IAM action names, and those that the reference data does not know (U4); no grant has others that it knows (G1)."""
    node = found.get("Operations")
    if node is None:
        remarks.error(entry, "the grant has no `Operations`", rule="G1")
        return (), ()
    names = dict.fromkeys(text(remarks, item, "an operation") for item in items(remarks, node, "`Operations`"))
    known = _grant_operations()
    given = [name for name in names if name is not None]
    for name in given:
        if name not in known and action(f"kms:{name}") is not None:
            other = next((right for right in known if right.lower() == name.lower()), None)
            if other is not None:
                remarks.error(node, f"`{brief(name)}` is no grant operation", hint=f"did you mean {other}?", rule="G1")
            else:
                remarks.warning(node, f"`{brief(name)}` is no grant operation: KMS makes no grant of it, and it allows nothing", rule="G1")
    return tuple(known[name] for name in given if name in known), tuple(name for name in given if action(f"kms:{name}") is None)


def read_constraints(remarks: Remarks, node: Node | None) -> Constraints:
    """The constraints of a grant; none where there is no such member (G3)."""
    if node is None or is_null(node):
        return Constraints()
    found = members(remarks, node, "`Constraints`")
    equals, subset = (_pairs(remarks, found, name) for name in _CONSTRAINTS[:2])
    if equals is not None and subset is not None:
        remarks.error(
            found["EncryptionContextSubset"], "a grant has either `EncryptionContextEquals` or `EncryptionContextSubset`", rule="G3"
        )
    source = member_text(remarks, found, "SourceArn")
    if source is not None and (source.count(":") < 5 or not source.startswith("arn:")):
        remarks.error(found["SourceArn"], f'`SourceArn` "{brief(source)}" is not an ARN', rule="G3")
    return Constraints(equals, subset, source, tuple(name for name in found if name not in _CONSTRAINTS))


def _principals(
    remarks: Remarks, found: Mapping[str, Node], role: str, partition: str, rule: str
) -> tuple[Principal | None, Principal | None]:
    """What the members `…ServicePrincipal` and `…Principal` of a role (`Grantee`, `Retiring`) name; two that differ are an error."""
    name, service_name = f"{role}Principal", f"{role}ServicePrincipal"
    service, principal = _principal(remarks, found, service_name, partition), _principal(remarks, found, name, partition)
    if service is not None and principal is not None and principal.value != service.value:
        remarks.error(found[service_name], f"`{name}` names another than `{service_name}`", rule=rule)
    return service, principal


def _principal(remarks: Remarks, found: Mapping[str, Node], name: str, partition: str) -> Principal | None:
    """The principal in a member, with its place. Members named `…ServicePrincipal` hold services only."""
    value = member_text(remarks, found, name)
    if value is None:
        return None
    named = _named(value, partition)
    if named is None or (name.endswith("ServicePrincipal") and named.type is not PrincipalType.SERVICE):
        hint = "expected the name of a service, such as dynamodb.amazonaws.com" if name.endswith("ServicePrincipal") else _FORMS
        remarks.error(found[name], f'`{name}` "{brief(value)}" is not a principal of a grant', hint=hint, rule="G2")
        return None
    if named.type is PrincipalType.UNIQUE_ID:
        message = f'`{name}` "{brief(value)}" is a unique ID: it matches nobody but an identity of the inventory'
        remarks.warning(found[name], message, rule="L8")
    return replace(named, span=found[name].span)


@lru_cache(maxsize=1024)
def _named(value: str, partition: str) -> Principal | None:
    """The principal that a text names. An account by its digits is the same as by the ARN of its root."""
    value = f"arn:{partition}:iam::{value}:root" if is_account(value) else value
    named = principal_named(value)
    if not isinstance(named, Fault):
        return named
    return Principal(PrincipalType.SERVICE, value) if _SERVICE.fullmatch(value) else None


def _pairs(remarks: Remarks, found: Mapping[str, Node], name: str) -> Pairs | None:
    """The pairs of an encryption context; an empty map is `()`."""
    node = found.get(name)
    if node is None or is_null(node):
        return None
    pairs = []
    for key, value in members(remarks, node, f"`{name}`").items():
        if not isinstance(value, Scalar) or value.type == "null":
            remarks.error(value, f"the value of a pair in `{name}` must be a string, found {describe(value)}", rule="G3")
        else:
            pairs.append((key, value.text))
    return tuple(pairs)


@lru_cache(maxsize=1)
def _grant_operations() -> dict[str, str]:
    return {action.name.removeprefix("kms:"): action.name for action in actions() if action.grant_operation}
