"""Generated estates: keys with their policies, grants and facts, inventories, what is not modelled (P1–P7, U1–U5, F8).

In: a tape of choices. Out: `Setting`: an `Estate` whose policies went through text and the parser, with the theme it
was made from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tests.agreement.callers import at_a_path
from tests.agreement.documents import identity_policy, key_policy
from tests.agreement.doubts import doubted, some_doubts
from tests.agreement.endpoints import endpoints, missing_policies
from tests.agreement.grants import grants
from tests.agreement.library import Library
from tests.agreement.limits import boundary
from tests.agreement.operations import some_facts
from tests.agreement.organizations import organization
from tests.agreement.themes import Focus, Theme, a_theme
from tests.agreement.trusts import providers, trust_policy
from tests.agreement.world import HOME, NAMES, PARTNER, Dice, World, a_world, iam, unique_id
from verifier.model.estate import Account, Estate, Identity, Key, Pairs
from verifier.model.policy import Policy, PolicyKind
from verifier.model.reference import ALIAS_QUOTA, KeyFacts
from verifier.model.unmodelled import Influence, Unmodelled


@dataclass(frozen=True, eq=False)
class Setting:
    """An estate, and the theme that requests should share with it. `documents` are the texts of its policies, by
    identity."""

    estate: Estate
    theme: Theme
    documents: tuple[tuple[str, str], ...]

    @property
    def world(self) -> World:
        """The world that the estate is in."""
        return self.theme.world


def a_setting(dice: Dice) -> Setting:
    """An estate with its theme."""
    world = a_world(dice)
    theme = a_theme(dice, world)
    library = Library()
    facts = _facts(dice, world)
    keys = tuple(_key(dice, theme, library, arn, known) for arn, known in zip(world.keys, facts, strict=True))
    accounts = tuple(
        _account(dice, theme, library, account)
        for account, missing in ((HOME, 7), (PARTNER, 25))
        if not dice.chance(missing)
    )
    found = endpoints(dice, theme, library)
    unmodelled = (
        *_missing_boundaries(accounts),
        *missing_policies(found or ()),
        *(_unmodelled(dice, world, n) for n in range(dice.one((0, 0, 0, 1, 0, 2, 0, 0, 0, 0)))),
    )
    estate = Estate(keys, accounts, organization(dice, theme, library), unmodelled, endpoints=found)
    partial = [account.id for account in accounts if dice.chance(10)]
    estate = doubted(estate, some_doubts(dice, estate), partial)
    return Setting(estate, theme, tuple(library.documents.items()))


# -- keys --


def _facts(dice: Dice, world: World) -> list[KeyFacts | None]:
    """The facts of each key where they are given; related multi-Region keys share all but which of them is the primary
    (L9)."""
    first = some_facts(dice, world.keys[0])
    found = [first]
    for arn in world.keys[1:]:
        related = arn.rsplit("/", 1)[1] == world.keys[0].rsplit("/", 1)[1] and first.multi_region_type is not None
        other = "REPLICA" if first.multi_region_type == "PRIMARY" else "PRIMARY"
        found.append(replace(first, multi_region_type=other) if related else some_facts(dice, arn))
    return [None if dice.chance(35) else facts for facts in found]


def _key(dice: Dice, theme: Theme, library: Library, arn: str, facts: KeyFacts | None) -> Key:
    policies = [library.read(key_policy(dice, theme, arn), PolicyKind.KEY, f"{arn}#default")]
    if dice.chance(8):
        policies.append(library.read(key_policy(dice, theme, arn), PolicyKind.KEY, f"{arn}#AWS_RAM"))
    return Key(
        arn,
        policies=tuple(policies),
        manager="AWS" if dice.chance(20 if theme.focus is Focus.RESOURCE_CONTROL else 6) else "CUSTOMER",
        aliases=_aliases(dice, theme) if not dice.chance(30) else None,
        tags=_tags(dice) if not dice.chance(35) else None,
        grants=grants(dice, theme, arn),
        **_given_facts(facts),
    )


def _given_facts(facts: KeyFacts | None) -> dict[str, Any]:
    if facts is None:
        return {}
    return {
        "spec": facts.spec,
        "usage": facts.usage,
        "origin": facts.origin,
        "multi_region": facts.multi_region_type is not None,
        "multi_region_type": facts.multi_region_type,
    }


def _aliases(dice: Dice, theme: Theme) -> tuple[str, ...]:
    """Aliases, seldom more than the quota, but where conditions test them (F8-quota)."""
    over = dice.aside.chance(70 if any(key.name == "kms:ResourceAliases" for key in theme.keys) else 2)
    more = [f"alias/n{number}" for number in range(ALIAS_QUOTA)] if over else []
    return (*dice.some(("alias/payments", "alias/app/blue", "alias/other"), 1 if over else 0, 2), *more)


def _tags(dice: Dice) -> Pairs:
    """Tags; names differ from those that conditions write in their case (L3)."""
    names = [name for name in dice.some(("team", "Project", "Team"), 0, 2) if name != "Team" or dice.chance(50)]
    return tuple((name, dice.one((*NAMES, ""))) for name in names[:1])


# -- accounts --


def _account(dice: Dice, theme: Theme, library: Library, account: str) -> Account:
    name = iam(theme.world.partition, account, "policy/shared")
    document = identity_policy(dice, theme)
    shared = library.read(document, PolicyKind.IDENTITY, name)
    limit = library.read(
        boundary(dice, theme), PolicyKind.BOUNDARY, iam(theme.world.partition, account, "policy/boundary")
    )
    # The managed policy that is attached may be the boundary too.
    limits = (limit, limit, limit, library.read(document, PolicyKind.BOUNDARY, name))
    listed = [at_a_path(dice, arn, 5) for arn in theme.world.identities(account) if not dice.chance(8)]
    found = [_identity(dice, theme, library, arn, shared, limits) for arn in listed]
    users = tuple(identity for identity in found if ":user/" in identity.arn)
    roles = tuple(identity for identity in found if ":role/" in identity.arn)
    return Account(account, users, roles, providers=providers(dice.aside, theme.world, account))


def _identity(
    dice: Dice, theme: Theme, library: Library, arn: str, shared: Policy, limits: tuple[Policy, ...]
) -> Identity:
    policies = [shared] if theme.focused or dice.chance(60) else []
    if dice.chance(5 if theme.focused else 45):
        policies.append(library.read(identity_policy(dice, theme), PolicyKind.IDENTITY, f"{arn}#inline"))
    bounded = dice.chance({Focus.BOUNDARY: 85, Focus.EVERYTHING: 15}.get(theme.focus, 10))
    known = bounded and (theme.focus is Focus.BOUNDARY or dice.chance(75))
    return Identity(
        arn,
        tuple(policies),
        _tags(dice),
        unique_id(arn) if dice.chance(60) else None,
        bounded,
        dice.one(limits) if known else None,
        trust=_trust(dice, theme, library, arn),
    )


def _trust(dice: Dice, theme: Theme, library: Library, arn: str) -> Policy | None:
    """The trust policy of a role, where the input gives it."""
    if ":role/" not in arn or dice.aside.chance(20):
        return None
    return library.read(trust_policy(dice.aside, theme.world, arn.split(":")[4]), PolicyKind.TRUST, f"{arn}#trust")


# -- what is not modelled --


def _missing_boundaries(accounts: tuple[Account, ...]) -> tuple[Unmodelled, ...]:
    """A boundary whose document is not in the input may refuse (D4, U3)."""
    everyone = [identity for account in accounts for identity in (*account.users, *account.roles)]
    missing = [identity.arn for identity in everyone if identity.bounded and identity.boundary is None]
    return tuple(
        Unmodelled(f"boundary of {arn}", "D4", Influence.MAY_REFUSE, f"boundary of {arn}", principal=arn)
        for arn in missing
    )


def _unmodelled(dice: Dice, world: World, number: int) -> Unmodelled:
    key, account = dice.one(world.keys), dice.one((HOME, HOME, PARTNER))
    principal = dice.one(world.identities(account))
    match dice.count(0, 6):
        case 0:
            return Unmodelled(f"grants {number}", "G1", Influence.MAY_ALLOW, "grants", key=key)
        case 1:
            return Unmodelled(f"grants {number}", "G1", Influence.MAY_ALLOW, "a grant", key=key, principal=principal)
        case 2:
            return Unmodelled(f"SCPs {number}", "D7", Influence.MAY_REFUSE, "SCPs", account=account)
        case 3:
            return Unmodelled(f"RCPs {number}", "D7", Influence.MAY_REFUSE, "RCPs", owner=account)
        case 4:
            return Unmodelled(f"endpoint {number}", "D2", Influence.MAY_REFUSE, "an endpoint policy")
        case 5 if number:
            return Unmodelled(
                f"policies {number}", "U3", Influence.MAY_REFUSE, "who knows what", account=account, of_identities=True
            )
        case 5:
            return Unmodelled(
                f"policy {number}", "U3", Influence.EITHER, "a managed policy that is missing", principal=principal
            )
        case _:
            return Unmodelled(f"boundary {number}", "D4", Influence.MAY_REFUSE, "a boundary", principal=principal)
