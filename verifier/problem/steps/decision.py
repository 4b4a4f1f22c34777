"""Who may write to IAM, assume a role, share a key, start code with a role (E1–E5) → one expression.

In: a space whose target is a role, user, group, managed policy or account. Out: the expression that is true iff the
request is allowed.
Guarantee: trust policies are read as D2–D4 read key policies; the policies of KMS endpoints and grants have no part.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import chain

from verifier.model.policy import Policy, is_of_permission_set, is_service_linked
from verifier.model.symbols import TrustFact
from verifier.problem.classes.attributes import WEB_PREFIX
from verifier.problem.classes.predicates import OneOf, exactly, like
from verifier.problem.expression import FALSE, Expression, Symbol, conjunction, disjunction, implies
from verifier.problem.semantics.callers import NOBODY, Reach, deny_reach, reached_by_any
from verifier.problem.semantics.controls import control_denies, service_controls_allow
from verifier.problem.semantics.decision import home, policy_reach, refused_to_caller, somebody_allows
from verifier.problem.semantics.permissions import permissions
from verifier.problem.semantics.possible_changes import RESOURCE_POLICY, possible, without
from verifier.problem.semantics.statements import applies, as_statement
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.semantics.unmodelled import allowing, unrestricted
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
    # What belongs to no principal and is not known may allow: a grant (G1) only operations on a key.
    free = (where for thing, where in allowing(space, own=False) if not thing.label.startswith("G"))
    own, unmodelled = permissions(space), disjunction(free)
    written = home(space) & (own.whole | unmodelled) & _modifiable(space)
    if space.target.kind is not TargetKind.ROLE:
        return gates & written
    reach = reached_by_any(_admitted(space, trust, having) for trust, having in _by_trust(space))
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
    return disjunction(chain(control_denies(space), _trust_denies(space), refused_to_caller(space)))


def _modifiable(space: Space) -> Expression:
    """True iff the request does not change a service-linked role, or one of IAM Identity Center that there is [API:
    `UnmodifiableEntity`]."""
    linked = space.requests_where(lambda target: _linked_to(target) != "")
    center = space.requests_where(lambda target: is_of_permission_set(target.resource or ""))
    return ~(linked & acts(CHANGES_A_ROLE)) & ~(center & acts(CHANGES_A_ROLE - {"iam:CreateRole"}))


# -- trust policies --


def _by_trust(space: Space) -> Iterator[tuple[Policy | None, Expression]]:
    """Each trust policy with the targets that have it, or one that says the same; `None` for those of which it is not
    given."""
    if space.target.kind is not TargetKind.ROLE:
        return
    trusts = [_trust(target) for target in space.target.members or (space.target,)]
    first = {trust.meaning: trust for trust in reversed(trusts) if trust is not None}
    for meaning, having in space.requests_by(_meaning).items():
        yield first.get(meaning), having


def _trust(target: Target) -> Policy | None:
    return target.identity.trust if target.identity is not None else None


def _meaning(target: Target) -> Hashable:
    """What the trust policy of a target says, if it is given."""
    trust = _trust(target)
    return None if trust is None else trust.meaning


def _admitted(space: Space, trust: Policy | None, having: Expression) -> Reach:
    """Whom a trust policy admits; where it is not known, perhaps anybody (E2)."""
    if trust is None:
        may = Symbol(TrustFact(space.target.resource or "*")) | possible(space, RESOURCE_POLICY)
        return NOBODY._replace(strong=having & _its_service(space) & may)
    return Reach(*(having & part for part in policy_reach(space, [trust])))


def _its_service(space: Space) -> Expression:
    """True iff the target is no service-linked role, or the caller is the service that its ARN names [IAM:
    using-service-linked-roles]."""
    linked = sorted(space.requests_by(_linked_to).items())
    return conjunction(implies(having, space.principal(exactly(service))) for service, having in linked if service)


def _linked_to(target: Target) -> str:
    arn = target.resource or ""
    return arn.split("/")[2] if is_service_linked(arn) else ""


def _trust_denies(space: Space) -> Iterator[Expression]:
    """A trust policy is about assuming the role, not about changing it."""
    for trust, having in _by_trust(space):
        if trust is None:
            continue
        for statement in trust.denies:
            assumes = acts(BY_CALLERS | BY_IDENTITIES) & applies(space, trust, statement)
            refused = as_statement(space, trust, statement, deny_reach(space, statement, trust.kind) & assumes)
            yield having & without(space, RESOURCE_POLICY, refused)


def _listed_provider(space: Space) -> Expression:
    """True iff the caller's provider is listed, or in an account whose providers the input does not list (E2w)."""
    found = []
    for account in space.estate.accounts:
        if account.providers is not None:
            own = space.principal(like(f"{WEB_PREFIX}arn:*:iam::{account.id}:*"))
            listed = frozenset(WEB_PREFIX + provider for provider in account.providers)
            found.append(implies(own, space.principal(OneOf(listed)) if listed else FALSE))
    return conjunction(found)
