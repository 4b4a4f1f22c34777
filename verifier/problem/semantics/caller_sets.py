"""Sets of callers → expressions over the caller.

In: caller sets of an invariant, or of a supposition. Out: expressions.
Guarantee: pure; an expression holds of exactly the callers in the set.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.model import invariant as model
from verifier.model.request import CallerKind
from verifier.model.steps.supposition import Supposition, SuppositionKind
from verifier.problem.classes.attributes import WEB_PREFIX
from verifier.problem.classes.predicates import COLON, Tokens, exactly, like, like_tokens, split_tokens
from verifier.problem.expression import FALSE, TRUE, Expression, conjunction, disjunction
from verifier.problem.semantics.conditions import Mode
from verifier.problem.semantics.statements import actions_match
from verifier.problem.semantics.values import Fixed, arn_predicate
from verifier.problem.space import Space


def callers(space: Space, wanted: model.CallerSet) -> Expression:
    """True iff the caller is in a set. Raises `TypeError` if that depends on the key (see `with_named_accounts`)."""
    match wanted:
        case model.InAccount(account):
            return space.in_account(account)
        case model.KeyAccount():
            return space.in_account(space.target.account) if space.target.account else FALSE
        case model.InOrganization(organization):
            return space.ask_key("aws:PrincipalOrgID", exactly(organization))
        case model.OfKind(kind, service_linked):
            return _kind(space, kind, service_linked)
        case model.PrincipalLike(pattern):
            predicate = arn_predicate((Fixed(pattern.value, True),))
            return FALSE if predicate is None else space.is_principal & space.principal(predicate)
        case model.SessionLike(pattern):
            return _session_like(space, pattern.value)
        case model.ServiceLike(pattern):
            return space.is_service & space.principal(like(pattern.value))
        case model.IdentityOf(provider):
            return space.is_web & space.principal(like(WEB_PREFIX + provider.value))
        case model.Tagged(condition):
            return Mode(space, True, None, of_policy=False).condition(condition)
        case model.IssuedBy(operand):
            return space.is_federated & _issuers(space, operand)
        case model.CallersNot(operand):
            return ~callers(space, operand)
        case model.CallersOr(operands):
            return disjunction(callers(space, operand) for operand in operands)
        case model.CallersAnd(operands):
            return conjunction(callers(space, operand) for operand in operands)
        case model.AnyCaller():
            return TRUE
        case model.NamedAccount():
            raise TypeError("a caller set that depends on the key must be settled first (`with_named_accounts`)")
    raise TypeError(f"not a set of callers: {wanted!r}")


def _issuers(space: Space, wanted: model.CallerSet) -> Expression:
    """True iff the caller, if a federated session, has an issuer in a set: a user or root user of its account."""
    match wanted:
        case model.OfKind(kind):
            pattern = {CallerKind.USER: "user/*", CallerKind.ROOT: "root"}.get(kind)
            return FALSE if pattern is None else space.issuer(like(pattern))
        case model.PrincipalLike(pattern):
            return _issuer_like(space, pattern.value)
        case model.ServiceLike() | model.SessionLike() | model.IdentityOf() | model.Tagged() | model.IssuedBy():
            return FALSE
        case model.CallersNot(operand):
            return ~_issuers(space, operand)
        case model.CallersOr(operands):
            return disjunction(_issuers(space, operand) for operand in operands)
        case model.CallersAnd(operands):
            return conjunction(_issuers(space, operand) for operand in operands)
    return callers(space, wanted)


def _issuer_like(space: Space, pattern: str) -> Expression:
    fields = pattern.split(":", 5)
    if len(fields) < 6 or not _are_of(space, fields, "iam"):
        return FALSE
    account, resource = fields[4:]
    return space.account_matching(like(account)) & space.issuer(like(resource))


def _are_of(space: Space, fields: Sequence[str], service: str) -> bool:
    """True iff the fields of a pattern before the account match those of the ARNs of a service."""
    own = ("arn", space.target.partition, service, "")
    return all(like(field).matches(text) for field, text in zip(fields, own, strict=False))


def _kind(space: Space, kind: CallerKind, service_linked: bool) -> Expression:
    if service_linked:
        return space.is_service_linked
    return {
        CallerKind.USER: space.is_user,
        CallerKind.ROLE: space.is_role,
        CallerKind.ROOT: space.is_root,
        CallerKind.FEDERATED: space.is_federated,
        CallerKind.SERVICE: space.is_service,
        CallerKind.WEB: space.is_web,
    }[kind]


def _session_like(space: Space, pattern: str) -> Expression:
    fields = pattern.split(":", 5)
    if len(fields) < 6 or not _are_of(space, fields, "sts"):
        return FALSE
    account, resource = fields[4:]
    kinds = split_tokens(like_tokens(resource), "/")
    pairs = [pair for left, rest in kinds if Tokens(left).matches("assumed-role") for pair in split_tokens(rest, "/")]
    account_tokens = like_tokens(account, excluded=COLON)
    return disjunction(space.role_named(account_tokens, name) & space.session_named(session) for name, session in pairs)


# -- what a person takes for granted about steps (W3) --


def not_ruled_out(space: Space) -> Expression:
    """True iff no supposition says that nobody makes the request."""
    calls = (one for one in space.estate.suppositions if one.kind is SuppositionKind.CALLS)
    return ~disjunction(_ruled_out(space, one) for one in calls)


def _ruled_out(space: Space, supposition: Supposition) -> Expression:
    assert supposition.callers is not None
    return actions_match(supposition.actions) & callers(space, supposition.callers)
