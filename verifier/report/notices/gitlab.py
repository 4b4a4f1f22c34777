"""Notices → a Code Quality report of GitLab (https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format).

In: `Notices`. Out: JSON. Guarantee: each notice is one entry, and so is each thing that was concluded (S4), and each warning. GitLab shows
entries that have a place: one that has none is at the beginning of the first file that was read.
"""

from __future__ import annotations

import json

from verifier.report.notices.notices import Level, Notices
from verifier.report.notices.places import place
from verifier.report.wire.values import Json
from verifier.runs.digests import digest
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import printable

_SEVERITIES = {Level.ERROR: "critical", Level.WARNING: "major", Level.NOTE: "info"}


def render_gitlab(notices: Notices) -> str:
    """The report, with a final newline."""
    file = notices.inputs[0][0] if notices.inputs else "."
    found = [_entry("supposed", Level.NOTE, text, digest(("supposed", text)).hex()[:32], NOWHERE, file) for text in notices.concluded]
    for warning in notices.warnings:
        text = f"{warning.message} [{warning.rule}]" if warning.rule else warning.message
        found.append(_entry("warning", Level.NOTE, text, digest(("warning", text)).hex()[:32], warning.span or NOWHERE, file))
    for notice in notices.notices:
        excuse = f" ({notice.excused_by}: {notice.excuse})" if notice.excuse else ""
        said = f"{notice.title}. {notice.message}{excuse}"
        found.append(_entry(notice.rule, notice.level, said, notice.fingerprint, notice.span, file))
    return json.dumps(found, indent=2) + "\n"


def _entry(rule: str, level: Level, text: str, fingerprint: str, span: Span, file: str) -> Json:
    where = place(span) or place(Span(file, 0, 0, 0, 0))
    return {
        "description": printable(text),
        "check_name": rule,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[level],
        "location": {"path": where.path if where else ".", "lines": {"begin": where.region.line if where and where.region else 1}},
    }
