"""Remarks on a statement of a trust policy (E2, E2w).

In: a statement and its elements. Out: warnings in the findings: AWS documents that it refuses, or does not support, what they are about.
Guarantee: the statement is read all the same, as it stands.
"""

from __future__ import annotations

import re

from verifier.language.policies.reader import Reader
from verifier.model.policy import Principal, PrincipalType, Statement, Text
from verifier.syntax.policy_tree import Member
from verifier.syntax.text import brief

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
