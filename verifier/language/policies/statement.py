"""One statement of a policy document.

In: a `StatementNode`. Out: a `Statement`; errors and warnings go to the findings (L3–L5, L7, P5, P7).
Guarantee: what the kind of policy forbids or demands is checked; the resource that a key policy may lack is kept as `None` (L5).
"""

from __future__ import annotations

import re

from verifier.language.policies.checks import IAM_POLICIES, check_sid, check_trust
from verifier.language.policies.conditions import read_conditions
from verifier.language.policies.known_names import action_hint, check_action
from verifier.language.policies.principals import read_principals
from verifier.language.policies.reader import Reader, a_kind, did_you_mean, elements
from verifier.language.policies.values import check_variables, fifth_colon
from verifier.model.policy import Effect, PolicyKind, Principal, PrincipalType, Statement, Text
from verifier.syntax.policy_tree import Member, Scalar, StatementNode
from verifier.syntax.text import brief

_ELEMENTS = ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")
_WITHOUT_PRINCIPAL = (PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION, PolicyKind.SCP)
_WITHOUT_NOT_PRINCIPAL = (PolicyKind.RCP, PolicyKind.TRUST)
_ACTION = re.compile(r"\*|[\w.*?-]+:[\w.*?-]+", re.ASCII)


def read_statement(reader: Reader, node: StatementNode, index: int) -> Statement | None:
    """The statement, or `None` if its effect or a pair of its elements is beyond reading (the findings say why)."""
    members = elements(reader, node.members, "a statement", _ELEMENTS)
    effect = _read_effect(reader, node, members.get("Effect"))
    principal = _either(reader, members, "Principal")
    action = _either(reader, members, "Action")
    resource = _either(reader, members, "Resource")
    _check_presence(reader, node, principal, action, resource)
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
    _check_kind(reader, node, members, statement)
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


def _check_presence(reader: Reader, node: StatementNode, principal: Member | None, action: Member | None, resource: Member | None) -> None:
    """What a statement of this kind of policy must have, and must not (L4, L5, P7)."""
    kind = reader.kind
    if principal and kind in _WITHOUT_PRINCIPAL:
        reader.findings.error(principal.start, principal.end, f"a statement of {a_kind(kind)} takes no `{principal.name}`", rule="P7")
    if not principal and kind not in _WITHOUT_PRINCIPAL:
        _missing(reader, node, "Principal")
    if not action:
        _missing(reader, node, "Action")
    if resource and kind is PolicyKind.TRUST:
        reader.findings.error(resource.start, resource.end, f"a statement of a trust policy takes no `{resource.name}`", rule="L4")
    if not resource and kind is not PolicyKind.TRUST:
        _missing(reader, node, "Resource")


def _missing(reader: Reader, node: StatementNode, name: str) -> None:
    if reader.kind is PolicyKind.KEY and name == "Resource":
        message = f"statement has no `{name}`: in a key policy it has no effect"
        reader.findings.warning(node.start, node.start + 1, message, rule="L5")
    else:
        message = f"statement has no `{name}`; {a_kind(reader.kind)} needs one"
        reader.findings.error(node.start, node.start + 1, message, rule="L4")


def _read_principals(reader: Reader, member: Member) -> tuple[Principal, ...] | None:
    return None if reader.kind in _WITHOUT_PRINCIPAL else read_principals(reader, member)


def _read_actions(reader: Reader, member: Member) -> tuple[Text, ...]:
    values = reader.strings(member)
    for value in values:
        if not _ACTION.fullmatch(value.value):
            message = f'"{brief(value.value)}" is not an action; expected `*` or `service:Name`'
            reader.findings.error(value.start, value.end, message, hint=action_hint(value.value), rule="L4")
        else:
            check_action(reader, value)
    return tuple(reader.text(value) for value in values)


def _read_resources(reader: Reader, member: Member) -> tuple[Text, ...]:
    values = reader.strings(member)
    for value in values:
        _check_resource_variables(reader, value, member.name)
        _check_resource_service(reader, value)
    return tuple(reader.text(value) for value in values)


def _check_resource_variables(reader: Reader, value: Scalar, name: str) -> None:
    begin = fifth_colon(value.value)
    check_variables(reader, value, len(value.value) if begin is None else begin, name)


def _check_resource_service(reader: Reader, value: Scalar) -> None:
    """The service of an ARN takes no wildcard in an IAM policy. [IAM: reference_policies_elements_resource]"""
    fields = value.value.split(":")
    if reader.kind in IAM_POLICIES and fields[0] == "arn" and len(fields) > 2 and set(fields[2]) & set("*?"):
        message = f'"{brief(value.value)}" has a wildcard as its service, which AWS refuses'
        reader.findings.error(value.start, value.end, message, hint="name the service, or write `*` alone", rule="L6")


def _check_kind(reader: Reader, node: StatementNode, members: dict[str, Member], statement: Statement) -> None:
    """Remarks that need the whole statement (L5, P5, P7)."""
    not_principal, not_resource = members.get("NotPrincipal"), members.get("NotResource")
    if not_principal and reader.kind in _WITHOUT_NOT_PRINCIPAL:
        message = f"{a_kind(reader.kind)} takes no `NotPrincipal`"
        reader.findings.error(not_principal.start, not_principal.end, message, rule="P7")
    elif not_principal and statement.principals is not None and statement.effect is Effect.ALLOW:
        message = "AWS does not support `NotPrincipal` with `Allow`: it may match everyone but those named, or nobody"
        reader.findings.warning(not_principal.start, not_principal.end, message, rule="P5")
    if not_resource and reader.kind is PolicyKind.KEY:
        message = "what `NotResource` does in a key policy is not documented; verdicts that it could change are Unknown"
        reader.findings.warning(not_resource.start, not_resource.end, message, rule="L5")
    if reader.kind is PolicyKind.RCP:
        _check_rcp(reader, node, members, statement)
    if reader.kind is PolicyKind.TRUST:
        check_trust(reader, members, statement)


def _check_rcp(reader: Reader, node: StatementNode, members: dict[str, Member], statement: Statement) -> None:
    principals = statement.principals or ()
    if "Principal" in members and any(principal.type is not PrincipalType.ANYONE for principal in principals):
        member = members["Principal"]
        message = f'the `Principal` of a {reader.kind.value} must be "*"'
        reader.findings.error(member.start, member.value.end, message, hint="name callers in a condition", rule="P7")
    if statement.effect is Effect.ALLOW and not _allows_everything(statement):
        message = "a resource control policy holds `Deny` statements only (`RCPFullAWSAccess` is AWS's own)"
        reader.findings.error(node.start, node.start + 1, message, rule="P7")
    if "NotAction" in members:
        member = members["NotAction"]
        reader.findings.error(member.start, member.end, f"{a_kind(reader.kind)} takes no `NotAction`", rule="P7")


def _allows_everything(statement: Statement) -> bool:
    """Whether this is the statement of `RCPFullAWSAccess`: Allow `*` on `*` without conditions."""
    listed = (statement.actions), (statement.resources or ())
    stars = all([text.value for text in texts] == ["*"] for texts in listed)
    return stars and not (statement.not_action or statement.not_resource or statement.conditions)
