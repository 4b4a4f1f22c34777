"""JUnit of comparisons, findings and the linter's reports: what the exit code counts, and nothing else, is a failure or
an error."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from tests.lint.test_reports import NOTHING, REPORT
from tests.report import comparisons as made
from tests.report.test_findings import found
from verifier.model.choices import FailOn
from verifier.model.results.lint import LintSeverity
from verifier.model.results.verdict import Status
from verifier.report.notices.comparison import notices_of_comparison
from verifier.report.notices.findings import notices_of_findings
from verifier.report.notices.junit import render_junit_notices
from verifier.report.notices.lint import notices_of_lint
from verifier.report.notices.notices import Notices
from verifier.report.words.verdicts import exit_code

TARGETS = (
    made.MORE,
    made.LESS,
    made.MIXED,
    made.INTENDED,
    made.ADDED,
    made.SAME,
    made.UNKNOWN_ACTIONS,
    made.UNKNOWN,
    made.KEYLESS,
)
UNKNOWN_LOST = replace(made.UNKNOWN_ACTIONS, unknown_gained=False, unknown_lost=True)


def all_notices() -> list[Notices]:
    compared = [made.comparison(*targets) for n in (1, 2) for targets in combinations((*TARGETS, UNKNOWN_LOST), n)]
    notices = [notices_of_comparison(comparison, fail_on) for comparison, fail_on in product(compared, FailOn)]
    looked = [REPORT, NOTHING, replace(REPORT, undecided=()), replace(REPORT, findings=())]
    notices += [notices_of_lint(report, fail_on) for report, fail_on in product(looked, (*LintSeverity, None))]
    for name in ("payments", "organization"):
        report = found(name)
        short = replace(report, keys=tuple(replace(key, exact=False) for key in report.keys))
        notices += [
            notices_of_findings(replace(one, count_services=services))
            for one in (report, short)
            for services in (False, True)
        ]
    return notices


def cases(notices: Notices) -> list[Element]:
    return ElementTree.fromstring(render_junit_notices(notices)).findall("testsuite/testcase")


def test_s1_the_exit_code_is_that_of_the_notices() -> None:
    """Nothing makes a run fail, or unknown, of which SARIF, annotations and JUnit say nothing."""
    for notices in all_notices():
        statuses = [notice.counts_as for notice in notices.notices]
        assert exit_code([*statuses, Status.PROVED]) == notices.exit_code, notices


def test_failures_and_errors_are_what_the_exit_code_says() -> None:
    for notices in all_notices():
        tags = {child.tag for case in cases(notices) for child in case}
        assert tags <= {"failure", "error", "system-out"}
        expected = 1 if "failure" in tags else 3 if "error" in tags else 0
        assert expected == notices.exit_code, notices


def test_every_notice_is_told_and_every_subject_has_a_case() -> None:
    for notices in all_notices():
        root = ElementTree.fromstring(render_junit_notices(notices))
        told = "\n".join("".join(case.itertext()) for case in root.iter("testcase"))
        assert all(notice.message in told for notice in notices.notices)
        assert len(root.findall("testsuite")) >= len(notices.subjects) > 0
        assert all(suite.findall("testcase") for suite in root.findall("testsuite"))


def test_a_key_that_nothing_was_gained_on_passes_every_rule() -> None:
    (suite,) = ElementTree.fromstring(render_junit_notices(notices_of_comparison(made.comparison(made.SAME)))).findall(
        "testsuite"
    )
    assert {name: suite.get(name) for name in ("name", "tests", "failures", "errors")} == {
        "name": "logs",
        "tests": "3",
        "failures": "0",
        "errors": "0",
    }


def test_what_does_not_count_passes_and_is_told() -> None:
    (lost,) = [
        case for case in cases(notices_of_comparison(made.comparison(made.LESS))) if case.get("name") == "access-lost"
    ]
    (child,) = lost
    assert child.tag == "system-out" and "role/reports" in (child.text or "")


def test_a_failure_points_at_its_place_and_counts_the_others() -> None:
    (gained,) = [
        case for case in cases(notices_of_comparison(made.comparison(made.MORE))) if case.get("name") == "access-gained"
    ]
    assert (gained.get("file"), gained.get("line")) == ("new/key-policy.json", "44")
    assert gained[0].get("message", "").endswith("(and 1 more)")


@pytest.mark.parametrize("text", ["\x1b[31m\x00\ud800", "]]><script>", "a\nb\u202e"])
def test_hostile_texts_are_data(text: str) -> None:
    document = render_junit_notices(notices_of_comparison(made.hostile(text)))
    ElementTree.fromstring(document)
    document.encode("utf-8")
    assert not any(mark in document for mark in ("\x1b", "\x00", "\u202e", "<script>"))
