"""Who may write to IAM, assume a role, share a key, start code with a role (E1–E3) → one expression.

In: a space whose target is a role, user, group, managed policy or account. Out: the expression that is true iff the request is allowed.
Guarantee: trust policies are read as D2–D4 read key policies; the policies of KMS endpoints and grants have no part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from verifier.model.policy import Effect, Policy, Statement
from verifier.model.readings import OUTSIDE_DENY, allow_symbol, trust_symbol
from verifier.problem.callers import Reach, deny_reach
from verifier.problem.controls import resource_denies, service_controls_allow, service_denies
from verifier.problem.decision import policy_reach, somebody_allows
from verifier.problem.domains import WEB_PREFIX
from verifier.problem.expression import FALSE, TRUE, Expression, Symbol, both, conjunction, disjunction, either, implies, negation
from verifier.problem.owners import said, said_to_nobody
from verifier.problem.permissions import Permissions, outside, own_denies, permissions
from verifier.problem.powers import RESOURCE_POLICY, power, without
from verifier.problem.predicates import OneOf, like
from verifier.problem.space import Space, acts
from verifier.problem.statements import applies
from verifier.problem.targets import TargetKind
from verifier.problem.unmodelled import may_allow, own_refusals, scope, things, unrestricted

BY_CALLERS = frozenset({"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"})
"""What AWS callers ask for to assume a role (E2)."""
BY_IDENTITIES = frozenset({"sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"})
"""What identities of providers ask for (E2w)."""

CHANGES_A_ROLE = frozenset({"iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy"})


def step_allowed(space: Space) -> Expression:
    """True iff the request is allowed (E1–E3)."""
    gates = both(negation(step_denied(space)), service_controls_allow(space), unrestricted(space))
    own = _own(space)
    written = both(_at_home(space), own.whole, _modifiable(space))
    if space.target.kind is not TargetKind.ROLE:
        return both(gates, written)
    reach = _trust_reach(space)
    iam = acts(space.known_actions - BY_CALLERS - BY_IDENTITIES)
    # No session of GetFederationToken calls STS [IAM: id_credentials_temp_request, *Comparing the AWS STS API operations*].
    assumed = both(negation(either(space.is_root, space.is_federated, space.is_web)), somebody_allows(space, reach, own, FALSE))
    by_identity = both(space.is_web, either(reach.strong, reach.anyone), _listed_provider(space))
    return both(gates, either(both(iam, written), both(acts(BY_CALLERS), assumed), both(acts(BY_IDENTITIES), by_identity)))


def step_denied(space: Space) -> Expression:
    """True iff some Deny statement of a policy that applies matches (D1)."""
    found = [*own_denies(space), *service_denies(space), *resource_denies(space), *_trust_denies(space)]
    return disjunction((*found, both(outside(space), Symbol(OUTSIDE_DENY)), *own_refusals(space)))


def _own(space: Space) -> Permissions:
    """I, B and S; what belongs to no principal and is not known may be an identity policy."""
    own = permissions(space)
    found = [
        both(scope(space, thing), Symbol(allow_symbol(thing)))
        for thing in things(space)
        if thing.principal is None and may_allow(thing) and not thing.label.startswith("G")
    ]
    return replace(own, identity=either(own.identity, *found))


def _at_home(space: Space) -> Expression:
    assert space.target.account is not None
    return space.in_account(space.target.account)


def _modifiable(space: Space) -> Expression:
    """Only its service changes a service-linked role [API: PutRolePolicy, `UnmodifiableEntity`]."""
    linked = space.target.kind is TargetKind.ROLE and ":role/aws-service-role/" in (space.target.resource or "")
    return negation(acts(CHANGES_A_ROLE)) if linked else TRUE


# -- trust policies --


def _trust(space: Space, effect: Effect) -> Iterator[tuple[Policy, Statement]]:
    identity = space.target.identity
    if space.target.kind is TargetKind.ROLE and identity is not None and identity.trust is not None:
        yield from ((identity.trust, statement) for statement in identity.trust.statements if statement.effect is effect)


def _trust_reach(space: Space) -> Reach:
    """Whom the trust policy admits; where it is not known, perhaps anybody (E2)."""
    identity = space.target.identity
    if identity is not None and identity.trust is not None:
        return policy_reach(space, _trust(space, Effect.ALLOW))
    assert space.target.resource is not None
    return Reach(either(Symbol(trust_symbol(space.target.resource)), power(space, RESOURCE_POLICY)), FALSE, FALSE, FALSE)


def _trust_denies(space: Space) -> Iterator[Expression]:
    """A trust policy is about assuming the role, not about changing it."""
    for policy, statement in _trust(space, Effect.DENY):
        if not space.concerns(statement):
            continue
        whom = deny_reach(space, statement)
        if space.reaches(statement, whom):
            asked = both(whom, acts(BY_CALLERS | BY_IDENTITIES), applies(space, policy, statement))
            yield without(space, RESOURCE_POLICY, said(space, policy, statement, asked))
        else:
            yield said_to_nobody(space, policy, statement)


def _listed_provider(space: Space) -> Expression:
    """E2w: where the input lists an account's providers, no other one of it exists."""
    found = []
    for account in space.estate.accounts:
        if account.providers is not None:
            own = space.principal(like(f"{WEB_PREFIX}arn:*:iam::{account.id}:*"))
            listed = frozenset(WEB_PREFIX + provider for provider in account.providers)
            found.append(implies(own, space.principal(OneOf(listed)) if listed else FALSE))
    return conjunction(found)
