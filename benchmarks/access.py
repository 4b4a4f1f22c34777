"""What `list_who_can` and `external_access` are measured on, and the measures. In: sizes. Out: problems without
invariants; rows of figures.

Guarantee: the same problems for the same arguments; times are medians after a round that does not count, garbage
collected before each.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from typing import Any

from benchmarks.clock import now
from benchmarks.families import ACCOUNT, KEY, Problem, policy_of
from verifier.language.policies.documents import read_policy
from verifier.model.estate import Account, Estate, Identity, Key
from verifier.model.policy import Policy, PolicyKind
from verifier.syntax.source import Source
from verifier.verify.access.findings import external_access
from verifier.verify.access.who_can import list_who_can

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SERVICES = ("s3", "ec2", "rds", "lambda", "sqs")


def _read(document: dict[str, Any], kind: PolicyKind, identity: str, name: str) -> Policy:
    return read_policy(Source(f"{name}.json", json.dumps(document)), kind, identity=identity, name=name)


def _key(statements: list[dict[str, Any]]) -> Key:
    return Key(KEY, "key", (_read(policy_of(statements), PolicyKind.KEY, f"{KEY}#default", "default"),), grants=())


# -- many known roles --


def known_roles(count: int) -> Problem:
    """A key that delegates to its account, and an inventory of so many roles. One in four has one of 20 managed
    policies and no other; each other has an inline policy, one in two of these with conditions of its own."""
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    managed = [_managed(number) for number in range(20)]
    roles = tuple(_role(number, managed) for number in range(count))
    return Problem(f"{count} roles", Estate((_key([root]),), (Account(ACCOUNT, roles=roles),)), ())


def _managed(number: int) -> Policy:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/shared-{number}"
    return _read(policy_of([_uses(number)]), PolicyKind.IDENTITY, arn, f"shared-{number}")


def _role(number: int, managed: list[Policy]) -> Identity:
    arn = f"arn:aws:iam::{ACCOUNT}:role/service-role/worker-{number}"
    if number % 4 == 0:
        return Identity(arn, (managed[number // 4 % len(managed)],))
    inline = _read(policy_of([_uses(number, own=number % 2 == 1)]), PolicyKind.IDENTITY, f"{arn}#inline", "inline")
    return Identity(arn, (inline,))


def _uses(number: int, own: bool = False) -> dict[str, Any]:
    """What a workload does with a key: through one service, or with an encryption context."""
    condition: dict[str, Any] = {
        "StringEquals": {"kms:ViaService": f"{SERVICES[number % len(SERVICES)]}.us-west-2.amazonaws.com"}
    }
    if own:
        condition = {"StringEquals": {"kms:EncryptionContext:app": f"app-{number}"}}
    elif number % 3 == 0:
        condition = {"Bool": {"aws:SecureTransport": "true"}}
    actions = ["kms:Decrypt", "kms:GenerateDataKey*"] if number % 5 else ["kms:Decrypt", "kms:DescribeKey"]
    return {"Effect": "Allow", "Action": actions, "Resource": "*", "Condition": condition}


# -- overlapping wildcards on two keys --


def wildcards(count: int) -> Problem:
    """So many Allow statements to everyone, each with a pattern on each of two keys: `user/a*cdefgh…`,
    `user/ab*defgh…`, and so on."""
    return Problem(f"{count} wildcards", Estate((_key([_wild(number, count) for number in range(count)]),)), ())


def _wild(number: int, count: int) -> dict[str, Any]:
    user, agent = _pattern(number, count), _pattern(number * 2 + 1, count)
    condition = {"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::*:user/{user}", "aws:UserAgent": agent}}
    actions = ["kms:Decrypt"] if number % 2 else ["kms:Decrypt", "kms:Encrypt"]
    statement = {"Sid": f"S{number}", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": actions, "Resource": "*"}
    return {**statement, "Condition": condition}


def _pattern(number: int, count: int) -> str:
    """So many letters and two more, one of which is `*`."""
    text = list(LETTERS[: count + 2])
    text[1 + number % count] = "*"
    return "".join(text)


# -- measures --


def access(
    roles: Sequence[int] = (100, 1000), wild: Sequence[int] = (5, 10, 15), rounds: int = 5
) -> list[dict[str, Any]]:
    """Who can decrypt, among so many known roles; findings on so many statements with overlapping wildcards on two
    keys."""
    rows = []
    for count in roles:
        estate = known_roles(count).estate
        ms, answer = _timed(partial(list_who_can, estate, ("kms:Decrypt",)), rounds)
        rows.append(
            {
                "what": f"who can, {count} known roles",
                "engine": "verifier",
                "answered": _complete(answer.complete),
                "ms": ms,
            }
        )
    for count in wild:
        ms, report = _timed(partial(external_access, wildcards(count).estate), rounds)
        answered = _complete(report.keys[0].complete)
        rows.append(
            {"what": f"findings, {count} statements, 2 keys", "engine": "verifier", "answered": answered, "ms": ms}
        )
    return rows


def _complete(complete: bool) -> str:
    return "1/1" if complete else "0/1"


def _timed(action: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    times, result = [], action()
    for _ in range(rounds):
        gc.collect()
        started = now()
        result = action()
        times.append(now() - started)
    return median(times), result
