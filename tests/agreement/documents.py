"""Generated policy documents: key policies and identity policies as JSON (sections 2 and 3).

In: choices, a world, a theme. Out: documents, to be dumped and read by the parser.
"""

from __future__ import annotations

from typing import Any

from tests.agreement.conditions import Focus, Theme, conditions
from tests.agreement.world import ACCOUNTS, HOME, PARTNER, SERVICES, Dice, World, iam

COMMON_ACTIONS = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:CreateGrant", "kms:DescribeKey", "kms:PutKeyPolicy")
ACTIONS = (
    *COMMON_ACTIONS,
    *("kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:ReplicateKey", "kms:TagResource", "kms:ScheduleKeyDeletion", "kms:UpdatePrimaryRegion"),
    *("kms:GetKeyPolicy", "kms:Sign", "kms:ListGrants", "kms:RevokeGrant", "kms:RetireGrant", "kms:CreateAlias", "kms:FutureOperation"),
    *("kms:EnableKeyRotation", "kms:ImportKeyMaterial", "kms:UntagResource"),
)
KEYLESS_ACTIONS = (
    "kms:CreateKey",
    "kms:ListKeys",
    "kms:ListAliases",
    "kms:GenerateRandom",
    "kms:DescribeCustomKeyStores",
    "kms:FutureListing",
)
ALIAS_ACTIONS = ("kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias")
PATTERNS = (
    *("kms:*",) * 6,
    *(
        "*",
        "*",
        "kms:D*",
        "kms:*Encrypt*",
        "kms:?ecrypt",
        "kms:Re*",
        "kms:Create*",
        "kms:List*",
        "KMS:decrypt",
        "Kms:GENERATE*",
        "kms:*Grant*",
    ),
    *("kms:*Alias*", "kms:Describe*", "s3:GetObject", "kms:Get*", "kms:*Tag*", "kms:DecryptNot"),
)
UNIQUE_IDS = ("AIDA1234567890EXAMPLE", "AROA1234567890EXAMPLE")


def key_policy(dice: Dice, theme: Theme, key: str) -> dict[str, Any]:
    """A key policy. Most begin with a broad Allow, so that a good part of the requests is allowed."""
    broad: list[Any] = [{"AWS": [iam(theme.world.partition, HOME, "root"), PARTNER]}, {"AWS": HOME}, "*", {"AWS": "*"}]
    first = {"Effect": "Allow", "Principal": dice.one(broad), "Action": "kms:*", "Resource": "*"}
    match theme.focus:
        case Focus.KEY_DENY:
            statements = [first, _key_statement(dice, theme, key, "Deny")]
        case Focus.KEY_ALLOW:
            statements = [_key_statement(dice, theme, key, "Allow")]
        case Focus.IDENTITY_DENY | Focus.IDENTITY_ALLOW:
            statements = [{**first, "Principal": broad[0]}]
        case _:
            statements = [] if dice.chance(15) else [first]
            statements += [_key_statement(dice, theme, key, _effect(dice, 25)) for _ in range(dice.count(1, 4))]
    return _document(dice, statements)


def identity_policy(dice: Dice, theme: Theme) -> dict[str, Any]:
    """An identity policy."""
    broad = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    match theme.focus:
        case Focus.KEY_DENY | Focus.KEY_ALLOW:
            statements = [broad]
        case Focus.IDENTITY_DENY:
            statements = [broad, _identity_statement(dice, theme, "Deny")]
        case Focus.IDENTITY_ALLOW:
            statements = [_identity_statement(dice, theme, "Allow")]
        case _:
            statements = [] if dice.chance(35) else [broad]
            statements += [_identity_statement(dice, theme, _effect(dice, 20)) for _ in range(dice.count(1, 3))]
    return _document(dice, statements)


def _effect(dice: Dice, denies: int) -> str:
    return "Deny" if dice.chance(denies) else "Allow"


def _document(dice: Dice, statements: list[dict[str, Any]]) -> dict[str, Any]:
    """The version decides about variables (L1); a single statement may stand alone (L2)."""
    version = dice.one(("2012-10-17",) * 8 + ("2008-10-17", ""))
    body: Any = statements[0] if len(statements) == 1 and dice.chance(30) else statements
    return {**({"Version": version} if version else {}), "Statement": body}


def _key_statement(dice: Dice, theme: Theme, key: str, effect: str) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": effect, **_principal(dice, theme, effect), **_actions(dice, theme)}
    if dice.chance(2):
        del statement[next(name for name in statement if name.endswith("Action"))]
    statement |= _key_resource(dice, theme.world, key)
    return _conditional(dice, theme, statement, effect)


def _identity_statement(dice: Dice, theme: Theme, effect: str) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": effect, **_actions(dice, theme), **_identity_resource(dice, theme.world)}
    return _conditional(dice, theme, statement, effect)


def _conditional(dice: Dice, theme: Theme, statement: dict[str, Any], effect: str) -> dict[str, Any]:
    """A Deny mostly has a condition, an Allow in about half of the cases."""
    if dice.chance(90 if effect == "Deny" else 55):
        statement["Condition"] = conditions(dice, theme, 3 if effect == "Deny" else 2)
    return statement


def _bare(dice: Dice, values: list[str]) -> Any:
    return values[0] if len(values) == 1 and dice.chance(50) else values


def _actions(dice: Dice, theme: Theme) -> dict[str, Any]:
    if theme.focused and dice.chance(70):
        return {"Action": "kms:*"}
    name = "NotAction" if dice.chance(10) else "Action"
    pool = (*PATTERNS, *COMMON_ACTIONS) if name == "Action" else (*ACTIONS, "kms:Create*", "kms:D*")
    return {name: _bare(dice, dice.some(pool, 1, 3))}


def _principal(dice: Dice, theme: Theme, effect: str) -> dict[str, Any]:
    world = theme.world
    if dice.chance(12 if effect == "Deny" else 3):
        return {"NotPrincipal": _spared(dice, world) if dice.chance(60) else _listed_principals(dice, world)}
    if theme.focused and dice.chance(60 if effect == "Allow" else 45):
        return {"Principal": "*"}
    match dice.count(0, 9):
        case 0 | 1:
            return {"Principal": "*"}
        case 2:
            return {"Principal": {"AWS": "*"}}
        case _:
            return {"Principal": _listed_principals(dice, world)}


def _spared(dice: Dice, world: World) -> dict[str, Any]:
    """A user or role with its account, and a session of the role, as `NotPrincipal` needs them to spare a caller (P5)."""
    account = dice.one((HOME, HOME, PARTNER))
    arns = [dice.one(world.identities(account)), dice.one((account, iam(world.partition, account, "root")))]
    if dice.chance(50):
        arns.append(dice.one((*world.sessions(account), *world.federated(account))))
    return {"AWS": arns}


def _listed_principals(dice: Dice, world: World) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if dice.chance(90):
        found["AWS"] = _bare(dice, [_aws_principal(dice, world) for _ in range(dice.count(1, 3))])
    if dice.chance(18) or not found:
        found["Service"] = _bare(dice, dice.some(SERVICES, 1, 2))
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
            return dice.one((*UNIQUE_IDS, "*", account))


def _key_resource(dice: Dice, world: World, key: str) -> dict[str, Any]:
    if dice.chance(75):
        return {"Resource": "*"}
    other = world.keys[-1] if world.keys[-1] != key else key[:-1] + "0"
    pools = (
        *([key], ["*", other], [other], [key.rsplit("/", 1)[0] + "/*"], [f"arn:*:kms:*:{HOME}:key/*"], key.rsplit("/", 1)[1:]),
        *([key.rsplit("/", 1)[0] + "/${aws:PrincipalTag/team}*"], [key.replace(":kms:", ":KMS:")], ["arn:*"], None, None),
    )
    chosen = dice.one(pools)
    if chosen is None:
        return {} if dice.chance(60) else {"NotResource": other}
    return {"Resource": _bare(dice, list(chosen))}


def _identity_resource(dice: Dice, world: World) -> dict[str, Any]:
    if dice.chance(40):
        return {"Resource": "*"}
    name = "NotResource" if dice.chance(15) else "Resource"
    return {name: _bare(dice, [_identity_pattern(dice, world) for _ in range(dice.count(1, 2))])}


def _identity_pattern(dice: Dice, world: World) -> str:
    start = f"arn:{world.partition}:kms"
    key, region = dice.one(world.keys), world.region
    last = key.split(":", 5)[5]
    pool = (
        *(key, key, f"{start}:*:*:key/*", f"{start}:{region}:{HOME}:*", f"{start}:*:{HOME}:key/{last[4:8]}*", start, f"{start}:*", "arn:*"),
        *(f"{start}:{region}:{HOME}:alias/*", f"{start}:*:*:alias/payments", last, last[4:], "alias/payments", f"{start}:*:*:key/mrk-*"),
        *(
            f"{start}:*:*:*/${{aws:PrincipalTag/team}}*",
            f"{start}:*:${{aws:PrincipalAccount}}:key/*",
            f"{start}:{region}:*:key/?" + last[5:],
        ),
        *(
            f"{start}:*:*:alias/${{aws:username}}",
            f"{start}:*:*:${{aws:PrincipalTag/team, 'key'}}/*",
            f"{start}:*:{PARTNER}:*",
            f"{start}:*:*:*",
        ),
        *(f"{start}:*:*:alias/${{aws:PrincipalTag/team, 'blue'}}", f"{start}:{region}"),
    )
    return dice.one(pool)
