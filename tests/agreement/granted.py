"""Generated requests about a grant: its grantee uses it or makes a smaller one, or somebody retires it (G1–G6).

In: a tape of choices, a key with grants. Out: a caller, an action, what the context must say.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from tests.agreement.callers import a_caller, named, of_account
from tests.agreement.contexts import PAIR_PREFIX, Context
from tests.agreement.grants import PAIR_NAMES
from tests.agreement.keys import constraint_sources, source_arns
from tests.agreement.operations import GRANT_OPERATIONS
from tests.agreement.world import HOME, NAMES, Dice, World
from verifier.model.estate import Key
from verifier.model.grant import Grant
from verifier.model.reference import action as action_named
from verifier.model.request import Caller, CallerKind

_CREATE, _RETIRE, _DESCRIBE = "kms:CreateGrant", "kms:RetireGrant", "kms:DescribeKey"


def granted(dice: Dice, world: World, key: Key) -> tuple[Caller, str, Context]:
    """A request that some grant of the key is about."""
    grant = dice.one(key.grants or ())
    if dice.chance(20):
        caller, action = _retirer(dice, world, grant), _RETIRE
    else:
        caller = (
            a_caller(dice, world) if grant.grantee_hidden and dice.chance(60) else named(dice, world, grant.grantee)
        )
        action = _operation(dice, grant)
    return caller, action, _context(dice, world, grant, caller, action)


def _operation(dice: Dice, grant: Grant) -> str:
    if _CREATE in grant.operations and dice.chance(30):
        return _CREATE
    if _DESCRIBE in grant.operations and grant.source_arn is not None and dice.chance(25):
        return _DESCRIBE
    return dice.one(grant.operations) if dice.chance(88) else dice.one(GRANT_OPERATIONS)


def _retirer(dice: Dice, world: World, grant: Grant) -> Caller:
    """Somebody who may retire a grant, or nearly (G5)."""
    match dice.count(0, 5):
        case 0 | 1 | 2 if grant.retiring is not None:
            return named(dice, world, grant.retiring)
        case 3:
            kinds = (CallerKind.ROOT, CallerKind.ROOT, CallerKind.USER, CallerKind.ROLE)
            return of_account(dice, world, grant.issuing_account or HOME, dice.one(kinds))
        case 4:
            return named(dice, world, grant.grantee)
        case _:
            return a_caller(dice, world)


def _context(dice: Dice, world: World, grant: Grant, caller: Caller, action: str) -> Context:
    """What the constraints ask for, sometimes with one thing wrong."""
    context: Context = {}
    known = action_named(action)
    if known is not None and known.encryption_context and dice.chance(85):
        context |= _pairs(dice, grant)
    if action == _CREATE:
        context |= _asked_for(dice, world, grant, bool(context))
    if grant.source_arn is not None and (dice.chance(80) if caller.kind is CallerKind.SERVICE else dice.chance(10)):
        fitting = [arn for arn in source_arns(world) if fnmatchcase(arn, grant.source_arn)]
        context["aws:SourceArn"] = dice.one(fitting if dice.chance(75) else source_arns(world))
    return context


def _pairs(dice: Dice, grant: Grant) -> Context:
    found: dict[str, str] = {}
    for name, value in grant.context_equals or grant.context_subset or ():
        if not dice.chance(8):
            found[dice.one((name,) * 6 + (name.swapcase(), name.upper()))] = (
                value if dice.chance(90) else dice.one(NAMES)
            )
    if dice.chance(25):
        found.setdefault(dice.one(PAIR_NAMES), dice.one(NAMES))
    return {PAIR_PREFIX + name: value for name, value in found.items()}


def _asked_for(dice: Dice, world: World, grant: Grant, constrained: bool) -> Context:
    """The operations and the kind of constraint of a grant that is made by a grant: a part of its own, mostly (G6)."""
    operations = dice.some(grant.operations if dice.chance(85) else GRANT_OPERATIONS, 1, 2)
    found: Context = {"kms:GrantOperations": tuple(operation.removeprefix("kms:") for operation in operations)}
    kinds = ("EncryptionContextEquals", "EncryptionContextSubset")
    own = kinds[0] if grant.context_equals is not None else kinds[1]
    if dice.chance(85 if constrained or grant.context_equals is not None else 10):
        found["kms:GrantConstraintType"] = own if dice.chance(70) else dice.one(kinds)
    if grant.source_arn is not None and dice.chance(85):
        fitting = [arn for arn in constraint_sources(world) if fnmatchcase(arn, grant.source_arn)]
        found["kms:GrantConstraintSourceArn"] = dice.one(fitting if dice.chance(75) else constraint_sources(world))
    return found
