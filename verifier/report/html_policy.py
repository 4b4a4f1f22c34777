"""Policy text with some statements marked.

In: the text of a file, spans. Out: `Html`. Guarantee: the lines are those of the file, with its numbers; what is left out is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from verifier.report.html_nodes import Content, Html, element
from verifier.report.places import place
from verifier.syntax.source import Span
from verifier.syntax.text import brief, printable_line

_WHOLE = 160
"""Lines of a file that is shown in full."""
_AROUND = 3
_MOST_LINES = 400
_LONGEST = 2000


def excerpts(texts: Mapping[str, str], spans: Iterable[Span], mark: str = "used") -> list[Html]:
    """For each file whose text is at hand, the lines around the spans, with the spans' lines marked."""
    by_file: dict[str, list[Span]] = {}
    for span in dict.fromkeys(spans):
        found = place(span)
        if found is not None and found.region is not None and span.file in texts:
            by_file.setdefault(span.file, []).append(span)
    return [_file(file, texts[file], marked, mark) for file, marked in by_file.items()]


def _file(file: str, text: str, spans: Sequence[Span], mark: str) -> Html:
    lines = text.splitlines()
    marked = {number for span in spans for number in range(span.line, max(span.line, span.end_line) + 1) if number <= len(lines)}
    whole = len(lines) <= _WHOLE
    wanted = [n for n in range(1, len(lines) + 1) if whole or any(abs(n - m) <= _AROUND for m in _edges(marked)) or n in marked]
    shown: list[Content] = []
    last = 0
    for number in wanted[:_MOST_LINES]:
        if number != last + 1:
            shown.append(element("span", "⋮", class_="gap"))
        shown.append(_line(number, lines[number - 1], mark if number in marked else None))
        last = number
    if last < len(lines):
        shown.append(element("span", f"⋮ {len(lines):,} lines in all", class_="gap"))
    return element(
        "div", element("p", file, class_="dim"), element("pre", shown, class_="policy", tabindex="0", aria_label=f"text of {file}")
    )


def _edges(marked: set[int]) -> set[int]:
    return {number for number in marked if number - 1 not in marked or number + 1 not in marked}


def _line(number: int, text: str, mark: str | None) -> Html:
    return element("span", element("i", str(number)), printable_line(brief(text, _LONGEST)), class_=mark)
