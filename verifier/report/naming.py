"""How the text report names statements, keys and places: short, and safe for a terminal."""

from __future__ import annotations

from verifier.model.policy import StatementRef
from verifier.model.verdict import KeySummary, Report
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import printable


def place(span: Span) -> str:
    """`(key-policy.json:4)`, or nothing for what no file holds."""
    return "" if span == NOWHERE else f"({printable(span.file)}:{span.line})"


def statement_name(statement: StatementRef) -> str:
    """`"Reports"`; a statement without `Sid` is named by its place in the policy."""
    if statement.sid:
        return f'"{printable(statement.sid)}"'
    return f"statement {statement.index + 1} of {printable(statement.policy_name)}"


def statement_with_place(statement: StatementRef) -> str:
    """`"Reports" (key-policy.json:32)`; without a file, the policy's name stands for the place."""
    name = statement_name(statement)
    where = place(statement.span) or (f"({printable(statement.policy_name)})" if statement.sid else "")
    return f"{name} {where}".rstrip()


def statement_with_effect(statement: StatementRef) -> str:
    """`Deny "Organization only" (key-policy.json:61)`."""
    return f"{statement.effect.value} {statement_with_place(statement)}"


def key_name(key: KeySummary) -> str:
    """The key's name, or the last part of its ARN."""
    return printable(key.name or key.arn.rsplit("/", 1)[-1])


def target_name(report: Report, target: str) -> str:
    """The name of the key with the ARN `target`; any other target as it is."""
    return next((key_name(key) for key in report.keys if key.arn == target), printable(target))


def rule_label(rule: str) -> str:
    """`[P5]`."""
    return f"[{printable(rule)}]"
