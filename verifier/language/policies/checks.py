"""Checks of a policy document and of its statements: what its kind forbids or demands, and what AWS does not take
(L3–L7, P5–P7, U4).

In: the tree and the reader; a statement and its elements. Out: errors and warnings in the findings.
Guarantee: nothing of what is read is changed: what a trust policy has that AWS documents that it refuses, or does not
support, is read all the same, as it stands.
"""

from __future__ import annotations

import re

from verifier.language.policies.condition_checks import (
    action_hint,
    check_variables,
    fifth_colon,
    is_known_action,
    known_action_hint,
)
from verifier.language.policies.reader import WITHOUT_PRINCIPAL, Reader, a_kind
from verifier.model.policy import Effect, Policy, PolicyKind, Principal, PrincipalType, Statement, Text
from verifier.syntax.diagnostic import Diagnostic, Severity
from verifier.syntax.policy_tree import Atom, Member, PolicyNode, ScalarKind, StatementNode, StatementsNode
from verifier.syntax.text import brief, printable

# -- a document as a whole --

_WHITE_SPACE = re.compile(r"[ \t\r\n]+")
_OUTSIDE_LATIN_1 = re.compile(r"[^\t\n\r\x20-\xff]")
_AWS_MANAGED = re.compile(r"arn:[^:]*:iam::aws:policy/")
_LIMITS = {
    PolicyKind.KEY: 32_768,
    PolicyKind.IDENTITY: 6_144,
    PolicyKind.BOUNDARY: 6_144,
    PolicyKind.TRUST: 4_096,
    PolicyKind.SCP: 5_120,
    PolicyKind.RCP: 5_120,
}
_INLINE_LIMITS = {":user/": 2_048, ":role/": 10_240, ":group/": 5_120}
"""For all inline policies of a user, role or group together, and so for each."""


def check_sids(reader: Reader, member: Member | None) -> None:
    """A `Sid` given twice: an error where IAM demands that it be unique in a policy, a warning elsewhere.

    IAM User Guide, "Sid"; the guide of KMS does not ask for it. The empty `Sid` is no name.
    """
    first: dict[str, Atom] = {}
    for sid in _sids(member):
        before = first.setdefault(sid.value, sid)
        if before is sid:
            continue
        message = (
            f'duplicate `Sid` "{brief(sid.value)}"; the first is on line {reader.span(before.start, before.end).line}'
        )
        report = reader.findings.error if reader.kind in IAM_POLICIES else reader.findings.warning
        report(sid.start, sid.end, message, rule="L4")


def _sids(member: Member | None) -> list[Atom]:
    if member is None or not isinstance(member.value, StatementsNode):
        return []
    statements = [item for item in member.value.items if isinstance(item, StatementNode)]
    values = [element.value for statement in statements for element in statement.members if element.name == "Sid"]
    return [value for value in values if isinstance(value, Atom) and value.kind is ScalarKind.STRING and value.value]


def counted_size(text: str, kind: PolicyKind) -> int:
    """The size as AWS counts it: bytes for a key policy, characters without white space for the others."""
    return len(text.encode()) if kind is PolicyKind.KEY else len(_WHITE_SPACE.sub("", text))


def check_size(reader: Reader, tree: PolicyNode, identity: str, size: int) -> None:
    """A policy that is larger than AWS accepts."""
    limit = size_limit(reader.kind, identity)
    if limit is not None and size > limit:
        unit = "bytes" if reader.kind is PolicyKind.KEY else "characters without white space"
        message = f"the policy has {size:,} {unit}; AWS accepts {limit:,} in {a_kind(reader.kind)}"
        reader.findings.warning(tree.start, tree.start + 1, message, rule="L4")


def size_limit(kind: PolicyKind, identity: str) -> int | None:
    """How large AWS accepts a policy of this kind; `None` where it documents no limit. AWS's own managed policies (by
    their `identity`) may be larger than those of its customers; inline policies have limits of their own. [IAM User
    Guide, reference_iam-quotas]"""
    if _AWS_MANAGED.match(identity):
        return None
    owner, inline, _ = identity.partition("#")
    if kind is PolicyKind.IDENTITY and inline:
        return next((limit for part, limit in _INLINE_LIMITS.items() if part in owner), None)
    return _LIMITS.get(kind)


def check_characters(reader: Reader) -> None:
    """Characters outside Latin-1: AWS refuses them. [KMS: key-policy-overview; IAM: reference_iam-quotas, IAM name
    requirements]"""
    found = _OUTSIDE_LATIN_1.search(reader.findings.source.text)
    if found:
        message = f"character U+{ord(found.group()):04X}; AWS accepts only characters up to U+00FF in policies"
        reader.findings.error(found.start(), found.end(), message, rule="L4")


# -- one statement --

_WITHOUT_NOT_PRINCIPAL = (PolicyKind.RCP, PolicyKind.TRUST)
IAM_POLICIES = (PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION, PolicyKind.TRUST)
"""The policies that IAM and STS take."""
_IAM_SID = re.compile(r"[A-Za-z0-9]*")
_ACTION = re.compile(r"\*|[\w.*?-]+:[\w.*?-]+", re.ASCII)


def check_sid(reader: Reader, sid: Atom) -> None:
    """A `Sid` of an IAM policy has letters and digits alone. [IAM: reference_policies_elements_sid,
    reference_policies_grammar]"""
    if reader.kind in IAM_POLICIES and not _IAM_SID.fullmatch(sid.value):
        message = (
            f'the `Sid` "{brief(sid.value)}" has other characters than letters and digits, which AWS refuses in '
            f"{a_kind(reader.kind)}"
        )
        reader.error(sid, message, rule="L4")


def check_action(reader: Reader, value: Atom) -> None:
    """What is no action, and warns of a KMS action, or pattern of actions, that fits no action in the data."""
    if not _ACTION.fullmatch(value.value):
        message = f'"{brief(value.value)}" is not an action; expected `*` or `service:Name`'
        reader.error(value, message, hint=action_hint(value.value), rule="L4")
    elif not is_known_action(value.value.lower()):
        message = f'no action of AWS KMS that is known matches "{brief(value.value)}"'
        reader.warning(value, message, hint=known_action_hint(value.value), rule="U4")


def check_resource(reader: Reader, value: Atom, name: str) -> None:
    """The variables of a resource, and its service: that of an ARN takes no wildcard in an IAM policy. [IAM:
    reference_policies_elements_resource]"""
    begin = fifth_colon(value.value)
    check_variables(reader, value, len(value.value) if begin is None else begin, name)
    fields = value.value.split(":")
    if reader.kind in IAM_POLICIES and fields[0] == "arn" and len(fields) > 2 and set(fields[2]) & set("*?"):
        message = f'"{brief(value.value)}" has a wildcard as its service, which AWS refuses'
        reader.error(value, message, hint="name the service, or write `*` alone", rule="L6")


def check_presence(
    reader: Reader, node: StatementNode, principal: Member | None, action: Member | None, resource: Member | None
) -> None:
    """What a statement of this kind of policy must have, and must not (L4, L5, P7)."""
    kind = reader.kind
    if principal and kind in WITHOUT_PRINCIPAL:
        reader.error(principal, f"a statement of {a_kind(kind)} takes no `{principal.name}`", rule="P7")
    if not principal and kind not in WITHOUT_PRINCIPAL:
        _missing(reader, node, "Principal")
    if not action:
        _missing(reader, node, "Action")
    if resource and kind is PolicyKind.TRUST:
        reader.error(resource, f"a statement of a trust policy takes no `{resource.name}`", rule="L4")
    if not resource and kind is not PolicyKind.TRUST:
        _missing(reader, node, "Resource")


def _missing(reader: Reader, node: StatementNode, name: str) -> None:
    if reader.kind is PolicyKind.KEY and name == "Resource":
        message = f"statement has no `{name}`: in a key policy it has no effect"
        reader.findings.warning(node.start, node.start + 1, message, rule="L5")
    else:
        message = f"statement has no `{name}`; {a_kind(reader.kind)} needs one"
        reader.findings.error(node.start, node.start + 1, message, rule="L4")


def check_kind(reader: Reader, node: StatementNode, members: dict[str, Member], statement: Statement) -> None:
    """Remarks that need the whole statement (L5, P5, P7)."""
    not_principal, not_resource = members.get("NotPrincipal"), members.get("NotResource")
    if not_principal and reader.kind in _WITHOUT_NOT_PRINCIPAL:
        message = f"{a_kind(reader.kind)} takes no `NotPrincipal`"
        reader.error(not_principal, message, rule="P7")
    elif not_principal and statement.principals is not None and statement.effect is Effect.ALLOW:
        message = "AWS does not support `NotPrincipal` with `Allow`: it may match everyone but those named, or nobody"
        reader.warning(not_principal, message, rule="P5")
    if not_resource and reader.kind is PolicyKind.KEY:
        message = "what `NotResource` does in a key policy is not documented; verdicts that it could change are Unknown"
        reader.warning(not_resource, message, rule="L5")
    if reader.kind is PolicyKind.RCP:
        _check_rcp(reader, node, members, statement)
    if reader.kind is PolicyKind.TRUST:
        _check_trust(reader, members, statement)


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
        reader.error(member, f"{a_kind(reader.kind)} takes no `NotAction`", rule="P7")


def _allows_everything(statement: Statement) -> bool:
    """True iff this is the statement of `RCPFullAWSAccess`: Allow `*` on `*` without conditions."""
    listed = statement.actions, statement.resources or ()
    stars = all([text.value for text in texts] == ["*"] for texts in listed)
    return stars and not (statement.not_action or statement.not_resource or statement.conditions)


# -- statements of trust policies --

_PROVIDER = re.compile(
    r"arn:aws[a-z-]*:iam::[0-9]{12}:(?:oidc|saml)-provider/\S+|[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/\S*)?", re.IGNORECASE
)


def _check_trust(reader: Reader, members: dict[str, Member], statement: Statement) -> None:
    """[IAM User Guide, access-analyzer-reference-policy-checks: *Role trust policy …*, *Invalid federated principal
    syntax …*]"""
    principal, action = members.get("Principal"), members.get("Action")
    if principal is not None and any(one.type is PrincipalType.ANYONE for one in statement.principals or ()):
        message = 'AWS does not support `"Principal": "*"` in a trust policy; it is read as everybody'
        reader.warning(principal.value, message, hint='write {"AWS": …}', rule="P1")
    if principal is not None:
        for odd in (one for one in statement.principals or () if _is_no_provider(one)):
            message = f'"{brief(odd.value)}" is no identity provider; expected the ARN of one, or a domain name'
            reader.findings.warning(principal.start, principal.value.end, message, rule="P6")
    if action is not None:
        for foreign in (one for one in statement.actions if not _may_be_of_sts(one)):
            message = f'"{brief(foreign.value)}" is no action of STS; a trust policy is about those alone'
            reader.findings.warning(action.start, action.value.end, message, rule="L4")


def _is_no_provider(principal: Principal) -> bool:
    return principal.type is PrincipalType.FEDERATED and _PROVIDER.fullmatch(principal.value) is None


def _may_be_of_sts(action: Text) -> bool:
    service = action.value.split(":", 1)[0].lower()
    return "*" in service or "?" in service or service == "sts"


# -- the resources of a key policy, where its key is known --

_ANY_TEXT = re.compile(r"\$\{[^}]*\}")


def key_policy_warnings(policy: Policy, key_arn: str) -> tuple[Diagnostic, ...]:
    """A warning for each `Resource` of a key policy that is neither `*` nor can be the key's own ARN (L5).

    Empty for other kinds of policies. The excerpts (`line_text`) are absent: the text is not at hand here.
    """
    if policy.kind is not PolicyKind.KEY:
        return ()
    return tuple(
        _warning(resource, key_arn)
        for statement in policy.statements
        for resource in (() if statement.not_resource else statement.resources or ())
        if not _may_be_key(resource.value, key_arn, policy.variables)
    )


def _may_be_key(resource: str, key_arn: str, variables: bool) -> bool:
    """True iff a `Resource` of a key policy is `*`, or may match the key's ARN (L5, L6): field by field, or with an
    asterisk that runs on.

    A policy variable is taken for any text, so that no warning is given where it could match.
    """
    if resource == "*":
        return True
    fields = resource.split(":", 5)
    if len(fields) < 6:
        return _like(resource, key_arn)
    patterns = [*fields[:5], _ANY_TEXT.sub("*", fields[5]) if variables else fields[5]]
    return all(_like(pattern, field) for pattern, field in zip(patterns, key_arn.split(":", 5), strict=True))


def _like(pattern: str, text: str) -> bool:
    """True iff `text` matches a pattern of `*` and `?`: the places in the pattern that the text so far can reach (no
    backtracking)."""
    reached = _skip_stars(pattern, {0})
    for character in text:
        steps = {
            place + (pattern[place] != "*")
            for place in reached
            if place < len(pattern) and pattern[place] in ("*", "?", character)
        }
        reached = _skip_stars(pattern, steps)
    return len(pattern) in reached


def _skip_stars(pattern: str, places: set[int]) -> set[int]:
    """The places, and those after the stars that begin there."""
    found = set(places)
    for place in places:
        while place < len(pattern) and pattern[place] == "*":
            place += 1
            found.add(place)
    return found


def _warning(resource: Text, key_arn: str) -> Diagnostic:
    message = f'"{brief(resource.value)}" is not this key ({key_arn}); a key policy governs its own key only'
    return Diagnostic(
        Severity.WARNING, printable(message), resource.span, None, 'write "*", which means this key', "L5"
    )
