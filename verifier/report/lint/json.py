"""The linter's report → JSON, as `verifier schema lint` describes it.

Guarantee: strings are those of the input, unchanged, and every character outside ASCII is written as an escape. Members may be added in
later versions; those here keep their names and meanings.
"""

from __future__ import annotations

from verifier.model.lint_rules import RULES
from verifier.model.policy import StatementRef
from verifier.model.results.lint import Finding, Linted, LintReport, LintRule, Severity, Undecided
from verifier.report.json_values import (
    Json,
    counterexample_to_json,
    diagnostic_to_json,
    heading,
    inputs_to_json,
    place_to_json,
    statement_to_json,
)
from verifier.report.lint.words import lint_exit_code
from verifier.report.supposed import supposed_json


def lint_to_json(report: LintReport, fail_on: Severity | None = Severity.WARNING) -> Json:
    """The report as JSON values."""
    counts = {severity.value: sum(f.severity is severity for f in report.findings) for severity in Severity}
    return {
        **heading("lint", report.data_version),
        "summary": {
            "findings": counts,
            "undecided": len(report.undecided),
            "fail_on": "never" if fail_on is None else fail_on.value,
            "exit_code": int(lint_exit_code(report, fail_on)),
        },
        "policies": [_policy(policy) for policy in report.policies],
        "skipped": list(report.skipped),
        "rules": [_rule(rule) for rule in RULES],
        "findings": [_finding(finding) for finding in report.findings],
        "undecided": [_undecided(undecided) for undecided in report.undecided],
        "inputs": inputs_to_json(report.inputs),
        "assumptions": supposed_json(report.assumptions),
        "warnings": [diagnostic_to_json(warning) for warning in report.warnings],
        "elapsed_ms": round(report.elapsed * 1000, 3),
    }


def _policy(policy: Linted) -> Json:
    return {
        "policy": policy.policy,
        "name": policy.name,
        "kind": policy.kind.value,
        "statements": policy.statements,
        "key": policy.key,
        "key_name": policy.key_name,
        "place": place_to_json(policy.span),
    }


def _rule(rule: LintRule) -> Json:
    return {"id": rule.id, "label": rule.label, "severity": rule.severity.value, "title": rule.title, "applies_to": rule.applies_to}


def _finding(finding: Finding) -> Json:
    proof, rewrite = finding.proof, finding.rewrite
    return {
        "rule": finding.rule.id,
        "label": finding.rule.label,
        "severity": finding.severity.value,
        "message": finding.message,
        "place": place_to_json(finding.span),
        "policy": finding.policy,
        "policy_name": finding.policy_name,
        "kind": finding.policy_kind.value,
        "key": finding.key,
        "statement": statement_to_json(finding.statement) if finding.statement is not None else None,
        "proof": {"text": proof.text, "because": [statement_to_json(found) for found in proof.because]} if proof is not None else None,
        "witness": counterexample_to_json(finding.witness) if finding.witness is not None else None,
        "shows": finding.shows or None,
        "rewrite": {
            "claim": rewrite.claim.value,
            "text": rewrite.text,
            "statement": rewrite.statement,
            "readings": dict(rewrite.readings),
        }
        if rewrite is not None
        else None,
    }


def _undecided(undecided: Undecided) -> Json:
    subject = undecided.subject
    return {
        "rule": undecided.rule.id if undecided.rule is not None else None,
        "subject": None if isinstance(subject, StatementRef) else subject,
        "statement": statement_to_json(subject) if isinstance(subject, StatementRef) else None,
        "reason": undecided.reason,
        "label": undecided.label,
        "place": place_to_json(undecided.span),
    }
