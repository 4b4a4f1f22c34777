"""How findings speak of the parts of a statement.

In: parts of the model. Out: phrases for one line; names of the input are made printable, and cut where they are long.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from verifier.model.policy import Condition, Effect, Statement
from verifier.syntax.source import Span
from verifier.syntax.text import brief, first_few, printable

AT_PRINCIPAL, AT_ACTION, AT_RESOURCE, AT_FIRST_CONDITION = range(4)
"""Positions in `Meaning.parts`; the conditions follow, then validity and certainty."""


def count_parts(statement: Statement) -> int:
    """How many parts the meaning of a statement has."""
    return AT_FIRST_CONDITION + len(statement.conditions) + 2


def quoted_name(text: str) -> str:
    """A name or value of the input."""
    return f"`{brief(printable(text))}`"


def few_names(texts: Iterable[str]) -> str:
    """The first few of several names or values."""
    return first_few([quoted_name(text) for text in texts])


def condition_name(condition: Condition) -> str:
    """`StringEquals` of `aws:username`."""
    return f"`{condition.operator}` of {quoted_name(condition.key.value)}"


def part_name(statement: Statement, position: int) -> str:
    """What a position in `Meaning.parts` is called."""
    negated = {
        AT_PRINCIPAL: statement.not_principal,
        AT_ACTION: statement.not_action,
        AT_RESOURCE: statement.not_resource,
    }
    if position in negated:
        name = ("Principal", "Action", "Resource")[position]
        return f"`Not{name}`" if negated[position] else f"`{name}`"
    if position - AT_FIRST_CONDITION < len(statement.conditions):
        condition = statement.conditions[position - AT_FIRST_CONDITION]
        values = few_names(value.value for value in condition.values) or "no value"
        return f"{condition_name(condition)} with {values}"
    return "its policy variables"


def parts_together(statement: Statement, positions: Sequence[int]) -> str:
    """Several parts, as what cannot be met at once."""
    names = [part_name(statement, position) for position in positions]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]} at once"


def last_place(statement: Statement, positions: Sequence[int]) -> Span:
    """Where the last of several parts stands, if it is a condition; otherwise the statement."""
    last = max(positions, default=0) - AT_FIRST_CONDITION
    return statement.conditions[last].span if 0 <= last < len(statement.conditions) else statement.span


def does(statement: Statement, allow: str, deny: str) -> str:
    """The one phrase for an Allow, the other for a Deny."""
    return allow if statement.effect is Effect.ALLOW else deny
