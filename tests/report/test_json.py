"""The JSON report: valid by its published schema, complete, safe."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

import verifier
from tests.report.samples import (
    GRANTED,
    GRANTED_KEY,
    GRANTS_UNKNOWN,
    LOCKED_OUT,
    NAMED,
    NEVER_ALLOWED,
    NO_GRANT,
    PAYMENTS,
    PROVED,
    REFUTED,
    REPLICATES,
    UNKNOWN,
    faults,
    report,
    with_sid,
)
from verifier.model.choices import Engine
from verifier.model.results.verdict import Agreement, Verdict
from verifier.report.wire.report import render_json
from verifier.report.wire.values import wire

ALL = report(PROVED, REFUTED, LOCKED_OUT, NEVER_ALLOWED, UNKNOWN)


def parsed() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render_json(ALL))
    return document


def test_a_cross_check_is_counted() -> None:
    found = [replace(PROVED, agreement=Agreement.AGREED), replace(UNKNOWN, agreement=Agreement.NOTHING_TO_CHECK)]
    checked = replace(
        report(*found, replace(REFUTED, agreement=Agreement.UNANSWERED)),
        engine=Engine.SAT,
        second_engine=Engine.CVC5_STRINGS,
    )
    document = json.loads(render_json(checked))
    Draft202012Validator(verifier.schema("report")).validate(document)
    assert document["engine"] == "sat" and [v["agreement"] for v in document["verdicts"]] == [
        "agreed",
        "nothing_to_check",
        "unanswered",
    ]
    assert document["cross_check"] == {"engine": "cvc5-strings", "agreed": 1, "unanswered": 1, "nothing_to_check": 1}
    assert parsed()["cross_check"] is None and parsed()["engine"] == "z3"


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(verifier.schema("report"))
    assert verifier.schema("report")["$schema"].endswith("2020-12/schema")


@pytest.mark.parametrize(
    "verdict",
    [PROVED, REFUTED, LOCKED_OUT, NEVER_ALLOWED, UNKNOWN, NAMED, NO_GRANT, GRANTED, GRANTS_UNKNOWN, REPLICATES],
)
def test_reports_are_valid(verdict: Verdict) -> None:
    assert faults(json.loads(render_json(report(verdict)))) == []


@pytest.mark.parametrize(
    "verdict",
    [
        replace(UNKNOWN, reason=None),
        replace(REFUTED, counterexample=None),
        replace(PROVED, reason=UNKNOWN.reason),
        replace(NAMED, grants=()),
        replace(NO_GRANT, grants=NAMED.grants),
        replace(NAMED, counterexample=REFUTED.counterexample),
    ],
)
def test_s1_a_verdict_without_its_evidence_is_not_valid(verdict: Verdict) -> None:
    with pytest.raises(ValidationError):
        Draft202012Validator(verifier.schema("report")).validate(json.loads(render_json(report(verdict))))


def test_every_member_is_described() -> None:
    """A member that the schema does not know would be undocumented."""
    strict = json.loads(json.dumps(verifier.schema("report")))
    for definition in [strict, *strict["$defs"].values(), *_inner(strict)]:
        if "properties" in definition and "additionalProperties" not in definition and "required" in definition:
            definition["additionalProperties"] = False
    assert faults(parsed(), strict) == []
    assert (
        faults(json.loads(render_json(report(NAMED, GRANTED, REPLICATES, keys=(GRANTED_KEY,), endpoints=1))), strict)
        == []
    )


def _inner(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [found for member in schema for found in _inner(member)]
    if not isinstance(schema, dict):
        return []
    return [
        schema,
        *(found for key, member in schema.items() if key not in ("if", "then", "else") for found in _inner(member)),
    ]


def test_it_says_what_the_text_says() -> None:
    document = parsed()
    assert document["summary"] == {"proved": 1, "refuted": 3, "unknown": 1, "exit_code": 1}
    assert [verdict["status"] for verdict in document["verdicts"]] == [
        "proved",
        "refuted",
        "refuted",
        "refuted",
        "unknown",
    ]
    refuted = document["verdicts"][1]["counterexample"]
    assert refuted["request"]["principal"] == "arn:aws:sts::111122223333:assumed-role/reports/example"
    assert refuted["request"]["resource"] == PAYMENTS
    assert refuted["command"].startswith("aws kms decrypt")
    assert document["verdicts"][2]["counterexample"]["readings"] == {"P5": False}
    assert document["verdicts"][3]["counterexample"]["request"]["context"] == {"kms:EncryptionContextKeys": ["a", "b"]}
    assert document["verdicts"][0]["rests_on"][0]["place"]["line"] == 4
    assert document["warnings"][0]["rule"] == "L8"


def test_grants_are_told_in_full() -> None:
    document = json.loads(render_json(report(NAMED, GRANTED, REPLICATES, keys=(GRANTED_KEY,), endpoints=1)))
    named, granted, replicates = document["verdicts"]
    assert (named["invariant"]["about"], named["invariant"]["expectation"]) == ("grants", None)
    assert [grant["named_as"] for grant in named["grants"]] == ["grantee", "retiring principal"]
    assert named["grants"][0]["encryption_context_subset"] == [["aws:ebs:id", "vol-5cccfb4e"], ["tenant", "acme"]]
    assert named["grants"][1]["encryption_context_equals"] == [] and named["grants"][1]["grantee_hidden"]
    assert granted["invariant"]["about"] == "requests" and granted["counterexample"]["grants"][0]["created"].startswith(
        "2025-03-02"
    )
    assert "kms:CreateKey" in replicates["counterexample"]["further_permissions"]
    assert granted["counterexample"]["further_permissions"] is None
    assert document["keys"][0] | {"grants": 2, "service_levels": 3, "resource_levels": 1} == document["keys"][0]
    assert document["endpoints"] == 1


def test_nothing_of_the_input_acts_on_the_terminal() -> None:
    hostile = "\x1b]0;owned\x07\u202e\x9b"
    text = render_json(with_sid(hostile))
    assert text.replace("\n", "").isprintable() and text.isascii()
    assert json.loads(text)["accounts"] == [hostile]


def test_the_same_report_gives_the_same_text() -> None:
    assert render_json(ALL) == render_json(report(PROVED, REFUTED, LOCKED_OUT, NEVER_ALLOWED, UNKNOWN))


def test_what_has_no_shape_is_an_error_and_not_left_out() -> None:
    with pytest.raises(TypeError, match="nothing says how KeySummary is written"):
        wire({"key": GRANTED_KEY}, {})
