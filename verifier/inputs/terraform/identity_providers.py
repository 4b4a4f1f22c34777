"""The identity providers of a plan (E2w).

In: a resolver. Out: listings as AWS prints them, in the parts. Guarantee: a provider whose ARN is not known is listed as such, so that the
account's providers are not known.
"""

from __future__ import annotations

from verifier.inputs.drafts import provider_listing
from verifier.inputs.identity_providers import OPEN_ID_CONNECT, SAML
from verifier.inputs.nodes import Node
from verifier.inputs.parts import Parts
from verifier.inputs.terraform.providers import Providers
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.terraform.values import after_apply
from verifier.inputs.unknown import Unknown

_TYPES = {"aws_iam_openid_connect_provider": OPEN_ID_CONNECT, "aws_iam_saml_provider": SAML}


def add_providers(parts: Parts, resolver: Resolver, providers: Providers) -> None:
    """Adds the providers that one side of a plan, or a state, holds."""
    for resource in resolver.of_type(*_TYPES):
        account, place = providers.account(resource), resolver.place(resource)
        arn = resolver.value(resource, "arn") or Unknown(place, 0, 0, [after_apply(f"{resource.address}.arn")])
        if account is not None:
            parts.add_providers(account, _TYPES[resource.type], provider_listing(Node(place, 0, 0), _TYPES[resource.type], [arn]))
