"""What a generated case is about: the keys that its policies mostly test, and the statement that it turns on.

In: a tape of choices, a world. Out: `Theme`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tests.agreement.keys import ARN, BINARY, BOOL, DATE, IP, KEYS, NUMERIC, OTHERS, STRING, TestedKey
from tests.agreement.world import Dice, World

_SETS, _KEY_FACTS = "multi-valued", "facts of the key"
_NETWORK = (*("aws:SourceVpc", "aws:VpceAccount") * 3, "aws:SourceVpce", "aws:VpcSourceIp")
KEYLESS = ("kms:CallerAccount", "aws:ResourceAccount")
"""Keys that operations without a key carry, or do not (F1-keyless)."""
TOGETHER = (
    *(("kms:EncryptionContext:tenant", "kms:EncryptionContext:Tenant"),) * 2,
    KEYLESS,
    *(("aws:PrincipalTag/team", "aws:PrincipalTag/Project"), ("aws:PrincipalTag/team", "kms:EncryptionContext:app"))
    * 2,
    *(("kms:ResourceAliases",),) * 3,
)
"""Keys that matter together, or seldom: two spellings (F7), session tags (F3), empty strings (C1), aliases over the
quota (F8)."""


class Focus(Enum):
    """What a case turns on. Where many statements overlap, a fault in one of them is mostly hidden by the others."""

    EVERYTHING = "several statements everywhere"
    KEY_DENY = "one Deny of the key policy, all else allowed"
    KEY_ALLOW = "one Allow of the key policy"
    IDENTITY_DENY = "one Deny of an identity policy, all else allowed"
    IDENTITY_ALLOW = "one Allow of an identity policy, in an account that the key policy trusts"
    GRANT = "grants, where policies give little"
    SERVICE_CONTROL = "one statement of one SCP, all else allowed"
    RESOURCE_CONTROL = "one Deny of one RCP, all else allowed"
    BOUNDARY = "one statement of a permissions boundary, and the way in which the key policy names callers"
    ENDPOINT = "one statement of the policy of a VPC endpoint"


_WEIGHTS = {
    Focus.EVERYTHING: 12,
    Focus.KEY_DENY: 6,
    Focus.KEY_ALLOW: 2,
    Focus.IDENTITY_DENY: 3,
    Focus.IDENTITY_ALLOW: 2,
    Focus.GRANT: 4,
    Focus.SERVICE_CONTROL: 2,
    Focus.RESOURCE_CONTROL: 3,
    Focus.BOUNDARY: 3,
    Focus.ENDPOINT: 4,
}
_FOCI = tuple(focus for focus, weight in _WEIGHTS.items() for _ in range(weight))


@dataclass(frozen=True)
class Theme:
    """What a case is about: the keys that its policies mostly test and its requests mostly have, with a value that both
    prefer."""

    world: World
    keys: tuple[TestedKey, ...]
    focus: Focus

    @property
    def focused(self) -> bool:
        """Whether one statement decides."""
        return self.focus is not Focus.EVERYTHING

    def values(self, key: TestedKey) -> tuple[str, ...]:
        """The pool of a key's values."""
        return key.values(self.world)


def a_theme(dice: Dice, world: World) -> Theme:
    """A theme of a few keys; most of the cases turn on one statement."""
    focus = dice.one(_FOCI)
    most = 5 if focus is Focus.EVERYTHING else 2
    keys = [any_key(dice) for _ in range(dice.count(1, most))]
    if focus is Focus.ENDPOINT and dice.chance(75):
        keys[0] = _key(dice.one(_NETWORK))
    elif dice.chance(50):
        keys[:2] = [_key(name) for name in dice.one(TOGETHER)]
    return Theme(world, tuple(dict.fromkeys(keys)), focus)


def _key(name: str) -> TestedKey:
    return next(key for key in KEYS if key.name == name)


def any_key(dice: Dice) -> TestedKey:
    """A key of any kind; the kinds of which there are few keys get their share."""
    if dice.chance(5):
        return dice.one(OTHERS)
    kind = dice.one(
        (
            STRING,
            STRING,
            STRING,
            ARN,
            BOOL,
            ARN,
            DATE,
            NUMERIC,
            IP,
            BINARY,
            _SETS,
            STRING,
            _KEY_FACTS,
            _SETS,
            DATE,
            NUMERIC,
        )
    )
    if kind == _KEY_FACTS:
        return dice.one([key for key in KEYS if key.rule == "F8"])
    return dice.one([key for key in KEYS if (_SETS if key.multivalued else key.kind) == kind])
