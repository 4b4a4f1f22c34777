"""The state before a step, who holds what in it, and how a move is put together.

In: a state, callers, rules. Out: `Scene`; moves with their replays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from verifier.model.estate import Key
from verifier.model.grant import Pairs
from verifier.model.invariant import CallerSet, ConditionExpression
from verifier.model.reach import Change, Move, State, StepKind
from verifier.model.request import Caller, Request
from verifier.model.verdict import Counterexample, Reason, StoryStep
from verifier.problem.targets import Target
from verifier.verify.reach.asking import Asker, exactly
from verifier.verify.reach.key_rules import KeyRules


@dataclass(frozen=True)
class Scene:
    """The state before a step. `callers` are those that are held, by principal; `start` says who may be the first one, of the principal
    `first`, as long as that is not settled; `later` are the principals that the rest of the story may be about; `tags` are
    choices of session tags for roles."""

    state: State
    callers: Mapping[str, Caller]
    first: str
    start: CallerSet
    later: tuple[str, ...]
    rules: Mapping[str, KeyRules]
    asker: Asker
    tags: Mapping[str, tuple[Pairs, ...]]

    def whom(self, by: str) -> CallerSet:
        """The callers that a principal stands for."""
        caller = self.callers.get(by)
        return self.start if caller is None else exactly(caller)

    def key(self, arn: str) -> Key:
        """A key of the state."""
        return next(key for key in self.state.estate.keys if key.arn == arn)

    def request(self, target: Target, by: str, action: str, *when: ConditionExpression) -> Counterexample | Reason:
        """A request by a principal that is held."""
        return self.asker.request(self.state.estate, target, self.whom(by), (action,), when, self.callers.get(by))


Made = StoryStep | Reason
"""A move with the replay of each request; or why there is none."""


def step(kind: StepKind, change: Callable[[Request], Change], *found: Counterexample | Reason) -> Made:
    """A move, if all its requests were found; `change` is told the first."""
    requests = []
    for one in found:
        if isinstance(one, Reason):
            return one
        requests.append(one)
    return StoryStep(Move(kind, tuple(one.request for one in requests), change(requests[0].request)), tuple(requests))
