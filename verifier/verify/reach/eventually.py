"""Invariants about what callers can eventually do → verdicts.

In: an estate, a key, invariants with `eventually`, the bound on steps. Out: a `Verdict` each.
Guarantee: Proved only where the closure reaches no goal from any caller in question within the bound; Refuted only with
a story that `evaluate` replayed, of more steps than the bound where it was met and no shorter one was found; everything
else is Unknown with its reason.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice, takewhile

from verifier.ask.answers import OUT_OF_TIME
from verifier.frozen import Frozen
from verifier.model.estate import Estate, Key
from verifier.model.invariant import Invariant
from verifier.model.results.verdict import Assumption, Bound, Reason, Status, Story, Verdict
from verifier.model.steps.supposition import Supposition
from verifier.problem.semantics.targets import Target
from verifier.problem.subjects import target_name
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import counted
from verifier.verify.assumptions import as_of_data, given, keys_selected, reading_assumptions
from verifier.verify.deciding import ProofOptions
from verifier.verify.preparation import not_known, resolved_invariant
from verifier.verify.reach.common import followed, supposing
from verifier.verify.reach.facts import ANY_WAY, Goal, Reached, Way
from verifier.verify.reach.in_doubt import is_in_doubt, looked_at, on_the_way, story_in_doubt
from verifier.verify.reach.setting import Setting
from verifier.verify.reach.stories.plans import planned
from verifier.verify.reach.stories.stories import Other, too_long
from verifier.verify.reach.together import FoundGoal
from verifier.verify.reach.unchanged import Unchanged
from verifier.verify.reach.universe import why_not_followed

MOST_STORIES = 24
"""So many callers whose goal is within reach are tried for a story, before a verdict is Unknown."""


def prove_eventually(
    estate: Estate, target: Target, invariants: Sequence[Invariant], options: ProofOptions
) -> Iterator[Verdict]:
    """A verdict for each invariant, in their order. Raises `InputError` for one about operations without a key, and for
    one whose scope is empty (S3)."""
    if target.key is None:
        message = (
            f"invariant {invariants[0].name!r} says `can eventually` of operations without a key, and steps are "
            "followed on keys alone"
        )
        raise InputError.of(message, invariants[0].span, hint="`no … can` asks about requests as things are", rule="E0")
    started = time.perf_counter()
    reason = not_known(target)
    wanted = [resolved_invariant(estate, target, one) for one in invariants] if reason is None else []
    asking = _Asking(estate, target.key, wanted, options, reason)
    for number, invariant in enumerate(invariants):
        answer = asking.answer(number)
        yield _verdict(estate, target, invariant, answer, time.perf_counter() - started)
        started = time.perf_counter()


class _Answer(Frozen):
    """What was found of one invariant: nothing (proved), a story, or a reason; the suppositions that a proof needs."""

    found: Story | Reason | None
    bound: Bound
    supposed: tuple[Supposition, ...] = ()
    rests: tuple[Assumption, ...] = ()


@dataclass
class _Asking:
    """Invariants about one key, which have one setting until a limit is met. `reason`: why no more is asked."""

    estate: Estate
    key: Key
    invariants: Sequence[Invariant]
    options: ProofOptions
    reason: Reason | None
    _setting: Setting | None = None

    def answer(self, number: int) -> _Answer:
        """The answer to one of them, within the time that it may take. Raises `InputError` (S3)."""
        if self.reason is not None:
            return self._unknown(self.reason)
        found = followed(self.options.timeout, lambda: self._answered(number))
        if not isinstance(found, Reason):
            return found
        self.reason, self._setting = found if found != OUT_OF_TIME else None, None
        return self._unknown(found)

    def _unknown(self, reason: Reason) -> _Answer:
        return _Answer(reason, Bound(self.options.longest, False))

    def _answered(self, number: int) -> _Answer:
        if self._setting is None:
            self._setting = _set(self.estate, self.key, self.invariants, self.options)
        answer = _found(self._setting, number, self.invariants[number])
        if answer.found is None and self.estate.suppositions:
            answer = replace(answer, supposed=self._needed(self.invariants[number]))
        return answer

    def _needed(self, invariant: Invariant) -> tuple[Supposition, ...]:
        """Suppositions (W3) with which an invariant is proved, and without any one of which it is not."""
        needed = self.estate.suppositions
        for one in self.estate.suppositions:
            fewer = tuple(other for other in needed if other is not one)
            answer = _found(_set(supposing(self.estate, fewer), self.key, [invariant], self.options), 0, invariant)
            needed = fewer if answer.found is None else needed
        return needed


def _set(estate: Estate, key: Key, invariants: Sequence[Invariant], options: ProofOptions) -> Setting:
    # What is asked of single requests is no invariant about steps.
    return Setting(estate, key, [replace(one, eventually=False, unless_directly=False) for one in invariants], options)


def _found(setting: Setting, number: int, invariant: Invariant) -> _Answer:
    setting.check(number)
    answer = _Search(setting, number, invariant.unless_directly).answer()
    if answer.found is None:
        setting.check(number, proved=True)
    return answer


@dataclass
class _Search:
    """The search for a story that breaks one invariant. `apart` leaves out the callers who need no step."""

    setting: Setting
    number: int
    apart: bool
    _direct: set[str] = field(default_factory=set)
    _unsure: set[str] = field(default_factory=set)

    def answer(self) -> _Answer:
        within = self._within()
        first = next(within, None)
        if first is None or not self.setting.options.asks_about(first[0].rounds):
            return self._out_of_reach(never=first is None)
        longest = self.setting.options.longest
        reasons, near = list[Reason](), list[FoundGoal]()
        for goal, reached in islice(chain([first], within), MOST_STORIES):
            if goal.rounds > longest:
                break
            other = self.setting.otherwise(reached.start, self.number, direct=not self.apart)
            found = self._story(goal, reached, other)
            if isinstance(found, Story):
                return _Answer(found, Bound(longest, False))
            reasons.append(found)
            near.append((goal, reached))
        return self._without_story(first, near, reasons)

    def _without_story(self, first: FoundGoal, near: Sequence[FoundGoal], reasons: Sequence[Reason]) -> _Answer:
        """What to say where no chain to those that are near could be replayed: there may be one of fewer steps, or none
        at all. `first` is the nearest of all."""
        longest = self.setting.options.longest
        bounded = self.setting.options.steps is not None and len(near) < MOST_STORIES
        shorter = [few for few in map(self._shorter, near) if few is not None] if bounded else []
        others = [few for few in shorter if all(few is not one for one in near)]
        again = near[:1] if shorter or not bounded else []
        story = next(filter(None, map(self._story_of_few_steps, (*others, *again))), None)
        if story is not None:
            return _Answer(story, Bound(longest, False))
        if bounded and not shorter:
            doubtful = self._in_doubt()[0]
            if doubtful is None or is_in_doubt(*doubtful):
                return self._out_of_reach(never=False)
        unchanged = Unchanged(self.setting, self.number)
        starts = [] if self.apart else [other.start for _, other in self._within()]
        if not self.apart and all(map(unchanged.out_of_reach, starts)):
            self._direct.update(starts)
            return self._out_of_reach(never=True)
        reason = self._not_replayed(first, reasons[0] if reasons else too_long(first[0].rounds, longest))
        return _Answer(reason, Bound(longest, False))

    def _not_replayed(self, found: FoundGoal, reason: Reason) -> Reason:
        """Who may get there, and why that is not shown."""
        goal, reached = found
        way, steps = ("chain", f"in {counted(goal.rounds, 'step')}") if goal.rounds else ("request", "at once")
        text = f"{reached.start} may get there {steps}, but no {way} could be replayed: {reason.text}"
        return replace(reason, text=text + on_the_way(self.setting, goal, reached))

    def _out_of_reach(self, *, never: bool) -> _Answer:
        """What to say where no step leads there: whether a doubtful action may (W1)."""
        reason = why_not_followed(self.setting.estate)
        if reason is None:
            within, whenever = self._in_doubt()
            if within is not None:
                found = story_in_doubt(self.setting, *within)
                if isinstance(found, Story):
                    return _Answer(found, Bound(self.setting.options.longest, False))
                reason = found
            never = never and not whenever
        reason = reason or self.setting.undecided
        rests = () if reason is not None else tuple(looked_at(self.setting, self.number))
        return _Answer(reason, Bound(self.setting.options.longest, never and reason is None), rests=rests)

    def _in_doubt(self) -> tuple[FoundGoal | None, bool]:
        """Who may get there by a doubtful action, in as many steps as are asked about; whether somebody may in more."""
        starts = (start for start in self.setting.starters(self.number) if start not in self._direct)
        found = self.setting.nearest(starts, self.number, self._unsure, doubtful=True)
        first = next(found, None)
        if first is None or self.setting.options.steps is None:
            return first, first is not None
        near = takewhile(lambda one: self.setting.options.asks_about(one[0].rounds), chain([first], found))
        return next((few for one in near if (few := self._shorter(one, doubtful=True)) is not None), None), True

    def _shorter(self, found: FoundGoal, *, doubtful: bool = False) -> FoundGoal | None:
        """The same, or another way to the goal, of as many steps as are asked about; `None` only if there is none."""
        few = self.setting.few_steps(found, direct=found[1].start not in self._unsure, doubtful=doubtful)
        long = len(planned(found[1].facts, found[0])) > self.setting.options.longest
        return None if long and not few.reach(self.setting.options.longest) else few.found or found

    def _story(self, goal: Goal, reached: Reached, other: Other | None = None) -> Story | Reason:
        return self.setting.teller(reached.start, self.number).tell(reached, goal, other)

    def _story_of_few_steps(self, found: FoundGoal) -> Story | None:
        """A story of steps that are looked for one by one: a closure meets those first that are taken at once."""
        direct = found[1].start not in self._unsure

        def other(refused: frozenset[Way]) -> Reached:
            return self.setting.few_steps(found, direct=direct, refused=refused).otherwise(self.setting.options.longest)

        reached = other(ANY_WAY)
        goal = reached.goals.get((found[0].key, self.number))
        story = None if goal is None else self._story(goal, reached, other)
        return story if isinstance(story, Story) else None

    def _within(self) -> Iterator[FoundGoal]:
        """The callers whose goal is within reach, in whatever number of steps, the nearest first."""
        setting, number = self.setting, self.number
        starts = setting.starters(number)
        for start in starts if self.apart else ():
            found = setting.goal(setting.at_once(start, number), number)
            if found is not None:
                (self._direct if isinstance(self._story(*found), Story) else self._unsure).add(start)
        # Whether one needs a step may not be certain: what it can bring about by steps counts.
        return setting.nearest((start for start in starts if start not in self._direct), number, self._unsure)


def _verdict(estate: Estate, target: Target, invariant: Invariant, answer: _Answer, elapsed: float) -> Verdict:
    rests = (
        *suppositions(estate, target),
        *(keys_selected(estate, target.key, invariant) if target.key is not None else ()),
    )
    name, found = target_name(target), answer.found
    if found is None:
        rests = (*rests, *answer.rests, *as_assumptions(answer.supposed))
        return Verdict(invariant, name, Status.PROVED, (), rests, elapsed=elapsed, bound=answer.bound)
    if isinstance(found, Reason):
        return Verdict(invariant, name, Status.UNKNOWN, (), rests, reason=found, elapsed=elapsed, bound=answer.bound)
    rests = (*rests, *reading_assumptions(found.readings))
    return Verdict(invariant, name, Status.REFUTED, (), rests, elapsed=elapsed, bound=answer.bound, story=found)


def as_assumptions(supposed: Iterable[Supposition]) -> Iterator[Assumption]:
    """What a person has taken for granted (W3), in the words in which it was written."""
    yield from (Assumption("W3", one.sentence) for one in supposed)


def suppositions(estate: Estate, target: Target) -> tuple[Assumption, ...]:
    """What is supposed whenever chains are spoken of."""
    return (
        *given(estate, target),
        Assumption(
            "E0", "what a chain can do stands in docs/reach.md: steps, and what doubtful actions may bring about"
        ),
        as_of_data(),
    )
