"""Policies without what tells where they stand."""

from __future__ import annotations

from dataclasses import replace

from verifier.model.policy import Condition, Operator, Policy, Statement, Text
from verifier.syntax.source import NOWHERE


def without_places(policy: Policy) -> Policy:
    """The policy as far as it means something: no spans, no warnings, no size. Equal for equal documents, however they
    are laid out."""
    statements = tuple(_bare_statement(statement) for statement in policy.statements)
    document_id = _bare_text(policy.id) if policy.id is not None else None
    return replace(policy, statements=statements, size=0, warnings=(), span=NOWHERE, id=document_id)


def _bare_statement(statement: Statement) -> Statement:
    return replace(
        statement,
        sid=_bare_text(statement.sid) if statement.sid is not None else None,
        principals=None
        if statement.principals is None
        else tuple(replace(found, span=NOWHERE) for found in statement.principals),
        actions=_bare_texts(statement.actions) or (),
        resources=_bare_texts(statement.resources),
        conditions=tuple(_bare_condition(condition) for condition in statement.conditions),
        span=NOWHERE,
    )


def _bare_condition(condition: Condition) -> Condition:
    operator = condition.operator
    return Condition(
        Operator(operator.base, operator.set_operator, operator.if_exists),
        _bare_text(condition.key),
        tuple(_bare_text(value) for value in condition.values),
    )


def _bare_text(text: Text) -> Text:
    return Text(text.value)


def _bare_texts(texts: tuple[Text, ...] | None) -> tuple[Text, ...] | None:
    return None if texts is None else tuple(_bare_text(text) for text in texts)
