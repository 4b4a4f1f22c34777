"""Generated grants: grantees of every kind, operations, constraints, retiring principals (G1–G6).

In: choices, a theme, a key. Out: `Grant`s.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.agreement.keys import constraint_sources
from tests.agreement.operations import GRANT_OPERATIONS
from tests.agreement.themes import Focus, Theme
from tests.agreement.world import ACCOUNTS, AWS_OWNED_ROLE, HOME, NAMES, PARTNER, SERVICES, Dice, World, iam, sts
from verifier.model.grant import Grant, Pairs
from verifier.model.policy import Fault, Principal, PrincipalType, principal_named

PAIR_NAMES = ("tenant", "app", "Tenant", "TENANT", "other")
"""Names of pairs of an encryption context; some differ only in case (G3, F7)."""
_COMMON = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:DescribeKey", "kms:CreateGrant", "kms:RetireGrant")


def grants(dice: Dice, theme: Theme, key: str) -> tuple[Grant, ...] | None:
    """The grants of a key; `None` where they are not listed."""
    if theme.focus is Focus.GRANT:
        return tuple(_grant(dice, theme, number) for number in range(dice.count(1, 3)))
    if dice.chance(70 if theme.focused else 45):
        return None
    return tuple(_grant(dice, theme, number) for number in range(dice.count(0, 2)))


def principal_of(text: str) -> Principal:
    """The principal that a text names: a service, or what `principal_named` knows."""
    named = principal_named(text)
    if not isinstance(named, Fault):
        return named
    return Principal(PrincipalType.SERVICE, text)


def _grant(dice: Dice, theme: Theme, number: int) -> Grant:
    world = theme.world
    grantee = principal_of(_name(dice, world, services=20))
    service = grantee.type is PrincipalType.SERVICE
    equals, subset = _constraints(dice)
    return Grant(
        f"{number}0a1b2c3d",
        grantee,
        _operations(dice),
        retiring=principal_of(_name(dice, world, services=10)) if dice.chance(45) else None,
        issuing_account=dice.one((HOME, HOME, PARTNER, ACCOUNTS[2])) if dice.chance(70) else None,
        context_equals=equals,
        context_subset=subset,
        source_arn=_source_arn(dice, world) if dice.chance(75 if service else 25) else None,
        grantee_hidden=service and dice.chance(40),
        name="payments" if dice.chance(20) else None,
    )


def _name(dice: Dice, world: World, services: int) -> str:
    """Who a grant names: mostly somebody who makes requests."""
    account = dice.one((HOME,) * 4 + (PARTNER,) * 2 + (ACCOUNTS[2],))
    if dice.chance(services):
        return dice.one(SERVICES)
    match dice.count(0, 11):
        case 0 | 1:
            return dice.one((iam(world.partition, account, "root"), iam(world.partition, account, "root"), account))
        case 2 | 3 | 4:
            return dice.one(world.users(account))
        case 5 | 6 | 7:
            return dice.one(world.identities(account)[2:])
        case 8 | 9:
            return dice.one(
                (*world.sessions(account), sts(world.partition, account, f"assumed-role/{AWS_OWNED_ROLE}/i-0abc"))
            )
        case 10:
            return dice.one(world.federated(account))
        case _:
            return _unusual(dice, world, account)


def _unusual(dice: Dice, world: World, account: str) -> str:
    """A deleted identity (L8), or somebody of another partition (R7)."""
    if dice.chance(30):
        return dice.one(World("aws-cn", world.region, world.keys).identities(account)[:4])
    return dice.one(("AIDA1234567890EXAMPLE", "AROA1234567890EXAMPLE"))


def _operations(dice: Dice) -> tuple[str, ...]:
    pool: Sequence[str] = _COMMON if dice.chance(70) else GRANT_OPERATIONS
    return tuple(dice.some(pool, 1, 5))


def _constraints(dice: Dice) -> tuple[Pairs | None, Pairs | None]:
    """`EncryptionContextEquals` or `EncryptionContextSubset`, or neither."""
    if dice.chance(55):
        return None, None
    names = dice.some(PAIR_NAMES[:4], 0 if dice.chance(20) else 1, 2)
    pairs = tuple((name, dice.one(NAMES)) for name in names)
    return (pairs, None) if dice.chance(50) else (None, pairs)


def _source_arn(dice: Dice, world: World) -> str:
    """A resource of an account, as the API demands, sometimes with wildcards."""
    arn = dice.one(constraint_sources(world))
    return dice.one((arn,) * 3 + (arn[:-2] + "*", arn[:-1] + "?", arn[:-2] + "*"))
