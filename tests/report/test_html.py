"""The HTML report as text: self-contained, escaped, complete. `test_html_browser` opens it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from tests.evaluate.estates import allow, policy
from tests.report.rendered import render_html
from tests.report.samples import FILE, KEY, LOG_KEY, LOGS, NAMED, PAYMENTS, PROVED, REFUTED, UNKNOWN, report, with_sid
from tests.report.test_formats import EXCUSED, HOSTILE
from verifier.model.policy import Effect, PolicyKind, StatementRef
from verifier.model.results.access import Access, Actions, Callers, KeyAccess, Region, WhoCan
from verifier.model.results.verdict import Report
from verifier.report.evidence import Evidence
from verifier.report.html.nodes import element, markup, page
from verifier.syntax.source import Span

MARKUP = "</title></style><script>alert(1)</script><img src=x onerror=alert(2)>\"'><a href=javascript:alert(3)>"
TEXT = "\n".join(f"line {number}" for number in range(1, 71))


def access(text: str, arn: str = PAYMENTS) -> WhoCan:
    """Who can, with one text everywhere."""
    statement = StatementRef(text, text, 0, text, Effect.ALLOW, kind=PolicyKind.KEY)
    region = Region(Callers(text), Actions((text,), False, text), ((),), through=(statement,))
    rows = (Access(region, ((statement,),)), Access(region, None), Access(region, ((),)))
    key = KeyAccess(KEY if arn == PAYMENTS else LOG_KEY, rows=rows)
    return WhoCan((key,), ("kms:*",), ("kms:Decrypt",))


class Tags(HTMLParser):
    """The elements of a document, its attributes, and whether every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs
        if tag not in ("meta", "br", "hr", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("text", [MARKUP, HOSTILE])
def test_nothing_of_the_input_is_markup(text: str) -> None:
    document = render_html(with_sid(text), Evidence(texts={text: text}, who_can=access(text)))
    tags = Tags(document)
    assert tags.open == []
    assert tags.names.isdisjoint({"script", "img", "b", "iframe", "form", "link", "object"})
    assert not [name for name, _ in tags.attributes if name.startswith("on") or name == "style"]
    assert all(value is not None and value.startswith("#v") for name, value in tags.attributes if name == "href")
    assert not any(name in ("src", "action", "srcset") for name, _ in tags.attributes)


def test_the_policy_of_the_page_names_its_only_style() -> None:
    document = render_html(report(PROVED))
    (style,) = re.findall(r"<style>(.*?)</style>", document, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', document)
    assert (
        policy == f"default-src &#x27;none&#x27;; style-src &#x27;sha256-{digest}&#x27;; base-uri &#x27;none&#x27;; "
        "form-action &#x27;none&#x27;"
    )
    assert "url(" not in style and "@import" not in style
    assert document.index("Content-Security-Policy") < document.index("<style>")


def test_statements_that_were_used_are_marked_in_the_text() -> None:
    document = render_html(report(REFUTED), Evidence(texts={FILE: TEXT}))
    assert re.findall(r'<span class="used"><i>(\d+)</i>(line \d+)', document) == [("32", "line 32")]
    assert "line 70" in document, "a short file is shown in full"


def test_of_a_long_text_what_is_around_is_shown() -> None:
    long = "\n".join(f"line {number}" for number in range(1, 5001))
    document = render_html(report(REFUTED), Evidence(texts={FILE: long}))
    shown = [int(number) for number in re.findall(r"<i>(\d+)</i>", document)]
    assert shown == list(range(29, 36)) and "5,000 lines in all" in document


def test_a_policy_that_no_file_shows_is_written_as_it_was_read() -> None:
    found = policy(allow("*", Sid="First"), allow("*", "kms:Decrypt", Sid=MARKUP))
    statement = StatementRef(
        found.identity, found.name, 1, MARKUP, Effect.ALLOW, Span("plan.json#aws_kms_key.a", 3, 1, 3, 2)
    )
    assert REFUTED.counterexample is not None
    refuted = replace(REFUTED, counterexample=replace(REFUTED.counterexample, statements=(statement,)))
    document = render_html(report(refuted), Evidence(texts={"plan.json": "{}"}, policies={found.identity: found}))
    assert "as it was read" in document and document.count('<span class="used">') == 7 and document.count("First") == 1
    assert Tags(document).names.isdisjoint({"script", "img"})


def test_a_text_that_is_not_at_hand_is_left_out() -> None:
    assert 'class="policy"' not in render_html(report(REFUTED, UNKNOWN, NAMED))


def test_what_fails_is_open_and_what_does_not_is_closed() -> None:
    document = render_html(report(PROVED, REFUTED, UNKNOWN, EXCUSED))
    told = re.findall(r'<details id="v(\d)" class="fares \w+"( open="")?>', document)
    assert told == [("2", ' open=""'), ("3", ' open=""'), ("4", ""), ("1", "")]
    assert re.findall(r'href="#v(\d)"', document) == ["2", "3", "4", "1"]


def test_of_many_verdicts_what_fails_is_first_and_what_holds_is_folded_together() -> None:
    """Twenty-five proofs, and then thirty that fail: of these the first twenty are open."""
    document = render_html(report(*[PROVED] * 25, *[REFUTED, UNKNOWN] * 15))
    told = re.findall(r'<details id="v(\d+)" class="fares (\w+)"( open="")?>', document)
    assert [how for _, how, _ in told] == ["bad"] * 15 + ["doubt"] * 15 + ["good"] * 25
    assert [bool(is_open) for _, _, is_open in told] == [True] * 20 + [False] * 35
    assert [int(number) for number, how, _ in told if how != "doubt"] == [*range(26, 56, 2), *range(1, 26)]
    assert document.count("<summary>25 proved, ") == 2 and len(Tags(document).open) == 0
    assert re.findall(r'id="only-(\w+)"', document) == ["all", "bad", "doubt", "good"]
    assert "only-" not in render_html(report(*[PROVED] * 20)).partition("</style>")[2]


def test_the_picture_says_what_its_table_says() -> None:
    document = render_html(report(REFUTED), Evidence(who_can=access("role/reports")))
    svg = document[document.index("<svg") : document.index("</svg>")]
    assert "role/reports" in svg and svg.count("<rect") == 3 and 'role="img"' in svg and "aria-label=" in svg
    assert document.count("<tr") == 2 + 4
    assert "<svg" not in render_html(report(REFUTED), Evidence(who_can=access("x", LOGS)))


def test_elements_escape() -> None:
    assert (
        markup(element("p", "<&\"'>\x1b\u202e", class_='"'))
        == '<p class="&quot;">&lt;&amp;&quot;&#x27;&gt;\\x1b\\u202e</p>'
    )
    assert markup([None, "a", element("br")]) == "a<br>"
    assert page("</title>", "").count("</title>") == 1


def test_an_empty_report() -> None:
    assert Tags(render_html(Report((), (), (), "data"))).open == []
