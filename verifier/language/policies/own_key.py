"""Which `Resource` elements of a key policy are about its key (L5).

In: a key policy and the ARN of its key. Out: warnings. Guarantee: none where a pattern could match the key.
"""

from __future__ import annotations

import re

from verifier.model.policy import Policy, PolicyKind, Statement, Text
from verifier.syntax.diagnostic import Diagnostic, Severity
from verifier.syntax.text import brief, printable

_VARIABLE = re.compile(r"\$\{[^}]*\}")


def key_policy_warnings(policy: Policy, key_arn: str) -> tuple[Diagnostic, ...]:
    """A warning for each `Resource` of a key policy that is neither `*` nor can be the key's own ARN (L5).

    Empty for other kinds of policies. The excerpts (`line_text`) are absent: the text is not at hand here.
    """
    if policy.kind is not PolicyKind.KEY:
        return ()
    return tuple(
        _warning(resource, key_arn)
        for statement in policy.statements
        for resource in _listed(statement)
        if not _may_be_key(resource.value, key_arn, policy.variables)
    )


def _may_be_key(resource: str, key_arn: str, variables: bool) -> bool:
    """Whether a `Resource` of a key policy is `*`, or may match the key's ARN (L5, L6): field by field, or with an asterisk that runs on.

    A policy variable is taken for any text, so that no warning is given where it could match.
    """
    if resource == "*":
        return True
    fields = resource.split(":", 5)
    if len(fields) < 6:
        return _like(resource, key_arn)
    patterns = [*fields[:5], _VARIABLE.sub("*", fields[5]) if variables else fields[5]]
    return all(_like(pattern, field) for pattern, field in zip(patterns, key_arn.split(":", 5), strict=True))


def _listed(statement: Statement) -> tuple[Text, ...]:
    return () if statement.not_resource else statement.resources or ()


def _like(pattern: str, text: str) -> bool:
    """Whether `text` matches a pattern of `*` and `?`: the places in the pattern that the text so far can reach (no backtracking)."""
    reached = _skip_stars(pattern, {0})
    for character in text:
        steps = {place + (pattern[place] != "*") for place in reached if place < len(pattern) and pattern[place] in ("*", "?", character)}
        reached = _skip_stars(pattern, steps)
    return len(pattern) in reached


def _skip_stars(pattern: str, places: set[int]) -> set[int]:
    """The places, and those after the stars that begin there."""
    found = set(places)
    for place in places:
        while place < len(pattern) and pattern[place] == "*":
            place += 1
            found.add(place)
    return found


def _warning(resource: Text, key_arn: str) -> Diagnostic:
    message = f'"{brief(resource.value)}" is not this key ({key_arn}); a key policy governs its own key only'
    return Diagnostic(Severity.WARNING, printable(message), resource.span, None, 'write "*", which means this key', "L5")
