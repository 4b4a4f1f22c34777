"""A report on invariants → JSON, as `verifier schema report` describes it."""

from __future__ import annotations

import json

from msgspec.structs import asdict

from verifier.model.grant import Grant
from verifier.model.invariant import Invariant
from verifier.model.invariant_file import GrantInvariant, is_eventual
from verifier.model.results.verdict import Agreement, Bound, Excuse, NamedByGrant, Report, Statistics, Status, Verdict
from verifier.report.naming import names_of
from verifier.report.wire.stories import BOUND_SHAPE, story_shapes
from verifier.report.wire.values import SHAPES, Json, Shapes, count, heading, inputs, json_shape, milliseconds, wire
from verifier.report.words.verdicts import report_exit_code


def render_json(report: Report) -> str:
    """The report as one JSON document, indented, without a final newline."""
    return json.dumps(report_to_json(report), indent=2)


def report_to_json(report: Report) -> Json:
    found: Json = wire(report, _SHAPES)
    return {**heading("report", report.data_version), **found}


def _cross_check(report: Report) -> Json | None:
    if report.second_engine is None:
        return None
    found = [verdict.agreement for verdict in report.verdicts]
    return {"engine": report.second_engine, **{how.name.lower(): found.count(how) for how in Agreement}}


def _not_listed(report: Report) -> Json:
    number = len(report.verdicts) - len(report.listed)
    return {"not_listed": number} if number else {}


def _verdict(report: Report, verdict: Verdict) -> Json:
    """A verdict with the target's name beside it; stories are told in the names of their key."""
    names = names_of(report.keys, verdict.target)
    shapes = _SHAPES if verdict.story is None else _SHAPES | story_shapes(names, verdict.target)
    found = wire(verdict, shapes)
    return {"invariant": found["invariant"], "target": found["target"], "name": report.name_of(verdict.target), **found}


_SHAPES: Shapes = {
    **SHAPES,
    Bound: BOUND_SHAPE,
    Excuse: json_shape("kind text"),
    GrantInvariant: json_shape(
        "name text about expectation eventually place=span",
        about=lambda _: "grants",
        expectation=lambda _: None,
        eventually=is_eventual,
    ),
    Invariant: json_shape(
        "name text about expectation eventually place=span", about=lambda _: "requests", eventually=is_eventual
    ),
    NamedByGrant: lambda named: {"named_as": named.role, **SHAPES[Grant](named.grant)},
    Report: json_shape(
        "engine cross_check summary keys accounts partial_accounts inputs endpoints free_readings warnings verdicts",
        cross_check=_cross_check,
        summary=lambda r: {
            **count(Status, (v.status for v in r.verdicts)),
            **_not_listed(r),
            "exit_code": int(report_exit_code(r)),
        },
        inputs=inputs,
        verdicts=lambda report: [_verdict(report, one) for one in report.listed],
    ),
    Statistics: lambda statistics: asdict(statistics),
    Verdict: json_shape(
        "invariant target status rests_on assumptions counterexample grants story bound reason remembered excuse "
        "elapsed_ms agreement statistics",
        remembered=lambda verdict: verdict.cached,
        elapsed_ms=milliseconds,
        agreement=lambda verdict: verdict.agreement.name.lower() if verdict.agreement else None,
    ),
}
