"""Statements in doubt, and inventories that are not complete (U1, U3).

In: an estate, and what of it is not known. Out: the estate with the symbols in place.
Guarantee: a statement is in doubt wherever its policy is attached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from tests.agreement.world import Dice
from verifier.model.estate import Estate, Identity
from verifier.model.organization import Level
from verifier.model.policy import Effect, Policy
from verifier.model.symbols import ThingEffect
from verifier.model.unmodelled import Influence, Unmodelled

Doubt = tuple[str, int]
"""The identity of a policy, and the index of one of its statements."""


def some_doubts(dice: Dice, estate: Estate) -> tuple[Doubt, ...]:
    """Up to two statements of the estate, seldom any."""
    if not dice.chance(8):
        return ()
    every = sorted(
        {(policy.identity, statement.index) for policy in estate.deciding_policies() for statement in policy.statements}
    )
    return tuple(sorted(set(dice.some(tuple(every), 1, 2)))) if every else ()


def doubted(estate: Estate, doubts: Iterable[Doubt], partial: Iterable[str] = ()) -> Estate:
    """The estate with these statements in doubt, and with incomplete inventories of these accounts."""
    incomplete = set(partial)
    things = {doubt: _thing(estate, doubt) for doubt in dict.fromkeys(doubts)}
    symbols = {doubt: _symbol(thing) for doubt, thing in things.items()}

    def marked(policy: Policy) -> Policy:
        statements = (replace(s, only_if=symbols.get((policy.identity, s.index), s.only_if)) for s in policy.statements)
        return replace(policy, statements=tuple(statements))

    found = mapped(estate, marked)
    accounts = tuple(
        replace(account, complete=account.complete and account.id not in incomplete) for account in found.accounts
    )
    return replace(found, accounts=accounts, unmodelled=(*estate.unmodelled, *things.values()))


def mapped(estate: Estate, change: Callable[[Policy], Policy]) -> Estate:
    """The estate with every policy changed, wherever it is attached."""

    def every(policies: Iterable[Policy]) -> tuple[Policy, ...]:
        return tuple(change(policy) for policy in policies)

    def identity(found: Identity) -> Identity:
        return replace(
            found, policies=every(found.policies), boundary=change(found.boundary) if found.boundary else None
        )

    def levels(given: tuple[Level, ...] | None) -> tuple[Level, ...] | None:
        return None if given is None else tuple(replace(level, policies=every(level.policies)) for level in given)

    organization, endpoints = estate.organization, estate.endpoints
    if organization is not None:
        controls = tuple(
            replace(c, service=levels(c.service), resource=levels(c.resource)) for c in organization.controls
        )
        organization = replace(organization, controls=controls)
    if endpoints is not None:
        endpoints = tuple(replace(found, policy=change(found.policy) if found.policy else None) for found in endpoints)
    return replace(
        estate,
        keys=tuple(replace(key, policies=every(key.policies or ())) for key in estate.keys),
        accounts=tuple(
            replace(a, users=tuple(map(identity, a.users)), roles=tuple(map(identity, a.roles)))
            for a in estate.accounts
        ),
        organization=organization,
        endpoints=endpoints,
    )


def doubts_of(estate: Estate) -> list[Doubt]:
    """The statements of an estate that are in doubt, in the order of `some_doubts`."""
    found = {
        (p.identity, s.index): None for p in estate.deciding_policies() for s in p.statements if s.only_if is not None
    }
    return sorted(found)


def _thing(estate: Estate, doubt: Doubt) -> Unmodelled:
    identity, index = doubt
    effects = {
        s.effect for p in estate.deciding_policies() if p.identity == identity for s in p.statements if s.index == index
    }
    influence = Influence.MAY_ALLOW if effects == {Effect.ALLOW} else Influence.MAY_REFUSE
    return Unmodelled(
        f"statement {index} of {identity}", "U3", influence, "a statement with unknown parts", of_statement=True
    )


def _symbol(thing: Unmodelled) -> ThingEffect:
    return thing.allow_symbol if thing.influence is Influence.MAY_ALLOW else thing.refuse_symbol
