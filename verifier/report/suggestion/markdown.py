"""Suggestions → Markdown that fits a comment on a pull request.

In: `Suggestions`. Out: Markdown (GitHub's, GitLab's). Guarantee: pure; no text of the input is read as markup; what finds no room in a
comment is counted.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.model.results.suggestion import Advice, Suggestion, Suggestions
from verifier.model.results.verdict import Status
from verifier.report.explanation.markdown import edit_markdown
from verifier.report.markdown.room import Block, fitted
from verifier.report.markdown.texts import escaped
from verifier.report.suggestion.text import target_name
from verifier.report.suggestion.words import access_lines, kept_text, suggest_exit_code
from verifier.report.supposed import supposed_end

_SIGNS = {Status.PROVED: "✅ proved", Status.REFUTED: "❌ refuted", Status.UNKNOWN: "❓ unknown"}


def render_suggestions_markdown(suggestions: Suggestions) -> str:
    """All of it, with a final newline."""
    told = [advice for advice in suggestions.advice if advice.status is not Status.PROVED]
    blocks = [Block([*_title(suggestions, advice), *_advice(advice), ""], _in_short(suggestions, advice)) for advice in told]
    proved = len(suggestions.advice) - len(told)
    end = [
        *supposed_end(suggestions.assumptions),
        f"<sub>{proved} proved as things are · exit code {suggest_exit_code(suggestions):d}</sub>",
    ]
    return fitted([], blocks, end, "{} more are refuted or unknown; there is no room for them here.")


def _title(suggestions: Suggestions, advice: Advice) -> tuple[str, str]:
    key = escaped(target_name(suggestions, advice.target))
    return f"### {_SIGNS[advice.status]}: {escaped(advice.invariant.name)} ({key})", ""


def _in_short(suggestions: Suggestions, advice: Advice) -> list[str]:
    found = len(advice.suggestions)
    count = f"{found} suggestion{'' if found == 1 else 's'}" if found else "The reason"
    return [*_title(suggestions, advice), f"{count}, for which there is no room here.", ""]


def _advice(advice: Advice) -> Iterator[str]:
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
