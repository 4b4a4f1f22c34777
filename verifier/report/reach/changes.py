"""What a step changes, in one plain line.

In: a `Move`, names. Out: a text that continues `which …`: `creates a grant on payments to role/ops of …`.
Guarantee: every step has one; safe for a terminal.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from verifier.model.grant import Grant, Pairs
from verifier.model.policy import Condition, Policy, PolicyKind, Statement, Text
from verifier.model.request import Caller
from verifier.model.steps.chains import Move
from verifier.model.steps.descriptions import MEMBER, described, present
from verifier.report.naming import counted
from verifier.report.reach.names import Names, first
from verifier.syntax.text import printable


def step_words(move: Move, names: Names) -> str:
    """What is so after the step."""
    text = present(described(move).sentence, partial(getattr, move.change))
    return MEMBER.sub(lambda found: _words(getattr(move.change, found[1]), names), text)


def _words(value: object, names: Names) -> str:
    """A member of a change; a tuple of texts is the names of tags."""
    match value:
        case Policy():
            return policy_words(value, names)
        case Grant():
            return _grant(value, names)
        case Caller():
            return names.caller(value)
        case tuple() if value and isinstance(value[0], str):
            return f"tag{'' if len(value) == 1 else 's'} {first(value)}"
        case tuple():
            return _pairs(value)
    return names.of(str(value))


def _grant(grant: Grant, names: Names) -> str:
    text = f"to {names.principal(grant.grantee)} for {first(grant.operations)}"
    if grant.context_equals is not None:
        text += f" with the encryption context {_pairs(grant.context_equals)} alone"
    if grant.context_subset is not None:
        text += f" with an encryption context that has {_pairs(grant.context_subset)}"
    if grant.source_arn is not None:
        text += f" for {printable(grant.source_arn)}"
    return text + (f", to be retired by {names.principal(grant.retiring)}" if grant.retiring is not None else "")


def _pairs(pairs: Pairs) -> str:
    return "{" + ", ".join(printable(f"{name} = {value}") for name, value in pairs) + "}"


_MOST_STATEMENTS = 3
_WITHOUT_RESOURCE = (PolicyKind.KEY, PolicyKind.TRUST)
"""Policies of the resource that they are attached to: what their `Resource` says goes without saying."""


def policy_words(policy: Policy, names: Names) -> str:
    """`Allow kms:* to everyone; Deny …`."""
    statements = [statement_words(statement, policy.kind, names) for statement in policy.statements[:_MOST_STATEMENTS]]
    more = len(policy.statements) - len(statements)
    if more:
        statements.append(f"and {counted(more, 'more statement')}")
    return "; ".join(statements) or "no statement"


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
