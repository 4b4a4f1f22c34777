"""Diagnostics with their excerpts."""

from __future__ import annotations

import pytest

from verifier.report.diagnostics import render_diagnostics, render_input_errors
from verifier.report.style import Style
from verifier.syntax.diagnostic import Diagnostic, InputError, Severity
from verifier.syntax.source import NOWHERE, Span

LINE = '      "Condition": { "StringEqual": { "kms:ViaService": "s3.us-west-2.amazonaws.com" } }'
COLUMN = LINE.index('"StringEqual"') + 2
SPAN = Span("key-policy.json", 17, COLUMN, 17, COLUMN + 11)
MISSPELT = Diagnostic(
    Severity.ERROR, "unknown condition operator `StringEqual`", SPAN, LINE, "did you mean `StringEquals`?"
)


def test_the_fault_is_marked_and_the_remedy_stands_beside_it() -> None:
    head, line, mark = render_diagnostics([MISSPELT]).splitlines()
    assert head == f"key-policy.json:17:{COLUMN}: error: unknown condition operator `StringEqual`"
    assert line == "   17 | " + LINE
    assert mark.startswith("      | ") and mark.endswith("^^^^^^^^^^^ did you mean `StringEquals`?")
    assert line[mark.index("^") : mark.rindex("^") + 1] == "StringEqual"


def test_the_last_line_counts_the_errors_and_tells_the_exit_code() -> None:
    warning = Diagnostic(Severity.WARNING, "large")
    last = render_input_errors([MISSPELT, MISSPELT, warning]).splitlines()[-1]
    assert last.startswith("2 errors; nothing was checked") and last.endswith("exit 2")
    assert render_input_errors([MISSPELT]).splitlines()[-1].startswith("1 error;")


def test_an_error_without_a_place_or_an_excerpt() -> None:
    text = render_diagnostics(InputError.of("no invariants", hint="name a file", rule="S3").diagnostics)
    assert text == "error: no invariants [S3]\n   = name a file"
    assert render_diagnostics([Diagnostic(Severity.WARNING, "odd", NOWHERE)]) == "warning: odd"


@pytest.mark.parametrize("column", [1, 40, 16_000, 31_990])
def test_of_a_minified_policy_only_the_part_around_the_mark_is_shown(column: int) -> None:
    text = ("abcdefgh" * 4_000)[:32_000]
    diagnostic = Diagnostic(Severity.ERROR, "wrong", Span("p.json", 1, column, 1, column + 5), text)
    _, line, mark = render_diagnostics([diagnostic]).splitlines()
    assert len(line) <= 120
    assert line[mark.index("^") : mark.rindex("^") + 1] == text[column - 1 : column + 4]


def test_a_mark_over_several_lines_ends_with_the_first() -> None:
    diagnostic = Diagnostic(Severity.ERROR, "wrong", Span("p.json", 2, 3, 5, 1), "  {{}")
    assert render_diagnostics([diagnostic]).splitlines()[2] == "      |   ^^^"


def test_wide_characters_do_not_move_the_mark() -> None:
    diagnostic = Diagnostic(Severity.ERROR, "wrong", Span("p.json", 2, 3, 2, 4), "鍵鍵x")
    assert render_diagnostics([diagnostic]).splitlines()[2] == "      |     ^"


@pytest.mark.parametrize("hostile", ["\x1b[2J", "a\rb", "\u202e", "\x9b1m", "x\ny"])
def test_nothing_of_the_input_acts_on_the_terminal(hostile: str) -> None:
    diagnostic = Diagnostic(Severity.ERROR, hostile, Span(hostile, 1, 1, 1, 3), hostile, hostile, "L4")
    text = render_diagnostics([diagnostic])
    assert text.replace("\n", "").isprintable()
    assert len(text.splitlines()) == 3


def test_of_very_many_errors_the_first_are_shown_and_all_are_counted() -> None:
    text = render_input_errors([MISSPELT] * 1_000)
    assert text.count("unknown condition operator") == 50
    assert "… and 950 more" in text and "1,000 errors;" in text


def test_colour_is_the_callers_choice() -> None:
    assert "\x1b" not in render_diagnostics([MISSPELT])
    assert "\x1b[31merror:\x1b[0m" in render_diagnostics([MISSPELT], Style(True))


def test_a_long_remedy_has_a_line_of_its_own() -> None:
    hint = "use something else, " * 5
    lines = render_diagnostics([Diagnostic(Severity.ERROR, "wrong", SPAN, LINE, hint)]).splitlines()
    assert lines[3].startswith("      = use something else")
    assert max(map(len, lines)) <= 120
