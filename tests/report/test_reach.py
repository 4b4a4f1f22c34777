"""What is within reach, as text, Markdown and JSON: golden files (`UPDATE_GOLDEN=1` writes them anew: read the
difference)."""

from __future__ import annotations

import json
import re
from contextlib import chdir
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

import verifier
from tests.project.shown import ROOT
from tests.report.reaches import CALLERS, DIRECTLY, FROM, IN_TWO, MAYBE, REACHES, TO, UNSURE
from tests.report.rendered import render_reach, render_reach_markdown
from tests.report.samples import KEY
from tests.report.stories import GRANTED_STORY, hostile_story
from tests.report.test_formats import CODE_SPAN, HOSTILE
from tests.report.test_who_can import assert_told
from verifier.model.choices import FORMATS
from verifier.model.results.reach_report import KeyReach, ReachReport, ReachRow
from verifier.model.results.verdict import Bound, Reason
from verifier.model.steps.chains import GrantCreated
from verifier.model.steps.descriptions import StepKind
from verifier.report.pages.reach import reach_forms
from verifier.report.reach.words import reach_exit_code
from verifier.report.render.markdown import MOST
from verifier.report.wire.answers import reach_to_json
from verifier.report.wire.values import json_text


def test_it_has_every_format() -> None:
    assert reach_forms(FROM, in_full=False).formats == tuple(FORMATS)


@pytest.mark.parametrize("name", REACHES)
def test_golden_text(name: str) -> None:
    assert_told(f"{name}.txt", render_reach(REACHES[name]), "reach")


def test_golden_in_full_and_in_markdown() -> None:
    assert_told("to.full.txt", render_reach(TO, in_full=True), "reach")
    assert_told("from.md", render_reach_markdown(FROM), "reach")
    assert_told("to.md", render_reach_markdown(TO), "reach")


@pytest.mark.parametrize("in_full", [False, True])
@pytest.mark.parametrize("name", REACHES)
def test_lines_are_at_most_120_wide_except_commands(name: str, in_full: bool) -> None:
    lines = render_reach(REACHES[name], in_full=in_full).splitlines()
    assert [line for line in lines if len(line) > 120 and " aws " not in line] == []


@pytest.mark.parametrize("name", REACHES)
def test_colour_adds_escapes_and_nothing_else(name: str) -> None:
    plain, coloured = render_reach(REACHES[name]), render_reach(REACHES[name], colour=True)
    assert "\x1b" not in plain and coloured != plain
    assert re.sub(r"\x1b\[[0-9]+m", "", coloured) == plain


def test_s1_what_was_not_proved_is_never_called_all() -> None:
    with_reason = replace(FROM, keys=(replace(FROM.keys[0], reasons=(Reason("U3", "a policy is missing"),)),))
    with_maybe = replace(FROM, keys=(replace(FROM.keys[0], rows=(DIRECTLY, MAYBE)),))
    for report in (with_reason, with_maybe, UNSURE):
        text, markdown = render_reach(report), render_reach_markdown(report)
        assert "nothing else" not in text + markdown and "✔" not in text and "✅" not in markdown
        assert reach_exit_code(report) == 3 and render_reach(report).rstrip().endswith("exit 3")
    assert "maybe in 3 steps" in render_reach(with_maybe) and "is not known" in render_reach(with_maybe)
    assert reach_exit_code(FROM) == 0 and "nothing else" in render_reach(FROM)


@pytest.mark.parametrize(("bound", "said"), [(Bound(4, True), "every length"), (Bound(3, False), "up to 3 steps")])
def test_s1_how_long_the_chains_are_is_always_said(bound: Bound, said: str) -> None:
    for found in REACHES.values():
        report = replace(found, keys=tuple(replace(key, bound=bound) for key in found.keys))
        for text in (render_reach(report), render_reach_markdown(report)):
            assert said in text and ("every length" in text) == bound.complete
            assert ("longer chains were not looked at" in text) != bound.complete


def test_several_actions_are_told_apart() -> None:
    assert "role/ops, role/worker0" in render_reach(TO)
    first, second = TO.keys[0].rows
    rows = (replace(first, actions=("kms:Sign",)), second)
    several = replace(TO, to=("kms:Sign", "kms:Decrypt"), keys=(replace(TO.keys[0], rows=rows),))
    assert "role/team/KeyAdmin: kms:Sign" in render_reach(several)
    assert render_reach(several).startswith("who can eventually kms:Sign or kms:Decrypt")


def test_rows_that_differ_in_the_action_alone_are_told_together() -> None:
    rows = tuple(
        granted(action) for action in ("Decrypt", "GenerateDataKey", "GenerateDataKeyPair", "DescribeKey", "Encrypt")
    )
    report = replace(FROM, keys=(replace(FROM.keys[0], rows=rows),))
    text = " ".join(render_reach(report).split())
    assert (
        "kms:Decrypt, kms:GenerateDataKey, kms:GenerateDataKeyPair, kms:DescribeKey and 1 more, each in the same way"
        in text
    )
    assert text.count("creates a grant") == 1 and "kms:Encrypt" not in text
    assert render_reach_markdown(report).count("- **in 2 steps** ") == 1
    assert render_reach(report, in_full=True).count("creates a grant") == 5
    assert len(parsed(report)["keys"][0]["rows"]) == 5


def test_rows_that_differ_otherwise_are_not_told_together() -> None:
    first, second = granted("Decrypt"), granted("Encrypt")
    assert second.story is not None
    others = (
        replace(second, callers=("arn:aws:iam::111122223333:role/other",)),
        replace(second, story=replace(second.story, readings=())),
        replace(second, story=replace(second.story, steps=second.story.steps[1:])),
        replace(IN_TWO, actions=("kms:Encrypt",)),
    )
    for other in others:
        text = render_reach(replace(FROM, keys=(replace(FROM.keys[0], rows=(first, other)),)))
        assert "each in the same way" not in text and text.count("in 2 steps") == 2


def test_a_name_that_begins_with_the_action_is_another() -> None:
    """`kms:GenerateDataKey` is not `kms:GenerateDataKeyPair` less a part."""
    first, second = granted("GenerateDataKey"), granted("GenerateDataKeyPair")
    assert second.story is not None and first.story is not None and first.story.access is not None
    odd = replace(second, story=replace(second.story, access=first.story.access))
    text = render_reach(replace(FROM, keys=(replace(FROM.keys[0], rows=(first, odd)),)))
    assert text.count("in 2 steps") == 2


def granted(operation: str) -> ReachRow:
    """A row of one action, by a grant of it."""
    access = GRANTED_STORY.access
    assert access is not None
    step = GRANTED_STORY.steps[1]
    change = step.move.change
    assert isinstance(change, GrantCreated)
    change = replace(change, grant=replace(change.grant, operations=(f"kms:{operation}",)))
    last = replace(access, request=replace(access.request, action=f"kms:{operation}"))
    steps = (GRANTED_STORY.steps[0], replace(step, move=replace(step.move, change=change)))
    return replace(IN_TWO, actions=(f"kms:{operation}",), story=replace(GRANTED_STORY, steps=steps, access=last))


def test_what_was_not_replayed_for_its_length_says_how_to_look_further() -> None:
    reason = Reason("E0", "the shortest chain that was looked at takes 5 steps")
    long = replace(MAYBE, steps=5, reason=reason)
    text = render_reach(replace(FROM, keys=(replace(FROM.keys[0], rows=(long,)),)))
    assert "chains of more than 4 steps were not replayed; --steps N looks further" in text


def test_what_is_told_short_says_so() -> None:
    text = render_reach(TO)
    assert "and 9 more" in text and "role/worker11" not in text and "to do it" not in text
    full = render_reach(TO, in_full=True)
    assert "and 9 more" not in full and "role/worker11" in full and "to do it" in full


def test_another_account_is_named() -> None:
    callers = (
        "arn:aws:iam::444455556666:role/x",
        CALLERS[0],
        "every role of 999988887777",
        "arn:aws:iam::111122223333:saml-provider/Okta",
    )
    row = replace(IN_TWO, callers=callers)
    text = " ".join(render_reach(replace(TO, keys=(replace(TO.keys[0], rows=(row,)),))).split())
    assert "role/x of 444455556666, role/ops, every role of 999988887777, identities of saml-provider/Okta" in text


# --- JSON -------------------------------------------------------------------------------------------------------------


def parsed(report: ReachReport) -> Any:
    return json.loads(json_text(reach_to_json(report)))


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(verifier.schema("reach"))


@pytest.mark.parametrize("name", REACHES)
def test_the_json_is_valid_and_says_all_of_it(name: str) -> None:
    report = REACHES[name]
    strict = json.loads(json.dumps(verifier.schema("reach")))
    for definition in (strict, strict["$defs"]["key_reach"], strict["$defs"]["reach_row"]):
        definition["additionalProperties"] = False
    document = parsed(report)
    Draft202012Validator(strict).validate(document)
    assert [[row["steps"] for row in key["rows"]] for key in document["keys"]] == [
        [row.steps for row in key.rows] for key in report.keys
    ]
    assert [key["beyond"] for key in document["keys"]] == [list(key.beyond) for key in report.keys]
    assert document["summary"]["complete"] == report.complete
    assert [key["bound"]["every_length"] for key in document["keys"]] == [key.bound.complete for key in report.keys]


@pytest.mark.parametrize(
    "row",
    [
        replace(IN_TWO, story=None),
        replace(MAYBE, reason=None),
        replace(IN_TWO, reason=MAYBE.reason),
        replace(IN_TWO, steps=-1),
    ],
)
def test_s1_a_row_without_its_evidence_is_not_valid(row: ReachRow) -> None:
    with pytest.raises(ValidationError):
        Draft202012Validator(verifier.schema("reach")).validate(
            parsed(replace(FROM, keys=(replace(FROM.keys[0], rows=(row,)),)))
        )


def test_s1_a_complete_key_has_no_reasons() -> None:
    document = parsed(UNSURE)
    document["keys"][0]["complete"] = True
    with pytest.raises(ValidationError):
        Draft202012Validator(verifier.schema("reach")).validate(document)


# --- size, hostile texts ----------------------------------------------------------------------------------------------


def test_markdown_fits_a_comment_and_counts_what_does_not() -> None:
    rows = tuple(replace(IN_TWO, callers=(f"arn:aws:iam::111122223333:role/worker{number}",)) for number in range(600))
    text = render_reach_markdown(replace(TO, keys=(replace(TO.keys[0], rows=rows),)))
    assert len(text) <= MOST and "for which there is no room here" in text
    assert text.count("- **in 2 steps** ") > 20


@pytest.mark.parametrize("kind", StepKind)
def test_texts_of_the_input_cannot_act(kind: StepKind) -> None:
    reason = Reason(HOSTILE, HOSTILE)
    rows = (
        ReachRow((HOSTILE,), (HOSTILE,), 1, hostile_story(HOSTILE, kind)),
        ReachRow((HOSTILE,), (HOSTILE,), 2, None, reason),
    )
    key = KeyReach(replace(KEY, name=HOSTILE), rows, (HOSTILE,), Bound(4, True), (reason,))
    for report in (ReachReport((key,), caller=HOSTILE), ReachReport((key,), to=(HOSTILE,), data_version=HOSTILE)):
        for in_full in (False, True):
            text = render_reach(report, in_full=in_full)
            assert not any(not character.isprintable() for character in text.replace("\n", ""))
            markdown = render_reach_markdown(report, in_full=in_full)
            assert "\x1b" not in markdown and "\u202e" not in markdown
            outside = CODE_SPAN.sub("", markdown)
            assert "<b>" not in outside and "</script>" not in outside
        assert json_text(reach_to_json(report)).isascii()


def test_the_page_shows_what_the_program_says() -> None:
    """The blocks of the page: lines of the output, in their order, some left out."""
    text = (ROOT / "docs" / "reach.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    with chdir(ROOT):
        estate = verifier.load("examples/escalation")
        asked = (
            verifier.reach(estate, to=["kms:Decrypt"], keys=["tickets"]),
            verifier.reach(estate, "user/oncall", keys=["tickets"]),
        )
    assert len(blocks) == len(asked)
    for block, report in zip(blocks, asked, strict=True):
        said = iter(render_reach(report).splitlines())
        for line in block.splitlines():
            assert line in said, line
