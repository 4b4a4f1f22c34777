"""Test suites and their cases → JUnit XML.

In: suites. Out: XML. Guarantee: each case is counted as what it is: passed, a failure, an error (what is not known, never a pass, S1) or
skipped; no character that XML cannot hold is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import printable


class Outcome(Enum):
    """What became of a test case: the element that says so, none where it passed."""

    PASSED = ""
    FAILURE = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Case:
    """A test case. `type` and `message` are attributes of what went wrong, `text` its content; of a case that passed, `text` is what it
    says all the same. `elapsed` is in seconds, `None` where it was not measured."""

    name: str
    outcome: Outcome = Outcome.PASSED
    type: str = ""
    message: str = ""
    text: str = ""
    span: Span = NOWHERE
    elapsed: float | None = None


@dataclass(frozen=True)
class Suite:
    """The cases of one thing: `name` is what people call it, `target` names it in full."""

    name: str
    target: str
    cases: tuple[Case, ...]


def junit_document(suites: Sequence[Suite]) -> str:
    """The document, with a final newline."""
    root = Element("testsuites", {"name": "kms-verifier", **_counts(case for suite in suites for case in suite.cases)})
    for suite in suites:
        found = SubElement(root, "testsuite", {"name": printable(suite.name), **_counts(suite.cases)})
        properties = SubElement(found, "properties")
        SubElement(properties, "property", {"name": "target", "value": printable(suite.target)})
        for case in suite.cases:
            _case(found, suite, case)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _counts(cases: Iterable[Case]) -> dict[str, str]:
    listed = list(cases)
    outcomes = [case.outcome for case in listed]
    return {
        "tests": str(len(listed)),
        "failures": str(outcomes.count(Outcome.FAILURE)),
        "errors": str(outcomes.count(Outcome.ERROR)),
        "skipped": str(outcomes.count(Outcome.SKIPPED)),
        **_time([case.elapsed for case in listed if case.elapsed is not None]),
    }


def _time(seconds: Sequence[float]) -> dict[str, str]:
    return {"time": f"{sum(seconds):.3f}"} if seconds else {}


def _case(parent: Element, suite: Suite, case: Case) -> None:
    about = {"name": printable(case.name), "classname": printable(f"kms-verifier.{suite.name}")}
    about |= _time([] if case.elapsed is None else [case.elapsed])
    if case.span != NOWHERE:
        about |= {"file": printable(case.span.file), "line": str(case.span.line)}
    written = SubElement(parent, "testcase", about)
    if case.outcome is Outcome.PASSED:
        if case.text:
            SubElement(written, "system-out").text = case.text
        return
    attributes = {"type": case.type} if case.type else {}
    found = SubElement(written, case.outcome.value, {**attributes, "message": printable(case.message)})
    if case.text:
        found.text = case.text
