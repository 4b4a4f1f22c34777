"""A goal within reach → a story: a chain of requests, each found in the state that those before it made, and replayed
there.

In: the facts of a closure, a goal, the invariant that it breaks. Out: a `Story`; or why no chain could be replayed.
Guarantee: every request of a story, the last one included, is allowed by `evaluate` in its state, under the same
readings and free facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from verifier.deadline import look
from verifier.model.grant import Pairs
from verifier.model.results.verdict import Reason, Story
from verifier.model.steps.chains import State
from verifier.model.steps.descriptions import is_own_key
from verifier.verify.reach.distinctions import goal_actions
from verifier.verify.reach.facts import ANY_WAY, Fact, FactKind, Goal, Reached, Way, tagged_at_first
from verifier.verify.reach.stories.partial_story import PartialStory, StoryContext
from verifier.verify.reach.stories.plans import GrantTo, JoinGroup, Make, Task, made_by, planned
from verifier.verify.reach.stories.session_tags import of_last_request

MOST_WAYS = 32
"""So many ways to take a step are looked at for one chain."""
MOST_OTHERS = 8
"""So many other chains to the same goal are looked at."""
MOST_LONGER = 2
"""So many chains of more steps than asked for are replayed."""
Other = Callable[[frozenset[Way]], Reached]
"""What is brought about without some ways."""


def too_long(steps: int, most: int) -> Reason:
    """Why a chain of so many steps is not replayed."""
    shortest = f"the shortest chain that was looked at takes {steps} steps"
    return Reason("E0", f"{shortest}, and only chains of up to {most} are replayed")


class Teller(StoryContext):
    """Tells stories in one estate."""

    def tell(self, reached: Reached, goal: Goal, other: Other | None = None) -> Story | Reason:
        """A story of as many steps as are asked about; where there is none, one of those to which an `other` way leads,
        or a longer one that was met. Raises `InternalDisagreement`."""
        longer: list[tuple[Reached, Goal, tuple[Task, ...]]] = []
        found = self.found(reached, goal, other, longer)[0]
        if isinstance(found, Story):
            return found
        for reached_, goal_, tasks in sorted(longer, key=lambda one: len(one[2]))[:MOST_LONGER]:
            story = _Tries(self, reached_, tasks, goal_).end(goal_)
            if isinstance(story, Story):
                return story
        return found

    def found(
        self,
        reached: Reached,
        goal: Goal,
        other: Other | None,
        longer: list[tuple[Reached, Goal, tuple[Task, ...]]] | None = None,
    ) -> tuple[Story | Reason, Goal, tuple[Task, ...]]:
        """The same without longer ones, which are collected, with the goal and the tasks that it is about: those of the
        first way where there is no story."""
        most, failed = self.options.longest, list[tuple[Reason, Goal, tuple[Task, ...]]]()
        refused: frozenset[Way] = ANY_WAY
        while True:
            look()
            tasks = planned(reached.facts, goal)
            found, way = self._story_of(reached, goal, tasks)
            if isinstance(found, Story):
                return found, goal, tasks
            failed.append((found, goal, tasks))
            if longer is not None and len(tasks) > most:
                longer.append((reached, goal, tasks))
            if other is None or way in refused or len(failed) > MOST_OTHERS:
                break
            # The tags with which a session begins may be less than those that a step gives it, which pass on (E2).
            given = reached.facts.get(Fact(FactKind.SESSION_TAGS, reached.start))
            begins_tagged = given is not None and given.step is None and len(failed) == 1
            tags = [tagged_at_first(reached.start)] if begins_tagged else []
            for refused in [refused | {one} for one in (*tags, way)]:
                reached = other(refused)
                nearest = reached.goals.get((goal.key, goal.number))
                if nearest is not None and nearest.rounds <= most:
                    goal = nearest
                    break
            else:
                if nearest is not None and longer is not None:
                    longer.append((reached, nearest, planned(reached.facts, nearest)))
                break
        return failed[0]

    def _story_of(self, reached: Reached, goal: Goal, tasks: Sequence[Task]) -> tuple[Story | Reason, Way]:
        """A story; or why there is none, and the way that could not be gone."""
        if len(tasks) > self.options.longest:
            return too_long(len(tasks), self.options.longest), goal.way
        tries = _Tries(self, reached, tasks, goal)
        found = tries.end(goal)
        return found, (goal.way if tries.far == len(tasks) else made_by(tasks[tries.far], reached.facts))

    def tell_each(self, reached: Reached, goals: Sequence[Goal], tasks: Sequence[Task]) -> list[Story | Reason]:
        """A story of each goal, all of which are brought about by the same tasks."""
        if len(tasks) > self.options.longest:
            return [too_long(len(tasks), self.options.longest)] * len(goals)
        tries = _Tries(self, reached, tasks, goals[0])
        return list(map(tries.end, goals))

    def begun(self, reached: Reached, goal: Goal) -> PartialStory:
        """A story without steps yet."""
        invariant = self.goals[goal.number]
        last = goal_actions(invariant) if goal.access is not None and goal.onto is None else frozenset()
        tags, state = self._session_tags(goal), State(self.estate, ())
        return PartialStory(self, reached.start, goal.key, invariant, tags, state, last=last)

    def _session_tags(self, goal: Goal) -> Callable[[str], tuple[Pairs, ...]]:
        """Choices of tags for a session with which the last request can be made."""
        needs = goal.access.cube.needs if goal.access is not None else frozenset()
        return lambda role: of_last_request(self.rules[goal.key], goal.number, role, needs) if role == goal.by else ()


def _principals(tasks: Sequence[Task], goal: Goal) -> tuple[str, ...]:
    """Whom the rest of a story is about."""
    found = [goal.by]
    for task in tasks:
        match task:
            case GrantTo():
                found += [task.by, task.grantee]
            case JoinGroup():
                found += [task.by, task.user]
            case Make(fact, derivation):
                found += [derivation.by, *([fact.subject] if fact.kind is FactKind.HOLDS else [])]
    return tuple(dict.fromkeys(found))


class _Tries:
    """The ways to take some steps, one after another as they are asked for: a step that can be taken in several ways is
    taken in the next one where the chain cannot be gone on with."""

    def __init__(self, teller: Teller, reached: Reached, tasks: Sequence[Task], goal: Goal) -> None:
        self._tasks = tuple(tasks)
        self._goal = goal
        self._left = MOST_WAYS
        self.far = 0
        """The task that none of the ways so far went beyond."""
        self._reasons: list[tuple[int, Reason]] = []
        begun = teller.begun(reached, goal)
        self._rest: Iterator[PartialStory] = self._after(begun, 0)
        onto = [(one.fact, one.by) for one in tasks if isinstance(one, Make) and one.fact.kind is FactKind.ONTO]
        to_own = [(fact.details[0], by) for fact, by in onto if is_own_key(fact.details[0])]
        if to_own:
            self._rest = chain(self._rest, self._after(begun.with_grants(to_own), 0))
        self._stories: list[PartialStory] = []

    def end(self, goal: Goal) -> Story | Reason:
        """The first way after which the last request can be made; or why that of the farthest cannot be."""
        reasons: list[Reason] = []
        for story in self._each():
            found = story.copy().end(goal)
            if isinstance(found, Story):
                return found
            reasons.append(found)
        return (*reasons, *(reason for _, reason in sorted(self._reasons, key=lambda one: one[0])))[0]

    def _each(self) -> Iterator[PartialStory]:
        yield from self._stories
        for story in self._rest:
            self._stories.append(story)
            yield story

    def _after(self, story: PartialStory, number: int) -> Iterator[PartialStory]:
        self.far = max(self.far, number)
        if number == len(self._tasks):
            yield story
            return
        for found in story.ways(self._tasks[number], _principals(self._tasks[number + 1 :], self._goal)):
            look()
            if isinstance(found, Reason):
                self._reasons.append((-number, found))
            else:
                yield from self._after(found, number + 1)
            self._left -= 1
            if self._left <= 0:
                return
