"""Generated contexts of requests, which meet the policies (F1–F9).

In: a tape of choices, a setting, a caller, an operation. Out: pairs of condition keys and values.
Keys that `problem` takes for given are always there: the moment, `aws:userid` of users and roles, the Region of
operations without a key.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.agreement.callers import user_id
from tests.agreement.estates import Setting
from tests.agreement.keys import BY_NAME, KEYS, STRING, TestedKey
from tests.agreement.operations import some_facts
from tests.agreement.themes import Focus
from tests.agreement.world import ENDPOINTS, HOME, NAMES, VPCS, Dice
from verifier.model.estate import Estate, Identity, Key
from verifier.model.request import Caller, CallerKind, Value

Context = dict[str, Value]
READABLE = ("5", "300", "2026-06-15T12:30:00Z", "2026", "10.1.2.3", "::1", "true", "AAEC", *("",) * 12)
"""Texts that read as values of other kinds (C3), and the empty one, which may be none (C1-null)."""

PAIR_PREFIX = "kms:EncryptionContext:"
MOMENTS = (
    ("2026-01-01T00:00:00Z", "1767225600"),
    ("2026-06-15T12:30:00Z", "1781526600"),
    ("2027-01-01T00:00:00Z", "1798761600"),
)
_TIMES = ("aws:CurrentTime", "aws:EpochTime")


def a_context(
    dice: Dice, setting: Setting, caller: Caller, action: str, resource: str | None
) -> Iterator[tuple[str, Value]]:
    """What a request says beside its caller, operation and resource."""
    moment = MOMENTS[0] if dice.chance(40) else dice.one(MOMENTS)
    yield _TIMES[0], moment[0]
    if dice.chance(30):
        yield _TIMES[1], moment[1]
    identifier = user_id(caller)
    if identifier is not None:
        yield "aws:userid", identifier
    if resource is None:
        yield "aws:RequestedRegion", dice.one((setting.world.region, setting.world.region, setting.world.regions[2]))
    yield from _key_facts(dice, setting.estate, action, resource)
    yield from _about_request(dice, setting, caller, action)


def _key_facts(dice: Dice, estate: Estate, action: str, resource: str | None) -> Iterator[tuple[str, Value]]:
    """The key's facts where the estate does not give them, and the parameters of `CreateKey` (F8)."""
    key = _key_of(estate, resource)
    if action != "kms:CreateKey" and (key is None or key.spec is not None):
        return
    if key is not None and dice.chance(50):
        return
    facts = some_facts(dice, resource or "")
    yield "kms:KeySpec", facts.spec
    yield "kms:KeyUsage", facts.usage
    yield "kms:KeyOrigin", facts.origin
    yield "kms:MultiRegion", "true" if facts.multi_region_type else "false"
    if facts.multi_region_type:
        yield "kms:MultiRegionKeyType", facts.multi_region_type


def _key_of(estate: Estate, resource: str | None) -> Key | None:
    return next((key for key in estate.keys if key.arn == resource), None)


def _about_request(dice: Dice, setting: Setting, caller: Caller, action: str) -> Iterator[tuple[str, Value]]:
    """Keys of the theme mostly, and a few others; those of the endpoint, and of the grant that is asked for."""
    wanted = [key for key in setting.theme.keys if dice.chance(75)]
    wanted += [dice.one(KEYS) for _ in range(dice.one((0, 0, 0, 1, 2)))]
    context: Context = {}
    for key in wanted:
        if _may_give(setting.estate, caller, key):
            name = key.name if dice.chance(85) else key.name.lower()
            if not any(given.lower() == name.lower() for given in context) or key.rule == "F7":
                context[name] = _value(dice, setting, key)
    add(context, _through_endpoint(dice, setting))
    if action == "kms:CreateGrant":
        add(context, _asked_for(dice, setting))
    _complete(dice, context)
    yield from context.items()


def add(context: Context, more: Context) -> None:
    """Takes over what a context does not say yet; names of pairs of the encryption context may differ only in case
    (F7)."""
    given = {name.lower() for name in context}
    for name, value in more.items():
        pair = name.startswith(PAIR_PREFIX)
        if name not in context and (pair or name.lower() not in given):
            context[name] = value


def _through_endpoint(dice: Dice, setting: Setting) -> Context:
    """A way through a VPC endpoint, whether the estate lists it or not; mostly with all that comes with it (F4)."""
    if not dice.chance({Focus.ENDPOINT: 85}.get(setting.theme.focus, 12)):
        return {}
    known = setting.estate.endpoints or ()
    name = dice.one([endpoint.id for endpoint in known] or ENDPOINTS) if dice.chance(85) else dice.one(ENDPOINTS)
    endpoint = next((endpoint for endpoint in known if endpoint.id == name), None)
    found: Context = {"aws:SourceVpce": name}
    vpc = (endpoint.vpc if endpoint else None) or dice.one(VPCS)
    if dice.chance(35):
        found["aws:SourceVpc"] = vpc if dice.chance(92) else VPCS[1]
    if dice.chance(30):
        account = (endpoint.account if endpoint else None) or HOME
        found |= {"aws:VpceAccount": account, "aws:VpcSourceIp": "10.1.2.3"}
        region = dice.one((setting.world.region, "eu-west-3"))
        found["aws:SourceVpcArn"] = f"arn:{setting.world.partition}:ec2:{region}:{account}:vpc/{vpc}"
    return found


def _asked_for(dice: Dice, setting: Setting) -> Context:
    """The grant that a CreateGrant request asks for (F6): it always has operations and a grantee."""
    found: Context = {
        "kms:GrantOperations": tuple(dice.some(("Decrypt", "Encrypt", "DescribeKey", "CreateGrant"), 1, 2)),
        "kms:GranteePrincipal": dice.one(BY_NAME["kms:granteeprincipal"].values(setting.world)),
    }
    if dice.chance(25):
        found["kms:RetiringPrincipal"] = dice.one(BY_NAME["kms:retiringprincipal"].values(setting.world))
    return found


def _may_give(estate: Estate, caller: Caller, key: TestedKey) -> bool:
    """Whether a request may say this itself: what follows from caller, key or organization is left to the rooms (F1–F3,
    F8)."""
    if key.derived or key.name in _TIMES:
        return False
    if key.name.startswith("aws:PrincipalTag/"):
        # A role's session may have session tags, whatever the tags of the role are.
        return caller.kind in (CallerKind.ROLE, CallerKind.FEDERATED) or (
            caller.kind is CallerKind.USER and _identity(estate, caller) is None
        )
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
    if key in KEYS and key.kind == STRING and set(pool) <= set(NAMES) and dice.chance(25):
        pool = READABLE
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
