"""HTML that is escaped by construction.

In: texts and elements. Out: `Html`. Guarantee: a `str` becomes text, never markup, with no character that acts on a
reader (bidirectional marks and controls are written as escapes); only this module and constants make `Html`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from html import escape

from verifier.frozen import Frozen
from verifier.syntax.text import printable

VOID = frozenset({"meta", "br", "hr", "input", "link"})


class Html(Frozen):
    """Markup that is safe."""

    text: str


Content = str | Html | Iterable["Content"] | None
"""What an element may hold: text, elements, any number of them, nothing."""


def markup(content: Content) -> str:
    match content:
        case None:
            return ""
        case Html():
            return content.text
        case str():
            return escape("\n".join(printable(line) for line in content.split("\n")), quote=True)
    return "".join(map(markup, content))


def element(tag: str, *content: Content, **attributes: str | None) -> Html:
    """An element; `class_` and `aria_label` are `class` and `aria-label`. An attribute that is `None` is left out."""
    given = ((key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items() if value is not None)
    written = "".join(f' {name}="{escape(printable(value), quote=True)}"' for name, value in given)
    if tag in VOID:
        return Html(f"<{tag}{written}>")
    return Html(f"<{tag}{written}>{markup(content)}</{tag}>")


def page(title: str, style: str, *body: Content) -> str:
    """A whole document, with a final newline: one style, which the policy of the page names by its hash, and nothing
    else that acts: no script, no frame, no form, no request to anywhere."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        Html(f"<style>{style}</style>"),
    )
    return f"<!DOCTYPE html>\n{element('html', head, element('body', *body), lang='en').text}\n"
