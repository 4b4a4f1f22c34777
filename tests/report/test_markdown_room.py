"""Markdown of every report that goes into a comment fits one, and counts what it leaves out."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import many
from tests.lint.test_reports import REPORT
from tests.report import comparisons as made
from tests.report.rendered import (
    render_comparison_markdown,
    render_explanation_markdown,
    render_findings_markdown,
    render_lint_markdown,
    render_report,
    render_suggestions_markdown,
    render_who_can_markdown,
)
from tests.report.samples import REFUTED, report
from tests.report.test_explanation import an_explanation
from tests.report.test_findings import found
from tests.report.test_suggestions import some_suggestions
from tests.report.test_who_can import answer
from verifier.model.results.verdict import Reason
from verifier.report.render.markdown import MOST, MarkdownPart, fitted

COMMENT = 65_536
"""Characters that GitHub takes in a comment."""


def line(size: int) -> list[str]:
    return ["x" * size]


BLOCKS = st.builds(
    lambda full, short: MarkdownPart(line(full), None if short is None else line(min(short, full))),
    st.integers(0, MOST // 3),
    st.none() | st.integers(0, MOST // 10),
)


@settings(max_examples=many(40))
@given(blocks=st.lists(BLOCKS, max_size=12))
def test_a_block_is_there_as_a_whole_or_is_counted(blocks: list[MarkdownPart]) -> None:
    text = fitted(["head"], blocks, ["end"])
    assert len(text) <= MOST and text.startswith("head\n") and text.endswith("end\n")
    lines = text.split("\n")[1:-2]
    left = (
        int(lines.pop(-2).split()[0])
        if len(lines) > 1 and lines[-2].endswith(" more, for which there is no room here.")
        else 0
    )
    told = lines[:-1] if left else lines
    allowed = [{"\n".join(block.full), *([] if block.short is None else ["\n".join(block.short)])} for block in blocks]
    assert len(told) + left == len(blocks)
    position = 0
    for one in told:  # in their order
        while one not in allowed[position]:
            position += 1
        position += 1


def test_what_fits_is_told_in_full() -> None:
    assert fitted(["a"], [MarkdownPart(["b", "c"], ["d"]), MarkdownPart(["e"])], ["f"]) == "a\nb\nc\ne\nf\n"


def test_everything_is_said_in_short_before_anything_is_said_in_full() -> None:
    text = fitted([], [MarkdownPart(line(MOST), ["short"])] * 2 + [MarkdownPart(line(2000), ["last"])], [])
    assert text.count("short") == 2 and "last" not in text and "more" not in text


def test_reports_on_large_estates_fit() -> None:
    many = made.comparison(*[replace(made.MIXED, name=f"key-{n}") for n in range(300)])
    text = render_comparison_markdown(many)
    assert MOST / 2 < len(text) <= MOST < COMMENT and " more, for which there is no room here." in text
    findings = replace(REPORT, findings=REPORT.findings * 200)
    text = render_lint_markdown(findings)
    assert MOST / 2 < len(text) <= MOST and "more, for which there is no room here" in text
    one = found("payments")
    text = render_findings_markdown(replace(one, keys=one.keys * 1500))
    assert MOST / 2 < len(text) <= MOST and "more, for which there is no room here" in text


def test_answers_on_large_estates_fit() -> None:
    asked = answer("payments-decrypt")
    whole = asked.keys[1]
    text = render_who_can_markdown(replace(asked, keys=(replace(whole, rows=whole.rows * 900), *asked.keys)))
    assert MOST / 2 < len(text) <= MOST and "more, for which there is no room here" in text
    assert text.count("This list is complete") == 3 and text.rstrip().endswith("</sub>")
    reasons = tuple(Reason("U3", f"policy {n} is not in the input") for n in range(3000))
    text = render_who_can_markdown(replace(asked, keys=(replace(whole, reasons=reasons),)))
    assert MOST / 2 < len(text) <= MOST and "is complete" not in text
    suggested = some_suggestions()
    refuted = suggested.advice[0]
    text = render_suggestions_markdown(replace(suggested, advice=(refuted,) * 2000))
    assert MOST / 2 < len(text) <= MOST and "more, for which there is no room here" in text
    explained = an_explanation()
    trace = explained.decision.trace * 500
    text = render_explanation_markdown(replace(explained, decision=replace(explained.decision, trace=trace)))
    assert len(text) <= MOST and "There is no room here for gate by gate" in text
    text = render_explanation_markdown(replace(explained, flips=explained.flips * 600))
    assert MOST / 2 < len(text) <= MOST and "more, for which there is no room here" in text


def test_names_that_grow_when_they_are_escaped_leave_room() -> None:
    hostile = replace(REFUTED, invariant=replace(REFUTED.invariant, name="[" * 3000))
    assert len(render_report(report(*[hostile] * 300), "markdown")) <= MOST


def test_a_comparison_without_room_for_every_case_says_so() -> None:
    text = render_comparison_markdown(made.comparison(*[replace(made.MIXED, name=f"key-{n}") for n in range(40)]))
    assert all(f"key-{n}" in text for n in range(40)), "each key is told"
    assert "There is no room here for every case." in text and len(text) <= MOST
