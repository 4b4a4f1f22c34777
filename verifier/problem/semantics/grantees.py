"""Whom grants name: grantees and retiring principals (G2, L8, R7).

In: principals of grants. Out: `Named`, as expressions over the caller.
Guarantee: many principals cost one test on each attribute.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from verifier.model.grant import Grant
from verifier.model.policy import Principal, PrincipalType
from verifier.problem.classes.predicates import literal_tokens
from verifier.problem.expression import FALSE, NEVER, Expression, Symbol, both, disjunction, either, negation
from verifier.problem.semantics.callers import session_parts
from verifier.problem.space import Space


@dataclass(frozen=True)
class Named:
    """`direct` need nothing but the grant; `delegated` are callers of a named account, who need I ∧ B ∧ S, as its root has (G2, D5)."""

    direct: Expression
    delegated: Expression


@dataclass(frozen=True)
class Grantees:
    """Reads the principals of grants. A user's federated sessions are not the user; a unique ID is nobody (L8)."""

    space: Space
    _roles: dict[tuple[str, str], Expression] = field(default_factory=dict)

    def named(self, principals: Iterable[Principal], hidden: bool = False) -> Named:
        """The callers that any of the principals names; where some are `hidden`, perhaps any caller but a service (G2)."""
        arns: set[str] = set()
        accounts: set[str] = set()
        sessions: dict[tuple[str, str], set[str]] = {}
        for principal in principals:
            if principal.partition is not None and principal.partition != self.space.target.partition:
                continue  # R7
            match principal.type:
                case PrincipalType.USER | PrincipalType.ROLE | PrincipalType.FEDERATED_USER | PrincipalType.SERVICE:
                    arns.add(principal.value)
                case PrincipalType.SESSION:
                    account, role, session = session_parts(principal)
                    sessions.setdefault((account, role), set()).add(session)
                case PrincipalType.ACCOUNT:
                    assert principal.account is not None
                    accounts.add(principal.account)
        own = self.space.one_of(frozenset(arns))
        of_roles = (both(self._role(role), self.space.session_among(frozenset(names))) for role, names in sessions.items())
        others = both(Symbol("G2"), negation(self.space.is_service)) if hidden else FALSE
        return Named(either(own, *of_roles, others), disjunction(self.space.in_account(account) for account in sorted(accounts)))

    def nobody(self, batch: Sequence[Grant]) -> Named:
        """None of the callers that grants of no concern name: what these say is nothing, on which a proof may rest."""
        named = self.named((grant.grantee for grant in batch), any(grant.grantee_hidden for grant in batch))
        return Named(*(part if part is FALSE else NEVER for part in (named.direct, named.delegated)))

    def _role(self, role: tuple[str, str]) -> Expression:
        """The sessions of the role with this account and name: AWS's own role for instances is in thousands of grants."""
        if role not in self._roles:
            account, name = role
            self._roles[role] = self.space.role_named(literal_tokens(account), literal_tokens(name))
        return self._roles[role]
