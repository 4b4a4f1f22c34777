"""Who the caller is to the estate: its account, its inventory entry, its identity policies (R2, U1, D5).

In: the estate and a caller. Out: `Standing`.
Guarantee: an account without an inventory is never taken for one without policies.
"""

from __future__ import annotations

from verifier.frozen import Frozen
from verifier.model.estate import Estate, Identity
from verifier.model.policy import Policy, PrincipalType
from verifier.model.request import Caller, CallerKind

SESSIONS = (CallerKind.ROLE, CallerKind.FEDERATED)
"""The callers that can have session policies. [IAM User Guide, access_policies, Session policies]"""


class Standing(Frozen):
    """A caller in an estate. `identity` is the user or role whose identity policies follow the caller (P7): for a
    federated session the user that issued it. `inventoried` is true iff an inventory lists the caller, or every caller
    of its account (U1)."""

    caller: Caller
    identity: Identity | None
    inventoried: bool

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The identity policies that are known."""
        return self.identity.policies if self.identity else ()

    @property
    def boundaries(self) -> tuple[Policy, ...]:
        """The permissions boundary, if there is one and its document is known."""
        return (self.identity.boundary,) if self.identity is not None and self.identity.boundary is not None else ()

    @property
    def acts_as_root(self) -> bool:
        """True iff no identity policy is needed: the root user, or a session that it issued (D5)."""
        by_root = (self.caller.issuer or "").endswith(":root")
        return self.caller.kind is CallerKind.ROOT or (self.caller.kind is CallerKind.FEDERATED and by_root)

    @property
    def outside(self) -> bool:
        """True iff the identity policies are free (U1)."""
        return self.caller.account is not None and not self.acts_as_root and not self.inventoried

    @property
    def bounded(self) -> bool:
        """True iff the user or role that calls, or issued the federated session, has a permissions boundary (P5)."""
        return self.identity is not None and self.identity.bounded


def standing(estate: Estate, caller: Caller) -> Standing:
    """What the estate knows of a caller."""
    account = estate.account(caller.account)
    arn = caller.issuer if caller.kind is CallerKind.FEDERATED else caller.principal_arn
    identity = estate.identity(arn)
    inventoried = identity is not None or (account is not None and account.complete)
    return Standing(caller, identity, inventoried)


def providers_of(who: Standing) -> frozenset[str] | None:
    """The providers of which an identity may have assumed the role of a session, as far as its trust policy is known;
    `None`: any (P6, F6)."""
    if who.caller.kind is not CallerKind.ROLE:
        return frozenset()
    if who.identity is None or who.identity.trust is None:
        return None
    allows = who.identity.trust.allows
    if any(statement.not_principal or statement.principals is None or statement.only_if for statement in allows):
        return None
    named = [principal for statement in allows for principal in statement.principals or ()]
    federated = frozenset(principal.value for principal in named if principal.type is PrincipalType.FEDERATED)
    anybody = any(principal.type in (PrincipalType.ANYONE, PrincipalType.ANY_AWS) for principal in named)
    return None if anybody or "*" in federated else federated


def may_be_of_provider(who: Standing, provider: str) -> bool:
    """False only if a caller is no session of a role that an identity of a provider, or (`*`) of some, assumed (P6)."""
    known = providers_of(who)
    return known is None or provider in known or (provider == "*" and bool(known))


def partition_of(caller: Caller) -> str | None:
    """The caller's partition (R7); `None` for a service principal, and for a provider without an account (E2w)."""
    fields = caller.principal_arn.split(":")
    return fields[1] if caller.kind is not CallerKind.SERVICE and fields[0] == "arn" else None


# -- who may have issued a federated-user session (R2, P3) --


def possible_issuers(estate: Estate, caller: Caller) -> tuple[str, ...]:
    """The root user, each user that the inventory, a key policy, an endpoint policy or a grant names, and where there
    is no complete inventory one that nobody names."""
    partition = caller.principal_arn.split(":")[1]
    prefix = f"arn:{partition}:iam::{caller.account}:"
    inventory = estate.account(caller.account)
    users = [user.arn for user in inventory.users] if inventory else []
    if inventory is None or not inventory.complete:
        users += [*_named_users(estate, prefix), f"{prefix}user/issuer"]
    return (f"{prefix}root", *dict.fromkeys(users))


def _named_users(estate: Estate, prefix: str) -> list[str]:
    of_endpoints = (endpoint.policy for endpoint in estate.endpoints or () if endpoint.policy is not None)
    policies = (*estate.key_policies, *of_endpoints)
    named = (*estate.grant_principals, *(principal for policy in policies for principal in policy.principals))
    return sorted({one.value for one in named if one.type is PrincipalType.USER and one.value.startswith(prefix)})
