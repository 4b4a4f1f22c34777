"""Policy documents: source text → `Policy`.

In: the source of a policy document and what it is attached to. Out: a `Policy` whose every part knows its place, with
the warnings about it. Guarantee: an error anywhere in the document refuses it whole; all are reported together. What
the text leaves out is `None`, the resource that a key policy may lack as well (L5); the checks find errors and
warnings, and change nothing of what is read. No principal with a wildcard inside, a bad account or an unknown shape
gets through (P1–P7, L8).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from verifier.language.policies.checks import (
    check_action,
    check_characters,
    check_kind,
    check_presence,
    check_resource,
    check_sid,
    check_sids,
    check_size,
    counted_size,
)
from verifier.language.policies.conditions import is_empty_condition, read_conditions
from verifier.language.policies.reader import WITHOUT_PRINCIPAL, Reader, a_kind, read_elements, unique_members
from verifier.model.policy import (
    Effect,
    Fault,
    Policy,
    PolicyKind,
    Principal,
    PrincipalType,
    Statement,
    Text,
    is_account,
    principal_named,
)
from verifier.syntax.findings import Findings
from verifier.syntax.policy import parse_policy
from verifier.syntax.policy_tree import (
    Atom,
    MapNode,
    Member,
    PolicyNode,
    ScalarKind,
    StatementNode,
    StatementsNode,
    describe,
)
from verifier.syntax.source import Source
from verifier.syntax.text import brief, did_you_mean, enumerate_names

_OF_POLICIES = ("Version", "Id", "Statement")
_OF_STATEMENTS = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
_VERSIONS = ("2012-10-17", "2008-10-17")
_PRINCIPAL_KEYS = ("AWS", "Service", "Federated", "CanonicalUser")
_SERVICE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")


def read_policy(source: Source, kind: PolicyKind, *, identity: str, name: str) -> Policy:
    """Parses and checks a policy document.

    `identity` and `name` are those of `Policy`. Raises `InputError` with every semantic error of the document
    (L4, P3, P7, L7); or the one syntax error. Equal texts are parsed once (spans are laid anew where the file differs).
    """
    tree = parse_policy(source)
    findings = Findings(source)
    reader = Reader(findings, kind, variables=False)
    members = read_elements(reader, tree.members, "a policy", _OF_POLICIES)
    reader = replace(reader, variables=_read_version(reader, members.get("Version")))
    document_id = _read_id(reader, members.get("Id"))
    statements = tuple(_read_statements(reader, tree, members.get("Statement")))
    check_sids(reader, members.get("Statement"))
    check_characters(reader)
    size = counted_size(source.text, kind)
    check_size(reader, tree, identity, size)
    findings.raise_errors()
    span = source.span(tree.start, tree.end)
    return Policy(kind, identity, name, reader.variables, statements, size, findings.warnings, span, document_id)


def _read_version(reader: Reader, member: Member | None) -> bool:
    """True iff the document has policy variables (L1)."""
    if member is None:
        return False
    value = reader.string(member)
    if value is not None and value.value not in _VERSIONS:
        message = f'unknown `Version` "{brief(value.value)}"; expected "2012-10-17" or "2008-10-17"'
        reader.error(value, message, rule="L4")
    return value is not None and value.value == "2012-10-17"


def _read_id(reader: Reader, member: Member | None) -> Text | None:
    if member is None:
        return None
    value = reader.string(member)
    if reader.kind in (PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION):
        message = f"{a_kind(reader.kind)} takes no `Id`"
        reader.error(member, message, rule="L4")
    return reader.text(value) if value is not None else None


def _read_statements(reader: Reader, tree: PolicyNode, member: Member | None) -> Iterator[Statement]:
    expected = "a statement or a list of statements"
    if member is None:
        reader.findings.error(tree.start, tree.start + 1, f"policy has no `Statement`; expected {expected}", rule="L4")
        return
    value = member.value
    if not isinstance(value, StatementsNode):
        reader.wrong_type(member, expected, value)
        return
    if not value.items:
        reader.error(value, "`Statement` is an empty list; expected at least one statement", rule="L4")
    for index, item in enumerate(value.items):
        if not isinstance(item, StatementNode):
            message = f"a statement must be an object, found {describe(item)}"
            reader.error(item, message, rule="L4")
            continue
        statement = _read_statement(reader, item, index)
        if statement is not None:
            yield statement


# -- one statement --


def _read_statement(reader: Reader, node: StatementNode, index: int) -> Statement | None:
    """The statement, or `None` if its effect or a pair of its elements is beyond reading (the findings say why)."""
    members = read_elements(reader, node.members, "a statement", _OF_STATEMENTS)
    effect = _read_effect(reader, node, members.get("Effect"))
    principal = _either(reader, members, "Principal")
    action = _either(reader, members, "Action")
    resource = _either(reader, members, "Resource")
    check_presence(reader, node, principal, action, resource)
    sid = members.get("Sid")
    sid_value = reader.string(sid) if sid else None
    if sid_value is not None:
        check_sid(reader, sid_value)
    condition = members.get("Condition")
    statement = Statement(
        effect=effect or Effect.DENY,
        index=index,
        sid=reader.text(sid_value) if sid_value else None,
        principals=_read_principals(reader, principal) if principal and reader.kind not in WITHOUT_PRINCIPAL else None,
        not_principal="NotPrincipal" in members,
        actions=_texts(reader, action, check_action) if action else (),
        not_action="NotAction" in members,
        resources=_texts(reader, resource, partial(check_resource, name=resource.name)) if resource else None,
        not_resource="NotResource" in members,
        conditions=read_conditions(reader, condition) if condition else (),
        span=reader.span(node.start, node.end),
        empty_condition=effect is Effect.DENY and condition is not None and is_empty_condition(condition),
    )
    if effect is None:
        return None
    check_kind(reader, node, members, statement)
    return statement


def _read_effect(reader: Reader, node: StatementNode, member: Member | None) -> Effect | None:
    if member is None:
        message = "statement has no `Effect`; expected `Allow` or `Deny`"
        reader.findings.error(node.start, node.start + 1, message, rule="L4")
        return None
    value = reader.string(member)
    if value is None:
        return None
    for effect in Effect:
        if value.value == effect.value:
            return effect
    hint = did_you_mean(value.value, (effect.value for effect in Effect))
    message = f'unknown `Effect` "{brief(value.value)}"; expected `Allow` or `Deny`'
    reader.error(value, message, hint=hint, rule="L3")
    return None


def _either(reader: Reader, members: dict[str, Member], name: str) -> Member | None:
    """The element or its `Not…` counterpart; having both is an error (L4)."""
    positive, negative = members.get(name), members.get(f"Not{name}")
    if positive and negative:
        later = max(positive, negative, key=lambda member: member.start)
        reader.error(later, f"statement has both `{name}` and `Not{name}`", rule="L4")
    return positive or negative


def _texts(reader: Reader, member: Member, check: Callable[[Reader, Atom], None]) -> tuple[Text, ...]:
    """The strings that an element lists, each of which is checked."""
    values = reader.strings(member)
    for value in values:
        check(reader, value)
    return tuple(map(reader.text, values))


def _read_principals(reader: Reader, member: Member) -> tuple[Principal, ...]:
    """The principals that the element lists. `"*"` stands alone; everything else is in a map by type."""
    value = member.value
    if isinstance(value, MapNode):
        return _read_map(reader, member, value)
    if isinstance(value, Atom) and value.kind is ScalarKind.STRING:
        if value.value == "*":
            return (Principal(PrincipalType.ANYONE, "*", span=reader.span(value.start, value.end)),)
        of_aws = is_account(value.value) or value.value.startswith("arn:")
        hint = f'write {{"AWS": "{brief(value.value)}"}}' if of_aws else None
        message = f'`{brief(member.name)}` must be "*" or an object such as {{"AWS": …}}, found "{brief(value.value)}"'
        reader.error(value, message, hint=hint, rule="L4")
        return ()
    message = f'`{brief(member.name)}` must be "*" or an object such as {{"AWS": …}}, found {describe(value)}'
    reader.error(value, message, rule="L4")
    return ()


def _read_map(reader: Reader, element: Member, node: MapNode) -> tuple[Principal, ...]:
    if not node.members:
        reader.error(node, f"`{element.name}` is an empty object; expected a principal", rule="L4")
    principals: list[Principal] = []
    for name, member in unique_members(reader, node.members, f"`{element.name}`").items():
        if name not in _PRINCIPAL_KEYS:
            message = f"unknown principal type `{brief(name)}`; expected {enumerate_names(_PRINCIPAL_KEYS)}"
            reader.error(member, message, hint=did_you_mean(name, _PRINCIPAL_KEYS), rule="L4")
            continue
        for value in reader.strings(member):
            principal = _read_principal(reader, name, value)
            if principal:
                principals.append(principal)
    return tuple(principals)


def _read_principal(reader: Reader, key: str, value: Atom) -> Principal | None:
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
        reader.warning(value, f"a `{key}` principal {says}", rule="P6")
    return Principal(kind, value.value, span=reader.span(value.start, value.end))


def _read_service(reader: Reader, value: Atom) -> Principal | None:
    if _SERVICE.fullmatch(value.value):
        return Principal(PrincipalType.SERVICE, value.value, span=reader.span(value.start, value.end))
    if "*" in value.value or "?" in value.value:
        message = f'wildcard in the service principal "{brief(value.value)}"; a service must be named'
        reader.error(value, message, rule="P3")
        return None
    expected = 'expected a name in lower case such as "logs.amazonaws.com"'
    reader.error(value, f'"{brief(value.value)}" is not a service principal; {expected}', rule="P4")
    return None


def _read_aws(reader: Reader, value: Atom) -> Principal | None:
    text, span = value.value, reader.span(value.start, value.end)
    if text == "*":
        return Principal(PrincipalType.ANY_AWS, text, span=span)
    named = principal_named(text)
    if isinstance(named, Fault):
        reader.error(value, named.message, hint=named.hint, rule="P3")
        return None
    if named.type is PrincipalType.UNIQUE_ID:
        shown = brief(text)
        message = (
            f'"{shown}" is a unique ID: AWS shows one for a deleted identity; it matches nobody but an identity of '
            "the inventory"
        )
        reader.warning(value, message, rule="L8")
    return replace(named, span=span)
