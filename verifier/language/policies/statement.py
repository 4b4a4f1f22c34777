"""One statement of a policy document.

In: a `StatementNode`. Out: a `Statement`; errors go to the findings (L3, L4).
Guarantee: what the text leaves out is `None`, the resource that a key policy may lack as well (L5); the checks find errors and warnings,
and change nothing of what is read.
"""

from __future__ import annotations

from verifier.language.policies.checks import (
    check_action,
    check_kind,
    check_presence,
    check_resource,
    check_sid,
)
from verifier.language.policies.conditions import read_conditions
from verifier.language.policies.principals import read_principals
from verifier.language.policies.reader import WITHOUT_PRINCIPAL, Reader, elements
from verifier.model.policy import Effect, Principal, Statement, Text
from verifier.syntax.policy_tree import Member, StatementNode
from verifier.syntax.text import brief, did_you_mean

_ELEMENTS = ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")


def read_statement(reader: Reader, node: StatementNode, index: int) -> Statement | None:
    """The statement, or `None` if its effect or a pair of its elements is beyond reading (the findings say why)."""
    members = elements(reader, node.members, "a statement", _ELEMENTS)
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
        principals=_read_principals(reader, principal) if principal else None,
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


def _read_principals(reader: Reader, member: Member) -> tuple[Principal, ...] | None:
    return None if reader.kind in WITHOUT_PRINCIPAL else read_principals(reader, member)


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
