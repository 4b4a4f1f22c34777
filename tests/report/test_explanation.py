"""Explanations as text, Markdown and JSON: golden files, the schema, nothing of the input that a terminal or Markdown
acts upon."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import verifier
from tests.evaluate.estates import KEY, REPORTS, REPORTS_SESSION, allow, aws, deny, estate, home, identity
from tests.golden import assert_golden
from tests.report.rendered import render_explanation, render_explanation_markdown
from verifier.evaluate import request_from_json
from verifier.model.results.explanation import Explanation
from verifier.report.wire.comparison import explanation_to_json
from verifier.report.wire.values import json_text
from verifier.verify.explanation.explain import explain_request

GOLDEN = Path(__file__).parent / "golden" / "explain"
HOSTILE = "\x1b[31m<b>`*\n@someone"


def an_explanation(sid: str = "Reports") -> Explanation:
    """A request that a condition refuses, and that a Deny refuses besides."""
    via = {"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}}
    found = estate(
        allow(aws(REPORTS), Sid=sid, Condition=via),
        deny("*", "kms:Decrypt", Condition={"Null": {"kms:EncryptionContext:tenant": "true"}}),
        accounts=(home(identity(REPORTS)),),
    )
    return explain_request(
        found, request_from_json(found, {"principal": REPORTS_SESSION, "action": "kms:Decrypt", "resource": KEY})
    )


def test_the_text() -> None:
    assert_golden(GOLDEN / "explanation.txt", render_explanation(an_explanation()))


def test_the_text_in_full_tells_every_statement() -> None:
    brief, full = render_explanation(an_explanation()), render_explanation(an_explanation(), in_full=True)
    assert "--verbose" not in full
    assert len(full) > len(brief)


def test_the_markdown() -> None:
    assert_golden(GOLDEN / "explanation.md", render_explanation_markdown(an_explanation()))


def test_the_json_is_as_the_schema_says() -> None:
    document = json.loads(json_text(explanation_to_json(an_explanation())))
    jsonschema.validate(document, verifier.schema("explanation"))
    assert document["decision"]["decision"] == "deny"
    assert document["request_changes"][0]["wanted"] == "allow"
    assert document["policy_changes"][0]["edits"][0]["after"]["Effect"] in ("Allow", "Deny")


def test_the_schema_refuses_what_lacks_a_part() -> None:
    document = explanation_to_json(an_explanation())
    del document["request_changes"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, verifier.schema("explanation"))


def test_colours_are_the_only_escapes() -> None:
    text = render_explanation(an_explanation(HOSTILE), colour=True)
    assert "\x1b[31m<b>" not in text
    assert "\\x1b" in text
    assert "\x1b" not in render_explanation(an_explanation(HOSTILE))


def test_no_markup_of_the_input_is_read_in_markdown() -> None:
    text = render_explanation_markdown(an_explanation(HOSTILE))
    outside = "".join(part for number, part in enumerate(text.split("```")) if number % 2 == 0)
    assert "<b>" not in outside
    assert "@someone" not in outside
    assert "\x1b" not in text
