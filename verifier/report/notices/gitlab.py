"""Notices → a Code Quality report of GitLab
(https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format).

In: `Notices`. Out: JSON. Guarantee: each notice is one entry, and so is each thing that was concluded (S4), and each
warning. GitLab shows entries that have a place: one that has none is at the beginning of the first file that was read.
"""

from __future__ import annotations

import json

from verifier.model.digest import short_digest
from verifier.report.notices.notices import NoticeLevel, Notices, place
from verifier.report.wire.values import Json
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import printable

_SEVERITIES = {NoticeLevel.ERROR: "critical", NoticeLevel.WARNING: "major", NoticeLevel.NOTE: "info"}


def render_gitlab(notices: Notices) -> str:
    """The report, with a final newline."""
    found = [_issue(notices, "supposed", text, NOWHERE) for text in notices.concluded]
    for warning in notices.warnings:
        text = f"{warning.message} [{warning.rule}]" if warning.rule else warning.message
        found.append(_issue(notices, "warning", text, warning.span or NOWHERE))
    for notice in notices.notices:
        said = f"{notice.title}. {notice.message}{notice.excused}"
        found.append(_entry(notices, notice.rule, notice.level, said, notice.fingerprint, notice.span))
    return json.dumps(found, indent=2) + "\n"


def _issue(notices: Notices, rule: str, text: str, span: Span) -> Json:
    """What is no notice of the run, but is listed beside them."""
    return _entry(notices, rule, NoticeLevel.NOTE, text, short_digest((rule, text)), span)


def _entry(notices: Notices, rule: str, level: NoticeLevel, text: str, fingerprint: str, span: Span) -> Json:
    where = place(span) or place(notices.first_file)
    return {
        "description": printable(text),
        "check_name": rule,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[level],
        "location": {
            "path": where.path if where else ".",
            "lines": {"begin": where.region.line if where and where.region else 1},
        },
    }
