"""Generated callers: of every kind, in each account (R2), and those that a grant names (G2).

In: a tape of choices, a world. Out: `Caller`s.
"""

from __future__ import annotations

from dataclasses import replace

from tests.agreement.world import (
    HOME,
    OTHER_PATHS,
    PARTNER,
    ROLES,
    SERVICES,
    SESSIONS,
    STRANGER,
    USERS,
    Dice,
    World,
    iam,
    sts,
    unique_id,
)
from verifier.model.policy import Principal, PrincipalType
from verifier.model.request import Caller, CallerKind


def a_caller(dice: Dice, world: World) -> Caller:
    """Any caller."""
    account = dice.one((HOME,) * 9 + (STRANGER,) + (PARTNER,) * 3 + (HOME,) * 5)
    if world.owner != HOME and dice.aside.chance(40):
        account = world.owner
    kinds = (
        (CallerKind.USER,) * 5
        + (CallerKind.ROLE,) * 6
        + (CallerKind.ROOT, CallerKind.FEDERATED, CallerKind.FEDERATED, CallerKind.SERVICE)
    )
    return of_account(dice, world, account, dice.one(kinds))


def of_account(dice: Dice, world: World, account: str, kind: CallerKind) -> Caller:
    """A caller of a kind and account."""
    match kind:
        case CallerKind.USER:
            return _user(iam(world.partition, account, at_a_path(dice, dice.one((*USERS * 3, "user/Zoe")), 6)))
        case CallerKind.ROLE:
            role = dice.one((*ROLES[:2] * 4, ROLES[2], "role/Other"))
            return _session(dice, iam(world.partition, account, at_a_path(dice, role, 6)))
        case CallerKind.ROOT:
            return Caller(CallerKind.ROOT, iam(world.partition, account, "root"), account)
        case CallerKind.FEDERATED:
            issuer = iam(world.partition, account, dice.one((*USERS * 2, "root", "user/Zoe")))
            return Caller(
                kind,
                sts(world.partition, account, f"federated-user/{dice.one(('Sam', 'Alice'))}"),
                account,
                issuer=issuer,
            )
        case _:
            return Caller(CallerKind.SERVICE, dice.one(SERVICES))


def at_a_path(dice: Dice, arn: str, percent: int) -> str:
    """A user or role, in so many of a hundred cases one of the same name under another path (R2)."""
    other = next((other for other in OTHER_PATHS if other.endswith(f"/{arn.rsplit('/', 1)[1]}")), None)
    if other is None or not dice.aside.chance(percent):
        return arn
    return ":".join((*arn.split(":")[:-1], other))


def named(dice: Dice, world: World, principal: Principal) -> Caller:
    """A caller that a name stands for; where it is of another partition, whoever would have it in this one (R7)."""
    account = principal.account or HOME
    if principal.partition is not None:
        principal = replace(
            principal, value=principal.value.replace(f"arn:{principal.partition}:", f"arn:{world.partition}:", 1)
        )
    match principal.type:
        case PrincipalType.SERVICE:
            return Caller(CallerKind.SERVICE, principal.value)
        case PrincipalType.ACCOUNT:
            return of_account(
                dice,
                world,
                account,
                dice.one((CallerKind.ROOT, CallerKind.USER, CallerKind.ROLE, CallerKind.FEDERATED)),
            )
        case PrincipalType.USER if dice.chance(20):
            return Caller(
                CallerKind.FEDERATED,
                sts(world.partition, account, "federated-user/Sam"),
                account,
                issuer=principal.value,
            )
        case PrincipalType.USER:
            return _user(principal.value)
        case PrincipalType.ROLE:
            return _session(dice, principal.value)
        case PrincipalType.SESSION:
            return _of_session(world, principal)
        case PrincipalType.FEDERATED_USER:
            return Caller(
                CallerKind.FEDERATED,
                principal.value,
                account,
                issuer=iam(world.partition, account, dice.one((*USERS, "root"))),
            )
        case _:
            return a_caller(dice, world)


def _user(arn: str) -> Caller:
    return Caller(CallerKind.USER, arn, arn.split(":")[4])


def _session(dice: Dice, role: str) -> Caller:
    return Caller(CallerKind.ROLE, role, role.split(":")[4], session=dice.one(SESSIONS))


def _of_session(world: World, principal: Principal) -> Caller:
    """The session that an ARN names; its role has a path that the ARN does not show (R2)."""
    account = principal.value.split(":")[4]
    _, role, session = principal.value.split(":", 5)[5].split("/")
    path = next((name for name in ROLES if name.endswith(f"/{role}")), f"role/{role}")
    return Caller(CallerKind.ROLE, iam(world.partition, account, path), account, session=session)


def user_id(caller: Caller) -> str | None:
    """`aws:userid` of a user or role session (F1)."""
    if caller.kind not in (CallerKind.USER, CallerKind.ROLE):
        return None
    name = caller.principal_arn.partition("/")[2]
    start = f"{caller.account}:{name}" if name.startswith("aws:") else unique_id(caller.principal_arn)
    return start + (f":{caller.session}" if caller.session else "")
