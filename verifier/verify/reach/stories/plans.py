"""A goal within reach → the steps that bring it about, in order, still without requests.

In: the facts of a closure, a goal. Out: tasks.
Guarantee: each task comes after those that make its premises true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from verifier.frozen import Frozen
from verifier.model.steps.descriptions import StepKind
from verifier.verify.reach.facts import Derivation, Fact, FactKind, Facts, Goal, Way, whatever_way


class Make(Frozen):
    """Make one fact true."""

    fact: Fact
    derivation: Derivation

    @property
    def by(self) -> str:
        return self.derivation.by


@dataclass(frozen=True)
class GrantTo:
    """Create one grant on a key, of some operations, to a principal."""

    key: str
    operations: tuple[str, ...]
    grantee: str
    by: str
    fact: Fact = field(repr=False, compare=False)
    """That one of them can be granted."""


class JoinGroup(Frozen):
    """Put one user into a group, or take it out of one that it `leaves`."""

    user: str
    group: str
    by: str
    leaves: bool = False

    @property
    def fact(self) -> Fact:
        """That users can be put into the group, or taken out."""
        return Fact(FactKind.LEFT if self.leaves else FactKind.JOINED, self.group)


Task = Make | GrantTo | JoinGroup


def planned(facts: Facts, goal: Goal) -> tuple[Task, ...]:
    plan = _Plan(facts)
    waiting = [plan.prepare(goal.by, goal.premises)]
    while waiting:  # without recursion: of a chain of a thousand steps each rests on the one before
        further = next(waiting[-1], None)
        if further is None:
            waiting.pop()
        else:
            waiting.append(further)
    # What has a boundary other than the one that it is imagined with is made with it.
    unbounded = (task for task in plan.tasks if isinstance(task, Make) and task.fact.kind is FactKind.UNBOUNDED)
    others = [task for task in unbounded if task.derivation.step is StepKind.CREATE]
    made = {Fact(FactKind.MADE, task.fact.subject): task.derivation for task in others}
    left = (task for task in plan.tasks if task not in others)
    tasks = (Make(task.fact, made[task.fact]) if task.fact in made else task for task in left)
    return tuple(sorted(tasks, key=lambda task: not _of_its_own(task)))


def _of_its_own(task: Task) -> bool:
    """True iff a task takes no request: what is the caller's own outside is there first."""
    return isinstance(task, Make) and task.derivation.step is StepKind.OWN_IDENTITY


def made_by(task: Task, facts: Facts) -> Way:
    """The way that a task goes; of sharing every way, for none can be replayed (E3)."""
    if facts[task.fact].step is StepKind.SHARE:
        return whatever_way(task.fact)
    return facts[task.fact].way(task.fact)


_Work: TypeAlias = Iterator["_Work"]
"""Adds tasks; what it yields is done before it goes on."""


@dataclass
class _Plan:
    facts: Facts
    tasks: list[Task] = field(default_factory=list)
    _done: set[Fact] = field(default_factory=set)

    def prepare(self, by: str, premises: Iterable[Fact]) -> _Work:
        """Tasks after which what a principal needs is true."""
        grants: dict[str, list[Fact]] = {}
        premises = list(premises)
        tagged = {fact.subject for fact in premises if fact.kind is FactKind.SESSION_TAGS}
        # A session with tags is one that is held.
        for fact in (fact for fact in premises if fact.kind is not FactKind.HOLDS or fact.subject not in tagged):
            if fact.kind is FactKind.MAY_GRANT:
                grants.setdefault(fact.subject, []).append(fact)
            elif fact.kind in (FactKind.JOINED, FactKind.LEFT):
                yield self._join(fact, by)
            else:
                yield self._make(fact)
        for key, needed in grants.items():
            yield self._grant(key, needed, by)

    def _make(self, fact: Fact) -> _Work:
        if fact in self._done:
            return
        self._done.add(fact)
        derivation = self.facts[fact]
        if derivation.step is not None:
            yield self.prepare(derivation.by, derivation.premises)
            self.tasks.append(Make(fact, derivation))

    def _join(self, fact: Fact, user: str) -> _Work:
        derivation = self.facts[fact]
        yield self.prepare(derivation.by, derivation.premises)
        task = JoinGroup(user, fact.subject, derivation.by, fact.kind is FactKind.LEFT)
        if task not in self.tasks:
            self.tasks.append(task)

    def _grant(self, key: str, needed: Sequence[Fact], grantee: str) -> _Work:
        first = self.facts[needed[0]]
        yield self.prepare(first.by, first.premises)
        operations = tuple(fact.details[0] for fact in needed)
        task = GrantTo(key, operations, grantee, first.by, needed[0])
        if task not in self.tasks:
            self.tasks.append(task)
