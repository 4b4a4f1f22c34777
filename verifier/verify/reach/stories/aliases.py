"""Tasks about the aliases of a key → moves: each way to give it an alias that policies ask for, or to take one away.

In: a task, the scene. Out: as of `moves`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from verifier.model.estate import Estate, Key
from verifier.model.policy import Policy
from verifier.model.results.verdict import Counterexample, Reason
from verifier.model.step_kinds import StepKind
from verifier.model.steps.chains import AliasMoved
from verifier.problem.semantics.targets import Target, TargetKind, key_target
from verifier.verify.reach.alias_names import SOME
from verifier.verify.reach.alias_rules import ACTIONS, ELSEWHERE, NOWHERE, alike
from verifier.verify.reach.documents import policies_of
from verifier.verify.reach.stories.plans import Make
from verifier.verify.reach.stories.scene import Made, Scene, step

KEYS = frozenset({"kms:resourcealiases", "kms:requestalias"})
_NONE = Reason("E0", "no alias of the key that policies ask for can be created, moved or deleted")


def move_alias(task: Make, scene: Scene) -> Iterator[Made]:
    """Every change after which an alias is where the task says, or a key has one of the class that it names, or one less; those of the kind
    that it names first."""
    changes = list(_of_alias(task, scene) if len(task.fact.details) == 1 else _of_class(task, scene))
    changes.sort(key=lambda change: change[0] is not task.derivation.step)
    for kind, name, onto, keys in changes:
        yield _moved(scene, task.derivation.by, kind, name, onto, keys)
    if not changes:
        yield _NONE


def _of_alias(task: Make, scene: Scene) -> Iterator[_Change]:
    estate, alias, (where,) = scene.state.estate, task.fact.subject, task.fact.details
    start, name = alias.split(":")[:5], alias.split(":", 5)[5]
    there = [key for key in estate.keys if key.arn.split(":")[:5] == start]
    for key in (key for key in there if key.arn == where or (where in (NOWHERE, ELSEWHERE) and name in (key.aliases or ()))):
        for change in _changes(estate, key, [name]):
            now = NOWHERE if change[2] is None else ELSEWHERE if change[2] is not key else key.arn
            if change[1] == name and now == where:
                yield change


def _of_class(task: Make, scene: Scene) -> Iterator[_Change]:
    key, (symbol, has) = scene.key(task.fact.subject), task.fact.details
    wanted = _asked_for(policies_of(scene.state.estate, scene.about(task.derivation.by)))
    own = (one for one in _changes(scene.state.estate, key, wanted) if scene.rules[key.arn].aliases.of(one[1]) == symbol)
    yield from (one for one in own if (one[2] is key) == (has == str(SOME)))


def _moved(scene: Scene, by: str, kind: StepKind, name: str, onto: Key | None, keys: tuple[Key, ...]) -> Made:
    """The permission on the alias, and on each key that it concerns (R4)."""
    fields = keys[0].arn.split(":")
    alias = Target(TargetKind.ALIAS, fields[1], fields[4], fields[3], ":".join((*fields[:5], name)))
    found: list[Counterexample | Reason] = [scene.request(alias, by, ACTIONS[kind])]
    for key in keys:
        if isinstance(found[0], Reason):
            return found[0]
        found.append(scene.by_the_same(key_target(key), found[0].request, ACTIONS[kind]))
    return step(kind, lambda _: AliasMoved(str(alias.resource), onto.arn if onto is not None else None), *found)


_Change = tuple[StepKind, str, Key | None, tuple[Key, ...]]


def _changes(estate: Estate, key: Key, wanted: Iterable[str]) -> Iterator[_Change]:
    """The kind of step, the alias, the key that has it afterwards, and the keys that take permission: that one first, then the one that has
    it now. A key of another type or usage cannot have it. [API: UpdateAlias]"""
    others = [other for other in estate.keys if other.arn != key.arn and other.arn.split(":")[1:5] == key.arn.split(":")[1:5]]
    suited = [other for other in others if alike(key, other)]
    taken = {name for other in (key, *others) for name in other.aliases or ()}
    for name in wanted:
        if name not in taken:
            yield StepKind.CREATE_ALIAS, name, key, (key,)
    for other in suited:
        yield from ((StepKind.UPDATE_ALIAS, name, key, (key, other)) for name in other.aliases or ())
    for name in key.aliases or ():
        yield StepKind.DELETE_ALIAS, name, None, (key,)
        yield from ((StepKind.UPDATE_ALIAS, name, other, (other, key)) for other in suited)


def _asked_for(policies: Iterable[Policy]) -> list[str]:
    """Names of aliases that policies ask for: one that each listed pattern matches. `alias/aws/…` is AWS's own (R4)."""
    conditions = (condition for policy in policies for statement in policy.statements for condition in statement.conditions)
    texts = (text.value for condition in conditions if condition.key.value.lower() in KEYS for text in condition.values)
    names = dict.fromkeys(text.replace("*", "example").replace("?", "x") for text in texts if "${" not in text)
    return [name for name in names if name.startswith("alias/") and not name.startswith("alias/aws/")]
