"""What changed between two versions of a statement, in words.

In: the statement in OLD and in NEW. Out: a predicate that goes behind its name: `lost its kms:ViaService condition`.
Guarantee: every element whose content differs is listed; order, layout and `Sid` are not content.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from verifier.model.policy import Condition, Effect, Policy, Principal, PrincipalType, Statement, short_arn
from verifier.verify.meaning import in_policy, meaning

_MOST_NAMED = 3
"""Names shown of one list; of more, their number."""

Placed = tuple[Policy, Statement]
"""A statement with its policy."""


def difference_text(old: Placed, new: Placed) -> str:
    """The predicate; empty where the contents are the same."""
    phrases = [*_phrases(old[1], new[1])]
    if in_policy(*old) != in_policy(*new):
        if old[0].variables != new[0].variables:
            phrases.append(
                f"reads `${{…}}` as {'a variable' if new[0].variables else 'text'} now: the policy's version changed"
            )
        elif not phrases:
            phrases.append("is written in another way")
    return " and ".join(phrases)


def _phrases(old: Statement, new: Statement) -> Iterator[str]:
    if old.effect is not new.effect:
        yield f"is {_article(new.effect)} now, and was {_article(old.effect)}"
    yield from _principals(old, new)
    yield from _texts("Action", "covers", (old.actions, old.not_action), (new.actions, new.not_action), fold=True)
    before, after = ((one.resources, one.not_resource) for one in (old, new))
    yield from _texts("Resource", "covers the resource", before, after)
    yield from _conditions(old.conditions, new.conditions)


def _article(effect: Effect) -> str:
    return "an Allow" if effect is Effect.ALLOW else "a Deny"


# -- lists --


def _principals(old: Statement, new: Statement) -> Iterator[str]:
    if old.not_principal != new.not_principal:
        yield f"has `{'NotPrincipal' if new.not_principal else 'Principal'}` now"
        return
    verb = "spares" if new.not_principal else "names"
    yield from _added_and_gone(verb, _named(old.principals or ()), _named(new.principals or ()))


def _named(principals: Iterable[Principal]) -> list[str]:
    return [principal_name(principal) for principal in principals]


def principal_name(principal: Principal) -> str:
    """`role/reports of 111122223333`, `account 111122223333`, `everybody (*)`, or the text as written."""
    if principal.type is PrincipalType.ANYONE:
        return "everybody (*)"
    if principal.type is PrincipalType.ANY_AWS:
        return "everybody (AWS: *)"
    if principal.type is PrincipalType.ACCOUNT:
        return f"account {principal.account}"
    return short_arn(principal.value)


def _texts(
    element: str,
    verb: str,
    old: tuple[Sequence[object] | None, bool],
    new: tuple[Sequence[object] | None, bool],
    *,
    fold: bool = False,
) -> Iterator[str]:
    if old[1] != new[1] and old[0] is not None and new[0] is not None:
        yield f"has `{'Not' if new[1] else ''}{element}` now"
        return
    before, after = _values(old[0]), _values(new[0])
    known = [{value.lower() if fold else value for value in values} for values in (before, after)]
    added = [value for value in after if (value.lower() if fold else value) not in known[0]]
    gone = [value for value in before if (value.lower() if fold else value) not in known[1]]
    if new[1]:
        verb = verb.replace("covers", "leaves out", 1)
    yield from _added_and_gone(verb, gone, added)


def _values(texts: Sequence[object] | None) -> list[str]:
    return [str(getattr(text, "value", text)) for text in texts or ()]


def _added_and_gone(verb: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    added = [name for name in dict.fromkeys(new) if name not in old]
    gone = [name for name in dict.fromkeys(old) if name not in new]
    if added:
        yield f"now also {verb} {names_text(added)}" if not gone else f"now {verb} {names_text(added)}"
    if gone:
        yield f"no longer {verb} {names_text(gone)}"


def names_text(names: Sequence[str]) -> str:
    """`a, b and c`, or `a, b, c and 4 more`."""
    if len(names) > _MOST_NAMED + 1:
        return f"{', '.join(names[:_MOST_NAMED])} and {len(names) - _MOST_NAMED} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


# -- conditions --


def _conditions(old: Sequence[Condition], new: Sequence[Condition]) -> Iterator[str]:
    before = [condition for condition in old if meaning(condition) not in {meaning(other) for other in new}]
    after = [condition for condition in new if meaning(condition) not in {meaning(other) for other in old}]
    for condition in list(before):
        same = next((other for other in after if _test(other) == _test(condition)), None) or next(
            (other for other in after if _key(other) == _key(condition)), None
        )
        if same is not None:
            before.remove(condition)
            after.remove(same)
            yield _changed_condition(condition, same)
    for condition in before:
        yield f"lost its {condition.key.value} condition"
    for condition in after:
        yield f"has a new {condition.key.value} condition"


def _test(condition: Condition) -> tuple[str, str]:
    return str(condition.operator), _key(condition)


def _key(condition: Condition) -> str:
    return condition.key.value.lower()


def _changed_condition(old: Condition, new: Condition) -> str:
    key = new.key.value
    if str(old.operator) != str(new.operator):
        change = f"compares {key} by {new.operator}, and did by {old.operator}"
        values = {value.value for value in old.values} == {value.value for value in new.values}
        return change if values else f"{change}, with other values"
    changes = list(_added_and_gone("lists", _values(old.values), _values(new.values)))
    return " and ".join(f"{phrase} for {key}" for phrase in changes) if changes else f"writes {key} in another way"


# -- likeness --


def likeness(old: Placed, new: Placed) -> float:
    """How much two statements have in common, from 0 to 1."""
    first, second = old[1], new[1]
    pairs: tuple[tuple[float, AbstractSet[Hashable], AbstractSet[Hashable]], ...] = (
        (2.0, {first.effect}, {second.effect}),
        (3.0, set(_named(first.principals or ())), set(_named(second.principals or ()))),
        (
            2.0,
            {value.lower() for value in _values(first.actions)},
            {value.lower() for value in _values(second.actions)},
        ),
        (1.0, set(_values(first.resources)), set(_values(second.resources))),
        (2.0, set(map(_test, first.conditions)), set(map(_test, second.conditions))),
    )
    weights = sum(weight for weight, _, _ in pairs)
    return sum(weight * _overlap(before, after) for weight, before, after in pairs) / weights


def _overlap(before: AbstractSet[Hashable], after: AbstractSet[Hashable]) -> float:
    return len(before & after) / len(before | after) if before | after else 1.0
