"""Disagreements found once, kept as files: `tests/cases/regressions/NAME.json` ↔ an estate, a request and the outcome that both rooms owe.

In: a JSON document, or a case. Out: the other. The form is told in `tests/cases/regressions/README.md`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from verifier.model.documents import read_policy
from verifier.model.estate import Account, Estate, Identity, Influence, Key, Organization, Unmodelled
from verifier.model.policy import Policy, PolicyKind
from verifier.model.request import Caller, CallerKind, Request, Value
from verifier.syntax.source import Source

FOLDER = Path(__file__).parents[1] / "cases" / "regressions"

_FACTS = ("spec", "usage", "origin", "multi_region", "multi_region_type", "manager", "aliases", "tags")


def to_json(estate: Estate, documents: Mapping[str, str], request: Request, assignment: Mapping[str, bool] | None) -> dict[str, Any]:
    """A case as JSON, without the expected outcome. `documents` are the texts of the policies, by identity."""
    case: dict[str, Any] = {"keys": {key.arn: _key(key, documents) for key in estate.keys}}
    if estate.accounts:
        case["accounts"] = {account.id: _account(account, documents) for account in estate.accounts}
    if estate.organization is not None:
        case["organization"] = asdict(estate.organization)
    if estate.unmodelled:
        case["unmodelled"] = [_thing(thing) for thing in estate.unmodelled]
    case["request"] = _request(request)
    if assignment is not None:
        case["assignment"] = dict(assignment)
    return case


def _key(key: Key, documents: Mapping[str, str]) -> dict[str, Any]:
    facts = {name: getattr(key, name) for name in _FACTS if getattr(key, name) not in (None, "CUSTOMER")}
    return {"policies": {policy.identity: json.loads(documents[policy.identity]) for policy in key.policies or ()}, **facts}


def _account(account: Account, documents: Mapping[str, str]) -> dict[str, Any]:
    return {identity.arn: _identity(identity, documents) for identity in (*account.users, *account.roles)}


def _identity(identity: Identity, documents: Mapping[str, str]) -> dict[str, Any]:
    return {
        "policies": {policy.identity: json.loads(documents[policy.identity]) for policy in identity.policies},
        "tags": identity.tags,
        "unique_id": identity.unique_id,
        "boundary": identity.bounded,
    }


def _thing(thing: Unmodelled) -> dict[str, Any]:
    found = {name: getattr(thing, name) for name in ("name", "label", "description", "key", "account", "principal")}
    return {**{name: value for name, value in found.items() if value is not None}, "influence": thing.influence.name}


def _request(request: Request) -> dict[str, Any]:
    caller = request.caller
    who = {"kind": caller.kind.name, "arn": caller.principal_arn, "session": caller.session, "issuer": caller.issuer}
    return {
        "caller": {name: value for name, value in who.items() if value is not None},
        "action": request.action,
        "resource": request.resource,
        "context": dict(request.context),
    }


def estate_of(case: Mapping[str, Any]) -> Estate:
    """The estate of a case."""
    keys = tuple(_read_key(arn, data) for arn, data in case["keys"].items())
    accounts = tuple(_read_account(name, data) for name, data in case.get("accounts", {}).items())
    organization = _read_organization(case["organization"]) if "organization" in case else None
    things = tuple(Unmodelled(**{**thing, "influence": Influence[thing["influence"]]}) for thing in case.get("unmodelled", ()))
    return Estate(keys, accounts, organization, things)


def _read_policies(data: Mapping[str, Any], kind: PolicyKind) -> tuple[Policy, ...]:
    return tuple(
        read_policy(Source(f"{kind.value}.json", json.dumps(document)), kind, identity=name, name=name.rsplit("#", 1)[-1])
        for name, document in data.items()
    )


def _read_key(arn: str, data: Mapping[str, Any]) -> Key:
    facts = {name: data[name] for name in _FACTS if name in data}
    if "tags" in facts:
        facts["tags"] = _pairs(facts["tags"])
    if "aliases" in facts:
        facts["aliases"] = tuple(facts["aliases"])
    return Key(arn, policies=_read_policies(data["policies"], PolicyKind.KEY), **facts)


def _pairs(data: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in data)


def _read_account(account: str, data: Mapping[str, Any]) -> Account:
    found = [
        Identity(
            arn,
            _read_policies(identity["policies"], PolicyKind.IDENTITY),
            _pairs(identity.get("tags", [])),
            identity.get("unique_id"),
            bounded=identity.get("boundary", False),
        )
        for arn, identity in data.items()
    ]
    users = tuple(identity for identity in found if ":user/" in identity.arn)
    return Account(account, users, tuple(identity for identity in found if ":role/" in identity.arn))


def _read_organization(data: Mapping[str, Any]) -> Organization:
    return Organization(data["id"], data["management_account"], tuple((account, path) for account, path in data["accounts"]))


def request_of(case: Mapping[str, Any]) -> Request:
    """The request of a case."""
    data = case["request"]
    who = data["caller"]
    kind = CallerKind[who["kind"]]
    account = None if kind is CallerKind.SERVICE else who["arn"].split(":")[4]
    caller = Caller(kind, who["arn"], account, who.get("session"), who.get("issuer"))
    return Request(caller, data["action"], data["resource"], tuple((name, _value(value)) for name, value in data["context"].items()))


def _value(value: str | list[str]) -> Value:
    return value if isinstance(value, str) else tuple(value)
