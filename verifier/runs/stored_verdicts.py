"""A verdict as bytes, and back: with the places of statements as they are now.

In: a verdict and the estate that it is about. Out: bytes; from these and an estate with the same meaning the verdict,
or nothing.
Guarantee: a statement that a stored verdict names is the statement of today's input that means the same, with its place
there; what is supposed of places and names is what is supposed of today's.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.grant import Grant, reference_to_grant
from verifier.model.invariant_file import AnyInvariant
from verifier.model.policy import Policy, StatementRef, reference_to
from verifier.model.request import Step
from verifier.model.results.verdict import Assumption, Bound, Counterexample, NamedByGrant, Statistics, Status, Verdict
from verifier.model.symbol_texts import decoded, encoded
from verifier.problem.semantics.targets import Target
from verifier.runs.digests import Statements
from verifier.verify.assumptions import supposed_of, where_it_is


class _Stored(Frozen):
    """What is kept of a verdict. `statements` are those and grants that it names, each with a digest of its meaning."""

    status: Status
    rests_on: tuple[StatementRef, ...]
    assumptions: tuple[Assumption, ...]
    counterexample: Counterexample | None
    statistics: Statistics
    grants: tuple[NamedByGrant, ...]
    statements: tuple[tuple[StatementRef, bytes], ...]
    bound: Bound | None


_DECODER = msgspec.msgpack.Decoder(_Stored, dec_hook=decoded)
_QUICKLY = 1
"""The least that zlib can do: it makes results a fifth of their size all the same."""


def stored(verdict: Verdict, places: BearingPolicies) -> bytes | None:
    """A verdict as bytes (MessagePack, compressed); `None` for one that must not be remembered."""
    if verdict.status is Status.UNKNOWN or verdict.agreement is not None or verdict.story is not None:
        return None  # a story names statements of policies that its own steps write, which are nowhere in the input
    named = dict.fromkeys(_named(verdict.rests_on, verdict.counterexample))
    statements = tuple((reference, own) for reference in named if (own := places.meaning(reference)) is not None)
    if len(statements) < len(named):
        return None
    kept = _Stored(
        verdict.status,
        verdict.rests_on,
        tuple(found for found in verdict.assumptions if found not in (*places.concluded, *places.supposed)),
        verdict.counterexample,
        verdict.statistics,
        verdict.grants,
        statements,
        verdict.bound,
    )
    return zlib.compress(msgspec.msgpack.encode(kept, enc_hook=encoded), _QUICKLY)


def recalled(data: bytes, invariant: AnyInvariant, target: str, places: BearingPolicies) -> Verdict | None:
    """The verdict of today's input; `None` where it names something that cannot be found there."""
    try:
        found = _today(_DECODER.decode(zlib.decompress(data)), places)
    except (zlib.error, msgspec.MsgspecError, LookupError):
        return None
    return Verdict(
        invariant,
        target,
        found.status,
        found.rests_on,
        tuple(_with_supposed(found.assumptions, places)),
        found.counterexample,
        statistics=found.statistics,
        grants=found.grants,
        cached=True,
        bound=found.bound,
    )


def _today(found: _Stored, places: BearingPolicies) -> _Stored:
    """What was kept, with the places of statements and grants in today's input. Raises `LookupError`."""
    grants = tuple([dataclasses.replace(named, grant=places.grants[named.grant.id]) for named in found.grants])
    counterexample, rests_on = found.counterexample, found.rests_on
    if counterexample is not None and counterexample.grants:
        listed = tuple([places.grants[grant.id] for grant in counterexample.grants])
        counterexample = dataclasses.replace(counterexample, grants=listed)
    moved = [(before, now) for before, own in found.statements if (now := places.today(before, own)) != before]
    if moved:
        today = {before: before for before, _ in found.statements} | dict(moved)
        rests_on = tuple(today[reference] for reference in rests_on)
        counterexample = counterexample and _moved(counterexample, today)
    return dataclasses.replace(found, grants=grants, counterexample=counterexample, rests_on=rests_on)


def _with_supposed(kept: Iterable[Assumption], places: BearingPolicies) -> Iterator[Assumption]:
    """What is supposed, in the order of a new verdict: of where the keys are, of the key, of others."""
    yield from places.concluded
    supposed = places.supposed
    for found in kept:
        if found.rule in _AFTER_KEY:
            yield from supposed
            supposed = ()
        yield found
    yield from supposed


_AFTER_KEY = ("D7", "V", "U4")
"""The rules of what is supposed after what is of the key."""


def _named(rests_on: Iterable[StatementRef], counterexample: Counterexample | None) -> Iterator[StatementRef]:
    """The statements and grants that a verdict names."""
    yield from rests_on
    if counterexample is not None:
        yield from counterexample.statements
        yield from (step.statement for step in counterexample.decision.trace if step.statement is not None)


def _moved(found: Counterexample, today: Mapping[StatementRef, StatementRef]) -> Counterexample:
    """A counterexample whose statements have other places."""
    trace = tuple(_step_today(step, today) for step in found.decision.trace)
    statements = tuple(today[reference] for reference in found.statements)
    return dataclasses.replace(found, statements=statements, decision=dataclasses.replace(found.decision, trace=trace))


def _step_today(step: Step, today: Mapping[StatementRef, StatementRef]) -> Step:
    """A step of a trace, whose sentence may name its statement by its place."""
    if step.statement is None:
        return step
    now = today[step.statement]
    text = step.text.replace(f"({step.statement.span})", f"({now.span})")
    return dataclasses.replace(step, statement=now, text=text)


class BearingPolicies(Frozen):
    """The policies and grants that bear on one target, by name: what their statements mean, and which mean what. A
    policy is looked at when a verdict names one of its statements."""

    policies: Mapping[str, Policy]
    grants: Mapping[str, Grant]
    """By the ID of the grant."""
    named: Mapping[str, Grant]
    """By the name that references give it."""
    statements: Statements
    concluded: tuple[Assumption, ...] = ()
    supposed: tuple[Assumption, ...] = ()
    """What is supposed of the key that no decision turns on."""

    def meaning(self, reference: StatementRef) -> bytes | None:
        """The digest of what a statement or grant means; `None` for one that is not there."""
        grant, policy = self.named.get(reference.policy), self.policies.get(reference.policy)
        if grant is not None:
            return self.statements.of_grant(grant)
        known = () if policy is None else self.statements.of_policy(policy)
        return known[reference.index] if reference.index < len(known) else None

    def today(self, before: StatementRef, own: bytes) -> StatementRef:
        """The statement of the same policy that means the same: that of the same number, or the first. Raises
        `LookupError`."""
        grant = self.named.get(before.policy)
        if grant is not None:
            if self.statements.of_grant(grant) != own:
                raise LookupError(before)
            return dataclasses.replace(before, sid=grant.name, span=grant.span)
        policy = self.policies[before.policy]
        known = self.statements.of_policy(policy)
        same = before.index < len(known) and known[before.index] == own
        number = before.index if same else known.index(own) if own in known else None
        if number is None:
            raise LookupError(before)
        return reference_to(policy, policy.statements[number])

    def meanings(self) -> dict[tuple[str, int], bytes]:
        """What all of them mean, by policy and number."""
        found = self.statements.of_policies(self.policies)
        return found | {(name, 0): self.statements.of_grant(grant) for name, grant in self.named.items()}


def bearing_policies(
    shared: Mapping[str, Policy], target: Target, statements: Statements, estate: Estate | None = None
) -> BearingPolicies:
    """Those of a target, with the policies that all targets share, and what is supposed of an estate (S4, U3)."""
    key = target.key
    own = {} if key is None else {policy.identity: policy for policy in key.policies or ()}
    listed = () if key is None else key.grants or ()
    named = {} if key is None else {reference_to_grant(key.arn, grant).policy: grant for grant in listed}
    policies = ChainMap(own, shared)  # type: ignore[arg-type]  # both are only read
    supposed = () if estate is None else (where_it_is(estate), supposed_of(estate, target))
    return BearingPolicies(policies, {grant.id: grant for grant in listed}, named, statements, *supposed)


def shared_policies(estate: Estate) -> dict[str, Policy]:
    """All policies that belong to no key, by name."""
    return {policy.identity: policy for policy in estate.policies_beside_keys()}
