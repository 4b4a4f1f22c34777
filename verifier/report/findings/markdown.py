"""Findings → Markdown: a table a key.

In: a `FindingsReport`. Out: Markdown (GitHub's, GitLab's). Guarantee: pure; every finding is there, or counted where there is no room;
no text of the input is read as markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.model.results.external_access import ExternalAccess, FindingsReport, KeyFindings
from verifier.report.access_words import Told, places_of, reading_question, readings_needed, ways_text, when_text
from verifier.report.findings.words import as_row, findings_exit_code, headline, verdict_text, zone_text
from verifier.report.markdown.room import Block, fitted
from verifier.report.markdown.texts import code, details, escaped, table_head, table_row
from verifier.report.naming import key_name
from verifier.report.region_words import INEXACT, witness_text
from verifier.report.supposed import of_all, supposed_end, supposed_items


def render_findings_markdown(report: FindingsReport, *, in_full: bool = False) -> str:
    """The whole report, with a final newline."""
    head = ["## External access to KMS keys", "", escaped(f"{zone_text(report)[0].upper()}{zone_text(report)[1:]}."), ""]
    blocks = [Block([*_key(key, in_full), ""], [*_in_short(key), ""]) for key in report.keys]
    needed = readings_needed(f.region for key in report.keys for f in (*key.findings, *key.services))
    questions = [f"{escaped(label)}: {escaped(reading_question(label))}" for label in needed]
    supposed = of_all(report.keys)
    blocks.append(Block(list(details("what AWS's documentation leaves open", questions)), [], counts=0))
    blocks.append(Block(list(details("what this supposes", supposed_items(supposed))), [], counts=0))
    end = ["", *supposed_end(supposed), f"<sub>{escaped(report.data_version)} · exit code {findings_exit_code(report):d}</sub>"]
    return fitted(head, blocks, end, "{} more keys, for which there is no room here.")


def _in_short(key: KeyFindings) -> Iterator[str]:
    """What is found, as a number."""
    yield _title(key)
    yield ""
    yield "There is no room here for what was found."


def _key(key: KeyFindings, in_full: bool) -> Iterator[str]:
    yield _title(key)
    yield ""
    if key.findings or key.services:
        yield from table_head(["", "who", "actions", "when", "through", "for example"])
        yield from _rows(key.findings, "external", in_full)
        yield from _rows(key.services, "AWS service", in_full)
        yield ""
    yield escaped(verdict_text(key))
    yield from (f"- {escaped(reason.text)} ({escaped(reason.rule)})" for reason in key.reasons)
    if not key.exact and not key.reasons:
        yield f"- {INEXACT}"
    yield from details("statements", [escaped(p) for p in places_of(Told(((as_row(f),),)) for f in (*key.findings, *key.services))])


def _title(key: KeyFindings) -> str:
    sign = "❌" if key.findings else "✅" if key.complete else "❓"
    return f"### {sign} {escaped(key_name(key.key))}: {escaped(headline(key))}"


def _rows(findings: Sequence[ExternalAccess], label: str, in_full: bool) -> Iterator[str]:
    for finding in findings:
        region = finding.region
        example = escaped(witness_text(region, in_full=in_full)) if region.witness is not None else ""
        cells = [escaped(region.callers.text), code(region.actions.text), escaped(when_text(region, in_full=False))]
        yield table_row(["**public**" if finding.public else label, *cells, escaped(ways_text(as_row(finding), in_full=in_full)), example])
