"""How edits speak of a policy's parts: a statement with its place, a condition, what differs between two lists.

In: parts of a policy. Out: phrases of one line. Guarantee: what the input holds is made printable, and cut where it is long.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.model.policy import Condition, Effect, Statement
from verifier.syntax.source import Span
from verifier.syntax.text import brief, first_few, printable


def place(span: Span) -> str:
    """` (file:line:column)`, or nothing for what no file holds."""
    return f" ({printable(str(span))})" if span.file else ""


def statement_name(statement: Statement) -> str:
    """`Allow "Reports" (key-policy.json:32:5)`; without a `Sid`, its number."""
    name = f'"{_shown(statement.sid.value)}"' if statement.sid is not None and statement.sid.value else f"statement {statement.index + 1}"
    return f"{statement.effect.value} {name}{place(statement.span)}"


def condition_name(condition: Condition) -> str:
    """`StringEquals kms:ViaService [s3.us-west-2.amazonaws.com]`."""
    return f"{condition.operator} {_shown(condition.key.value)} {_listed([value.value for value in condition.values])}"


def effect_on(statement: Statement) -> str:
    """A statement in a few words: `Deny [kms:Decrypt] to [*] if StringNotEquals aws:PrincipalAccount [111122223333]`."""
    actions = ("all but " if statement.not_action else "") + _listed([text.value for text in statement.actions])
    principals = ("all but " if statement.not_principal else "") + _listed([found.value for found in statement.principals or ()])
    conditions = " and ".join(condition_name(condition) for condition in statement.conditions)
    joined = "to" if statement.effect is Effect.DENY else "for"
    return f"{statement.effect.value} {actions} {joined} {principals}" + (f" if {conditions}" if conditions else "")


def differences(before: Sequence[str], after: Sequence[str]) -> str:
    """What changes from one list to the other: `remove [a]`, `add [b]`, or `[a] → [b]`; empty where nothing does."""
    gone = [value for value in before if value not in after]
    new = [value for value in after if value not in before]
    if gone and new:
        return f"{_listed(gone)} → {_listed(new)}"
    return f"remove {_listed(gone)}" if gone else f"add {_listed(new)}" if new else ""


def _listed(values: Sequence[str]) -> str:
    return f"[{first_few([_shown(value) for value in values])}]"


def _shown(text: str) -> str:
    return brief(printable(text))
