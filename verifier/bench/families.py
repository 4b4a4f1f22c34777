"""Families of queries, each of which grows one thing at a time, some with an answer and some without.

In: sizes. Out: queries. Guarantee: in a family's `sat` queries some request breaks the invariant, in its `unsat` ones
none does.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from verifier.bench.queries import (
    ALLOW_ALL,
    EXAMPLE_ACCOUNT,
    EXAMPLE_KEY,
    PARTNERS,
    Json,
    Query,
    allow,
    deny,
    estate_of,
    invariant_of,
    policy_of,
    role_with,
)
from verifier.language.policies.documents import read_policy
from verifier.model.estate import Account, Estate, Identity
from verifier.model.grant import Grant
from verifier.model.organization import Controls, Level, Organization
from verifier.model.policy import PolicyKind, Principal, PrincipalType
from verifier.syntax.source import Source

ROLES = ("admin", "app", "backup", "deploy", "audit", "batch")
_ACTIONS = (
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:DescribeKey",
    "kms:CreateGrant",
    "kms:ReEncrypt*",
    "kms:List*",
)
APP = f"arn:aws:iam::{EXAMPLE_ACCOUNT}:role/app"
NOBODY_DECRYPTS = "no caller can kms:Decrypt"
NOBODY_DELETES = "no caller can kms:ScheduleKeyDeletion"
PAIR = "kms:EncryptionContext:x"

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


def random_statements(seed: int, count: int) -> list[Json]:
    """Three Allow statements for each Deny, with principals, actions and up to three conditions."""
    source = random.Random(seed)
    return [_random_statement(source, number) for number in range(count)]


def _random_statement(source: random.Random, number: int) -> Json:
    refuses = number % 4 == 3
    principal = (
        "*"
        if refuses
        else {"AWS": f"arn:aws:iam::{source.choice((EXAMPLE_ACCOUNT, *PARTNERS))}:role/{source.choice(ROLES)}"}
    )
    condition: Json = {}
    actions = sorted(source.sample(_ACTIONS, source.randint(1, 3)))
    for make in source.sample(_CONDITIONS, source.randint(0, 3)):
        operator, key, value = make(source)
        condition.setdefault(operator, {})[key] = value
    if refuses and not condition:
        condition = {"StringNotEquals": {"aws:PrincipalOrgID": "o-exampleorg"}}
    return (deny if refuses else allow)(actions, principal, condition)


# -- statements --


def statement_queries(sizes: tuple[int, ...] = (8, 32, 128), seeds: int = 4) -> Iterator[Query]:
    """Random policies: an action that no statement allows (unsat); one that another account has (sat, mostly)."""
    for size in sizes:
        for seed in range(seeds):
            estate = estate_of(policy_of(random_statements(seed, size)))
            yield Query(
                f"statements-unsat-{size}-{seed}", "statements-unsat", size, estate, invariant_of(NOBODY_DELETES)
            )
            outside = invariant_of(
                "no caller outside prod can kms:Decrypt, kms:Encrypt, kms:DescribeKey, kms:CreateGrant"
            )
            yield Query(f"statements-sat-{size}-{seed}", "statements-sat", size, estate, outside)


def _query(family: str, size: int, estate: Estate, text: str, name: str | None = None) -> Query:
    return Query(name or f"{family}-{size}", family, size, estate, invariant_of(text))


# -- patterns --


def overlapping_queries(sizes: tuple[int, ...] = (8, 16, 32, 60)) -> Iterator[Query]:
    """Overlapping wildcards `a*bcdef…`, `ab*cdef…` on a caller's name: all denied (unsat); all but one (sat)."""
    for size in sizes:
        found = _sliding(size)
        named = [
            {"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::{EXAMPLE_ACCOUNT}:user/{pattern}"}} for pattern in found
        ]
        allowed = [allow("kms:Decrypt", "*", condition) for condition in named]
        denied = [deny("kms:Decrypt", "*", condition) for condition in named]
        yield _query("overlapping-unsat", size, estate_of(policy_of(allowed + denied)), NOBODY_DECRYPTS)
        yield _query("overlapping-sat", size, estate_of(policy_of(allowed + denied[1:])), NOBODY_DECRYPTS)


def _sliding(size: int) -> list[str]:
    letters = "".join(chr(ord("a") + n % 26) + (str(n // 26) if n >= 26 else "") for n in range(size + 1))
    return [f"{letters[:at]}*{letters[at:]}" for at in range(1, size + 1)]


def pattern_queries(sizes: tuple[int, ...] = (8, 16, 24)) -> Iterator[Query]:
    """`*a*`, `*b*` … of one value: it must match all of them (sat), or one of them and none of them (unsat)."""
    for size in sizes:
        found = [f"*{chr(ord('a') + number)}*" for number in range(size)]
        every = [allow("kms:Decrypt", {"AWS": APP}, {"StringLike": {PAIR: "*"}})]
        every += [deny("kms:Decrypt", "*", {"StringNotLike": {PAIR: pattern}}) for pattern in found]
        yield _query("patterns-sat", size, estate_of(policy_of(every)), NOBODY_DECRYPTS)
        none = [allow("kms:Decrypt", {"AWS": APP}, {"StringLike": {PAIR: found}})]
        none += [deny("kms:Decrypt", "*", {"StringLike": {PAIR: pattern}}) for pattern in found]
        yield _query("patterns-unsat", size, estate_of(policy_of(none)), NOBODY_DECRYPTS)


# -- conditions --


def condition_queries(sizes: tuple[int, ...] = (4, 16, 64)) -> Iterator[Query]:
    """So many pairs of the encryption context: all must be there (sat); all must be there, and one must not (unsat)."""
    for size in sizes:
        wanted = {f"kms:EncryptionContext:k{n}": f"v{n}" for n in range(size)}
        some = [allow("kms:Decrypt", {"AWS": APP}, {"StringEquals": wanted})]
        yield _query("keys-sat", size, estate_of(policy_of(some)), NOBODY_DECRYPTS)
        none = [*some, deny("kms:Decrypt", "*", {"Null": {f"kms:EncryptionContext:k{size - 1}": "false"}})]
        yield _query("keys-unsat", size, estate_of(policy_of(none)), NOBODY_DECRYPTS)


def if_exists_queries(sizes: tuple[int, ...] = (4, 16, 48)) -> Iterator[Query]:
    """`IfExists` on so many keys, which an absent key passes (sat), or which a Deny of absent keys closes (unsat)."""
    for size in sizes:
        keys = [f"kms:EncryptionContext:k{n}" for n in range(size)]
        some = [allow("kms:Decrypt", {"AWS": APP}, {"StringEqualsIfExists": dict.fromkeys(keys, "v")})]
        yield _query("ifexists-sat", size, estate_of(policy_of(some)), NOBODY_DECRYPTS)
        closed = [deny("kms:Decrypt", "*", {"Null": {key: "true"}}) for key in keys]
        closed += [deny("kms:Decrypt", "*", {"StringEquals": {keys[0]: "v"}})]
        yield _query("ifexists-unsat", size, estate_of(policy_of(some + closed)), NOBODY_DECRYPTS)


def set_operator_queries(sizes: tuple[int, ...] = (4, 16, 48)) -> Iterator[Query]:
    """`ForAllValues` and `ForAnyValue` over so many names of the encryption context."""
    for size in sizes:
        names = [f"k{n}" for n in range(size)]
        some = [allow("kms:Decrypt", {"AWS": APP}, {"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": names}})]
        yield _query("sets-sat", size, estate_of(policy_of(some)), NOBODY_DECRYPTS)
        each = [{"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": name}} for name in names]
        closed = [deny("kms:Decrypt", "*", condition) for condition in each]
        closed.append(deny("kms:Decrypt", "*", {"Null": {"kms:EncryptionContextKeys": "true"}}))
        yield _query("sets-unsat", size, estate_of(policy_of(some + closed)), NOBODY_DECRYPTS)


def variable_queries(sizes: tuple[int, ...] = (2, 8, 24)) -> Iterator[Query]:
    """So many pairs that must equal the caller's own tags (sat), and one of which must not (unsat)."""
    for size in sizes:
        same = {f"kms:EncryptionContext:k{n}": f"${{aws:PrincipalTag/t{n}}}" for n in range(size)}
        some = [allow("kms:Decrypt", {"AWS": APP}, {"StringEquals": same})]
        yield _query("variables-sat", size, estate_of(policy_of(some)), NOBODY_DECRYPTS)
        last = f"kms:EncryptionContext:k{size - 1}"
        closed = [*some, deny("kms:Decrypt", "*", {"StringEquals": {last: same[last]}})]
        yield _query("variables-unsat", size, estate_of(policy_of(closed)), NOBODY_DECRYPTS)


# -- what else decides --


def grant_queries(sizes: tuple[int, ...] = (10, 100, 1000)) -> Iterator[Query]:
    """So many grants to roles of other accounts: one of them lets decrypt (sat); none of them lets sign (unsat)."""
    for size in sizes:
        listed = tuple(_grant(number) for number in range(size))
        estate = estate_of(policy_of([ALLOW_ALL]), grants=listed)
        yield _query("grants-sat", size, estate, "no caller outside prod can kms:Decrypt")
        yield _query("grants-unsat", size, estate, "no caller outside prod can kms:ReEncryptFrom")


def _grant(number: int) -> Grant:
    account = PARTNERS[number % len(PARTNERS)]
    arn = f"arn:aws:iam::{account}:role/role-{number}"
    return Grant(
        f"{number:064x}",
        Principal(PrincipalType.ROLE, arn, account, "aws"),
        ("kms:Decrypt", "kms:DescribeKey") if number % 2 else ("kms:Encrypt",),
        context_subset=(("tenant", f"t{number}"),),
    )


def scp_queries(sizes: tuple[int, ...] = (1, 3, 6)) -> Iterator[Query]:
    """So many levels of service control policies: each allows all (sat), or the last one denies it (unsat)."""
    for size in sizes:
        for kind, last in (("sat", []), ("unsat", [{"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}])):
            levels = tuple(_level(number, last if number == size - 1 else []) for number in range(size))
            organization = Organization(
                "o-a1b2c3d4e5", "999999999999", ((EXAMPLE_ACCOUNT, None),), (Controls(EXAMPLE_ACCOUNT, levels, None),)
            )
            base = estate_of(policy_of([allow("kms:Decrypt", {"AWS": APP})]))
            yield _query(f"scp-{kind}", size, replace(base, organization=organization), NOBODY_DECRYPTS)


def _level(number: int, statements_: list[Json]) -> Level:
    document = policy_of([{"Effect": "Allow", "Action": "*", "Resource": "*"}, *statements_])
    identity = f"scp-{number}"
    source = Source(f"{identity}.json", json.dumps(document))
    return Level(f"level {number}", (read_policy(source, PolicyKind.SCP, identity=identity, name=identity),))


def caller_queries(sizes: tuple[int, ...] = (10, 100, 1000)) -> Iterator[Query]:
    """So many roles whose identity policies allow everything under a condition of their own."""
    for size in sizes:
        account = Account(EXAMPLE_ACCOUNT, roles=tuple(_role(number) for number in range(size)))
        estate = estate_of(policy_of([ALLOW_ALL]), [account])
        yield _query("callers-sat", size, estate, "no role in prod can kms:Decrypt")
        yield _query("callers-unsat", size, estate, "no caller outside prod can kms:Decrypt")


def _role(number: int) -> Identity:
    condition = {"StringEquals": {PAIR: f"v{number % 50}"}}
    statement = {"Effect": "Allow", "Action": "kms:*", "Resource": EXAMPLE_KEY, "Condition": condition}
    return role_with(policy_of([statement]), f"role-{number}")


# -- hostile --


def adversarial_queries() -> Iterator[Query]:
    """Policies made to be hard: stars in rows, every class of sixteen letters, long alternations, nested negations."""
    stars = [
        allow("kms:Decrypt", {"AWS": APP}, {"StringLike": {PAIR: "*a" * 12}}),
        deny("kms:Decrypt", "*", {"StringLike": {PAIR: "*a" * 11 + "*"}}),
    ]
    yield _query("adversarial-unsat", 12, estate_of(policy_of(stars)), NOBODY_DECRYPTS, "adversarial-stars")
    letters = [f"*{chr(ord('a') + n)}*{chr(ord('a') + (n + 1) % 16)}*" for n in range(16)]
    product = [allow("kms:Decrypt", {"AWS": APP}, {"StringLike": {PAIR: "????????"}})]
    product += [deny("kms:Decrypt", "*", {"StringNotLike": {PAIR: pattern}}) for pattern in letters]
    yield _query("adversarial-unsat", 16, estate_of(policy_of(product)), NOBODY_DECRYPTS, "adversarial-product")
    long = [allow("kms:Decrypt", {"AWS": APP}, {"StringLike": {PAIR: [f"{'x' * n}*" for n in range(1, 60)]}})]
    long.append(deny("kms:Decrypt", "*", {"StringNotLike": {PAIR: "x" * 59 + "?"}}))
    yield _query("adversarial-sat", 60, estate_of(policy_of(long)), NOBODY_DECRYPTS, "adversarial-long")
    marks = [allow("kms:Decrypt", {"AWS": APP}, {"StringLike": {PAIR: "?" * n + "*" + "z" * n}}) for n in range(1, 12)]
    yield _query("adversarial-sat", 12, estate_of(policy_of(marks)), NOBODY_DECRYPTS, "adversarial-marks")


FAMILIES: dict[str, Callable[[], Iterator[Query]]] = {
    "statements": statement_queries,
    "overlapping": overlapping_queries,
    "patterns": pattern_queries,
    "condition-keys": condition_queries,
    "if-exists": if_exists_queries,
    "set-operators": set_operator_queries,
    "variables": variable_queries,
    "grants": grant_queries,
    "scp-levels": scp_queries,
    "callers": caller_queries,
    "adversarial": adversarial_queries,
}
"""The generated families by name."""
