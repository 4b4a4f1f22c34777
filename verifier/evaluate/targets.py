"""What a request is about, and which `Resource` elements cover it (R4, L5, L6, L7, L9, D9).

In: the estate and a request; a statement's resources. Out: the target; whether a pattern covers it.
Guarantee: a key is covered by its key ARN only (L9), an alias by its alias ARN only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from verifier.evaluate.conditions import Reader, single_texts
from verifier.evaluate.context import Free, Settled, settle
from verifier.evaluate.patterns import matches, parse, substitute, text_matches, variables_of
from verifier.evaluate.symbols import Truth, all_of
from verifier.model import reference
from verifier.model.estate import Estate, Key
from verifier.model.policy import PolicyKind
from verifier.model.request import Request
from verifier.syntax.diagnostic import InputError

ALIAS_ACTIONS = frozenset({"kms:createalias", "kms:updatealias", "kms:deletealias"})


class TargetKind(Enum):
    """What the permission is on."""

    KEY = "key"
    ALIAS = "alias"
    NONE = "no resource"


@dataclass(frozen=True)
class Target:
    """What a request is about. `region` is `None` when an operation without a key does not say its Region.
    `account` owns the key or alias; for an operation without a key it is the caller's. `arn` is, for such an operation,
    the account-specific form of D9 with a literal `*` as its last field."""

    kind: TargetKind
    arn: str
    partition: str | None
    region: str | None
    account: str | None
    key: Key | None = None


def target_of(estate: Estate, request: Request, region: str | None) -> Target:
    """The target of a request. `region` is that of the request's context, if it has one.

    Raises `InputError` for a key that is not in the estate, an alias ARN for anything but an alias operation, and a
    missing key where the operation needs one.
    """
    action = reference.action(request.action)
    if request.resource is None or (action is not None and not action.resources):
        if action is not None and "key" in action.resources:
            raise InputError.of(f"{request.action} is about a key: `resource` must be a key ARN", rule="R4")
        return _keyless(request, region)
    fields = request.resource.split(":", 5)
    if len(fields) == 6 and fields[0] == "arn" and fields[2] == "kms" and fields[5].startswith("alias/"):
        if request.action.lower() not in ALIAS_ACTIONS:
            raise InputError.of(f"{request.action} is not an operation on an alias: `resource` must be a key ARN", rule="R4")
        return Target(TargetKind.ALIAS, request.resource, fields[1], fields[3], fields[4])
    key = next((known for known in estate.keys if known.arn == request.resource), None)
    if key is None:
        raise InputError.of(f"the key {request.resource} is not in the input", rule="R4")
    return Target(TargetKind.KEY, key.arn, key.partition, key.region, key.account, key)


def _keyless(request: Request, region: str | None) -> Target:
    caller = request.caller
    partition = caller.principal_arn.split(":")[1] if caller.account else None
    return Target(TargetKind.NONE, f"arn:{partition}:kms:{region}:{caller.account}:*", partition, region, caller.account)


def resource_covers(pattern: str, target: Target, reader: Reader) -> Truth:
    """Whether one `Resource` pattern covers the target; with an unset policy variable it covers nothing (L7)."""
    if pattern == "*":
        return True
    raw = pattern.split(":", 5)
    if len(raw) < 6:
        if reader.kind is not PolicyKind.IDENTITY:
            return False
        raw += ["*"] * (6 - len(raw))
    head = all_of([_field_covers(index, raw[index], target, reader) for index in range(5)])
    if head is False:
        return False
    if target.kind is TargetKind.NONE and raw[5].startswith(("key/", "alias/")):
        return all_of([head, reader.symbols.value("D9")])
    return all_of([head, _last_covers(raw[5], target, reader)])


def _field_covers(index: int, field: str, target: Target, reader: Reader) -> Truth:
    if index == 3 and target.region is None:
        # Which Region is meant is not said: only a field that covers every Region covers it for certain (F1).
        return True if set(field) == {"*"} else reader.symbols.value(f"F1:region:{field}")
    return text_matches(field, target.arn.split(":", 5)[index])


def _last_covers(field: str, target: Target, reader: Reader) -> Truth:
    parts = parse(field, reader.variables)
    entries = reader.entries([found.key for found in variables_of(field, reader.variables)])
    value = target.arn.split(":", 5)[5]

    def compare(values: Mapping[str, Settled], wild: bool) -> bool:
        tokens = substitute(parts, single_texts(values), wild)
        return tokens is not None and matches(tokens, value)

    def test(values: Mapping[str, Settled]) -> Truth:
        if any(isinstance(entry, Free) for entry in values.values()):
            return reader.symbols.value(f"U3:resource:{field}")
        return reader.symbols.choose("L7-wildcards", lambda: compare(values, True), lambda: compare(values, False))

    return settle(entries, reader.symbols, test)
