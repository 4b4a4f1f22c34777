"""Findings: what is told, in which order, how much of it, and safely."""

from __future__ import annotations

import pytest

from verifier.syntax.diagnostic import InputError, Severity
from verifier.syntax.findings import LONGEST_LINE, MAXIMUM, Findings
from verifier.syntax.source import Source


def test_errors_come_in_the_order_of_the_text() -> None:
    findings = Findings(Source("f", "ab\ncd"))
    findings.error(3, 4, "second", hint="h", rule="L4")
    findings.error(1, 2, "first")
    findings.warning(0, 1, "only a warning")
    with pytest.raises(InputError) as raised:
        findings.raise_errors()
    assert [(d.message, str(d.span), d.line_text, d.hint, d.rule) for d in raised.value.diagnostics] == [
        ("first", "f:1:2", "ab", None, None),
        ("second", "f:2:1", "cd", "h", "L4"),
    ]
    assert [(d.severity, d.message) for d in findings.warnings] == [(Severity.WARNING, "only a warning")]


def test_warnings_raise_nothing() -> None:
    findings = Findings(Source("f", "x"))
    findings.warning(0, 1, "w")
    findings.raise_errors()
    assert [warning.message for warning in findings.warnings] == ["w"]


def test_what_is_left_out_is_counted() -> None:
    findings = Findings(Source("f\x1b", "x"))
    for _ in range(MAXIMUM + 7):
        findings.warning(0, 1, "w")
    assert len(findings.warnings) == MAXIMUM + 1
    assert findings.warnings[-1].message == "7 more warnings in f\\x1b"


def test_everything_shown_is_printable() -> None:
    findings = Findings(Source("f", "\x1b[2J\tx"))
    findings.error(4, 5, "\x1b]0;t\x07", hint="\u202e")
    diagnostic = findings.errors[0]
    assert diagnostic.message == "\\x1b]0;t\\x07"
    assert diagnostic.hint == "\\u202e"
    assert diagnostic.line_text == "\u241b[2J x"


def test_very_long_lines_are_not_shown() -> None:
    findings = Findings(Source("f", "x" * LONGEST_LINE + "\n" + "y" * (LONGEST_LINE + 1)))
    findings.error(0, 1, "shown")
    findings.error(LONGEST_LINE + 1, LONGEST_LINE + 2, "not shown")
    assert [diagnostic.line_text is None for diagnostic in findings.errors] == [False, True]
