"""What an answer supposes, said alike in every report.

In: `Assumption`s. Out: lines of text, items of Markdown, JSON values, sentences. Guarantee: pure; each assumption is told once, but in
JSON, which has them as they are given. What was concluded about where the keys are (S4) every format of every command tells.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from verifier.model.results.verdict import Assumption
from verifier.report.naming import rule_label
from verifier.report.render.markdown_texts import escaped
from verifier.report.style import pad, sentence
from verifier.syntax.text import printable

LABEL = 12
"""Columns before what is supposed."""


class Supposing(Protocol):
    """Something that holds only if some things do."""

    @property
    def assumptions(self) -> tuple[Assumption, ...]: ...


def of_all(answers: Iterable[Supposing]) -> tuple[Assumption, ...]:
    """What some answers suppose."""
    return tuple(dict.fromkeys(assumption for answer in answers for assumption in answer.assumptions))


def concluded(assumptions: Iterable[Assumption]) -> list[Assumption]:
    """Those that tell the own account or Region, which the input does not say (S4)."""
    return list(dict.fromkeys(assumption for assumption in assumptions if assumption.is_conclusion))


def conclusions(assumptions: Iterable[Assumption]) -> tuple[str, ...]:
    """The same as sentences."""
    return tuple(f"{found.text} [{found.rule}]" for found in concluded(assumptions))


def supposed_lines(assumptions: Iterable[Assumption], label: str = "supposes", columns: int = LABEL, margin: str = "") -> list[str]:
    """Lines of a text report; the label stands before the first one."""
    lines: list[str] = []
    for assumption in dict.fromkeys(assumptions):
        lead = margin + pad("" if lines else label, columns)
        lines += sentence(printable(assumption.text), lead, rule_label(assumption.rule))
    return lines


def supposed_items(assumptions: Iterable[Assumption]) -> list[str]:
    """Items of a list in Markdown: what is supposed besides that which stands at the end of the page."""
    return [f"{escaped(other.text)} ({escaped(other.rule)})" for other in dict.fromkeys(assumptions) if not other.is_conclusion]


def supposed_end(assumptions: Iterable[Assumption]) -> list[str]:
    """What was concluded, in lines for the end of a page of Markdown, where there is always room."""
    return [f"<sub>supposed: {escaped(text)}</sub><br>" for text in conclusions(assumptions)]


def supposed_json(assumptions: Iterable[Assumption]) -> list[dict[str, Any]]:
    """JSON values."""
    return [{"rule": assumption.rule, "text": assumption.text} for assumption in assumptions]
