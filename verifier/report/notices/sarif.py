"""Notices → SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html).

In: `Notices`. Out: one JSON document. Guarantee: it validates against the official schema; every character outside
ASCII is written as an escape. Only what is refuted or unknown is a result: viewers that do not know `kind` would show a
proof as an alert, or hide an unknown verdict, which is never a pass (S1). So an unknown verdict is a result of level
`warning`.
"""

from __future__ import annotations

from verifier import __version__
from verifier.model.rules import rules
from verifier.report.notices.notices import Notice, NoticeRule, Notices, Place, place
from verifier.report.wire.values import Json, json_text
from verifier.syntax.diagnostic import Diagnostic
from verifier.syntax.source import Span
from verifier.syntax.text import printable

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT = "kmsVerifier/v1"
_HELP = (
    "A result is proved, or has a request that was replayed; one that says `unknown` could not be decided, and is "
    "no pass."
)
_ROOT = "%SRCROOT%"
_ESCAPES = str.maketrans({"\\": "\\\\", "{": "{{", "}": "}}", "[": "\\[", "]": "\\]"})


def render_sarif(notices: Notices) -> str:
    """The log with one run, indented, with a final newline."""
    return json_text(sarif(notices))


def sarif(notices: Notices) -> Json:
    numbers = {rule.id: number for number, rule in enumerate(notices.rules)}
    driver = {"name": "kms-verifier", "version": __version__, "rules": [_rule(rule) for rule in notices.rules]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "artifacts": [_artifact(file, digest) for file, digest in notices.inputs],
        "invocations": [_invocation(notices)],
        "results": [_result(notice, numbers[notice.rule], notices.first_file) for notice in notices.notices],
        "properties": {"summary": notices.summary},
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: NoticeRule) -> Json:
    found: Json = {"id": rule.id, "name": printable(rule.name), "shortDescription": {"text": _message(rule.name)}}
    if rule.text:
        found["fullDescription"] = {"text": _message(rule.text)}
    cited = rules()[rule.label]
    pages = [source for source in cited.sources if source.url is not None]
    links = "".join(f"\n- [{page.text}]({page.url})" for page in pages)
    found["help"] = {
        "text": f"{_HELP} {cited.title} ({cited.label}).",
        "markdown": f"{_HELP}\n\n`{cited.label}`: {cited.text}\n{links}",
    }
    address = rule.page or next((page.url for page in pages), None)
    if address is not None:
        found["helpUri"] = address
    severity = f"{rule.security:.1f}"
    return found | {"properties": {"security-severity": severity, "precision": "very-high", "tags": ["security"]}}


def _artifact(file: str, digest: str) -> Json:
    place = Place(printable(file.partition("#")[0]), None, None)
    return {"location": _location_of(place), "hashes": {"sha-256": digest}}


def _invocation(notices: Notices) -> Json:
    notifications: list[Json] = [
        {"level": "note", "message": {"text": _message(f"supposed: {text}")}} for text in notices.concluded
    ]
    notifications += [_notification(warning) for warning in notices.warnings]
    return {
        "executionSuccessful": notices.answered,
        "exitCode": notices.exit_code,
        "toolExecutionNotifications": notifications,
    }


def _notification(warning: Diagnostic) -> Json:
    found: Json = {"level": warning.severity.value, "message": {"text": _message(warning.message)}}
    where = _location(warning.span) if warning.span else None
    return {**found, "locations": [where]} if where else found


def _result(notice: Notice, number: int, first: Span) -> Json:
    where = _location(notice.span) or _location(first)  # code scanning takes no result without a place
    found: Json = {
        "ruleId": notice.rule,
        "ruleIndex": number,
        "level": notice.level.value,
        "message": {"text": _message(f"{notice.title}. {notice.message}")},
        "locations": [where] if where else [],
        "fingerprints": {FINGERPRINT: notice.fingerprint},
        # GitHub tells alerts apart by this one, and would compute it from the text of the line if it were not given.
        "partialFingerprints": {"primaryLocationLineHash": f"{notice.fingerprint}:1"},
        "properties": {"status": notice.status, "target": notice.target},
    }
    if notice.parts:
        found["partialFingerprints"]["statementsMeaning/v1"] = notice.parts
    related = [
        {**other, "message": {"text": _message(text)}} for span, text in notice.related if (other := _location(span))
    ]
    if related:
        found["relatedLocations"] = [{**other, "id": number} for number, other in enumerate(related)]
    if notice.flow:
        found["codeFlows"] = [
            {"threadFlows": [{"locations": [_flow_step(n, *step) for n, step in enumerate(notice.flow, start=1)]}]}
        ]
    if notice.excuse is not None:
        found["suppressions"] = [{"kind": "external", "status": "accepted", "justification": printable(notice.excuse)}]
    if notice.excused_by is not None and "baseline" in notice.excused_by:
        found["baselineState"] = "unchanged"
    return found


def _flow_step(number: int, span: Span, text: str) -> Json:
    location = {**(_location(span) or {}), "message": {"text": _message(text)}}
    return {"location": location, "executionOrder": number, "importance": "essential"}


def _location(span: Span) -> Json | None:
    where = place(span)
    if where is None:
        return None
    found: Json = {"physicalLocation": {"artifactLocation": _location_of(where)}}
    if where.region is not None:
        found["physicalLocation"]["region"] = _region(where.region)
    if where.name:
        found["logicalLocations"] = [{"fullyQualifiedName": printable(where.name)}]
    return found


def _location_of(where: Place) -> Json:
    return {"uri": where.uri} if where.absolute else {"uri": where.uri, "uriBaseId": _ROOT}


def _region(span: Span) -> Json:
    found = {"startLine": span.line, "startColumn": max(span.column, 1)}
    if span.end_line < span.line or span.end_column <= 0:
        return found
    return {**found, "endLine": span.end_line, "endColumn": span.end_column}


def _message(text: str) -> str:
    """Plain text of a message: braces doubled (3.11.5), brackets that could be a link with a backslash (3.11.6)."""
    return printable(text).translate(_ESCAPES)
