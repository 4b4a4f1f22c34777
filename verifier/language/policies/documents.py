"""Policy documents: source text → `Policy`.

In: the source of a policy document and what it is attached to. Out: a `Policy` whose every part knows its place, with
the warnings about it. Guarantee: an error anywhere in the document refuses it whole; all are reported together. What
the text leaves out is `None`, the resource that a key policy may lack as well (L5); the checks find errors and
warnings, and change nothing of what is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

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
from verifier.language.policies.conditions import read_conditions
from verifier.language.policies.principals import read_principals
from verifier.language.policies.reader import WITHOUT_PRINCIPAL, Reader, a_kind, elements
from verifier.model.policy import Effect, Policy, PolicyKind, Statement, Text
from verifier.syntax.findings import Findings
from verifier.syntax.policy import parse_policy
from verifier.syntax.policy_tree import Member, PolicyNode, StatementNode, StatementsNode, describe
from verifier.syntax.source import Source
from verifier.syntax.text import brief, did_you_mean

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


def read_policy(source: Source, kind: PolicyKind, *, identity: str, name: str) -> Policy:
    """Parses and checks a policy document.

    `identity` and `name` are those of `Policy`. Raises `InputError` with every semantic error of the document
    (L4, P3, P7, L7); or the one syntax error. Equal texts are parsed once (spans are laid anew where the file differs).
    """
    tree = parse_policy(source)
    findings = Findings(source)
    reader = Reader(findings, kind, variables=False)
    members = elements(reader, tree.members, "a policy", _OF_POLICIES)
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
    """Whether the document has policy variables (L1)."""
    if member is None:
        return False
    value = reader.string(member)
    if value is not None and value.value not in _VERSIONS:
        message = f'unknown `Version` "{brief(value.value)}"; expected "2012-10-17" or "2008-10-17"'
        reader.findings.error(value.start, value.end, message, rule="L4")
    return value is not None and value.value == "2012-10-17"


def _read_id(reader: Reader, member: Member | None) -> Text | None:
    if member is None:
        return None
    value = reader.string(member)
    if reader.kind in (PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION):
        message = f"{a_kind(reader.kind)} takes no `Id`"
        reader.findings.error(member.start, member.end, message, rule="L4")
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
        reader.findings.error(
            value.start, value.end, "`Statement` is an empty list; expected at least one statement", rule="L4"
        )
    for index, item in enumerate(value.items):
        if not isinstance(item, StatementNode):
            message = f"a statement must be an object, found {describe(item)}"
            reader.findings.error(item.start, item.end, message, rule="L4")
            continue
        statement = _read_statement(reader, item, index)
        if statement is not None:
            yield statement


# -- one statement --


def _read_statement(reader: Reader, node: StatementNode, index: int) -> Statement | None:
    """The statement, or `None` if its effect or a pair of its elements is beyond reading (the findings say why)."""
    members = elements(reader, node.members, "a statement", _OF_STATEMENTS)
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
        principals=read_principals(reader, principal) if principal and reader.kind not in WITHOUT_PRINCIPAL else None,
        not_principal="NotPrincipal" in members,
        actions=_read_actions(reader, action) if action else (),
        not_action="NotAction" in members,
        resources=_read_resources(reader, resource) if resource else None,
        not_resource="NotResource" in members,
        conditions=read_conditions(reader, condition) if condition else (),
        span=reader.span(node.start, node.end),
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
    reader.findings.error(value.start, value.end, message, hint=hint, rule="L3")
    return None


def _either(reader: Reader, members: dict[str, Member], name: str) -> Member | None:
    """The element or its `Not…` counterpart; having both is an error (L4)."""
    positive, negative = members.get(name), members.get(f"Not{name}")
    if positive and negative:
        later = max(positive, negative, key=lambda member: member.start)
        reader.findings.error(later.start, later.end, f"statement has both `{name}` and `Not{name}`", rule="L4")
    return positive or negative


def _read_actions(reader: Reader, member: Member) -> tuple[Text, ...]:
    values = reader.strings(member)
    for value in values:
        check_action(reader, value)
    return tuple(reader.text(value) for value in values)


def _read_resources(reader: Reader, member: Member) -> tuple[Text, ...]:
    values = reader.strings(member)
    for value in values:
        check_resource(reader, value, member.name)
    return tuple(reader.text(value) for value in values)
