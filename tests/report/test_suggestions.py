"""Suggestions as text, Markdown and JSON: golden files, the schema, exit codes, nothing of the input that is acted
upon."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema

import verifier
from tests.evaluate.estates import REPORTS, allow, aws, estate, home, identity
from tests.golden import assert_golden
from tests.report.rendered import render_suggestions, render_suggestions_markdown
from verifier.language.builtins.catalogue import builtin
from verifier.model.results.explanation import Suggestions
from verifier.model.results.verdict import Reason, Status
from verifier.report.exit_codes import ExitCode
from verifier.report.wire.comparison import suggestions_to_json
from verifier.report.wire.values import json_text
from verifier.report.words.explanation import suggest_exit_code
from verifier.verify.suggestion.suggest import suggest

GOLDEN = Path(__file__).parent / "golden" / "suggest"
HOSTILE = "\x1b[31m<b>`*\n@someone"


def some_suggestions(sid: str = "Reports") -> Suggestions:
    """One invariant that is refuted, one that is proved."""
    tenant = {"StringEqualsIfExists": {"kms:EncryptionContext:tenant": "acme"}}
    found = estate(allow(aws(REPORTS), "kms:Decrypt", Sid=sid, Condition=tenant), accounts=(home(identity(REPORTS)),))
    return suggest(found, [builtin("encryption-context-required:tenant=acme"), builtin("no-external-access")])


def test_the_text() -> None:
    assert_golden(GOLDEN / "suggestions.txt", render_suggestions(some_suggestions()))


def test_the_markdown() -> None:
    assert_golden(GOLDEN / "suggestions.md", render_suggestions_markdown(some_suggestions()))


def test_the_json_is_as_the_schema_says() -> None:
    document = json.loads(json_text(suggestions_to_json(some_suggestions())))
    jsonschema.validate(document, verifier.schema("suggestions"))
    first = document["invariants"][0]
    assert first["status"] == "refuted"
    assert first["suggestions"][0]["policy"]["Statement"][0]["Condition"] == {
        "StringEquals": {"kms:EncryptionContext:tenant": "acme"}
    }
    assert first["suggestions"][0]["access"]["lost"]


def test_why_there_is_none_is_told_and_counts_as_refuted() -> None:
    found = some_suggestions()
    none = replace(found.advice[0], suggestions=(), reason=Reason("bound", "none was found"))
    without = replace(found, advice=(none, *found.advice[1:]))
    assert "no suggestion: none was found [bound]" in render_suggestions(without)
    assert "**no suggestion**: none was found" in render_suggestions_markdown(without)
    jsonschema.validate(json.loads(json_text(suggestions_to_json(without))), verifier.schema("suggestions"))
    assert suggest_exit_code(without) is ExitCode.REFUTED


def test_the_exit_code_is_0_only_where_everything_is_proved_or_mended() -> None:
    found = some_suggestions()
    assert suggest_exit_code(found) is ExitCode.PROVED
    unknown = replace(found.advice[1], status=Status.UNKNOWN, reason=Reason("U3", "a policy is missing"))
    assert suggest_exit_code(replace(found, advice=(found.advice[0], unknown))) is ExitCode.UNKNOWN


def test_no_text_of_the_input_is_acted_upon() -> None:
    hostile = some_suggestions(HOSTILE)
    assert "\x1b" not in render_suggestions(hostile)
    assert "\x1b[31m<b>" not in render_suggestions(hostile, colour=True)
    markdown = render_suggestions_markdown(hostile)
    outside = "".join(part for number, part in enumerate(markdown.split("```")) if number % 2 == 0)
    assert "<b>" not in outside
    assert "@someone" not in outside
