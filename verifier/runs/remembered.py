"""A verdict as bytes, and back: with the places of statements as they are now.

In: a verdict and the estate that it is about. Out: JSON; from JSON and an estate with the same meaning the verdict, or nothing.
Guarantee: a statement that a remembered verdict names is the statement of today's input that means the same, with its place there.
"""

from __future__ import annotations

import dataclasses
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping

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


@dataclasses.dataclass(frozen=True)
class _Stored:
    """What is kept of a verdict. `statements` are the statements and grants that it names, each with the digest of what it means."""

    status: Status
    rests_on: tuple[StatementRef, ...]
    assumptions: tuple[Assumption, ...]
    counterexample: Counterexample | None
    statistics: Statistics
    grants: tuple[NamedByGrant, ...]
    statements: tuple[tuple[StatementRef, bytes], ...]


_DECODER = msgspec.json.Decoder(_Stored)


def stored(verdict: Verdict, places: Places) -> bytes | None:
    """A verdict as JSON; `None` for one that must not be remembered."""
    if verdict.status is Status.UNKNOWN or verdict.agreement is not None:
        return None
    named = dict.fromkeys(_named(verdict.rests_on, verdict.counterexample))
    try:
        statements = tuple((reference, places.meanings[reference.policy, reference.index]) for reference in named)
    except LookupError:
        return None
    return msgspec.json.encode(
        _Stored(
            verdict.status, verdict.rests_on, verdict.assumptions, verdict.counterexample, verdict.statistics, verdict.grants, statements
        )
    )


def recalled(data: bytes, invariant: AnyInvariant, target: str, places: Places) -> Verdict | None:
    """The verdict of today's input; `None` where it names something that cannot be found there."""
    try:
        found = _DECODER.decode(data)
        today = {reference: places.by_meaning[reference.policy, own] for reference, own in found.statements}
        grants = tuple(dataclasses.replace(named, grant=places.grants[named.grant.id]) for named in found.grants)
        counterexample = found.counterexample and _counterexample_today(found.counterexample, today, places)
        rests_on = tuple(today[reference] for reference in found.rests_on)
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


def _named(rests_on: Iterable[StatementRef], counterexample: Counterexample | None) -> Iterator[StatementRef]:
    """The statements and grants that a verdict names."""
    yield from rests_on
    if counterexample is not None:
        yield from counterexample.statements
        yield from (step.statement for step in counterexample.decision.trace if step.statement is not None)


def _counterexample_today(found: Counterexample, today: Mapping[StatementRef, StatementRef], places: Places) -> Counterexample:
    """A counterexample with the places of statements and grants in today's input."""
    grants = tuple(places.grants[grant.id] for grant in found.grants)
    if all(before == now for before, now in today.items()):
        return dataclasses.replace(found, grants=grants)
    trace = tuple(_step_today(step, today) for step in found.decision.trace)
    statements = tuple(today[reference] for reference in found.statements)
    return dataclasses.replace(found, grants=grants, statements=statements, decision=dataclasses.replace(found.decision, trace=trace))


def _step_today(step: Step, today: Mapping[StatementRef, StatementRef]) -> Step:
    """A step of a trace, whose sentence may name its statement by its place."""
    if step.statement is None:
        return step
    now = today[step.statement]
    text = step.text.replace(f"({step.statement.span})", f"({now.span})")
    return dataclasses.replace(step, statement=now, text=text)


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
    policies = {policy.identity: policy for policy in other_policies(estate)}
    return _places([pair for policy in policies.values() for pair in _of_policy(policy)])


def other_policies(estate: Estate) -> Iterator[Policy]:
    """All policies that belong to no key."""
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
