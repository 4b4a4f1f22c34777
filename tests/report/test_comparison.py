"""Comparisons as text and Markdown (golden files, `UPDATE_GOLDEN=1 pytest tests/report`), as JSON, and their exit
codes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import verifier
from tests.golden import assert_golden
from tests.report.comparisons import (
    ADDED,
    BY_REPORTS,
    BY_ROLES,
    BY_ROOT,
    INTENDED,
    KEYLESS,
    LESS,
    MIXED,
    MORE,
    SAME,
    UNKNOWN,
    UNKNOWN_ACTIONS,
    UNUSED,
    comparison,
    hostile,
)
from tests.report.rendered import render_comparison_markdown
from verifier.model.choices import FailOn
from verifier.model.results.comparison import Comparison, Relation, TargetComparison
from verifier.report.checks import check_of_comparison, check_of_report, check_to_json, render_check
from verifier.report.formats import written
from verifier.report.pages.comparison import comparison_forms, render_comparison
from verifier.report.render.markdown import code, escaped, prose, spaced
from verifier.report.wire.comparison import comparison_to_json
from verifier.report.wire.values import json_text
from verifier.report.words.comparison import comparison_exit_code
from verifier.report.words.regions import region_groups, row_text

GOLDEN = Path(__file__).parent / "golden" / "compare"
SAMPLES = {
    "more": comparison(MORE),
    "less": comparison(LESS),
    "mixed": comparison(MIXED, SAME, replace(KEYLESS, target="operations without a key"), allowances=(UNUSED,)),
    "intended": comparison(INTENDED),
    "added": comparison(ADDED, replace(SAME, presence=ADDED.presence)),
    "same": comparison(SAME),
    "unknown": comparison(UNKNOWN, UNKNOWN_ACTIONS),
    "nothing": comparison(*(replace(KEYLESS, target=f"arn:aws:kms:us-west-2:111122223333:key/{n}") for n in range(9))),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_text(name: str) -> None:
    assert_golden(GOLDEN / f"{name}.txt", render_comparison(SAMPLES[name]))


def test_text_in_full() -> None:
    assert_golden(GOLDEN / "full.txt", render_comparison(SAMPLES["mixed"], in_full=True))


@pytest.mark.parametrize("name", SAMPLES)
def test_markdown(name: str) -> None:
    assert_golden(GOLDEN / f"{name}.md", render_comparison_markdown(SAMPLES[name]))


def test_every_golden_file_is_of_a_sample() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == {*SAMPLES, "full"}


def test_the_common_case_fits_a_screen() -> None:
    assert len(render_comparison(SAMPLES["more"]).splitlines()) <= 24
    assert all(len(line) <= 120 for line in render_comparison(SAMPLES["more"]).splitlines())


# -- groups: nothing added, nothing left out --


def test_a_group_says_exactly_its_regions() -> None:
    (first, second) = region_groups((BY_ROOT, BY_REPORTS, BY_ROLES))
    assert first.regions == (BY_ROOT, BY_ROLES) and second.regions == (BY_REPORTS,)
    for group in (first, second):
        for row, change in zip(group.rows, group.regions, strict=True):
            assert [set(group.common) | set(case) for case in row.cases] == [set(case) for case in change.region.when]
    assert first.example is BY_ROLES


def test_what_goes_without_saying_is_said_in_full() -> None:
    (group,) = region_groups((BY_ROOT, BY_ROLES))
    assert row_text(group.rows[1], in_full=False).endswith("if its own account's policies allow it")
    assert "do not deny it and" in row_text(group.rows[1], in_full=True)


# -- exit codes --

CODES: list[tuple[tuple[TargetComparison, ...], int, int, int]] = [
    ((SAME,), 0, 0, 0),
    ((MORE,), 1, 1, 0),
    ((replace(LESS, unknown_lost=False),), 0, 1, 0),
    ((LESS,), 0, 1, 0),
    ((MIXED,), 1, 1, 0),
    ((INTENDED,), 0, 0, 0),
    ((ADDED,), 1, 1, 0),
    ((UNKNOWN_ACTIONS,), 3, 3, 0),
    ((replace(SAME, unknown_lost=True),), 0, 3, 0),
    ((UNKNOWN,), 1, 1, 3),
    ((replace(UNKNOWN, gained=()),), 3, 3, 3),
    ((replace(UNKNOWN, gained=()), MORE), 1, 1, 3),
    ((SAME, UNKNOWN_ACTIONS), 3, 3, 0),
]


@pytest.mark.parametrize(("targets", "more", "either", "never"), CODES)
def test_exit_codes(targets: tuple[TargetComparison, ...], more: int, either: int, never: int) -> None:
    found = comparison(*targets)
    assert [comparison_exit_code(found, fail_on) for fail_on in (FailOn.MORE, FailOn.ANY, FailOn.NEVER)] == [
        more,
        either,
        never,
    ]


def test_unknown_is_never_a_relation_of_its_own() -> None:
    """S1: neither equivalent, nor more or less permissive, where something is not known."""
    assert UNKNOWN.relation is Relation.UNKNOWN
    assert comparison(SAME, replace(UNKNOWN, gained=())).relation is Relation.UNKNOWN
    assert comparison(MORE, UNKNOWN).relation is Relation.UNKNOWN
    assert comparison(MORE, LESS, UNKNOWN).relation is Relation.INCOMPARABLE
    assert comparison(MORE, LESS).relation is Relation.INCOMPARABLE
    assert comparison(SAME, LESS).relation is Relation.LESS


# -- JSON --


@pytest.mark.parametrize("found", [*SAMPLES.values(), hostile("a\x1b[2J\u202e\ud800")], ids=[*SAMPLES, "hostile"])
def test_json_is_as_its_schema_says(found: Comparison) -> None:
    schema = verifier.schema("comparison")
    Draft202012Validator.check_schema(schema)
    text = json_text(comparison_to_json(found, FailOn.ANY))
    assert text.isascii() and "\x1b" not in text
    Draft202012Validator(schema).validate(json.loads(text))


def test_the_schema_says_what_is_there() -> None:
    """A member that the schema does not know, or that it misses, is told."""
    document, schema = json.loads(json_text(comparison_to_json(SAMPLES["mixed"]))), verifier.schema("comparison")
    answer, unanswered = schema["anyOf"]
    assert set(document) == set(answer["required"]) == set(schema["properties"]) - {"exit_code", "errors"}
    assert not set(unanswered["required"]) - set(schema["properties"])
    for name, value in (
        ("target", document["targets"][0]),
        ("side", document["old"]),
        ("region_change", document["targets"][0]["lost"][0]),
    ):
        assert set(value) == set(schema["$defs"][name]["properties"]) == set(schema["$defs"][name]["required"]), name
    broken = json.loads(json_text(comparison_to_json(SAMPLES["unknown"])))
    broken["targets"][0]["reasons"] = []
    assert not Draft202012Validator(schema).is_valid(broken)


@pytest.mark.parametrize("name", SAMPLES)
def test_checks(name: str) -> None:
    check = check_of_comparison(SAMPLES[name])
    document = json.loads(json_text(check_to_json(check)))
    Draft202012Validator.check_schema(verifier.schema("check"))
    Draft202012Validator(verifier.schema("check")).validate(document)
    assert document["result"] == {0: "pass", 1: "fail", 3: "unknown"}[comparison_exit_code(SAMPLES[name], FailOn.MORE)]
    text = render_check(check, colour=False)
    assert text.startswith(document["result"].upper())
    assert (render_comparison(SAMPLES[name]) in text) is (document["result"] != "pass")


def test_a_check_of_a_report() -> None:
    from tests.report.samples import PROVED, REFUTED, report
    from tests.report.samples import UNKNOWN as UNDECIDED

    for verdicts, result in (((PROVED,), "pass"), ((PROVED, REFUTED), "fail"), ((PROVED, UNDECIDED), "unknown")):
        document = json.loads(json_text(check_to_json(check_of_report("access-not-granted", report(*verdicts)))))
        Draft202012Validator(verifier.schema("check")).validate(document)
        assert document["result"] == result and document["comparison"] is None


# -- hostile texts --

TEXTS = [
    "\x1b[2J\x1b]0;x\x07",
    "a\nb\r\n- c\n# d",
    "<script>x</script><!-- -->",
    "[a](javascript:x) ![b](c) <http://d.example> https://e.example www.f.example",
    "@everyone #1 :bomb: `x` ``y`` *a* _b_ ~c~ $d$ | e | \\ & &#64; !",
    "</details></summary>",
    "\u202eabc\u2066",
    "`" * 40,
    " ",
]


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_acts_on_a_terminal(text: str) -> None:
    for in_full in (False, True):
        shown = render_comparison(hostile(text), in_full=in_full)
        assert all(line.isprintable() for line in shown.split("\n"))


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_acts_in_markdown(text: str) -> None:
    shown = render_comparison_markdown(hostile(text))
    assert all(line.isprintable() for line in shown.split("\n"))
    own = re.compile(r"\*\*|^#{2,3} |</?(?:details|summary|sub)>|&#\d+;", re.MULTILINE)
    plain = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", shown)
    left = own.sub("", plain)
    assert re.findall(r"[<>\[\]*_@#$|`\\&]|www\.|:\w*:|://", left) == []
    assert plain.count("<details>") == plain.count("</details>") >= 2


@pytest.mark.parametrize("text", TEXTS)
def test_code_spans_hold_the_text(text: str) -> None:
    shown = code(text)
    fence = re.match("`+", shown)
    assert fence is not None and shown.endswith(fence.group())
    assert fence.group() not in re.findall("`+", shown[len(fence.group()) : -len(fence.group())])
    assert "\n" not in escaped(text)


@pytest.mark.parametrize(
    "text",
    [
        *TEXTS,
        "a:b|<b>x:y</b>|:z",
        "`a:b`c:d``e:f",
        "a:b`<b>`c:d",
        "[a:b](c:d)",
        "[<b>](x) ![y] [z]: http://e.example [`]",
        "${a|b} ${c:d} ${<i>}",
        "x:y\\|z:w",
    ],
)
def test_names_are_code_and_nothing_of_them_is_markup(text: str) -> None:
    shown = spaced([prose(text), code(text), prose(text)])
    assert "|" not in prose(text), "a cell of a table would end"
    left = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", shown)
    assert re.findall(r"[<>\[\]*_@$|`\\]|(?<!&)#|&(?!#\d+;)|www\.|:\w*:|://", left) == []


def test_an_arn_and_a_place_are_code() -> None:
    assert prose('"Reports" (key-policy.json:32) lost kms:ViaService [x]: ${aws:username}, and *') == (
        '"Reports" (`key-policy.json:32`) lost `kms:ViaService` `[x]`: `${aws:username}`, and &#42;'
    )


@pytest.mark.parametrize("fail_on", FailOn)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_form_fails_on_what_is_asked_for(name: str, fail_on: FailOn) -> None:
    forms = comparison_forms(SAMPLES[name], fail_on, {}, in_full=False)
    code = comparison_exit_code(SAMPLES[name], fail_on)
    notices = forms.notices and forms.notices()
    assert notices and notices.exit_code == code
    assert json.loads(written(forms, "json"))["summary"]["exit_code"] == code
