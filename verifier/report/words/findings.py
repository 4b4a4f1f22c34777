"""What text and Markdown say alike of findings: names, verdicts, the exit code.

In: a `FindingsReport` or parts of one. Out: texts without markup, safe for a terminal; an exit code.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.model.choices import Zone
from verifier.model.results.access import Access, ExternalAccess, FindingsReport, KeyFindings
from verifier.model.results.verdict import Status
from verifier.report.exit_codes import ExitCode
from verifier.report.words.verdicts import exit_code
from verifier.syntax.text import counted, printable


def findings_exit_code(report: FindingsReport) -> ExitCode:
    """1 where there are findings (services among them, if they count), 3 where something is not known, 0 otherwise."""
    return exit_code(status for key in report.keys for status in _statuses(report, key))


def _statuses(report: FindingsReport, key: KeyFindings) -> Iterator[Status]:
    if counted_findings(report, key):
        yield Status.REFUTED
    if not key.complete:
        yield Status.UNKNOWN
    yield Status.PROVED


def counted_findings(report: FindingsReport, key: KeyFindings) -> tuple[ExternalAccess, ...]:
    return (*key.findings, *key.services) if report.count_services else key.findings


def zone_text(report: FindingsReport) -> str:
    """`zone of trust: the key's own account and 444455556666`."""
    own = "the key's own account" if report.zone is Zone.ACCOUNT else "the organization of the key's account"
    return f"zone of trust: {' and '.join([own, *map(printable, report.trusted)])}"


def as_row(finding: ExternalAccess) -> Access:
    """A finding as a row of access, for what is said alike of both."""
    return Access(finding.region, finding.ways)


def findings_verdict(key: KeyFindings) -> str:
    """A sentence on whether the findings are all there is."""
    if not key.complete:
        return "These findings are not all, or not exact:"
    if not key.findings:
        return "No external access: proved that no request from outside the zone is allowed."
    if len(key.findings) == 1:
        return "It is the only one: proved that no other request from outside the zone is allowed."
    proved = "proved that no other request from outside the zone is allowed"
    return f"These are all: {proved}. None of them is covered by the others."


def headline(key: KeyFindings) -> str:
    """`2 findings, 1 of them public`."""
    number, public = len(key.findings), sum(finding.public for finding in key.findings)
    if not number:
        return "no finding" if key.complete else "not known"
    return counted(number, "finding") + (f", {public} public" if public else "")
