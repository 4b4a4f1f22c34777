"""A report on invariants → one HTML file: the verdicts, each counterexample beside the policy text, who reaches each key.

In: a `Report` and `Evidence`. Out: HTML. Guarantee: self-contained: no script, no request to anywhere; everything of the input is escaped
(`html_nodes`); it works without a mouse, on paper, dark and light.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from verifier import __version__
from verifier.model.results.verdict import Report, Status, Verdict
from verifier.report.evidence import NO_EVIDENCE, Evidence
from verifier.report.exit_codes import report_exit_code
from verifier.report.html.nodes import Html, element, page
from verifier.report.html.picture import picture
from verifier.report.html.policy import excerpts, has_text, written
from verifier.report.html.style import STYLE, hanging
from verifier.report.naming import target_name
from verifier.report.reach.names import names_of
from verifier.report.reach.story import bound_words
from verifier.report.text import verdict_text
from verifier.report.verdict_words import counts_sentence, involved, verdict_sentence

_LABEL = re.compile(r" *(?:\d+  |(?:(?:\d+|then)  )?[a-z]+(?: [a-z]+){0,2}  +|[└✘✔] )")
_SIGNS = {Status.PROVED: "✔ proved", Status.REFUTED: "✘ refuted", Status.UNKNOWN: "? unknown"}


def render_html(report: Report, evidence: Evidence = NO_EVIDENCE) -> str:
    """The whole document."""
    title = "Access to KMS keys"
    code = report_exit_code(report)
    numbered = list(enumerate(report.verdicts, start=1))
    head = element("header", element("h1", title), element("p", f"{counts_sentence(report)} · exit code {code:d}"), _warnings(report))
    targets = dict.fromkeys(verdict.target for verdict in report.verdicts)
    sections = [_section(report, evidence, target, [(n, v) for n, v in numbered if v.target == target]) for target in targets]
    return page(title, STYLE, head, element("main", _table(report, numbered), sections), _footer(report))


def _warnings(report: Report) -> Html | None:
    if not report.warnings:
        return None
    items = [element("li", f"{warning.span}: {warning.message}" if warning.span else warning.message) for warning in report.warnings]
    return element("details", element("summary", f"{len(items)} warnings"), element("ul", items))


def _table(report: Report, verdicts: list[tuple[int, Verdict]]) -> Html:
    head = element("tr", (element("th", text, scope="col") for text in ("verdict", "invariant", "key")))
    rows = [
        element(
            "tr",
            element("td", _sign(verdict)),
            element("td", element("a", verdict.invariant.name, href=f"#v{number}")),
            element("td", target_name(report, verdict.target)),
        )
        for number, verdict in verdicts
    ]
    return element("table", element("thead", head), element("tbody", rows))


def _sign(verdict: Verdict) -> Html:
    if verdict.excuse is not None:
        return element("span", f"✘ refuted, {verdict.excuse.kind.value}", class_="excused")
    sign = element("span", _SIGNS[verdict.status], class_=verdict.status.value)
    if verdict.status is not Status.PROVED or verdict.bound is None:
        return sign
    return element("span", sign, element("span", f" for {bound_words(verdict.bound)}", class_="bound"))


def _section(report: Report, evidence: Evidence, target: str, verdicts: list[tuple[int, Verdict]]) -> Html:
    access = next((key for key in evidence.who_can.keys if key.key.arn == target), None) if evidence.who_can is not None else None
    name = target_name(report, target)
    about = element("p", target, class_="dim") if name != target else None
    stories = [(verdict.invariant.name, verdict.story) for _, verdict in verdicts if verdict.story is not None]
    drawn = picture(access, stories, names_of(report.keys if stories else (), target)) if access is not None else None
    return element("section", element("h2", name), about, drawn, (_verdict(report, evidence, n, verdict) for n, verdict in verdicts))


def _verdict(report: Report, evidence: Evidence, number: int, verdict: Verdict) -> Html:
    summary = element("summary", _sign(verdict), " ", element("strong", verdict.invariant.name))
    inside = element("div", _told(report, verdict), _columns(report, evidence, verdict), class_="inside")
    failing = verdict.counts_as is not Status.PROVED
    return element("details", summary, inside, id=f"v{number}", open="" if failing else None)


def _told(report: Report, verdict: Verdict) -> Iterator[Html]:
    if verdict.invariant.text:
        yield element("p", verdict.invariant.text, class_="dim")
    yield element("p", verdict_sentence(verdict, report.keys))
    if verdict.excuse is not None:
        yield element("p", f"{verdict.excuse.kind.value}: {verdict.excuse.text}", class_="excused")


def _columns(report: Report, evidence: Evidence, verdict: Verdict) -> Html:
    spans = [statement.span for statement in involved(verdict)] + [named.grant.span for named in verdict.grants]
    spans += [verdict.reason.span] if verdict.reason is not None else []
    without = [statement for statement in involved(verdict) if not has_text(evidence.texts, statement.span)]
    shown = [*excerpts(evidence.texts, spans), *written(evidence.policies, without)]
    lines = [element("span", line, class_=hanging(lead_of(line))) for line in verdict_text(report, verdict).split("\n")]
    why = element("div", element("pre", lines, class_="why", tabindex="0", aria_label="the reasons"))
    return element("div", why, element("div", shown), class_="two beside") if shown else why


def lead_of(line: str) -> int:
    """Where what a line says begins: after its indentation and a label that spaces end."""
    label = _LABEL.match(line)
    return label.end() if label is not None else len(line) - len(line.lstrip())


def _footer(report: Report) -> Html:
    inputs = [element("li", f"{file}  sha256 {digest}") for file, digest in report.inputs]
    read = element("details", element("summary", f"{len(inputs)} files were read"), element("ul", inputs)) if inputs else None
    return element("footer", element("p", f"kms-verifier {__version__} · KMS data {report.data_version}"), read)
