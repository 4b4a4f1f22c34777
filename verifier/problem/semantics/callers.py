"""Principal elements → expressions over the caller (P1–P6, L8, R2).

In: principals of a statement. Out: expressions.
Guarantee: how an Allow matches is kept apart by its strength (D2, D4): `Reach` says who is granted access directly, who
only together with an Allow of boundary and session policy, and whose account is trusted to decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from verifier.model.policy import Condition, Policy, PolicyKind, Principal, PrincipalType, Statement
from verifier.model.readings import P1, P3, P5, P5_ACCOUNT, P5_ALLOW, P5_BOUNDARY, P5_NAMED, P5_NAMED_ROLE, P5_ROLE, P6
from verifier.model.symbols import ProviderFact
from verifier.problem.classes.predicates import exactly, literal_tokens
from verifier.problem.expression import FALSE, TRUE, Expression, Symbol, Test, disjunction
from verifier.problem.semantics.possible_changes import BOUNDARY, possible
from verifier.problem.space import Space


class Reach(NamedTuple):
    """Whom an Allow reaches, each as a set of callers.

    `strong`: a user or session by its own ARN or by `aws:PrincipalArn`, a root user by its account, a service by its
    name (D4, D5, D6). `weak`: a session by its role's ARN, a federated session by its user's: limited by boundary and
    session policy (D4).
    `anyone`: by P1. `account`: the caller's account is named, so its identity policies decide (P2).
    """

    strong: Expression
    weak: Expression
    anyone: Expression
    account: Expression


NOBODY = Reach(FALSE, FALSE, FALSE, FALSE)


def reached_by_any(reaches: Iterable[Reach]) -> Reach:
    """Whom one of these reaches."""
    return Reach(*map(disjunction, zip(NOBODY, *reaches, strict=True)))


def allow_reach(space: Space, statement: Statement, kind: PolicyKind) -> Reach:
    """Whom the principals of an Allow statement of a policy of this kind reach.

    An Allow to everyone that chooses by `aws:PrincipalArn`, or may do so since parts of it are not known, counts as one
    to those ARNs, which neither boundary nor session policy limits (D4) [IAM: reference_policies_elements_principal,
    IAM role principals].
    """
    principals = statement.principals or ()
    if statement.not_principal:
        # Unsupported by AWS: every caller that it does not name, or nothing (P5).
        listed = _listed(space, principals, kind)
        named = listed.itself | (Symbol(P5_NAMED) & listed.account) | (Symbol(P5_NAMED_ROLE) & listed.parent)
        return NOBODY._replace(anyone=Symbol(P5_ALLOW) & ~named)
    reach = reached_by_any(_principal_reach(space, principal, kind) for principal in principals)
    if statement.only_if is not None or any(map(_chooses_by_arn, statement.conditions)):
        return reach._replace(strong=reach.strong | reach.anyone, anyone=FALSE)
    return reach


def _chooses_by_arn(condition: Condition) -> bool:
    """True iff a condition holds only for callers whose `aws:PrincipalArn` it lists. One with a set operator, of which
    the page says nothing, does not count: for it the reading D4 stays open."""
    operator = condition.operator
    compares = operator.row.is_text and not operator.row.negated and operator.is_plain
    return compares and condition.key.value.lower() == "aws:principalarn"


def _principal_reach(space: Space, principal: Principal, kind: PolicyKind) -> Reach:
    own = _named(space, principal, kind)
    match principal.type:
        case PrincipalType.ANYONE | PrincipalType.ANY_AWS:
            return Reach(FALSE, FALSE, own, FALSE)
        case PrincipalType.ACCOUNT:
            return Reach(own & space.is_root, FALSE, FALSE, own)
        case PrincipalType.USER:
            return Reach(own, space.federated_by(principal.value), FALSE, FALSE)
        case PrincipalType.ROLE:
            return Reach(FALSE, own, FALSE, FALSE)
        case _:
            return Reach(own, FALSE, FALSE, FALSE)


def _named(space: Space, principal: Principal, kind: PolicyKind) -> Expression:
    """True iff one principal element names the caller: an account names all its callers; a user names itself."""
    if principal.partition is not None and principal.partition != space.target.partition:
        return FALSE  # R7
    match principal.type:
        case PrincipalType.ANYONE:
            return TRUE
        case PrincipalType.ANY_AWS:
            return space.is_principal | Symbol(P1)
        case PrincipalType.ACCOUNT:
            assert principal.account is not None
            return space.in_account(principal.account)
        case PrincipalType.USER | PrincipalType.ROLE | PrincipalType.FEDERATED_USER:
            return _at(principal.value, service=False)
        case PrincipalType.SESSION:
            account, name, session = map(literal_tokens, session_parts(principal))
            return space.role_named(account, name) & space.session_named(session)
        case PrincipalType.SERVICE:
            return _at(principal.value, service=True)
        case PrincipalType.FEDERATED:
            if not space.target.of_step:
                return _came_from(space, principal.value, kind)  # P6
            return space.is_web if principal.value == "*" else space.of_provider(principal.value)  # E2w
        case _:
            return FALSE  # L8, P6


def _came_from(space: Space, provider: str, kind: PolicyKind) -> Expression:
    """True iff the caller is a role session that an identity of a provider assumed, such a principal names it (P6), and
    its role's trust policy may admit the provider, is not known, or may have been changed by steps."""
    trusting = ((role.arn, role.trust) for role in space.estate.identities if role.trust is not None)
    barred = frozenset(arn for arn, trust in trusting if not (space.possible_changes or _admits(trust, provider)))
    came = Symbol(P6[kind]) & Symbol(ProviderFact(provider))
    return came & space.is_role & ~space.one_of(barred)


def providers_admitted(trust: Policy) -> frozenset[str] | None:
    """The providers of which a trust policy may admit an identity; `None`: any (P6, F6)."""
    found: set[str] = set()
    for statement in trust.allows:
        if statement.principals is None or statement.not_principal or statement.only_if is not None:
            return None
        if any(principal.type in _ANYBODY for principal in statement.principals):
            return None
        found.update(p.value for p in statement.principals if p.type is PrincipalType.FEDERATED)
    return None if "*" in found else frozenset(found)


_ANYBODY = (PrincipalType.ANYONE, PrincipalType.ANY_AWS)


def _admits(trust: Policy, provider: str) -> bool:
    found = providers_admitted(trust)
    return found is None or provider in found or (provider == "*" and bool(found))


@lru_cache(1 << 14)
def _at(name: str, service: bool) -> Expression:
    """True iff the caller is the one with this principal ARN, or this service."""
    return (Space.is_service if service else ~Space.is_service) & Test("principal", exactly(name))


def session_parts(principal: Principal) -> tuple[str, str, str]:
    """The account, role name and session name of a SESSION principal."""
    fields = principal.value.split(":", 5)
    _, name, session = fields[5].split("/", 2)
    return fields[4], name, session


def covers(space: Space, principal: Principal, kind: PolicyKind, federated: Expression = TRUE) -> Expression:
    """True iff one element covers the caller in a Deny: a user ARN also covers the federated sessions that the user
    issued, where `federated` holds (P3)."""
    own = _named(space, principal, kind)
    if principal.type is PrincipalType.USER and own is not FALSE:
        return own | (space.federated_by(principal.value) & federated)
    return own


def deny_reach(space: Space, statement: Statement, kind: PolicyKind) -> Expression:
    """True iff the principals of a Deny statement reach the caller."""
    principals = statement.principals or ()
    if not statement.not_principal:
        return disjunction(covers(space, principal, kind, Symbol(P3)) for principal in principals)
    return _deny_not_principal(space, principals, kind)


class _Listed(NamedTuple):
    """The callers of whom `NotPrincipal` lists one of the ARNs that name them: their own (a root user's is the
    account's), that of the account, that of the role or of the user that issued the session."""

    itself: Expression
    account: Expression
    parent: Expression


def _listed(space: Space, principals: Sequence[Principal], kind: PolicyKind) -> _Listed:
    named = {of: disjunction(_named(space, one, kind) for one in principals if one.type is of) for of in PrincipalType}
    of_others = (PrincipalType.ACCOUNT, PrincipalType.ROLE)
    account, role = (named[of] for of in of_others)
    itself = disjunction(found for of, found in named.items() if of not in of_others)
    issuer = disjunction(space.federated_by(one.value) for one in principals if one.type is PrincipalType.USER)
    return _Listed(itself | (space.is_root & account), account, role | issuer)


def _deny_not_principal(space: Space, principals: Sequence[Principal], kind: PolicyKind) -> Expression:
    """True iff not every ARN of the caller is listed. Where one is missing, or the user that issued a session has a
    permissions boundary, the readings of P5 decide. A user or role with a boundary is never spared, while it has it."""
    listed = _listed(space, principals, kind)
    everyone = disjunction(_named(space, one, kind) for one in principals if one.type in _ANYBODY)
    has_parent = space.is_role | (space.is_federated & space.issued_by_user)
    whole = (
        (listed.itself | Symbol(P5))
        & (listed.account | ~space.is_principal | Symbol(P5_ACCOUNT))
        & (listed.parent | ~has_parent | Symbol(P5_ROLE))
    )
    bounded = frozenset(identity.arn for identity in space.estate.identities if identity.bounded)
    of_bounded = disjunction(space.federated_by(arn) for arn in sorted(bounded))
    spared = everyone | (disjunction(listed) & whole)
    return ~(spared & ((~of_bounded | Symbol(P5_BOUNDARY)) & ~space.one_of(bounded) | possible(space, BOUNDARY)))
