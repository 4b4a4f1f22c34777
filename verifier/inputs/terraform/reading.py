"""A plan or a state → the parts of a snapshot.

In: the JSON of a file, and what is known besides. Out: a `Plan`, `Parts`. Guarantee: that of the package.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from verifier.inputs.drafts import provider_listing
from verifier.inputs.files import Files
from verifier.inputs.identity_providers import OPEN_ID_CONNECT, SAML
from verifier.inputs.nodes import Node, Remarks
from verifier.inputs.parts import Parts
from verifier.inputs.resource_types import Family
from verifier.inputs.supplied import Supplied
from verifier.inputs.terraform.derived import Derivation
from verifier.inputs.terraform.endpoints import Endpoints
from verifier.inputs.terraform.iam import Identities
from verifier.inputs.terraform.json_text import Json
from verifier.inputs.terraform.keys import Keys
from verifier.inputs.terraform.organizations import Organizations
from verifier.inputs.terraform.plan import Plan, read_plan
from verifier.inputs.terraform.providers import Providers
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.terraform.sources import read_sources
from verifier.inputs.terraform.supposed import Supposed
from verifier.inputs.terraform.unread import shares, stacks, unknown, unknown_resource
from verifier.inputs.terraform.values import after_apply
from verifier.inputs.unknown import Unknown
from verifier.model.estate import Influence, Unmodelled
from verifier.syntax.text import first_few, printable

_IDENTITY_PROVIDERS = {"aws_iam_openid_connect_provider": OPEN_ID_CONNECT, "aws_iam_saml_provider": SAML}


def load_plan(remarks: Remarks, files: Files, path: Path, data: Json) -> Plan:
    """The plan or state in a file, with the `.tf` files beside it. Raises `InputError`."""
    plan = read_plan(files.name(path), data)
    read_sources(remarks, files, path, plan.modules)
    return plan


def add_plan(remarks: Remarks, parts: Parts, plan: Plan, supplied: Supplied, text: str) -> None:
    """Adds what one side of a plan, or a state, holds, which was read from a text. Errors go to `remarks`, or are raised."""
    plan = replace(plan, mark=parts.mark(address for address, resource in plan.after.items() if resource.managed))
    providers = Providers(plan, supplied, text)
    resolver = providers.resolver = Resolver(plan, Derivation(providers))
    keys, identities = Keys(remarks, resolver, providers), Identities(resolver, providers)
    organizations, endpoints = Organizations(resolver), Endpoints(resolver, providers)
    found = keys.read()
    for account, details in identities.read().items():
        parts.made.setdefault(account, []).append(details)
    for account, change in identities.elsewhere.items():
        parts.elsewhere.setdefault(account, []).append(change)
    _add_identity_providers(parts, resolver, providers)
    organization = organizations.read()
    if organization is not None:
        parts.add_organization(remarks, *organization)
    else:
        parts.organization_changes += [(Node(resolver.place(r), 0, 0), r.address) for r in organizations.changes()]
    listed = endpoints.read()
    parts.made_endpoints += [] if listed is None else [listed]
    parts.add_endpoint_policies(endpoints.elsewhere)
    parts.endpoints_gone |= endpoints.gone
    parts.loose_endpoint_policy = parts.loose_endpoint_policy or endpoints.loose
    parts.unmodelled += [*keys.unmodelled(), *identities.unmodelled, *organizations.unmodelled, *endpoints.unmodelled]
    parts.unmodelled += [*shares(resolver, keys), *stacks(remarks, resolver, providers)]
    parts.unknown += unknown(remarks, resolver, providers)
    parts.unknown += [unknown_resource(resolver, providers, resource, Family.IDENTITIES) for resource in identities.not_exact]
    parts.unmodelled += [_put_off(plan)] if plan.deferred else []
    sentences = Supposed(resolver, organizations.supposed)
    for key in found:
        key.supposed = tuple(sentences.about(key.name or ""))
    parts.keys += found
    parts.unchecked |= keys.unchecked
    parts.loose_policies += keys.loose
    parts.loose_alias = parts.loose_alias or keys.loose_alias
    for arn, done in keys.changes.items():
        parts.add_key_changes(arn, done)
    if providers.by_stand_in:
        parts.by_stand_in[plan.file] = text
    if providers.open_region is not None:
        remarks.open_region(plan.file, providers.open_region, providers.open_region)
    for own, other in providers.same_login:
        remarks.concluded[f"{plan.file}: provider {own} logs in as {other} does, for it names no credentials (no `dynamic` block)"] = None


def _add_identity_providers(parts: Parts, resolver: Resolver, providers: Providers) -> None:
    """Adds the identity providers (E2w). One whose ARN is not known is listed as such, so that the account's providers are not known."""
    for resource in resolver.of_type(*_IDENTITY_PROVIDERS):
        account, place, kind = providers.account(resource), resolver.place(resource), _IDENTITY_PROVIDERS[resource.type]
        arn = resolver.value(resource, "arn") or Unknown(place, 0, 0, [after_apply(f"{resource.address}.arn")])
        if account is not None:
            parts.add_providers(account, kind, provider_listing(Node(place, 0, 0), kind, [arn]))


def _put_off(plan: Plan) -> Unmodelled:
    description = f"Terraform has put off what it does to {first_few(plan.deferred)} (`deferred_changes`), so it is not known"
    return Unmodelled(printable(f"deferred changes of {plan.file}"), "U3", Influence.EITHER, printable(description))
