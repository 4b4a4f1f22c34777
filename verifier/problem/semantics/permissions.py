"""I, B and S: what the policies that follow a caller allow and deny (D2–D5, U1, U2).

In: a space. Out: `Permissions`, three expressions; the Deny statements of identity policies and boundaries.
Guarantee: a document is read once, however many identities it is attached to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from verifier.frozen import Frozen
from verifier.model.estate import Identity
from verifier.model.policy import Effect, Policy
from verifier.model.symbols import OUTSIDE_ALLOW, SESSION_ALLOW, PossibleChange
from verifier.problem.expression import Expression, Symbol, conjunction, disjunction
from verifier.problem.semantics.possible_changes import (
    BOUNDARY,
    LOOSENED,
    allows_everything,
    boundaries_to_put,
    policies_to_attach,
    possible,
    refused_by,
)
from verifier.problem.semantics.statements import applies, each_statement, owner_of_many
from verifier.problem.semantics.unmodelled import allowing, holders
from verifier.problem.space import Space, acts

_NEVER_LINKED = frozenset({"sts:TagSession", "sts:SetSourceIdentity"})
"""What no policy that AWS publishes for a service-linked role allows. [IAM: using-service-linked-roles;
docs/decisions.md]"""


class Permissions(Frozen):
    """What a caller's own policies say of the request. `identity` is I: the identity policies allow, free for callers
    outside the inventory (U1), true for a root user (D5). `boundary` is B: true without one. `session` is S: true but
    for a federated session, whose session policy decides (U2)."""

    identity: Expression
    boundary: Expression
    session: Expression

    @property
    def limits(self) -> Expression:
        """True iff B ∧ S: nothing limits a caller whom somebody else grants access (D4, G4)."""
        return self.boundary & self.session

    @property
    def whole(self) -> Expression:
        """True iff I ∧ B ∧ S: the caller's account lets it."""
        return self.identity & self.boundary & self.session


def permissions(space: Space) -> Permissions:
    """What the policies of callers say (D5, P5, U1, U2)."""
    session = ~space.is_federated | Symbol(SESSION_ALLOW)
    return Permissions(_identity_allows(space), _boundary_allows(space), session)


def own_denies(space: Space) -> Iterator[Expression]:
    """The Deny statements of identity policies and boundaries (D1)."""
    attached = list(own_policies(space))
    together = owner_of_many(space, [policy for policy, _ in attached], Effect.DENY)
    for policy, held in attached:
        for refusal in each_statement(space, held, policy, Effect.DENY, together):
            yield refused_by(space, policy, refusal)


def own_policies(space: Space) -> Iterator[tuple[Policy, Expression]]:
    """Each identity policy and each boundary of the inventory, with the callers that it follows."""
    yield from _attached(space, lambda identity: identity.policies)
    yield from _attached(space, _boundary)


def outside(space: Space) -> Expression:
    """True iff no inventory lists the caller, not a root user, in an account that has no complete one (U1)."""
    accounts = space.estate.accounts
    listed = [identity.arn for account in accounts if not account.complete for identity in account.identities]
    complete = disjunction(space.in_account(account.id) for account in accounts if account.complete)
    from_user = space.is_user | space.is_role | (space.is_federated & space.issued_by_user)
    return from_user & ~(complete | holders(space, listed))


def _attached(space: Space, policies_of: Callable[[Identity], Sequence[Policy]]) -> Iterator[tuple[Policy, Expression]]:
    """Each policy of the inventory, with the callers that it follows: the identity itself, and a user's federated
    sessions. One of AWS's may have been listed for two accounts at different times, with another document."""
    found: dict[str, list[tuple[Policy, list[str]]]] = {}
    for identity in space.decision_input.estate.identities:
        for policy in policies_of(identity):
            listed = found.setdefault(policy.identity, [])
            arns = next((arns for other, arns in listed if other is policy or other.meaning == policy.meaning), None)
            if arns is None:
                listed.append((policy, [identity.arn]))
            else:
                arns.append(identity.arn)
    for policy, arns in chain.from_iterable(found.values()):
        yield policy, holders(space, arns)


def _boundary(identity: Identity) -> Sequence[Policy]:
    return () if identity.boundary is None else (identity.boundary,)


def _identity_allows(space: Space) -> Expression:
    # A federated session that a root user issued has that user's permissions, within its session policy (R2, D5).
    issued_by_root = space.is_federated & ~space.issued_by_user
    never = space.is_service_linked & acts(_NEVER_LINKED & space.known_actions)
    free = outside(space) & ~never & Symbol(OUTSIDE_ALLOW)
    found = [space.is_root, free, issued_by_root, *allows_everything(space)]
    attached = list(_attached(space, lambda identity: identity.policies))
    together = owner_of_many(space, [policy for policy, _ in attached], Effect.ALLOW)
    for policy, held in attached:
        found += each_statement(space, held, policy, Effect.ALLOW, together)
    for name, policy in policies_to_attach(space):
        found += _given(space, name, policy)
    return disjunction((*found, *(where for _, where in allowing(space, own=True))))


def _given(space: Space, name: PossibleChange, policy: Policy) -> Iterator[Expression]:
    """What a document allows that a change gives, where it does not deny the same: it is there as a whole, or as a step
    wrote it."""
    denied = disjunction(applies(space, policy, one) for one in policy.denies if not space.is_silent(one))
    for one in each_statement(space, possible(space, name), policy, Effect.ALLOW):
        yield one & ~denied


def _boundary_allows(space: Space) -> Expression:
    limits = []
    attached = list(_attached(space, _boundary))
    together = owner_of_many(space, [policy for policy, _ in attached], Effect.ALLOW)
    for policy, held in attached:
        limits.append(~held | disjunction(each_statement(space, held, policy, Effect.ALLOW, together)))
    put = possible(space, LOOSENED)
    others = chain.from_iterable(each_statement(space, put, one, Effect.ALLOW) for one in boundaries_to_put(space))
    return conjunction(limits) | possible(space, BOUNDARY) | disjunction(others)
