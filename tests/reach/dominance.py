"""Which of the moves that may be made in a state are worth making (an aid of `exhaustive`, to keep it fast).

In: a state, moves that may be made in it. Out: some of them.
Guarantee: for each move left out there is one among the others, or the state as it is, from which everything can be
brought about that could be after it. It rests on these: an Allow more, a Deny less and something held more never take
away what can be brought about; what allows everything cannot be improved upon but by a Deny less. (Nothing of the
sample has a Deny that a step adds, the managed policy aside, which is attached last.) `tests/reach/test_exhaustive.py`
holds the search with it against the search without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from verifier.evaluate.steps.forms_identities import allows_everything, owner_named
from verifier.model.grant import Grant
from verifier.model.policy import Effect, Policy, PrincipalType
from verifier.model.steps.chains import (
    AliasMoved,
    Became,
    BoundaryPut,
    Created,
    GrantCreated,
    GroupJoined,
    GroupLeft,
    IdentityTagged,
    KeyPolicyPut,
    KeyReplicated,
    KeyShared,
    KeyTagged,
    MaterialImported,
    Move,
    PolicyAdded,
    PolicyRemoved,
    ReEncrypted,
    State,
    StepChange,
    VersionSet,
)


def worthwhile(state: State, moves: Iterable[Move]) -> list[Move]:
    """The moves that are worth making: one for each change, without those that another one is at least as good as."""
    by_change: dict[StepChange, Move] = {}
    for move in moves:
        by_change.setdefault(move.change, move)
    policies = [change for change in by_change if isinstance(change, PolicyAdded)]
    grants = [change for change in by_change if isinstance(change, GrantCreated)]
    kept = set(_policies(state, policies)) | set(_grants(state, grants))
    return [
        move
        for change, move in by_change.items()
        if not isinstance(change, PolicyAdded | GrantCreated) or change in kept
    ]


# --- policies ---------------------------------------------------------------------------------------------------------


def _policies(state: State, changes: list[PolicyAdded]) -> Iterator[PolicyAdded]:
    for owner in dict.fromkeys(change.owner for change in changes):
        found = owner_named(state, owner)
        held = found.policies if found is not None else ()
        yield from _of_owner(held, [change for change in changes if change.owner == owner])


def _of_owner(held: tuple[Policy, ...], changes: list[PolicyAdded]) -> list[PolicyAdded]:
    """Everything in the place of what denies; if nothing is denied so, everything in one way, if it is not allowed
    already."""
    everything = [change for change in changes if allows_everything(change.policy)]
    denying = {policy.identity for policy in held if _denies(policy)}
    better = [change for change in everything if change.policy.identity in denying]
    if better:
        return better
    if any(allows_everything(policy) for policy in held):
        return []
    return everything[:1] or changes


def _denies(policy: Policy) -> bool:
    return any(statement.effect is Effect.DENY for statement in policy.statements)


# --- grants -----------------------------------------------------------------------------------------------------------


def _grants(state: State, changes: list[GrantCreated]) -> Iterator[GrantCreated]:
    for key in state.estate.keys:
        best: list[GrantCreated] = []
        for change in (one for one in changes if one.key == key.arn):
            known = [*(key.grants or ()), *(one.grant for one in best)]
            if not any(_at_least(grant, change.grant) for grant in known):
                best = [*(one for one in best if not _at_least(change.grant, one.grant)), change]
        yield from best


def _at_least(one: Grant, other: Grant) -> bool:
    """Whether a grant gives at least what another one does. All sessions of a role that are held are alike to a
    grant."""
    return _who(one) == _who(other) and set(other.operations) <= set(one.operations) and _looser(one, other)


def _who(grant: Grant) -> str:
    principal = grant.grantee
    if principal.type is PrincipalType.USER:
        return principal.value
    name = (
        principal.value.split("/")[1] if principal.type is PrincipalType.SESSION else principal.value.rsplit("/", 1)[1]
    )
    return f"{principal.account} {name}"


def _looser(one: Grant, other: Grant) -> bool:
    """Whether a constraint demands no more: none, then a subset, then the same pairs exactly."""
    if one.context_equals is not None:
        return one.context_equals == other.context_equals
    return one.context_subset is None or one.context_subset in (other.context_subset, other.context_equals)


# --- the last move ----------------------------------------------------------------------------------------------------


def touches_access(state: State, move: Move, keys: frozenset[str]) -> bool:
    """Whether a move that is the last one could change the decision on a request on these keys by somebody who is
    held."""
    change = move.change
    held = {caller.principal_arn for caller in state.held}
    match change:
        case Created():
            return False
        case Became() | VersionSet() | AliasMoved():
            return True
        case KeyReplicated(key, _) | MaterialImported(key) | KeyShared(key):
            return key in keys
        case KeyPolicyPut(key, _) | GrantCreated(key, _) | KeyTagged(key, _, _) | ReEncrypted(key, _):
            return key in keys
        case (
            PolicyAdded(owner, _, _) | PolicyRemoved(owner, _) | BoundaryPut(owner, _, _) | IdentityTagged(owner, _, _)
        ):
            return owner in held or ":group/" in owner
        case GroupJoined(user, _) | GroupLeft(user, _):
            return user in held
    return False
