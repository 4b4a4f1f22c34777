"""Notices → the formats that are made of them, by name: SARIF, annotations of a pull request, JUnit."""

from __future__ import annotations

from verifier.report.notices.github import render_github
from verifier.report.notices.junit_notices import render_junit_notices
from verifier.report.notices.notices import Notices
from verifier.report.notices.sarif import render_sarif


def render_notices(notices: Notices, name: str) -> str:
    """The notices in a format, with a final newline. Raises `ValueError` for another name."""
    match name:
        case "sarif":
            return render_sarif(notices) + "\n"
        case "github":
            return render_github(notices)
        case "junit":
            return render_junit_notices(notices)
    raise ValueError(name)
