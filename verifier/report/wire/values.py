"""What JSON documents are made of: shapes, and those of requests, decisions, statements, grants, places.

In: values of the model, shapes by type. Out: JSON values. Guarantee: a thing is written alike in every document; a
value whose type has no shape is an error, never left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from enum import Enum
from operator import attrgetter
from typing import Any

from msgspec.structs import asdict

from verifier import __version__
from verifier.model.grant import Grant, grant_id
from verifier.model.policy import Principal, StatementRef
from verifier.model.request import Caller, Decision, Request, Step
from verifier.model.results.access import Actions, Callers, Limit
from verifier.model.results.verdict import Assumption, Counterexample, KeySummary, Reason
from verifier.model.symbols import SymbolName
from verifier.report.counterexample import further_permissions_line, origin_of_tags
from verifier.syntax.diagnostic import Diagnostic
from verifier.syntax.source import NOWHERE, Span

Json = dict[str, Any]
Shape = Callable[[Any], Any]
"""Makes of a value what stands for it, whose parts have shapes in turn."""
Shapes = dict[type, Shape]
_FORMAT_VERSION = 1
"""Of each format: raised when a member of its documents changes its name or meaning."""
REGION_MEMBERS = "callers=region.callers actions=region.actions when=region.when through=region.through"
"""The members of what is about a region."""


def json_text(document: Json | list[Any]) -> str:
    return json.dumps(document, indent=2) + "\n"


def heading(kind: str, data_version: str | None = None) -> Json:
    """What a document begins with."""
    data = {} if data_version is None else {"data_version": data_version}
    return {"format": f"kms-verifier/{kind}", "format_version": _FORMAT_VERSION, "verifier": __version__, **data}


def json_shape(members: str, **computed: Shape) -> Shape:
    """An object with these members, in order: an attribute of that name, `name=attribute`, or what is `computed`."""
    pairs = [(name, attribute or name) for name, _, attribute in (member.partition("=") for member in members.split())]
    found = [(name, computed.get(name) or attrgetter(attribute)) for name, attribute in pairs]
    return lambda value: {name: get(value) for name, get in found}


def wire(value: Any, shapes: Shapes) -> Any:
    """The JSON value of a value. Raises `TypeError` for a type without a shape."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, SymbolName):
        return str(value)
    if kind in (tuple, list):
        return [wire(one, shapes) for one in value]
    if kind is dict:
        return {str(name): wire(one, shapes) for name, one in value.items()}
    found = shapes.get(kind) or next((shapes[base] for base in kind.__mro__ if base in shapes), None)
    if found is not None:
        return wire(found(value), shapes)
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"nothing says how {kind.__name__} is written")


_PLAIN = (str, bool, int, float, type(None))


def milliseconds(value: Any) -> float:
    """How long it took."""
    return round(float(value.elapsed) * 1000, 3)


def inputs(value: Any) -> list[Json]:
    """The files that were read."""
    return [{"file": file, "sha256": digest} for file, digest in value.inputs]


def as_mapping(name: str) -> Shape:
    return lambda value: dict(getattr(value, name))


def count(kinds: Iterable[Enum], found: Iterable[Enum]) -> Json:
    """How often each of some kinds was found."""
    listed = list(found)
    return {kind.value: listed.count(kind) for kind in kinds}


def _decision(decision: Decision) -> Json:
    impossible = {"impossible": decision.impossible} if decision.impossible else {}
    found: Json = json_shape("decision=outcome depends_on warnings")(decision)
    return {**found, **impossible, "assignment": dict(decision.assignment), "trace": decision.trace}


_CALLER = json_shape("kind principal_arn account session issuer session_tags")


def _caller(caller: Caller) -> Json:
    return {**_CALLER(caller), **({"transitive": list(caller.transitive)} if caller.transitive else {})}


SHAPES: Shapes = {
    Actions: json_shape("text names others"),
    Assumption: json_shape("rule text"),
    Caller: _caller,
    Callers: json_shape("text names accounts kinds known"),
    Counterexample: json_shape(
        "request decision statements readings free command grants further_permissions origin_of_tags",
        readings=as_mapping("readings"),
        free=as_mapping("free"),
        further_permissions=lambda found: further_permissions_line(found.decision),
        origin_of_tags=lambda found: origin_of_tags(found.decision),
    ),
    Decision: _decision,
    Diagnostic: json_shape("severity message place=span hint rule"),
    Grant: json_shape(
        "id name grantee grantee_hidden operations retiring_principal=retiring issuing_account "
        "encryption_context_equals=context_equals encryption_context_subset=context_subset source_arn created "
        "place=span"
    ),
    KeySummary: json_shape("arn name policy=policy_name statements state grants service_levels resource_levels"),
    Limit: json_shape("kind subject text absent rule"),
    Principal: lambda principal: principal.value,
    Reason: json_shape("rule text place=span"),
    Request: json_shape("principal=caller.arn caller action resource context", context=as_mapping("context")),
    Span: lambda span: None if span == NOWHERE else asdict(span),
    StatementRef: json_shape(
        "policy policy_name index sid effect kind place=span",
        kind=lambda statement: statement.kind or ("grant" if grant_id(statement) is not None else None),
    ),
    Step: json_shape("rule text holds depth statement"),
}
