"""`verifier reach`: what one caller can bring about, and who can bring something about.

In: an estate, a caller or actions, keys, the bound on steps. Out: `ReachReport`.
Guarantee: what is not in a row was shown to be out of reach within the bound; each row was replayed for all its callers
and actions, or has a reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from verifier.model.choices import Progress
from verifier.model.estate import Estate
from verifier.model.invariant import AnyCaller, CallerSet, Expectation, Invariant
from verifier.model.policy import Text
from verifier.model.results.reach_report import ReachReport
from verifier.problem.classes.attributes import WEB_PREFIX
from verifier.verify.named import actions_named
from verifier.verify.reach.setting import Setting
from verifier.verify.reach.stories.asking import principal
from verifier.verify.reach.stories.report import FoundOfKey, reach_options, reach_report
from verifier.verify.reach.stories.rows import ReachStory, reach_stories, rows_of, stories_in_doubt


def reach_from(
    estate: Estate,
    caller: str,
    keys: Sequence[str] = (),
    steps: int | None = None,
    readings: Mapping[str, bool] | None = None,
    timeout: float | None = None,
    progress: Progress | None = None,
) -> ReachReport:
    """What a principal (an ARN, or the ARN of a provider) can bring about on some keys, by name; on every key if none
    is named. `timeout` is in seconds, for one key; what takes longer is not complete. Raises `InputError` and
    `InternalDisagreement`."""
    names = actions_named(["kms:*"])
    start = WEB_PREFIX + caller if "-provider/" in caller else caller
    goals = [_goal(principal(start), (name,)) for name in names]

    def answer(setting: Setting) -> FoundOfKey:
        reached = setting.reached((start,), 0)
        found = [(reached.goals.get((setting.key.arn, number)), (name,)) for number, name in enumerate(names)]
        stories = list(reach_stories(setting, reached, [(goal, own) for goal, own in found if goal is not None]))
        near = all(goal is None or setting.options.asks_about(goal.rounds) for goal, _ in found)
        for number, (goal, own) in enumerate(found):
            if goal is None or not setting.options.asks_about(goal.rounds):
                found_doubtful = next(setting.nearest([start], number, doubtful=True), None)
                doubtful, never = stories_in_doubt(setting, start, found_doubtful, own)
                stories, near = stories + doubtful, near and never
        rows = rows_of(
            stories, lambda one: (one.shape, ()), lambda row, one: replace(row, actions=(*row.actions, *one.actions))
        )
        within = {name for one in stories for name in one.actions}
        return FoundOfKey(rows, tuple(name for name in names if name not in within), near)

    return reach_report(estate, keys, goals, reach_options(steps, readings, timeout), progress, answer, caller=caller)


def reach_to(
    estate: Estate,
    actions: Sequence[str],
    keys: Sequence[str] = (),
    steps: int | None = None,
    readings: Mapping[str, bool] | None = None,
    timeout: float | None = None,
    progress: Progress | None = None,
) -> ReachReport:
    """Everyone who can come to do one of some actions (patterns) on some keys. Raises as `reach_from`."""
    names = actions_named(actions)

    def answer(setting: Setting) -> FoundOfKey:
        stories: list[ReachStory] = []
        beyond = []
        starts = sorted(setting.starters(0), key=lambda start: (start not in setting.listed, start))
        within = {found[1].start: found for found in setting.nearest(starts, 0)}
        near = {start: found for start, found in within.items() if setting.options.asks_about(found[0].rounds)}
        further = [start for start in starts if start not in near]
        in_doubt = {found[1].start: found for found in setting.nearest(further, 0, doubtful=True)}
        complete = len(near) == len(within)
        for number, start in enumerate(starts, 1):
            if start in near:
                goal, reached = near[start]
                stories += reach_stories(setting, reached, [(goal, names)])
            else:
                doubtful, never = stories_in_doubt(setting, start, in_doubt.get(start), names)
                stories, complete = stories + doubtful, complete and never
                if not doubtful:
                    beyond.append(start)
            if progress is not None:
                progress(number, len(starts), start)
        rows = rows_of(
            stories, lambda one: one.shape, lambda row, one: replace(row, callers=(*row.callers, *one.called))
        )
        callers = (caller for start in beyond for caller in setting.universe.alike(start))
        gone = tuple(sorted(caller for caller in callers if caller in setting.listed))
        return FoundOfKey(rows, gone, complete)

    goals = [_goal(AnyCaller(), tuple(actions))]
    return reach_report(estate, keys, goals, reach_options(steps, readings, timeout), None, answer, to=tuple(actions))


def _goal(whom: CallerSet, actions: tuple[str, ...]) -> Invariant:
    return Invariant(", ".join(actions), Expectation.REFUSED, whom, tuple(map(Text, actions)), None)
