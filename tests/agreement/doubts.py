"""Statements in doubt, and inventories that are not complete (U1, U3).

In: an estate, and what of it is not known. Out: the estate with the symbols in place.
Guarantee: a statement is in doubt wherever its policy is attached.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from tests.agreement.world import Dice
from verifier.model.estate import Account, Controls, Estate, Identity, Influence, Level, Unmodelled
from verifier.model.policy import Effect, Policy
from verifier.model.readings import allow_symbol, refuse_symbol

Doubt = tuple[str, int]
"""The identity of a policy, and the index of one of its statements."""


def some_doubts(dice: Dice, estate: Estate) -> tuple[Doubt, ...]:
    """Up to two statements of the estate, seldom any."""
    if not dice.chance(8):
        return ()
    every = sorted({(policy.identity, statement.index) for policy in _policies(estate) for statement in policy.statements})
    return tuple(sorted(set(dice.some(tuple(every), 1, 2)))) if every else ()


def doubted(estate: Estate, doubts: Iterable[Doubt], partial: Iterable[str] = ()) -> Estate:
    """The estate with these statements in doubt, and with incomplete inventories of these accounts."""
    chosen, incomplete = dict.fromkeys(doubts), set(partial)
    things = {doubt: _thing(estate, doubt) for doubt in chosen}
    symbols = {doubt: _symbol(thing) for doubt, thing in things.items()}
    organization = estate.organization
    if organization is not None:
        organization = replace(organization, controls=tuple(_controls(controls, symbols) for controls in organization.controls))
    endpoints = estate.endpoints
    if endpoints is not None:
        endpoints = tuple(replace(found, policy=_policy(found.policy, symbols) if found.policy else None) for found in endpoints)
    return replace(
        estate,
        keys=tuple(replace(key, policies=_all(key.policies or (), symbols)) for key in estate.keys),
        accounts=tuple(_account(account, symbols, account.id not in incomplete and account.complete) for account in estate.accounts),
        organization=organization,
        endpoints=endpoints,
        unmodelled=(*estate.unmodelled, *things.values()),
    )


def doubts_of(estate: Estate) -> list[Doubt]:
    """The statements of an estate that are in doubt."""
    found = {(p.identity, s.index): None for p in _policies(estate) for s in p.statements if s.doubt is not None}
    return list(found)


def _thing(estate: Estate, doubt: Doubt) -> Unmodelled:
    identity, index = doubt
    effects = {s.effect for p in _policies(estate) if p.identity == identity for s in p.statements if s.index == index}
    influence = Influence.MAY_ALLOW if effects == {Effect.ALLOW} else Influence.MAY_REFUSE
    return Unmodelled(f"statement {index} of {identity}", "U3", influence, "a statement with unknown parts", of_statement=True)


def _symbol(thing: Unmodelled) -> str:
    return allow_symbol(thing) if thing.influence is Influence.MAY_ALLOW else refuse_symbol(thing)


def _policies(estate: Estate) -> Iterator[Policy]:
    for key in estate.keys:
        yield from key.policies or ()
    for account in estate.accounts:
        for identity in (*account.users, *account.roles):
            yield from (*identity.policies, *([identity.boundary] if identity.boundary else []))
    for controls in estate.organization.controls if estate.organization else ():
        for level in (*(controls.service or ()), *(controls.resource or ())):
            yield from level.policies
    yield from (endpoint.policy for endpoint in estate.endpoints or () if endpoint.policy is not None)


def _policy(policy: Policy, symbols: dict[Doubt, str]) -> Policy:
    statements = (replace(s, doubt=symbols.get((policy.identity, s.index))) for s in policy.statements)
    return replace(policy, statements=tuple(statements))


def _all(policies: Iterable[Policy], symbols: dict[Doubt, str]) -> tuple[Policy, ...]:
    return tuple(_policy(policy, symbols) for policy in policies)


def _account(account: Account, symbols: dict[Doubt, str], complete: bool) -> Account:
    users, roles = (tuple(_identity(i, symbols) for i in identities) for identities in (account.users, account.roles))
    return replace(account, users=users, roles=roles, complete=complete)


def _identity(identity: Identity, symbols: dict[Doubt, str]) -> Identity:
    boundary = _policy(identity.boundary, symbols) if identity.boundary else None
    return replace(identity, policies=_all(identity.policies, symbols), boundary=boundary)


def _controls(controls: Controls, symbols: dict[Doubt, str]) -> Controls:
    def levels(given: tuple[Level, ...] | None) -> tuple[Level, ...] | None:
        return None if given is None else tuple(replace(level, policies=_all(level.policies, symbols)) for level in given)

    return replace(controls, service=levels(controls.service), resource=levels(controls.resource))
