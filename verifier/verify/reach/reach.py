"""`verifier reach`: what one caller can bring about, and who can bring something about.

In: an estate, a caller or actions, keys, the bound on steps. Out: `ReachReport`.
Guarantee: what is not in a row was shown to be out of reach within the bound, and nothing is so of a key that was not
looked at to the end, which has a reason; each row was replayed for all its callers and actions, or has a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from verifier.frozen import Frozen
from verifier.model.choices import Engine, Progress
from verifier.model.estate import Estate, Key
from verifier.model.invariant import AnyCaller, CallerSet, Expectation, Invariant
from verifier.model.policy import Text
from verifier.model.reference import data_version
from verifier.model.results.reach_report import KeyReach, ReachReport, ReachRow
from verifier.model.results.verdict import Bound, Reason, Story
from verifier.model.steps.supposition import Supposition
from verifier.problem.classes.attributes import WEB_PREFIX
from verifier.problem.semantics.targets import key_target
from verifier.syntax.diagnostic import Diagnostic, Severity
from verifier.verify.assumptions import summary
from verifier.verify.deciding import ProofOptions
from verifier.verify.limits import each_key
from verifier.verify.named import actions_named, keys_named
from verifier.verify.preparation import free_readings, held_readings, not_known
from verifier.verify.proving import DECIDERS
from verifier.verify.reach.common import followed, supposing
from verifier.verify.reach.eventually import as_assumptions, suppositions
from verifier.verify.reach.facts import Goal, Reached
from verifier.verify.reach.in_doubt import looked_at, story_in_doubt
from verifier.verify.reach.setting import Setting
from verifier.verify.reach.stories.asking import principal
from verifier.verify.reach.stories.plans import Make, Task, planned
from verifier.verify.reach.together import FoundGoal
from verifier.verify.reach.universe import why_not_followed


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

    def answer(setting: Setting) -> _FoundOfKey:
        reached = setting.reached((start,), 0)
        found = [(reached.goals.get((setting.key.arn, number)), (name,)) for number, name in enumerate(names)]
        stories = list(_reach_stories(setting, reached, [(goal, own) for goal, own in found if goal is not None]))
        near = all(goal is None or setting.options.asks_about(goal.rounds) for goal, _ in found)
        for number, (goal, own) in enumerate(found):
            if goal is None or not setting.options.asks_about(goal.rounds):
                found_doubtful = next(setting.nearest([start], number, doubtful=True), None)
                doubtful, never = _stories_in_doubt(setting, start, found_doubtful, own)
                stories, near = stories + doubtful, near and never
        rows = _rows_of(
            stories, lambda one: (one.shape, ()), lambda row, one: replace(row, actions=(*row.actions, *one.actions))
        )
        within = {name for one in stories for name in one.actions}
        return _FoundOfKey(rows, tuple(name for name in names if name not in within), near)

    return _reach_report(estate, keys, goals, _reach_options(steps, readings, timeout), progress, answer, caller=caller)


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

    def answer(setting: Setting) -> _FoundOfKey:
        stories: list[_ReachStory] = []
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
                stories += _reach_stories(setting, reached, [(goal, names)])
            else:
                doubtful, never = _stories_in_doubt(setting, start, in_doubt.get(start), names)
                stories, complete = stories + doubtful, complete and never
                if not doubtful:
                    beyond.append(start)
            if progress is not None:
                progress(number, len(starts), start)
        rows = _rows_of(
            stories, lambda one: one.shape, lambda row, one: replace(row, callers=(*row.callers, *one.called))
        )
        callers = (caller for start in beyond for caller in setting.universe.alike(start))
        gone = tuple(sorted(caller for caller in callers if caller in setting.listed))
        return _FoundOfKey(rows, gone, complete)

    goals = [_goal(AnyCaller(), tuple(actions))]
    return _reach_report(estate, keys, goals, _reach_options(steps, readings, timeout), None, answer, to=tuple(actions))


def _goal(whom: CallerSet, actions: tuple[str, ...]) -> Invariant:
    return Invariant(", ".join(actions), Expectation.REFUSED, whom, tuple(map(Text, actions)), None)


# -- keys --


class _FoundOfKey(Frozen):
    """What was found of one key: rows, what is out of reach, and whether nothing comes within reach after the bound."""

    rows: tuple[ReachRow, ...]
    beyond: tuple[str, ...]
    complete: bool


_Answer = Callable[[Setting], _FoundOfKey]


def _reach_options(steps: int | None, readings: Mapping[str, bool] | None, timeout: float | None) -> ProofOptions:
    """How chains are looked for."""
    return ProofOptions(Engine.Z3, timeout, held_readings(readings), None, DECIDERS, steps)


def _reach_report(
    estate: Estate,
    keys: Sequence[str],
    goals: Sequence[Invariant],
    options: ProofOptions,
    progress: Progress | None,
    answer: _Answer,
    *,
    caller: str | None = None,
    to: tuple[str, ...] | None = None,
) -> ReachReport:
    """What `answer` finds of each key of some names, asked for `goals`."""
    found = each_key(keys_named(estate, keys), lambda key: _of_key(estate, key, goals, options, answer), progress)
    free = free_readings(options.held)
    accounts = tuple(account.id for account in estate.accounts)
    needless = () if any(one.supposed or one.reasons for one in found) else map(_not_needed, estate.suppositions)
    warnings = (*estate.warnings, *needless)
    return ReachReport(found, caller, to, accounts, data_version(), warnings, estate.inputs, free)


def _not_needed(supposition: Supposition) -> Diagnostic:
    """The warning of one of several suppositions none of which keeps anybody out of reach (W3)."""
    message = f"nobody is out of reach only because this is supposed: {supposition.sentence}"
    return Diagnostic(Severity.WARNING, message, supposition.span, rule="W3")


def _of_key(estate: Estate, key: Key, goals: Sequence[Invariant], options: ProofOptions, answer: _Answer) -> KeyReach:
    target = key_target(key)
    about, rests = summary(estate, key), (*suppositions(estate, target), *as_assumptions(estate.suppositions))
    reason = not_known(target)
    if reason is not None:
        return KeyReach(about, (), (), Bound(options.longest, False), (reason,), rests)

    def question() -> KeyReach:
        setting = Setting(estate, key, goals, options)
        found, supposed = answer(setting), tuple[str, ...]()
        if estate.suppositions and found.beyond:
            certain = answer(Setting(supposing(estate, ()), key, goals, options)).beyond
            supposed = tuple(one for one in found.beyond if one not in certain)
        looked = (*rests, *looked_at(setting, 0))
        open_ = why_not_followed(estate) or setting.undecided
        if open_ is not None:
            return KeyReach(about, found.rows, (), Bound(options.longest, False), (open_,), looked)
        bound = Bound(options.longest, found.complete)
        return KeyReach(about, found.rows, found.beyond, bound, assumptions=looked, supposed=supposed)

    reached = followed(options.timeout, question)
    if isinstance(reached, Reason):
        return KeyReach(about, (), (), Bound(options.longest, False), (reached,), rests)
    return reached


# -- rows --


class _ReachStory(Frozen):
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
    return f"{task.fact} {task.derivation.step} {task.by}" if isinstance(task, Make) else repr(task)


def _reach_stories(
    setting: Setting, reached: Reached, within: Iterable[tuple[Goal, tuple[str, ...]]]
) -> Iterator[_ReachStory]:
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
            yield _ReachStory(reached.start, names, goal, its, shown, members, listed)


def _stories_in_doubt(
    setting: Setting, start: str, found: FoundGoal | None, names: tuple[str, ...]
) -> tuple[list[_ReachStory], bool]:
    """Who may get there by a doubtful action within the bound (W1); and whether nobody does after it."""
    if found is None or not setting.options.asks_about(found[0].rounds):
        return [], found is None
    goal, reached = found
    tasks, alike = planned(reached.facts, goal), setting.universe.alike(start)
    story = story_in_doubt(setting, goal, reached)
    return [_ReachStory(start, names, goal, tasks, story, alike, start in setting.listed)], True


def _rows_of(
    stories: Iterable[_ReachStory],
    shape: Callable[[_ReachStory], object],
    add: Callable[[ReachRow, _ReachStory], ReachRow],
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
