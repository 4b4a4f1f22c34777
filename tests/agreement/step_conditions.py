"""Condition keys of steps, and generated conditions on them (C, E1–E3).

In: a tape of choices. Out: the keys of a case; condition blocks; values for contexts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.agreement.conditions import OPERATORS
from tests.agreement.keys import ARN, BOOL, IP, STRING
from tests.agreement.world import HOME, PARTNER, Dice


@dataclass(frozen=True)
class StepKey:
    """A condition key. `derived` ones follow from the caller or the target; `where` says whose requests can carry it,
    beside those that the reference data says: `web`, `service`, `iam`, `sts` or everybody's."""

    name: str
    kind: str
    pool: tuple[str, ...]
    multivalued: bool = False
    derived: bool = False
    where: str = ""


_TEAMS = ("red", "blue", "Alice", "r*")
SUB, AMR = "token.actions.githubusercontent.com:sub", "cognito-identity.amazonaws.com:amr"
_EDGE, _ADMIN = f"arn:aws:iam::{HOME}:policy/edge", "arn:aws:iam::aws:policy/AdministratorAccess"
KEYS = (
    StepKey("iam:PolicyARN", ARN, (_ADMIN, _EDGE, "arn:aws:iam::aws:policy/*")),
    StepKey("iam:PassedToService", STRING, ("lambda.amazonaws.com", "ec2.amazonaws.com", "l*")),
    StepKey(
        "iam:AssociatedResourceArn", ARN, (f"arn:aws:ec2:us-east-1:{HOME}:instance/i-1", "arn:aws:ec2:*:*:instance/*")
    ),
    StepKey("iam:PermissionsBoundary", ARN, (_EDGE, "arn:aws:iam::*:policy/*"), derived=True),
    *(
        StepKey(name, STRING, _TEAMS, derived=True)
        for name in ("iam:ResourceTag/team", "aws:ResourceTag/Team", "aws:PrincipalTag/team")
    ),
    StepKey("sts:ExternalId", STRING, ("1234", "red", "12*")),
    StepKey("sts:RoleSessionName", STRING, ("Alice", "nightly", "${aws:username}", "${aws:PrincipalTag/team}")),
    StepKey("sts:SourceIdentity", STRING, ("Alice", "Bob")),
    StepKey("aws:RequestTag/team", STRING, (*_TEAMS, "${aws:PrincipalTag/team}", "${aws:ResourceTag/team}")),
    StepKey("aws:TagKeys", STRING, ("team", "Team", "other"), multivalued=True),
    StepKey("sts:TransitiveTagKeys", STRING, ("team", "other"), multivalued=True),
    StepKey("aws:username", STRING, ("Alice", "B*"), derived=True),
    StepKey(
        "aws:PrincipalArn",
        ARN,
        (f"arn:aws:iam::{HOME}:role/*", f"arn:aws:iam::{HOME}:user/Alice", "arn:aws:iam::*:*"),
        derived=True,
    ),
    StepKey("aws:PrincipalAccount", STRING, (HOME, PARTNER), derived=True),
    StepKey("aws:PrincipalType", STRING, ("User", "AssumedRole", "Account"), derived=True),
    StepKey("aws:PrincipalOrgID", STRING, ("o-exampleorg", "o-*"), derived=True),
    StepKey("aws:ResourceOrgID", STRING, ("o-exampleorg", "${aws:PrincipalOrgID}"), derived=True),
    StepKey("aws:ResourceAccount", STRING, (HOME, PARTNER, "${aws:PrincipalAccount}"), derived=True),
    StepKey("aws:PrincipalIsAWSService", BOOL, ("true", "false"), derived=True),
    StepKey("aws:PrincipalServiceName", STRING, ("lambda.amazonaws.com", "*"), derived=True),
    StepKey("aws:RequestedRegion", STRING, ("us-east-1", "eu-west-1"), derived=True),
    StepKey("kms:ViaService", STRING, ("s3.us-east-1.amazonaws.com", "*"), derived=True),
    StepKey("kms:CallerAccount", STRING, (HOME,), derived=True),
    StepKey("aws:SourceIp", IP, ("203.0.113.0/24", "203.0.113.9", "198.51.100.0/24")),
    StepKey("aws:MultiFactorAuthPresent", BOOL, ("true", "false")),
    StepKey("aws:SourceVpce", STRING, ("vpce-1", "vpce-*")),
    StepKey("aws:UserAgent", STRING, ("cli", "c*"), derived=True),
    StepKey(
        "aws:SourceArn", ARN, (f"arn:aws:lambda:us-east-1:{HOME}:function:f", "arn:aws:lambda:*:*:*"), where="service"
    ),
    StepKey(SUB, STRING, ("repo:a/b", "repo:a/*", "repo:c"), where="web"),
    StepKey("saml:aud", STRING, ("https://signin.aws.amazon.com/saml", "https*"), where="web"),
    StepKey("saml:edupersonaffiliation", STRING, ("staff", "student"), multivalued=True, where="web"),
    StepKey(AMR, STRING, ("authenticated", "unauthenticated"), multivalued=True, where="web"),
    StepKey("iam:Brand-New", STRING, ("x", "y*")),
)
BY_NAME = {key.name: key for key in KEYS}


def some_keys(dice: Dice) -> tuple[StepKey, ...]:
    """The keys that the policies of a case test."""
    return tuple(dice.some(KEYS, 1, 5))


def block(dice: Dice, keys: tuple[StepKey, ...]) -> dict[str, Any]:
    """A condition block, or none."""
    if dice.chance(45):
        return {}
    found: dict[str, dict[str, Any]] = {}
    for _ in range(dice.one((1, 1, 2))):
        key = dice.one(keys)
        name = key.name if dice.chance(85) else key.name.upper() if "/" not in key.name else key.name
        operator, values = _test(dice, key)
        tests = found.setdefault(operator, {})
        if key.name.lower() not in (known.lower() for known in tests):
            tests[name] = values
    return {"Condition": found}


def _test(dice: Dice, key: StepKey) -> tuple[str, Any]:
    if dice.chance(12):
        return "Null", dice.one(("true", "false"))
    base = dice.one(OPERATORS[key.kind])
    prefix = dice.one(("ForAnyValue:", "ForAllValues:")) if dice.chance(75 if key.multivalued else 8) else ""
    values = [value for value in dice.some(key.pool, 1, 2) if "${" not in value or not key.multivalued]
    if "Not" not in base and dice.chance(4):
        return prefix + base, []
    return prefix + base + ("IfExists" if dice.chance(15) else ""), values or [key.pool[0]]


def value(dice: Dice, key: StepKey) -> str | tuple[str, ...]:
    """What a request says of a key."""
    plain = [text for text in key.pool if not ("*" in text or "${" in text or "/24" in text)] or ["203.0.113.9"]
    return tuple(dice.some(plain, 1, 2)) if key.multivalued else dice.one(plain)
