"""Plans and states as `terraform show -json` writes them, built from a few words about each resource.

In: resources. Out: JSON objects of HashiCorp's format (format versions 1.2 and 1.0).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = dict[str, Any]
AWS = "registry.terraform.io/hashicorp/aws"


def constant(value: Any) -> Json:
    """An expression that is a constant."""
    return {"constant_value": value}


def refers(*references: str) -> Json:
    """An expression with traversals: each is listed with the resource that it is a part of."""
    listed: list[str] = []
    for reference in references:
        listed.append(reference)
        parts = reference.split(".")
        head = parts[: 3 if parts[0] == "data" else 2]
        if len(parts) > len(head):
            listed.append(".".join(head))
    return {"references": listed}


@dataclass
class Planned:
    """One resource of a plan. `before` is `None` for a new one, `after` for one that goes. `does` are its actions where
    they do not follow; `left` is one that the plan neither has nor changes (`-target`), and `entry` has further members
    of its change."""

    type: str
    name: str
    after: Json | None = None
    unknown: Json = field(default_factory=dict)
    expressions: Json = field(default_factory=dict)
    before: Json | None = None
    data: bool = False
    index: int | str | None = None
    module: str = ""
    provider: str = "aws"
    does: list[str] | None = None
    left: bool = False
    entry: Json = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Its address."""
        key = "" if self.index is None else f"[{json.dumps(self.index)}]"
        own = f"{'data.' if self.data else ''}{self.type}.{self.name}{key}"
        return f"{self.module}.{own}" if self.module else own

    @property
    def head(self) -> Json:
        """What every entry about it has."""
        found: Json = {
            "address": self.address,
            "mode": "data" if self.data else "managed",
            "type": self.type,
            "name": self.name,
        }
        if self.index is not None:
            found["index"] = self.index
        return {**found, "provider_name": AWS}

    @property
    def actions(self) -> list[str]:
        """What the plan does to it."""
        if self.does is not None:
            return self.does
        if self.data:
            return ["read"]
        if self.after is None:
            return ["delete"]
        if self.before is None:
            return ["create"]
        return ["no-op"] if self.before == self.after and not self.unknown else ["update"]


def _tree(resources: list[Planned], side: str) -> Json:
    root: Json = {"resources": [], "child_modules": []}
    modules: dict[str, Json] = {"": root}
    for found in resources:
        values = getattr(found, side)
        if values is None:
            continue
        if found.module not in modules:
            modules[found.module] = {"resources": [], "address": found.module}
            root["child_modules"].append(modules[found.module])
        deposed = {"deposed_key": found.entry["deposed"]} if "deposed" in found.entry else {}
        modules[found.module]["resources"].append(
            {**found.head, **deposed, "schema_version": 0, "values": values, "sensitive_values": {}}
        )
    return {"root_module": root}


def _configuration(resources: list[Planned], modules: Json) -> Json:
    def block(found: Planned) -> Json:
        own = f"{'data.' if found.data else ''}{found.type}.{found.name}"
        mode = "data" if found.data else "managed"
        head = {
            "address": own,
            "mode": mode,
            "type": found.type,
            "name": found.name,
            "provider_config_key": found.provider,
        }
        return {**head, "expressions": found.expressions, "schema_version": 0}

    root: Json = {"resources": [block(r) for r in resources if not r.module]}
    calls: Json = {}
    for name, call in modules.items():
        inner = [block(r) for r in resources if r.module.split("[")[0] == f"module.{name}"]
        distinct = list({b["address"]: b for b in inner}.values())
        calls[name] = {"source": f"./{name}", **call, "module": {"resources": distinct, **call.get("module", {})}}
    return root | ({"module_calls": calls} if calls else {})


def plan(
    *resources: Planned,
    region: str | None = "us-west-2",
    variables: Json | None = None,
    modules: Json | None = None,
    providers: Json | None = None,
    **members: Any,
) -> Json:
    """A plan."""
    listed = list(resources)
    distinct = list({(r.module.split("[")[0], r.data, r.type, r.name): r for r in listed}.values())
    expressions = {"region": constant(region)} if region else {}
    found: Json = {
        "format_version": "1.2",
        "terraform_version": "1.9.8",
        "variables": {name: {"value": value} for name, value in (variables or {}).items()},
        "planned_values": _tree([r for r in listed if not (r.data and r.before is not None) and not r.left], "after"),
        "resource_changes": [
            {
                **r.head,
                **({"module_address": r.module} if r.module else {}),
                **r.entry,
                "change": {
                    "actions": r.actions,
                    "before": r.before,
                    "after": r.after,
                    "after_unknown": r.unknown,
                    "before_sensitive": False,
                    "after_sensitive": {},
                },
            }
            for r in listed
            if not (r.data and r.before is not None) and not r.left
        ],
        "prior_state": {"format_version": "1.0", "terraform_version": "1.9.8", "values": _tree(listed, "before")},
        "configuration": {
            "provider_config": providers or {"aws": {"name": "aws", "full_name": AWS, "expressions": expressions}},
            "root_module": _configuration(distinct, modules or {}),
        },
        "timestamp": "2026-01-01T00:00:00Z",
        "applyable": True,
        "complete": True,
        "errored": False,
    }
    return {**found, **members}


def state(*resources: Planned) -> Json:
    """A state: the resources `before` a plan."""
    return {"format_version": "1.0", "terraform_version": "1.9.8", "values": _tree(list(resources), "before")}


ACCOUNT = "111122223333"


def caller_identity(account: str = ACCOUNT, provider: str = "aws") -> Planned:
    """The data source that tells the account, read while planning."""
    values = {
        "account_id": account,
        "arn": f"arn:aws:iam::{account}:user/deployer",
        "id": account,
        "user_id": "AIDAEXAMPLE",
    }
    return Planned("aws_caller_identity", "current", before=values, after=values, data=True, provider=provider)


def new_key(name: str, policy: Any = None, **members: Any) -> Planned:
    """A key that is to be created, with a policy that is a constant, `None` for none, or an expression (known after
    apply)."""
    after: Json = {
        "bypass_policy_lockout_safety_check": False,
        "custom_key_store_id": None,
        "customer_master_key_spec": "SYMMETRIC_DEFAULT",
        "deletion_window_in_days": 30,
        "description": name,
        "enable_key_rotation": True,
        "is_enabled": True,
        "key_usage": "ENCRYPT_DECRYPT",
        "tags": None,
        "xks_key_id": None,
    }
    unknown: Json = {
        "arn": True,
        "id": True,
        "key_id": True,
        "multi_region": True,
        "rotation_period_in_days": True,
        "tags_all": True,
    }
    expressions: Json = {"description": constant(name)}
    if isinstance(policy, dict) and "references" in policy:
        unknown["policy"], expressions["policy"] = True, policy
    elif policy is not None:
        after["policy"], expressions["policy"] = json.dumps(policy), constant(json.dumps(policy))
    else:
        unknown["policy"] = True
    after |= members.pop("after", {})
    for attribute in after:
        unknown.pop(attribute, None) if after[attribute] is not None else None
    return Planned(
        "aws_kms_key",
        name,
        after,
        unknown | members.pop("unknown", {}),
        expressions | members.pop("expressions", {}),
        **members,
    )


def new_role(name: str, **members: Any) -> Planned:
    """A role that is to be created, of which the plan knows that no `inline_policy` block makes a policy."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
    after: Json = {
        "assume_role_policy": json.dumps(trust),
        "description": None,
        "force_detach_policies": False,
        "inline_policy": [],
        "max_session_duration": 3600,
        "name": name,
        "path": "/",
        "permissions_boundary": None,
        "tags": None,
    }
    unknown: Json = {
        "arn": True,
        "create_date": True,
        "id": True,
        "managed_policy_arns": True,
        "name_prefix": True,
        "tags_all": True,
        "unique_id": True,
    }
    after |= members.pop("after", {})
    for attribute in after:
        if after[attribute] is not None:
            unknown.pop(attribute, None)
    expressions = {"assume_role_policy": constant(after["assume_role_policy"]), "name": constant(name)} | members.pop(
        "expressions", {}
    )
    return Planned("aws_iam_role", name, after, unknown | members.pop("unknown", {}), expressions, **members)


def write(folder: Path, data: Json, name: str = "plan.json") -> Path:
    """The file of a plan, on one line as Terraform writes it."""
    path = folder / name
    path.write_text(json.dumps(data), encoding="utf-8")
    return path
