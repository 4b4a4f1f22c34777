"""Scale: many keys with policies of their own, first and again; many roles whose policies bear on one key.

In: sizes. Out: rows, as those of `benchmarks.whole_runs`; a run's memory is that of its largest process.
Guarantee: the same estates for the same sizes; no two policies of keys are the same; a cache that a run starts with is
empty.
"""

from __future__ import annotations

import json
import random
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.families import ACCOUNT, EC2_ALONE, KEY, policy_of, role_entry
from benchmarks.snapshots import DELEGATION, ESTATE_INVARIANTS, key_policy
from benchmarks.whole_runs import Row, middle, run_python, shares

Json = dict[str, Any]

ROLE_INVARIANTS = f"""account prod = {ACCOUNT}
invariant "no other account decrypts":
  no caller outside prod can kms:Decrypt
invariant "no service decrypts":
  no service can kms:Decrypt
invariant "no role deletes it":
  no role in prod can kms:ScheduleKeyDeletion
invariant "one role does not decrypt":
  no role/worker-7 in prod can kms:Decrypt
invariant "no user decrypts":
  no user in prod can kms:Decrypt
"""
"""Three hold, for the key delegates to its account and the account has no users; two do not."""


def keys(count: int = 1000, rounds: int = 3) -> list[Row]:
    """`verifier prove` on a snapshot of so many keys, five invariants each: with an empty cache of results, and again
    with that of the first run."""
    first: list[Row] = []
    again: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        snapshot = Path(folder, "snapshot.json")
        snapshot.write_text(json.dumps({"keys": generated_keys(count)}), encoding="utf-8")
        invariants = _written(Path(folder, "keys.inv"), ESTATE_INVARIANTS)
        for number in range(rounds):
            for runs in (first, again):
                runs.append(_prove(snapshot, invariants, Path(folder, f"cache-{number}")))
    what = f"{count} keys x 5"
    return [
        {"what": what, **middle(first), **_answered(first)},
        {"what": f"{what}, nothing changed", **middle(again), **_answered(again)},
    ]


def roles(count: int = 10_000, rounds: int = 3) -> list[Row]:
    """`verifier prove` on one key and an inventory of so many roles, each with `kms:*` under a condition; five
    invariants."""
    with tempfile.TemporaryDirectory() as folder:
        generated_roles(Path(folder, "snapshot"), count)
        invariants = _written(Path(folder, "roles.inv"), ROLE_INVARIANTS)
        runs = [
            _prove(Path(folder, "snapshot"), invariants, Path(folder, f"cache-{number}")) for number in range(rounds)
        ]
    return [{"what": f"one key, {count} roles, x 5", **middle(runs), **_answered(runs)}]


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def _prove(estate: Path, invariants: Path, cache: Path) -> Row:
    """One run with its report as text, and the verdicts that this counts."""
    found = run_python(
        ["-m", "verifier", "prove", str(estate), "--invariants", str(invariants)], VERIFIER_CACHE_DIR=str(cache)
    )
    counts = re.findall(r"(\d+) (proved|refuted|unknown)", found["said"].rpartition(" invariants")[2])
    found["verdicts"] = Counter({status: int(count) for count, status in counts})
    return found


def _answered(runs: list[Row]) -> Row:
    verdicts: Counter[str] = runs[0]["verdicts"]
    assert all(run["verdicts"] == verdicts for run in runs), "two runs differ"
    return shares(verdicts)


# -- what they are run on --


def generated_keys(count: int) -> list[Json]:
    """Keys with random policies of 4 to 12 statements, every other one of which delegates to its account."""
    source = random.Random(1)
    found = []
    for number in range(count):
        arn = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/{source.randrange(1 << 32):08x}-12ab-34cd-56ef-{number:012x}"
        found.append({"arn": arn, "name": f"key-{number}", "policy": key_policy(number, source)})
    return found


def generated_roles(folder: Path, count: int) -> None:
    """Writes a snapshot folder: a key that delegates to its account, and the account's roles."""
    key, account = folder / "keys" / "payments", folder / "accounts" / ACCOUNT
    key.mkdir(parents=True)
    account.mkdir(parents=True)
    metadata = {
        "Arn": KEY,
        "KeyId": KEY.rpartition("/")[2],
        "AWSAccountId": ACCOUNT,
        "KeyState": "Enabled",
        "KeyManager": "CUSTOMER",
    }
    metadata |= {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS"}
    _write(key / "metadata.json", {"KeyMetadata": {**metadata, "Enabled": True, "MultiRegion": False}})
    _write(key / "policy.json", policy_of([DELEGATION]))
    source = random.Random(1)
    listed = [_role(number, source) for number in range(count)]
    _write(
        account / "authorization-details.json",
        {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": listed, "Policies": []},
    )


def _role(number: int, source: random.Random) -> Json:
    statement = {"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Condition": _condition(number, source)}
    return role_entry(f"worker-{number}", number, EC2_ALONE, [statement], InstanceProfileList=[])


def _condition(number: int, source: random.Random) -> Json:
    """One of several conditions: some that many roles have, and some of which there are as many as roles."""
    return source.choice(
        (
            {"StringEquals": {"kms:ViaService": f"{source.choice(('s3', 'sqs', 'rds'))}.us-west-2.amazonaws.com"}},
            {"StringEquals": {"kms:EncryptionContext:tenant": f"t-{source.randrange(200)}"}},
            {"StringLike": {"kms:EncryptionContext:app": f"app-{number}-*"}},
            {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
            {"IpAddress": {"aws:SourceIp": f"10.{number % 200}.0.0/16"}},
            {"StringEquals": {"aws:RequestedRegion": "us-west-2"}},
        )
    )


def _write(path: Path, data: Json) -> None:
    path.write_text(json.dumps(data) + "\n", encoding="utf-8")
