"""Checks of a policy document as a whole: unique `Sid`s, its size, its characters (L4). Remarks on statements of trust policies (E2, E2w).

In: the tree and the reader; a statement and its elements. Out: errors and warnings in the findings, and the size that AWS counts.
Guarantee: what a trust policy has that AWS documents that it refuses, or does not support, is read all the same, as it stands.
"""

from __future__ import annotations

import re

from verifier.language.policies.reader import Reader, a_kind
from verifier.model.policy import PolicyKind, Principal, PrincipalType, Statement, Text
from verifier.syntax.policy_tree import Member, PolicyNode, Scalar, ScalarKind, StatementNode, StatementsNode
from verifier.syntax.text import brief

_WHITE_SPACE = re.compile(r"[ \t\r\n]+")
_OUTSIDE_LATIN_1 = re.compile(r"[^\t\n\r\x20-\xff]")
_IAM_SID = re.compile(r"[A-Za-z0-9]*")
IAM_POLICIES = (PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION, PolicyKind.TRUST)
"""The policies that IAM and STS take."""
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
    first: dict[str, Scalar] = {}
    for sid in _sids(member):
        before = first.setdefault(sid.value, sid)
        if before is sid:
            continue
        message = f'duplicate `Sid` "{brief(sid.value)}"; the first is on line {reader.span(before.start, before.end).line}'
        report = reader.findings.error if reader.kind in IAM_POLICIES else reader.findings.warning
        report(sid.start, sid.end, message, rule="L4")


def check_sid(reader: Reader, sid: Scalar) -> None:
    """A `Sid` of an IAM policy has letters and digits alone. [IAM: reference_policies_elements_sid, reference_policies_grammar]"""
    if reader.kind in IAM_POLICIES and not _IAM_SID.fullmatch(sid.value):
        message = f'the `Sid` "{brief(sid.value)}" has other characters than letters and digits, which AWS refuses in {a_kind(reader.kind)}'
        reader.findings.error(sid.start, sid.end, message, rule="L4")


def _sids(member: Member | None) -> list[Scalar]:
    if member is None or not isinstance(member.value, StatementsNode):
        return []
    statements = [item for item in member.value.items if isinstance(item, StatementNode)]
    values = [element.value for statement in statements for element in statement.members if element.name == "Sid"]
    return [value for value in values if isinstance(value, Scalar) and value.kind is ScalarKind.STRING and value.value]


def check_size(reader: Reader, tree: PolicyNode, identity: str) -> int:
    """The size as AWS counts it: bytes for a key policy, characters without white space for the others."""
    text = reader.findings.source.text
    key_policy = reader.kind is PolicyKind.KEY
    size = len(text.encode()) if key_policy else len(_WHITE_SPACE.sub("", text))
    limit = size_limit(reader.kind, identity)
    if limit is not None and size > limit:
        unit = "bytes" if key_policy else "characters without white space"
        message = f"the policy has {size:,} {unit}; AWS accepts {limit:,} in {a_kind(reader.kind)}"
        reader.findings.warning(tree.start, tree.start + 1, message, rule="L4")
    return size


def size_limit(kind: PolicyKind, identity: str) -> int | None:
    """How large AWS accepts a policy of this kind; `None` where it documents no limit. AWS's own managed policies (by their `identity`)
    may be larger than those of its customers; inline policies have limits of their own. [IAM User Guide, reference_iam-quotas]"""
    if _AWS_MANAGED.match(identity):
        return None
    owner, inline, _ = identity.partition("#")
    if kind is PolicyKind.IDENTITY and inline:
        return next((limit for part, limit in _INLINE_LIMITS.items() if part in owner), None)
    return _LIMITS.get(kind)


def check_characters(reader: Reader) -> None:
    """Characters outside Latin-1: AWS refuses them. [KMS: key-policy-overview; IAM: reference_iam-quotas, IAM name requirements]"""
    found = _OUTSIDE_LATIN_1.search(reader.findings.source.text)
    if found:
        message = f"character U+{ord(found.group()):04X}; AWS accepts only characters up to U+00FF in policies"
        reader.findings.error(found.start(), found.end(), message, rule="L4")


# -- statements of trust policies --

_PROVIDER = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(?:oidc|saml)-provider/\S+|[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/\S*)?", re.IGNORECASE)


def check_trust(reader: Reader, members: dict[str, Member], statement: Statement) -> None:
    """[IAM User Guide, access-analyzer-reference-policy-checks: *Role trust policy …*, *Invalid federated principal syntax …*]"""
    principal, action = members.get("Principal"), members.get("Action")
    if principal is not None and any(one.type is PrincipalType.ANYONE for one in statement.principals or ()):
        message = 'AWS does not support `"Principal": "*"` in a trust policy; it is read as everybody'
        reader.findings.warning(principal.start, principal.value.end, message, hint='write {"AWS": …}', rule="P1")
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
