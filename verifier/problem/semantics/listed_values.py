"""Listed values that no request can have (C3, F2).

In: the conditions of a statement. Out: whether the statement is void for one of them; rules and sentences about them.
Guarantee: a value that some request can have is not remarked on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from verifier.model.policy import Condition, Policy, Statement, Text
from verifier.problem.classes.domains import context_attribute
from verifier.problem.classes.search import find_word
from verifier.problem.classes.tables import OverBudget
from verifier.problem.expression import Expression, Symbol, conjunction, either, negation
from verifier.problem.semantics.conditions import in_no_zone, positive
from verifier.problem.semantics.values import LIKE, plain_predicate, typed_predicate

_TYPED = ("Numeric", "Date", "Bool", "IpAddress", "BinaryEquals")
_OF_ORGANIZATIONS = ("orgid", "orgpaths")
"""How the names of the keys end."""
_ID = re.compile(r"o-[a-z0-9]{10,32}\Z")
"""[AWS Organizations API: Organization]"""


def readable(policy: Policy, statement: Statement) -> Expression:
    """Whether a statement is not void for a listed value that its operator cannot read (the readings C3, C3-bool and
    C3-zone)."""
    void = negation(Symbol("C3"))
    # Where variables work under `Bool`, the value is not read before they are replaced.
    by_reading = {
        "C3-bool" for condition, value in _unread(statement) if policy.variables and _is_bool_variable(condition, value)
    }
    if any(not (policy.variables and _is_bool_variable(*found)) for found in _unread(statement)):
        return void
    if any(in_no_zone(positive(one.operator.base)[0], value) for one in statement.conditions for value in one.values):
        by_reading.add("C3-zone")
    return conjunction(either(Symbol(label), void) for label in sorted(by_reading))


def _unread(statement: Statement) -> Iterator[tuple[Condition, Text]]:
    """The listed values that do not parse."""
    for condition in statement.conditions:
        base, _ = positive(condition.operator.base)
        if base.startswith(_TYPED):
            yield from ((condition, value) for value in condition.values if typed_predicate(base, value.value) is None)


def _is_bool_variable(condition: Condition, value: Text) -> bool:
    return condition.operator.base == "Bool" and "${" in value.value


def remarks(policy: Policy, statement: Statement, organization: str | None) -> Iterator[tuple[str, str]]:
    """Rule and sentence of each value of a statement that no request can have. `organization` is the ID of the one that
    is given."""
    for condition, value in _unread(statement):
        if not (policy.variables and _is_bool_variable(condition, value)):
            yield (
                "C3",
                f"{_named(condition, value)} cannot be read: it matches nothing, or its statement matches nothing "
                "(both are tried)",
            )
    for condition in statement.conditions:
        if condition.key.value.lower().startswith("aws:") and condition.key.value.lower().endswith(_OF_ORGANIZATIONS):
            for value in condition.values:
                if "${" not in value.value and value.value != organization and not _may_be(condition, value.value):
                    yield (
                        "F2",
                        f"{_named(condition, value)} names no organization that there can be, so no request has it",
                    )


def _named(condition: Condition, value: Text) -> str:
    place = f" ({value.span})" if value.span.file else ""
    return f"`{value.value}` under `{condition.operator}` on `{condition.key.value}`{place}"


def _may_be(condition: Condition, text: str) -> bool:
    """Whether some organization has an ID or a path that a listed value matches."""
    base, key = positive(condition.operator.base)[0], condition.key.value.lower()
    if base not in ("StringEquals", "StringLike"):
        return True
    wild = base == "StringLike" and not {"*", "?"}.isdisjoint(text)
    if not wild:
        return _ID.match(text.split("/", 1)[0]) is not None
    pattern, domain = plain_predicate(LIKE, text), context_attribute(key, "aws", None).domain
    assert pattern is not None and domain is not None
    try:
        return find_word(domain, [pattern], []) is not None
    except OverBudget:
        return True
