"""Findings → text for a terminal: key by key who outside the zone of trust can do what, under which conditions, with a request.

In: a `FindingsReport`. Out: text. Guarantee: pure; every finding is there, and what is told short says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.model.results.external_access import ExternalAccess, FindingsReport, KeyFindings
from verifier.report.access_words import Told, cases_in_full, places_of, reading_question, readings_needed, ways_text, when_text
from verifier.report.columns import columns
from verifier.report.findings.words import as_row, findings_exit_code, headline, verdict_text, zone_text
from verifier.report.naming import SETTLES, rule_label, unknown_lines
from verifier.report.region_words import INEXACT, witness_text
from verifier.report.style import Style, flow, pad, page, sentence
from verifier.report.supposed import LABEL, of_all, supposed_lines
from verifier.report.text import counted, ending_lines, key_lines
from verifier.syntax.text import printable

_WIDTHS = (8, 32, 34, 38)
_INDENT = sum(_WIDTHS[:1]) + 2


def render_findings(report: FindingsReport, *, colour: bool = False, in_full: bool = False) -> str:
    """The whole report, with a final newline."""
    writer = _Writer(report, Style(colour), in_full)
    lines = [*sentence(writer.style.bold(f"external access, {zone_text(report)}"), ""), ""]
    lines += [line for key in report.keys for line in (*writer.key(key), "")]
    lines += writer.ending()
    return page(lines)


class _Writer:
    """Lays out the parts of a report."""

    def __init__(self, report: FindingsReport, style: Style, in_full: bool) -> None:
        self.report, self.style, self.in_full = report, style, in_full

    def key(self, key: KeyFindings) -> Iterator[str]:
        """One key: its findings, and whether these are all."""
        yield from key_lines(key.key, self.style)
        yield from self._findings(key.findings, "external")
        yield from self._findings(key.services, "service")
        yield ""
        groups = [Told(((as_row(finding),),)) for finding in (*key.findings, *key.services)]
        if places := places_of(groups):
            yield from map(self.style.dim, flow(places, pad("statements", LABEL), between=", "))
            yield ""
        yield from self._verdict(key)

    def _findings(self, findings: Sequence[ExternalAccess], label: str) -> Iterator[str]:
        for finding in findings:
            yield ""
            yield from self._finding(finding, "PUBLIC" if finding.public else label)

    def _finding(self, finding: ExternalAccess, label: str) -> Iterator[str]:
        region = finding.region
        actions = ", ".join(region.actions.names) if self.in_full else region.actions.text
        cells = (label, printable(region.callers.text), printable(actions), when_text(region, in_full=self.in_full))
        lines = columns(cells, _WIDTHS)
        yield (self.style.bad(lines[0][: len(label)]) if label != "service" else lines[0][: len(label)]) + lines[0][len(label) :]
        yield from lines[1:]
        for case in cases_in_full(region) if self.in_full else ():
            yield from sentence(case, f"{' ' * _INDENT}· ")
        yield from sentence(ways_text(as_row(finding), in_full=self.in_full), f"{' ' * _INDENT}{pad('through', 13)}")
        if region.witness is not None:
            yield from sentence(witness_text(region, in_full=self.in_full), f"{' ' * _INDENT}{pad('for example', 13)}")
            if self.in_full and region.witness.command:
                yield f"{' ' * _INDENT}{pad('to see it', 13)}{self.style.bold(printable(region.witness.command))}"

    def _verdict(self, key: KeyFindings) -> Iterator[str]:
        sign = self.style.bad("✘") if key.findings else self.style.good("✔") if key.complete else self.style.doubt("?")
        lead = f"{headline(key)}. " if key.findings else ""
        yield from sentence(lead + verdict_text(key), f"{sign} ", indent=2)
        for reason in key.reasons:
            yield from unknown_lines(reason, "  ")
        if not key.exact and not key.reasons:
            yield f"  {INEXACT}"
        if key.services and not self.report.count_services:
            yield "  access of AWS services does not count here (--services counts it)"

    # -- after the keys --

    def ending(self) -> list[str]:
        """What is open, what is supposed, the counting line."""
        lines = [*self._readings(), *supposed_lines(of_all(self.report.keys))]
        number = sum(len(key.findings) for key in self.report.keys)
        parts = [counted(len(self.report.keys), "key"), counted(number, "finding")]
        return ending_lines(lines, parts, self.report.data_version, findings_exit_code(self.report))

    def _readings(self) -> Iterator[str]:
        needed = readings_needed(f.region for key in self.report.keys for f in (*key.findings, *key.services))
        if needed and not self.in_full:
            yield from sentence(f"some findings depend on what AWS's documentation leaves open; {SETTLES}", pad("readings", LABEL))
            for label in needed:
                yield from sentence(reading_question(label), pad("", LABEL), rule_label(label))
