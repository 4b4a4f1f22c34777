"""Estates of kept disagreements: JSON ↔ `Estate`. The form is told in `tests/cases/regressions/README.md`.

In: an estate with the texts of its policies, or a JSON document. Out: the other. Guarantee: nothing that decides is
left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.agreement.doubts import doubted, doubts_of
from tests.agreement.grants import principal_of
from tests.agreement.library import policy_from
from verifier.model.estate import Account, Endpoint, Estate, Identity, Key, Pairs
from verifier.model.grant import Grant
from verifier.model.organization import Controls, Level, Organization
from verifier.model.policy import Policy, PolicyKind
from verifier.model.unmodelled import Influence, Unmodelled

Json = dict[str, Any]
Texts = Mapping[str, str]
"""The texts of policies, by `Policy.identity`."""

_FACTS = ("spec", "usage", "origin", "multi_region", "multi_region_type", "manager", "aliases", "tags")
_OF_GRANT = (
    "operations",
    "issuing_account",
    "context_equals",
    "context_subset",
    "source_arn",
    "grantee_hidden",
    "name",
)
_OF_THING = ("name", "label", "description", "key", "account", "principal", "endpoint", "owner", "of_identities")


def estate_to_json(estate: Estate, documents: Texts) -> Json:
    """An estate as the members of a case."""
    case: Json = {"keys": {key.arn: _key(key, documents) for key in estate.keys}}
    if estate.accounts:
        case["accounts"] = {account.id: _account(account, documents) for account in estate.accounts}
    if estate.organization is not None:
        case["organization"] = _organization(estate.organization, documents)
    if estate.endpoints is not None:
        case["endpoints"] = {endpoint.id: _endpoint(endpoint, documents) for endpoint in estate.endpoints}
    things = [thing for thing in estate.unmodelled if not thing.of_statement]
    if things:
        case["unmodelled"] = [{**_given(thing, _OF_THING), "influence": thing.influence.name} for thing in things]
    case |= {name: found for name, found in (("doubts", doubts_of(estate)), ("partial", _partial(estate))) if found}
    providers = {account.id: account.providers for account in estate.accounts if account.providers is not None}
    if providers:
        case["providers"] = providers
    return case


def estate_from_json(case: Mapping[str, Any]) -> Estate:
    """The estate of a case."""
    endpoints = (
        tuple(_read_endpoint(name, data) for name, data in case["endpoints"].items()) if "endpoints" in case else None
    )
    estate = Estate(
        tuple(_read_key(arn, data) for arn, data in case["keys"].items()),
        tuple(
            _read_account(name, data, case.get("providers", {}).get(name))
            for name, data in case.get("accounts", {}).items()
        ),
        _read_organization(case["organization"]) if "organization" in case else None,
        tuple(
            Unmodelled(**{**thing, "influence": Influence[thing["influence"]]}) for thing in case.get("unmodelled", ())
        ),
        endpoints=endpoints,
    )
    return doubted(estate, [(policy, index) for policy, index in case.get("doubts", ())], case.get("partial", ()))


def _partial(estate: Estate) -> list[str]:
    return [account.id for account in estate.accounts if not account.complete]


def policies_to_json(policies: Iterable[Policy], documents: Texts) -> Json:
    """Policies by identity."""
    return {policy.identity: json.loads(documents[policy.identity]) for policy in policies}


def policies_from_json(data: Mapping[str, Any], kind: PolicyKind) -> tuple[Policy, ...]:
    """Policies, by identity, read through text and the parser."""
    return tuple(policy_from(document, kind, identity) for identity, document in data.items())


def _given(thing: object, names: Iterable[str]) -> Json:
    return {name: getattr(thing, name) for name in names if getattr(thing, name) not in (None, False)}


# -- keys and grants --


def _key(key: Key, documents: Texts) -> Json:
    facts = {name: getattr(key, name) for name in _FACTS if getattr(key, name) not in (None, "CUSTOMER")}
    grants = {} if key.grants is None else {"grants": {grant.id: _grant(grant) for grant in key.grants}}
    return {"policies": policies_to_json(key.policies or (), documents), **facts, **grants}


def _read_key(arn: str, data: Mapping[str, Any]) -> Key:
    facts = {name: data[name] for name in _FACTS if name in data}
    if "tags" in facts:
        facts["tags"] = _pairs(facts["tags"])
    if "aliases" in facts:
        facts["aliases"] = tuple(facts["aliases"])
    grants = tuple(_read_grant(name, grant) for name, grant in data["grants"].items()) if "grants" in data else None
    return Key(arn, policies=policies_from_json(data["policies"], PolicyKind.KEY), grants=grants, **facts)


def _grant(grant: Grant) -> Json:
    retiring = {} if grant.retiring is None else {"retiring": grant.retiring.value}
    return {"grantee": grant.grantee.value, **retiring, **_given(grant, _OF_GRANT)}


def _read_grant(identifier: str, data: Mapping[str, Any]) -> Grant:
    found = {name: data[name] for name in _OF_GRANT if name in data}
    for name in ("context_equals", "context_subset"):
        if name in found:
            found[name] = _pairs(found[name])
    found["operations"] = tuple(data["operations"])
    retiring = principal_of(data["retiring"]) if "retiring" in data else None
    return Grant(identifier, principal_of(data["grantee"]), retiring=retiring, **found)


def _pairs(data: Iterable[Iterable[str]]) -> Pairs:
    return tuple((name, value) for name, value in data)


# -- accounts --


def _account(account: Account, documents: Texts) -> Json:
    return {identity.arn: _identity(identity, documents) for identity in (*account.users, *account.roles)}


def _identity(identity: Identity, documents: Texts) -> Json:
    return {
        "policies": policies_to_json(identity.policies, documents),
        "tags": identity.tags,
        "unique_id": identity.unique_id,
        "boundary": policies_to_json([identity.boundary], documents) if identity.boundary else identity.bounded,
        **({"trust": policies_to_json([identity.trust], documents)} if identity.trust else {}),
    }


def _read_account(account: str, data: Mapping[str, Any], providers: Sequence[str] | None) -> Account:
    found = [_read_identity(arn, identity) for arn, identity in data.items()]
    users = tuple(identity for identity in found if ":user/" in identity.arn)
    roles = tuple(identity for identity in found if ":role/" in identity.arn)
    return Account(account, users, roles, providers=None if providers is None else tuple(providers))


def _read_identity(arn: str, data: Mapping[str, Any]) -> Identity:
    boundary = data.get("boundary", False)
    known = policies_from_json(boundary, PolicyKind.BOUNDARY) if isinstance(boundary, dict) else ()
    return Identity(
        arn,
        policies_from_json(data["policies"], PolicyKind.IDENTITY),
        _pairs(data.get("tags", [])),
        data.get("unique_id"),
        bounded=boundary is not False,
        boundary=known[0] if known else None,
        trust=next(iter(policies_from_json(data.get("trust", {}), PolicyKind.TRUST)), None),
    )


# -- the organization and endpoints --


def _organization(organization: Organization, documents: Texts) -> Json:
    found: Json = {
        "id": organization.id,
        "management_account": organization.management_account,
        "accounts": organization.accounts,
    }
    if organization.controls:
        found["controls"] = {controls.account: _controls(controls, documents) for controls in organization.controls}
    return found


def _controls(controls: Controls, documents: Texts) -> Json:
    kinds = (("service", controls.service), ("resource", controls.resource))
    return {
        name: [[level.name, policies_to_json(level.policies, documents)] for level in levels]
        for name, levels in kinds
        if levels is not None
    }


def _read_organization(data: Mapping[str, Any]) -> Organization:
    controls = tuple(_read_controls(account, levels) for account, levels in data.get("controls", {}).items())
    accounts = tuple((account, path) for account, path in data["accounts"])
    return Organization(data["id"], data["management_account"], accounts, controls)


def _read_controls(account: str, data: Mapping[str, Any]) -> Controls:
    kinds = (("service", PolicyKind.SCP), ("resource", PolicyKind.RCP))
    service, resource = (_read_levels(data[name], kind) if name in data else None for name, kind in kinds)
    return Controls(account, service, resource)


def _read_levels(data: Iterable[tuple[str, Mapping[str, Any]]], kind: PolicyKind) -> tuple[Level, ...]:
    return tuple(Level(name, policies_from_json(policies, kind)) for name, policies in data)


def _endpoint(endpoint: Endpoint, documents: Texts) -> Json:
    policy = {} if endpoint.policy is None else {"policy": policies_to_json([endpoint.policy], documents)}
    return {**_given(endpoint, ("region", "vpc", "account")), **policy}


def _read_endpoint(identifier: str, data: Mapping[str, Any]) -> Endpoint:
    policies = policies_from_json(data["policy"], PolicyKind.ENDPOINT) if "policy" in data else (None,)
    return Endpoint(identifier, data["region"], data.get("vpc"), data.get("account"), policies[0] if policies else None)
