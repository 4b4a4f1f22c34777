"""Closures: what one question about steps takes, in estates of one shape that grow.

In: sizes. Out: rows, as those of `benchmarks.whole_runs`, with how the time beyond that of an estate of one role grows.
Guarantee: the same estate for the same shape and size.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from math import log
from pathlib import Path
from typing import Any

from benchmarks.families import ACCOUNT, policy_of, role_entry
from benchmarks.whole_runs import Row, middle, run_python

Json = dict[str, Any]
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
KEY = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
PRIVILEGES = (
    "iam:AttachUserPolicy",
    "iam:PutRolePolicy",
    "iam:CreatePolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:AddUserToGroup",
    "iam:CreateAccessKey",
    "iam:PassRole",
    "lambda:UpdateFunctionCode",
    "ssm:SendCommand",
    "s3:GetObject",
)
SERVICES = ("ec2", "lambda", "glue", "ecs-tasks", "codebuild")
SIZES: Mapping[str, Sequence[int]] = {"chain": (75, 150, 300), "mesh": (300, 1000, 3000), "account": (120, 240, 480)}


def closures(sizes: Mapping[str, Sequence[int]] = SIZES, rounds: int = 1) -> list[Row]:
    """`verifier prove` of one invariant that says `can eventually`, in one process: on each estate who decrypts, and on
    the largest of each shape whether the first one encrypts, which takes everything that it can bring about, by chains
    of every length."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        least = _taken(Path(name), "mesh", 1, _QUESTIONS["mesh"](1), rounds)["cpu ms"]
        for shape, numbers in sizes.items():
            found = [
                (number, _taken(Path(name), shape, number, _QUESTIONS[shape](number), rounds)) for number in numbers
            ]
            (small, before), (large, after) = found[0], found[-1]
            growth = (
                0.0
                if small == large
                else log(max(after["cpu ms"] - least, 1) / max(before["cpu ms"] - least, 1)) / log(large / small)
            )
            rows += [{"what": f"{shape} of {number}, one invariant about steps", **row} for number, row in found]
            rows[-1]["growth"] = growth
            whole = f"no {'user/u0' if shape == 'account' else 'role/r0'} in prod can eventually kms:Encrypt"
            rows.append(
                {
                    "what": f"{shape} of {numbers[-1]}, all that the first one brings about",
                    **_taken(Path(name), shape, numbers[-1], whole, rounds),
                }
            )
    return rows


def _taken(folder: Path, shape: str, number: int, question: str, rounds: int) -> Row:
    snapshot, invariants = folder / f"{shape}-{number}.json", folder / f"{shape}-{number}.inv"
    snapshot.write_text(json.dumps(generated(shape, number)), encoding="utf-8")
    invariants.write_text(f'account prod = {ACCOUNT}\ninvariant "one": {question}\n', "utf-8")
    command = [
        "-m",
        "verifier",
        "prove",
        str(snapshot),
        "--invariants",
        str(invariants),
        "--no-cache",
        "--processes",
        "1",
    ]
    return middle([run_python(command) for _ in range(rounds)])


_QUESTIONS: Mapping[str, Callable[[int], str]] = {
    "chain": lambda number: f"only role/r{number - 1} in prod can eventually kms:Decrypt",
    "mesh": lambda number: f"only role/r{number - 1} in prod can eventually kms:Decrypt",
    "account": lambda number: f"no user/u{min(8, number // 3 - 1)} in prod can eventually kms:Decrypt",
}


def generated(shape: str, number: int) -> Json:
    """A snapshot: a `chain` of roles that may assume each other in turn, a `mesh` of roles that all may, or an
    `account` where each third identity is a user with one privilege, services run things as the others, and one role is
    an administrator. The last role decrypts."""
    users: list[Json] = []
    if shape == "account":
        users = [_user(at) for at in range(number // 3)]
        trusts = [{"Service": f"{SERVICES[at % len(SERVICES)]}.amazonaws.com"} for at in range(number - number // 3)]
        roles = [
            _role(at, trust, _allow(*("*",) if at == 0 else ("s3:GetObject", f"logs:Put*{at}")))
            for at, trust in enumerate(trusts)
        ]
    elif shape == "chain":
        trusts = [{"AWS": f"arn:aws:iam::{ACCOUNT}:role/r{at - 1}" if at else ROOT} for at in range(number)]
        roles = [_role(at, trust, _allow("sts:AssumeRole", on=f"role/r{at + 1}")) for at, trust in enumerate(trusts)]
    else:
        roles = [_role(at, {"AWS": ROOT}, _allow("sts:AssumeRole", on="role/r*")) for at in range(number)]
    decrypts = {"Effect": "Allow", "Principal": {"AWS": roles[-1]["Arn"]}, "Action": "kms:Decrypt", "Resource": "*"}
    key = {"arn": KEY, "policies": {"default": policy_of([decrypts])}, "grants": [], "aliases": [], "tags": []}
    details = {"UserDetailList": users, "GroupDetailList": [], "RoleDetailList": roles, "Policies": []}
    return {"keys": [key], "accounts": {ACCOUNT: {"authorization_details": details}}}


def _allow(*actions: str, on: str | None = None) -> Json:
    return {
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": "*" if on is None else f"arn:aws:iam::{ACCOUNT}:{on}",
    }


def _user(number: int) -> Json:
    own = {"PolicyName": "own", "PolicyDocument": policy_of([_allow(PRIVILEGES[number % len(PRIVILEGES)])])}
    arn, identifier = f"arn:aws:iam::{ACCOUNT}:user/u{number}", f"AIDA{number:016d}"
    lists: Json = {"GroupList": [], "AttachedManagedPolicies": [], "Tags": []}
    return {"Path": "/", "UserName": f"u{number}", "UserId": identifier, "Arn": arn, "UserPolicyList": [own], **lists}


def _role(number: int, trusted: Json, statement: Json) -> Json:
    return role_entry(
        f"r{number}", number, {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}, [statement]
    )
