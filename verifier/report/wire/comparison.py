"""Comparisons, explanations and suggestions → JSON, as `verifier schema` describes them."""

from __future__ import annotations

import json

from verifier.model.choices import FailOn
from verifier.model.reference import data_version
from verifier.model.results import comparison as results
from verifier.model.results.comparison import TargetComparison
from verifier.model.results.explanation import (
    Advice,
    EditShown,
    Explanation,
    Flip,
    NotFound,
    PolicyChange,
    RequestChange,
    Suggestion,
    Suggestions,
)
from verifier.report.wire.values import (
    REGION_MEMBERS,
    SHAPES,
    Json,
    Shape,
    Shapes,
    as_mapping,
    count,
    heading,
    inputs,
    json_shape,
    milliseconds,
    wire,
)
from verifier.report.words.comparison import comparison_exit_code
from verifier.report.words.explanation import suggest_exit_code


def comparison_to_json(comparison: results.Comparison, fail_on: FailOn = FailOn.MORE) -> Json:
    summary = {
        "relation": comparison.relation,
        "counts": count(results.Relation, (target.relation for target in comparison.targets)),
        "fail_on": fail_on,
        "exit_code": int(comparison_exit_code(comparison, fail_on)),
    }
    shapes = COMPARED | {
        results.Comparison: json_shape("summary old new allowances free_readings targets", summary=lambda _: summary)
    }
    return {**heading("comparison", comparison.data_version), **wire(comparison, shapes)}


COMPARED: Shapes = {
    **SHAPES,
    results.Change: json_shape(
        "text old new places",
        places=lambda change: {
            "old": change.old.span if change.old is not None else change.places[0],
            "new": change.new.span if change.new is not None else change.places[1],
        },
    ),
    results.ComparedSide: json_shape("label keys accounts inputs warnings", inputs=inputs),
    results.RegionChange: json_shape(f"{REGION_MEMBERS} witness=region.witness refused cannot because"),
    results.TargetComparison: json_shape(
        "target name presence relation gained intended lost reasons unknown_actions exact changes assumptions "
        "elapsed_ms",
        unknown_actions=lambda target: {"gained": target.unknown_gained, "lost": target.unknown_lost},
        elapsed_ms=milliseconds,
    ),
    results.UsedAllowance: json_shape("name text used place=span"),
}


def explanation_to_json(explanation: Explanation) -> Json:
    return {**heading("explanation", data_version()), **wire(explanation, _SHAPES)}


def suggestions_to_json(suggestions: Suggestions) -> Json:
    return {**heading("suggestions", suggestions.data_version), **wire(suggestions, _SHAPES)}


def _those(name: str, kind: type) -> Shape:
    return lambda explanation: [found for found in getattr(explanation, name) if isinstance(found, kind)]


def _read(text: str | None) -> Json | None:
    return None if text is None else json.loads(text)


_SHAPES: Shapes = {
    **COMPARED,
    Advice: json_shape(
        "number name=invariant.name text=invariant.text target status reason others_kept=others suggestions"
    ),
    RequestChange: json_shape("subject before after kind"),
    EditShown: json_shape(
        "text before after place=span", before=lambda edit: _read(edit.before), after=lambda edit: _read(edit.after)
    ),
    Explanation: json_shape(
        "request decision cases request_changes policy_changes no_request_change no_policy_change assumptions",
        cases=lambda explanation: [
            {"decision": outcome, "assignment": dict(assignment)} for outcome, assignment in explanation.cases
        ],
        request_changes=_those("flips", Flip),
        policy_changes=_those("policy_changes", PolicyChange),
        no_request_change=_those("flips", NotFound),
        no_policy_change=_those("policy_changes", NotFound),
    ),
    Flip: json_shape(
        "wanted count same_call changes request decision readings command", readings=as_mapping("readings")
    ),
    NotFound: json_shape("wanted rule text"),
    PolicyChange: json_shape("wanted edits decision"),
    Suggestion: json_shape(
        "edits also_proved access=comparison policy", policy=lambda suggestion: _read(suggestion.policy)
    ),
    Suggestions: json_shape(
        "summary invariants=advice inputs assumptions warnings",
        summary=lambda suggestions: {"exit_code": int(suggest_exit_code(suggestions))},
        inputs=inputs,
    ),
    TargetComparison: json_shape("relation lost gained reasons"),
}
