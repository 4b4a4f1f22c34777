"""Findings of external access as rules and notices.

In: a `FindingsReport` and `Evidence`. Out: `Notices`. Guarantee: every finding is one; so is everything that is not
known. A fingerprint is made of the key, the rule, and who may do what under which conditions. Services are of level
`note` unless they count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from verifier.model.digest import short_digest
from verifier.model.results.access import ExternalAccess, FindingsReport, KeyFindings, statements_of
from verifier.report.document import conclusions, of_all
from verifier.report.evidence import NO_EVIDENCE, Evidence
from verifier.report.meanings import joint_meaning
from verifier.report.naming import key_name, statement_name
from verifier.report.notices.notices import LEVELS, Notice, NoticeRule, Notices, NoticeSubject, unknown_notice
from verifier.report.words.access import (
    cases_in_full,
    findings_exit_code,
    findings_verdict,
    headline,
    when_text,
    zone_text,
)
from verifier.report.words.regions import witness_text
from verifier.syntax.source import NOWHERE, Span

_PUBLIC, _EXTERNAL, _SERVICE, _INCOMPLETE = "public-access", "external-access", "service-access", "not-known"
_RULES = (
    NoticeRule(
        _PUBLIC,
        "public access",
        "nobody can use the key whose account nothing names, in no organization that anything names",
        security=9.5,
    ),
    NoticeRule(_EXTERNAL, "external access", "nobody from outside the zone of trust can use the key"),
    NoticeRule(_SERVICE, "access of an AWS service", "no AWS service principal can use the key", security=4.0),
    NoticeRule(_INCOMPLETE, "not known", "all access from outside the zone of trust is known", "S1", 5.0),
)


def notices_of_findings(report: FindingsReport, evidence: Evidence = NO_EVIDENCE) -> Notices:
    """A notice for each finding, and for each reason why they may not be all."""
    found = tuple(notice for key in report.keys for notice in _key(report, key, evidence))
    counts = "; ".join(f"{key_name(key.key)}: {headline(key)}" for key in report.keys[:20])
    more = f"; and {len(report.keys) - 20} more keys" if len(report.keys) > 20 else ""
    summary = f"{zone_text(report)}; {counts}{more}"
    subjects = tuple(
        NoticeSubject(key.key.arn, key_name(key.key), tuple(rule.id for rule in _RULES)) for key in report.keys
    )
    concluded = conclusions(of_all(report.keys))
    return Notices(
        _RULES, found, summary, findings_exit_code(report), report.inputs, report.warnings, subjects, concluded
    )


def _key(report: FindingsReport, key: KeyFindings, evidence: Evidence) -> Iterator[Notice]:
    for finding in key.findings:
        yield _finding(_PUBLIC if finding.public else _EXTERNAL, True, key, finding, evidence)
    for finding in key.services:
        yield _finding(_SERVICE, report.count_services, key, finding, evidence)
    for reason in key.reasons:
        yield _unknown(key, f"{reason.text} [{reason.rule}]", reason.span, reason.rule, reason.text)
    if not key.exact and not key.reasons:
        yield _unknown(key, f"{findings_verdict(key)} some conditions are too many to say", NOWHERE)


def _unknown(key: KeyFindings, message: str, span: Span, *which: str) -> Notice:
    fingerprint = _fingerprint(_INCOMPLETE, key, *which)
    title, arn = f"unknown: {key_name(key.key)}", key.key.arn
    return replace(unknown_notice(_INCOMPLETE, title, message, fingerprint, span, arn), target=arn)


def _finding(rule: str, counts: bool, key: KeyFindings, finding: ExternalAccess, evidence: Evidence) -> Notice:
    region = finding.region
    who = f"{region.callers.text} can {region.actions.text}"
    example = f"; for example {witness_text(region, in_full=False)}" if region.witness is not None else ""
    statements = statements_of(finding)
    places = [statement for statement in statements if statement.span != NOWHERE]
    level, counts_as = LEVELS[counts]
    title, message = f"{rule}: {key_name(key.key)}", f"{who}, {when_text(region, in_full=False)}{example}"
    fingerprint = _fingerprint(rule, key, who, *region.actions.names, *cases_in_full(region))
    place = places[0].span if places else NOWHERE
    related = tuple((statement.span, statement_name(statement)) for statement in places[1:])
    meaning, arn = joint_meaning(evidence, statements), key.key.arn
    notice = Notice(rule, level, title, message, fingerprint, place, related, meaning, arn, rule)
    return replace(notice, counts_as=counts_as, subject=arn)


def _fingerprint(rule: str, key: KeyFindings, *parts: str) -> str:
    return short_digest(("findings", rule, key.key.arn, *parts))
