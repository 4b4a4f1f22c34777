"""Report → JSON, as `data/report.schema.json` describes it.

Strings are those of the input, unchanged: every character outside ASCII is written as an escape, so nothing in the
document can act on a terminal. Members may be added in later versions; those here keep their names and meanings.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from verifier.model.invariant import Invariant, is_eventual
from verifier.model.results.verdict import Agreement, KeySummary, Report, Status, Verdict
from verifier.report.exit_codes import report_exit_code
from verifier.report.json_values import (
    Json,
    counterexample_to_json,
    diagnostic_to_json,
    grant_to_json,
    heading,
    inputs_to_json,
    place_to_json,
    reason_to_json,
    statement_to_json,
)
from verifier.report.reach.names import names_of
from verifier.report.reach.story_json import bound_to_json, story_to_json
from verifier.report.supposed import supposed_json


def render_json(report: Report) -> str:
    """The report as one JSON document, indented, without a final newline."""
    return json.dumps(report_to_json(report), indent=2)


def report_to_json(report: Report) -> Json:
    """The report as JSON values."""
    return {
        **heading("report", report.data_version),
        "engine": report.engine.value,
        "cross_check": _cross_check(report),
        "summary": _summary(report),
        "keys": [key_to_json(key) for key in report.keys],
        "accounts": list(report.accounts),
        "partial_accounts": list(report.partial_accounts),
        "inputs": inputs_to_json(report.inputs),
        "endpoints": report.endpoints,
        "free_readings": list(report.free_readings),
        "warnings": [diagnostic_to_json(warning) for warning in report.warnings],
        "verdicts": [_verdict(verdict, report.keys) for verdict in report.verdicts],
    }


def _summary(report: Report) -> Json:
    statuses = [verdict.status for verdict in report.verdicts]
    counts: Json = {status.value: statuses.count(status) for status in Status}
    return {**counts, "exit_code": int(report_exit_code(report))}


def _cross_check(report: Report) -> Json | None:
    if report.second_engine is None:
        return None
    found = [verdict.agreement for verdict in report.verdicts]
    return {"engine": report.second_engine.value, **{how.name.lower(): found.count(how) for how in Agreement}}


def key_to_json(key: KeySummary) -> Json:
    """What a report says of a key."""
    return {
        "arn": key.arn,
        "name": key.name,
        "policy": key.policy_name,
        "statements": key.statements,
        "state": key.state,
        "grants": key.grants,
        "service_levels": key.service_levels,
        "resource_levels": key.resource_levels,
    }


def _verdict(verdict: Verdict, keys: Sequence[KeySummary]) -> Json:
    invariant = verdict.invariant
    return {
        "invariant": {
            "name": invariant.name,
            "text": invariant.text,
            "about": "requests" if isinstance(invariant, Invariant) else "grants",
            "expectation": invariant.expectation.value if isinstance(invariant, Invariant) else None,
            "eventually": is_eventual(invariant),
            "place": place_to_json(invariant.span),
        },
        "target": verdict.target,
        "status": verdict.status.value,
        "rests_on": [statement_to_json(statement) for statement in verdict.rests_on],
        "assumptions": supposed_json(verdict.assumptions),
        "counterexample": counterexample_to_json(verdict.counterexample) if verdict.counterexample else None,
        "grants": [{"named_as": named.role.value, **grant_to_json(named.grant)} for named in verdict.grants],
        "story": story_to_json(verdict.story, names_of(keys, verdict.target), verdict.target) if verdict.story is not None else None,
        "bound": bound_to_json(verdict.bound) if verdict.bound is not None else None,
        "reason": reason_to_json(verdict.reason),
        "remembered": verdict.remembered,
        "excuse": {"kind": verdict.excuse.kind.value, "text": verdict.excuse.text} if verdict.excuse else None,
        "elapsed_ms": round(verdict.elapsed * 1000, 3),
        "agreement": verdict.agreement.name.lower() if verdict.agreement else None,
        "statistics": vars(verdict.statistics).copy(),
    }
