"""The HTML report in a real browser: nothing runs, nothing is fetched, the keyboard is enough, dark and light can be
read, it prints."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.project.shown import ROOT
from tests.report.browser import CHROMIUM, browser
from tests.report.rendered import render_html
from tests.report.samples import FILE, PROVED, REFUTED, UNKNOWN, report, with_sid
from tests.report.stories import FOR_EVER, IMPORTS, KEY_POLICY, TAKEN_OVER, hostile_story
from tests.report.test_html import MARKUP, TEXT, access
from verifier.model.policy_text import policy_text
from verifier.model.steps.descriptions import StepKind
from verifier.report.evidence import Evidence
from verifier.report.html.nodes import Html, element, page
from verifier.report.html.style import STYLE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (apt-get install chromium)")

EVIDENCE = Evidence(texts={FILE: TEXT}, who_can=access("role/reports"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as found:
        yield found


def opened(
    chromium: Browser, folder: Path, text: str, scheme: str = "light", width: int = 1200
) -> tuple[Page, list[str]]:
    """A page that shows a document, and what it asked for or complained about."""
    path = folder / "report.html"
    path.write_text(text, encoding="utf-8")
    shown = chromium.new_page(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    told: list[str] = []
    shown.on("requestfinished", lambda request: told.append(request.url))
    shown.on("console", lambda message: told.append(message.text))
    shown.on("dialog", lambda dialog: told.append(f"dialog {dialog.message}"))
    shown.goto(path.as_uri())
    shown.wait_for_load_state("networkidle")
    told.remove(path.as_uri())
    return shown, told


def test_one_chooses_which_verdicts_are_shown(chromium: Browser, tmp_path: Path) -> None:
    shown, told = opened(chromium, tmp_path, render_html(report(*[PROVED] * 25, *[REFUTED] * 3)), width=380)
    rows, verdicts = shown.locator("tr.fares"), shown.locator("details[id]")
    seen = [sum(one.is_visible() for one in found.all()) for found in (rows, verdicts)]
    shown.get_by_label("25 proved").focus()
    shown.keyboard.press("Space")
    assert [sum(one.is_visible() for one in found.all()) for found in (rows, verdicts)] == [0, 0]
    assert shown.locator("summary", has_text="25 proved").first.is_visible()
    shown.get_by_label("3 refuted").check()
    assert seen == [sum(one.is_visible() for one in found.all()) for found in (rows, verdicts)] == [3, 3]
    assert not shown.locator("summary", has_text="25 proved").first.is_visible() and told == []
    shown.get_by_label("28 all").check()
    shown.goto(shown.url.partition("#")[0] + "#v2")
    assert shown.locator("#v2").is_visible()
    assert shown.evaluate("document.documentElement.scrollWidth") <= 380


def test_hostile_text_does_not_run_and_nothing_is_fetched(chromium: Browser, tmp_path: Path) -> None:
    text = render_html(with_sid(MARKUP), Evidence(texts={MARKUP: MARKUP}, who_can=access(MARKUP)))
    shown, told = opened(chromium, tmp_path, text)
    assert told == []
    assert shown.locator("script, img, iframe, a[href^=javascript]").count() == 0
    assert "<script>alert(1)</script>" in shown.inner_text("body")


def test_markup_that_got_in_would_not_run_either(chromium: Browser, tmp_path: Path) -> None:
    """The second line of defence: the policy of the page forbids scripts, images and styles but its own."""
    bad = Html(
        "<script>document.title='ran'</script><img src='http://127.0.0.1:9/x' "
        "onerror='document.title=1'><style>h1{color:red}</style>"
    )
    shown, told = opened(chromium, tmp_path, page("title", STYLE, element("h1", "x"), bad))
    assert shown.title() == "title"
    assert len(told) >= 2 and all("Content Security Policy" in line for line in told)


def test_the_keyboard_opens_a_verdict(chromium: Browser, tmp_path: Path) -> None:
    shown, _ = opened(chromium, tmp_path, render_html(report(PROVED), EVIDENCE))
    summary = shown.locator("#v1 > summary")
    for _ in range(20):
        shown.keyboard.press("Tab")
        if summary.evaluate("node => node === document.activeElement"):
            break
    assert summary.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    assert not shown.locator("#v1 > .inside").is_visible()
    shown.keyboard.press("Enter")
    assert shown.locator("#v1 > .inside").is_visible()


def test_the_table_leads_to_the_verdict(chromium: Browser, tmp_path: Path) -> None:
    shown, _ = opened(chromium, tmp_path, render_html(report(PROVED, REFUTED), EVIDENCE))
    shown.click(f"text={REFUTED.invariant.name} >> nth=0")
    assert shown.url.endswith("#v2")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 420])
def test_it_can_be_read(chromium: Browser, tmp_path: Path, scheme: str, width: int) -> None:
    """Texts stand out from what is behind them (WCAG 2.2, 1.4.3: 4.5 to 1), and no line leaves the page."""
    shown, _ = opened(chromium, tmp_path, render_html(report(PROVED, REFUTED, UNKNOWN), EVIDENCE), scheme, width)
    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert shown.evaluate(
        "[...document.querySelectorAll('pre')].every(node => node.scrollWidth <= node.clientWidth)"
    ), "no line is cut off"
    check_contrast(shown)
    shown.emulate_media(media="print", color_scheme="dark" if scheme == "dark" else "light")
    check_contrast(shown)


def check_contrast(shown: Page) -> None:
    """Raises where a text does not stand out."""
    colours = shown.evaluate(
        """() => ['.proved', '.refuted', '.unknown', '.dim', '.used', 'main strong'].map(name => {
            const node = document.querySelector(name);
            let behind = node;
            while (behind && getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
            return [name, getComputedStyle(node).color, getComputedStyle(behind || document.body).backgroundColor];
        })"""  # noqa: E501
    )
    for name, ink, ground in colours:
        assert contrast(ink, ground) >= 4.5, (name, ink, ground)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_story_can_be_read_on_a_narrow_page(chromium: Browser, tmp_path: Path, scheme: str) -> None:
    evidence = Evidence(texts={FILE: policy_text(KEY_POLICY)}, who_can=access("role/reports"))
    shown, told = opened(chromium, tmp_path, render_html(report(FOR_EVER, TAKEN_OVER, IMPORTS), evidence), scheme, 420)
    assert told == [] and shown.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert shown.locator("svg rect.story").count() == 4 + 2 and shown.locator("svg path.story").count() == 4 + 2
    lines = shown.evaluate(
        """() => ['svg rect.story', 'svg path.story'].map(name => getComputedStyle(document.querySelector(name)).stroke)
            .concat(getComputedStyle(document.body).backgroundColor)"""
    )
    assert all(contrast(line, lines[-1]) >= 3 for line in lines[:-1]), "WCAG 2.2, 1.4.11: graphics"
    shown.click("text=as a table")
    assert shown.locator("figure ol").first.is_visible() and "writes the key policy of payments" in shown.inner_text(
        "figure"
    )


def test_nothing_of_a_story_runs(chromium: Browser, tmp_path: Path) -> None:
    stories = [replace(TAKEN_OVER, story=hostile_story(MARKUP, kind)) for kind in StepKind]
    shown, told = opened(chromium, tmp_path, render_html(report(*stories), Evidence(who_can=access("role/x"))))
    assert told == [] and shown.locator("script, img, iframe, a[href^=javascript]").count() == 0


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG of two colours `rgb(…)`."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_on_paper_closed_verdicts_are_open(chromium: Browser, tmp_path: Path) -> None:
    shown, _ = opened(chromium, tmp_path, render_html(report(PROVED), EVIDENCE))
    before = shown.locator("#v1 > .inside").bounding_box()
    shown.emulate_media(media="print")
    after = shown.locator("#v1 > .inside").bounding_box()
    assert (
        (before is None or before["height"] == 0 or not shown.locator("#v1").get_attribute("open"))
        and after
        and after["height"] > 20
    )
    assert shown.pdf().startswith(b"%PDF")


def test_a_real_report_and_a_real_comparison(chromium: Browser, tmp_path: Path) -> None:
    examples = ROOT / "examples"
    for words in (
        ["prove", str(examples / "payments"), "--no-cache", "--output", f"html={tmp_path / 'a.html'}"],
        [
            "compare",
            str(examples / "compare/old"),
            str(examples / "compare/new"),
            "--output",
            f"html={tmp_path / 'b.html'}",
        ],
    ):
        subprocess.run([sys.executable, "-m", "verifier", *words], cwd=ROOT, check=False, capture_output=True)
    shown, told = opened(chromium, tmp_path, (tmp_path / "a.html").read_text(encoding="utf-8"))
    assert told == [] and shown.locator("svg").count() == 2 and shown.locator(".used").count() > 10
    shown, told = opened(chromium, tmp_path, (tmp_path / "b.html").read_text(encoding="utf-8"))
    assert told == [] and shown.locator(".old").count() and shown.locator(".new").count()
    left, right = (shown.locator(f".sides > div >> nth={n}").bounding_box() for n in (0, 1))
    assert left and right and left["x"] < right["x"] and left["y"] == right["y"]
