"""The text report, compared with golden files (`UPDATE_GOLDEN=1 pytest tests/report` writes them anew: read the
difference)."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.golden import assert_golden
from tests.report.samples import (
    GRANTED,
    GRANTED_KEY,
    GRANTS_UNKNOWN,
    KEY,
    LOCKED_OUT,
    LOG_KEY,
    MANY_NAMED,
    NAMED,
    NEVER_ALLOWED,
    NO_GRANT,
    PROVED,
    REFUTED,
    REPLICATES,
    UNKNOWN,
    report,
    with_sid,
)
from verifier.model.choices import Engine
from verifier.model.request import CallerKind, Outcome
from verifier.model.results.rechecked import Checked, ProofOutcome, Recheck
from verifier.model.results.verdict import Agreement
from verifier.report.checks import check_forms, check_of_report
from verifier.report.document import Row, TableBlock
from verifier.report.formats import written
from verifier.report.pages.prove import report_document
from verifier.report.pages.verdicts import render_text
from verifier.report.recheck import recheck_forms
from verifier.report.render.text import block_lines, document_text
from verifier.report.style import Style, flow

AGREED, UNANSWERED = (replace(PROVED, agreement=how) for how in (Agreement.AGREED, Agreement.UNANSWERED))
GOLDEN = Path(__file__).parent / "golden"

REPORTS = {
    "cross_check": replace(report(AGREED, UNANSWERED), engine=Engine.SAT, second_engine=Engine.CVC5_STRINGS),
    "proved": report(PROVED),
    "refuted": report(REFUTED, free=()),
    "refused": report(LOCKED_OUT, NEVER_ALLOWED),
    "unknown": report(UNKNOWN, free=tuple(f"R{i}" for i in range(9))),
    "grants": report(NAMED, NO_GRANT, GRANTED, GRANTS_UNKNOWN, keys=(GRANTED_KEY, LOG_KEY), endpoints=2),
    "calls": report(REPLICATES, MANY_NAMED),
    "several": report(PROVED, REFUTED, UNKNOWN, PROVED, keys=(KEY, LOG_KEY)),
}


@pytest.mark.parametrize("name", REPORTS)
def test_golden(name: str) -> None:
    assert_golden(GOLDEN / f"{name}.txt", render_text(REPORTS[name], colour=False))


@pytest.mark.parametrize("width", [80, 150])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """But for what cannot be broken: ARNs, commands, places."""
    lines = document_text(report_document(REPORTS["several"]), width=width).splitlines()
    assert [line for line in lines if len(line) > width and not re.search(r"arn:|\.json|aws kms", line)] == []
    times = [line for line in lines if line.endswith(" ms")]
    assert len(times) > 2 and {len(line) for line in times} == {min(width, 96)}


@pytest.mark.parametrize("width", [80, 150])
@pytest.mark.parametrize("refused", [None, "the input is another one: " + ", ".join(["a.json"] * 40)])
def test_checks_and_rechecks_are_as_wide_as_the_terminal(width: int, refused: str | None) -> None:
    long = Checked("an invariant of some words " * 8, "the key", ProofOutcome.NO_PROOF, "it is not proved")
    found = Recheck((long,), (), (), 0, (), "", refused)
    check = check_of_report("no-public-access", REPORTS["several"])
    for forms in (recheck_forms(found), check_forms(check)):
        lines = written(forms, "text", width=width).splitlines()
        assert [line for line in lines if len(line) > width and not re.search(r"arn:|\.json:|aws kms", line)] == []
    assert len(written(recheck_forms(found), "text").splitlines()) == (2 if refused is None else 1)


def test_every_golden_file_has_its_report() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(REPORTS)


@pytest.mark.parametrize("name", REPORTS)
def test_colour_adds_escapes_and_nothing_else(name: str) -> None:
    plain, coloured = render_text(REPORTS[name], colour=False), render_text(REPORTS[name], colour=True)
    assert "\x1b" not in plain
    assert coloured != plain
    assert re.sub(r"\x1b\[[0-9]+m", "", coloured) == plain


@pytest.mark.parametrize("name", REPORTS)
def test_lines_are_at_most_120_wide_except_commands(name: str) -> None:
    lines = render_text(REPORTS[name], colour=False).splitlines()
    assert [line for line in lines if len(line) > 120 and "to see it" not in line] == []


def test_s1_unknown_is_never_counted_as_a_pass() -> None:
    text = render_text(report(UNKNOWN), colour=False)
    assert "1 invariant: 1 unknown" in text
    assert "✔" not in text and "proved" not in text
    assert text.rstrip().endswith("exit 3")


def test_of_many_verdicts_the_summary_stands_first() -> None:
    few, many = (
        render_text(report(*[PROVED] * count, REFUTED, UNKNOWN), colour=False).splitlines() for count in (18, 19)
    )
    assert "20 verdicts" not in few[0] and few[-1].endswith("exit 1")
    assert (
        "21 verdicts: 19 proved, 1 refuted, 1 unknown" in many[0] and many[1].endswith("exit 1") and many[-1] == many[1]
    )
    assert [line.split()[0] for line in many[3:5]] == ["refuted", "unknown"] and not many[5]


def test_several_keys_name_the_key_of_each_verdict() -> None:
    other = with_sid("z").verdicts[1]
    text = render_text(report(PROVED, other), colour=False)
    assert "no external account can decrypt  on payments" in text
    assert "  on payments" not in render_text(report(PROVED), colour=False)


@pytest.mark.parametrize("hostile", ["\x1b]0;owned\x07", "a\nb", "\r\x1b[2K✔ proved", "\u202eevil", "\x9b31m"])
def test_nothing_of_the_input_acts_on_the_terminal(hostile: str) -> None:
    text = render_text(with_sid(hostile), colour=False)
    assert not any(not character.isprintable() for character in text.replace("\n", ""))
    clean = render_text(with_sid("x" * len(hostile)), colour=False)
    assert text.count("\n") >= clean.count("\n") > 10


def test_a_command_is_never_broken() -> None:
    command = "aws kms decrypt " + " ".join(f"--option-{i} value" for i in range(20))
    assert REFUTED.counterexample is not None
    verdict = replace(REFUTED, counterexample=replace(REFUTED.counterexample, command=command))
    assert f"to see it    {command}\n" in render_text(report(verdict), colour=False)


def test_of_many_statements_the_first_are_shown_and_the_others_counted() -> None:
    found = NEVER_ALLOWED.counterexample
    assert found is not None
    gate, *statement = found.decision.trace
    many = replace(found, decision=replace(found.decision, trace=(gate, *statement * 1500)))
    text = render_text(report(replace(NEVER_ALLOWED, counterexample=many)), colour=False)
    assert text.count('"Reports"') == 8
    assert "and 1,492 more (`--output json` has them all)" in text


def test_r8_what_the_whole_call_needs_is_said_only_of_a_call_that_is_allowed() -> None:
    found = REPLICATES.counterexample
    assert found is not None
    assert "note         the whole call also needs kms:CreateKey by an identity policy" in render_text(
        report(REPLICATES), colour=False
    )
    denied = replace(found, decision=replace(found.decision, outcome=Outcome.DENY))
    assert "note" not in render_text(report(replace(REPLICATES, counterexample=denied)), colour=False)


@pytest.mark.parametrize(("kind", "is_told"), [(CallerKind.ROLE, True), (CallerKind.USER, False)])
def test_f6_that_conditions_of_trust_policies_are_not_looked_at_is_said(kind: CallerKind, is_told: bool) -> None:
    """Which claims of a provider a session has these decide."""
    found = REPLICATES.counterexample
    assert found is not None
    key = "token.actions.githubusercontent.com:sub"
    request = replace(found.request, caller=replace(found.request.caller, kind=kind), context=((key, "repo:acme/x"),))
    text = render_text(report(replace(REPLICATES, counterexample=replace(found, request=request))), colour=False)
    said = f"supposing the conditions of its role's trust policy, which are not checked, allow this {key}"
    assert (said in " ".join(text.split())) == is_told


@pytest.mark.parametrize(
    ("word", "told"),
    [("x" * 4, ["xxxx  next"]), *(("x" * wide, ["x" * wide, "      next"]) for wide in (5, 6, 7))],
)
def test_cells_side_by_side_have_a_gap(word: str, told: list[str]) -> None:
    rows = tuple(Row((one, "next")) for one in (word, ""))
    assert block_lines([TableBlock(("", ""), (4, 9), rows)], Style(False)) == [*told, "      next"]


def test_a_place_goes_to_a_line_of_its_own_where_its_statement_has_no_room() -> None:
    pieces = ['Allow "Ops" (keys/orders/policy.json:4),', 'Deny "Rest" (:9)']
    assert flow(pieces, "rests on  ", width=60) == [
        'rests on  Allow "Ops" (keys/orders/policy.json:4),',
        '          Deny "Rest" (:9)',
    ]
    assert flow(pieces, "rests on  ", width=40) == [
        'rests on  Allow "Ops"',
        "            (keys/orders/policy.json:4),",
        '          Deny "Rest" (:9)',
    ]
    command = "aws kms decrypt --key-id alias/orders --ciphertext-blob fileb://ciphertext"
    assert flow([command], "to see it  ", width=40) == [f"to see it  {command}"]


def test_a_comma_at_the_end_of_a_line_counts() -> None:
    assert flow(["aaaa", "bbbb", "cc"], "", between=", ", width=10) == ["aaaa,", "bbbb, cc"]
    assert flow(["aaaa", "bbbb"], "", between=", ", width=10) == ["aaaa, bbbb"]
