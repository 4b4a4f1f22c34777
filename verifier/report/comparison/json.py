"""Comparison → JSON, as `verifier schema comparison` describes it.

Guarantee: strings are those of the input, unchanged, and every character outside ASCII is written as an escape. Members may be added in
later versions; those here keep their names and meanings.
"""

from __future__ import annotations

from verifier.model.results.comparison import Change, ComparedSide, Comparison, FailOn, RegionChange, Relation, TargetComparison
from verifier.report.comparison.words import comparison_exit_code
from verifier.report.json_values import (
    Json,
    counterexample_to_json,
    decision_to_json,
    diagnostic_to_json,
    heading,
    inputs_to_json,
    place_to_json,
    reason_to_json,
    region_to_json,
    statement_to_json,
)
from verifier.report.supposed import supposed_json


def comparison_to_json(comparison: Comparison, fail_on: FailOn = FailOn.MORE) -> Json:
    """The comparison as JSON values."""
    return {
        **heading("comparison", comparison.data_version),
        "summary": _summary(comparison, fail_on),
        "old": _side(comparison.old),
        "new": _side(comparison.new),
        "allowances": [
            {"name": allowance.name, "text": allowance.text, "used": allowance.used, "place": place_to_json(allowance.span)}
            for allowance in comparison.allowances
        ],
        "free_readings": list(comparison.free_readings),
        "targets": [_target(target) for target in comparison.targets],
    }


def _summary(comparison: Comparison, fail_on: FailOn) -> Json:
    relations = [target.relation for target in comparison.targets]
    return {
        "relation": comparison.relation.value,
        "counts": {relation.value: relations.count(relation) for relation in Relation},
        "fail_on": fail_on.value,
        "exit_code": int(comparison_exit_code(comparison, fail_on)),
    }


def _side(side: ComparedSide) -> Json:
    return {
        "label": side.label,
        "keys": list(side.keys),
        "accounts": list(side.accounts),
        "inputs": inputs_to_json(side.inputs),
        "warnings": [diagnostic_to_json(warning) for warning in side.warnings],
    }


def _target(target: TargetComparison) -> Json:
    return {
        "target": target.target,
        "name": target.name,
        "presence": target.presence.value,
        "relation": target.relation.value,
        "gained": [region_change_to_json(change) for change in target.gained],
        "intended": [region_change_to_json(change) for change in target.intended],
        "lost": [region_change_to_json(change) for change in target.lost],
        "reasons": [reason_to_json(reason) for reason in target.reasons],
        "unknown_actions": {"gained": target.unknown_gained, "lost": target.unknown_lost},
        "exact": target.exact,
        "changes": [_change(change) for change in target.changes],
        "assumptions": supposed_json(target.assumptions),
        "elapsed_ms": round(target.elapsed * 1000, 3),
    }


def region_change_to_json(change: RegionChange) -> Json:
    """A region that one side allows, with the decision of the other."""
    witness = change.region.witness
    return {
        **region_to_json(change.region),
        "witness": counterexample_to_json(witness) if witness is not None else None,
        "refused": decision_to_json(change.refused) if change.refused is not None else None,
        "cannot": change.cannot,
        "because": [_change(found) for found in change.because],
    }


def _change(change: Change) -> Json:
    old, new = change.places
    return {
        "text": change.text,
        "old": statement_to_json(change.old) if change.old is not None else None,
        "new": statement_to_json(change.new) if change.new is not None else None,
        "places": {
            "old": place_to_json(change.old.span if change.old is not None else old),
            "new": place_to_json(change.new.span if change.new is not None else new),
        },
    }
