"""Findings, as text, Markdown and JSON: golden files on the examples (`UPDATE_GOLDEN=1` writes them anew: read the
difference)."""

from __future__ import annotations

import json
import re
from contextlib import chdir
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import verifier
from tests.project.shown import ROOT
from tests.report.rendered import render_findings, render_findings_markdown
from tests.report.test_who_can import assert_told
from verifier.model.results.access import Callers, ExternalAccess, FindingsReport, KeyFindings
from verifier.model.results.verdict import Reason
from verifier.report.wire.answers import findings_to_json
from verifier.report.wire.values import json_text

ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "payments": ("payments", {}),
    "cross-account": ("cross-account", {}),
    "trusted": ("cross-account", {"trusted": ["444455556666"]}),
    "organization": ("organization", {"zone": "organization", "services": True}),
    "grants": ("grants", {}),
}


@cache
def found(name: str) -> FindingsReport:
    """Without requests: which of them is shown is the solver's choice."""
    folder, options = ASKED[name]
    with chdir(ROOT):  # so that the length of the checkout's path does not decide where lines are broken
        report = verifier.findings(verifier.load(Path("examples") / folder), **options)
    return replace(report, keys=tuple(_without_requests(key) for key in report.keys))


def _without_requests(key: KeyFindings) -> KeyFindings:
    def quiet(findings: tuple[ExternalAccess, ...]) -> tuple[ExternalAccess, ...]:
        return tuple(replace(finding, region=replace(finding.region, witness=None)) for finding in findings)

    return replace(key, findings=quiet(key.findings), services=quiet(key.services))


@pytest.mark.parametrize("name", ASKED)
def test_golden_text(name: str) -> None:
    assert_told(f"{name}.txt", render_findings(found(name)), "findings")


def test_golden_in_full_and_in_markdown() -> None:
    assert_told("grants.full.txt", render_findings(found("grants"), in_full=True), "findings")
    assert_told("payments.md", render_findings_markdown(found("payments")), "findings")


@pytest.mark.parametrize("name", ASKED)
def test_the_json_is_valid(name: str) -> None:
    folder, options = ASKED[name]
    report = verifier.findings(verifier.load(ROOT / "examples" / folder), **options)
    document = json.loads(json_text(findings_to_json(report)))
    Draft202012Validator(verifier.schema("findings")).validate(document)
    assert all(finding["witness"] for key in document["keys"] for finding in key["findings"])
    counted = sum(len(key["findings"]) + len(key["services"]) * document["count_services"] for key in document["keys"])
    assert document["summary"]["findings"] == counted and document["summary"]["exit_code"] == int(counted > 0)


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(verifier.schema("findings"))


@pytest.mark.parametrize("name", ASKED)
def test_colour_adds_escapes_and_nothing_else(name: str) -> None:
    plain, coloured = render_findings(found(name)), render_findings(found(name), colour=True)
    assert "\x1b" not in plain and coloured != plain
    assert re.sub(r"\x1b\[[0-9]+m", "", coloured) == plain


def test_requests_are_shown() -> None:
    text = render_findings(verifier.findings(verifier.load(ROOT / "examples" / "cross-account")), in_full=True)
    assert "for example" in text and "aws kms" in text


def test_s1_findings_that_are_not_all_are_not_called_so() -> None:
    none, some = found("trusted"), found("payments")
    reason = (Reason("U3", "a policy is missing"),)
    doubt, more = (
        replace(report, keys=tuple(replace(key, reasons=reason) for key in report.keys)) for report in (none, some)
    )
    for text in (render_findings(doubt), render_findings_markdown(doubt)):
        assert "✔" not in text and "✅" not in text and "a policy is missing" in text and "These are all" not in text
    assert render_findings(doubt).rstrip().endswith("exit 3")
    assert render_findings(more).rstrip().endswith("exit 1") and "These are all" not in render_findings(more)


def test_texts_of_the_input_cannot_act() -> None:
    report = found("payments")
    finding = report.keys[0].findings[0]
    evil = Callers("role/\x1b[31m<b>|x")
    shown = replace(
        report,
        keys=(
            replace(
                report.keys[0], findings=(replace(finding, region=replace(finding.region, callers=evil)),), services=()
            ),
        ),
    )
    markdown = render_findings_markdown(shown)
    assert "\x1b" not in render_findings(shown) + markdown and "<b>" not in markdown
    assert {line.count("|") for line in markdown.splitlines() if line.startswith("| ")} == {5}
