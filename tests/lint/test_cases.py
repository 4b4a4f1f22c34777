"""Every rule on policies that break it, and on near misses that do not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.lint.case_files import LintCase, load_cases
from verifier.evaluate import evaluate
from verifier.model.lint_rules import RULES
from verifier.model.request import Decision
from verifier.model.results.lint import Finding, LintReport
from verifier.syntax.source import NOWHERE, Span
from verifier.verify.lint.linting import lint

ALL = list(load_cases())


def looked(case: LintCase, folder: Path) -> tuple[LintReport, str]:
    estate, text = case.load(folder)
    report = lint(estate)
    for finding in report.findings:
        assert (finding.proof is None) != (finding.witness is None)
        if finding.witness is not None:
            # What was shown is what `evaluate` says.
            shown = dict((*finding.witness.readings, *finding.witness.free))
            assert matches(
                finding,
                evaluate(estate, finding.witness.request, {**dict(finding.witness.decision.assignment), **shown}),
            )
    return report, text


def matches(finding: Finding, decision: Decision) -> bool:
    """Whether the statement matched, by the trace."""
    assert finding.statement is not None
    steps = (step.statement for step in decision.trace if step.depth == 1 and step.holds and step.statement is not None)
    return any((step.policy, step.index) == (finding.statement.policy, finding.statement.index) for step in steps)


def at(text: str, span: Span) -> str:
    """The text from a place on."""
    assert span != NOWHERE
    return text.splitlines()[span.line - 1][span.column - 1 :]


def key_of(expected: Mapping[str, Any]) -> tuple[str, int, str]:
    return expected["rule"], expected.get("statement", -1), expected.get("at", "")


def told(finding: Finding) -> tuple[str, int]:
    return finding.rule.id, finding.statement.index if finding.statement is not None else -1


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_the_findings_are_those_expected_and_no_others(case: LintCase, tmp_path: Path) -> None:
    report, text = looked(case, tmp_path)
    left = list(report.findings)
    for expected in case.expect:
        fitting = [finding for finding in left if fits(finding, expected, text)]
        assert fitting, (case.title, expected, [(*told(one), one.message, at(text, one.span)[:60]) for one in left])
        left.remove(fitting[0])
    assert not left, (case.title, [(*told(one), one.message) for one in left])
    assert tuple(one.rule.id if one.rule is not None else None for one in report.undecided) == case.undecided


def fits(finding: Finding, expected: Mapping[str, Any], text: str) -> bool:
    """Whether a finding is as expected, as far as is said."""
    rewrite, proof = finding.rewrite, finding.proof
    own = {
        "rule": finding.rule.id,
        "statement": finding.statement.index if finding.statement is not None else None,
        "policy": finding.policy_name,
        "severity": finding.severity.value,
        "evidence": "proof" if proof is not None else "witness",
        "rests_on": sorted(owner.index for owner in proof.because) if proof is not None else None,
        "rewrite": rewrite.claim.value if rewrite is not None else None,
    }
    if not at(text, finding.span).startswith(expected.get("at", "")) or expected.get("says", "") not in finding.message:
        return False
    if any(
        rewrite is None or rewrite.statement.get(name) != value for name, value in expected.get("becomes", {}).items()
    ):
        return False
    return all(own[name] == value for name, value in expected.items() if name in own)


def test_every_rule_is_broken_by_some_case() -> None:
    broken = {expected["rule"] for case in ALL for expected in case.expect}
    assert broken == {rule.id for rule in RULES}


def test_there_are_near_misses() -> None:
    assert sum(not case.expect for case in ALL) >= 20


def test_identifiers_are_unique_and_in_kebab_case() -> None:
    ids = [rule.id for rule in RULES]
    assert len(set(ids)) == len(ids)
    assert all(identifier == identifier.lower().replace("_", "-") for identifier in ids)


def test_every_rule_has_a_row_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "lint.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (\w+ \| [a-z, ]+) \|", page, re.MULTILINE))
    assert {identifier: row.split(",")[0] for identifier, row in rows.items()} == {
        rule.id: f"{rule.label} | {rule.severity.value}" for rule in RULES
    }
