"""The state after a move (E0), and what steps make of users, roles, groups and managed policies.

In: a state, a move that is well formed. Out: the next state.
Guarantee: only what the change says is another; what is held is never less than before; what becomes unknown is an
`Unmodelled`. A group's policies are those of each member too; a managed policy has one document in force, wherever it
is attached.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from verifier.evaluate.steps.forms_keys import alias_holder
from verifier.model.estate import Account, Estate, Group, Identity, Key, ManagedPolicy
from verifier.model.grant import Pairs
from verifier.model.policy import Policy, PolicyKind, arn_account, arn_kind
from verifier.model.request import CallerKind
from verifier.model.steps import chains
from verifier.model.steps.chains import Move, State
from verifier.model.unmodelled import Influence, Unmodelled


def state_after(state: State, move: Move) -> State:
    """The state that a move makes. It is not decided here whether the move may be made."""
    match move.change:
        case chains.Became(caller):
            provided = caller.kind is CallerKind.WEB
            estate = _provide(state.estate, caller.principal_arn) if provided else state.estate
            return replace(state, estate=estate, held=state.held if caller in state.held else (*state.held, caller))
        case chains.ReEncrypted(key, onto):
            return replace(state, equal=state.equal | {(key, onto)})
        case chains.MaterialImported(key):
            return replace(state, known=state.known | {key})
        case chains.KeyReplicated(key, replica):
            estate = replace(state.estate, keys=(*state.estate.keys, replica))
            return replace(state, estate=estate, equal=state.equal | {(key, replica.arn)})
        case chains.AliasMoved(alias_arn, key):
            return replace(state, estate=_alias(state, alias_arn, key))
        case _:
            return replace(state, estate=_estate(state.estate, move))


def _estate(estate: Estate, move: Move) -> Estate:
    match move.change:
        case chains.KeyPolicyPut(key, policy):
            return _key(estate, key, lambda known: replace(known, policies=_default(known, policy), unread=None))
        case chains.GrantCreated(key, grant):
            return _key(estate, key, lambda known: replace(known, grants=(*(known.grants or ()), grant)))
        case chains.KeyTagged(key, tags, removed):
            return _key(estate, key, lambda known: _tagged(known, tags, removed))
        case chains.KeyShared(key):
            return _shared(estate, key)
        case chains.PolicyAdded(owner, policy, known):
            return _add_policy(estate, owner, policy, known)
        case chains.VersionSet(arn, policy):
            return _set_version(estate, arn, policy)
        case chains.TrustPut(role, policy):
            return _put_trust(estate, role, policy)
        case chains.Created(made):
            return _create(estate, made)
        case chains.PolicyRemoved(owner, identity):
            return _remove_policy(estate, owner, identity)
        case chains.IdentityTagged(owner, tags, removed):
            return _tag(estate, owner, tags, removed)
        case chains.BoundaryPut(owner, boundary, known):
            return _put_boundary(estate, owner, boundary, known)
        case chains.GroupJoined(user, group):
            return _join_group(estate, user, group)
        case chains.GroupLeft(user, group):
            return _leave_group(estate, user, group)
    raise TypeError(f"no state follows from {move.change}")


def _key(estate: Estate, arn: str, change: Callable[[Key], Key]) -> Estate:
    return replace(estate, keys=tuple(change(key) if key.arn == arn else key for key in estate.keys))


def _default(key: Key, policy: Policy) -> tuple[Policy, ...]:
    """The key policy `default` gives way; what resource sharing wrote stays (L5a)."""
    others = (other for other in key.policies or () if other.identity != policy.identity)
    return (policy, *(other for other in others if other.name != "default"))


def _tagged(key: Key, tags: Pairs, removed: tuple[str, ...]) -> Key:
    """A key with tags set and taken away, if its tags are known. Such as differ in case alone are not known any more: a
    condition reads one of them, and no page says which (F8)."""
    if key.tags is None:
        return key
    now = (*(pair for pair in key.tags if pair[0] not in {*removed, *dict(tags)}), *tags)
    if len({name.lower() for name, _ in now}) == len(now):
        return replace(key, tags=now)
    unknown = "tags", f"keys of tags of {key.arn} differ in case alone after a step"
    return replace(key, tags=None, unknown_facts=(*key.unknown_facts, unknown))


def _alias(state: State, alias_arn: str, key: str | None) -> Estate:
    name, present = alias_arn.split(":", 5)[5], alias_holder(state, alias_arn)

    def moved(known: Key) -> Key:
        aliases = known.aliases
        if aliases is not None and present is not None and known.arn == present.arn:
            aliases = tuple(other for other in aliases if other != name)
        if aliases is not None and known.arn == key:
            aliases = (*aliases, name)
        return replace(known, aliases=aliases)

    return replace(state.estate, keys=tuple(moved(known) for known in state.estate.keys))


def _shared(estate: Estate, key: str) -> Estate:
    description = f"{key} is in a resource share: who may use it then is not documented"
    thing = Unmodelled(f"share of {key}", "E3", Influence.MAY_ALLOW, description, key=key)
    return estate if thing in estate.unmodelled else replace(estate, unmodelled=(*estate.unmodelled, thing))


def _provide(estate: Estate, provider: str) -> Estate:
    """There is an identity provider (E2w)."""

    def changed(account: Account) -> Account:
        known = account.providers
        new = known is not None and provider not in known and account.id == arn_account(provider)
        return replace(account, providers=(*(known or ()), provider)) if new else account

    return _accounts(estate, changed)


def _add_policy(estate: Estate, owner: str, policy: Policy, known: bool) -> Estate:
    """A user, role or group has one policy more, its members too; one of the same identity gives way."""
    if not known:
        return _attach_unknown(estate, owner, policy)

    def changed(identity: Identity) -> Identity:
        affected = identity.arn == owner or owner in identity.groups
        return replace(identity, policies=_with(identity.policies, policy)) if affected else identity

    def group(found: Group) -> Group:
        return replace(found, policies=_with(found.policies, policy)) if found.arn == owner else found

    return _members(estate, changed, group)


def _with(policies: tuple[Policy, ...], policy: Policy) -> tuple[Policy, ...]:
    return (*(other for other in policies if other.identity != policy.identity), policy)


def _attach_unknown(estate: Estate, owner: str, policy: Policy) -> Estate:
    """A managed policy whose document is not known may allow and may deny (U3). One of a group is its members', and is
    remembered for who joins it."""
    members = [user.arn for user in estate.users if owner in user.groups]
    things = [_unknown(policy.identity, who) for who in members]
    things.append(_unknown(policy.identity, owner, of_group=arn_kind(owner) == "group"))
    return _unmodelled(estate, things)


def _unknown(policy: str, principal: str, of_group: bool = False) -> Unmodelled:
    description = f"policy {policy} of {principal}: its document is not in the input"
    name = f"policy {policy} of {principal}"
    return Unmodelled(name, "U3", Influence.EITHER, description, principal=principal, of_statement=of_group)


def _unmodelled(estate: Estate, things: list[Unmodelled]) -> Estate:
    new = tuple(thing for thing in things if thing not in estate.unmodelled)
    return replace(estate, unmodelled=(*estate.unmodelled, *new)) if new else estate


def _set_version(estate: Estate, arn: str, policy: Policy) -> Estate:
    """Another document of a managed policy is in force: as identity policy and as boundary."""

    def document(old: Policy) -> Policy:
        return policy if old.identity == arn else old

    def changed(identity: Identity) -> Identity:
        boundary = identity.boundary
        if boundary is not None and boundary.identity in (arn, f"{arn}#boundary"):
            boundary = replace(policy, kind=PolicyKind.BOUNDARY, identity=boundary.identity)
        return replace(identity, policies=tuple(map(document, identity.policies)), boundary=boundary)

    def account(found: Account) -> Account:
        groups = tuple(replace(group, policies=tuple(map(document, group.policies))) for group in found.groups)
        managed = tuple(_in_force(known, policy) if known.arn == arn else known for known in found.managed)
        return replace(_identities(found, changed), groups=groups, managed=managed)

    return _accounts(estate, account)


def _in_force(known: ManagedPolicy, policy: Policy) -> ManagedPolicy:
    """The version with this document is the default one; a new one if there is none."""
    version = next((name for name, document in known.versions if document.statements == policy.statements), None)
    if version is not None:
        return replace(known, default=version)
    taken = {name for name, _ in known.versions}
    number = next(number for number in range(1, len(taken) + 2) if f"v{number}" not in taken)
    return replace(known, versions=(*known.versions, (f"v{number}", policy)), default=f"v{number}")


def _put_trust(estate: Estate, role: str, policy: Policy) -> Estate:
    return _members(estate, lambda found: replace(found, trust=policy) if found.arn == role else found)


def _join_group(estate: Estate, user: str, group: str) -> Estate:
    """A user has a group's policies, and what is not known of them."""
    joined = next(found for found in estate.groups if found.arn == group)

    def changed(identity: Identity) -> Identity:
        if identity.arn != user or group in identity.groups:
            return identity
        held = {policy.identity for policy in identity.policies}
        policies = (*identity.policies, *(policy for policy in joined.policies if policy.identity not in held))
        return replace(identity, policies=policies, groups=(*identity.groups, group))

    missing = [thing for thing in estate.unmodelled if thing.of_statement and thing.principal == group]
    things = [replace(thing, name=f"{thing.name}, of {user}", principal=user, of_statement=False) for thing in missing]
    return _unmodelled(_members(estate, changed), things)


def _create(estate: Estate, made: Identity | Group | ManagedPolicy) -> Estate:
    """There is a user, role, group or managed policy more."""

    def account(found: Account) -> Account:
        if found.id != arn_account(made.arn):
            return found
        if isinstance(made, Group):
            return replace(found, groups=(*found.groups, made))
        if isinstance(made, ManagedPolicy):
            return replace(found, managed=(*found.managed, made))
        if arn_kind(made.arn) == "role":
            return replace(found, roles=(*found.roles, made))
        return replace(found, users=(*found.users, made))

    return _accounts(estate, account)


def _tag(estate: Estate, owner: str, tags: Pairs, removed: tuple[str, ...]) -> Estate:
    """A user or role has other tags: names of tags have no case there. [IAM: id_tags, case sensitivity]"""
    gone = {name.lower() for name in (*removed, *(name for name, _ in tags))}

    def changed(found: Identity) -> Identity:
        left = (pair for pair in found.tags if pair[0].lower() not in gone)
        return replace(found, tags=(*left, *tags)) if found.arn == owner else found

    return _members(estate, changed)


def _remove_policy(estate: Estate, owner: str, identity: str) -> Estate:
    """A user, role or group has one policy less, its members too, but for those who have it by another group."""
    groups = (group for group in estate.groups if group.arn != owner)
    having = {group.arn for group in groups if identity in {policy.identity for policy in group.policies}}

    def changed(found: Identity) -> Identity:
        affected = (found.arn == owner or owner in found.groups) and having.isdisjoint(found.groups)
        return replace(found, policies=_less(found.policies, {identity})) if affected else found

    def group(found: Group) -> Group:
        return replace(found, policies=_less(found.policies, {identity})) if found.arn == owner else found

    return _members(estate, changed, group)


def _less(policies: tuple[Policy, ...], identities: set[str]) -> tuple[Policy, ...]:
    return tuple(policy for policy in policies if policy.identity not in identities)


def _leave_group(estate: Estate, user: str, group: str) -> Estate:
    """A user has no policy of a group any more, but for those that it has by another one. One that it has by itself as
    well, and that the input does not tell apart, counts as the group's."""
    groups = {group.arn: {policy.identity for policy in group.policies} for group in estate.groups}

    def changed(found: Identity) -> Identity:
        if found.arn != user:
            return found
        others = tuple(other for other in found.groups if other != group)
        gone = groups.get(group, set()).difference(*(groups.get(other, set()) for other in others))
        return replace(found, policies=_less(found.policies, gone), groups=others)

    return _members(estate, changed)


def _put_boundary(estate: Estate, owner: str, policy: Policy | None, known: bool) -> Estate:
    """A user or role has another permissions boundary, or none; what was not known of the one before does not matter
    any more."""

    def changed(found: Identity) -> Identity:
        if found.arn != owner:
            return found
        return replace(found, bounded=policy is not None, boundary=policy if known else None)

    before = tuple(
        thing for thing in estate.unmodelled if not (thing.principal == owner and thing.name.startswith(_BOUNDARY_OF))
    )
    later = _members(replace(estate, unmodelled=before), changed)
    if policy is None or known:
        return later
    arn = policy.identity.removesuffix("#boundary")
    description = f"permissions boundary {arn} of {owner}: its document is not in the input"
    return _unmodelled(
        later, [Unmodelled(f"{_BOUNDARY_OF}{owner}", "U3", Influence.MAY_REFUSE, description, principal=owner)]
    )


_BOUNDARY_OF = "permissions boundary of "
"""How the name begins of what may refuse because a boundary is not known."""


def _accounts(estate: Estate, change: Callable[[Account], Account]) -> Estate:
    return replace(estate, accounts=tuple(map(change, estate.accounts)))


def _members(
    estate: Estate, change: Callable[[Identity], Identity], group: Callable[[Group], Group] = lambda found: found
) -> Estate:
    return _accounts(
        estate, lambda account: replace(_identities(account, change), groups=tuple(map(group, account.groups)))
    )


def _identities(account: Account, change: Callable[[Identity], Identity]) -> Account:
    return replace(account, users=tuple(map(change, account.users)), roles=tuple(map(change, account.roles)))
