"""Who may write to IAM, assume a role, share a key, start code with a role (E1–E5) → one expression.

In: a space whose target is a role, user, group, managed policy or account. Out: the expression that is true iff the
request is allowed.
Guarantee: trust policies are read as D2–D4 read key policies; the policies of KMS endpoints and grants have no part.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import partial

from verifier.model.policy import Effect, Policy, Statement, is_service_linked
from verifier.model.symbols import OUTSIDE_DENY, TrustFact
from verifier.problem.classes.attributes import WEB_PREFIX
from verifier.problem.classes.predicates import OneOf, exactly, like
from verifier.problem.expression import FALSE, TRUE, Expression, Symbol, conjunction, disjunction, implies
from verifier.problem.semantics.callers import NOBODY, Reach, deny_reach, reached_by_any
from verifier.problem.semantics.controls import resource_denies, service_controls_allow, service_denies
from verifier.problem.semantics.decision import policy_reach, somebody_allows
from verifier.problem.semantics.permissions import outside, own_denies, permissions
from verifier.problem.semantics.possible_changes import RESOURCE_POLICY, possible, without
from verifier.problem.semantics.statements import applies, as_statement
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.semantics.unmodelled import allowing, own_refusals, unrestricted
from verifier.problem.space import Space, acts

BY_CALLERS = frozenset({"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"})
"""What AWS callers ask for to assume a role (E2)."""
BY_IDENTITIES = frozenset(
    {"sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"}
)
"""What identities of providers ask for (E2w)."""

_CHANGES = """
CreateRole PutRolePolicy AttachRolePolicy UpdateAssumeRolePolicy DeleteRolePolicy DetachRolePolicy
PutRolePermissionsBoundary DeleteRolePermissionsBoundary
"""
CHANGES_A_ROLE = frozenset(f"iam:{name}" for name in _CHANGES.split())


def step_allowed(space: Space) -> Expression:
    """True iff the request is allowed (E1–E5)."""
    gates = ~step_denied(space) & service_controls_allow(space) & unrestricted(space)
    own, unmodelled = permissions(space), _unmodelled_allow(space)
    written = _at_home(space) & (own.whole | unmodelled) & _modifiable(space)
    if space.target.kind is not TargetKind.ROLE:
        return gates & written
    reach = _trust_reach(space)
    iam = acts(space.known_actions - BY_CALLERS - BY_IDENTITIES)
    # No session of GetFederationToken calls STS [IAM: id_credentials_temp_request, *Comparing the AWS STS API
    # operations*]. In role chaining both sides allow to set a source identity, in one account too. [IAM:
    # id_credentials_temp_control-access_monitor]
    chained = space.is_role & acts({"sts:SetSourceIdentity"})
    agreed = unmodelled | (disjunction(reach) & own.whole)
    may_ask = ~(space.is_root | space.is_federated | space.is_web)
    assumed = may_ask & somebody_allows(space, reach, own, unmodelled) & implies(chained, agreed)
    by_identity = space.is_web & _listed_provider(space) & (reach.strong | reach.anyone | unmodelled)
    return gates & ((iam & written) | (acts(BY_CALLERS) & assumed) | (acts(BY_IDENTITIES) & by_identity))


def step_denied(space: Space) -> Expression:
    """True iff some Deny statement of a policy that applies matches (D1)."""
    found = [*own_denies(space), *service_denies(space), *resource_denies(space), *_trust_denies(space)]
    return disjunction((*found, outside(space) & Symbol(OUTSIDE_DENY), *own_refusals(space)))


def _unmodelled_allow(space: Space) -> Expression:
    """What belongs to no principal and is not known may allow: a grant (G1) only operations on a key."""
    return disjunction(where for thing, where in allowing(space, own=False) if not thing.label.startswith("G"))


def _at_home(space: Space) -> Expression:
    assert space.target.account is not None
    return space.in_account(space.target.account)


def _modifiable(space: Space) -> Expression:
    """Only its service changes a service-linked role [API: PutRolePolicy, `UnmodifiableEntity`]."""
    linked = space.where(lambda target: _linked_to(target) != "")
    return TRUE if linked is FALSE else ~(linked & acts(CHANGES_A_ROLE))


# -- trust policies --


def _by_trust(space: Space) -> Iterator[tuple[Policy | None, Expression]]:
    """Each trust policy with the targets that have it, or one that says the same; `None` for those of which it is not
    given."""
    if space.target.kind is not TargetKind.ROLE:
        return
    given: dict[object, Policy | None] = {}
    arns: dict[object, set[str | None]] = {}
    for target in space.target.members or (space.target,):
        trust = target.identity.trust if target.identity is not None else None
        said_there = None if trust is None else _meaning(trust)
        given.setdefault(said_there, trust)
        arns.setdefault(said_there, set()).add(target.resource)
    for said_there, trust in given.items():
        yield trust, space.where(partial(_is_among, arns[said_there]))


def _is_among(arns: Container[str | None], target: Target) -> bool:
    return target.resource in arns


def _meaning(trust: Policy) -> object:
    """What a trust policy says, without where it says it."""
    return trust.variables, tuple(
        (
            *(statement.effect, statement.not_principal, statement.not_action, statement.doubt),
            tuple((principal.type, principal.value) for principal in statement.principals or ()),
            tuple(text.value for text in statement.actions),
            tuple((str(c.operator), c.key.value, tuple(text.value for text in c.values)) for c in statement.conditions),
        )
        for statement in trust.statements
    )


def _trust_reach(space: Space) -> Reach:
    """Whom the trust policy admits; where it is not known, perhaps anybody (E2)."""
    return reached_by_any(_admitted(space, trust, having) for trust, having in _by_trust(space))


def _admitted(space: Space, trust: Policy | None, having: Expression) -> Reach:
    if trust is None:
        may = Symbol(TrustFact(space.target.resource or "*")) | possible(space, RESOURCE_POLICY)
        return NOBODY._replace(strong=having & _its_service(space) & may)
    allows = ((trust, statement) for statement in trust.statements if statement.effect is Effect.ALLOW)
    return Reach(*(having & part for part in policy_reach(space, allows)))


def _its_service(space: Space) -> Expression:
    """A service-linked role is assumed by the service alone that its ARN names [IAM: using-service-linked-roles]."""
    services = {_linked_to(target) for target in space.target.members or (space.target,)} - {""}
    return conjunction(
        implies(space.where(partial(_is_linked_to, one)), space.principal(exactly(one))) for one in sorted(services)
    )


def _is_linked_to(service: str, target: Target) -> bool:
    return _linked_to(target) == service


def _linked_to(target: Target) -> str:
    arn = target.resource or ""
    return arn.split("/")[2] if is_service_linked(arn) else ""


def _trust_denies(space: Space) -> Iterator[Expression]:
    """A trust policy is about assuming the role, not about changing it."""
    for trust, having in _by_trust(space):
        if trust is None:
            continue
        for statement in trust.statements:
            if statement.effect is Effect.DENY:
                yield having & _trust_deny(space, trust, statement)


def _trust_deny(space: Space, trust: Policy, statement: Statement) -> Expression:
    whom = deny_reach(space, statement)
    applies_here = whom & acts(BY_CALLERS | BY_IDENTITIES) & applies(space, trust, statement)
    return without(space, RESOURCE_POLICY, as_statement(space, trust, statement, applies_here))


def _listed_provider(space: Space) -> Expression:
    """E2w: where the input lists an account's providers, no other one of it exists."""
    found = []
    for account in space.estate.accounts:
        if account.providers is not None:
            own = space.principal(like(f"{WEB_PREFIX}arn:*:iam::{account.id}:*"))
            listed = frozenset(WEB_PREFIX + provider for provider in account.providers)
            found.append(implies(own, space.principal(OneOf(listed)) if listed else FALSE))
    return conjunction(found)
