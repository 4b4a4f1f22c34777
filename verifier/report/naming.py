"""How the text report names statements, keys and places: short, and safe for a terminal."""

from __future__ import annotations

from verifier.model.policy import StatementRef
from verifier.model.verdict import KeySummary, Report
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import printable


class Places:
    """Writes places: the file in full where it is first named, then only the line as long as the file stays the same."""

    def __init__(self) -> None:
        self._file: str | None = None

    def place(self, span: Span) -> str:
        """`(key-policy.json:4)`, then `(:61)`; nothing for what no file holds."""
        if span == NOWHERE:
            return ""
        file = "" if span.file == self._file else printable(span.file)
        self._file = span.file
        return f"({file}:{span.line})"

    def statement(self, statement: StatementRef) -> str:
        """`"Reports" (key-policy.json:32)`; without a file, the policy's name stands for the place."""
        where = self.place(statement.span) or (f"({printable(statement.policy_name)})" if statement.sid else "")
        return f"{statement_name(statement)} {where}".rstrip()


def statement_name(statement: StatementRef) -> str:
    """`"Reports"`; a statement without `Sid` is named by its place in the policy."""
    if statement.sid:
        return f'"{printable(statement.sid)}"'
    return f"statement {statement.index + 1} of {printable(statement.policy_name)}"


def key_name(key: KeySummary) -> str:
    """The key's name, or the last part of its ARN."""
    return printable(key.name or key.arn.rsplit("/", 1)[-1])


def target_name(report: Report, target: str) -> str:
    """The name of the key with the ARN `target`; any other target as it is."""
    return next((key_name(key) for key in report.keys if key.arn == target), printable(target))


def rule_label(rule: str) -> str:
    """`[P5]`."""
    return f"[{printable(rule)}]"
