"""Rules about a document as a whole (L4): its size, and statements with the same name.

In: a policy. Out: findings. Guarantee: each counts or compares what is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from verifier.language.policies.checks import size_limit
from verifier.language.policies.reader import a_kind
from verifier.model import lint_rules as rules
from verifier.model.policy import Policy, PolicyKind, Text, reference_to
from verifier.model.results.lint import Finding, LintRule, Proof
from verifier.verify.lint.words import quoted_name


def document_rules(policy: Policy, key: str | None) -> Iterator[Finding]:
    """All of them. `key` is the ARN of the key that a key policy governs."""
    yield from _size(policy, key)
    yield from _sids(policy, key)


def _finding(policy: Policy, key: str | None, rule: LintRule, message: str, **more: Any) -> Finding:
    more.setdefault("span", policy.span)
    return Finding(rule, rule.severity, policy.identity, policy.name, policy.kind, message, key=key, **more)


def _size(policy: Policy, key: str | None) -> Iterator[Finding]:
    limit = size_limit(policy.kind, policy.identity)
    if limit is not None and policy.size > limit:
        unit = "bytes" if policy.kind is PolicyKind.KEY else "characters, white space aside"
        message = f"has {policy.size:,} {unit}; AWS accepts {limit:,} in {a_kind(policy.kind)}"
        yield _finding(policy, key, rules.SIZE, message, proof=Proof("counted as AWS counts"))


def _sids(policy: Policy, key: str | None) -> Iterator[Finding]:
    first: dict[str, Text] = {}
    for statement in policy.statements:
        sid = statement.sid
        if sid is None or not sid.value or first.setdefault(sid.value, sid) is sid:
            continue
        message = f"has the `Sid` {quoted_name(sid.value)} of an earlier statement (line {first[sid.value].span.line})"
        proof = Proof("two statements have the same text as `Sid`")
        yield _finding(
            policy,
            key,
            rules.DUPLICATE_SID,
            message,
            span=sid.span,
            statement=reference_to(policy, statement),
            proof=proof,
        )
