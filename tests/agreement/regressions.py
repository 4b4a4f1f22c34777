"""Disagreements found once, kept as files: `tests/cases/regressions/NAME.json` ↔ an estate, a request and the outcome
that both rooms owe.

In: a JSON document, or a case. Out: the other. The form is told in `tests/cases/regressions/README.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.agreement.estate_json import (
    Json,
    Texts,
    estate_from_json,
    estate_to_json,
    policies_from_json,
    policies_to_json,
)
from verifier.model.estate import Estate
from verifier.model.policy import PolicyKind
from verifier.model.request import Caller, CallerKind, Request, Value

__all__ = ["FOLDER", "estate_from_json", "request_of", "to_json"]

FOLDER = Path(__file__).parents[1] / "cases" / "regressions"


def to_json(estate: Estate, documents: Texts, request: Request, assignment: Mapping[str, bool] | None) -> Json:
    """A case as JSON, without the expected outcome. `documents` are the texts of the policies, by identity."""
    case = {**estate_to_json(estate, documents), "request": _request(request, documents)}
    if assignment is not None:
        case["assignment"] = dict(assignment)
    return case


def _request(request: Request, documents: Texts) -> Json:
    caller = request.caller
    who = {"kind": caller.kind.name, "arn": caller.principal_arn, "session": caller.session, "issuer": caller.issuer}
    session = (
        {}
        if request.session_policies is None
        else {"session_policies": policies_to_json(request.session_policies, documents)}
    )
    return {
        "caller": {name: value for name, value in who.items() if value is not None},
        "action": request.action,
        "resource": request.resource,
        "context": dict(request.context),
        **session,
    }


def request_of(case: Json) -> Request:
    """The request of a case."""
    data = case["request"]
    who = data["caller"]
    kind = CallerKind[who["kind"]]
    account = None if kind is CallerKind.SERVICE else who["arn"].split(":")[4]
    caller = Caller(kind, who["arn"], account, who.get("session"), who.get("issuer"))
    context = tuple((name, _value(value)) for name, value in data["context"].items())
    policies = policies_from_json(data["session_policies"], PolicyKind.SESSION) if "session_policies" in data else ()
    return Request(caller, data["action"], data["resource"], context, policies or None)


def _value(value: str | list[str]) -> Value:
    return value if isinstance(value, str) else tuple(value)
