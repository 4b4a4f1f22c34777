"""The `Principal` and `NotPrincipal` elements (P1–P7, L8).

In: the element's value. Out: `Principal`s, each with its type, account and partition; errors go to the findings.
Guarantee: no principal with a wildcard inside, a bad account or an unknown shape gets through (P3).
"""

from __future__ import annotations

import re
from dataclasses import replace

from verifier.language.policies.reader import Reader, unique_members
from verifier.model.policy import PolicyKind, Principal, PrincipalType
from verifier.model.principal_names import Fault, is_account, principal_named
from verifier.syntax.policy_tree import MapNode, Member, Scalar, ScalarKind, describe
from verifier.syntax.text import brief, did_you_mean, enumerate_names

_PRINCIPAL_KEYS = ("AWS", "Service", "Federated", "CanonicalUser")
_SERVICE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")


def read_principals(reader: Reader, member: Member) -> tuple[Principal, ...]:
    """The principals that the element lists. `"*"` stands alone; everything else is in a map by type."""
    value = member.value
    if isinstance(value, MapNode):
        return _read_map(reader, member, value)
    if isinstance(value, Scalar) and value.kind is ScalarKind.STRING:
        if value.value == "*":
            return (Principal(PrincipalType.ANYONE, "*", span=reader.span(value.start, value.end)),)
        of_aws = is_account(value.value) or value.value.startswith("arn:")
        hint = f'write {{"AWS": "{brief(value.value)}"}}' if of_aws else None
        message = f'`{brief(member.name)}` must be "*" or an object such as {{"AWS": …}}, found "{brief(value.value)}"'
        reader.findings.error(value.start, value.end, message, hint=hint, rule="L4")
        return ()
    message = f'`{brief(member.name)}` must be "*" or an object such as {{"AWS": …}}, found {describe(value)}'
    reader.findings.error(value.start, value.end, message, rule="L4")
    return ()


def _read_map(reader: Reader, element: Member, node: MapNode) -> tuple[Principal, ...]:
    if not node.members:
        reader.findings.error(
            node.start, node.end, f"`{element.name}` is an empty object; expected a principal", rule="L4"
        )
    principals: list[Principal] = []
    for name, member in unique_members(reader, node.members, f"`{element.name}`").items():
        if name not in _PRINCIPAL_KEYS:
            message = f"unknown principal type `{brief(name)}`; expected {enumerate_names(_PRINCIPAL_KEYS)}"
            reader.findings.error(
                member.start, member.end, message, hint=did_you_mean(name, _PRINCIPAL_KEYS), rule="L4"
            )
            continue
        for value in reader.strings(member):
            principal = _read_principal(reader, name, value)
            if principal:
                principals.append(principal)
    return tuple(principals)


def _read_principal(reader: Reader, key: str, value: Scalar) -> Principal | None:
    match key:
        case "AWS":
            return _read_aws(reader, value)
        case "Service":
            return _read_service(reader, value)
        case "Federated":
            kind = PrincipalType.FEDERATED
        case _:
            kind = PrincipalType.CANONICAL_USER
    if reader.kind is PolicyKind.KEY:
        federated = kind is PrincipalType.FEDERATED
        sessions = "names role sessions that came from the provider or nobody: pages differ"
        says = sessions if federated else "matches no caller of AWS KMS"
        reader.findings.warning(value.start, value.end, f"a `{key}` principal {says}", rule="P6")
    return Principal(kind, value.value, span=reader.span(value.start, value.end))


def _read_service(reader: Reader, value: Scalar) -> Principal | None:
    if _SERVICE.fullmatch(value.value):
        return Principal(PrincipalType.SERVICE, value.value, span=reader.span(value.start, value.end))
    wildcard = "*" in value.value or "?" in value.value
    message = (
        f'wildcard in the service principal "{brief(value.value)}"; a service must be named'
        if wildcard
        else f'"{brief(value.value)}" is not a service principal; expected a name in lower case such as '
        '"logs.amazonaws.com"'
    )
    reader.findings.error(value.start, value.end, message, rule="P3" if wildcard else "P4")
    return None


def _read_aws(reader: Reader, value: Scalar) -> Principal | None:
    text, span = value.value, reader.span(value.start, value.end)
    if text == "*":
        return Principal(PrincipalType.ANY_AWS, text, span=span)
    named = principal_named(text)
    if isinstance(named, Fault):
        reader.findings.error(value.start, value.end, named.message, hint=named.hint, rule="P3")
        return None
    if named.type is PrincipalType.UNIQUE_ID:
        shown = brief(text)
        message = (
            f'"{shown}" is a unique ID: AWS shows one for a deleted identity; it matches nobody but an identity of '
            "the inventory"
        )
        reader.findings.warning(value.start, value.end, message, rule="L8")
    return replace(named, span=span)
