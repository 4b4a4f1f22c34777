"""Report → JSON, as `data/report.schema.json` describes it.

Strings are those of the input, unchanged: every character outside ASCII is written as an escape, so nothing in the
document can act on a terminal. Members may be added in later versions; those here keep their names and meanings.
"""

from __future__ import annotations

import json
from typing import Any

from verifier import __version__
from verifier.model.grant import Grant, Pairs, grant_id
from verifier.model.invariant import Invariant
from verifier.model.policy import StatementRef
from verifier.model.request import Decision, Request, Step
from verifier.model.verdict import Counterexample, KeySummary, Report, Status, Verdict
from verifier.report.calls import further_permissions
from verifier.report.exit_codes import exit_code
from verifier.syntax.diagnostic import Diagnostic
from verifier.syntax.source import NOWHERE, Span

FORMAT = "kms-verifier/report"
FORMAT_VERSION = 1

Json = dict[str, Any]


def render_json(report: Report) -> str:
    """The report as one JSON document, indented, without a final newline."""
    return json.dumps(report_to_json(report), indent=2)


def report_schema() -> Json:
    """The JSON Schema of `render_json`'s documents."""
    from importlib.resources import files  # slow to import, and only `verifier schema` needs it

    text = files("verifier.report").joinpath("data/report.schema.json").read_text(encoding="utf-8")
    schema: Json = json.loads(text)
    return schema


def report_to_json(report: Report) -> Json:
    """The report as JSON values."""
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "verifier": __version__,
        "data_version": report.data_version,
        "engine": report.engine.value,
        "summary": _summary(report),
        "keys": [_key(key) for key in report.keys],
        "accounts": list(report.accounts),
        "inputs": [{"file": file, "sha256": digest} for file, digest in report.inputs],
        "endpoints": report.endpoints,
        "free_readings": list(report.free_readings),
        "warnings": [diagnostic_to_json(warning) for warning in report.warnings],
        "verdicts": [_verdict(verdict) for verdict in report.verdicts],
    }


def diagnostic_to_json(diagnostic: Diagnostic) -> Json:
    """One remark on an input."""
    return {
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "place": _place(diagnostic.span or NOWHERE),
        "hint": diagnostic.hint,
        "rule": diagnostic.rule,
    }


def _summary(report: Report) -> Json:
    statuses = [verdict.status for verdict in report.verdicts]
    counts: Json = {status.value: statuses.count(status) for status in Status}
    return {**counts, "exit_code": int(exit_code(statuses))}


def _key(key: KeySummary) -> Json:
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


def _verdict(verdict: Verdict) -> Json:
    invariant = verdict.invariant
    return {
        "invariant": {
            "name": invariant.name,
            "text": invariant.text,
            "about": "requests" if isinstance(invariant, Invariant) else "grants",
            "expectation": invariant.expectation.value if isinstance(invariant, Invariant) else None,
            "place": _place(invariant.span),
        },
        "target": verdict.target,
        "status": verdict.status.value,
        "rests_on": [_statement(statement) for statement in verdict.rests_on],
        "assumptions": [{"rule": assumption.rule, "text": assumption.text} for assumption in verdict.assumptions],
        "counterexample": _counterexample(verdict.counterexample) if verdict.counterexample else None,
        "grants": [{"named_as": named.role.value, **_grant(named.grant)} for named in verdict.grants],
        "reason": {"rule": verdict.reason.rule, "text": verdict.reason.text, "place": _place(verdict.reason.span)}
        if verdict.reason
        else None,
        "elapsed_ms": round(verdict.elapsed * 1000, 3),
        "statistics": vars(verdict.statistics).copy(),
    }


def _counterexample(counterexample: Counterexample) -> Json:
    return {
        "request": _request(counterexample.request),
        "decision": _decision(counterexample.decision),
        "statements": [_statement(statement) for statement in counterexample.statements],
        "readings": dict(counterexample.readings),
        "free": dict(counterexample.free),
        "command": counterexample.command,
        "grants": [_grant(grant) for grant in counterexample.grants],
        "further_permissions": further_permissions(counterexample.decision),
    }


def _grant(grant: Grant) -> Json:
    return {
        "id": grant.id,
        "name": grant.name,
        "grantee": grant.grantee.value,
        "grantee_hidden": grant.grantee_hidden,
        "operations": list(grant.operations),
        "retiring_principal": grant.retiring.value if grant.retiring else None,
        "issuing_account": grant.issuing_account,
        "encryption_context_equals": _pairs(grant.context_equals),
        "encryption_context_subset": _pairs(grant.context_subset),
        "source_arn": grant.source_arn,
        "created": grant.created,
        "place": _place(grant.span),
    }


def _pairs(pairs: Pairs | None) -> list[list[str]] | None:
    """As a list: two names of pairs may differ in case alone, and nothing says that a listing cannot repeat one."""
    return None if pairs is None else [[name, value] for name, value in pairs]


def _request(request: Request) -> Json:
    caller = request.caller
    return {
        "principal": caller.arn,
        "caller": {
            "kind": caller.kind.value,
            "principal_arn": caller.principal_arn,
            "account": caller.account,
            "session": caller.session,
            "issuer": caller.issuer,
        },
        "action": request.action,
        "resource": request.resource,
        "context": {key: value if isinstance(value, str) else list(value) for key, value in request.context},
    }


def _decision(decision: Decision) -> Json:
    return {
        "decision": decision.outcome.value,
        "depends_on": list(decision.depends_on),
        "warnings": list(decision.warnings),
        "assignment": dict(decision.assignment),
        "trace": [_step(step) for step in decision.trace],
    }


def _step(step: Step) -> Json:
    statement = _statement(step.statement) if step.statement else None
    return {"rule": step.rule, "text": step.text, "holds": step.holds, "depth": step.depth, "statement": statement}


def _statement(statement: StatementRef) -> Json:
    return {
        "policy": statement.policy,
        "policy_name": statement.policy_name,
        "index": statement.index,
        "sid": statement.sid,
        "effect": statement.effect.value,
        "kind": statement.kind.value if statement.kind else "grant" if grant_id(statement) is not None else None,
        "place": _place(statement.span),
    }


def _place(span: Span) -> Json | None:
    return None if span == NOWHERE else vars(span).copy()
