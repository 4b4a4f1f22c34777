"""What is within reach → text for a terminal: key by key what, or who, in how many steps, by which chain, and whether that is all.

In: a `ReachReport`. Out: text. Guarantee: pure; every row is there, and what is told short says so; `--verbose` (`in_full`) has all of it,
each request with what lets it happen.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.model.results.reach_report import KeyReach, ReachReport, ReachRow
from verifier.model.results.verdict import Story
from verifier.report.naming import SETTLES, unknown_lines
from verifier.report.reach.names import Names, names_of
from verifier.report.reach.story import compact_lines, steps_lines
from verifier.report.reach.words import beyond_words, conclusion, distance, longer_words, of_row, question_words, reach_exit_code, rows_told
from verifier.report.style import Style, pad, page, sentence
from verifier.report.supposed import of_all, supposed_lines
from verifier.report.text import counted, ending_lines, key_lines
from verifier.syntax.text import printable

_LABEL, _WIDE = 14, 18
"""Columns of how far something is: `in 2 steps`, `maybe in 2 steps`."""


def render_reach(report: ReachReport, *, colour: bool = False, in_full: bool = False) -> str:
    """The whole answer, with a final newline."""
    writer = _Writer(report, Style(colour), in_full)
    lines = [*sentence(writer.style.bold(question_words(report)), ""), ""]
    lines += [line for key in report.keys for line in (*writer.key(key), "")]
    lines += writer.ending()
    return page(lines)


class _Writer:
    """Lays out the parts of an answer."""

    def __init__(self, report: ReachReport, style: Style, in_full: bool) -> None:
        self.report, self.style, self.in_full = report, style, in_full
        self.keys = [key.key for key in report.keys]
        self.label = _WIDE if any(row.reason for key in report.keys for row in key.rows) else _LABEL

    def key(self, key: KeyReach) -> Iterator[str]:
        """One key: what is within reach, and whether that is all."""
        yield from key_lines(key.key, self.style)
        yield ""
        names = names_of(self.keys, key.key.arn)
        told = rows_told(key, names, in_full=self.in_full)
        for number, one in enumerate(told, start=1):
            yield from self._row(key, one, names)
            if one.steps or self.in_full or one.reason is not None or number == len(told):
                yield ""
        for label, text in beyond_words(key, names, in_full=self.in_full):
            yield from sentence(text, pad(label, self.label))
            yield ""
        yield from self._conclusion(key)

    def _row(self, key: KeyReach, row: ReachRow, names: Names) -> Iterator[str]:
        paint = self.style.doubt if row.reason is not None else self.style.bad if row.steps else str
        what = of_row(self.report, row, names, in_full=self.in_full)
        yield from sentence(what, pad(paint(distance(row)), self.label))
        if row.story is not None and (row.steps or self.in_full):
            yield from self._story(key, row.story, names)
        if row.reason is not None:
            yield from unknown_lines(row.reason, " " * self.label)

    def _story(self, key: KeyReach, story: Story, names: Names) -> Iterator[str]:
        if self.in_full:
            yield from steps_lines(story, names, key.key.arn, self.style)
        else:
            yield from compact_lines(story, names, key.key.arn, self.style, " " * self.label)

    def _conclusion(self, key: KeyReach) -> Iterator[str]:
        sign = self.style.good("✔") if key.complete else self.style.doubt("?")
        yield from sentence(conclusion(self.report, key), f"{sign} ")
        for reason in key.reasons:
            yield from unknown_lines(reason, "  ")
        if not key.complete and not key.reasons:
            yield "  what is marked `maybe` has no chain that could be replayed"
        longer = longer_words(key)
        if longer is not None:
            yield f"  {longer}"

    def ending(self) -> list[str]:
        """What is supposed, the readings that were tried, the counting line."""
        lines = [*supposed_lines(of_all(self.report.keys), columns=_LABEL), *self._readings()]
        rows = sum(len(key.rows) for key in self.report.keys)
        return ending_lines(lines, [counted(rows, "row")], self.report.data_version, reach_exit_code(self.report))

    def _readings(self) -> Iterator[str]:
        """The questions that chains depend on."""
        stories = (row.story for key in self.report.keys for row in key.rows if row.story is not None)
        needed = sorted({label for story in stories for label, _ in story.readings})
        if needed:
            text = f"some chains need one reading of {', '.join(map(printable, needed))}: {SETTLES}"
            yield from sentence(text, pad("readings", _LABEL))
