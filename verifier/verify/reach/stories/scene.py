"""The state before a step, who holds what in it, and how a move is put together.

In: a state, callers, rules. Out: `Scene`; moves with their replays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import field

from verifier.frozen import Frozen
from verifier.model.estate import Estate, Key
from verifier.model.grant import Pairs
from verifier.model.invariant import ALWAYS, CallerSet, ConditionExpression, Holds
from verifier.model.policy import Effect
from verifier.model.request import Caller, Request
from verifier.model.results.verdict import Counterexample, Reason, StoryStep
from verifier.model.steps.chains import Move, State, StepChange
from verifier.model.steps.descriptions import StepKind, way_taken
from verifier.problem.semantics.targets import Target, key_target, step_target
from verifier.verify.reach.documents import policies_of
from verifier.verify.reach.key_rules import KeyRules
from verifier.verify.reach.stories.asking import Asker, of_one, one_caller


class Scene(Frozen):
    """The state before a step. `callers` are those that are held, by principal; `start` says who may be the first one
    as long as that is not settled; `later` are the principals that the rest of the story may be about; `tags` gives
    choices of session tags for a role. The invariant is about ciphertexts of `material`, a key, in requests of which
    `when` holds."""

    state: State
    callers: Mapping[str, Caller]
    start: CallerSet
    later: tuple[str, ...]
    rules: Mapping[str, KeyRules]
    asker: Asker
    tags: Callable[[str], tuple[Pairs, ...]]
    material: str
    when: ConditionExpression
    source: str | None = None
    """The source identity of who takes the step, as far as a step set it."""
    facts: Mapping[str, ConditionExpression] = field(default_factory=dict)
    """What requests on a key must meet for it to be the same as before."""

    @property
    def estate(self) -> Estate:
        return self.state.estate

    def leaving(self, key: str, by: str) -> tuple[ConditionExpression, ...]:
        """What a request must meet that takes ciphertexts away from a key, for the invariant to be about them."""
        same = key == self.material or (self.material, key) in self.state.equal
        return (of_one(self.when, by),) if same and self.when != ALWAYS else ()

    def whom(self, by: str) -> CallerSet:
        """The callers that a principal stands for."""
        caller = self.callers.get(by)
        return self.start if caller is None else one_caller(caller)

    def key(self, arn: str) -> Key:
        return next(key for key in self.estate.keys if key.arn == arn)

    def lacks(self, arn: str) -> bool:
        """True iff an ARN is that of a key that the state does not hold."""
        return arn.split(":")[2:3] == ["kms"] and ":key/" in arn and self.estate.key(arn) is None

    def about(self, by: str) -> frozenset[str]:
        """The principals whose policies matter for the rest of a chain, in which `by` takes the next step."""
        return frozenset((*self.callers, by, *self.later))

    def request(self, target: Target, by: str, action: str, *when: ConditionExpression) -> Counterexample | Reason:
        conditions = (*when, *self.same(target))
        return self.asker.request(self.estate, target, self.whom(by), (action,), conditions, self.callers.get(by))

    def request_on(self, arn: str, by: str, action: str, *when: ConditionExpression) -> Counterexample | Reason:
        """The same on whatever of IAM has an ARN."""
        return self.request(step_target(self.estate, arn), by, action, *when)

    def by_the_same(
        self, target: Target, first: Request, action: str, *when: ConditionExpression
    ) -> Counterexample | Reason:
        """A further request of a step, by the caller of the first."""
        return self.asker.request(
            self.estate, target, one_caller(first.caller), (action,), (*when, *self.same(target)), first.caller
        )

    def requests_of(
        self,
        kind: StepKind,
        change: StepChange,
        by: str,
        *when: ConditionExpression,
        each: Sequence[ConditionExpression] = (),
    ) -> tuple[Counterexample | Reason, ...]:
        """The requests of a step by a principal that is held: under conditions on `each`, and on the first."""
        (action, resource), *others = way_taken(Move(kind, (), change)).asks(change)
        first = self.request(self._target(resource), by, action, *each, *when)
        if isinstance(first, Reason):
            return (first,)
        return first, *(self.by_the_same(self._target(on), first.request, name, *each) for name, on in others)

    def taken(
        self,
        kind: StepKind,
        change: StepChange,
        by: str,
        *when: ConditionExpression,
        each: Sequence[ConditionExpression] = (),
    ) -> Made:
        """A step with these requests."""
        return step(kind, fixed(change), *self.requests_of(kind, change, by, *when, each=each))

    def _target(self, resource: str | None) -> Target:
        key = self.estate.key(resource or "")
        return key_target(key) if key is not None else step_target(self.estate, resource or "")

    def same(self, target: Target) -> tuple[ConditionExpression, ...]:
        """What a request must meet for its target to be what it was."""
        return tuple(when for arn, when in self.facts.items() if arn == target.resource)

    def conditions_of(self, found: Counterexample) -> tuple[ConditionExpression, ...]:
        """The conditions of the statements that allowed a request."""
        matched = {(one.policy, one.index) for one in found.statements if one.effect is Effect.ALLOW}
        whom = {*self.callers, found.request.caller.principal_arn, str(found.request.resource)}
        policies = policies_of(self.estate, whom)
        stated = ((policy, statement) for policy in policies for statement in policy.statements)
        own = (statement for policy, statement in stated if (policy.identity, statement.index) in matched)
        return tuple(Holds(condition) for statement in own for condition in statement.conditions)


Made = StoryStep | Reason
"""A move with the replay of each request; or why there is none."""


def step(kind: StepKind, change: Callable[[Request], StepChange], *found: Counterexample | Reason) -> Made:
    """A move, if all its requests were found; `change` is given the first."""
    requests = []
    for one in found:
        if isinstance(one, Reason):
            return one
        requests.append(one)
    return StoryStep(Move(kind, tuple(one.request for one in requests), change(requests[0].request)), tuple(requests))


def fixed(change: StepChange) -> Callable[[Request], StepChange]:
    """A change that is the same whatever the request says."""
    return lambda _: change
