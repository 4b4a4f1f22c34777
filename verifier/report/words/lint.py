"""What the reports of the linter have in common: which findings count, names of policies, requests in a line, the last
line.

In: a `LintReport`. Out: texts without markup, the exit code. Guarantee: every text of the input has passed through
`printable`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.model.policy import PolicyKind, StatementRef
from verifier.model.results.lint import Finding, Linted, LintReport, LintSeverity, UndecidedQuestion
from verifier.model.results.verdict import Counterexample
from verifier.report.exit_codes import ExitCode
from verifier.report.naming import readings_text, statement_name, value_text
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import counted, printable

_MOST_CONTEXT = 3
"""Pairs of a request's context that are shown in short."""


def lint_exit_code(report: LintReport, fail_on: LintSeverity | None) -> ExitCode:
    """1 where something as bad as `fail_on` was found (`None`: never), else 3 where something was not decided, else
    0."""
    if fail_on is not None and any(finding.severity.rank <= fail_on.rank for finding in report.findings):
        return ExitCode.REFUTED
    return ExitCode.UNKNOWN if report.undecided else ExitCode.PROVED


def by_policy(report: LintReport) -> Iterator[tuple[Linted, list[Finding]]]:
    """The policies in which something was found, in the order of the report."""
    found: dict[tuple[str, PolicyKind, str | None], list[Finding]] = {}
    for finding in report.findings:
        found.setdefault((finding.policy, finding.policy_kind, finding.key), []).append(finding)
    for policy in report.policies:
        findings = found.get((policy.policy, policy.kind, policy.key))
        if findings:
            yield policy, findings


def policy_title(policy: Linted) -> tuple[str, str]:
    """What the policy is of, and what it is: `payments` and `key policy, 6 statements`."""
    statements = counted(policy.statements, "statement")
    if policy.key is None:
        return printable(policy.name), f"{policy.kind.value}, {statements}"
    name = "" if policy.name == "default" else f" {printable(policy.name)}"
    return printable(policy.key_name or policy.key.rsplit("/", 1)[-1]), f"{policy.kind.value}{name}, {statements}"


def subject_name(finding: Finding) -> str:
    """The statement, or the policy where the finding is about the whole document."""
    return statement_name(finding.statement) if finding.statement is not None else "the policy"


def place_text(span: Span) -> str:
    """`key-policy.json:43:40`; nothing for what no file holds."""
    return "" if span == NOWHERE else printable(f"{span.file}:{span.line}:{span.column}")


def witness_request_text(witness: Counterexample, *, in_full: bool = False) -> str:
    """`arn:… calls kms:Decrypt with kms:ViaService = …`."""
    request = witness.request
    shown = request.context if in_full else request.context[:_MOST_CONTEXT]
    pairs = [f"{printable(key)} = {value_text(value)}" for key, value in shown]
    more = len(request.context) - len(shown)
    context = f" with {', '.join(pairs)}" + (f" and {more} more" if more else "") if pairs else ""
    return f"{printable(request.caller.arn)} calls {printable(request.action)}{context}"


def because_text(statements: Sequence[StatementRef]) -> str:
    """`Allow "Enable IAM" and Deny "Organization only"`."""
    return ", ".join(f"{statement.effect.value} {statement_name(statement)}" for statement in statements)


def rewrite_claim(finding: Finding) -> str:
    """`equivalent`, or `strictly tighter if C2=yes`; what is proved of the rewrite."""
    assert finding.rewrite is not None
    readings = readings_text(finding.rewrite.readings)
    return finding.rewrite.claim.value + (f", if {readings}" if readings else "")


def undecided_text(undecided: UndecidedQuestion) -> str:
    """What was not decided, and why."""
    subject = undecided.subject
    name = statement_name(subject) if isinstance(subject, StatementRef) else printable(subject)
    rule = f"{undecided.rule.id}: " if undecided.rule is not None else ""
    return f"{name}: {rule}{printable(undecided.reason)}"


def lint_counts(report: LintReport) -> str:
    """`12 policies: 1 error, 2 warnings`; how many policies were looked at, and what was found."""
    policies = counted(len(report.policies), "policy", "policies")
    severities = [finding.severity for finding in report.findings]
    found = [counted(severities.count(one), one.value) for one in LintSeverity if one in severities]
    if report.undecided:
        found.append(f"{len(report.undecided)} undecided")
    left = f"; {counted(report.left_out, 'note')} not listed (--all)" if report.left_out else ""
    return f"{policies}: {', '.join(found) or 'nothing found, everything decided'}{left}"
