"""Chains: what callers can eventually do, in an estate of many roles and keys.

In: sizes. Out: rows, as those of `benchmarks.whole_runs`.
Guarantee: the same estate for the same sizes; no two policies of keys are the same.
"""

from __future__ import annotations

import json
import random
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.families import ACCOUNT, EC2_ALONE, policy_of, role_entry
from benchmarks.whole_runs import Row, middle, run_python, shares

Json = dict[str, Any]
OUTSIDE = "999988887777"
TEAMS = ("red", "blue", "green", "amber")

INVARIANTS = f"""account prod = {ACCOUNT}
invariant "nobody outside comes to decrypt":
  no caller outside prod can eventually kms:Decrypt
invariant "only administrators take over a policy":
  only role/admin-0 in prod, role/admin-1 in prod, root of prod can eventually kms:PutKeyPolicy
"""


def chains(roles: int = 1000, keys: int = 20, rounds: int = 3) -> list[Row]:
    """`verifier prove` of two invariants that say `can eventually` on each key."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generated(folder / "snapshot", roles, keys)
        (folder / "chains.inv").write_text(INVARIANTS, encoding="utf-8")
        runs = [_prove(folder, folder / f"cache-{number}") for number in range(rounds)]
    verdicts: Counter[str] = runs[0]["verdicts"]
    return [{"what": f"{roles} roles, {keys} keys, can eventually x 2", **middle(runs), **shares(verdicts)}]


def _prove(folder: Path, cache: Path) -> Row:
    arguments = ["-m", "verifier", "prove", str(folder / "snapshot"), "--invariants", str(folder / "chains.inv")]
    found = run_python(arguments, VERIFIER_CACHE_DIR=str(cache))
    counts = re.findall(r"(\d+) (proved|refuted|unknown)", found["said"].rpartition(" invariants")[2])
    found["verdicts"] = Counter({status: int(count) for count, status in counts})
    return found


def generated(folder: Path, roles: int, keys: int, seed: int = 7) -> None:
    """Writes so many keys, and an inventory of so many roles: of each ten one may write to IAM or assume others, within
    conditions."""
    source = random.Random(seed)
    for number in range(keys):
        _write_key(folder / "keys" / f"key-{number}", number, source)
    account = folder / "accounts" / ACCOUNT
    account.mkdir(parents=True)
    listed = [_role(number, roles, source) for number in range(roles)] + [_administrator(number) for number in range(2)]
    details = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": listed, "Policies": []}
    (account / "authorization-details.json").write_text(json.dumps(details), encoding="utf-8")


def _write_key(folder: Path, number: int, source: random.Random) -> None:
    folder.mkdir(parents=True)
    name = f"{source.randrange(1 << 32):08x}-12ab-34cd-56ef-{number:012x}"
    arn = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/{name}"
    metadata: Json = {
        "AWSAccountId": ACCOUNT,
        "KeyId": name,
        "Arn": arn,
        "KeyState": "Enabled",
        "KeySpec": "SYMMETRIC_DEFAULT",
    }
    metadata |= {
        "KeyUsage": "ENCRYPT_DECRYPT",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "Enabled": True,
        "MultiRegion": False,
    }
    root, statements = f"arn:aws:iam::{ACCOUNT}:root", []
    statements.append({"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"})
    for at in range(source.randint(3, 11)):
        workers = sorted(
            {f"arn:aws:iam::{ACCOUNT}:role/worker-{source.randrange(500)}" for _ in range(source.randint(1, 4))}
        )
        condition = source.choice(
            (
                {"StringEquals": {"kms:ViaService": f"s3.us-west-{1 + at % 2}.amazonaws.com"}},
                {"StringEquals": {"kms:EncryptionContext:tenant": f"tenant-{number}-{at}"}},
                {"StringLike": {"aws:PrincipalTag/team": source.choice(TEAMS)}},
                {"Bool": {"kms:GrantIsForAWSResource": "true"}},
            )
        )
        action = ["kms:CreateGrant"] if "Bool" in condition else ["kms:Decrypt", "kms:GenerateDataKey*"]
        statements.append(
            {
                "Effect": "Allow",
                "Principal": {"AWS": workers},
                "Action": action,
                "Resource": "*",
                "Condition": condition,
            }
        )
    if number % 5 == 4:
        trusted = {"AWS": f"arn:aws:iam::{OUTSIDE}:root"}
        statements.append({"Effect": "Allow", "Principal": trusted, "Action": "kms:Decrypt", "Resource": "*"})
    (folder / "metadata.json").write_text(json.dumps({"KeyMetadata": metadata}), encoding="utf-8")
    policy = {"Policy": json.dumps(policy_of(statements)), "PolicyName": "default"}
    (folder / "policy.json").write_text(json.dumps(policy), encoding="utf-8")
    (folder / "tags.json").write_text(
        json.dumps({"Tags": [{"TagKey": "team", "TagValue": source.choice(TEAMS)}]}), encoding="utf-8"
    )


def _role(number: int, roles: int, source: random.Random) -> Json:
    statements: list[Json] = [_statement(number, at, source) for at in range(source.randint(2, 6))]
    if number % 10 == 3:
        statements += [_step(number, roles, source) for _ in range(source.randint(1, 3))]
    return role_entry(
        f"worker-{number}", number, _trust(number, roles, source), statements, Tags=_tags(source.choice(TEAMS))
    )


def _administrator(number: int) -> Json:
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    trust["Condition"] = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return role_entry(f"admin-{number}", 1_000_000 + number, trust, [everything], Tags=_tags("red"))


def _tags(team: str) -> list[Json]:
    return [{"Key": "team", "Value": team}]


def _statement(number: int, at: int, source: random.Random) -> Json:
    action = source.choice(
        ("s3:GetObject", "logs:PutLogEvents", "dynamodb:Query", "kms:Encrypt", "sqs:SendMessage", "ec2:Describe*")
    )
    resource = f"arn:aws:{action.split(':')[0]}:*:*:thing-{number}-{at}/*"
    condition = {"StringEquals": {"aws:ResourceTag/team": source.choice(TEAMS)}}
    return {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}


def _step(number: int, roles: int, source: random.Random) -> Json:
    other = f"arn:aws:iam::{ACCOUNT}:role/worker-{source.randrange(roles)}"
    return source.choice(
        (
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Resource": f"arn:aws:iam::{ACCOUNT}:role/worker-{number % 7}*",
            },
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": other},
            {
                "Effect": "Allow",
                "Action": ["iam:PutRolePolicy", "iam:AttachRolePolicy"],
                "Resource": f"arn:aws:iam::{ACCOUNT}:role/worker-{source.randrange(roles)}",
                "Condition": {"StringEquals": {"iam:PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/boundary"}},
            },
            {
                "Effect": "Allow",
                "Action": "kms:TagResource",
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:RequestTag/team": source.choice(TEAMS)}},
            },
        )
    )


def _trust(number: int, roles: int, source: random.Random) -> Json:
    kind = number % 10
    if kind < 5:
        return EC2_ALONE
    if kind < 8:
        principals: Json = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        condition = {"StringEquals": {"sts:ExternalId": f"id-{number}"}}
        return {"Effect": "Allow", "Principal": principals, "Action": "sts:AssumeRole", "Condition": condition}
    named = sorted(
        {f"arn:aws:iam::{ACCOUNT}:role/worker-{source.randrange(roles)}" for _ in range(source.randint(1, 3))}
    )
    return {"Effect": "Allow", "Principal": {"AWS": named}, "Action": "sts:AssumeRole"}
