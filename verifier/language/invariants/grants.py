"""Sentences about grants: `no grant … names …`, and the grant of `can create a grant …`: tree → model.

In: nodes of the tree. Out: a `GrantInvariant`, or the parts of an `Invariant` about `kms:CreateGrant`; errors go to the
findings.
Guarantee: every operation is one that a grant can allow (G1: the list is closed), and every set of grantees can be told
from the ARN of the grantee alone; what cannot is an error.
"""

from __future__ import annotations

from verifier.language.invariants.callers import read_callers, read_some_callers
from verifier.language.invariants.names import DeclaredNames
from verifier.language.invariants.targets import read_actions, read_keys
from verifier.model.caller_sets import asks_for_tags, is_empty
from verifier.model.invariant import ALWAYS, CallerSet, ConditionExpression, Holds
from verifier.model.invariant_file import GrantInvariant, GrantRole
from verifier.model.operators import FOR_ANY
from verifier.model.policy import Condition, Operator, Text
from verifier.model.reference import actions as known_actions
from verifier.model.reference import matching
from verifier.syntax.invariants_tree import CallersNode, Creation, Listed, WrittenWord


def read_listed(node: Listed, names: DeclaredNames) -> GrantInvariant:
    """`no grant … names CALLERS`."""
    callers = read_some_callers(node.callers, names)
    operations = _operations(node.operations, names) or (Text("kms:*"),)
    roles = tuple(role for role in GrantRole if node.role is None or node.role.value == role.value)
    return GrantInvariant("", callers, read_keys(node.keys, names), operations, roles)


def read_creation_operations(creation: Creation, names: DeclaredNames) -> ConditionExpression:
    """That the grant which a request asks for allows one of the operations: a condition on `kms:GrantOperations`."""
    patterns = _operations(creation.operations, names)
    if not patterns:
        return ALWAYS
    allowed = sorted({name.removeprefix("kms:") for pattern in patterns for name in _grantable(pattern.value)})
    values = tuple(Text(name, patterns[0].span) for name in allowed)
    return Holds(
        Condition(Operator("StringEquals", FOR_ANY, False), Text("kms:GrantOperations"), values, patterns[0].span)
    )


def read_grantees(node: CallersNode | None, names: DeclaredNames) -> CallerSet | None:
    """Grantees or retiring principals of the grant that a request asks for; `None` for any."""
    if node is None:
        return None
    callers = read_callers(node, names)
    if asks_for_tags(callers):
        named = "name roles, users, accounts, organizations or services"
        hint = f"{named}; for a grant that is there, write `no grant … names …`"
        message = "a request to create a grant does not show the tags of the grantee or retiring principal"
        names.findings.error(node.start, node.end, message, hint=hint, rule="F6")
    elif is_empty(callers):
        names.findings.error(node.start, node.end, "there is no such caller", rule="S3")
    return callers


def _operations(words: tuple[WrittenWord, ...], names: DeclaredNames) -> tuple[Text, ...]:
    """The patterns of a list of operations; each must match one that a grant can allow."""
    patterns: list[Text] = []
    for word in words:
        read = read_actions((word,), names)
        known = [pattern for pattern in read if matching(pattern.value)]
        if known and not any(_grantable(pattern.value) for pattern in known):
            hint = "grants allow " + ", ".join(sorted(_grantable("kms:*")))
            names.error(word, f"no grant can allow `{word.value}`", hint, "G1")
        patterns += read
    return tuple(patterns)


def _grantable(pattern: str) -> frozenset[str]:
    """The grant operations that a pattern matches, as action names."""
    return matching(pattern) & {action.name for action in known_actions() if action.grant_operation}
