"""Generated key policies and invariants. In: a seed, sizes. Out: texts. Guarantee: the same texts for the same
arguments."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from verifier.language.invariants.files import read_invariants
from verifier.language.policies.documents import read_policy
from verifier.model.estate import Estate, Key
from verifier.model.invariant import Invariant
from verifier.model.policy import PolicyKind
from verifier.syntax.source import Source

ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
PARTNERS = ("444455556666", "777788889999", "222233334444")
ROLES = ("admin", "app", "backup", "deploy", "audit", "batch")
ACTIONS = (
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:DescribeKey",
    "kms:CreateGrant",
    "kms:ReEncrypt*",
    "kms:List*",
)
ABSENT_ACTION = "kms:ScheduleKeyDeletion"
"""An action that no generated statement mentions."""


@dataclass(frozen=True)
class Problem:
    """A key with its policy, and invariants about it."""

    name: str
    estate: Estate
    invariants: tuple[Invariant, ...]


def problem(name: str, policy: dict[str, Any], invariants: str) -> Problem:
    """Reads a policy and invariants."""
    read = read_policy(
        Source(f"{name}.json", json.dumps(policy)), PolicyKind.KEY, identity=f"{KEY}#default", name="default"
    )
    estate = Estate((Key(KEY, policies=(read,)),))
    return Problem(name, estate, read_invariants(Source(f"{name}.inv", invariants)).about_requests)


def policy_of(statements: list[dict[str, Any]]) -> dict[str, Any]:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": statements}


def role_entry(
    name: str, number: int, trust: dict[str, Any], statements: list[dict[str, Any]], **more: Any
) -> dict[str, Any]:
    """An entry of `RoleDetailList`: a role with one inline policy, and one statement in its trust policy."""
    return {
        "Path": "/",
        "RoleName": name,
        "RoleId": f"AROA{number:017d}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "AssumeRolePolicyDocument": policy_of([trust]),
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": policy_of(statements)}],
        "AttachedManagedPolicies": [],
        "Tags": [],
        **more,
    }


EC2_ALONE = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}


def random_policy(seed: int, statements: int) -> dict[str, Any]:
    """Three Allow statements for each Deny, with principals, actions and up to three conditions."""
    source = random.Random(seed)
    return policy_of([_statement(source, number) for number in range(statements)])


def _statement(source: random.Random, number: int) -> dict[str, Any]:
    deny = number % 4 == 3
    account = source.choice((ACCOUNT, *PARTNERS))
    principal = f"arn:aws:iam::{account}:role/{source.choice(ROLES)}"
    statement: dict[str, Any] = {
        "Sid": f"S{number}",
        "Effect": "Deny" if deny else "Allow",
        "Principal": "*" if deny else {"AWS": principal},
        "Action": sorted(source.sample(ACTIONS, source.randint(1, 3))),
        "Resource": "*",
    }
    condition: dict[str, Any] = {}
    for make in source.sample(_CONDITIONS, source.randint(0, 3)):
        operator, key, value = make(source)
        condition.setdefault(operator, {})[key] = value
    if deny and not condition:
        condition = {"StringNotEquals": {"aws:PrincipalOrgID": "o-exampleorg"}}
    return {**statement, "Condition": condition} if condition else statement


_CONDITIONS: tuple[Callable[[random.Random], tuple[str, str, Any]], ...] = (
    lambda r: ("StringEquals", "kms:ViaService", f"{r.choice(('s3', 'ec2', 'rds'))}.us-west-2.amazonaws.com"),
    lambda r: ("StringLike", "kms:EncryptionContext:app", f"{r.choice(('a', 'b', 'c'))}*{r.choice(('x', 'y', 'z'))}"),
    lambda r: ("StringNotEquals", "aws:PrincipalOrgID", r.choice(("o-exampleorg", "o-otherorg01"))),
    lambda r: ("IpAddress", "aws:SourceIp", f"10.{r.randint(0, 3)}.0.0/16"),
    lambda r: ("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::*:role/{r.choice(ROLES)}*"),
    lambda r: ("StringLike", "aws:PrincipalTag/team", r.choice(("pay*", "*ops", "core"))),
    lambda r: ("Bool", "aws:MultiFactorAuthPresent", "true"),
    lambda r: ("Null", "aws:SourceVpce", r.choice(("true", "false"))),
    lambda r: ("DateLessThan", "aws:CurrentTime", f"20{r.randint(27, 35)}-01-01T00:00:00Z"),
)

INVARIANTS = f"""account prod = {ACCOUNT}
invariant "nobody deletes it":
  no caller can {ABSENT_ACTION}
invariant "no other account deletes it":
  no caller outside prod can kms:ScheduleKeyDeletion, kms:DisableKey
invariant "no other account decrypts":
  no caller outside prod can kms:Decrypt
invariant "no user encrypts":
  no user can kms:Encrypt, kms:GenerateDataKey
invariant "no service uses it":
  no service can kms:*
"""
"""The first and the last hold of every generated policy; the others mostly fail, each where a statement lets it."""


def speed_problem(seed: int, statements: int = 32) -> Problem:
    """A random policy with five invariants."""
    return problem(f"random-{seed}", random_policy(seed, statements), INVARIANTS)


# -- overlapping patterns --

PAIR = "kms:EncryptionContext:x"


def patterns(count: int) -> list[str]:
    """`*a*`, `*b*` …, as many as there are letters at most."""
    return [f"*{chr(ord('a') + number)}*" for number in range(count)]


def _allow(condition: dict[str, Any] | None = None) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/app"},
        "Action": "kms:Decrypt",
        "Resource": "*",
    }
    return {**statement, "Condition": condition} if condition else statement


def _deny(condition: dict[str, Any]) -> dict[str, Any]:
    return {"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": condition}


_CAN_DECRYPT = """invariant "nobody can decrypt":
  no caller can kms:Decrypt
"""


def overlap_problems(count: int = 20) -> tuple[Problem, ...]:
    """Four policies under which a value of one pair must match any, half, all or none of the patterns. Half: one or the
    other of each two neighbours, by `count / 2` Deny statements."""
    found = patterns(count)
    lacking = [_deny({"StringNotLike": {PAIR: pattern}}) for pattern in found]
    halves = [_deny({"StringNotLike": {PAIR: found[at : at + 2]}}) for at in range(0, count, 2)]
    policies = {
        "any": [_allow({"StringLike": {PAIR: found}})],
        "half": [_allow({"StringLike": {PAIR: "*"}}), *halves],
        "all": [_allow({"StringLike": {PAIR: "*"}}), *lacking],
        "none": [_allow({"StringLike": {PAIR: "?*"}}), *(_deny({"StringLike": {PAIR: pattern}}) for pattern in found)],
    }
    return tuple(problem(name, policy_of(statements), _CAN_DECRYPT) for name, statements in policies.items())


# -- size --


def large_policy(size: int) -> str:
    """A minified policy of up to `size` bytes, and of nearly as many."""
    source = random.Random(1)
    statements: list[dict[str, Any]] = []
    while True:
        grown = json.dumps(policy_of([*statements, _statement(source, len(statements))]), separators=(",", ":"))
        if len(grown.encode()) > size:
            return json.dumps(policy_of(statements), separators=(",", ":"))
        statements.append(_statement(source, len(statements)))
