"""The small world that a generated case plays in: few accounts, names and values, so that policies and requests meet.

In: a tape of choices, which hypothesis draws. Out: `World`, with the ARNs and values that everything else is drawn
from.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from tests.examples import RANDOM

T = TypeVar("T")

UNKNOWN = "000000000000"
"""Stands for the own account where nothing tells it (S4)."""
HOME, PARTNER, STRANGER = "111122223333", "444455556666", "777788889999"
ACCOUNTS = (HOME, PARTNER, STRANGER)
USERS = ("user/Alice", "user/dev/Bob")
ROLES = ("role/Admin", "role/app/Reader", "role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS")
OTHER_PATHS = ("user/Bob", "user/ops/Alice", "role/Reader", "role/ops/Admin")
"""Names of the above under other paths: an inventory lists the one or the other (R2)."""
SESSIONS = ("nightly", "Alice", "i-0abc")
AWS_OWNED_ROLE = "aws:ec2-infrastructure"
"""A role of AWS's own, whose sessions a grant may name (G2)."""
SERVICES = ("s3.amazonaws.com", "lambda.amazonaws.com", "rds.amazonaws.com")
ORGANIZATION, OTHER_ORGANIZATION = "o-exampleorg", "o-otherorg01"
PATHS = (
    f"{ORGANIZATION}/r-ab12/ou-ab12-11111111/",
    f"{ORGANIZATION}/r-ab12/",
    f"{OTHER_ORGANIZATION}/r-cd34/ou-cd34-22222222/",
)
ENDPOINTS = ("vpce-0a1b2c3d", "vpce-99aa88bb", "vpce-55667788")
"""The first two may be in the input; the third never is (V)."""
VPCS = ("vpc-0a1b2c3d", "vpc-99aa88bb")
NAMES = ("blue", "Blue", "Alice", "bl*", "acme")
"""Values of tags and encryption contexts; one has a wildcard (L7), two differ in case, one is a user's name."""


TAPE = 16
"""Bytes of a tape."""


def tapes(seed: int, count: int) -> Iterator[bytes]:
    """The same tapes every time, or new ones in a random run. Hypothesis would draw others once other modules are
    loaded."""
    chosen = random.Random(None if RANDOM else seed)
    return (chosen.randbytes(TAPE) for _ in range(count))


class Dice:
    """The few kinds of choice that the generators make, all of them told by a short tape of bytes that hypothesis
    draws.

    One draw for the whole scenario, rather than one for each choice: hypothesis makes five of six examples by copying
    one draw of an earlier example over another, and with thousands of small draws such copies hardly differ from each
    other. The tape is a seed, and no list of choices, since hypothesis would cut a list that is long enough; `reduce`
    makes disagreements small, and does not need one.
    """

    def __init__(self, tape: bytes) -> None:
        self._tape = tape
        self._random = random.Random(tape)

    @cached_property
    def aside(self) -> Dice:
        """Choices beside the others, which these leave as they are: what is seldom chosen does not make other cases of
        all."""
        return Dice(self._tape + b"aside")

    def count(self, least: int, most: int) -> int:
        """A number from `least` to `most`."""
        return self._random.randint(least, most)

    def one(self, pool: Sequence[T]) -> T:
        """One of a pool."""
        return pool[self.count(0, len(pool) - 1)]

    def some(self, pool: Sequence[T], least: int = 1, most: int = 3) -> list[T]:
        """A few different members of a pool."""
        return list(dict.fromkeys(self.one(pool) for _ in range(self.count(least, most))))

    def chance(self, percent: int) -> bool:
        """True in so many of a hundred cases."""
        return self.count(0, 99) < percent


def iam(partition: str, account: str, name: str) -> str:
    """An ARN of IAM."""
    return f"arn:{partition}:iam::{account}:{name}"


def sts(partition: str, account: str, name: str) -> str:
    """An ARN of STS."""
    return f"arn:{partition}:sts::{account}:{name}"


def unique_id(arn: str) -> str:
    """The unique ID of a user or role of the small world (`AIDA…`, `AROA…`)."""
    account, name = arn.split(":")[4], arn.rsplit("/", 1)[1]
    place = {HOME: "HOME", PARTNER: "PARTNER"}.get(account, "OTHER")
    return ("AIDA" if ":user/" in arn else "AROA") + name.upper()[:8] + place


REGIONS = {
    "aws": ("us-west-2", "us-east-1", "eu-west-1"),
    "aws-cn": ("cn-north-1", "cn-northwest-1", "cn-east-1"),
    "aws-us-gov": ("us-gov-west-1", "us-gov-east-1", "us-gov-south-1"),
}
"""Three of each partition (R7)."""


@dataclass(frozen=True)
class World:
    """Where a case plays. `keys` are the ARNs of its keys, all of one account (`HOME`, or `UNKNOWN`); `region` is the
    first one's."""

    partition: str
    region: str
    keys: tuple[str, ...]

    @property
    def regions(self) -> tuple[str, str, str]:
        """The Regions of its partition."""
        return REGIONS[self.partition]

    @property
    def owner(self) -> str:
        """The account of the keys."""
        return self.keys[0].split(":")[4]

    def identities(self, account: str) -> tuple[str, ...]:
        """The users and roles of an account."""
        return tuple(iam(self.partition, account, name) for name in (*USERS, *ROLES))

    def users(self, account: str) -> tuple[str, ...]:
        """The users of an account."""
        return tuple(iam(self.partition, account, name) for name in USERS)

    def sessions(self, account: str) -> tuple[str, ...]:
        """Some role sessions of an account."""
        pairs = (("Admin", "nightly"), ("Reader", "Alice"), ("Admin", "i-0abc"), ("Reader", "nightly"))
        return tuple(sts(self.partition, account, f"assumed-role/{role}/{session}") for role, session in pairs)

    def federated(self, account: str) -> tuple[str, ...]:
        """The federated-user sessions of an account."""
        return tuple(sts(self.partition, account, f"federated-user/{name}") for name in ("Sam", "Alice"))

    def principal_arns(self, account: str) -> tuple[str, ...]:
        """Values of `aws:PrincipalArn` (F1)."""
        return (*self.identities(account), iam(self.partition, account, "root"), *self.federated(account))


def a_world(dice: Dice) -> World:
    """A world: one or two keys, which may be related multi-Region keys (L9)."""
    partition = dice.one(("aws",) * 8 + ("aws-cn", "aws-us-gov"))
    region = dice.one(REGIONS[partition][:2])
    first = dice.one(("1234abcd-12ab-34cd-56ef-1234567890ab", "mrk-1234abcd12ab34cd56ef1234567890ab"))
    owner = UNKNOWN if dice.aside.chance(3) else HOME
    keys = [f"arn:{partition}:kms:{region}:{owner}:key/{first}"]
    if dice.chance(30):
        elsewhere = REGIONS[partition][2] if dice.chance(50) else region
        other = first if elsewhere != region else "0987dcba-09fe-87dc-65ba-ab0987654321"
        keys.append(f"arn:{partition}:kms:{elsewhere}:{owner}:key/{other}")
    return World(partition, region, tuple(keys))
