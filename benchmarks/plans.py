"""A generated Terraform plan, as `terraform show -json` prints one. In: sizes. Out: the plan as a JSON object.

Guarantee: the same plan for the same arguments; the policies of its keys differ from each other.
"""

from __future__ import annotations

import json
import random
from typing import Any

from benchmarks.families import ACCOUNT, policy_of
from benchmarks.snapshots import key_policy

PROVIDER = "registry.terraform.io/hashicorp/aws"
Json = dict[str, Any]


def generated_plan(keys: int = 50, resources: int = 500) -> Json:
    """A plan that creates `resources` resources: keys with their aliases, roles with an inline policy or an attached
    one, and buckets, which are none of the verifier's business."""
    source = random.Random(1)
    listed = [made for number in range(keys) for made in (_key(number, source), _alias(number))]
    number = 0
    while len(listed) < resources * 4 // 5 - 2:
        listed += _role_with_policy(number, source)
        number += 1
    listed += [_bucket(n) for n in range(resources - len(listed))]
    return _plan(listed)


def _key(number: int, source: random.Random) -> Json:
    policy = key_policy(number, source)
    after = {
        "customer_master_key_spec": "SYMMETRIC_DEFAULT",
        "description": f"key {number}",
        "enable_key_rotation": True,
        "is_enabled": True,
    }
    after |= {"key_usage": "ENCRYPT_DECRYPT", "policy": json.dumps(policy), "tags": {"team": f"team-{number % 7}"}}
    return _made("aws_kms_key", f"key_{number}", after, ("arn", "id", "key_id", "multi_region"))


def _alias(number: int) -> Json:
    after = {"name": f"alias/key-{number}"}
    return _made(
        "aws_kms_alias",
        f"key_{number}",
        after,
        ("arn", "id", "target_key_arn", "target_key_id"),
        target_key_id=f"aws_kms_key.key_{number}.key_id",
    )


def _role_with_policy(number: int, source: random.Random) -> list[Json]:
    """A role, and its inline policy or a managed one with its attachment."""
    name = f"worker_{number}"
    trust = policy_of([{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}])
    after = {
        "assume_role_policy": json.dumps(trust),
        "name": name,
        "path": "/",
        "permissions_boundary": None,
        "tags": {"team": f"team-{number % 7}"},
    }
    role = _made("aws_iam_role", name, after, ("arn", "id", "unique_id", "create_date"))
    document = json.dumps(policy_of([_use(number, source)]))
    if number % 2:
        inline = {"name": "use", "policy": document, "role": name}
        return [role, _made("aws_iam_role_policy", name, inline, ("id",), role=f"aws_iam_role.{name}.name")]
    managed = _made("aws_iam_policy", name, {"name": name, "path": "/", "policy": document}, ("arn", "id", "policy_id"))
    attached = {"role": name}
    references = {"role": f"aws_iam_role.{name}.name", "policy_arn": f"aws_iam_policy.{name}.arn"}
    return [role, managed, _made("aws_iam_role_policy_attachment", name, attached, ("id", "policy_arn"), **references)]


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


def _bucket(number: int) -> Json:
    return _made(
        "aws_s3_bucket", f"bucket_{number}", {"bucket": f"bucket-{number}", "force_destroy": False}, ("arn", "id")
    )


def _made(kind: str, name: str, after: Json, unknown: tuple[str, ...], **references: str) -> Json:
    """A resource that is to be created: its entry of the planned values, its change, and its block of the
    configuration."""
    head = {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name}
    change: Json = {
        "actions": ["create"],
        "before": None,
        "after": after,
        "after_unknown": dict.fromkeys(unknown, True),
    }
    change |= {"before_sensitive": False, "after_sensitive": {}}
    constants = {attribute: {"constant_value": value} for attribute, value in after.items() if value is not None}
    referring = {attribute: {"references": [path, path.rsplit(".", 1)[0]]} for attribute, path in references.items()}
    return {
        "value": {**head, "provider_name": PROVIDER, "schema_version": 0, "values": after, "sensitive_values": {}},
        "change": {**head, "provider_name": PROVIDER, "change": change},
        "block": {**head, "provider_config_key": "aws", "expressions": constants | referring, "schema_version": 0},
    }


def _plan(made: list[Json]) -> Json:
    region = {"region": {"constant_value": "us-west-2"}}
    root = {"root_module": {"resources": [_identity()]}}
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.8",
        "planned_values": {"root_module": {"resources": [one["value"] for one in made]}},
        "resource_changes": [one["change"] for one in made],
        "prior_state": {"format_version": "1.0", "terraform_version": "1.9.8", "values": root},
        "configuration": {
            "provider_config": {"aws": {"name": "aws", "full_name": PROVIDER, "expressions": region}},
            "root_module": {"resources": [_identity_block(), *(one["block"] for one in made)]},
        },
        "applyable": True,
        "complete": True,
        "errored": False,
    }


_IDENTITY = {
    "address": "data.aws_caller_identity.current",
    "mode": "data",
    "type": "aws_caller_identity",
    "name": "current",
}


def _identity() -> Json:
    """The data source that tells the account, which was read while planning."""
    values = {
        "account_id": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:user/deployer",
        "id": ACCOUNT,
        "user_id": "AIDAEXAMPLE",
    }
    return {**_IDENTITY, "provider_name": PROVIDER, "schema_version": 0, "values": values, "sensitive_values": {}}


def _identity_block() -> Json:
    return {**_IDENTITY, "provider_config_key": "aws", "schema_version": 0}
