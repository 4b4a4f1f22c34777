"""Suggestions → text for a terminal: for each refuted invariant the edits, what they were proved to do, and the access that they cost.

In: `Suggestions`. Out: text. Guarantee: pure; an invariant without a suggestion says why.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.model.results.suggestion import Advice, Suggestion, Suggestions
from verifier.model.results.verdict import Status
from verifier.report.explanation.words import edit_lines
from verifier.report.naming import key_name, unknown_lines
from verifier.report.style import Style, pad, page, sentence
from verifier.report.suggestion.words import access_lines, kept_text, suggest_exit_code
from verifier.report.supposed import supposed_lines
from verifier.syntax.text import printable

_MARKS = {Status.PROVED: "✔ proved", Status.REFUTED: "✘ refuted", Status.UNKNOWN: "? unknown"}
_MARGIN = "   "


def render_suggestions(suggestions: Suggestions, *, colour: bool = False) -> str:
    """All of it, with a final newline."""
    style = Style(colour)
    quiet = [advice for advice in suggestions.advice if advice.status is Status.PROVED]
    lines = [line for advice in suggestions.advice if advice not in quiet for line in (*_advice(suggestions, advice, style), "")]
    supposed = supposed_lines(suggestions.assumptions)
    lines += [*supposed, ""] if supposed else []
    mended = sum(bool(advice.suggestions) for advice in suggestions.advice)
    refuted = sum(advice.status is Status.REFUTED for advice in suggestions.advice)
    counts = [f"{len(quiet)} proved as things are", f"{refuted} refuted, {mended} of them with a suggestion"]
    lines.append(f"{', '.join(counts)}      exit {suggest_exit_code(suggestions):d}")
    return page(lines)


def target_name(suggestions: Suggestions, target: str) -> str:
    """The name of the key with an ARN; any other target as it is."""
    return next((key_name(key) for key in suggestions.keys if key.arn == target), printable(target))


def _advice(suggestions: Suggestions, advice: Advice, style: Style) -> Iterator[str]:
    paint = {Status.REFUTED: style.bad, Status.UNKNOWN: style.doubt}.get(advice.status, style.good)
    name = f"{printable(advice.invariant.name)}   (invariant {advice.number}, {target_name(suggestions, advice.target)})"
    yield f"{paint(pad(_MARKS[advice.status], 12))}{style.bold(name)}"
    if advice.reason is not None:
        label = "no suggestion" if advice.status is Status.REFUTED else "because"
        yield from unknown_lines(advice.reason, f"{_MARGIN}{label}: ")
    for number, suggestion in enumerate(advice.suggestions, start=1):
        yield ""
        yield from _suggestion(advice, suggestion, number)


def _suggestion(advice: Advice, suggestion: Suggestion, number: int) -> Iterator[str]:
    for position, edit in enumerate(suggestion.edits):
        lead = f"{number}. " if position == 0 else "   and "
        yield from sentence(printable(edit.text), lead, indent=len(_MARGIN))
        yield from (f"{_MARGIN}   {line}" for line in edit_lines(edit))
    yield from sentence(kept_text(advice, suggestion), _MARGIN + pad("then", 9))
    last = None
    for label, text in access_lines(suggestion.comparison) if suggestion.comparison is not None else ():
        yield from sentence(text, _MARGIN + pad(label if label != last else "", 9))
        last = label
