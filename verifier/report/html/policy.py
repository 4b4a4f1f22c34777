"""Policy text with some statements marked.

In: the text of a file, spans; or a policy, statements. Out: `Html`. Guarantee: the lines are those of the file, with
its numbers; what is left out is said, and so is that a policy is written from what was read of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from verifier.model.policy import Policy, Statement, StatementRef
from verifier.model.policy_text import statement_document
from verifier.report.html.nodes import Content, Html, element
from verifier.report.notices.notices import place
from verifier.syntax.source import Span
from verifier.syntax.text import brief, printable_line

_WHOLE = 80
"""Lines of a file that is shown in full."""
_AROUND = 3
_MOST_LINES = 400
_LONGEST = 2000


def excerpts(texts: Mapping[str, str], spans: Iterable[Span], mark: str = "used") -> list[Html]:
    """For each file whose text is at hand, the lines around the spans, with the spans' lines marked."""
    by_file: dict[str, list[Span]] = {}
    for span in dict.fromkeys(spans):
        if has_text(texts, span):
            by_file.setdefault(span.file, []).append(span)
    return [_file(file, texts[file], marked, mark) for file, marked in by_file.items()]


def has_text(texts: Mapping[str, str], span: Span) -> bool:
    """True iff the lines that a span is about are at hand."""
    found = place(span)
    return found is not None and found.region is not None and span.file in texts


def written_policies(policies: Mapping[str, Policy], statements: Iterable[StatementRef]) -> list[Html]:
    """The policies of statements as the program read them, with the statements marked: for policies that no file shows
    as they are, such as those of a plan."""
    by_policy: dict[str, list[StatementRef]] = {}
    for statement in dict.fromkeys(statements):
        if statement.policy in policies:
            by_policy.setdefault(statement.policy, []).append(statement)
    return [
        _written(policies[identity], {statement.index for statement in used}) for identity, used in by_policy.items()
    ]


def _written(policy: Policy, used: set[int]) -> Html:
    lines: list[Content] = []
    for statement in policy.statements:
        for line in _statement_lines(statement):
            lines.append(element("span", brief(line, _LONGEST), class_="used" if statement.index in used else None))
    more = [element("span", f"⋮ {len(lines):,} lines in all", class_="gap")] if len(lines) > _MOST_LINES else []
    title = f"{policy.kind.value} {policy.name}, as it was read"
    shown = element("pre", lines[:_MOST_LINES], more, class_="policy", tabindex="0", aria_label=title)
    return element("div", element("p", title, class_="dim"), shown)


def _statement_lines(statement: Statement) -> list[str]:
    try:
        return json.dumps(statement_document(statement), indent=2, ensure_ascii=False).split("\n")
    except ValueError as error:
        name = f'"{statement.sid.value}"' if statement.sid is not None else f"statement {statement.index + 1}"
        return [f"{name}: {error}"]


def _file(file: str, text: str, spans: Sequence[Span], mark: str) -> Html:
    lines = text.splitlines()
    numbers = (n for span in spans for n in range(span.line, max(span.line, span.end_line) + 1))
    marked = {number for number in numbers if number <= len(lines)}
    whole = len(lines) <= _WHOLE
    wanted = [
        n
        for n in range(1, len(lines) + 1)
        if whole or any(abs(n - m) <= _AROUND for m in _edges(marked)) or n in marked
    ]
    shown: list[Content] = []
    last = 0
    for number in wanted[:_MOST_LINES]:
        if number != last + 1:
            shown.append(element("span", "⋮", class_="gap"))
        shown.append(_line(number, lines[number - 1], mark if number in marked else None))
        last = number
    if last < len(lines):
        shown.append(element("span", f"⋮ {len(lines):,} lines in all", class_="gap"))
    text_shown = element("pre", shown, class_="policy", tabindex="0", aria_label=f"text of {file}")
    return element("div", element("p", file, class_="dim"), text_shown)


def _edges(marked: set[int]) -> set[int]:
    return {number for number in marked if number - 1 not in marked or number + 1 not in marked}


def _line(number: int, text: str, mark: str | None) -> Html:
    return element("span", element("i", str(number)), printable_line(brief(text, _LONGEST)), class_=mark)
