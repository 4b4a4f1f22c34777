"""What the linter found as rules and notices.

In: a `LintReport` and `Evidence`. Out: `Notices`. Guarantee: rule IDs are the linter's; a fingerprint is made of the
rule, the policy, what the statement means (where that is not at hand, its `Sid` or number), the message, and a number
where those are the same. What was not decided is a notice of level `warning`.
"""

from __future__ import annotations

from collections import Counter

from verifier.model.digest import short_digest
from verifier.model.lint_rules import RULES
from verifier.model.policy import PolicyKind, StatementRef
from verifier.model.results.lint import Finding, Linted, LintReport, LintRule, LintSeverity, UndecidedQuestion
from verifier.model.results.verdict import Status
from verifier.report.document import conclusions
from verifier.report.evidence import NO_EVIDENCE, Evidence
from verifier.report.meanings import joint_meaning
from verifier.report.naming import statement_name
from verifier.report.notices.notices import Notice, NoticeLevel, NoticeRule, Notices, NoticeSubject, unknown_notice
from verifier.report.words import lint as words
from verifier.syntax.source import NOWHERE

UNDECIDED = NoticeRule("undecided", "not decided", "every question of the linter is decided", "S1", 2.0)
_SECURITY = {LintSeverity.ERROR: 7.0, LintSeverity.WARNING: 5.0, LintSeverity.NOTE: 1.0}


def notices_of_lint(
    report: LintReport, fail_on: LintSeverity | None = LintSeverity.WARNING, evidence: Evidence = NO_EVIDENCE
) -> Notices:
    """A notice for each finding, and for what was not decided."""
    rules = (*map(_rule, RULES), UNDECIDED)
    seen: Counter[tuple[str, ...]] = Counter()
    counting = tuple(severity for severity in LintSeverity if fail_on is not None and severity.rank <= fail_on.rank)
    notices = [
        _finding(finding, words.policy_title(policy)[0], seen, evidence, finding.severity in counting)
        for policy, findings in words.by_policy(report)
        for finding in findings
    ]
    notices += [_undecided(undecided, seen) for undecided in report.undecided]
    summary = words.lint_counts(report)
    subjects, code = tuple(map(_subject_of, report.policies)), words.lint_exit_code(report, fail_on)
    concluded = conclusions(report.assumptions)
    return Notices(rules, tuple(notices), summary, code, report.inputs, report.warnings, subjects, concluded)


def _rule(rule: LintRule) -> NoticeRule:
    text = f"{rule.title} ({rule.applies_to}) [{rule.label}]"
    return NoticeRule(rule.id, rule.title, text, rule.label, _SECURITY[rule.severity], rule.page)


def _subject_of(policy: Linted) -> NoticeSubject:
    """A policy, called the same however many statements it has."""
    name, what = words.policy_title(policy)
    return NoticeSubject(_subject(policy.policy, policy.kind, policy.key), f"{name} {what.rpartition(',')[0]}")


def _subject(policy: str, kind: PolicyKind, key: str | None) -> str:
    return repr((policy, kind.value, key))


def _finding(finding: Finding, name: str, seen: Counter[tuple[str, ...]], evidence: Evidence, counts: bool) -> Notice:
    statement = finding.statement
    because = finding.proof.because if finding.proof is not None else ()
    others = (other for other in dict.fromkeys(because) if other.span not in (NOWHERE, finding.span))
    related = tuple((other.span, statement_name(other)) for other in others)
    which = (finding.rule.id, finding.policy, _which(statement, evidence), finding.message, finding.key or "")
    return Notice(
        finding.rule.id,
        NoticeLevel(finding.severity.value),
        f"{finding.rule.id}: {name}",
        f"{words.subject_name(finding)} {finding.message}{_shown(finding)}",
        _fingerprint(which, seen),
        finding.span,
        related,
        joint_meaning(evidence, (statement,)) if statement is not None else None,
        finding.key,
        finding.severity.value,
        counts_as=Status.REFUTED if counts else Status.PROVED,
        subject=_subject(finding.policy, finding.policy_kind, finding.key),
    )


def _shown(finding: Finding) -> str:
    """Why it is true."""
    if finding.proof is not None:
        return f"; proved: {finding.proof.text}"
    return (
        f"; for example {words.witness_request_text(finding.witness)}: {finding.shows}"
        if finding.witness is not None
        else ""
    )


def _undecided(undecided: UndecidedQuestion, seen: Counter[tuple[str, ...]]) -> Notice:
    subject = undecided.subject
    name = statement_name(subject) if isinstance(subject, StatementRef) else subject
    rule = undecided.rule.id if undecided.rule is not None else ""
    which = ("undecided", rule, name, undecided.reason)
    message = f"{rule or 'every rule'} was not decided: {undecided.reason} [{undecided.label}]"
    title, fingerprint = f"not decided: {name}", _fingerprint(which, seen)
    return unknown_notice(UNDECIDED.id, title, message, fingerprint, undecided.span)


def _which(statement: StatementRef | None, evidence: Evidence) -> str:
    if statement is None:
        return ""
    return joint_meaning(evidence, (statement,)) or statement.sid or str(statement.index)


def _fingerprint(which: tuple[str, ...], seen: Counter[tuple[str, ...]]) -> str:
    seen[which] += 1
    return short_digest(("lint", *which, seen[which]))
