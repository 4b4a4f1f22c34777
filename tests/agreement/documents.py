"""Generated policy documents: key policies and identity policies as JSON (L1–L9, P1–P7).

In: choices, a world, a theme. Out: documents, to be dumped and read by the parser.
"""

from __future__ import annotations

from typing import Any

from tests.agreement.elements import actions, an_effect, bare, conditional, document, identity_statement
from tests.agreement.principals import callers_themselves, principal, spared
from tests.agreement.themes import Focus, Theme
from tests.agreement.world import HOME, PARTNER, Dice, World, iam

Document = dict[str, Any]

EVERYTHING: Document = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
"""A statement that allows everything, where no principal is named."""


def key_policy(dice: Dice, theme: Theme, key: str) -> Document:
    """A key policy. Most begin with a broad Allow, so that a good part of the requests is allowed."""
    trusting = {"AWS": [iam(theme.world.partition, HOME, "root"), PARTNER]}
    broad: list[Any] = [trusting, {"AWS": HOME}, "*", {"AWS": "*"}]
    first = {**EVERYTHING, "Principal": dice.one(broad)}
    match theme.focus:
        case Focus.KEY_DENY:
            statements = [first, _key_statement(dice, theme, key, "Deny")]
            if dice.chance(35):
                statements[1].pop("NotPrincipal", None)
                statements[1]["Principal"] = {"AWS": list(theme.world.users(HOME))}
        case Focus.KEY_ALLOW:
            statements = [_key_statement(dice, theme, key, "Allow")]
        case Focus.IDENTITY_DENY | Focus.IDENTITY_ALLOW:
            statements = [{**first, "Principal": trusting}]
        case Focus.GRANT:
            statements = [{**first, "Principal": trusting if dice.chance(50) else {"AWS": HOME}}]
            if dice.chance(35):
                statements[0]["Action"] = ["kms:Put*", "kms:ListGrants"]
            if dice.chance(30):
                statements.append(_key_statement(dice, theme, key, "Deny"))
        case Focus.BOUNDARY:
            statements = [{**first, "Principal": callers_themselves(dice, theme.world)} if dice.chance(70) else first]
            if dice.chance(30):
                few = ["kms:De*", "kms:ScheduleKeyDeletion"] if dice.chance(80) else "kms:*"
                statements.append(
                    {"Effect": "Deny", "NotPrincipal": spared(dice, theme.world), "Action": few, "Resource": "*"}
                )
        case Focus.SERVICE_CONTROL | Focus.RESOURCE_CONTROL | Focus.ENDPOINT:
            statements = [first if dice.chance(50) else {**first, "Principal": trusting}]
        case _:
            statements = [] if dice.chance(10) else [first]
            statements += [_key_statement(dice, theme, key, an_effect(dice, 20)) for _ in range(dice.count(1, 3))]
    return document(dice, statements)


def identity_policy(dice: Dice, theme: Theme) -> Document:
    """An identity policy."""
    match theme.focus:
        case Focus.IDENTITY_DENY:
            statements = [EVERYTHING, identity_statement(dice, theme, "Deny")]
        case Focus.IDENTITY_ALLOW:
            statements = [identity_statement(dice, theme, "Allow")]
        case Focus.GRANT:
            statements = [{**EVERYTHING, "Action": dice.one(("kms:List*", "kms:List*", "kms:*", "kms:*Grant"))}]
        case Focus.EVERYTHING:
            statements = [] if dice.chance(25) else [EVERYTHING]
            statements += [identity_statement(dice, theme, an_effect(dice, 20)) for _ in range(dice.count(1, 3))]
        case _:
            statements = [EVERYTHING]
    return document(dice, statements)


def _key_statement(dice: Dice, theme: Theme, key: str, effect: str) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": effect, **principal(dice, theme, effect), **actions(dice, theme)}
    if dice.chance(2):
        return statement  # without a resource it has no effect (L5)
    statement |= _key_resource(dice, theme.world, key)
    return conditional(dice, theme, statement, effect)


def _key_resource(dice: Dice, world: World, key: str) -> dict[str, Any]:
    if dice.chance(75):
        return {"Resource": "*"}
    other = world.keys[-1] if world.keys[-1] != key else key[:-1] + "0"
    pools = (
        *(
            [key],
            ["*", other],
            [other],
            [key.rsplit("/", 1)[0] + "/*"],
            [f"arn:*:kms:*:{HOME}:key/*"],
            key.rsplit("/", 1)[1:],
        ),
        *(
            [key.rsplit("/", 1)[0] + "/${aws:PrincipalTag/team}*"],
            [key.replace(":kms:", ":KMS:")],
            ["arn:*"],
            None,
            None,
        ),
    )
    chosen = dice.one(pools)
    if chosen is None:
        return {} if dice.chance(60) else {"NotResource": other}
    return {"Resource": bare(dice, list(chosen))}
