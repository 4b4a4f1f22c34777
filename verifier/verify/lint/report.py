"""The parts of a lint report: what was looked at, findings in order, warnings that no finding says again.

In: policies, findings. Out: these parts. Guarantee: no finding is left out, and each stands once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from verifier.model.estate import Key
from verifier.model.policy import Policy
from verifier.model.results.lint import Finding, Linted
from verifier.syntax.diagnostic import Diagnostic


def linted_policy(policy: Policy, key: Key | None) -> Linted:
    """A policy that was looked at; `key` is the one that a key policy governs."""
    arn, name = (key.arn, key.name) if key is not None else (None, None)
    return Linted(policy.identity, policy.name, policy.kind, len(policy.statements), arn, name, policy.span)


def in_order(findings: Iterable[Finding], looked: Sequence[Linted]) -> tuple[Finding, ...]:
    """Policy by policy, worst first, then by place."""
    order = {(one.policy, one.kind, one.key): number for number, one in enumerate(looked)}

    def place(finding: Finding) -> tuple[int, int, int, int, str]:
        policy = order[finding.policy, finding.policy_kind, finding.key]
        return policy, finding.severity.rank, finding.span.line, finding.span.column, finding.rule.id

    return tuple(sorted(dict.fromkeys(findings), key=place))


def not_found_again(warnings: Sequence[Diagnostic], findings: Sequence[Finding]) -> tuple[Diagnostic, ...]:
    """The warnings of reading the input for which there is no finding at the same place."""
    places = {(finding.rule.label, finding.span.file, finding.span.line) for finding in findings}
    return tuple(w for w in warnings if w.span is None or (w.rule, w.span.file, w.span.line) not in places)
