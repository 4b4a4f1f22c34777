"""What the verdict about a state says, in short: the steps of its story, which must replay; `proved`; or the rule of an
Unknown."""

from __future__ import annotations

from dataclasses import replace

from tests.evaluate.steps.replay import Chain, story
from tests.reach.estates import own_key
from verifier.model.choices import Engine
from verifier.model.invariant import ALWAYS, CallerSet, Expectation, IdentityOf, Invariant, PrincipalLike
from verifier.model.policy import Text
from verifier.model.request import Caller, CallerKind, Outcome
from verifier.model.results.verdict import Status, Story, Verdict
from verifier.model.steps.chains import ReEncrypted, State
from verifier.model.steps.descriptions import is_own_key
from verifier.verify.proving import prove

PROVED = ("proved",)
STEPS = 3
"""The bound on the steps of a chain."""


def verdict(before: State, action: str = "kms:Decrypt", steps: int | None = STEPS) -> Verdict:
    """The verdict on whether the one who is held can eventually do an action on the first key."""
    (caller,) = before.held
    asked = Invariant(
        "", Expectation.REFUSED, _whom(caller), (Text(action),), None, ALWAYS, (), "nobody", eventually=True
    )
    return next(
        one
        for one in prove(before.estate, [asked], engine=Engine.SAT, steps=steps).verdicts
        if one.target == before.estate.keys[0].arn
    )


def _whom(caller: Caller) -> CallerSet:
    named = Text(caller.principal_arn)
    return IdentityOf(named) if caller.kind is CallerKind.WEB else PrincipalLike(named)


def told(before: State, action: str = "kms:Decrypt", steps: int | None = STEPS) -> tuple[str, ...]:
    """The steps of the story, each as `docs/reach.md` calls it; `proved`; or `unknown` with the rule."""
    found = verdict(before, action, steps)
    if found.status is Status.PROVED:
        return PROVED
    if found.story is None:
        assert found.reason is not None
        return ("unknown", found.reason.rule)
    replayed(before, found.story)
    return tuple(step.move.kind.value for step in found.story.steps)


def replayed(before: State, found: Story) -> None:
    """A story replays: as a chain, by `evaluate` alone, every decision of it is to allow and is argued."""
    moves = tuple(step.move for step in found.steps)
    onto = [move for move in moves if isinstance(move.change, ReEncrypted) and is_own_key(move.change.onto)]
    own = [replace(own_key(move.requests[0].caller.principal_arn), arn=str(move.requests[1].resource)) for move in onto]
    estate = replace(before.estate, keys=(*before.estate.keys, *own))
    chain = Chain(found.caller, moves, found.access.request if found.access is not None else None)
    replay = story(State(estate, (found.caller,)), chain, {**dict(found.readings), **dict(found.free)})
    assert replay.outcome is Outcome.ALLOW, replay.depends_on
    decisions = [decision for step in replay.steps for decision in step] + (
        [replay.access] if replay.access is not None else []
    )
    assert all(decision.trace for decision in decisions)
