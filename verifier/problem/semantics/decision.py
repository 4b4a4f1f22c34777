"""The decision (D1–D9) → one expression.

In: a space (estate and target). Out: the expression that is true iff the request is allowed.
Guarantee: every gate of D1–D9 is one named function, here or in the module of its mechanism; what the input holds and
the verifier does not model is a symbol (`verifier.problem.semantics.unmodelled`), never left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain

from verifier.model.estate import Key
from verifier.model.policy import Policy
from verifier.model.readings import D4, G5, U2
from verifier.model.reference import actions
from verifier.model.symbols import OUTSIDE_DENY
from verifier.problem.expression import TRUE, Expression, Symbol, disjunction
from verifier.problem.semantics.callers import NOBODY, Reach, allow_reach, deny_reach, reached_by_any
from verifier.problem.semantics.controls import control_denies, endpoint_denies, endpoints_allow, service_controls_allow
from verifier.problem.semantics.grants import granted
from verifier.problem.semantics.permissions import Permissions, outside, own_denies, permissions
from verifier.problem.semantics.possible_changes import RESOURCE_POLICY, SHARED, possible, possible_grant, without
from verifier.problem.semantics.statements import applies, as_statement, owned, statement_owner
from verifier.problem.semantics.targets import TargetKind
from verifier.problem.semantics.unmodelled import grants_unmodelled, refusals, unrestricted
from verifier.problem.space import Space, acts


def allowed(space: Space) -> Expression:
    """True iff the request, which is about no step, is allowed (D1–D3, D6, D8, D9)."""
    gates = ~_denied(space) & service_controls_allow(space) & endpoints_allow(space) & unrestricted(space)
    own = permissions(space)
    if space.target.kind is not TargetKind.KEY:
        return gates & ~space.is_service & own.whole & _own_alias(space)
    reach = policy_reach(space, _key_policies(space))
    by_grant = granted(space, own) | possible_grant(space) | grants_unmodelled(space) | possible(space, SHARED)
    changeable = ~acts(MANAGEMENT) if _key(space).manager == "AWS" else TRUE
    return gates & changeable & somebody_allows(space, reach, own, by_grant)


def somebody_allows(space: Space, reach: Reach, own: Permissions, by_grant: Expression) -> Expression:
    """True iff the key policy, which reaches so far, allows, together with the caller's account where it must agree, or
    a grant does (D2, D3, D6)."""
    # G5: a key policy's Allow gives nothing for RetireGrant.
    by_policy = ~acts({"kms:RetireGrant"})
    own_account = home(space)
    delegated = (reach.account | reach.anyone) & own.whole
    same_account = own_account & ((by_policy & (_direct(space, reach, own) | delegated)) | by_grant)
    trusted = disjunction(reach)
    from_other_account = ~own_account & ~space.is_service & _cross_account_operation()
    other_account = from_other_account & ((by_policy & trusted & own.whole) | by_grant)
    service = space.is_service & ((by_policy & (reach.strong | reach.anyone)) | by_grant)
    return same_account | other_account | service


def _direct(space: Space, reach: Reach, own: Permissions) -> Expression:
    """True iff the key policy grants its own account's caller access, and the absence of an Allow in a boundary or
    session policy does not limit that (D4)."""
    of_user = space.is_federated & Symbol(U2)
    return (
        reach.strong
        | (reach.weak & own.boundary & (own.session | of_user))
        | (reach.anyone & (own.limits | ~Symbol(D4)))
    )


def home(space: Space) -> Expression:
    """True iff the caller is of the account that owns the target."""
    assert space.target.account is not None
    return space.in_account(space.target.account)


def _key(space: Space) -> Key:
    assert space.decision_input.key is not None
    return space.decision_input.key


# -- key policies --


def _key_policies(space: Space) -> tuple[Policy, ...]:
    return _key(space).policies or () if space.target.kind is TargetKind.KEY else ()


def policy_reach(space: Space, policies: Iterable[Policy]) -> Reach:
    """Whom the Allow statements of the target's own policies reach: a key policy's, or a trust policy's."""
    reaches = [NOBODY._replace(strong=possible(space, RESOURCE_POLICY))]
    for policy, statement in ((one, statement) for one in policies for statement in one.allows):
        whom, when = allow_reach(space, statement, policy.kind), applies(space, policy, statement)
        number = statement_owner(space, policy, statement)
        reaches.append(Reach(*(owned(number, part & when) for part in whom)))
    return reached_by_any(reaches)


@cache
def key_policy_deny_counts() -> Expression:
    """True iff a Deny of the key policy counts: whether it stops RetireGrant is open (G5)."""
    return ~acts({"kms:RetireGrant"}) | Symbol(G5)


def _key_policy_denies(space: Space) -> Iterator[Expression]:
    for policy in _key_policies(space):
        for statement in policy.denies:
            refused = deny_reach(space, statement, policy.kind) & applies(space, policy, statement)
            counted = as_statement(space, policy, statement, refused & key_policy_deny_counts())
            yield without(space, RESOURCE_POLICY, counted)


def _denied(space: Space) -> Expression:
    """True iff some Deny statement of a policy that applies matches (D1)."""
    of_others = chain(control_denies(space), endpoint_denies(space))
    return disjunction(chain(_key_policy_denies(space), of_others, refused_to_caller(space)))


def refused_to_caller(space: Space) -> Iterator[Expression]:
    """What the caller's own policies deny, those that are not known among them (U1)."""
    yield from own_denies(space)
    yield outside(space) & Symbol(OUTSIDE_DENY)
    yield from refusals(space, own=True)


# -- what else decides --


@cache
def _cross_account_operation() -> Expression:
    """True iff the operation may be used across accounts (R5). One that the data does not know may be (U4)."""
    return ~acts(a.name for a in actions() if not a.cross_account)


def _own_alias(space: Space) -> Expression:
    """True iff the target is no alias, or one of the caller's own account and not AWS's own (R4, R5)."""
    if space.target.kind is not TargetKind.ALIAS:
        return TRUE
    of_aws = space.requests_where(lambda target: str(target.resource).split(":", 5)[5].startswith("alias/aws/"))
    return home(space) & ~of_aws


_CHANGES = """
CancelKeyDeletion DeleteImportedKeyMaterial DisableKey DisableKeyRotation EnableKey EnableKeyRotation
ImportKeyMaterial PutKeyPolicy ReplicateKey RotateKeyOnDemand ScheduleKeyDeletion TagResource UntagResource
UpdateKeyDescription UpdatePrimaryRegion CreateAlias DeleteAlias UpdateAlias
"""
MANAGEMENT = frozenset(f"kms:{name}" for name in _CHANGES.split())
"""Operations that change a key, which nobody can do to an AWS managed one (D8)."""
