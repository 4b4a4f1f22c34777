"""Documents → text, Markdown, HTML: `render(document, format)`."""

from __future__ import annotations

from verifier.report.document import Document


def render(document: Document, name: str = "text", *, colour: bool = False) -> str:
    """The document as `text`, `markdown` or `html`, with a final newline. Raises `ValueError` for another name."""
    match name:
        case "text":
            from verifier.report.render.text import render_text

            return render_text(document, colour=colour)
        case "markdown":
            from verifier.report.render.markdown import render_markdown

            return render_markdown(document)
        case "html":
            from verifier.report.render.html import render_html

            return render_html(document)
    raise ValueError(name)
