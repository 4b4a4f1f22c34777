"""A report on invariants → JUnit XML: a test suite for each key, a test case for each verdict.

In: a `Report`. Out: XML. Guarantee: refuted is a failure, unknown an error (never a pass, S1), excused a skipped test with its reason; no
character that XML cannot hold is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from verifier.model.verdict import Report, Status, Verdict
from verifier.report.naming import target_name
from verifier.report.text import verdict_text
from verifier.report.verdict_words import place_of, verdict_sentence
from verifier.syntax.source import NOWHERE
from verifier.syntax.text import printable


def render_junit(report: Report) -> str:
    """The document, with a final newline."""
    root = Element("testsuites", {"name": "kms-verifier", **_counts(report.verdicts)})
    for target in dict.fromkeys(verdict.target for verdict in report.verdicts):
        verdicts = [verdict for verdict in report.verdicts if verdict.target == target]
        name = target_name(report, target)
        suite = SubElement(root, "testsuite", {"name": name, **_counts(verdicts)})
        properties = SubElement(suite, "properties")
        SubElement(properties, "property", {"name": "target", "value": printable(target)})
        for verdict in verdicts:
            _case(suite, report, verdict, name)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _counts(verdicts: Sequence[Verdict]) -> dict[str, str]:
    excused = sum(verdict.excuse is not None for verdict in verdicts)
    return {
        "tests": str(len(verdicts)),
        "failures": str(sum(verdict.status is Status.REFUTED for verdict in verdicts) - excused),
        "errors": str(sum(verdict.status is Status.UNKNOWN for verdict in verdicts)),
        "skipped": str(excused),
        "time": f"{sum(verdict.elapsed for verdict in verdicts):.3f}",
    }


def _case(suite: Element, report: Report, verdict: Verdict, name: str) -> None:
    about = {"name": printable(verdict.invariant.name), "classname": f"kms-verifier.{name}", "time": f"{verdict.elapsed:.3f}"}
    span = place_of(verdict)
    if span != NOWHERE:
        about |= {"file": printable(span.file), "line": str(span.line)}
    case = SubElement(suite, "testcase", about)
    if verdict.status is Status.PROVED:
        return
    if verdict.excuse is not None:
        SubElement(case, "skipped", {"message": printable(f"{verdict.excuse.kind.value}: {verdict.excuse.text}")})
        return
    kind = "failure" if verdict.status is Status.REFUTED else "error"
    found = SubElement(case, kind, {"type": verdict.status.value, "message": verdict_sentence(verdict)})
    found.text = verdict_text(report, verdict)
