"""The parts that JSON reports are made of: requests, decisions, statements, grants, places.

In: values of the model. Out: JSON values. Guarantee: strings are those of the input, unchanged; a thing is written alike in every report.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from verifier import __version__
from verifier.model.grant import Grant, Pairs, grant_id
from verifier.model.policy import StatementRef
from verifier.model.request import Caller, Decision, Request, Step
from verifier.model.results.region import Limit, Region
from verifier.model.results.verdict import Counterexample, Reason
from verifier.report.calls import further_permissions, origin_of_tags
from verifier.syntax.diagnostic import Diagnostic
from verifier.syntax.source import NOWHERE, Span

Json = dict[str, Any]
FORMAT_VERSION = 1
"""Of each format: raised when a member of its documents changes its name or meaning."""


def json_text(document: Json) -> str:
    """The text of a document. Every character outside ASCII is written as an escape: nothing in it can act on a terminal."""
    return json.dumps(document, indent=2) + "\n"


def heading(kind: str, data_version: str | None = None) -> Json:
    """What a document begins with."""
    data = {} if data_version is None else {"data_version": data_version}
    return {"format": f"kms-verifier/{kind}", "format_version": FORMAT_VERSION, "verifier": __version__, **data}


def inputs_to_json(inputs: Iterable[tuple[str, str]]) -> list[Json]:
    """The files that were read."""
    return [{"file": file, "sha256": digest} for file, digest in inputs]


def diagnostic_to_json(diagnostic: Diagnostic) -> Json:
    """One remark on an input."""
    return {
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "place": place_to_json(diagnostic.span or NOWHERE),
        "hint": diagnostic.hint,
        "rule": diagnostic.rule,
    }


def counterexample_to_json(counterexample: Counterexample) -> Json:
    """A request with its replay."""
    return {
        "request": request_to_json(counterexample.request),
        "decision": decision_to_json(counterexample.decision),
        "statements": [statement_to_json(statement) for statement in counterexample.statements],
        "readings": dict(counterexample.readings),
        "free": dict(counterexample.free),
        "command": counterexample.command,
        "grants": [grant_to_json(grant) for grant in counterexample.grants],
        "further_permissions": further_permissions(counterexample.decision),
        "origin_of_tags": origin_of_tags(counterexample.decision),
    }


def grant_to_json(grant: Grant) -> Json:
    """A grant, all of it."""
    return {
        "id": grant.id,
        "name": grant.name,
        "grantee": grant.grantee.value,
        "grantee_hidden": grant.grantee_hidden,
        "operations": list(grant.operations),
        "retiring_principal": grant.retiring.value if grant.retiring else None,
        "issuing_account": grant.issuing_account,
        "encryption_context_equals": pairs_to_json(grant.context_equals),
        "encryption_context_subset": pairs_to_json(grant.context_subset),
        "source_arn": grant.source_arn,
        "created": grant.created,
        "place": place_to_json(grant.span),
    }


def pairs_to_json(pairs: Pairs | None) -> list[list[str]] | None:
    """As a list: two names of pairs may differ in case alone, and nothing says that a listing cannot repeat one."""
    return None if pairs is None else [[name, value] for name, value in pairs]


def request_to_json(request: Request) -> Json:
    """A request; `principal` is the caller's own ARN."""
    caller = request.caller
    return {
        "principal": caller.arn,
        "caller": caller_to_json(caller),
        "action": request.action,
        "resource": request.resource,
        "context": {key: value if isinstance(value, str) else list(value) for key, value in request.context},
    }


def caller_to_json(caller: Caller) -> Json:
    """Who makes a request."""
    return {
        "kind": caller.kind.value,
        "principal_arn": caller.principal_arn,
        "account": caller.account,
        "session": caller.session,
        "issuer": caller.issuer,
        "session_tags": pairs_to_json(caller.session_tags),
    }


def decision_to_json(decision: Decision) -> Json:
    """A decision with its trace."""
    impossible: Json = {"impossible": list(decision.impossible)} if decision.impossible else {}
    return {
        "decision": decision.outcome.value,
        "depends_on": list(decision.depends_on),
        "warnings": list(decision.warnings),
        **impossible,
        "assignment": dict(decision.assignment),
        "trace": [_step(step) for step in decision.trace],
    }


def _step(step: Step) -> Json:
    statement = statement_to_json(step.statement) if step.statement else None
    return {"rule": step.rule, "text": step.text, "holds": step.holds, "depth": step.depth, "statement": statement}


def statement_to_json(statement: StatementRef) -> Json:
    """The name of a statement or grant."""
    return {
        "policy": statement.policy,
        "policy_name": statement.policy_name,
        "index": statement.index,
        "sid": statement.sid,
        "effect": statement.effect.value,
        "kind": statement.kind.value if statement.kind else "grant" if grant_id(statement) is not None else None,
        "place": place_to_json(statement.span),
    }


def place_to_json(span: Span) -> Json | None:
    """A place in a file; `None` for what no file holds."""
    return None if span == NOWHERE else vars(span).copy()


def reason_to_json(reason: Reason | None) -> Json | None:
    """Why something is unknown."""
    return {"rule": reason.rule, "text": reason.text, "place": place_to_json(reason.span)} if reason else None


def region_to_json(region: Region) -> Json:
    """A region without its witness."""
    callers, actions = region.callers, region.actions
    return {
        "callers": {
            "text": callers.text,
            "names": list(callers.names),
            "accounts": list(callers.accounts),
            "kinds": [kind.value for kind in callers.kinds],
            "known": callers.known,
        },
        "actions": {"text": actions.text, "names": list(actions.names), "others": actions.others},
        "when": [[_limit(limit) for limit in alternative] for alternative in region.when],
        "through": [statement_to_json(statement) for statement in region.through],
    }


def _limit(limit: Limit) -> Json:
    return {"kind": limit.kind.value, "subject": limit.subject, "text": limit.text, "absent": limit.absent, "rule": limit.rule}
