"""What a request is about, and which `Resource` elements cover it (R4, L5, L6, L7, L9, D9).

In: the estate and a request; a statement's resources. Out: the target; whether a pattern covers it.
Guarantee: a key is covered by its key ARN only (L9), an alias or a principal by its own ARN only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from functools import partial

from verifier.evaluate.callers import partition_of
from verifier.evaluate.context import Free, Resolved, resolve
from verifier.evaluate.statements.conditions import Mode, single_texts, under_readings
from verifier.evaluate.statements.patterns import matches, parse, run_on, substitute, text_matches, variables_of
from verifier.evaluate.symbols import Truth, all_of, any_of
from verifier.frozen import Frozen
from verifier.model import reference
from verifier.model.estate import Estate, Identity, Key, Pairs
from verifier.model.policy import PolicyKind, Principal, principal_named
from verifier.model.readings import D9, D9_ALIAS, D9_RCP, L6, R4, WILDCARDS_RESOURCE
from verifier.model.request import Caller, Request
from verifier.model.symbols import KeyFact, KeylessFact, PatternFact, ResourceFact, SymbolName, pattern_name
from verifier.syntax.diagnostic import InputError

ALIAS_ACTIONS = frozenset({"kms:createalias", "kms:updatealias", "kms:deletealias"})
LIST_RETIRABLE = "kms:listretirablegrants"
"""The operation whose permission is on a principal (D9)."""

_READINGS_WITHOUT_KEY: dict[str, SymbolName] = {"key/*": D9, "alias/*": D9_ALIAS}
"""The readings by which patterns of all keys, or all aliases, cover an operation without a key, by their last field."""
_KINDS = ("key/", "alias/")

FILLED_UP = frozenset({PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION})
"""The policies of an identity: in these a `Resource` of fewer than six fields is filled up with `*` (L6)."""

_PRINCIPALS = {"iam": ("root", "user/", "role/"), "sts": ("assumed-role/", "federated-user/")}
"""How the last field of a principal's ARN begins, by the ARN's service (R2)."""


class TargetKind(Enum):
    """What the permission is on."""

    KEY = "key"
    ALIAS = "alias"
    PRINCIPAL = "principal"
    """The retiring principal that `ListRetirableGrants` asks about. [API: ListRetirableGrants, Required permissions]"""
    NONE = "no resource"
    ROLE = "role to assume"
    """A role whose session is asked for: its trust policy is a policy of the resource (E2)."""
    IAM = "IAM resource"
    """A role, user, group or managed policy that an operation of IAM is on (E1)."""
    OTHER_SERVICE = "resource of another service"
    """What a resource share or code with a passed role is made of (E3, E4): an ARN, or empty where the request does not
    say it."""


IF_CONTROLS = {TargetKind.ALIAS: R4, TargetKind.NONE: D9_RCP, TargetKind.PRINCIPAL: D9_RCP}
"""The readings under which RCPs restrict requests: on an alias, and without a key. On others it is no question."""


class Target(Frozen):
    """What a request is about. `region` is that of the key or alias, else of the request, `None` where an operation
    without a key does not say it. `account` owns the key or alias; for an operation without a key it is the caller's.
    `arn` is, for such an operation, the account-specific form of D9 with a literal `*` as its last field; of a
    principal that the request does not say it is empty. `identity` is the user or role that an operation of IAM or STS
    is on, `None` where the inventory does not list it; `tags` are those of code that runs, where they are known."""

    kind: TargetKind
    arn: str
    partition: str | None
    region: str | None
    account: str | None
    key: Key | None = None
    identity: Identity | None = None
    tags: Pairs | None = None

    @property
    def has_resource_controls(self) -> bool:
        """True iff RCPs of its account may restrict it: a key, an alias, a role to assume, or none (D7, D9, E1, E2)."""
        return self.kind not in (TargetKind.IAM, TargetKind.OTHER_SERVICE)

    @property
    def owned(self) -> bool:
        """True iff it belongs to an account of its own, which may be another one than the caller's."""
        return self.kind in (TargetKind.KEY, TargetKind.ALIAS, TargetKind.ROLE, TargetKind.IAM)

    @property
    def belongs_to_aws(self) -> bool:
        """True iff it is an AWS managed key, or an alias that is AWS's own (D8, R4)."""
        if self.kind is TargetKind.ALIAS:
            return self.arn.split(":", 5)[5].startswith("alias/aws/")
        return self.key is not None and self.key.manager == "AWS"

    @property
    def described(self) -> str:
        """What it is, for a sentence."""
        if self.kind is TargetKind.NONE:
            return "an operation without a key"
        if self.kind is TargetKind.OTHER_SERVICE:
            return self.arn or "a resource that the request does not say"
        return self.arn or "a retiring principal that the request does not say"


def target_of(estate: Estate, request: Request, region: str | None) -> Target:
    """The target of a request. `region` is that of the request's context, if it has one.

    Raises `InputError` for a key that is not in the estate, an alias ARN for anything but an alias operation, a missing
    key where the operation needs one, and for `ListRetirableGrants` anything but a principal of the caller's account.
    """
    caller, partition = request.caller, partition_of(request.caller)
    if request.action.lower() == LIST_RETIRABLE:
        principal = "" if request.resource is None else retiring_principal(caller, request.resource)
        return Target(TargetKind.PRINCIPAL, principal, partition, region, caller.account)
    action = reference.action(request.action)
    if request.resource is None or (action is not None and not action.resources):
        if action is not None and "key" in action.resources:
            raise InputError.of(f"{request.action} is about a key: `resource` must be a key ARN", rule="R4")
        arn = f"arn:{partition}:kms:{region}:{caller.account}:*"
        return Target(TargetKind.NONE, arn, partition, region, caller.account)
    fields = request.resource.split(":", 5)
    if len(fields) == 6 and fields[0] == "arn" and fields[2] == "kms" and fields[5].startswith("alias/"):
        if request.action.lower() not in ALIAS_ACTIONS:
            message = f"{request.action} is not an operation on an alias: `resource` must be a key ARN"
            raise InputError.of(message, rule="R4")
        return Target(TargetKind.ALIAS, request.resource, fields[1], fields[3], fields[4])
    key = estate.key(request.resource)
    if key is None:
        raise InputError.of(f"the key {request.resource} is not in the input", rule="R4")
    return Target(TargetKind.KEY, key.arn, key.partition, key.region, key.account, key)


def retiring_principal(caller: Caller, resource: object) -> str:
    """The ARN of the principal whose retirable grants are listed: one of the caller's account. Raises `InputError` for
    anything else. [API: ListRetirableGrants, RetiringPrincipal]"""
    found = principal_named(resource) if isinstance(resource, str) else None
    own = partition_of(caller), caller.account or ""
    if not isinstance(found, Principal) or (found.partition, found.account) != own:
        raise InputError.of(
            "kms:ListRetirableGrants is about a retiring principal: `resource` must be the ARN of a principal of "
            f"the caller's account, or null where it is not said, not {resource!r}",
            rule="R4",
        )
    return found.value


def resource_covers(pattern: str, target: Target, reader: Mode) -> Truth:
    """True iff one `Resource` pattern covers the target; with an unset policy variable it covers nothing (L7). A `*` at
    the end of a segment may run on past the colons that follow (reading L6)."""
    if pattern == "*":
        return True
    raw = pattern.split(":", 5)
    filled = raw + ["*"] * (6 - len(raw)) if reader.kind in FILLED_UP else raw
    name = pattern_name(pattern, reader.variables)
    found = _fields_cover(filled, name, target, reader) if len(filled) == 6 else False
    if found is True:
        return True
    longer = run_on(pattern, target.arn.count(":"))
    further = any_of([_fields_cover(one.split(":", 5), name, target, reader) for one in longer])
    return found if further is False else any_of([found, all_of([further, reader.symbols.value(L6)])])


def _fields_cover(raw: list[str], name: str, target: Target, reader: Mode) -> Truth:
    """True iff a pattern covers the target, of six fields that it has or may have; facts about it have the `name`."""
    if target.kind is TargetKind.PRINCIPAL and not target.arn:
        return _covers_some_principal(raw, target, reader)
    if target.kind is TargetKind.OTHER_SERVICE and not target.arn:
        return _covers_some_resource(raw, name, target, reader)
    head = all_of([_field_covers(index, raw[index], target, reader) for index in range(5)])
    return False if head is False else all_of([head, _last_covers(raw[5], name, target, reader)])


def _covers_some_principal(raw: list[str], target: Target, reader: Mode) -> Truth:
    """True iff a pattern covers the retiring principal, one of the caller's account, where the request does not say
    which. A pattern that covers some and not all is a free fact `F1:retiring:PATTERN`: whether the principal is one of
    these."""
    services = [service for service in _PRINCIPALS if text_matches(raw[2], service)]
    fixed = ((raw[0], "arn"), (raw[1], target.partition or ""), (raw[3], ""), (raw[4], target.account or ""))
    fits = all(text_matches(field, value) for field, value in fixed)
    written = re.split(r"[*?$]", raw[5])[0]
    names = [name for service in services for name in _PRINCIPALS[service]]
    if not fits or not any(name.startswith(written) or written.startswith(name) for name in names):
        return False
    everyone = len(services) == len(_PRINCIPALS) and set(raw[5]) == {"*"}
    return True if everyone else reader.symbols.value(PatternFact("retiring", ":".join(raw)))


def _covers_some_resource(raw: list[str], name: str, target: Target, reader: Mode) -> Truth:
    """True iff a pattern covers the resources that a request of another service makes or uses, where it does not say
    them (E3, E4): for certain only where its fields are all `*`; another one that is of the caller's partition is a
    free fact `F1:resource:PATTERN`."""
    if not text_matches(raw[0], "arn") or not text_matches(raw[1], target.partition or ""):
        return False
    return True if all(set(field) == {"*"} for field in raw[2:]) else reader.symbols.value(ResourceFact(name))


def _field_covers(index: int, field: str, target: Target, reader: Mode) -> Truth:
    if index == 3 and target.kind is TargetKind.NONE and target.region is None:
        # Which Region is meant is not said: only a field that covers every Region covers it for certain (F1).
        return True if set(field) == {"*"} else reader.symbols.value(PatternFact("region", field))
    return text_matches(field, target.arn.split(":", 5)[index])


def _open_without_key(field: str, name: str) -> SymbolName | None:
    """The symbol that decides whether the last field of a pattern covers an operation without a key (D9): a reading for
    all keys or all aliases, a fact of the pattern for a field that some of them may match. `None` where it is certain:
    `*` does, and others do not."""
    written = re.split(r"[*?$]", field)[0]
    if not field.strip("*") or not any(kind.startswith(written) or written.startswith(kind) for kind in _KINDS):
        return None
    return _READINGS_WITHOUT_KEY.get(field, KeylessFact(name))


def _last_covers(field: str, name: str, target: Target, reader: Mode) -> Truth:
    """True iff the last field covers the target; with an unset policy variable it covers nothing (L7)."""
    open_ = _open_without_key(field, name) if target.kind is TargetKind.NONE else None
    parts = parse(field, reader.variables)
    entries = reader.entries([found.key for found in variables_of(field, reader.variables)])
    value = target.arn.split(":", 5)[5]

    def compare(values: Mapping[str, Resolved], wild: bool, null: bool) -> bool:
        tokens = substitute(parts, single_texts(values), wild, null)
        return tokens is not None and (open_ is not None or matches(tokens, value))

    def test(values: Mapping[str, Resolved]) -> Truth:
        if any(isinstance(entry, Free) for entry in values.values()):
            return reader.symbols.value(KeyFact("resource", field))
        return under_readings(reader.symbols, WILDCARDS_RESOURCE, partial(compare, values))

    found = resolve(entries, reader.symbols, test)
    return found if open_ is None or found is False else all_of([found, reader.symbols.value(open_)])
