"""Comparison → one HTML file: what was gained and lost, and OLD and NEW side by side.

In: a `Comparison`, texts of files. Out: HTML. Guarantee: as of `html_report`: self-contained, no script, everything of the input escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from verifier import __version__
from verifier.model.policy import StatementRef
from verifier.model.results.comparison import Change, Comparison, FailOn, RegionChange, TargetComparison
from verifier.report.comparison.words import comparison_exit_code, counts_text, headline_note, target_name, unknown_actions_text
from verifier.report.html.nodes import Html, element, page
from verifier.report.html.policy import excerpts
from verifier.report.html.style import STYLE
from verifier.report.region_words import SidePlaces, case_text, change_text, request_text
from verifier.report.supposed import conclusions, of_all
from verifier.syntax.source import Span


def render_comparison_html(comparison: Comparison, fail_on: FailOn = FailOn.MORE, texts: Mapping[str, str] | None = None) -> str:
    """The whole document; `texts` are those of the files, by the names that spans call them."""
    code = comparison_exit_code(comparison, fail_on)
    title = f"Access to KMS keys: {comparison.relation.value}"
    sides = f"{comparison.old.label} → {comparison.new.label}"
    supposed = [element("p", f"supposed: {text}", class_="dim") for text in conclusions(of_all(comparison.targets))]
    head = element("header", element("h1", title), element("p", f"{counts_text(comparison)} · {sides} · exit code {code:d}"), supposed)
    places = SidePlaces(comparison.old.label, comparison.new.label)
    targets = [_target(target, places, texts or {}) for target in comparison.targets]
    allowances = [
        element("p", f"Allowance “{allowance.name}” was not needed: nothing that it covers was gained.")
        for allowance in comparison.allowances
        if not allowance.used
    ]
    footer = element("footer", element("p", f"kms-verifier {__version__} · KMS data {comparison.data_version}"))
    return page(title, STYLE, head, element("main", targets, allowances), footer)


def _target(target: TargetComparison, places: SidePlaces, texts: Mapping[str, str]) -> Html:
    note = headline_note(target)
    kind = target.relation.value.partition(" ")[0]
    summary = element(
        "summary",
        element("strong", target_name(target)),
        ": ",
        element("span", target.relation.value, class_=kind),
        f" ({note})" if note else None,
    )
    differs = bool(target.gained or target.lost or target.intended or target.reasons)
    parts = [*_said(target), _requests(target), *_sides(target.changes, places, texts)]
    return element("details", summary, element("div", parts, class_="inside"), open="" if differs else None)


def _said(target: TargetComparison) -> Iterator[Html]:
    for reason in target.reasons:
        yield element("p", f"unknown: {reason.text} [{reason.rule}]", class_="unknown")
    for text in unknown_actions_text(target):
        yield element("p", text)
    if not target.exact:
        yield element("p", "Some conditions are too many to list; the callers and actions are all there.")


def _requests(target: TargetComparison) -> Html:
    """Lost beside gained."""
    lost = element("div", element("h3", "OLD allows, NEW does not"), _regions(target.lost, "nothing"))
    gained = element("div", element("h3", "NEW allows, OLD does not"), _regions(target.gained, "nothing"))
    intended = [element("h3", "likewise, and intended"), _regions(target.intended, "")] if target.intended else []
    return element("div", lost, element("div", gained, intended), class_="two sides")


def _regions(changes: Sequence[RegionChange], none: str) -> Html:
    if not changes:
        return element("p", none, class_="dim")
    return element("ul", (_region(change) for change in changes))


def _region(change: RegionChange) -> Html:
    region = change.region
    head = element("strong", region.actions.text), f" by {region.callers.text}"
    cases = [element("li", f"when {case_text(case)}") for case in region.when if case]
    example = [element("li", f"for example {request_text(change)}")] if region.witness is not None else []
    because = [element("li", f"because {change_text(found)}") for found in change.because]
    return element("li", head, element("ul", cases, example, because))


def _sides(changes: Sequence[Change], places: SidePlaces, texts: Mapping[str, str]) -> Iterator[Html]:
    """The policies of both sides, with what changed."""
    if not changes:
        return
    yield element("h3", "what changed")
    yield element("ul", (element("li", change_text(found), _place(places.of(found))) for found in changes))
    old = excerpts(texts, (_span(change.old, change.places[0]) for change in changes), "old")
    new = excerpts(texts, (_span(change.new, change.places[1]) for change in changes), "new")
    if old or new:
        nothing = element("p", "nothing in the text", class_="dim")
        yield element("div", element("div", old or nothing), element("div", new or nothing), class_="two sides")


def _place(place: str) -> str | None:
    return f" ({place})" if place else None


def _span(statement: StatementRef | None, place: Span) -> Span:
    return statement.span if statement is not None else place
