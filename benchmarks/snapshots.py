"""A generated snapshot folder, as `verifier snapshot` and the AWS CLI fill one. In: a folder, sizes. Out: files.

Guarantee: the same files for the same arguments; no two of the policies are the same.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from benchmarks.families import ACCOUNT, EC2_ALONE, policy_of, random_policy, role_entry

LEAST, MOST = 4, 12
"""How many statements a key policy has."""
Json = dict[str, Any]


def generated_snapshot(folder: Path, keys: int = 1000, roles: int = 5000) -> None:
    """Writes so many keys of one account, each with metadata and a policy, and an inventory of so many roles, each with
    an inline policy."""
    source = random.Random(1)
    for number in range(keys):
        _write_key(folder / "keys" / f"key-{number}", number, source)
    account = folder / "accounts" / ACCOUNT
    account.mkdir(parents=True)
    inventory = {
        "UserDetailList": [],
        "GroupDetailList": [],
        "RoleDetailList": [_role(n, source) for n in range(roles)],
        "Policies": [],
    }
    _write(account / "authorization-details.json", inventory)


def policy_texts(keys: int = 1000, roles: int = 5000) -> list[str]:
    """The texts of such policies that differ: those of the keys, and one of each role."""
    source = random.Random(1)
    inline = (_role(number, source)["RolePolicyList"][0]["PolicyDocument"] for number in range(roles))
    return [
        json.dumps(policy, indent=2) for policy in (*(key_policy(number, source) for number in range(keys)), *inline)
    ]


def _write_key(folder: Path, number: int, source: random.Random) -> None:
    folder.mkdir(parents=True)
    name = f"{source.randrange(1 << 32):08x}-12ab-34cd-56ef-{number:012x}"
    metadata = {
        "AWSAccountId": ACCOUNT,
        "KeyId": name,
        "Arn": f"arn:aws:kms:us-west-2:{ACCOUNT}:key/{name}",
        "KeyState": "Enabled",
    }
    metadata |= {
        "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
    }
    _write(folder / "metadata.json", {"KeyMetadata": {**metadata, "Enabled": True, "MultiRegion": False}})
    _write(
        folder / "policy.json", {"Policy": json.dumps(key_policy(number, source), indent=2), "PolicyName": "default"}
    )


def key_policy(number: int, source: random.Random) -> Json:
    """A random policy; every other one delegates to its account, as most key policies do."""
    count, seed = source.randint(LEAST, MOST), source.randrange(1 << 30)
    if number % 2:
        return random_policy(seed, count)
    return policy_of([DELEGATION, *random_policy(seed, count - 1)["Statement"]])


DELEGATION = {
    "Sid": "Delegate",
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "kms:*",
    "Resource": "*",
}

ESTATE_INVARIANTS = f"""account prod = {ACCOUNT}
invariant "no other account deletes it":
  no caller outside prod can kms:ScheduleKeyDeletion, kms:DisableKey
invariant "no other account decrypts":
  no caller outside prod can kms:Decrypt
invariant "decrypting goes through a service":
  no caller can kms:Decrypt when kms:ViaService is absent
invariant "only the administrators of keys change a policy":
  only role/admin in prod can kms:PutKeyPolicy
invariant "no service uses it":
  no service can kms:*
"""
"""Two hold of every generated key; each of the others fails on many."""


def _role(number: int, source: random.Random) -> Json:
    tags = [{"Key": "team", "Value": f"team-{number % 7}"}]
    return role_entry(
        f"worker-{number}",
        number,
        EC2_ALONE,
        [_use(number, source), _others(number)],
        InstanceProfileList=[],
        Tags=tags,
    )


def _use(number: int, source: random.Random) -> Json:
    service = source.choice(("s3", "sqs", "ec2", "rds"))
    condition = {
        "StringEquals": {
            "kms:ViaService": f"{service}.us-west-2.amazonaws.com",
            "kms:EncryptionContext:app": f"app-{number}",
        }
    }
    return {
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": condition,
    }


def _others(number: int) -> Json:
    """What such a role does besides, which does not concern keys."""
    bucket = f"arn:aws:s3:::bucket-{number}"
    return {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": [bucket, f"{bucket}/*"]}


def _write(path: Path, data: Json) -> None:
    path.write_text(json.dumps(data, indent=4) + "\n", encoding="utf-8")
