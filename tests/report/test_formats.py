"""The formats of a report on invariants: golden files, the official schema of SARIF, hostile texts.

`UPDATE_GOLDEN=1 pytest tests/report` writes the golden files anew: read the difference.
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.golden import assert_golden
from tests.report.rendered import render_report
from tests.report.samples import (
    GRANTED_KEY,
    KEY,
    LOCKED_OUT,
    LOG_KEY,
    NAMED,
    NEVER_ALLOWED,
    PROVED,
    REFUTED,
    UNKNOWN,
    report,
    with_sid,
)
from tests.report.sarif_schema import sarif_validator
from verifier.model.choices import FORMATS
from verifier.model.results.verdict import Excuse, ExcuseKind, Report, Status
from verifier.report.notices.notices import slug, slugs
from verifier.report.notices.sarif import SCHEMA
from verifier.report.render.markdown import MOST
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import printable

GOLDEN = Path(__file__).parent / "golden" / "formats"
EXCUSED = replace(
    LOCKED_OUT, excuse=Excuse(ExcuseKind.WAIVER, "until 2027-01-31, by platform: the archive moves in January")
)
MIXED = report(PROVED, REFUTED, EXCUSED, UNKNOWN, NAMED, NEVER_ALLOWED, keys=(KEY, LOG_KEY, GRANTED_KEY))
ENDINGS = {"sarif": "sarif", "junit": "xml", "markdown": "md", "github": "txt", "gitlab": "gitlab.json", "csv": "csv"}
CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)")
"""As CommonMark reads them: a run of backticks ends at the next run of the same length."""
HOSTILE = "\x1b[31m</script><b>%0A::error::x\n::warning::y [a](b) {0} `` | ,:\ud800\u202e&amp;]]>"


@pytest.mark.parametrize("name", ENDINGS)
def test_golden(name: str) -> None:
    assert_golden(GOLDEN / f"mixed.{ENDINGS[name]}", render_report(MIXED, name))


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_texts_move_no_cursor_and_are_encodable(name: str) -> None:
    text = render_report(with_sid(HOSTILE), name)
    text.encode("utf-8")
    assert "\x1b" not in text and "\u202e" not in text


def sarif(found: Report) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render_report(found, "sarif"))
    return document


@pytest.mark.parametrize("found", [MIXED, report(PROVED), report(UNKNOWN), with_sid(HOSTILE), with_sid("")])
def test_sarif_is_valid(found: Report) -> None:
    document = sarif(found)
    assert document["$schema"] == SCHEMA
    assert [error.message for error in sarif_validator().iter_errors(document)] == []


def test_the_schema_can_say_no() -> None:
    document = sarif(MIXED)
    document["runs"][0]["results"][0]["level"] = "fatal"
    assert list(sarif_validator().iter_errors(document))


def test_sarif_has_a_result_for_each_that_is_not_proved() -> None:
    (run,) = sarif(MIXED)["runs"]
    assert [found["properties"]["status"] for found in run["results"]] == [
        "refuted",
        "refuted",
        "unknown",
        "refuted",
        "refuted",
    ]
    assert [found["level"] for found in run["results"]] == ["error", "note", "warning", "error", "error"]
    assert all(run["tool"]["driver"]["rules"][found["ruleIndex"]]["id"] == found["ruleId"] for found in run["results"])
    assert [bool(found.get("suppressions")) for found in run["results"]] == [False, True, False, False, False]


def test_sarif_points_at_the_statement() -> None:
    first = sarif(MIXED)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert first["artifactLocation"]["uri"] == "key-policy.json"
    assert first["region"] == {"startLine": 32, "startColumn": 5, "endLine": 32, "endColumn": 9}


def test_fingerprints_survive_reformatting() -> None:
    moved = replace(
        REFUTED,
        invariant=replace(REFUTED.invariant, span=Span("other.inv", 99, 1, 99, 2), text="the same, laid out anew"),
    )
    assert _prints(report(REFUTED)) == _prints(report(PROVED, moved))


def test_fingerprints_differ_by_invariant_and_key() -> None:
    on_logs = replace(REFUTED, target=LOG_KEY.arn)
    renamed = replace(REFUTED, invariant=replace(REFUTED.invariant, name="another"))
    assert len({*_prints(report(REFUTED)), *_prints(report(on_logs)), *_prints(report(renamed))}) == 3


def _prints(found: Report) -> list[str]:
    return [result["fingerprints"]["kmsVerifier/v1"] for result in sarif(found)["runs"][0]["results"]]


def test_rule_ids_are_slugs_and_different() -> None:
    assert slug("No external account: can decrypt!") == "no-external-account-can-decrypt"
    assert slug("\u4e2d\u6587") == "invariant"
    assert slugs(["a b", "a-b", "A b", "a b"]) == {"a b": "a-b", "a-b": "a-b-2", "A b": "a-b-3"}


def test_a_place_in_a_plan_has_no_line() -> None:
    unknown = replace(UNKNOWN, reason=replace(UNKNOWN.reason, span=Span("plan.json#aws_kms_key.a", 3, 1, 3, 2)))  # type: ignore[type-var]
    location = sarif(report(unknown))["runs"][0]["results"][0]["locations"][0]
    assert location["physicalLocation"] == {"artifactLocation": {"uri": "plan.json", "uriBaseId": "%SRCROOT%"}}
    assert location["logicalLocations"] == [{"fullyQualifiedName": "aws_kms_key.a"}]
    assert "file=plan.json,title=" in render_report(report(unknown), "github")


def test_no_place_at_all() -> None:
    nowhere = replace(UNKNOWN, reason=None, invariant=replace(UNKNOWN.invariant, span=NOWHERE))
    assert sarif(replace(report(nowhere), inputs=()))["runs"][0]["results"][0]["locations"] == []
    assert render_report(report(nowhere), "github").splitlines()[1].startswith("::warning title=unknown")
    (place,) = sarif(report(nowhere))["runs"][0]["results"][0]["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "key-policy.json"
    assert json.loads(render_report(report(nowhere), "gitlab"))[-1]["location"] == {
        "path": "key-policy.json",
        "lines": {"begin": 1},
    }


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r\n=1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    text = render_report(report(replace(PROVED, invariant=replace(PROVED.invariant, name=cell))), "csv")
    assert [*csv.DictReader(io.StringIO(text))][0]["invariant"] == "'" + printable(cell) and "\t" not in text


def test_every_listed_verdict_is_a_row() -> None:
    rows = [*csv.DictReader(io.StringIO(render_report(replace(MIXED, only=frozenset({Status.REFUTED})), "csv")))]
    assert [row["status"] for row in rows] == ["refuted"] * 4 + ["not listed"] and rows[-1]["says"] == "2"
    assert [*rows[0].values()][-2:] == ["key-policy.json", "32"] and rows[1]["excuse"].startswith(
        "waiver: until 2027-01-31"
    )


def test_sarif_rules_have_what_code_scanning_shows() -> None:
    for rule in sarif(MIXED)["runs"][0]["tool"]["driver"]["rules"]:
        assert (
            rule["helpUri"].startswith("https://docs.aws.amazon.com/")
            and rule["help"]["markdown"]
            and rule["help"]["text"]
        )
        assert 0 < float(rule["properties"]["security-severity"]) <= 10


def test_the_counts_are_among_what_github_shows() -> None:
    """It shows ten annotations of a level, so the counts are the first, and say that there are more."""
    few, many = (render_report(report(*[REFUTED] * count), "github").splitlines() for count in (9, 10))
    assert "exit code 1" in few[0] and "GitHub shows" not in few[0] and len(few) == 10
    assert "GitHub shows 10 annotations of a level" in many[0] and len(many) == 11


def test_junit_counts_unknown_as_an_error_and_excused_as_skipped() -> None:
    root = ElementTree.fromstring(render_report(MIXED, "junit"))
    assert {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "6",
        "failures": "3",
        "errors": "1",
        "skipped": "1",
    }
    cases = root.findall("testsuite/testcase")
    assert [child.tag for case in cases for child in case] == ["failure", "skipped", "error", "failure", "failure"]
    assert len(cases) == 6


def test_github_writes_one_command_a_line() -> None:
    lines = render_report(with_sid(HOSTILE), "github").splitlines()
    assert all(re.match(r"::(error|warning|notice) ", line) for line in lines) and len(lines) == 4
    for line in lines:
        head, _, data = line.removeprefix("::").partition("::")
        properties = head.partition(" ")[2].split(",")
        assert all(re.fullmatch(r"(file|title|line|endLine|col|endColumn)=[^:,]*", part) for part in properties), (
            properties
        )
        assert "%0A::error" not in data


def test_markdown_fits_a_comment() -> None:
    long = replace(REFUTED, invariant=replace(REFUTED.invariant, name="x" * 3000))
    text = render_report(report(*[long] * 300), "markdown")
    assert len(text) <= MOST and "more, for which there is no room here" in text and "|  | and 100 more |  |" in text


def test_markdown_holds_no_markup_of_the_input() -> None:
    text = render_report(with_sid("</details><img src=x> ```\n|"), "markdown")
    outside = CODE_SPAN.sub("", text)
    assert "<img" not in outside and "```" not in outside
    assert outside.count("</details>") == outside.count("<details>")


@pytest.mark.parametrize("name", ENDINGS)
def test_s1_unknown_is_told_by_every_format(name: str) -> None:
    text = render_report(report(UNKNOWN), name)
    assert "unknown" in text
    if name == "sarif":
        assert json.loads(text)["runs"][0]["invocations"][0]["exitCode"] == 3
