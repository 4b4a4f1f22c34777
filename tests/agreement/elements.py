"""Generated elements of statements in any kind of policy: actions, conditions, resources as IAM policies have them
(L1–L9, C).

In: choices, a world, a theme. Out: parts of JSON documents.
"""

from __future__ import annotations

from typing import Any

from tests.agreement.conditions import conditions
from tests.agreement.operations import ACTIONS, COMMON_ACTIONS
from tests.agreement.themes import Theme
from tests.agreement.world import HOME, PARTNER, Dice, World

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
    ),
    *(
        "kms:*Grant*",
        "kms:*Alias*",
        "kms:Describe*",
        "s3:GetObject",
        "kms:Get*",
        "kms:*Tag*",
        "kms:DecryptNot",
        "kms:*caps*",
        "kms:*Mac",
    ),
)


def an_effect(dice: Dice, denies: int) -> str:
    """A Deny in so many of a hundred cases."""
    return "Deny" if dice.chance(denies) else "Allow"


def document(dice: Dice, statements: list[dict[str, Any]]) -> dict[str, Any]:
    """The version decides about variables (L1); a single statement may stand alone (L2)."""
    version = dice.one(("2012-10-17",) * 8 + ("2008-10-17", ""))
    body: Any = statements[0] if len(statements) == 1 and dice.chance(30) else statements
    return {**({"Version": version} if version else {}), "Statement": body}


def identity_statement(dice: Dice, theme: Theme, effect: str) -> dict[str, Any]:
    """A statement that names nobody, as in all policies but those with a principal."""
    statement: dict[str, Any] = {"Effect": effect, **actions(dice, theme), **identity_resource(dice, theme.world)}
    return conditional(dice, theme, statement, effect)


def conditional(dice: Dice, theme: Theme, statement: dict[str, Any], effect: str) -> dict[str, Any]:
    """A Deny mostly has a condition, an Allow in about half of the cases."""
    if dice.chance(90 if effect == "Deny" else 42):
        statement["Condition"] = conditions(dice, theme, 3 if effect == "Deny" else 2)
    return statement


def bare(dice: Dice, values: list[str]) -> Any:
    """One value sometimes without its list (L2)."""
    return values[0] if len(values) == 1 and dice.chance(50) else values


def actions(dice: Dice, theme: Theme) -> dict[str, Any]:
    """`Action` or `NotAction`; where one statement decides, it is mostly about all of them."""
    if theme.focused and dice.chance(70):
        return {"Action": "kms:*"}
    name = "NotAction" if dice.chance(10) else "Action"
    pool = (*PATTERNS, *COMMON_ACTIONS) if name == "Action" else (*ACTIONS, "kms:Create*", "kms:D*")
    return {name: bare(dice, dice.some(pool, 1, 3))}


def identity_resource(dice: Dice, world: World) -> dict[str, Any]:
    """`Resource` or `NotResource`, as in all policies but key policies."""
    if dice.chance(40):
        return {"Resource": "*"}
    name = "NotResource" if dice.chance(15) else "Resource"
    return {name: bare(dice, [_identity_pattern(dice, world) for _ in range(dice.count(1, 2))])}


def _identity_pattern(dice: Dice, world: World) -> str:
    start = f"arn:{world.partition}:kms"
    key, region = dice.one(world.keys), world.region
    last = key.split(":", 5)[5]
    pool = (
        *(
            key,
            key,
            f"{start}:*:*:key/*",
            f"{start}:{region}:{HOME}:*",
            f"{start}:*:{HOME}:key/{last[4:8]}*",
            start,
            f"{start}:*",
            "arn:*",
        ),
        *(
            f"{start}:{region}:{HOME}:alias/*",
            f"{start}:*:*:alias/payments",
            last,
            last[4:],
            "alias/payments",
            f"{start}:*:*:key/mrk-*",
        ),
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
        *(
            f"{start}:*:*:alias/${{aws:PrincipalTag/team, 'blue'}}",
            f"{start}:{region}",
            f"{start}:*:{last}",
            f"{start}:*:key/*",
        ),
    )
    return dice.one(pool)
