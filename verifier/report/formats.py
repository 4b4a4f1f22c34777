"""The formats of documents, of notices, and of what has several forms, by name.

In: a `Document`, `Notices`, `Forms`. Out: text of the format, with a final newline. Guarantee: pure.
"""

from __future__ import annotations

from verifier.report.document import Document
from verifier.report.forms import Forms
from verifier.report.notices.github import render_github
from verifier.report.notices.gitlab import render_gitlab
from verifier.report.notices.junit import render_junit_notices
from verifier.report.notices.sarif import render_sarif
from verifier.report.render.html import document_html
from verifier.report.render.markdown import document_markdown
from verifier.report.render.text import document_summary, document_text
from verifier.report.wire.values import json_text
from verifier.syntax.csv_text import csv_text

_OF_NOTICES = {"sarif": render_sarif, "github": render_github, "gitlab": render_gitlab, "junit": render_junit_notices}


def render_document(document: Document, name: str = "text", *, colour: bool = False, width: int | None = None) -> str:
    """The document as `text`, its `SUMMARY`, `markdown` or `html`, with a final newline; `width` is that of the
    terminal. Raises `ValueError` for another name."""
    match name:
        case "summary":
            return document_summary(document, colour=colour)
        case "text":
            return document_text(document, colour=colour, width=width)
        case "markdown":
            return document_markdown(document)
        case "html":
            return document_html(document)
    raise ValueError(name)


def written(forms: Forms, name: str, *, colour: bool = False, width: int | None = None) -> str:
    """A result in a format of `FORMATS`, or its `SUMMARY`; `width` is that of the terminal. Raises `ValueError` for
    another name, and for one that the result has not."""
    if name == "json":
        return json_text(forms.json())
    if name == "csv" and forms.table is not None:
        return csv_text(*forms.table())
    if name == "text" and forms.text is not None:
        return forms.text(colour, width)
    if name == "junit" and forms.junit is not None:
        return forms.junit()
    if name in _OF_NOTICES and forms.notices is not None:
        return _OF_NOTICES[name](forms.notices())
    return render_document(forms.document(), name, colour=colour, width=width)
