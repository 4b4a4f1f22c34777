"""What explanations say in words, for text and Markdown alike: outcomes, changes, edits, why there are none.

In: parts of an `Explanation` or of a `Suggestions`. Out: texts of one line, or lines of JSON, without markup.
Guarantee: every text of the input has passed through `printable`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from verifier.model.free_fact_words import free_fact
from verifier.model.request import Decision, Outcome, Value
from verifier.model.results.explanation import Change, ChangeKind, EditShown, Flip, PolicyChange
from verifier.model.symbols import OutsideFact, Reading, SymbolName
from verifier.report.naming import counted, value_text
from verifier.syntax.text import printable

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


def change_text(change: Change) -> str:
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
    number = len(alternatives[0].edits)
    return f"{number} edit{'' if number == 1 else 's'}" + (", any of" if len(alternatives) > 1 else "")


def edit_lines(edit: EditShown) -> Iterator[str]:
    """The lines of the statement that the edit changes, those before it behind `-` and those after it behind `+`, with
    a line around."""
    before, after = (text.splitlines() if text is not None else [] for text in (edit.before, edit.after))
    lines = list(difflib.unified_diff(before, after, n=_CONTEXT, lineterm=""))[3:]
    shown = lines
    if len(lines) > _MOST_LINES:
        shown = [*lines[: _MOST_LINES - 1], f"  … {len(lines) - _MOST_LINES + 1} more lines"]
    yield from ("  …" if line.startswith("@@") else printable(line) for line in shown)
