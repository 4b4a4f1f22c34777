"""Comparison → JSON, as `verifier schema comparison` describes it."""

from __future__ import annotations

from verifier.model.choices import FailOn
from verifier.model.results import comparison as results
from verifier.report.wire.values import (
    REGION_MEMBERS,
    SHAPES,
    Json,
    Shapes,
    count,
    heading,
    inputs,
    json_shape,
    milliseconds,
    wire,
)
from verifier.report.words.comparison import comparison_exit_code


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
