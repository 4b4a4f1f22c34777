"""What invariants and requests are about: targets, and which keys of the input are selected.

In: the estate, invariants. Out: targets, each with the invariants that speak of it; keys, in the order of the input.
Guarantee: an invariant that speaks of nothing, and a selector that selects nothing, is an input error (S3), never a
pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from verifier.language.invariants.absent_callers import check_callers
from verifier.model import invariant as model
from verifier.model.estate import Estate, Key, Pairs
from verifier.model.invariant_file import AnyInvariant, GrantInvariant
from verifier.model.own_place import check_region
from verifier.model.reference import actions, matching
from verifier.model.request import Request
from verifier.model.steps.actions import StepAction, StepResource, step_action
from verifier.problem.classes.predicates import like
from verifier.problem.semantics.keyless import LIST_RETIRABLE
from verifier.problem.semantics.targets import Target, TargetKind, key_target, step_target
from verifier.syntax.diagnostic import InputError

_Selector: TypeAlias = model.KeyArn | model.KeyAlias | model.KeyTag


def selected_keys(estate: Estate, invariant: AnyInvariant) -> tuple[Key, ...]:
    """The keys that an invariant is about, for certain. Raises `InputError` for a selector that selects none, and could
    not."""
    if invariant.keys is None:
        return estate.keys
    found = [_selected(estate, selector, invariant) for selector in invariant.keys]
    return tuple(key for key in estate.keys if any(key in keys for keys in found))


def open_keys(estate: Estate, invariant: AnyInvariant) -> Mapping[str, str]:
    """The ARNs of the other keys that an invariant may be about, each with why that is not known: the input says that
    it does not tell the aliases or tags by which it chooses (S1)."""
    found: dict[str, str] = {}
    for selector in invariant.keys or ():
        for key, why in _doubtful(estate, _inner(selector)):
            family = family_of(estate, key) if isinstance(selector, model.KeyFamily) else (key,)
            found |= {one.arn: why for one in family}
    certain = {key.arn for key in selected_keys(estate, invariant)} if found else set()
    return {arn: why for arn, why in found.items() if arn not in certain}


def keys_in_question(estate: Estate, invariant: AnyInvariant) -> frozenset[str]:
    """The ARNs of the keys that an invariant is about, or may be."""
    return frozenset({key.arn for key in selected_keys(estate, invariant)} | open_keys(estate, invariant).keys())


def _doubtful(estate: Estate, selector: _Selector) -> Iterator[tuple[Key, str]]:
    """The keys that a selector may match. An alias is on one key of an account and Region."""
    fact = {model.KeyAlias: "aliases", model.KeyTag: "tags"}.get(type(selector), "")
    matched = {_start(key) for key in estate.keys if _matches(key, selector)} if fact == "aliases" else set()
    alias = selector.alias if isinstance(selector, model.KeyAlias) else ""
    for key in estate.keys:
        why = dict(key.unknown_facts).get(fact)
        named = not alias.startswith("arn:") or alias.startswith(_start(key))
        if why is not None and named and _start(key) not in matched:
            yield key, why


def family_of(estate: Estate, key: Key) -> tuple[Key, ...]:
    """The multi-Region keys of the input that are related to a key, itself among them: the same account and key ID
    (L9)."""
    return tuple(other for other in estate.keys if _identity(other) == _identity(key))


def _selected(estate: Estate, selector: model.KeySelector, invariant: AnyInvariant) -> tuple[Key, ...]:
    inner = _inner(selector)
    found = tuple(key for key in estate.keys if _matches(key, inner))
    if not found and not any(_doubtful(estate, inner)):
        message = f"invariant {invariant.name!r} speaks of a key that the input does not hold: {_described(inner)}"
        raise InputError.of(message, invariant.span, rule="S3")
    if not isinstance(selector, model.KeyFamily):
        return found
    single = next((key for key in found if not is_multi_region(key)), None)
    if single is not None:
        message = f"invariant {invariant.name!r} speaks of the replicas of {single.arn}, which is no multi-Region key"
        raise InputError.of(message, invariant.span, rule="S3")
    return tuple(other for key in found for other in family_of(estate, key))


def _inner(selector: model.KeySelector) -> _Selector:
    return selector.of if isinstance(selector, model.KeyFamily) else selector


def is_multi_region(key: Key) -> bool:
    """True iff a key can have replicas: its ID says so, and the input does not say otherwise (L9)."""
    return key.arn.split(":", 5)[5].startswith("key/mrk-") and key.multi_region is not False


def _identity(key: Key) -> tuple[str, str, str]:
    return key.partition, key.account, key.arn.split(":", 5)[5]


def _described(selector: _Selector) -> str:
    match selector:
        case model.KeyArn(arn):
            return arn
        case model.KeyAlias(alias):
            return alias
        case model.KeyTag(key, value):
            return f"tag {key} = {value or '*'}"


def _matches(key: Key, selector: _Selector) -> bool:
    match selector:
        case model.KeyArn(arn):
            return key.arn == arn
        case model.KeyAlias(alias):
            return any(alias in (name, _start(key) + name) for name in key.aliases or ())
        case model.KeyTag(name, value):
            return any(tag == name and (value is None or like(value).matches(text)) for tag, text in key.tags or ())


def _start(key: Key) -> str:
    return f"arn:{key.partition}:kms:{key.region}:{key.account}:"


def targets_of(estate: Estate, invariants: Sequence[AnyInvariant]) -> list[tuple[Target, list[int]]]:
    """The targets of the invariants, each with the numbers of those that speak of it.

    Raises `InputError` for one that speaks of none, or of no caller that there is (S3), or of a Region that nothing
    tells (S4).
    """
    check_callers(estate, invariants)
    check_region(estate, invariants)
    found: dict[str, tuple[Target, list[int]]] = {}
    for number, invariant in enumerate(invariants):
        targets = list(_targets_of(estate, invariant))
        if not targets:
            message = f"invariant {invariant.name!r} speaks of no key of the input, so it checks nothing"
            raise InputError.of(message, invariant.span, rule="S3")
        for target in targets:
            found.setdefault(target_name(target), (target, []))[1].append(number)
    return list(found.values())


def _targets_of(estate: Estate, invariant: AnyInvariant) -> Iterator[Target]:
    on_keys, keyless = (True, False) if isinstance(invariant, GrantInvariant) else _kinds(invariant)
    if on_keys or invariant.keys is not None:
        about = keys_in_question(estate, invariant)
        yield from (key_target(key) for key in estate.keys if key.arn in about)
    elif keyless:
        partition = estate.keys[0].partition if estate.keys else "aws"
        yield Target(TargetKind.NONE, partition)


def is_keyless(invariant: AnyInvariant) -> bool:
    """True iff an invariant is about operations without a key alone, and so about an input that holds no key as
    well."""
    return isinstance(invariant, model.Invariant) and invariant.keys is None and _kinds(invariant) == (False, True)


def _kinds(invariant: model.Invariant) -> tuple[bool, bool]:
    """True iff some of the actions need a key, and true iff some need none."""
    names = frozenset[str]().union(*(matching(pattern.value) for pattern in invariant.actions))
    names = names.difference(*(matching(pattern.value) for pattern in invariant.not_actions))
    matched = [a for a in actions() if a.name in names]
    return any("key" in a.resources for a in matched), any(not a.resources for a in matched)


def target_name(target: Target) -> str:
    """How reports name a target: a key ARN, or a sentence."""
    return target.resource or target.kind.value


# -- of one request --


def workload_target(account: str, arn: str, tags: Pairs | None) -> Target:
    """The requests on code that runs in an account, or on something else that changes it (E5). What is AWS's own has no
    tags."""
    _, partition, _, region, owner, _ = arn.split(":", 5)
    return Target(TargetKind.WORKLOAD, partition, account, region, arn, tags=tags if owner else ())


def _step_target(estate: Estate, request: Request, step: StepAction) -> Target:
    """What a step changes: a role, user, group or policy; or the caller's account, where the request itself names
    something in it."""
    running = [one for one in estate.workloads if one.arn == request.resource]
    if step.on is StepResource.WORKLOAD or running:
        if request.resource is None:
            raise InputError.of(f"{request.action} is about code that runs, and the request names none")
        return workload_target(request.caller.account or "", request.resource, running[0].tags if running else None)
    if step.on is StepResource.ACCOUNT:
        partition = request.caller.principal_arn.split(":")[1]
        return step_target(estate, f"arn:{partition}:iam::{request.caller.account}:root")
    if request.resource is None:
        raise InputError.of(f"{request.action} is about a {step.on.value}, and the request names none")
    return step_target(estate, request.resource)


def target_of(estate: Estate, request: Request) -> Target:
    """The target that a request is about."""
    resource = request.resource
    step = step_action(request.action)
    if step is not None:
        return _step_target(estate, request, step)
    if resource is None or request.action.lower() == LIST_RETIRABLE.lower():
        return Target(TargetKind.NONE, estate.keys[0].partition if estate.keys else "aws")
    key = estate.key(resource)
    if key is not None:
        return key_target(key)
    if ":alias/" in resource:
        _, partition, _, region, account, _ = resource.split(":", 5)
        return Target(TargetKind.ALIAS, partition, account, region, resource)
    raise InputError.of(f"{resource} is not a key of the input")
