"""Generated requests: callers of every kind, operations on keys, aliases and nothing, contexts that meet the policies (R2–R4, section 6).

In: a tape of choices, a setting. Out: `Request`s.
Keys that `problem` takes for given are always there: the moment, `aws:userid` of users and roles, the Region of operations without a key.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.agreement.documents import ACTIONS, ALIAS_ACTIONS, COMMON_ACTIONS, KEYLESS_ACTIONS
from tests.agreement.estates import COMMON_FACTS, Setting, facts_for
from tests.agreement.keys import KEYS, TestedKey
from tests.agreement.world import HOME, PARTNER, ROLES, SERVICES, SESSIONS, STRANGER, USERS, Dice, World, iam, sts, unique_id
from verifier.model.estate import Estate, Identity, Key
from verifier.model.request import Caller, CallerKind, Request, Value

Context = dict[str, Value]
MOMENTS = (("2026-01-01T00:00:00Z", "1767225600"), ("2026-06-15T12:30:00Z", "1781526600"), ("2027-01-01T00:00:00Z", "1798761600"))
_TIMES = ("aws:CurrentTime", "aws:EpochTime")


def a_request(dice: Dice, setting: Setting) -> Request:
    """One request."""
    caller = _caller(dice, setting)
    action, resource = _operation(dice, setting)
    context = dict(_context(dice, setting, caller, action, resource))
    order = list(context.items())
    return Request(caller, action, resource, tuple(order))


# -- callers --


def _caller(dice: Dice, setting: Setting) -> Caller:
    world = setting.world
    account = dice.one((HOME,) * 9 + (STRANGER,) + (PARTNER,) * 3 + (HOME,) * 5)
    kinds = (
        (CallerKind.USER,) * 4 + (CallerKind.ROLE,) * 5 + (CallerKind.ROOT, CallerKind.FEDERATED, CallerKind.FEDERATED, CallerKind.SERVICE)
    )
    match dice.one(kinds):
        case CallerKind.USER:
            name = dice.one((*USERS * 3, "user/Zoe"))
            return Caller(CallerKind.USER, iam(world.partition, account, name), account)
        case CallerKind.ROLE:
            name = dice.one((*ROLES[:2] * 4, ROLES[2], "role/Other"))
            return Caller(CallerKind.ROLE, iam(world.partition, account, name), account, session=dice.one(SESSIONS))
        case CallerKind.ROOT:
            return Caller(CallerKind.ROOT, iam(world.partition, account, "root"), account)
        case CallerKind.FEDERATED:
            return _federated(dice, world, account)
        case _:
            return Caller(CallerKind.SERVICE, dice.one(SERVICES))


def _federated(dice: Dice, world: World, account: str) -> Caller:
    issuer = dice.one((*(f"{name}" for name in USERS * 2), "root", "user/Zoe"))
    name = dice.one(("Sam", "Alice"))
    arn = sts(world.partition, account, f"federated-user/{name}")
    return Caller(CallerKind.FEDERATED, arn, account, issuer=iam(world.partition, account, issuer))


# -- operations --


def _operation(dice: Dice, setting: Setting) -> tuple[str, str | None]:
    world = setting.world
    match dice.count(0, 99):
        case n if n < 7:
            return dice.one(KEYLESS_ACTIONS), None
        case n if n < 12:
            name = dice.one(("alias/payments", "alias/blue", "alias/payments", "alias/Alice", "alias/aws/s3"))
            return dice.one(ALIAS_ACTIONS), f"arn:{world.partition}:kms:{world.region}:{HOME}:{name}"
    key = world.keys[0] if dice.chance(80) else world.keys[-1]
    return dice.one(COMMON_ACTIONS if dice.chance(60) else ACTIONS), key


# -- contexts --


def _context(dice: Dice, setting: Setting, caller: Caller, action: str, resource: str | None) -> Iterator[tuple[str, Value]]:
    moment = MOMENTS[0] if dice.chance(40) else dice.one(MOMENTS)
    yield _TIMES[0], moment[0]
    if dice.chance(30):
        yield _TIMES[1], moment[1]
    if caller.kind in (CallerKind.USER, CallerKind.ROLE):
        yield "aws:userid", unique_id(caller.principal_arn) + (f":{caller.session}" if caller.session else "")
    if resource is None:
        yield "aws:RequestedRegion", dice.one((setting.world.region, setting.world.region, "eu-west-1"))
    yield from _key_facts(dice, setting.estate, action, resource)
    yield from _about_request(dice, setting, caller)


def _key_facts(dice: Dice, estate: Estate, action: str, resource: str | None) -> Iterator[tuple[str, Value]]:
    """The key's facts where the estate does not give them, and the parameters of `CreateKey` (F8)."""
    key = _key_of(estate, resource)
    if action != "kms:CreateKey" and (key is None or key.spec is not None):
        return
    if key is not None and dice.chance(50):
        return
    facts = dice.one(COMMON_FACTS if key is None else facts_for(key.arn))
    yield "kms:KeySpec", facts.spec
    yield "kms:KeyUsage", facts.usage
    yield "kms:KeyOrigin", facts.origin
    yield "kms:MultiRegion", "true" if facts.multi_region_type else "false"
    if facts.multi_region_type:
        yield "kms:MultiRegionKeyType", facts.multi_region_type


def _key_of(estate: Estate, resource: str | None) -> Key | None:
    return next((key for key in estate.keys if key.arn == resource), None)


def _about_request(dice: Dice, setting: Setting, caller: Caller) -> Iterator[tuple[str, Value]]:
    """Keys of the theme mostly, and a few others."""
    wanted = [key for key in setting.theme.keys if dice.chance(75)]
    wanted += [dice.one(KEYS) for _ in range(dice.one((0, 0, 0, 1, 2)))]
    context: Context = {}
    for key in wanted:
        if _may_give(setting.estate, caller, key):
            name = key.name if dice.chance(85) else key.name.lower()
            if not any(given.lower() == name.lower() for given in context) or key.rule == "F7":
                context[name] = _value(dice, setting, key)
    _complete(dice, context)
    yield from context.items()


def _may_give(estate: Estate, caller: Caller, key: TestedKey) -> bool:
    """Whether a request may say this itself: what follows from caller, key or organization is left to the rooms (F1–F3, F8)."""
    if key.derived or key.name in _TIMES:
        return False
    if key.name.startswith("aws:PrincipalTag/"):
        return caller.kind in (CallerKind.ROLE, CallerKind.FEDERATED, CallerKind.USER) and _identity(estate, caller) is None
    if key.name.startswith("aws:ResourceOrg"):
        return False
    if key.rule == "F2":
        return estate.organization is None
    return True


def _identity(estate: Estate, caller: Caller) -> Identity | None:
    everyone = [identity for account in estate.accounts for identity in (*account.users, *account.roles)]
    return next((identity for identity in everyone if identity.arn == caller.principal_arn), None)


def _value(dice: Dice, setting: Setting, key: TestedKey) -> Value:
    """Mostly the value that the policies prefer."""
    pool = setting.theme.values(key)
    if key.multivalued:
        return tuple(dice.some(pool, 1, 2))
    return pool[0] if dice.chance(55) else dice.one(pool)


def _complete(dice: Dice, context: Context) -> None:
    """What comes with what (F5, F7): a service that calls for somebody, the names of tags."""
    names = {name.lower() for name in context}
    if ("kms:viaservice" in names or "aws:calledvia" in names) and "aws:viaawsservice" not in names and dice.chance(70):
        context["aws:ViaAWSService"] = "true"
    tags = [name.split("/", 1)[1] for name in context if name.lower().startswith("aws:requesttag/")]
    if tags and "aws:tagkeys" not in names and dice.chance(80):
        context["aws:TagKeys"] = tuple(tags)
