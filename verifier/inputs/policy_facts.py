"""What policies test that nobody chooses: tags, aliases, organizations, what sessions have by who made them.

In: statements, as they are written. Out: the facts that they test, by the condition keys and policy variables in
them. Guarantee: a fact that a text names is among them.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from verifier.inputs.text.nodes import Members, Node, member
from verifier.inputs.text.unknown import UnknownNode, content, names_in
from verifier.model.invariant_file import CLAIMS, OF_SESSIONS


class PolicyFact(Enum):
    """What nobody chooses, and policies can test; parts of the condition keys, in lower case."""

    CALLER_TAGS = ("principaltag/",)
    UNIQUE_IDS = ("aws:userid",)
    SESSIONS = (*OF_SESSIONS, *CLAIMS)
    """What sessions have by who made them (F3, F6)."""
    KEY_TAGS = ("resourcetag/",)
    ALIASES = ("kms:resourcealiases", "kms:requestalias")
    KEYS = ("kms:key", "kms:multiregion", "kms:customermasterkey")
    ORGANIZATIONS = ("orgid", "orgpaths")


FACTS_OF_KEYS = frozenset({PolicyFact.KEY_TAGS, PolicyFact.ALIASES, PolicyFact.KEYS})
"""Facts of a key: those of other keys decide nothing on it."""
PolicyFacts = frozenset[PolicyFact]
_ANY = frozenset(PolicyFact)
_WITH_KEYS = ("Condition", "Resource", "NotResource")
"""The elements that have condition keys or policy variables."""


def facts_in(texts: object) -> PolicyFacts:
    """The facts that texts name."""
    said = str(texts).lower()
    return frozenset(fact for fact in PolicyFact if any(name in said for name in fact.value))


def facts_tested(statement: Node | None, *, known: bool) -> PolicyFacts:
    """What a statement tests in its elements that have unknown parts; with `known` in all. Where a test is not known
    it may be any; of a statement of which nothing is known, nothing is written."""
    if isinstance(statement, UnknownNode):
        return _tested_by_each(statement.options or (), known)
    if not isinstance(statement, Members):
        return facts_in(content(statement)) if known else frozenset()  # a document may be a text
    elements = [value for key, value in statement.pairs if key.text in _WITH_KEYS and (known or names_in([value]))]
    return _ANY if _is_open(member(statement, "Condition")) else facts_in(content(elements))


def _tested_by_each(statements: Iterable[Node], known: bool) -> PolicyFacts:
    return frozenset[PolicyFact]().union(*(facts_tested(statement, known=known) for statement in statements))


def _is_open(condition: Node | None) -> bool:
    """True iff it is not known which keys a condition block tests."""
    if isinstance(condition, UnknownNode):
        return condition.options is None or any(map(_is_open, condition.options))
    return isinstance(condition, Members) and any(isinstance(tests, UnknownNode) for _, tests in condition.pairs)
