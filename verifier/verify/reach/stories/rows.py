"""Stories of callers → rows of a report: those that take the same steps are one row.

In: what a caller reaches. Out: `ReachStory`s, and a `ReachRow` for each shape of them. Guarantee: each row was replayed
for all its callers and actions, or has a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from verifier.frozen import Frozen
from verifier.model.results.reach_report import ReachRow
from verifier.model.results.verdict import Reason, Story
from verifier.problem.classes.attributes import WEB_PREFIX
from verifier.verify.reach.facts import Goal, Reached
from verifier.verify.reach.in_doubt import story_in_doubt
from verifier.verify.reach.setting import Setting
from verifier.verify.reach.stories.plans import Make, Task, planned
from verifier.verify.reach.together import FoundGoal


class ReachStory(Frozen):
    """A caller that has some actions within reach, by which tasks, and the story of it."""

    caller: str
    actions: tuple[str, ...]
    goal: Goal
    tasks: tuple[Task, ...]
    story: Story | Reason
    alike: tuple[str, ...]
    """The callers of its class: what one can bring about, so can each."""
    listed: bool

    @property
    def called(self) -> tuple[str, ...]:
        """The callers as text. A user, role or session that no inventory lists stands for others like it."""
        alone = self.listed or self.caller.endswith(":root") or not self.caller.startswith("arn:")
        return tuple(caller.removeprefix(WEB_PREFIX) if alone else f"others, such as {caller}" for caller in self.alike)

    @property
    def shape(self) -> tuple[str, ...]:
        """The same for callers who get there by the same steps, each for itself."""
        ends = [self.goal.by, "" if isinstance(self.story, Story) else self.story.text]
        return tuple(text.replace(self.caller, "the caller") for text in (*map(_outline, self.tasks), *ends))


def _outline(task: Task) -> str:
    if isinstance(task, Make):
        return f"{task.fact} {task.derivation.step} {task.derivation.by}"
    return repr(task)


def reach_stories(
    setting: Setting, reached: Reached, within: Iterable[tuple[Goal, tuple[str, ...]]]
) -> Iterator[ReachStory]:
    """The stories of goals: those that take the same steps are one."""
    members, listed = setting.universe.alike(reached.start), reached.start in setting.listed
    teller = setting.teller(reached.start, 0)
    alike: dict[object, list[tuple[Goal, tuple[str, ...]]]] = {}
    for goal, names in within:
        if setting.options.asks_about(goal.rounds):
            alike.setdefault((planned(reached.facts, goal), goal.by), []).append((goal, names))
    for together in alike.values():
        goals = [goal for goal, _ in together]
        tasks = planned(reached.facts, goals[0])
        stories = teller.tell_each(reached, goals, tasks)
        for (goal, names), story in zip(together, stories, strict=True):
            its, shown = tasks, story
            if not isinstance(story, Story):
                other = setting.otherwise(reached.start, goal.number)
                found, goal, its = teller.found(reached, goal, other)
                shown = found if isinstance(found, Story) else story
            yield ReachStory(reached.start, names, goal, its, shown, members, listed)


def stories_in_doubt(
    setting: Setting, start: str, found: FoundGoal | None, names: tuple[str, ...]
) -> tuple[list[ReachStory], bool]:
    """Who may get there by a doubtful action within the bound (W1); and whether nobody does after it."""
    if found is None or not setting.options.asks_about(found[0].rounds):
        return [], found is None
    goal, reached = found
    tasks, alike = planned(reached.facts, goal), setting.universe.alike(start)
    story = story_in_doubt(setting, goal, reached)
    return [ReachStory(start, names, goal, tasks, story, alike, start in setting.listed)], True


def rows_of(
    stories: Iterable[ReachStory],
    shape: Callable[[ReachStory], object],
    add: Callable[[ReachRow, ReachStory], ReachRow],
) -> tuple[ReachRow, ...]:
    """A row for each shape, in the order of the steps."""
    rows: dict[object, ReachRow] = {}
    for one in stories:
        found = rows.get(shape(one))
        if found is None:
            story, reason = (one.story, None) if isinstance(one.story, Story) else (None, one.story)
            rows[shape(one)] = ReachRow(one.called, one.actions, len(one.tasks), story, reason)
        else:
            rows[shape(one)] = add(found, one)
    return tuple(sorted(rows.values(), key=lambda row: (row.reason is not None, row.steps)))
