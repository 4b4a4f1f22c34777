"""Generated `Principal` and `NotPrincipal` elements (P1–P6).

In: choices, a world. Out: parts of JSON documents.
"""

from __future__ import annotations

from typing import Any

from tests.agreement.elements import bare
from tests.agreement.themes import Theme
from tests.agreement.world import ACCOUNTS, HOME, PARTNER, SERVICES, Dice, World, iam

UNIQUE_IDS = ("AIDA1234567890EXAMPLE", "AROA1234567890EXAMPLE")


def principal(dice: Dice, theme: Theme, effect: str) -> dict[str, Any]:
    world = theme.world
    if dice.chance(12 if effect == "Deny" else 3):
        return {"NotPrincipal": spared(dice, world) if dice.chance(60) else listed_principals(dice, world)}
    if theme.focused and dice.chance(60 if effect == "Allow" else 45):
        return {"Principal": "*"}
    match dice.count(0, 9):
        case 0 | 1:
            return {"Principal": "*"}
        case 2:
            return {"Principal": {"AWS": "*"}}
        case _:
            return {"Principal": listed_principals(dice, world)}


def spared(dice: Dice, world: World) -> dict[str, Any]:
    """A user or role with its account, and a session of the role, as `NotPrincipal` needs them to spare a caller
    (P5)."""
    account = dice.one((HOME, HOME, PARTNER))
    arns = [dice.one(world.identities(account)), dice.one((account, iam(world.partition, account, "root")))]
    if dice.chance(50):
        arns.append(dice.one((*world.sessions(account), *world.federated(account))))
    return {"AWS": arns}


def callers_themselves(dice: Dice, world: World) -> dict[str, Any]:
    """Users, roles and sessions of the key's account, by each way that a key policy has to name a caller itself
    (D4)."""
    pools = (world.users(HOME), world.identities(HOME)[2:], world.sessions(HOME), world.federated(HOME))
    return {"AWS": [dice.one(dice.one(pools)) for _ in range(dice.count(1, 3))]}


def listed_principals(dice: Dice, world: World) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if dice.chance(90):
        found["AWS"] = bare(dice, [_aws_principal(dice, world) for _ in range(dice.count(1, 3))])
    if dice.chance(18) or not found:
        found["Service"] = bare(dice, dice.some(SERVICES, 1, 2))
    if dice.chance(5):
        found["Federated"] = "cognito-identity.amazonaws.com"
    if dice.chance(5):
        found["CanonicalUser"] = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
    return found


def _aws_principal(dice: Dice, world: World) -> str:
    account = dice.one((HOME, HOME, HOME, PARTNER, PARTNER, ACCOUNTS[2]))
    partition = dice.one(("aws", "aws-cn")) if dice.chance(5) else world.partition
    elsewhere = World(partition, world.region, world.keys)
    match dice.count(0, 9):
        case 0:
            return account
        case 1:
            return iam(partition, account, "root")
        case 2 | 3:
            return dice.one(elsewhere.users(account))
        case 4 | 5 | 6:
            return dice.one(elsewhere.identities(account)[2:])
        case 7:
            return dice.one(elsewhere.sessions(account))
        case 8:
            return dice.one(elsewhere.federated(account))
        case _:
            return dice.one((*UNIQUE_IDS * 2, "*", account))
