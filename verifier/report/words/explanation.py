"""What explanations and suggestions say in words, for text and Markdown alike: outcomes, changes, edits, why there are
none.

In: parts of an `Explanation` or of a `Suggestions`. Out: texts of one line, or lines of JSON, without markup; an exit
code. Guarantee: every text of the input has passed through `printable`; what is not mended never counts as a success.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from verifier.model.request import Decision, Outcome, Value
from verifier.model.results.comparison import RegionChange, Relation, TargetComparison
from verifier.model.results.explanation import (
    Advice,
    ChangeKind,
    EditShown,
    Flip,
    PolicyChange,
    RequestChange,
    Suggestion,
    Suggestions,
)
from verifier.model.results.verdict import Status
from verifier.model.symbol_texts import free_fact
from verifier.model.symbols import OutsideFact, Reading, SymbolName
from verifier.report.exit_codes import ExitCode
from verifier.report.naming import value_text
from verifier.report.words.regions import CallerRow, region_groups, row_text
from verifier.syntax.text import counted, printable

CANNOT_BE_SENT = "cannot be sent, or is always refused"
OUTCOMES = {Outcome.ALLOW: "allowed", Outcome.DENY: "refused", Outcome.DEPENDS: "depends"}
_CONTEXT = 1
"""Lines of a statement around those that an edit changes."""
_MOST_LINES = 24
_KINDS = {
    ChangeKind.NEEDED: "",
    ChangeKind.SENDABLE: "so that it can be sent",
    ChangeKind.SUPPOSED: "supposed: the request leaves it out",
    ChangeKind.FOLLOWS: "follows",
}
_MOST_GROUPS, _MOST_ROWS = 2, 3


def request_change_text(change: RequestChange) -> str:
    """`kms:ViaService: absent → s3.us-west-2.amazonaws.com`, and what sort of change it is."""
    note = _KINDS[change.kind]
    return f"{printable(change.subject)}: {_value(change.before)} → {_value(change.after)}" + (
        f"   ({note})" if note else ""
    )


def _value(value: Value | None) -> str:
    return "absent" if value is None else value_text(value)


def count_text(flip: Flip) -> str:
    """How much changes, and of what."""
    if flip.count == 0:
        return "no change: it is enough that"
    alike = ", by the same caller for the same action" if flip.same_call else ""
    return counted(flip.count, "change") + alike


def outcome_text(decision: Decision) -> str:
    """`then it is refused`, or what it then depends on."""
    if decision.outcome is Outcome.DEPENDS:
        return f"then it depends on {symbols_text(decision.depends_on)}"
    return f"then it is {OUTCOMES[decision.outcome]}"


def symbols_text(symbols: Sequence[SymbolName]) -> str:
    """What the names of symbols stand for."""
    return ", ".join(dict.fromkeys(printable(_symbol(symbol)) for symbol in symbols))


def _symbol(symbol: SymbolName) -> str:
    if isinstance(symbol, OutsideFact):
        return "the policies of the caller's own account (U1)"
    return f"reading {symbol}" if isinstance(symbol, Reading) else symbol


def assignment_text(symbol: SymbolName, value: bool) -> str:
    """What a symbol with a value says, as a sentence."""
    if not isinstance(symbol, Reading):
        return printable(free_fact(symbol, value))
    return printable(f"{symbol.yes if value else symbol.no}, where AWS leaves open: {symbol.question}")


def edits_text(alternatives: Sequence[PolicyChange]) -> str:
    """`1 edit, any of`: how many edits each of some alternatives has."""
    return counted(len(alternatives[0].edits), "edit") + (", any of" if len(alternatives) > 1 else "")


def edit_lines(edit: EditShown) -> Iterator[str]:
    """The lines of the statement that the edit changes, as a difference with a line around."""
    before, after = (text.splitlines() if text is not None else [] for text in (edit.before, edit.after))
    lines = list(difflib.unified_diff(before, after, n=_CONTEXT, lineterm=""))[3:]
    shown = lines
    if len(lines) > _MOST_LINES:
        shown = [*lines[: _MOST_LINES - 1], f"  … {len(lines) - _MOST_LINES + 1} more lines"]
    yield from ("  …" if line.startswith("@@") else printable(line) for line in shown)


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
    """(`lost` or `gained`, who can do what) for each group of requests that the edits decide otherwise."""
    if comparison.relation is Relation.UNKNOWN:
        for reason in comparison.reasons[:1]:
            yield "lost", f"unknown: {printable(reason.text)}"
        return
    for label, changes in (("lost", comparison.lost), ("gained", comparison.gained)):
        yield from ((label, text) for text in _groups(changes))
    if comparison.relation is Relation.EQUIVALENT:
        yield "lost", "nothing"


def _groups(changes: Sequence[RegionChange]) -> Iterator[str]:
    groups = region_groups(changes)
    for group in groups[:_MOST_GROUPS]:
        rows = [_row(row) for row in group.rows[:_MOST_ROWS]]
        more = len(group.rows) - len(rows)
        if more:
            rows.append(f"and {counted(more, 'more group')} of callers")
        parts = [
            f"{printable(group.actions.text)} by {'; '.join(rows)}",
            f"when {group.conditions}" if group.conditions else "",
            *group.readings,
        ]
        yield ", ".join(filter(None, parts))
    if len(groups) > _MOST_GROUPS:
        yield f"{len(groups) - _MOST_GROUPS} more of this sort (`verifier compare` tells them)"


def _row(row: CallerRow) -> str:
    return row_text(row, in_full=False).replace("that --verbose tells", "that `verifier compare --verbose` tells")
