"""Who may have issued a federated-user session (R2, P3).

In: the estate, a federated caller. Out: the ARNs of the candidates.
Guarantee: every issuer that a policy or the inventory could tell apart is among them.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.evaluate.callers import inventory_of
from verifier.model.estate import Estate
from verifier.model.policy import Policy, PrincipalType
from verifier.model.request import Caller


def possible_issuers(estate: Estate, caller: Caller) -> tuple[str, ...]:
    """The root user, each user that the inventory, a key policy or an endpoint policy names, and where there is no complete inventory one
    that nobody names."""
    partition = caller.principal_arn.split(":")[1]
    prefix = f"arn:{partition}:iam::{caller.account}:"
    inventory = inventory_of(estate, caller.account)
    users = [user.arn for user in inventory.users] if inventory else []
    if inventory is None or not inventory.complete:
        users += [*_named_users(estate, prefix), f"{prefix}user/issuer"]
    return (f"{prefix}root", *dict.fromkeys(users))


def _named_users(estate: Estate, prefix: str) -> list[str]:
    return sorted(
        {
            principal.value
            for policy in _policies_with_principals(estate)
            for statement in policy.statements
            for principal in statement.principals or ()
            if principal.type is PrincipalType.USER and principal.value.startswith(prefix)
        }
    )


def _policies_with_principals(estate: Estate) -> Iterator[Policy]:
    """The policies that may name users: key policies and endpoint policies. A grant to a user is not one to its sessions (G2)."""
    for key in estate.keys:
        yield from key.policies or ()
    yield from (endpoint.policy for endpoint in estate.endpoints or () if endpoint.policy is not None)
