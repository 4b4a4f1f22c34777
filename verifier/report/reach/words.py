"""The answers of `verifier reach` in a few words: the question, how far something is, whether that is all.

In: a `ReachReport`. Out: texts without markup, safe for a terminal. Guarantee: nothing is called all that was not
proved to be (S1), and how long the chains are is always said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from verifier.model.choices import MOST_STEPS
from verifier.model.results.reach_report import KeyReach, ReachReport, ReachRow
from verifier.model.results.verdict import Status
from verifier.report.exit_codes import ExitCode
from verifier.report.naming import Names, first
from verifier.report.reach.shown_steps import shown_steps
from verifier.report.reach.story import bound_words
from verifier.report.words.verdicts import exit_code
from verifier.syntax.text import counted, printable

_MOST_NAMES = 4


def reach_exit_code(report: ReachReport) -> ExitCode:
    """0 where the answer is complete, 3 otherwise: that nobody gets there is an answer."""
    return exit_code(Status.PROVED if key.complete else Status.UNKNOWN for key in report.keys)


def question_words(report: ReachReport) -> str:
    if report.caller is not None:
        return f"what {Names().of(report.caller)} can bring about"
    return f"who can eventually {printable(' or '.join(report.to or ()))}"


def distance(row: ReachRow) -> str:
    """`directly`, `in 2 steps`; with `maybe` where no chain could be replayed."""
    how = f"in {counted(row.steps, 'step')}" if row.steps else "directly"
    return how if row.reason is None else f"maybe {how}"


def _some(texts: Sequence[str], names: Names, *, in_full: bool) -> str:
    """Callers or actions in one line: all of them, or the first few and how many more."""
    return first([names.callers(text) for text in texts], len(texts) if in_full else _MOST_NAMES)


def beyond_words(key: KeyReach, names: Names, *, in_full: bool) -> Iterator[tuple[str, str]]:
    """What is out of reach, each kind with its label: whatever is supposed, and only by what a person supposes (W3)."""
    certain = [one for one in key.beyond if one not in key.supposed]
    if certain:
        yield "out of reach", _some(certain, names, in_full=in_full)
    if key.supposed:
        yield (
            "as supposed",
            f"{_some(key.supposed, names, in_full=in_full)}: out of reach only by what is supposed [W3]",
        )


def of_row(report: ReachReport, row: ReachRow, names: Names, *, in_full: bool) -> str:
    """What a row is about: the actions of the caller asked about; or callers, and their actions where these differ."""
    several = row.steps > 0 and len(row.actions) > 1 and row.reason is None
    actions = _some(row.actions, names, in_full=in_full) + (
        ", each in the same way" if several and report.caller is not None else ""
    )
    if report.caller is not None:
        return actions
    callers = _some(row.callers, names, in_full=in_full)
    alike = len({row.actions for key in report.keys for row in key.rows}) == 1
    return callers if alike else f"{callers}: {actions}"


def conclusion(report: ReachReport, key: KeyReach) -> str:
    """A sentence on whether that is all, and for how long chains."""
    how_far = bound_words(key.bound)
    if not key.complete:
        return f"That this is all was not proved ({how_far}):"
    if report.caller is not None:
        who = Names().of(report.caller)
        return f"{who} can bring about nothing{' else' if key.rows else ''}: proved for {how_far}."
    return f"Nobody{' else' if key.rows else ''} gets there: proved for {how_far}."


def longer_words(key: KeyReach) -> str | None:
    """What a bound leaves open; `None` where it leaves nothing."""
    steps = key.bound.steps
    if any(row.steps > steps for row in key.rows):
        return f"chains of more than {counted(steps, 'step')} were not replayed" + (
            "; --steps N looks further" if steps < MOST_STEPS else ""
        )
    return None if key.bound.complete else "longer chains were not looked at; --steps N looks further"


def rows_shown(key: KeyReach, names: Names, *, in_full: bool) -> list[ReachRow]:
    """The rows, those together that are alike, where the first of them comes; in full, each for itself."""
    if in_full:
        return list(key.rows)
    found: dict[object, ReachRow] = {}
    for row in key.rows:
        outline = _outline(row, names, key.key.arn)
        before = found.get(outline)
        found[outline] = row if before is None else replace(before, actions=(*before.actions, *row.actions))
    return list(found.values())


def _outline(row: ReachRow, names: Names, target: str) -> object:
    """What is alike in rows that are shown together."""
    if row.story is None or row.story.access is None or not row.steps:
        return (row.callers, row.steps, row.actions, row.reason)
    action = row.story.access.request.action
    steps = tuple(f"{one.text(names, target=target)} {one.by()}".replace(action, "…") for one in shown_steps(row.story))
    return (row.callers, row.steps, row.story.readings, row.story.free, steps)
