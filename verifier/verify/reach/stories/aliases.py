"""Tasks about the aliases of a key → moves: each way to give it an alias that policies ask for, or to take one away.

In: a task, the scene. Out: as of `moves`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from verifier.model.estate import Estate, Key
from verifier.model.policy import Condition
from verifier.model.results.verdict import Counterexample, Reason
from verifier.model.steps.chains import AliasMoved
from verifier.model.steps.descriptions import StepKind
from verifier.problem.semantics.targets import key_target
from verifier.verify.reach.alias_names import SOME
from verifier.verify.reach.alias_rules import (
    ACTIONS,
    GOING_ON,
    ON_ANOTHER_KEY,
    ON_ANOTHER_TYPE,
    ON_NO_KEY,
    alias_arn,
    alias_may_move,
    alias_target,
)
from verifier.verify.reach.documents import conditions_of
from verifier.verify.reach.key_rules import DELETING
from verifier.verify.reach.stories.plans import Make
from verifier.verify.reach.stories.scene import Made, Scene, step

_KEYS = frozenset({"kms:resourcealiases", "kms:requestalias"})


class _Change(NamedTuple):
    """A step on an alias of a name: the key that has it afterwards, and the keys that take permission."""

    step: StepKind
    name: str
    onto: Key | None
    keys: tuple[Key, ...]


def move_alias(task: Make, scene: Scene) -> Iterator[Made]:
    """Every change after which an alias is where the task says, or a key has one of the class that it names, or one
    less; those of the kind that it names first."""
    also = [] if task.derivation.offer is None else [target for target, *_ in task.derivation.offer.also]
    if any(map(scene.lacks, also)):
        what = "go to" if task.fact.details == (ON_ANOTHER_KEY,) else "be of"
        yield Reason("W2", f"{task.fact.subject} may {what} a key that the input does not hold")
    open_ = [key.arn for key in scene.estate.keys if key.arn in also and key.aliases is None]
    if open_ and task.fact.details not in ((ON_ANOTHER_KEY,), (GOING_ON,), (ON_ANOTHER_TYPE,)):
        yield Reason("U3", f"whether {task.fact.subject} is an alias of {open_[0]} the input does not say")
    if task.derivation.offer is not None and task.derivation.offer.action == DELETING:
        yield Reason("E0", f"{task.fact.subject} is free when its key is deleted, some days after {DELETING}: not told")
    changes = list(_of_alias(task, scene) if len(task.fact.details) == 1 else _of_class(task, scene))
    changes.sort(key=lambda change: change.step is not task.derivation.step)
    yield from (_moved(scene, task.by, change) for change in changes)
    if not changes:
        yield Reason("E0", "no alias of the key that policies ask for can be created, moved or deleted")


def _of_alias(task: Make, scene: Scene) -> Iterator[_Change]:
    estate, alias, (where,) = scene.estate, task.fact.subject, task.fact.details
    name = alias.split(":", 5)[5]
    for key in (key for key in estate.keys if alias_arn(key, name) == alias):
        if where in (key.arn, GOING_ON, ON_ANOTHER_TYPE) or name in (key.aliases or ()):
            for change in _changes(estate, key, [name]):
                now = (
                    (ON_NO_KEY,)
                    if change.onto is None
                    else (change.onto.arn, ON_ANOTHER_KEY, GOING_ON, ON_ANOTHER_TYPE)
                )
                if change.name == name and where in now:
                    yield change


def _of_class(task: Make, scene: Scene) -> Iterator[_Change]:
    key, (symbol, has) = scene.key(task.fact.subject), task.fact.details
    wanted = _names_tested(conditions_of(scene.estate, scene.about(task.by)))
    names = scene.rules[key.arn].aliases
    own = (one for one in _changes(scene.estate, key, wanted) if names.of(one.name) == symbol)
    yield from (one for one in own if (one.onto is key) == (has == str(SOME)))


def _moved(scene: Scene, by: str, change: _Change) -> Made:
    """The permission on the alias, and on each key that it concerns (R4)."""
    alias, action = alias_target(change.keys[0], change.name), ACTIONS[change.step]
    found: list[Counterexample | Reason] = [scene.request(alias, by, action)]
    for key in change.keys:
        if isinstance(found[0], Reason):
            return found[0]
        found.append(scene.by_the_same(key_target(key), found[0].request, action))
    onto = change.onto.arn if change.onto is not None else None
    return step(change.step, lambda _: AliasMoved(str(alias.resource), onto), *found)


def _changes(estate: Estate, key: Key, wanted: Iterable[str]) -> Iterator[_Change]:
    """The steps on aliases of a key, and those that give it one of the names that are wanted; of two keys that take
    permission the one that has the alias afterwards is the first. A key of another type or usage cannot have it. [API:
    UpdateAlias]"""
    near = (one for one in estate.keys if one.arn.split(":")[1:5] == key.arn.split(":")[1:5])
    others = [one for one in near if one.arn != key.arn]
    suited = [other for other in others if alias_may_move(key, other)]
    taken = {name for other in (key, *others) for name in other.aliases or ()}
    for name in wanted:
        if name not in taken:
            yield _Change(StepKind.CREATE_ALIAS, name, key, (key,))
    for other in suited:
        yield from (_Change(StepKind.UPDATE_ALIAS, name, key, (key, other)) for name in other.aliases or ())
    for name in key.aliases or ():
        yield _Change(StepKind.DELETE_ALIAS, name, None, (key,))
        yield from (_Change(StepKind.UPDATE_ALIAS, name, other, (other, key)) for other in suited)


def _names_tested(conditions: Iterable[Condition]) -> list[str]:
    """Names of aliases that conditions ask for, one for each listed pattern. `alias/aws/…` is AWS's own (R4)."""
    texts = (text.value for one in conditions if one.key.value.lower() in _KEYS for text in one.values)
    names = dict.fromkeys(text.replace("*", "example").replace("?", "x") for text in texts if "${" not in text)
    return [name for name in names if name.startswith("alias/") and not name.startswith("alias/aws/")]
