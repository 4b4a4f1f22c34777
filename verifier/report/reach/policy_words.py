"""A policy that a step writes, and principals, in a few words.

In: policies and principals of the model. Out: texts on one line. Guarantee: safe for a terminal; what is left out is counted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from verifier.model.policy import Condition, Policy, PolicyKind, Principal, PrincipalType, Statement, Text
from verifier.model.request import Caller, CallerKind
from verifier.syntax.text import printable

_MOST_NAMES, _MOST_STATEMENTS = 3, 3
_PRINCIPAL_ARN = re.compile(r"arn:aws[a-z-]*:(?:iam|sts)::([0-9]{12}):(.+)", re.ASCII | re.DOTALL)
_WITHOUT_RESOURCE = (PolicyKind.KEY, PolicyKind.TRUST)
"""Policies of the resource that they are attached to: what their `Resource` says goes without saying."""


def policy_words(policy: Policy) -> str:
    """`Allow kms:* to everyone; Deny …`."""
    told = [statement_words(statement, policy.kind) for statement in policy.statements[:_MOST_STATEMENTS]]
    more = len(policy.statements) - len(told)
    return "; ".join([*told, *([f"and {more} more statement{'' if more == 1 else 's'}"] if more else [])]) or "no statement"


def statement_words(statement: Statement, kind: PolicyKind) -> str:
    """`Allow kms:Decrypt to role/ops of 111122223333 if kms:ViaService StringEquals s3.us-west-2.amazonaws.com`."""
    text = f"{statement.effect.value} {_elements(statement.actions, 'every action', statement.not_action)}"
    if kind not in _WITHOUT_RESOURCE and statement.resources is not None:
        text += f" on {_elements(statement.resources, 'everything', statement.not_resource)}"
    if statement.principals is not None:
        excepted = "everyone but " if statement.not_principal else ""
        text += f" to {excepted}{named([principal_words(principal) for principal in statement.principals])}"
    return text + (f" if {' and '.join(map(_condition, statement.conditions))}" if statement.conditions else "")


def _elements(values: Sequence[Text] | None, everything: str, negated: bool) -> str:
    texts = named([value.value for value in values or ()])
    return f"{everything} but {texts}" if negated else texts


def _condition(condition: Condition) -> str:
    return f"{printable(condition.key.value)} {condition.operator} {named([value.value for value in condition.values])}"


def named(texts: Sequence[str]) -> str:
    """The first few of some texts, and how many more there are."""
    more = len(texts) - _MOST_NAMES
    return printable(", ".join(texts[:_MOST_NAMES])) + (f" and {more:,} more" if more > 0 else "")


def principal_words(principal: Principal) -> str:
    """Whom a policy or a grant names."""
    if principal.type in (PrincipalType.ANYONE, PrincipalType.ANY_AWS):
        return "everyone"
    if principal.type is PrincipalType.ACCOUNT and principal.account is not None:
        return f"the account {principal.account}"
    return short_arn(principal.value)


def short_arn(arn: str) -> str:
    """`role/ops of 111122223333` for the ARN of an identity; any other text as it is."""
    found = _PRINCIPAL_ARN.fullmatch(arn)
    return printable(f"{found[2]} of {found[1]}" if found else arn)


def caller_words(caller: Caller) -> str:
    """Who a caller is: a session is its role."""
    if caller.kind is CallerKind.WEB:
        return f"an identity of {short_arn(caller.principal_arn)}"
    return short_arn(caller.principal_arn)
