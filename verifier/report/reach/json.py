"""What is within reach → JSON, as `verifier schema reach` describes it.

Guarantee: strings are those of the input, unchanged, and every character outside ASCII is written as an escape. Members may be added in
later versions; those here keep their names and meanings.
"""

from __future__ import annotations

from verifier.model.results.reach_report import KeyReach, ReachReport, ReachRow
from verifier.report.json_answers import origins, supposed
from verifier.report.json_report import key_to_json
from verifier.report.json_values import Json, heading, reason_to_json
from verifier.report.reach.names import Names, names_of
from verifier.report.reach.story_json import bound_to_json, story_to_json
from verifier.report.reach.words import reach_exit_code


def reach_to_json(report: ReachReport) -> Json:
    """The answer as JSON values."""
    summaries = [key.key for key in report.keys]
    return {
        **heading("reach", report.data_version),
        "question": {"caller": report.caller, "to": None if report.to is None else list(report.to)},
        "summary": {
            "complete": report.complete,
            "rows": sum(len(key.rows) for key in report.keys),
            "exit_code": int(reach_exit_code(report)),
        },
        **origins(report),
        "keys": [_key(key, names_of(summaries, key.key.arn)) for key in report.keys],
    }


def _key(key: KeyReach, names: Names) -> Json:
    return {
        "key": key_to_json(key.key),
        "complete": key.complete,
        "bound": bound_to_json(key.bound),
        "rows": [_row(row, names, key.key.arn) for row in key.rows],
        "beyond": list(key.beyond),
        "supposed": list(key.supposed),
        "reasons": [reason_to_json(reason) for reason in key.reasons],
        **supposed(key.assumptions, key.elapsed),
    }


def _row(row: ReachRow, names: Names, target: str) -> Json:
    return {
        "callers": list(row.callers),
        "actions": list(row.actions),
        "steps": row.steps,
        "story": story_to_json(row.story, names, target) if row.story is not None else None,
        "reason": reason_to_json(row.reason),
    }
