"""Suggestions → Markdown that fits a comment on a pull request.

In: `Suggestions`. Out: Markdown (GitHub's, GitLab's). Guarantee: pure; no text of the input is read as markup.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.model.suggestion import Advice, Suggestion, Suggestions
from verifier.model.verdict import Status
from verifier.report.explanation.markdown import edit_markdown
from verifier.report.markdown import escaped
from verifier.report.suggestion.text import target_name
from verifier.report.suggestion.words import access_lines, kept_text, suggest_exit_code

_SIGNS = {Status.PROVED: "✅ proved", Status.REFUTED: "❌ refuted", Status.UNKNOWN: "❓ unknown"}


def render_suggestions_markdown(suggestions: Suggestions) -> str:
    """All of it, with a final newline."""
    told = [advice for advice in suggestions.advice if advice.status is not Status.PROVED]
    lines = [line for advice in told for line in (*_advice(suggestions, advice), "")]
    proved = len(suggestions.advice) - len(told)
    lines.append(f"<sub>{proved} proved as things are · exit code {suggest_exit_code(suggestions):d}</sub>")
    return "\n".join(lines) + "\n"


def _advice(suggestions: Suggestions, advice: Advice) -> Iterator[str]:
    key = escaped(target_name(suggestions, advice.target))
    yield f"### {_SIGNS[advice.status]}: {escaped(advice.invariant.name)} ({key})"
    yield ""
    if advice.reason is not None:
        lead = "**no suggestion**: " if advice.status is Status.REFUTED else ""
        yield f"{lead}{escaped(advice.reason.text)} ({escaped(advice.reason.rule)})"
    for number, suggestion in enumerate(advice.suggestions, start=1):
        yield from _suggestion(advice, suggestion, number)


def _suggestion(advice: Advice, suggestion: Suggestion, number: int) -> Iterator[str]:
    for position, edit in enumerate(suggestion.edits):
        yield from edit_markdown(edit, f"{number}. " if position == 0 else "   ")
    yield f"   - {escaped(kept_text(advice, suggestion))}"
    for label, text in access_lines(suggestion.comparison) if suggestion.comparison is not None else ():
        yield f"   - **{label}** {escaped(text)}"
