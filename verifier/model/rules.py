"""The rules of docs/semantics.md by their labels.

In: nothing. Out: `rules()`. Guarantee: they are read from the page itself, in a checkout (`/docs`) as in an installed
package (`verifier/docs`), so that what `verifier rule` prints is what the page says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from verifier.frozen import Frozen

_PACKAGE = Path(__file__).resolve().parent.parent
_FOLDERS = (_PACKAGE / "docs", _PACKAGE.parent / "docs")
_RULE = re.compile(
    r"^### (?P<label>\w+)\n\n(?P<text>.*?)\n\nSource: (?P<sources>.*?)\n\nTests: (?P<tests>.*?)$(?!\n\S)", re.M | re.S
)
_LINK = re.compile(r"\[(?P<text>.*)\]\((?P<url>.*)\)")


class _Source(Frozen):
    """Where a rule comes from: a page with its heading, and its address; or the project, which has none."""

    text: str
    url: str | None


class Rule(Frozen):
    """One rule. `text` is Markdown and begins with the `title`; `tests` are files of the repository."""

    label: str
    title: str
    text: str
    sources: tuple[_Source, ...]
    tests: tuple[str, ...]


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule by its label, in the order of the page. Raises `FileNotFoundError` if the installation lacks it."""
    pages = [folder / "semantics.md" for folder in _FOLDERS]
    page = next((page for page in pages if page.is_file()), pages[0])
    return {found["label"]: _rule(found) for found in _RULE.finditer(page.read_text(encoding="utf-8"))}


def _rule(found: re.Match[str]) -> Rule:
    title = found["text"].removeprefix("**").partition("**")[0].replace("\n", " ").rstrip(".")
    sources = tuple(map(_source, found["sources"].split(";\n")))
    tests = tuple(f"tests/{name}" for name in re.findall("`(.+?)`", found["tests"]))
    return Rule(found["label"], title, found["text"], sources, tests)


def _source(text: str) -> _Source:
    link = _LINK.fullmatch(text)
    return _Source(link["text"].replace("*", ""), link["url"]) if link else _Source(text, None)


def rule_of(symbol: str) -> str:
    """The label of the rule that a label or symbol belongs to: `P5` for the reading `P5-allow`, `U1` for the free fact
    `U1:deny`."""
    return re.split("[-:]", symbol, maxsplit=1)[0]
