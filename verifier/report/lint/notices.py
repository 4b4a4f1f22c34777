"""What the linter found as rules and notices.

In: a `LintReport` and `Evidence`. Out: `Notices`. Guarantee: rule IDs are the linter's; a fingerprint is made of the rule, the policy, what
the statement means (where that is not at hand, its `Sid` or number), the message, and a number where those are the same. What was not
decided is a notice of level `warning`.
"""

from __future__ import annotations

from collections import Counter

from verifier.model.lint import Finding, LintReport, Severity, Undecided
from verifier.model.lint_rules import RULES
from verifier.model.policy import StatementRef
from verifier.report.evidence import NO_EVIDENCE, Evidence
from verifier.report.lint.words import lint_exit_code
from verifier.report.naming import statement_name
from verifier.report.notices import Level, Notice, Notices, Rule
from verifier.runs.digests import digest
from verifier.syntax.source import NOWHERE

UNDECIDED = Rule("undecided", "not decided", "every question of the linter is decided")


def notices_of_lint(report: LintReport, fail_on: Severity | None = Severity.WARNING, evidence: Evidence = NO_EVIDENCE) -> Notices:
    """A notice for each finding, and for what was not decided."""
    rules = (*(Rule(rule.id, rule.title, f"{rule.title} ({rule.applies_to}) [{rule.label}]") for rule in RULES), UNDECIDED)
    seen: Counter[tuple[str, ...]] = Counter()
    notices = [_finding(finding, seen, evidence) for finding in report.findings]
    notices += [_undecided(undecided, seen) for undecided in report.undecided]
    summary = f"{len(report.findings)} findings in {len(report.policies)} policies, {len(report.undecided)} questions not decided"
    return Notices(rules, tuple(notices), summary, lint_exit_code(report, fail_on), report.inputs, report.warnings)


def _finding(finding: Finding, seen: Counter[tuple[str, ...]], evidence: Evidence) -> Notice:
    statement = finding.statement
    name = statement_name(statement) if statement is not None else finding.policy_name
    proof = f" {finding.proof.text}" if finding.proof is not None else f" {finding.shows}" if finding.shows else ""
    because = finding.proof.because if finding.proof is not None else ()
    related = tuple((other.span, statement_name(other)) for other in dict.fromkeys(because) if other.span not in (NOWHERE, finding.span))
    which = (finding.rule.id, finding.policy, _which(statement, evidence), finding.message, finding.key or "")
    return Notice(
        finding.rule.id,
        Level(finding.severity.value),
        f"{finding.rule.id}: {name}",
        finding.message + proof,
        _fingerprint(which, seen),
        finding.span,
        related,
        evidence.of_statements((statement,)) if statement is not None else None,
        finding.key,
        finding.severity.value,
    )


def _undecided(undecided: Undecided, seen: Counter[tuple[str, ...]]) -> Notice:
    subject = undecided.subject
    name = statement_name(subject) if isinstance(subject, StatementRef) else subject
    rule = undecided.rule.id if undecided.rule is not None else ""
    which = ("undecided", rule, name, undecided.reason)
    message = f"{rule or 'every rule'} was not decided: {undecided.reason} [{undecided.label}]"
    return Notice(UNDECIDED.id, Level.WARNING, f"not decided: {name}", message, _fingerprint(which, seen), undecided.span)


def _which(statement: StatementRef | None, evidence: Evidence) -> str:
    if statement is None:
        return ""
    return evidence.of_statements((statement,)) or statement.sid or str(statement.index)


def _fingerprint(which: tuple[str, ...], seen: Counter[tuple[str, ...]]) -> str:
    seen[which] += 1
    return digest(("lint", *which, seen[which])).hex()[:32]
