"""What a CreateGrant request says of the new grant that no such request can say (F6, G2, G3).

In: the request, its given context. Out: warnings. Guarantee: pure; see `plausible`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from verifier.evaluate.aside import Aside
from verifier.evaluate.fill import given_pairs
from verifier.evaluate.grants.constraints import grantable
from verifier.model.policy import Principal
from verifier.model.principal_names import principal_named
from verifier.model.request import Request, Value

_EXCLUSIVE = (("kms:GranteePrincipal", "kms:GranteeServicePrincipal"), ("kms:RetiringPrincipal", "kms:RetiringServicePrincipal"))
"""Parameters of which a request has at most one, first for AWS principals and then for services. [API: CreateGrant]"""
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+){2,}", re.ASCII | re.IGNORECASE)
"""How the name of a service looks. [API: CreateGrant, GranteeServicePrincipal, Pattern]"""


def new_grant_warnings(request: Request, given: Mapping[str, Value]) -> Iterator[str]:
    """Warnings about the keys that only CreateGrant has."""
    for first, second in _EXCLUSIVE:
        if first.lower() in given and second.lower() in given:
            yield f"F6: a CreateGrant request has either {first} or {second}"
    yield from _names(given)
    if "kms:granteeserviceprincipal" in given:
        yield from _for_service(given)
    operations = given.get("kms:grantoperations", ())
    for operation in operations if isinstance(operations, tuple) else (operations,):
        if not grantable(f"kms:{operation}"):
            yield f"F6: {operation} is not an operation that a grant can allow (G1)"
    yield from _constraint(request, given)


def _names(given: Mapping[str, Value]) -> Iterator[str]:
    """What names no grantee or retiring principal. [API: CreateGrant, GranteePrincipal, RetiringPrincipal]"""
    for principal, service in _EXCLUSIVE:
        arn, name = given.get(principal.lower()), given.get(service.lower())
        if isinstance(arn, str) and not _is_principal(arn):
            yield f"F6: {principal} is the ARN of an account's root user, a user, a role or a session, not {arn}"
        if isinstance(name, str) and not _SERVICE.fullmatch(name):
            yield f"F6: {service} is the name of a service, such as s3.amazonaws.com, not {name}"


def _is_principal(text: str) -> bool:
    found = principal_named(text)
    return isinstance(found, Principal) and found.partition is not None


def _for_service(given: Mapping[str, Value]) -> Iterator[str]:
    """What a grant to a service must have besides. [API: CreateGrant, GranteeServicePrincipal]"""
    if "kms:grantconstraintsourcearn" not in given:
        yield Aside("F6: kms:GranteeServicePrincipal comes with kms:GrantConstraintSourceArn")
    if not any(key.lower() in given for key in _EXCLUSIVE[1]):
        yield Aside("F6: kms:GranteeServicePrincipal comes with kms:RetiringPrincipal or kms:RetiringServicePrincipal")


def _constraint(request: Request, given: Mapping[str, Value]) -> Iterator[str]:
    """The pairs in the context of CreateGrant are those of the new grant's constraint, and `kms:GrantConstraintType` is its kind (F6)."""
    if given_pairs(request) and "kms:grantconstrainttype" not in given:
        pair = "in CreateGrant kms:EncryptionContext:NAME is a pair of the new grant's constraint"
        yield Aside(f"F6: {pair}, so kms:GrantConstraintType is present")
