"""A verdict as bytes, and back: with the places of statements as they are now.

In: a verdict and the estate that it is about. Out: JSON; from JSON and an estate with the same meaning the verdict, or nothing.
Guarantee: a statement that a remembered verdict names is the statement of today's input that means the same, with its place there.
"""

from __future__ import annotations

import dataclasses
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from verifier.model.estate import Estate
from verifier.model.grant import Grant, reference_to_grant
from verifier.model.invariant import AnyInvariant
from verifier.model.policy import Policy, StatementRef, reference_to
from verifier.model.request import Step
from verifier.model.verdict import Assumption, Counterexample, NamedByGrant, Statistics, Status, Verdict
from verifier.problem.targets import Target
from verifier.runs.digests import digest
from verifier.verify.meaning import in_policy, meaning

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class _Stored:
    """What is kept of a verdict. `statements` gives, for each statement and grant that it names, the digest of what it means."""

    status: Status
    rests_on: tuple[StatementRef, ...]
    assumptions: tuple[Assumption, ...]
    counterexample: Counterexample | None
    statistics: Statistics
    grants: tuple[NamedByGrant, ...]
    statements: tuple[tuple[str, int, bytes], ...]


_DECODER = msgspec.json.Decoder(_Stored)


def stored(verdict: Verdict, places: Places) -> bytes | None:
    """A verdict as JSON; `None` for one that must not be remembered."""
    if verdict.status is Status.UNKNOWN or verdict.agreement is not None:
        return None
    named: dict[tuple[str, int], bytes] = {}

    def note(reference: StatementRef) -> StatementRef:
        own = places.meanings.get((reference.policy, reference.index))
        if own is None:
            raise LookupError(reference.policy)
        named[reference.policy, reference.index] = own
        return reference

    parts = (verdict.rests_on, verdict.counterexample, verdict.grants)
    try:
        _mapped(parts, StatementRef, note)
    except LookupError:
        return None
    statements = tuple((policy, index, own) for (policy, index), own in named.items())
    return msgspec.json.encode(
        _Stored(
            verdict.status, verdict.rests_on, verdict.assumptions, verdict.counterexample, verdict.statistics, verdict.grants, statements
        )
    )


def recalled(data: bytes, invariant: AnyInvariant, target: str, places: Places) -> Verdict | None:
    """The verdict of today's input; `None` where it names something that cannot be found there."""
    try:
        found = _DECODER.decode(data)
        known = {(policy, index): places.by_meaning[policy, own] for policy, index, own in found.statements}
        moved: dict[str, str] = {}

        def today(reference: StatementRef) -> StatementRef:
            own = known[reference.policy, reference.index]
            moved[str(reference.span)] = str(own.span)
            return own

        counterexample, rests_on, grants = _mapped((found.counterexample, found.rests_on, found.grants), StatementRef, today)
        counterexample = _mapped(counterexample, Step, lambda step: _step_today(step, moved))
        counterexample, grants = _mapped((counterexample, grants), Grant, lambda grant: places.grants[grant.id])
    except (msgspec.MsgspecError, LookupError):
        return None
    return Verdict(
        invariant,
        target,
        found.status,
        rests_on,
        found.assumptions,
        counterexample,
        statistics=found.statistics,
        grants=grants,
        remembered=True,
    )


def _step_today(step: Step, moved: Mapping[str, str]) -> Step:
    """A step of a trace whose sentence names a statement by its place."""
    if step.statement is None or step.depth != 1:
        return step
    now = str(step.statement.span)
    before = next((old for old, new in moved.items() if new == now and f"({old})" in step.text), None)
    return step if before is None else dataclasses.replace(step, text=step.text.replace(f"({before})", f"({now})"))


@dataclasses.dataclass(frozen=True)
class Places:
    """The statements and grants that bear on one target: what each means, and which mean what. `shared` are those that bear on all."""

    meanings: Mapping[tuple[str, int], bytes]
    by_meaning: Mapping[tuple[str, bytes], StatementRef]
    grants: Mapping[str, Grant]


def places_of(shared: Places, target: Target) -> Places:
    """Those of a target, with those that all targets share."""
    key = target.key
    pairs = [] if key is None else [pair for policy in key.policies or () for pair in _of_policy(policy)]
    listed = () if key is None else key.grants or ()
    pairs += [(reference_to_grant(key.arn, grant), digest(meaning(grant))) for grant in listed] if key is not None else []
    own = _places(pairs)
    return Places(
        ChainMap(own.meanings, shared.meanings),  # type: ignore[arg-type]  # both are only read
        ChainMap(own.by_meaning, shared.by_meaning),  # type: ignore[arg-type]
        {grant.id: grant for grant in listed},
    )


def shared_places(estate: Estate) -> Places:
    """The statements of all policies that belong to no key."""
    policies = {policy.identity: policy for policy in _policies(estate)}
    return _places([pair for policy in policies.values() for pair in _of_policy(policy)])


def _policies(estate: Estate) -> Iterator[Policy]:
    for account in estate.accounts:
        for identity in (*account.users, *account.roles):
            yield from identity.policies
            if identity.boundary is not None:
                yield identity.boundary
    for controls in estate.organization.controls if estate.organization is not None else ():
        for level in (*(controls.service or ()), *(controls.resource or ())):
            yield from level.policies
    for endpoint in estate.endpoints or ():
        if endpoint.policy is not None:
            yield endpoint.policy


def _of_policy(policy: Policy) -> list[tuple[StatementRef, bytes]]:
    return [(reference_to(policy, statement), digest(in_policy(policy, statement))) for statement in policy.statements]


def _places(pairs: list[tuple[StatementRef, bytes]]) -> Places:
    meanings = {(reference.policy, reference.index): own for reference, own in pairs}
    return Places(meanings, {(reference.policy, own): reference for reference, own in reversed(pairs)}, {})


def _mapped(value: Any, kind: type[T], change: Callable[[T], T]) -> Any:
    """A value of the model with every part of a kind changed."""
    if isinstance(value, kind):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_mapped(part, kind, change) for part in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        new = {}
        for field in dataclasses.fields(value):
            old = getattr(value, field.name)
            if isinstance(old, tuple) or dataclasses.is_dataclass(old):
                changed = _mapped(old, kind, change)
                if changed is not old:
                    new[field.name] = changed
        return dataclasses.replace(value, **new) if new else value
    return value
