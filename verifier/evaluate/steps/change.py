"""The state after a move (E0).

In: a state, a move that is well formed. Out: the next state.
Guarantee: only what the change says is another; what is held is never less than before; what becomes unknown is an
`Unmodelled`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from verifier.evaluate.steps import change_identities as identities
from verifier.evaluate.steps.forms_keys import alias_holder
from verifier.model.estate import Estate, Key
from verifier.model.grant import Pairs
from verifier.model.policy import Policy
from verifier.model.request import CallerKind
from verifier.model.steps import chains
from verifier.model.steps.chains import Move, State
from verifier.model.unmodelled import Influence, Unmodelled


def state_after(state: State, move: Move) -> State:
    """The state that a move makes. It is not decided here whether the move may be made."""
    match move.change:
        case chains.Became(caller):
            provided = caller.kind is CallerKind.WEB
            estate = identities.provide(state.estate, caller.principal_arn) if provided else state.estate
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
            return identities.add_policy(estate, owner, policy, known)
        case chains.VersionSet(arn, policy):
            return identities.set_version(estate, arn, policy)
        case chains.TrustPut(role, policy):
            return identities.put_trust(estate, role, policy)
        case chains.Created(made):
            return identities.create(estate, made)
        case chains.PolicyRemoved(owner, identity):
            return identities.remove_policy(estate, owner, identity)
        case chains.IdentityTagged(owner, tags, removed):
            return identities.tag(estate, owner, tags, removed)
        case chains.BoundaryPut(owner, boundary, known):
            return identities.put_boundary(estate, owner, boundary, known)
        case chains.GroupJoined(user, group):
            return identities.join_group(estate, user, group)
        case chains.GroupLeft(user, group):
            return identities.leave_group(estate, user, group)
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
