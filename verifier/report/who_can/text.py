"""Who can → text for a terminal: key by key who, under which conditions and through what, and whether that is all.

In: a `WhoCan`. Out: text. Guarantee: pure; every row is there, and what is told short says so; `--verbose` (`in_full`) has all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.model.results.access import Access, KeyAccess, WhoCan
from verifier.report.access_words import (
    Told,
    callers_text,
    cases_in_full,
    is_federated,
    places_of,
    question_text,
    reading_question,
    readings_needed,
    told,
    verdict_text,
    ways_text,
    when_text,
    who_can_exit_code,
)
from verifier.report.columns import columns
from verifier.report.naming import SETTLES, rule_label, unknown_lines
from verifier.report.region_words import INEXACT, witness_text
from verifier.report.style import Style, flow, pad, page, sentence
from verifier.report.supposed import LABEL, of_all, supposed_lines
from verifier.report.text import counted, ending_lines, key_lines
from verifier.syntax.text import printable

_THREE, _INNER = (34, 44, 36), (36, 40, 34)
_MOST_PLACES = 12


def render_who_can(answer: WhoCan, *, colour: bool = False, in_full: bool = False) -> str:
    """The whole answer, with a final newline."""
    writer = _Writer(answer, Style(colour), in_full)
    lines = [*sentence(writer.style.bold(question_text(answer)), ""), ""]
    lines += [line for key in answer.keys for line in (*writer.key(key), "")]
    lines += writer.ending()
    return page(lines)


class _Writer:
    """Lays out the parts of an answer."""

    def __init__(self, answer: WhoCan, style: Style, in_full: bool) -> None:
        self.answer, self.style, self.in_full = answer, style, in_full

    # -- a key --

    def key(self, key: KeyAccess) -> Iterator[str]:
        """One key: who can, and whether that is all."""
        yield from key_lines(key.key, self.style)
        yield ""
        groups = told(key.rows, in_full=self.in_full)
        if self.answer.caller is not None and len(groups) == 1:
            yield f"{self.style.bold(callers_text(groups[0]))} can"
            yield from (line for row in groups[0].first for line in self._inner(groups[0], row))
        elif len(self.answer.names) == 1:
            yield from (line for group in groups for line in self._plain(group))
        else:
            yield from (line for group in groups for line in self._caller(group))
        yield from ([""] if groups else [])
        yield from self._where(groups)
        yield from self._verdict(key)

    def _plain(self, group: Told) -> Iterator[str]:
        """One action: who, when and through what beside one another."""
        for row in group.first:
            cells = (callers_text(group), when_text(row.region, in_full=self.in_full), self._ways(group, row))
            yield from columns(cells, _THREE)
            yield from self._more(row)

    def _caller(self, group: Told) -> Iterator[str]:
        """Several actions: below the caller."""
        yield from sentence(callers_text(group), "", indent=2)
        for row in group.first:
            yield from self._inner(group, row)

    def _inner(self, group: Told, row: Access) -> Iterator[str]:
        actions = ", ".join(row.region.actions.names) if self.in_full else row.region.actions.text
        cells = (printable(actions), when_text(row.region, in_full=self.in_full), self._ways(group, row))
        yield from columns(cells, _INNER, indent=4)
        yield from self._more(row)

    def _ways(self, group: Told, row: Access) -> str:
        return ways_text(row, in_full=self.in_full, together=group.together)

    def _where(self, groups: Sequence[Told]) -> Iterator[str]:
        """The places of the statements."""
        places = places_of(groups)
        shown = places if self.in_full else places[:_MOST_PLACES]
        more = [f"and {len(places) - len(shown):,} more (--verbose)"] if len(places) > len(shown) else []
        if places:
            yield from map(self.style.dim, flow([*shown, *more], pad("statements", LABEL), between=", "))
            yield ""

    def _more(self, row: Access) -> Iterator[str]:
        """Below a row, in full: its cases, and a request."""
        if not self.in_full:
            return
        for case in cases_in_full(row.region):
            yield from sentence(case, "      · ")
        witness = row.region.witness
        if witness is not None:
            yield from sentence(witness_text(row.region, in_full=True), "      for example  ")
            if witness.command:
                yield "                   " + self.style.bold(printable(witness.command))

    def _verdict(self, key: KeyAccess) -> Iterator[str]:
        sign = self.style.good("✔") if key.complete else self.style.doubt("?")
        yield from sentence(verdict_text(self.answer, key), f"{sign} ")
        for reason in key.reasons:
            yield from unknown_lines(reason, "  ")
        if not key.exact and not key.reasons:
            yield f"  {INEXACT}"

    # -- after the keys --

    def ending(self) -> list[str]:
        """What is open, what is supposed, the counting line."""
        lines = [*self._readings(), *supposed_lines(of_all(self.answer.keys))]
        rows = sum(len(key.rows) for key in self.answer.keys)
        return ending_lines(lines, [counted(rows, "row")], self.answer.data_version, who_can_exit_code(self.answer))

    def _readings(self) -> Iterator[str]:
        """The questions that rows depend on."""
        told_short = (row.region for key in self.answer.keys for row in key.rows if not is_federated(row.region))
        needed = readings_needed(told_short)
        if needed and not self.in_full:
            yield from sentence(f"some rows depend on what AWS's documentation leaves open; {SETTLES}", pad("readings", LABEL))
            for label in needed:
                yield from sentence(reading_question(label), pad("", LABEL), rule_label(label))
