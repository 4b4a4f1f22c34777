"""The formats of documents, of notices, and of what has several forms, by name.

In: a `Document`, `Notices`, `Forms`. Out: text of the format, with a final newline.
Guarantee: pure; what one format needs is not imported for another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from verifier.frozen import Frozen
from verifier.model.choices import FORMATS, OF_NOTICES

if TYPE_CHECKING:
    from verifier.report.document import Document
    from verifier.report.notices.notices import Notices
    from verifier.report.wire.values import Json
    from verifier.syntax.csv_text import Table


def render(document: Document, name: str = "text", *, colour: bool = False, width: int | None = None) -> str:
    """The document as `text`, its `SUMMARY`, `markdown` or `html`, with a final newline; `width` is that of the
    terminal. Raises `ValueError` for another name."""
    match name:
        case "summary":
            from verifier.report.render.text import document_summary

            return document_summary(document, colour=colour)
        case "text":
            from verifier.report.render.text import document_text

            return document_text(document, colour=colour, width=width)
        case "markdown":
            from verifier.report.render.markdown import document_markdown

            return document_markdown(document)
        case "html":
            from verifier.report.render.html import document_html

            return document_html(document)
    raise ValueError(name)


def render_notices(notices: Notices, name: str) -> str:
    """The notices as one of `OF_NOTICES`, with a final newline. Raises `ValueError` for another name."""
    match name:
        case "sarif":
            from verifier.report.notices.sarif import render_sarif

            return render_sarif(notices) + "\n"
        case "github":
            from verifier.report.notices.github import render_github

            return render_github(notices)
        case "gitlab":
            from verifier.report.notices.gitlab import render_gitlab

            return render_gitlab(notices)
        case "junit":
            from verifier.report.notices.junit import render_junit_notices

            return render_junit_notices(notices)
    raise ValueError(name)


class Forms(Frozen):
    """What a result can be written as, each made when it is asked for; `None` where it points at no places, or has no
    rows."""

    document: Callable[[], Document]
    json: Callable[[], Json]
    notices: Callable[[], Notices] | None = None
    table: Callable[[], Table] | None = None
    junit: Callable[[], str] | None = None
    """Where JUnit says more than the notices do."""
    text: Callable[[bool], str] | None = None
    """Where text, in colour or not, says less than the document."""

    @property
    def formats(self) -> tuple[str, ...]:
        """Those of `FORMATS` that there are."""
        lacking = (OF_NOTICES if self.notices is None else set()) | ({"csv"} if self.table is None else set())
        return tuple(name for name in FORMATS if name not in lacking)

    def render(self, name: str, colour: bool = False, width: int | None = None) -> str:
        """A format of `FORMATS`; `width` is that of the terminal. Raises `ValueError` for another name, and for one
        that it has not."""
        if name == "json":
            from verifier.report.wire.values import json_text

            return json_text(self.json())
        if name == "csv" and self.table is not None:
            from verifier.syntax.csv_text import csv_text

            return csv_text(*self.table())
        if name == "text" and self.text is not None:
            return self.text(colour)
        if name == "junit" and self.junit is not None:
            return self.junit()
        if name in OF_NOTICES and self.notices is not None:
            return render_notices(self.notices(), name)
        return render(self.document(), name, colour=colour, width=width)
