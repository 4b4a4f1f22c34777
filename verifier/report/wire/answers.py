"""Who can, findings and what is within reach → JSON, as `verifier schema` describes them."""

from __future__ import annotations

from verifier.model.results.access import Access, ExternalAccess, FindingsReport, KeyAccess, KeyFindings, WhoCan
from verifier.model.results.reach_report import KeyReach, ReachReport, ReachRow
from verifier.report.naming import names_of
from verifier.report.reach.words import reach_exit_code
from verifier.report.wire.stories import story_shapes
from verifier.report.wire.values import (
    REGION_MEMBERS,
    SHAPES,
    Json,
    Shapes,
    heading,
    inputs,
    json_shape,
    milliseconds,
    wire,
)
from verifier.report.words.access import counted_findings, findings_exit_code, who_can_exit_code

_ORIGINS = "accounts inputs free_readings warnings"
"""What an answer was read from, and what it leaves open."""


def who_can_to_json(answer: WhoCan) -> Json:
    return {**heading("who-can", answer.data_version), **wire(answer, _SHAPES)}


def findings_to_json(report: FindingsReport) -> Json:
    return {**heading("findings", report.data_version), **wire(report, _SHAPES)}


def reach_to_json(report: ReachReport) -> Json:
    return {**heading("reach", report.data_version), **wire(report, _SHAPES)}


def _within_reach(report: ReachReport) -> list[Json]:
    summaries = [key.key for key in report.keys]
    return [wire(key, story_shapes(names_of(summaries, key.key.arn), key.key.arn) | _SHAPES) for key in report.keys]


_SHAPES: Shapes = {
    **SHAPES,
    Access: json_shape(f"{REGION_MEMBERS} exact=region.exact ways besides alike witness=region.witness"),
    ExternalAccess: json_shape(f"public {REGION_MEMBERS} exact=region.exact ways witness=region.witness"),
    FindingsReport: json_shape(
        f"zone count_services summary {_ORIGINS} keys",
        inputs=inputs,
        zone=lambda report: {"kind": report.zone, "trusted": report.trusted},
        summary=lambda report: {
            "complete": all(key.complete for key in report.keys),
            "findings": sum(len(counted_findings(report, key)) for key in report.keys),
            "public": sum(finding.public for key in report.keys for finding in key.findings),
            "exit_code": int(findings_exit_code(report)),
        },
    ),
    KeyAccess: json_shape("key complete exact reasons rows assumptions elapsed_ms", elapsed_ms=milliseconds),
    KeyFindings: json_shape(
        "key complete exact reasons findings services assumptions elapsed_ms", elapsed_ms=milliseconds
    ),
    KeyReach: json_shape(
        "key complete bound rows beyond supposed reasons assumptions elapsed_ms", elapsed_ms=milliseconds
    ),
    ReachReport: json_shape(
        f"question summary {_ORIGINS} keys",
        inputs=inputs,
        question=lambda report: {"caller": report.caller, "to": report.to},
        summary=lambda report: {
            "complete": report.complete,
            "rows": sum(len(key.rows) for key in report.keys),
            "exit_code": int(reach_exit_code(report)),
        },
        keys=_within_reach,
    ),
    ReachRow: json_shape("callers actions steps story reason"),
    WhoCan: json_shape(
        f"question summary {_ORIGINS} keys",
        inputs=inputs,
        question=json_shape("actions names caller excluding"),
        summary=lambda answer: {
            "complete": answer.complete,
            "rows": sum(len(key.rows) for key in answer.keys),
            "exit_code": int(who_can_exit_code(answer)),
        },
    ),
}
