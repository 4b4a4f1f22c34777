"""Generated requests: callers of every kind, operations on keys, aliases and nothing, those of the grants among them
(R2–R4, G1–G6).

In: a tape of choices, a setting. Out: `Request`s.
"""

from __future__ import annotations

from tests.agreement.callers import a_caller, named, of_account
from tests.agreement.contexts import Context, a_context, add
from tests.agreement.estates import Setting
from tests.agreement.granted import granted
from tests.agreement.operations import ALIAS_ACTIONS, KEYLESS_ACTIONS, an_action
from tests.agreement.themes import KEYLESS, Focus
from tests.agreement.world import HOME, Dice
from verifier.model.estate import Key
from verifier.model.policy import PrincipalType
from verifier.model.reference import KeyFacts
from verifier.model.request import Caller, CallerKind, Request

_KEYLESS, _ALIAS = 7, 6
"""Requests in a hundred without a key, and on an alias."""
_NO_RCP = 92
"""From here on the number is one of the operation on which RCPs have no effect (D7)."""
_NAMED = (
    PrincipalType.USER,
    PrincipalType.ROLE,
    PrincipalType.SESSION,
    PrincipalType.FEDERATED_USER,
    PrincipalType.SERVICE,
)


def a_request(dice: Dice, setting: Setting) -> Request:
    """One request."""
    key = dice.one(setting.estate.keys[:1] * 4 + setting.estate.keys[-1:])
    if key.grants and dice.chance(85 if setting.theme.focus is Focus.GRANT else 40):
        caller, action, context = granted(dice, setting.world, key)
        return _request(dice, setting, caller, (action, key.arn), context)
    return _request(dice, setting, _caller(dice, setting, key), _operation(dice, setting, key), {})


def _caller(dice: Dice, setting: Setting, key: Key) -> Caller:
    """Anybody, or somebody whom the key policy names; through endpoints also services."""
    if setting.theme.focus is Focus.ENDPOINT and dice.chance(20):
        return of_account(dice, setting.world, HOME, CallerKind.SERVICE)
    if dice.chance({Focus.BOUNDARY: 60, Focus.KEY_DENY: 30}.get(setting.theme.focus, 15)):
        statements = [statement for policy in key.policies or () for statement in policy.statements]
        principals = [
            principal
            for statement in statements
            for principal in statement.principals or ()
            if principal.type in _NAMED
        ]
        if principals:
            return named(dice, setting.world, dice.one(principals))
    return a_caller(dice, setting.world)


def _request(
    dice: Dice, setting: Setting, caller: Caller, operation: tuple[str, str | None], context: Context
) -> Request:
    """A request; what `context` says goes before what is drawn."""
    add(context, dict(a_context(dice, setting, caller, *operation)))
    return Request(caller, *operation, tuple(context.items()))


def _operation(dice: Dice, setting: Setting, key: Key) -> tuple[str, str | None]:
    world = setting.world
    keyless = 12 * _KEYLESS if any(key.name in KEYLESS for key in setting.theme.keys) else _KEYLESS
    on_alias = 6 * _ALIAS if setting.theme.focus is Focus.RESOURCE_CONTROL else _ALIAS
    match dice.count(0, 99):
        case n if n < keyless:
            return dice.one(KEYLESS_ACTIONS), None
        case n if n < keyless + on_alias:
            name = dice.one(("alias/payments", "alias/blue", "alias/payments", "alias/Alice", "alias/aws/s3"))
            return dice.one(ALIAS_ACTIONS), f"arn:{world.partition}:kms:{world.region}:{HOME}:{name}"
        case n if setting.theme.focus is Focus.RESOURCE_CONTROL and n >= _NO_RCP:
            return "kms:RetireGrant", key.arn
        case _:
            return an_action(dice, facts_of(key)), key.arn


def facts_of(key: Key) -> KeyFacts | None:
    """What is known of a key, if all of it is."""
    if key.spec is None or key.usage is None or key.origin is None:
        return None
    return KeyFacts(key.spec, key.usage, key.origin, key.multi_region_type)
