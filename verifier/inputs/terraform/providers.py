"""Where a plan's resources are: account, Region and partition.

In: a plan, and what the user supplies. Out: for a resource its account (`None` where nothing tells), Region and partition.
Guarantee: an account is taken from what AWS said (`aws_caller_identity`, ARNs of resources that exist) or from what the configuration
fixes, or was concluded of the whole input (S4), never guessed; where the sources differ it is not known.

A provider configuration is a login and a Region. Two that name no credentials of their own use the same login.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from verifier.inputs.own_region import STAND_INS, partition_of, stand_in
from verifier.inputs.supplied import Supplied
from verifier.inputs.terraform.plan import Plan, Resource

_ACCOUNT = re.compile(r"[0-9]{12}")
_ARN = re.compile(r"arn:(aws|aws-cn|aws-us-gov):([a-z0-9-]+):([a-z0-9-]*):([0-9]{12}):.+", re.DOTALL)
_A_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]+")
_OWN = frozenset({"kms", "iam", "lambda", "sqs", "sns", "dynamodb", "secretsmanager", "logs", "ec2", "rds", "ssm", "ecs", "ecr"})
"""Services whose resources belong to the account that made them, so that their ARNs tell which it is."""
_CREDENTIALS = ("assume_role", "assume_role_with_web_identity", "profile", "access_key", "shared_credentials_files")


@dataclass
class _Evidence:
    """What the resources of one provider configuration tell: accounts by who says so, Regions, partitions."""

    caller: set[str] = field(default_factory=set)
    owned: set[str] = field(default_factory=set)
    regions: set[str] = field(default_factory=set)
    partitions: set[str] = field(default_factory=set)


class Providers:
    """The provider configurations of a plan."""

    def __init__(self, plan: Plan, supplied: Supplied, text: str = "") -> None:
        self.plan = plan
        self.text = text
        """That of the whole plan."""
        self.supplied = supplied
        self.open_region: str | None = None
        """What stands for a Region that nothing tells, if something is in it (S4)."""
        self.by_stand_in = False
        """Whether something is in the own account, which nothing tells (S4)."""
        self._evidence: dict[str, _Evidence] = {}
        for resource in (*plan.before.values(), *plan.after.values()):
            self._learn(resource)
        self._accounts = {key: _account_told(found) for key, found in self._evidence.items()}

    def _learn(self, resource: Resource) -> None:
        evidence = self._evidence.setdefault(resource.provider, _Evidence())
        values = resource.values
        if not resource.managed:
            account: object = values.get("account_id")
            region: object = values.get("region") or values.get("name")
            partition: object = values.get("partition")
            if resource.type == "aws_caller_identity" and _is(account, _ACCOUNT):
                evidence.caller.add(account)
            if resource.type == "aws_region" and _is(region, _A_REGION):
                evidence.regions.add(region)
            if resource.type == "aws_partition" and isinstance(partition, str) and partition in STAND_INS:
                evidence.partitions.add(partition)
            return
        arn = values.get("arn")
        match = _ARN.fullmatch(arn) if isinstance(arn, str) and resource.type.startswith("aws_") else None
        if match is not None and match[2] in _OWN:
            evidence.partitions.add(match[1])
            evidence.owned.add(match[4])
            if match[3] and not isinstance(values.get("region"), str):
                evidence.regions.add(match[3])

    def account(self, resource: Resource) -> str | None:
        """The account that a resource belongs to."""
        arn = resource.values.get("arn")
        match = _ARN.fullmatch(arn) if isinstance(arn, str) else None
        if match is not None:
            return match[4]
        told = self._account(resource.provider) or self.supplied.account
        if told is not None or self._own_login(resource.provider):
            return told
        self.by_stand_in = True
        return self.supplied.own

    def told(self, resource: Resource) -> tuple[str | None, str | None]:
        """The account and the Region of a resource, as far as something tells them."""
        account = self.account(resource)
        return (None if account == self.supplied.own else account), next(self._regions(resource), None)

    def _account(self, provider: str) -> str | None:
        told = self._accounts.get(provider)
        if told is not None:
            return told
        configured = self._configured(provider)
        if configured is not None:
            return configured
        if self._own_login(provider):
            return None
        others = {account for key, account in self._accounts.items() if account is not None and not self._own_login(key)}
        return next(iter(others)) if len(others) == 1 else None

    def _configured(self, provider: str) -> str | None:
        """The account that a provider configuration is restricted to, or whose role it assumes."""
        expressions = self._expressions(provider)
        allowed = self._constant(expressions.get("allowed_account_ids"))
        if isinstance(allowed, list) and len(allowed) == 1 and _is(allowed[0], _ACCOUNT):
            return str(allowed[0])
        blocks = expressions.get("assume_role")
        roles = [self._constant(block.get("role_arn")) for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
        match = _ARN.fullmatch(roles[-1]) if roles and isinstance(roles[-1], str) else None
        return match[4] if match is not None else None

    def _own_login(self, provider: str) -> bool:
        return any(name in self._expressions(provider) for name in _CREDENTIALS)

    def _expressions(self, provider: str) -> dict[str, Any]:
        found = self.plan.configuration.get("provider_config")
        entry = found.get(provider) if isinstance(found, dict) else None
        expressions = entry.get("expressions") if isinstance(entry, dict) else None
        return expressions if isinstance(expressions, dict) else {}

    def _constant(self, expression: Any) -> Any:
        """The value of an expression that is a constant, or a variable of the root module."""
        if not isinstance(expression, dict):
            return None
        references = expression.get("references")
        if isinstance(references, list) and len(references) == 1 and str(references[0]).startswith("var."):
            variable = self.plan.variables.get(str(references[0])[4:])
            return variable.get("value") if isinstance(variable, dict) else None
        return expression.get("constant_value")

    def region(self, resource: Resource) -> str:
        """The Region of a resource, or what stands for it, which is remembered. Raises `InputError` where it must be asked for (S4)."""
        told = next(self._regions(resource), None)
        if told is None:
            told = self.open_region = self.open_region or stand_in(self.plan.file, self.partition(resource), (self.text,))
        return told

    def _regions(self, resource: Resource) -> Iterator[str]:
        arn = resource.values.get("arn")
        match = _ARN.fullmatch(arn) if isinstance(arn, str) else None
        if match is not None and match[3]:
            yield match[3]
        own: object = resource.values.get("region")
        configured: object = self._constant(self._expressions(resource.provider).get("region"))
        yield from (region for region in (own, configured) if _is(region, _A_REGION))
        found = self._evidence.get(resource.provider, _Evidence()).regions
        if len(found) == 1:
            yield from found
        if self.supplied.region is not None:
            yield self.supplied.region

    def partition(self, resource: Resource) -> str:
        """The partition of a resource: what ARNs of its login say, or its Region."""
        found = self._evidence.get(resource.provider, _Evidence()).partitions
        if len(found) == 1:
            return next(iter(found))
        return partition_of(next(self._regions(resource), ""))


def _account_told(evidence: _Evidence) -> str | None:
    for accounts in (evidence.caller, evidence.owned):
        if accounts:
            return next(iter(accounts)) if len(accounts) == 1 else None
    return None


def _is(value: object, pattern: re.Pattern[str]) -> TypeGuard[str]:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
