"""The linter's report → JSON, as `verifier schema lint` describes it."""

from __future__ import annotations

from verifier.model.lint_rules import RULES
from verifier.model.policy import StatementRef
from verifier.model.results import lint as results
from verifier.report.wire.values import (
    SHAPES,
    Json,
    Shapes,
    as_mapping,
    count,
    heading,
    inputs,
    json_shape,
    milliseconds,
    wire,
)
from verifier.report.words.lint import lint_exit_code


def lint_to_json(
    report: results.LintReport, fail_on: results.LintSeverity | None = results.LintSeverity.WARNING
) -> Json:
    summary = {
        "findings": count(results.LintSeverity, (finding.severity for finding in report.findings)),
        "undecided": len(report.undecided),
        **({"not_listed": report.left_out} if report.left_out else {}),
        "fail_on": fail_on or "never",
        "exit_code": int(lint_exit_code(report, fail_on)),
    }
    whole = json_shape(
        "summary policies skipped rules findings undecided inputs assumptions warnings elapsed_ms",
        summary=lambda _: summary,
        rules=lambda _: RULES,
        inputs=inputs,
        elapsed_ms=milliseconds,
    )
    return {**heading("lint", report.data_version), **wire(report, _SHAPES | {results.LintReport: whole})}


_SHAPES: Shapes = {
    **SHAPES,
    results.Finding: json_shape(
        "rule=rule.id label=rule.label severity message place=span policy policy_name kind=policy_kind key statement "
        "proof witness shows rewrite",
        shows=lambda finding: finding.shows or None,
    ),
    results.Linted: json_shape("policy name kind statements key key_name place=span"),
    results.LintRule: json_shape("id label severity title applies_to"),
    results.Proof: json_shape("text because"),
    results.Rewrite: json_shape("claim text statement readings", readings=as_mapping("readings")),
    results.UndecidedQuestion: json_shape(
        "rule subject statement reason label place=span",
        rule=lambda undecided: undecided.rule.id if undecided.rule is not None else None,
        subject=lambda undecided: None if isinstance(undecided.subject, StatementRef) else undecided.subject,
        statement=lambda undecided: undecided.subject if isinstance(undecided.subject, StatementRef) else None,
    ),
}
