"""One step more of a story, and its last request: each found in the state that the steps before it made, and replayed
there.

In: a step to take, or a goal. Out: the story with it, for each way to take it; or why it cannot be taken.
Guarantee: what is taken is allowed by `evaluate` in its state, under the same readings and free facts as the steps
before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property

from verifier.evaluate.statements.values import instant
from verifier.evaluate.steps import against_time, broken_rule, permitted, state_after
from verifier.model.estate import Estate
from verifier.model.grant import Grant, Pairs
from verifier.model.invariant import ALWAYS, CallersAnd, ConditionExpression, Invariant, conditions_in
from verifier.model.policy import Principal, Text, principal_named
from verifier.model.request import Caller, CallerKind, Outcome, Request
from verifier.model.results.verdict import Counterexample, Reason, Story, StoryStep
from verifier.model.steps.chains import Became, State
from verifier.model.steps.descriptions import StepKind
from verifier.model.symbols import SymbolName
from verifier.problem.classes.attributes import WEB_PREFIX
from verifier.problem.semantics.targets import key_target
from verifier.syntax.diagnostic import InputError
from verifier.verify.deciding import ProofOptions
from verifier.verify.reach.documents import conditions_of, policies_of
from verifier.verify.reach.facts import Goal
from verifier.verify.reach.key_rules import KeyRules
from verifier.verify.reach.offers.offers import KeyOffers
from verifier.verify.reach.stories.asking import Asker, FoundRequests, of_one, principal, test
from verifier.verify.reach.stories.implied import SESSION_KEYS, key_conditions, session_conditions
from verifier.verify.reach.stories.moves import moves_for
from verifier.verify.reach.stories.plans import Task
from verifier.verify.reach.stories.scene import Scene
from verifier.witness.request import caller as some_caller

_SOURCE = "aws:SourceIdentity"


@dataclass
class StoryContext:
    """What stories in one estate are made with. `goals` are what they may end in, by number; `keys` those that chains
    may be about: other ways to a goal take in more."""

    estate: Estate
    goals: Sequence[Invariant]
    keys: Mapping[str, KeyOffers]
    options: ProofOptions
    answers: FoundRequests

    @property
    def rules(self) -> dict[str, KeyRules]:
        """The rules of these keys."""
        return {arn: offers.rules for arn, offers in self.keys.items()}

    @cached_property
    def ages(self) -> bool:
        """True iff a policy asks when credentials were issued."""
        return bool(instants(self.estate, None, ALWAYS, (ISSUED,)))

    @cached_property
    def sources(self) -> bool:
        """True iff a policy asks for the source identity of callers, or for the one that a call sets."""
        return bool({"aws:sourceidentity", "sts:sourceidentity"} & self._tested)

    @cached_property
    def origins(self) -> frozenset[str]:
        """The keys of sessions that a policy asks for, and of which it matters how the session was made."""
        return SESSION_KEYS & self._tested

    @cached_property
    def _tested(self) -> frozenset[str]:
        return frozenset[str]().union(*(policy.tested_keys for policy in policies_of(self.estate)))


@dataclass
class PartialStory:
    """A story so far: the state after its steps, and what they made certain."""

    context: StoryContext
    start: str
    key: str
    invariant: Invariant
    tags: Callable[[str], tuple[Pairs, ...]]
    state: State
    callers: dict[str, Caller] = field(default_factory=dict)
    first: Caller | None = None
    """Who takes the first step, who may be given another session of its own role later."""
    steps: list[StoryStep] = field(default_factory=list)
    readings: dict[SymbolName, bool] = field(default_factory=dict)
    free: dict[SymbolName, bool] = field(default_factory=dict)
    now: int = 0
    """The instant of the last step that says when it is taken, in seconds since 1970 (W4)."""
    issued: dict[str, int] = field(default_factory=dict)
    """When steps gave sessions, by principal, where a policy asks for it."""
    last: frozenset[str] = frozenset()
    """The actions of which one is that of a last request on the key, if there is to be one."""
    sources: dict[str, str | None] = field(default_factory=dict)
    """The source identities that steps gave sessions, by principal, where a policy asks for it."""

    def copy(self) -> PartialStory:
        """The same story so far, to be gone on with in another way."""
        other = replace(
            self, callers=dict(self.callers), steps=list(self.steps), readings=dict(self.readings), free=dict(self.free)
        )
        return replace(other, issued=dict(self.issued), sources=dict(self.sources))

    def with_grants(self, grants: Sequence[tuple[str, str]]) -> PartialStory:
        """The same story where grants let principals encrypt under keys of the caller's own: pairs of both."""
        other, keys = self.copy(), {key.arn: key for key in self.state.estate.keys}
        for arn, by in grants:
            key, grantee = keys[arn], principal_named(by)
            if isinstance(grantee, Principal):
                name = f"own-{len(key.grants or ()) + 1}"
                grant = Grant(name, grantee, ("kms:ReEncryptTo",), issuing_account=key.account)
                keys[arn] = replace(key, grants=(*(key.grants or ()), grant))
        other.state = replace(other.state, estate=replace(other.state.estate, keys=tuple(keys.values())))
        return other

    def _scene(self, by: str, later: tuple[str, ...], *when: ConditionExpression) -> Scene:
        whom = CallersAnd((self.invariant.callers, principal(self.start)))
        tested = (one.key.value.lower() for one in conditions_in(self.invariant.when))
        made = session_conditions(self.steps, by, self.context.origins.union(tested))
        asker = Asker(self.context.options, self.context.answers).holding(self.readings)
        asker = asker.when(*self._source_of(by), *made, *when)
        rules, about = self.context.rules, (self.key, self.invariant.when)
        of_keys = key_conditions(self.state.estate, [one.move for one in self.steps], (self.key, self.last))
        before = self.state, self.callers, whom, later, rules, asker, self.tags
        return Scene(*before, *about, self.sources.get(by), of_keys)

    def ways(self, task: Task, later: tuple[str, ...]) -> Iterator[PartialStory | Reason]:
        """The story with one step more, for each way to take it; or why one cannot be taken."""
        by = task.by
        moments: Sequence[int] = ()
        for found in moves_for(task, self._scene(by, later)):
            if isinstance(found, Reason):
                yield found
                continue
            timed = tells_time(found.move.requests) or (self.context.ages and found.move.kind is StepKind.ASSUME_ROLE)
            moments = moments or (self._moments((by, task.fact.subject, *later)) if timed else ())
            if not timed or not moments:
                yield self._with(found, self.now)
        for now in moments:
            tried = moves_for(task, self._scene(by, later, *self._at(by, now)))
            steps = (found for found in tried if isinstance(found, StoryStep))
            yield from (self._with(found, now) for found in steps)

    def _with(self, found: StoryStep, now: int) -> PartialStory | Reason:
        other = self.copy()
        other.now = now
        return other._take(found) or other

    def _moments(self, whom: Iterable[str]) -> Sequence[int]:
        """Instants for the next request, not before the steps so far (W4); none where nobody asks for the time."""
        found = instants(self.state.estate, frozenset((*self.callers, *whom)), self.invariant.when)
        return sorted({self.now, *(now for now in found if now >= self.now)} - {0}) if found else ()

    def _source_of(self, by: str) -> Iterator[ConditionExpression]:
        """That a request is made with the source identity that a step gave to its session, or without one."""
        if by in self.sources:
            source = self.sources[by]
            yield test("Null", _SOURCE, "true") if source is None else test("StringEquals", _SOURCE, source)

    def _at(self, by: str, now: int) -> Iterator[ConditionExpression]:
        """That a request is made at an instant; with the credentials that a step gave when it was taken."""
        yield at(now)
        if by in self.issued:
            yield at(self.issued[by], ISSUED)

    def _take(self, found: StoryStep) -> Reason | None:
        """Takes one step; or says why it is not permitted."""
        self._learn(*found.requests)
        reason = self._refusal(found)
        if reason is not None:
            return reason
        self.state = state_after(self.state, found.move)
        if isinstance(found.move.change, Became):
            caller = found.move.change.caller
            became = WEB_PREFIX * (caller.kind is CallerKind.WEB) + caller.principal_arn
            self.callers[became] = caller
            if found.move.kind is StepKind.ASSUME_ROLE and self.context.ages:
                self.issued[became] = self.now
            if caller.kind is CallerKind.ROLE and found.move.kind is not StepKind.OWN_IDENTITY and self.context.sources:
                said = dict(found.move.requests[0].context).get("sts:SourceIdentity")
                assumed = found.move.kind is StepKind.ASSUME_ROLE
                self.sources[became] = said if isinstance(said, str) and assumed else None
        self.steps.append(found)
        return None

    def _learn(self, *requests: Counterexample) -> None:
        """Who the first caller is, and what the requests suppose."""
        for found in requests:
            caller = found.request.caller
            if self.start not in self.callers and caller.principal_arn not in self.callers:
                self.callers[self.start] = self.first = caller
                self.state = replace(self.state, held=(*self.state.held, caller))
            self.readings.update(found.readings)
            self.free.update(found.free)

    def _refusal(self, step: StoryStep) -> Reason | None:
        """Why `evaluate` does not permit a step, if it does not."""
        try:
            decisions = permitted(self.state, step.move, {**self.readings, **self.free})
        except InputError as error:
            return Reason("E0", error.diagnostics[0].message)
        moves = [*(one.move for one in self.steps), step.move]
        broken = broken_rule(state_after(self.state, step.move).estate, moves)
        if broken is not None:
            return Reason(*broken)
        if all(decision.outcome is Outcome.ALLOW for decision in decisions):
            return None
        open_ones = (symbol for decision in decisions for symbol in decision.depends_on)
        on = ", ".join(dict.fromkeys(symbol.about for symbol in open_ones))
        denied = next((decision.trace[-1].text for decision in decisions if decision.outcome is Outcome.DENY), None)
        why = f": {denied}" if denied else f": that depends on {on}" if on else ""
        return Reason("E0", f"the step `{step.move.kind.value}` is not certainly allowed{why}")

    def end(self, goal: Goal) -> Story | Reason:
        """The last request."""
        access: Counterexample | None = None
        if goal.onto == Goal.AGAIN:
            anew = f"what is encrypted anew under {goal.key}, with another encryption context"
            why = f"{anew}, may be decrypted, and no chain shows that"
            return Reason("W2", why)
        if goal.access is not None or goal.onto is not None:
            found = self._in_time(goal)
            if isinstance(found, Reason):
                return found
            self._learn(found)
            access = found
            broken = broken_rule(self.state.estate, [one.move for one in self.steps], found.request)
            if broken is not None:
                return Reason(*broken)
        first = self.first or some_caller({"principal": self.start})  # where it makes no request
        readings, free = tuple(sorted(self.readings.items())), tuple(sorted(self.free.items()))
        return Story(first, tuple(self.steps), access, readings, free)

    def _in_time(self, goal: Goal) -> Counterexample | Reason:
        """The last request, at an instant that is not before the steps (W4)."""
        found = self._access(goal)
        if isinstance(found, Reason) or not tells_time((found.request,)):
            return found
        moves = [one.move for one in self.steps]
        moments = self._moments((goal.by,))
        pinned = (self._access(goal, *self._at(goal.by, now)) for now in moments) if moments else [found]
        allowed = (found for found in pinned if isinstance(found, Counterexample))
        shown = (found for found in allowed if against_time(moves, found.request) is None)
        return next(shown, Reason("W4", "no such request was found that can be made after the steps before it"))

    def _access(self, goal: Goal, *when: ConditionExpression) -> Counterexample | Reason:
        scene, invariant = self._scene(goal.by, (), *when), self.context.goals[goal.number]
        arn, scope = goal.key, replace(invariant, callers=scene.whom(goal.by), when=of_one(invariant.when, goal.by))
        if goal.onto == Goal.REPLICA:
            arn = next(other for key, other in sorted(self.state.equal) if key == goal.key)
        elif goal.access is None:
            arn = goal.onto or goal.key
            scope = replace(scope, actions=(Text("kms:Decrypt"),), not_actions=(), when=ALWAYS)
        target = key_target(scene.key(arn))
        asker = scene.asker.when(*scene.same(target))
        return asker.of_scope(self.state.estate, target, scope, self.callers.get(goal.by))


# -- times --


ISSUED = "aws:tokenissuetime"
TIMES = ("aws:currenttime", "aws:epochtime", ISSUED)
MOST_INSTANTS = 64
"""So many instants are tried for one step."""
_DAY = 86_400


def tells_time(requests: Iterable[Request]) -> bool:
    """True iff a request says when it is made, or when its credentials were issued: some policy asks for it."""
    return any(name.lower() in TIMES for request in requests for name, _ in request.context)


def instants(
    estate: Estate, whom: frozenset[str] | None, when: ConditionExpression, keys: Sequence[str] = TIMES
) -> tuple[int, ...]:
    """Those that policies of an estate name, of users and roles those of some, or of all, with one between any two of
    them, one before and one after; none where they name none."""
    conditions = (*conditions_of(estate, whom), *conditions_in(when))
    asking = (one for one in conditions if one.key.value.lower() in keys)
    values = (text.value for one in asking for text in one.values)
    named = sorted({int(found) for found in map(instant, values) if found is not None and 0 <= found < _LAST})
    if not named:
        return ()
    between = ((first + second) // 2 for first, second in zip(named, named[1:], strict=False))
    return tuple(sorted({max(named[0] - _DAY, 0), *named, *between, named[-1] + _DAY}))[:MOST_INSTANTS]


_LAST = int(datetime(9998, 1, 1, tzinfo=UTC).timestamp())


def at(moment: Decimal | int, key: str = "aws:CurrentTime") -> ConditionExpression:
    """That a request is made at an instant, or its credentials were issued then."""
    return test("DateEquals", key, datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
