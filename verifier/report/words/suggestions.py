"""What suggestions say in words, for text and Markdown alike.

In: parts of `Suggestions`. Out: texts of one line, without markup; the exit code.
Guarantee: every text of the input has passed through `printable`; what is not mended never counts as a success.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.model.results.comparison import RegionChange, Relation, TargetComparison
from verifier.model.results.region import LimitKind
from verifier.model.results.suggestion import Advice, Suggestion, Suggestions
from verifier.model.results.verdict import Status
from verifier.report.exit_codes import ExitCode
from verifier.report.words.regions import Row, grouped, limit_text, row_text
from verifier.syntax.text import printable

_MOST_GROUPS, _MOST_ROWS = 2, 3


def suggest_exit_code(suggestions: Suggestions) -> ExitCode:
    """1 where a refuted invariant has no suggestion, else 3 where one is unknown, else 0."""
    if any(advice.status is Status.REFUTED and not advice.suggestions for advice in suggestions.advice):
        return ExitCode.REFUTED
    unknown = any(advice.status is Status.UNKNOWN for advice in suggestions.advice)
    return ExitCode.UNKNOWN if unknown else ExitCode.PROVED


def kept_text(advice: Advice, suggestion: Suggestion) -> str:
    """What was proved of the edited policy."""
    others = {0: "there is no other about this key", 1: "the other one about this key keeps its verdict"}
    text = others.get(advice.others, f"the {advice.others} others about this key keep their verdicts")
    also = [f"“{printable(name)}” is proved as well" for name in suggestion.also_proved]
    return "; ".join(["the invariant is proved", text, *also])


def access_lines(comparison: TargetComparison) -> Iterator[tuple[str, str]]:
    """(`lost` or `gained`, who can do what no longer, or now) for each group of requests that the edits decide
    otherwise."""
    if comparison.relation is Relation.UNKNOWN:
        for reason in comparison.reasons[:1]:
            yield "lost", f"unknown: {printable(reason.text)}"
        return
    for label, changes in (("lost", comparison.lost), ("gained", comparison.gained)):
        yield from ((label, text) for text in _groups(changes))
    if comparison.relation is Relation.EQUIVALENT:
        yield "lost", "nothing"


def _groups(changes: Sequence[RegionChange]) -> Iterator[str]:
    groups = grouped(changes)
    for group in groups[:_MOST_GROUPS]:
        rows = [_row(row) for row in group.rows[:_MOST_ROWS]]
        more = len(group.rows) - len(rows)
        rows += [f"and {more} more group{'' if more == 1 else 's'} of callers"] if more else []
        conditions = " and ".join(limit_text(limit) for limit in group.common if limit.kind is not LimitKind.READING)
        readings = [limit_text(limit) for limit in group.common if limit.kind is LimitKind.READING]
        parts = [
            f"{printable(group.actions.text)} by {'; '.join(rows)}",
            f"when {conditions}" if conditions else "",
            *readings,
        ]
        yield ", ".join(filter(None, parts))
    if len(groups) > _MOST_GROUPS:
        yield f"{len(groups) - _MOST_GROUPS} more of this sort (`verifier compare` tells them)"


def _row(row: Row) -> str:
    return row_text(row, in_full=False).replace("that --verbose tells", "that `verifier compare --verbose` tells")
