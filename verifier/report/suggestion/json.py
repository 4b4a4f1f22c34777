"""Suggestions → JSON, as `verifier schema suggestions` describes it.

Guarantee: strings are those of the input, unchanged, and every character outside ASCII is written as an escape. Members may be added in
later versions; those here keep their names and meanings.
"""

from __future__ import annotations

import json

from verifier.model.results.comparison import TargetComparison
from verifier.model.results.suggestion import Advice, Suggestion, Suggestions
from verifier.report.comparison.json import region_change_to_json
from verifier.report.explanation.json import edit_to_json
from verifier.report.json_values import Json, diagnostic_to_json, heading, inputs_to_json, reason_to_json
from verifier.report.suggestion.words import suggest_exit_code
from verifier.report.supposed import supposed_json


def suggestions_to_json(suggestions: Suggestions) -> Json:
    """The suggestions as JSON values."""
    return {
        **heading("suggestions", suggestions.data_version),
        "summary": {"exit_code": int(suggest_exit_code(suggestions))},
        "invariants": [_advice(advice) for advice in suggestions.advice],
        "inputs": inputs_to_json(suggestions.inputs),
        "assumptions": supposed_json(suggestions.assumptions),
        "warnings": [diagnostic_to_json(warning) for warning in suggestions.warnings],
    }


def _advice(advice: Advice) -> Json:
    return {
        "number": advice.number,
        "name": advice.invariant.name,
        "text": advice.invariant.text,
        "target": advice.target,
        "status": advice.status.value,
        "reason": reason_to_json(advice.reason),
        "others_kept": advice.others,
        "suggestions": [_suggestion(suggestion) for suggestion in advice.suggestions],
    }


def _suggestion(suggestion: Suggestion) -> Json:
    return {
        "edits": [edit_to_json(edit) for edit in suggestion.edits],
        "also_proved": list(suggestion.also_proved),
        "access": _access(suggestion.comparison) if suggestion.comparison is not None else None,
        "policy": json.loads(suggestion.policy),
    }


def _access(comparison: TargetComparison) -> Json:
    return {
        "relation": comparison.relation.value,
        "lost": [region_change_to_json(change) for change in comparison.lost],
        "gained": [region_change_to_json(change) for change in comparison.gained],
        "reasons": [reason_to_json(reason) for reason in comparison.reasons],
    }
