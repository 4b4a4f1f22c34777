"""The decision of section 5 → one expression.

In: a space (estate and target). Out: `Decision`: the expression that is true iff the request is allowed.
Guarantee: every gate of D1–D9 is one named function here; what the input holds and the verifier does not model is a symbol
(`Space.estate.unmodelled`), never left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from verifier.model.estate import Identity, Influence, Key, Unmodelled
from verifier.model.policy import Effect, Policy, Statement, reference_to
from verifier.model.readings import OUTSIDE_ALLOW, OUTSIDE_DENY, SESSION_ALLOW, allow_symbol, refuse_symbol
from verifier.model.reference import actions
from verifier.problem.callers import Reach, allow_reach, deny_reach, identities
from verifier.problem.expression import FALSE, TRUE, Expression, Part, Symbol, both, choose, conjunction, disjunction, either, negation
from verifier.problem.space import Space, acts
from verifier.problem.statements import action_matches, applies
from verifier.problem.targets import TargetKind


def allowed(space: Space) -> Expression:
    """True iff the request is allowed (D1–D3, D6, D8, D9)."""
    not_denied = negation(denied(space))
    if space.target.kind is not TargetKind.KEY:
        by_identity = both(_identity_allows(space), _session_allows(space))
        return both(not_denied, negation(space.is_service), _unrestricted(space), by_identity, _own_alias(space))
    reach = _key_policy_reach(space)
    granted = disjunction(_grants(thing) for thing in _things(space) if _of_key_only(thing) and _may_allow(thing))
    # D4: what the absence of an Allow in a boundary or session policy limits.
    direct = either(
        reach.strong,
        both(reach.weak, either(_session_allows(space), both(space.is_federated, Symbol("U2")))),
        both(reach.anyone, either(_session_allows(space), negation(Symbol("D4")))),
    )
    by_identity = both(_identity_allows(space), _session_allows(space))
    retiring = acts({"kms:RetireGrant"})
    by_policy = either(direct, both(either(reach.account, reach.anyone), by_identity))
    # G5: a key policy's Allow gives nothing for RetireGrant, and identity policies of the key's account suffice.
    same_account = both(space.in_account(_owner(space)), either(choose(retiring, by_identity, by_policy), granted))
    trusted = either(reach.strong, reach.weak, reach.anyone, reach.account)
    other_account = both(
        negation(space.in_account(_owner(space))),
        negation(space.is_service),
        _cross_account_operation(space),
        either(both(trusted, by_identity, negation(retiring)), granted),
    )
    service = both(space.is_service, either(both(either(reach.strong, reach.anyone), negation(retiring)), granted))
    return both(not_denied, _changeable(space), _unrestricted(space), either(same_account, other_account, service))


def _owner(space: Space) -> str:
    assert space.target.account is not None
    return space.target.account


def _key(space: Space) -> Key:
    assert space.target.key is not None
    return space.target.key


# -- key policies --


def _key_policy_statements(space: Space) -> Iterator[tuple[Policy, Statement]]:
    if space.target.kind is TargetKind.KEY:
        for policy in _key(space).policies or ():
            for statement in policy.statements:
                yield policy, statement


def _part(space: Space, policy: Policy, statement: Statement, expressions: Iterable[Expression]) -> list[Expression]:
    """Marks expressions as what one statement says."""
    owner = len(space.owners)
    space.owners.append(reference_to(policy, statement))
    space.owner_actions.append(action_matches(statement))
    return [expression if expression is FALSE else Part(owner, expression) for expression in expressions]


def _key_policy_reach(space: Space) -> Reach:
    reaches = []
    for policy, statement in _key_policy_statements(space):
        if statement.effect is Effect.ALLOW:
            whom = allow_reach(space, statement)
            when = applies(space, policy, statement, True)
            parts = (whom.strong, whom.weak, whom.anyone, whom.account)
            reaches.append(Reach(*_part(space, policy, statement, (both(part, when) for part in parts))))
    return Reach(
        disjunction(r.strong for r in reaches),
        disjunction(r.weak for r in reaches),
        disjunction(r.anyone for r in reaches),
        disjunction(r.account for r in reaches),
    )


# -- D1 --


def denied(space: Space) -> Expression:
    """True iff some Deny statement of a policy that applies matches (D1)."""
    found = []
    for policy, statement in _key_policy_statements(space):
        if statement.effect is Effect.DENY:
            bites = either(negation(acts({"kms:RetireGrant"})), Symbol("G5"))
            found += _part(space, policy, statement, [both(deny_reach(space, statement), applies(space, policy, statement, True), bites)])
    for policy, holders in _attached(space):
        for statement in policy.statements:
            if statement.effect is Effect.DENY:
                found += _part(space, policy, statement, [both(holders, applies(space, policy, statement, False))])
    found.append(both(_outside(space), Symbol(OUTSIDE_DENY)))
    for thing in _things(space):
        if thing.principal is not None and thing.influence is not Influence.MAY_ALLOW:
            found.append(both(_scope(space, thing), Symbol(refuse_symbol(thing))))
    return disjunction(found)


# -- I, S --


def _attached(space: Space) -> Iterator[tuple[Policy, Expression]]:
    """Each identity policy of the inventory, with the callers that it follows: the identity itself, and a user's federated sessions."""
    holders: dict[str, list[Identity]] = {}
    policies: dict[str, Policy] = {}
    for identity in identities(space):
        for policy in identity.policies:
            holders.setdefault(policy.identity, []).append(identity)
            policies[policy.identity] = policy
    for name, policy in policies.items():
        yield policy, _holders(space, [identity.arn for identity in holders[name]])


def _holders(space: Space, arns: list[str]) -> Expression:
    users = [arn for arn in arns if ":user/" in arn]
    return either(space.one_of(frozenset(arns)), *(space.federated_by(user) for user in users))


def _identity_allows(space: Space) -> Expression:
    """I: the caller's identity policies allow. Free for callers outside the inventory (U1); true for a root user (D5)."""
    found = [space.is_root, both(_outside(space), Symbol(OUTSIDE_ALLOW)), _issued_by_root(space)]
    for policy, holders in _attached(space):
        for statement in policy.statements:
            if statement.effect is Effect.ALLOW:
                found += _part(space, policy, statement, [both(holders, applies(space, policy, statement, False))])
    for thing in _things(space):
        if thing.principal is not None and _may_allow(thing):
            found.append(both(_scope(space, thing), Symbol(allow_symbol(thing))))
    return disjunction(found)


def _issued_by_root(space: Space) -> Expression:
    """A federated session that a root user issued has that user's permissions, within its session policy (R2, D5)."""
    return both(space.is_federated, negation(space.issued_by_user))


def _session_allows(space: Space) -> Expression:
    """S: true but for a federated session, whose session policy decides (U2)."""
    return either(negation(space.is_federated), Symbol(SESSION_ALLOW))


def _outside(space: Space) -> Expression:
    """The callers whose account has no inventory (U1); a root user has no identity policies."""
    inventoried = disjunction(space.in_account(account.id) for account in space.estate.accounts)
    from_user = either(space.is_user, space.is_role, both(space.is_federated, space.issued_by_user))
    return both(from_user, negation(inventoried))


# -- what else decides --


def _cross_account_operation(space: Space) -> Expression:
    """R5: the operation may be used across accounts. An operation that the data does not know may be (U4)."""
    local = frozenset(a.name for a in actions() if not a.cross_account)
    return negation(acts(local))


def _own_alias(space: Space) -> Expression:
    """R4, R5: an alias is managed by callers of its own account, and one of AWS's own by nobody."""
    if space.target.kind is not TargetKind.ALIAS:
        return TRUE
    assert space.target.resource is not None
    if space.target.resource.split(":", 5)[5].startswith("alias/aws/"):
        return FALSE
    return space.in_account(_owner(space))


MANAGEMENT = frozenset(
    f"kms:{name}"
    for name in (
        "CancelKeyDeletion",
        "DeleteImportedKeyMaterial",
        "DisableKey",
        "DisableKeyRotation",
        "EnableKey",
        "EnableKeyRotation",
        "ImportKeyMaterial",
        "PutKeyPolicy",
        "ReplicateKey",
        "RotateKeyOnDemand",
        "ScheduleKeyDeletion",
        "TagResource",
        "UntagResource",
        "UpdateKeyDescription",
        "UpdatePrimaryRegion",
        "CreateAlias",
        "DeleteAlias",
        "UpdateAlias",
    )
)
"""Operations that change a key, which nobody can do to an AWS managed one (D8)."""


def _changeable(space: Space) -> Expression:
    if _key(space).manager != "AWS":
        return TRUE
    return negation(acts(MANAGEMENT))


def _things(space: Space) -> Iterator[Unmodelled]:
    """What is not modelled and bears on this target."""
    for thing in space.estate.unmodelled:
        if thing.key is None or thing.key == space.target.resource:
            yield thing


def _may_allow(thing: Unmodelled) -> bool:
    return thing.influence is not Influence.MAY_REFUSE


def _grants(thing: Unmodelled) -> Expression:
    """What an unmodelled thing may allow: a grant (G1) only operations that a grant can name."""
    allows = Symbol(allow_symbol(thing))
    return both(allows, acts(a.name for a in actions() if a.grant_operation)) if thing.label.startswith("G") else allows


def _of_key_only(thing: Unmodelled) -> bool:
    return thing.principal is None


def _scope(space: Space, thing: Unmodelled) -> Expression:
    """The callers that an unmodelled thing bears on."""
    parts = []
    if thing.account is not None:
        parts.append(space.in_account(thing.account))
    if thing.principal is not None:
        parts.append(_holders(space, [thing.principal]))
    return conjunction(parts)


def _unrestricted(space: Space) -> Expression:
    """No unmodelled policy refuses (SCPs, RCPs, endpoints)."""
    refusals = (
        both(_scope(space, thing), Symbol(refuse_symbol(thing)))
        for thing in _things(space)
        if thing.principal is None and thing.influence is not Influence.MAY_ALLOW
    )
    return negation(disjunction(refusals))


@dataclass(frozen=True)
class Pessimism:
    """Values of the unmodelled symbols that count against a claim: the request is refused (or allowed) whatever they are."""

    refused: dict[str, bool]
    allowed: dict[str, bool]


def pessimism(space: Space) -> Pessimism:
    """For each unmodelled symbol, the value that makes a request hardest to allow, and hardest to refuse."""
    refused: dict[str, bool] = {}
    for thing in space.estate.unmodelled:
        if thing.influence is not Influence.MAY_REFUSE:
            refused[allow_symbol(thing)] = False
        if thing.influence is not Influence.MAY_ALLOW:
            refused[refuse_symbol(thing)] = True
    return Pessimism(refused, {name: not value for name, value in refused.items()})
