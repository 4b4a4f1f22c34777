"""Stories and bounds in the reports of `prove`: golden files, every kind of step, every format, hostile texts.

`UPDATE_GOLDEN=1 pytest tests/report` writes the golden files anew: read the difference.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

import verifier
from tests.golden import assert_golden
from tests.report.rendered import render_html, render_report
from tests.report.samples import FILE, NAMED, PAYMENTS, REFUTED, faults, report
from tests.report.sarif_schema import sarif_validator
from tests.report.stories import (
    ADMIN_SESSION,
    AFTER_POLICY,
    ASSUMED,
    AT_ONCE,
    CHANGES,
    ESTATE,
    FOR_EVER,
    GRANTED_LATER,
    HOME,
    IMPORTED,
    IMPORTS,
    IN_DOUBT,
    KEY_ADMIN,
    KEY_POLICY,
    OPS,
    REWRITTEN,
    SESSION,
    TAKEN_OVER,
    TAKEOVER,
    WITHIN,
    hostile_story,
)
from tests.report.test_formats import HOSTILE
from tests.report.test_html import MARKUP, Tags, access
from verifier.evaluate import evaluate
from verifier.model.choices import FORMATS
from verifier.model.policy_text import policy_text
from verifier.model.request import Outcome, Request
from verifier.model.results.verdict import Bound, Report, Verdict
from verifier.model.steps.chains import Move, PolicyAdded
from verifier.model.steps.descriptions import StepKind
from verifier.report.evidence import Evidence
from verifier.report.naming import Names
from verifier.report.pages.verdicts import render_text
from verifier.report.reach.shown_steps import shown_steps, step_words
from verifier.report.reach.story import bound_words
from verifier.report.wire.report import render_json
from verifier.report.words.verdicts import involved, place_of, verdict_sentence
from verifier.syntax.source import NOWHERE, Span
from verifier.witness.command import step_commands

GOLDEN = Path(__file__).parent / "golden" / "stories"
ALL = report(FOR_EVER, WITHIN, TAKEN_OVER, GRANTED_LATER, IMPORTS, AT_ONCE, IN_DOUBT)
SHORT = report(WITHIN, TAKEN_OVER)
ALICE = f"arn:aws:iam::{HOME}:user/team/Alice"
REQUESTS: dict[StepKind, tuple[Request, ...]] = {
    StepKind.ASSUME_ROLE: ASSUMED.requests,
    StepKind.IMPORT_MATERIAL: IMPORTED.requests,
    StepKind.PROVIDER: (Request(SESSION, "iam:UpdateSAMLProvider", f"arn:aws:iam::{HOME}:saml-provider/corporate"),),
    StepKind.FEDERATE: (Request(SESSION, "sts:GetFederationToken", f"arn:aws:sts::{HOME}:federated-user/fay"),),
    StepKind.BECOME_USER: (Request(SESSION, "iam:CreateAccessKey", ALICE),),
    StepKind.PASS_ROLE: (Request(SESSION, "iam:PassRole", KEY_ADMIN), Request(SESSION, "lambda:CreateFunction", None)),
    StepKind.CHANGE_CODE: (
        Request(SESSION, "lambda:UpdateFunctionCode", "arn:aws:lambda:us-west-2:111122223333:function:intake"),
    ),
}


def move(kind: StepKind) -> Move:
    return Move(kind, REQUESTS.get(kind, ()), CHANGES[kind])


# --- text -------------------------------------------------------------------------------------------------------------


def test_golden_text() -> None:
    assert_golden(GOLDEN / "prove.txt", render_text(ALL, colour=False))


@pytest.mark.parametrize(
    ("name", "ending"), [("sarif", "sarif"), ("junit", "xml"), ("markdown", "md"), ("github", "github.txt")]
)
def test_golden_formats(name: str, ending: str) -> None:
    assert_golden(GOLDEN / f"prove.{ending}", render_report(SHORT, name))


def test_golden_changes_and_commands() -> None:
    told = [
        f"{kind.value}\n  {step_words(move(kind), Names({PAYMENTS: 'payments'}, HOME))}\n"
        + "".join(f"  {line}\n" for line in step_commands(move(kind)))
        for kind in StepKind
    ]
    assert_golden(GOLDEN / "changes.txt", "\n".join(told))


def test_lines_are_at_most_120_wide_except_commands() -> None:
    lines = render_text(ALL, colour=False).splitlines()
    assert [line for line in lines if len(line) > 120 and " aws " not in line] == []


def test_colour_adds_escapes_and_nothing_else() -> None:
    plain, coloured = render_text(ALL, colour=False), render_text(ALL, colour=True)
    assert "\x1b" not in plain and coloured != plain
    assert re.sub(r"\x1b\[[0-9]+m", "", coloured) == plain


def test_a_story_is_numbered_and_says_what_allows_each_request_and_where() -> None:
    text = render_text(report(TAKEN_OVER), colour=False)
    order = [
        "gets there in 2 steps",
        "1  arn:",
        "Operators",
        "iam.json:4:5",
        "2  arn:",
        "writes the key policy",
        "key-policy.json:4:5",
        "then  arn:",
    ]
    at = [text.index(part) for part in order]
    assert at == sorted(at)
    assert "statement 1 of default (of step 2)" in text and "(of step 1)" not in text
    assert "verifier suggest" not in text


def test_what_the_whole_story_needs_is_said_once_at_its_end() -> None:
    text = render_text(report(GRANTED_LATER), colour=False)
    assert text.count("[P5=no]") == 1 and text.index("then  arn:") < text.index("[P5=no]") < text.index("supposing")
    assert '"no grant leads to decryption" depends on one' in text


@pytest.mark.parametrize(
    ("bound", "said"),
    [
        (Bound(4, True), "chains of every length"),
        (Bound(4, False), "chains of up to 4 steps"),
        (Bound(1, False), "chains of up to 1 step"),
        (Bound(0, False), "requests without a step before them"),
    ],
)
def test_s1_a_proof_never_claims_more_than_its_bound(bound: Bound, said: str) -> None:
    assert bound_words(bound) == said
    verdict = replace(WITHIN, bound=bound)
    for name in ("text", "markdown", "html", "json", "junit"):
        text = render_report(report(verdict), name)
        assert said in text
        assert ("every length" in text) == bound.complete
    assert verdict_sentence(verdict) == f"proved for {said}"


def test_a_proof_within_a_bound_does_not_say_that_nothing_allows_it() -> None:
    assert "nothing allows it" not in render_text(report(WITHIN), colour=False)


# --- JSON -------------------------------------------------------------------------------------------------------------


def parsed(verdict: Verdict) -> Any:
    return json.loads(render_json(report(verdict)))


@pytest.mark.parametrize("verdict", ALL.verdicts)
def test_reports_are_valid(verdict: Verdict) -> None:
    assert faults(parsed(verdict)) == []


@pytest.mark.parametrize("kind", StepKind)
def test_every_change_is_described(kind: StepKind) -> None:
    """A member that the schema does not know would be undocumented."""
    strict = json.loads(json.dumps(verifier.schema("report")))
    for name in ("story_change", "story", "bound", "caller"):
        strict["$defs"][name]["additionalProperties"] = False
    strict["$defs"]["story"]["properties"]["steps"]["items"]["additionalProperties"] = False
    story = replace(TAKEOVER, steps=(replace(TAKEOVER.steps[0], move=move(kind)),))
    document = parsed(replace(TAKEN_OVER, story=story))
    Draft202012Validator(strict).validate(document)
    (step,) = document["verdicts"][0]["story"]["steps"]
    assert step["kind"] == kind.value and step["commands"] == list(step_commands(move(kind)))


@pytest.mark.parametrize(
    "verdict",
    [
        replace(TAKEN_OVER, story=None),
        replace(TAKEN_OVER, bound=None),
        replace(TAKEN_OVER, counterexample=REFUTED.counterexample),
        replace(TAKEN_OVER, grants=NAMED.grants),
        replace(FOR_EVER, story=TAKEOVER),
        replace(IN_DOUBT, story=TAKEOVER),
    ],
)
def test_s1_a_verdict_without_its_evidence_or_with_too_much_is_not_valid(verdict: Verdict) -> None:
    with pytest.raises(ValidationError):
        Draft202012Validator(verifier.schema("report")).validate(parsed(verdict))


def test_a_document_that_is_not_known_is_not_told() -> None:
    attached = CHANGES[StepKind.ATTACH_POLICY]
    assert isinstance(attached, PolicyAdded)
    unknown = Move(StepKind.ATTACH_POLICY, (), replace(attached, known=False))
    story = replace(TAKEOVER, steps=(replace(TAKEOVER.steps[0], move=unknown),))
    (step,) = parsed(replace(TAKEN_OVER, story=story))["verdicts"][0]["story"]["steps"]
    assert step["change"]["document"] is None and step["change"]["known"] is False
    assert "is not in the input" in step["text"]


def test_json_tells_the_steps_in_full() -> None:
    story = parsed(TAKEN_OVER)["verdicts"][0]["story"]
    assert [step["kind"] for step in story["steps"]] == ["assume role", "put key policy"]
    assert story["steps"][1]["change"]["document"]["Statement"][0]["Action"] == "kms:*"
    assert all(found["decision"]["decision"] == "allow" for step in story["steps"] for found in step["requests"])
    assert story["access"]["request"]["action"] == "kms:Decrypt"
    assert parsed(IMPORTS)["verdicts"][0]["story"]["access"] is None
    assert parsed(WITHIN)["verdicts"][0]["bound"] == {
        "steps": 2,
        "every_length": False,
        "text": "chains of up to 2 steps",
    }


def test_the_reports_of_before_are_still_valid() -> None:
    document = parsed(REFUTED)
    for verdict in document["verdicts"]:
        del verdict["story"], verdict["bound"], verdict["counterexample"]["request"]["caller"]["session_tags"]
    assert faults(document) == []


# --- SARIF, annotations, JUnit ----------------------------------------------------------------------------------------


def test_sarif_has_a_thread_flow_of_the_steps() -> None:
    document = json.loads(render_report(SHORT, "sarif"))
    assert [error.message for error in sarif_validator().iter_errors(document)] == []
    (result,) = document["runs"][0]["results"]
    (flow,) = result["codeFlows"]
    (thread,) = flow["threadFlows"]
    steps = [step["location"] for step in thread["locations"]]
    files = [step["physicalLocation"]["artifactLocation"]["uri"] for step in steps]
    assert files == ["iam.json", "key-policy.json", "key-policy.json"]
    assert [step["message"]["text"].split(":")[0] for step in steps] == ["1", "2", "then"]
    assert "codeFlows" not in json.loads(render_report(report(REFUTED), "sarif"))["runs"][0]["results"][0]


def test_the_place_of_a_story_is_a_statement_of_the_input() -> None:
    assert [statement.sid for statement in involved(TAKEN_OVER)] == ["Operators", "Key administrators"]
    assert place_of(TAKEN_OVER).file == "iam.json"
    only_made = replace(TAKEN_OVER, story=replace(TAKEOVER, steps=()))
    assert place_of(only_made) == only_made.invariant.span, "the policy is not that of the input: nothing made it"


def test_a_statement_of_a_step_is_not_one_of_the_input_before_that_step() -> None:
    told = list(shown_steps(TAKEOVER))
    assert [one.made for one in told] == [{}, {}, {f"{PAYMENTS}#default": 2}]
    assert [len(one.of_the_input) for one in told] == [1, 1, 0]
    assert told[1].place != NOWHERE and told[2].place == NOWHERE


@pytest.mark.parametrize("kind", StepKind)
def test_what_a_step_writes_is_of_that_step_and_what_the_input_holds_is_not(kind: StepKind) -> None:
    """A version that was there before, and a managed policy that is attached, keep their places."""
    steps = (replace(TAKEOVER.steps[0], move=move(kind)),)
    *_, last = shown_steps(replace(TAKEOVER, steps=steps))
    writes = {
        *(
            StepKind.PUT_KEY_POLICY,
            StepKind.CREATE_GRANT,
            StepKind.REPLICATE,
            StepKind.PUT_POLICY,
            StepKind.ATTACH_POLICY,
        ),
        *(StepKind.NEW_VERSION, StepKind.PUT_TRUST),
    }
    assert bool(last.made) == (kind in writes)
    of_the_input = PolicyAdded(KEY_ADMIN, replace(KEY_POLICY, identity=f"arn:aws:iam::{HOME}:policy/p/base"))
    attached = replace(
        TAKEOVER, steps=(replace(TAKEOVER.steps[0], move=Move(StepKind.ATTACH_POLICY, (), of_the_input)),)
    )
    assert list(shown_steps(attached))[-1].made == {}


def test_what_a_step_writes_has_no_place_though_it_was_read_from_a_text() -> None:
    found = TAKEOVER.access
    assert found is not None
    trace = tuple(
        replace(step, statement=replace(step.statement, span=Span("(written by the caller)", 1, 1, 1, 9)))
        if step.statement
        else step
        for step in found.decision.trace
    )
    story = replace(TAKEOVER, access=replace(found, decision=replace(found.decision, trace=trace)))
    text = render_report(report(replace(TAKEN_OVER, story=story)), "text")
    assert "(of step 2)" in text and "written by the caller" not in text
    assert "written by the caller" not in render_report(report(replace(TAKEN_OVER, story=story)), "sarif")


def test_junit_and_annotations_tell_the_steps() -> None:
    assert "gets there in 2 steps" in render_report(SHORT, "junit") and "(of step 2)" in render_report(SHORT, "junit")
    line = next(line for line in render_report(report(TAKEN_OVER), "github").splitlines() if "title=refuted" in line)
    assert line.startswith("::error file=iam.json") and "2. role/team/KeyAdmin calls" in line and line.count("::") == 2


# --- HTML -------------------------------------------------------------------------------------------------------------


def test_html_shows_the_statements_and_the_path() -> None:
    text = policy_text(KEY_POLICY)
    document = render_html(report(TAKEN_OVER, IMPORTS), Evidence(texts={FILE: text}, who_can=access("role/reports")))
    assert Tags(document).open == []
    assert document.count('class="used"') > 5
    svg = document[document.index("<svg") : document.index("</svg>")]
    assert svg.count("<rect") - 3 == (1 + 3) + (1 + 1), "a box for the caller, for each step, for the last request"
    assert svg.count("<path") - 2 == 4 + 2
    assert "2. kms:PutKeyPolicy" in svg and "Below: how a caller gets there" in document
    assert document.count("<li>") >= 5


def test_html_says_how_far_a_proof_goes_wherever_it_says_proved() -> None:
    document = render_html(report(WITHIN))
    assert document.count(">proved</span> for chains of up to 2 steps") == 2, "in the table, beside the name"
    assert document.count("chains of up to 2 steps") == 2 + 1, "in the reasons as well"


def test_html_counts_the_stories_that_find_no_room() -> None:
    many = report(*[replace(TAKEN_OVER, elapsed=float(number)) for number in range(9)])
    document = render_html(many, Evidence(who_can=access("role/reports")))
    assert "3 more stories are in the table alone" in document
    assert document.count("<ol>") == 9


def test_a_key_that_nobody_reaches_yet_still_has_its_paths() -> None:
    found = access("role/reports")
    nobody = replace(found, keys=(replace(found.keys[0], rows=()),))
    assert "<svg" in render_html(report(TAKEN_OVER), Evidence(who_can=nobody))
    assert "Nobody can do anything" in render_html(report(REFUTED), Evidence(who_can=nobody))


# --- hostile texts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", StepKind)
@pytest.mark.parametrize("name", FORMATS)
def test_hostile_texts_act_on_nothing(name: str, kind: StepKind) -> None:
    found = hostile_report(HOSTILE, kind)
    text = render_report(found, name, Evidence(who_can=access("role/x"), texts={HOSTILE: HOSTILE}))
    text.encode("utf-8")
    assert "\x1b" not in text and "\u202e" not in text
    if name == "html":
        assert Tags(text).open == []
    if name == "text":
        assert not any(not character.isprintable() for character in text.replace("\n", ""))


def test_nothing_of_a_story_is_markup() -> None:
    for kind in StepKind:
        tags = Tags(render_html(hostile_report(MARKUP, kind), Evidence(who_can=access("role/x"))))
        assert tags.open == [] and tags.names.isdisjoint({"script", "img", "b", "iframe"})


def hostile_report(text: str, kind: StepKind) -> Report:
    return report(replace(TAKEN_OVER, story=hostile_story(text, kind)))


def test_commands_are_quoted() -> None:
    for kind in StepKind:
        story = hostile_story("a b'; rm -rf ~ #`$(x)`", kind)
        for command in (command for step in story.steps for command in step_commands(step.move)):
            words = shlex.split(command)
            assert words[0] == "aws" and "rm" not in words and "-rf" not in words


# --- the stories themselves -------------------------------------------------------------------------------------------


def test_the_samples_are_true() -> None:
    """They are decided as they say: the last request is refused before the steps, and the steps need one another."""
    last = Request(SESSION, "kms:Decrypt", PAYMENTS)
    assert evaluate(ESTATE, last, {}).outcome is Outcome.DENY
    assert evaluate(AFTER_POLICY, last, {}).outcome is Outcome.ALLOW
    assert evaluate(ESTATE, replace(REWRITTEN.requests[0], caller=SESSION), {}).outcome is Outcome.DENY
    assert ADMIN_SESSION.principal_arn == KEY_ADMIN and SESSION.principal_arn == OPS
