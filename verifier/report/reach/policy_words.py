"""A policy that a step writes, in a few words.

In: a policy of the model. Out: texts on one line. Guarantee: safe for a terminal; what is left out is counted.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.model.policy import Condition, Policy, PolicyKind, Statement, Text
from verifier.report.reach.names import Names, first
from verifier.syntax.text import printable

_MOST_STATEMENTS = 3
_WITHOUT_RESOURCE = (PolicyKind.KEY, PolicyKind.TRUST)
"""Policies of the resource that they are attached to: what their `Resource` says goes without saying."""


def policy_words(policy: Policy, names: Names) -> str:
    """`Allow kms:* to everyone; Deny …`."""
    told = [statement_words(statement, policy.kind, names) for statement in policy.statements[:_MOST_STATEMENTS]]
    more = len(policy.statements) - len(told)
    return "; ".join([*told, *([f"and {more} more statement{'' if more == 1 else 's'}"] if more else [])]) or "no statement"


def statement_words(statement: Statement, kind: PolicyKind, names: Names) -> str:
    """`Allow kms:Decrypt to role/ops of 111122223333 if kms:ViaService StringEquals s3.us-west-2.amazonaws.com`."""
    text = f"{statement.effect.value} {_elements(statement.actions, 'every action', statement.not_action)}"
    if kind not in _WITHOUT_RESOURCE and statement.resources is not None:
        text += f" on {_elements(statement.resources, 'everything', statement.not_resource)}"
    if statement.principals is not None:
        excepted = "everyone but " if statement.not_principal else ""
        text += f" to {excepted}{first([names.principal(principal) for principal in statement.principals])}"
    return text + (f" if {' and '.join(map(_condition, statement.conditions))}" if statement.conditions else "")


def _elements(values: Sequence[Text] | None, everything: str, negated: bool) -> str:
    texts = first([value.value for value in values or ()])
    return f"{everything} but {texts}" if negated else texts


def _condition(condition: Condition) -> str:
    return f"{printable(condition.key.value)} {condition.operator} {first([value.value for value in condition.values])}"
