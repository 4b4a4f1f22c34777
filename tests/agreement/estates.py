"""Generated estates: keys with their policies and facts, inventories, an organization, what is not modelled (sections 3, 5.1, F2, F8).

In: a tape of choices. Out: `Setting`: an `Estate` whose policies went through text and the parser, with the theme it was made from.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.agreement.conditions import Theme, a_theme
from tests.agreement.documents import identity_policy, key_policy
from tests.agreement.world import (
    HOME,
    NAMES,
    ORGANIZATION,
    OTHER_ORGANIZATION,
    PARTNER,
    PATHS,
    STRANGER,
    Dice,
    World,
    a_world,
    iam,
    unique_id,
)
from verifier.model.documents import read_policy
from verifier.model.estate import Account, Estate, Identity, Influence, Key, Organization, Pairs, Unmodelled
from verifier.model.policy import Policy, PolicyKind
from verifier.model.reference import KeyFacts, key_facts
from verifier.syntax.source import Source


@dataclass(frozen=True)
class Setting:
    """An estate, and the theme that requests should share with it. `documents` are the texts of its policies, by identity."""

    estate: Estate
    theme: Theme
    documents: tuple[tuple[str, str], ...]

    @property
    def world(self) -> World:
        """The world that the estate is in."""
        return self.theme.world


class Library:
    """Reads policies and remembers their texts."""

    def __init__(self) -> None:
        self.documents: dict[str, str] = {}

    def read(self, document: dict[str, Any], kind: PolicyKind, identity: str) -> Policy:
        """The policy that a document says, through text and the parser."""
        text = json.dumps(document, indent=1)
        self.documents[identity] = text
        return read_policy(Source(f"{kind.value}.json", text), kind, identity=identity, name=identity.rsplit("#", 1)[-1])


def a_setting(dice: Dice) -> Setting:
    """An estate with its theme."""
    world = a_world(dice)
    theme = a_theme(dice, world)
    library = Library()
    keys = tuple(_key(dice, theme, library, arn) for arn in world.keys)
    accounts = tuple(_account(dice, theme, library, account) for account, missing in ((HOME, 7), (PARTNER, 25)) if not dice.chance(missing))
    organization = _organization(dice) if dice.chance(40) else None
    unmodelled = (
        *(thing for thing in _boundaries(accounts) if dice.chance(50)),
        *(_unmodelled(dice, world, n) for n in range(dice.one((0, 0, 0, 1, 0, 2, 0, 0, 0, 0)))),
    )
    estate = Estate(keys, accounts, organization, unmodelled)
    return Setting(estate, theme, tuple(library.documents.items()))


# -- keys --

COMMON_FACTS = tuple(
    facts
    for facts in key_facts()
    if facts.spec in ("SYMMETRIC_DEFAULT", "RSA_2048", "HMAC_256") and facts.origin in ("AWS_KMS", "EXTERNAL")
)


def facts_for(arn: str) -> tuple[KeyFacts, ...]:
    """The facts that a key with this ARN can have: `mrk-…` is a multi-Region key, and no other is."""
    return tuple(facts for facts in COMMON_FACTS if (facts.multi_region_type is not None) == (":key/mrk-" in arn))


def _key(dice: Dice, theme: Theme, library: Library, arn: str) -> Key:
    policies = [library.read(key_policy(dice, theme, arn), PolicyKind.KEY, f"{arn}#default")]
    if dice.chance(8):
        policies.append(library.read(key_policy(dice, theme, arn), PolicyKind.KEY, f"{arn}#AWS_RAM"))
    facts: KeyFacts | None = dice.one(facts_for(arn)[:1] * 4 + facts_for(arn)) if not dice.chance(35) else None
    return Key(
        arn,
        policies=tuple(policies),
        manager="AWS" if dice.chance(5) else "CUSTOMER",
        aliases=tuple(dice.some(("alias/payments", "alias/app/blue", "alias/other"), 0, 2)) if not dice.chance(20) else None,
        tags=_tags(dice) if not dice.chance(20) else None,
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


def _tags(dice: Dice) -> Pairs:
    """Tags; names differ from those that conditions write in their case (L3)."""
    return tuple((name, dice.one(NAMES)) for name in dice.some(("team", "Project", "Team"), 0, 2) if name != "Team" or dice.chance(50))[:1]


# -- accounts --


def _account(dice: Dice, theme: Theme, library: Library, account: str) -> Account:
    name = iam(theme.world.partition, account, "policy/shared")
    shared = library.read(identity_policy(dice, theme), PolicyKind.IDENTITY, name)
    listed = [arn for arn in theme.world.identities(account) if not dice.chance(8)]
    found = [_identity(dice, theme, library, arn, shared) for arn in listed]
    users = tuple(identity for identity in found if ":user/" in identity.arn)
    return Account(account, users, tuple(identity for identity in found if ":role/" in identity.arn))


def _identity(dice: Dice, theme: Theme, library: Library, arn: str, shared: Policy) -> Identity:
    policies = [shared] if theme.focused or dice.chance(50) else []
    if dice.chance(5 if theme.focused else 55):
        policies.append(library.read(identity_policy(dice, theme), PolicyKind.IDENTITY, f"{arn}#inline"))
    return Identity(
        arn,
        tuple(policies),
        _tags(dice),
        unique_id(arn) if dice.chance(60) else None,
        dice.chance(10),
    )


# -- the organization, and what is not modelled --


def _organization(dice: Dice) -> Organization:
    members = [account for account, percent in ((HOME, 80), (PARTNER, 50), (STRANGER, 30)) if dice.chance(percent)]
    identifier = dice.one((ORGANIZATION, ORGANIZATION, OTHER_ORGANIZATION))
    own = [path for path in PATHS if path.startswith(identifier)]
    accounts = tuple((account, dice.one(own) if dice.chance(75) else None) for account in members)
    management = members[0] if members and dice.chance(60) else "999999999999"
    listed = accounts if management in members else (*accounts, (management, own[0]))
    return Organization(identifier, management, listed)


def _boundaries(accounts: tuple[Account, ...]) -> tuple[Unmodelled, ...]:
    """A boundary may refuse: what it says is not modelled (D4)."""
    bounded = [identity.arn for account in accounts for identity in (*account.users, *account.roles) if identity.bounded]
    return tuple(Unmodelled(f"boundary of {arn}", "D4", Influence.MAY_REFUSE, f"boundary of {arn}", principal=arn) for arn in bounded)


def _unmodelled(dice: Dice, world: World, number: int) -> Unmodelled:
    key, account = dice.one(world.keys), dice.one((HOME, HOME, PARTNER))
    principal = dice.one(world.identities(account))
    match dice.count(0, 6):
        case 0 | 1:
            return Unmodelled(f"grants {number}", "G1", Influence.MAY_ALLOW, "grants", key=key)
        case 2:
            return Unmodelled(f"SCPs {number}", "D7", Influence.MAY_REFUSE, "SCPs", account=account)
        case 3:
            return Unmodelled(f"RCPs {number}", "D7", Influence.MAY_REFUSE, "RCPs", key=key)
        case 4:
            return Unmodelled(f"endpoint {number}", "D2", Influence.MAY_REFUSE, "an endpoint policy")
        case 5:
            return Unmodelled(f"policy {number}", "U3", Influence.EITHER, "a managed policy that is missing", principal=principal)
        case _:
            return Unmodelled(f"boundary {number}", "D4", Influence.MAY_REFUSE, "a boundary", principal=principal)
