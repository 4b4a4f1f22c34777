"""Findings → a document: key by key who outside the zone of trust can do what, under which conditions, with a request.

In: a `FindingsReport`. Out: a `Document`; all its `Forms`. Guarantee: every finding is there, and what is shortened
says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from verifier.model.results.access import ExternalAccess, FindingsReport, KeyFindings
from verifier.report import document as doc
from verifier.report.document import of_all
from verifier.report.evidence import Evidence
from verifier.report.forms import Forms
from verifier.report.naming import key_heading
from verifier.report.notices.findings import notices_of_findings
from verifier.report.pages.parts import actions_said, data_counts, example_items, footnote, open_questions, reason_items
from verifier.report.tables import findings_table
from verifier.report.wire.answers import findings_to_json
from verifier.report.words import access as words
from verifier.syntax.text import counted


def findings_document(report: FindingsReport, *, in_full: bool = False) -> doc.Document:
    blocks = [block for key in report.keys for block in _key(report, key, in_full)]
    regions = [finding.region for key in report.keys for finding in (*key.findings, *key.services)]
    readings = () if in_full else open_questions("findings", words.readings_needed(regions))
    end = doc.block_group([*readings, footnote(regions), doc.Supposed(of_all(report.keys))])
    number = sum(len(key.findings) for key in report.keys)
    counts = (counted(len(report.keys), "key"), counted(number, "finding"), *data_counts(report.data_version))
    title, code = f"external access, {words.zone_text(report)}", words.findings_exit_code(report)
    return doc.Document(title, (*blocks, end), counts, code, in_full, number=len(report.keys))


def _key(report: FindingsReport, key: KeyFindings, in_full: bool) -> Iterator[doc.Block]:
    """One key: its findings, and whether these are all."""
    mark = doc.Role.BAD if key.findings else doc.Role.GOOD if key.complete else doc.Role.DOUBT
    yield key_heading(key.key, mark)
    rows = [
        *(_row(finding, "external", in_full) for finding in key.findings),
        *(_row(found, "service", in_full) for found in key.services),
    ]
    yield doc.TableBlock(("", "who", "actions", "when"), (8, 32, 34, 38), tuple(rows), apart=True)
    groups = (words.CallerGroup(((words.as_row(finding),),)) for finding in (*key.findings, *key.services))
    yield doc.Listing("statements", tuple(words.way_places(groups)))
    lead = f"{words.headline(key)}. " if key.findings else ""
    left_out = key.services and not report.count_services
    apart = ["access of AWS services does not count here (--services counts it)"] if left_out else []
    yield doc.block_group(
        [doc.Para(lead + words.findings_verdict(key), mark), reason_items(key.reasons, *apart, exact=key.exact)]
    )


def _row(finding: ExternalAccess, label: str, in_full: bool) -> doc.Row:
    region = finding.region
    kind = label if label == "service" else doc.Said("PUBLIC" if finding.public else label, doc.Role.BAD)
    actions, when = actions_said(region, in_full=in_full), words.when_text(region, in_full=in_full)
    cases = tuple(doc.Item(case, "·") for case in words.cases_in_full(region)) if in_full else ()
    through = doc.Item(words.ways_text(words.as_row(finding), in_full=in_full), "through")
    below = (
        doc.ItemList(cases, margin=10, columns=2),
        doc.ItemList((through, *example_items(region, in_full=in_full)), margin=10, columns=13),
    )
    return doc.Row((kind, region.callers.text, actions, when), below)


def findings_forms(report: FindingsReport, evidence: Callable[[], Evidence], *, in_full: bool) -> Forms:
    return Forms(
        partial(findings_document, report, in_full=in_full),
        partial(findings_to_json, report),
        lambda: notices_of_findings(report, evidence()),
        partial(findings_table, report),
    )
