"""What AWS or Terraform will generate (IDs, ends of names), where conditions compare it with what may be the same (S4).

In: estates with plans, folders or templates, in which placeholders stand for what is not generated yet. Out: the
estates, in which a statement is in doubt that compares one with a text that it may come to, in a condition or as a
resource (U3). Guarantee: no placeholder is held to be unlike a text of another condition, a tag, an alias, an
encryption context or an endpoint, nor like a pattern that it need not match. What stands for one resource stands for it
everywhere, and for no other. Resources that are keys are looked at elsewhere (`ids`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass, replace
from functools import cache

from verifier.frozen import Frozen
from verifier.inputs.policies import possible_by, with_statements
from verifier.inputs.text.definitions import letters_of
from verifier.inputs.text.unknown import GENERATED
from verifier.model.estate import Estate
from verifier.model.policy import Condition, Effect, Policy, PolicyKind, Statement, Text
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.syntax.generated import (
    ALIAS,
    NAMED,
    OTHER,
    PAIR_NAME,
    PLACEHOLDER,
    VARIABLE,
    GeneratedText,
    compared_as,
    name_in,
)
from verifier.syntax.text import brief, first_few, printable

_PAIRS = {"tags": "tag", "context_equals": "context", "context_subset": "context"}
_TEXTS = {"aliases": ALIAS, "arn": OTHER, "id": OTHER, "vpc": OTHER, "source_arn": OTHER}
_OWN_NAMES = ("arn", "id")


class _Place(Frozen):
    """Where a text is compared: as what, and in which condition, or as which `member` of what."""

    kind: str
    member: str
    within: Condition | str


_Key = tuple[str, str]
"""What a text is compared as, one for all that policy variables compare with each other, and the text."""


def with_generated_in_doubt(*estates: Estate) -> tuple[Estate, ...]:
    """The estates, which are versions of one, in which each statement that compares what is not generated yet with what
    it may be applies to what it matches otherwise, or to nothing."""
    found = [compared for estate in estates for compared in _compared(estate)]
    if not any(PLACEHOLDER.search(text) for _, text in found):
        return estates
    kinds = _Kinds(place.within for place, _ in found)
    places: dict[_Key, set[_Place]] = defaultdict(set)
    for place, text in found:
        places[kinds.of(place.kind), text].add(place)
    of_key = {key: _generated(*key, places[key]) for key in places if PLACEHOLDER.search(key[1])}
    touched, names = _touched(places, of_key), _Names(places, of_key)
    generated = tuple((each, text.text) for text in of_key.values() for each in sorted(kinds.all(text.kind)))
    return tuple(replace(_with_doubts(estate, touched, names, kinds), generated=generated) for estate in estates)


class _Kinds:
    """What texts are compared as: alike where policy variables compare them with each other."""

    def __init__(self, places: Iterable[Condition | str]) -> None:
        self._groups: dict[str, frozenset[str]] = {}
        for condition in (place for place in places if isinstance(place, Condition)):
            named = _named_in(condition)
            group = named.union(*map(self.all, named))
            if len(group) > 1:
                self._groups |= dict.fromkeys(group, group)

    def all(self, kind: str) -> frozenset[str]:
        """All that are like it."""
        return self._groups.get(kind, frozenset((kind,)))

    def of(self, kind: str) -> str:
        """One that stands for them."""
        return min(self.all(kind))


def _named_in(condition: Condition) -> frozenset[str]:
    """What the values of a condition are compared as, and those of the policy variables in them."""
    variables = (name for value in condition.values for name in VARIABLE.findall(value.value))
    return frozenset(map(compared_as, (condition.key.value, *variables)))


# -- what is compared --


def _compared(estate: Estate) -> Iterator[tuple[_Place, str]]:
    """The texts that are compared, each with where it is."""
    shared = (policy for account in estate.accounts for policy in account.shared_policies())
    for policy in (*estate.deciding_policies(), *estate.trust_policies(), *shared):
        for statement in policy.statements:
            for principal in statement.principals or ():
                yield _Place(OTHER, "principal", principal.value), principal.value
            for condition in statement.conditions:
                yield from _in_condition(condition)
    yield from _facts(estate)


def _in_condition(condition: Condition) -> Iterator[tuple[_Place, str]]:
    key = condition.key.value
    yield from ((_Place(compared_as(key), "", condition), value.value) for value in condition.values)
    name = name_in(key)
    if name is not None:
        yield _Place(PAIR_NAME, "", condition), name


def _facts(node: object, owner: str = "") -> Iterator[tuple[_Place, str]]:
    """The values and names of tags and of encryption contexts, the aliases, ARNs and IDs in a part of an estate."""
    if isinstance(node, tuple):
        for inner in node:
            yield from _facts(inner, owner)
    elif is_dataclass(node) and not isinstance(node, (Policy, Unmodelled)):
        owner = str(getattr(node, "arn", getattr(node, "id", owner)))
        for part in fields(node):
            yield from _of_member(part.name, getattr(node, part.name), owner)


def _of_member(member: str, value: object, owner: str) -> Iterator[tuple[_Place, str]]:
    if member in _PAIRS and isinstance(value, tuple):
        for name, text in value:
            yield _Place(f"{_PAIRS[member]} {name.lower()}", member, owner), text
            yield _Place(PAIR_NAME, member, owner), name
    elif member in _TEXTS:
        texts = [text for text in (value if isinstance(value, tuple) else (value,)) if isinstance(text, str)]
        sessions = [_sessions_of(text) for text in texts if ":role/" in text and PLACEHOLDER.search(text)]
        yield from ((_Place(_TEXTS[member], member, owner), text) for text in (*texts, *sessions))
    else:
        yield from _facts(value, owner)


def _sessions_of(role: str) -> str:
    """How the ARNs of the sessions of a role are."""
    _, partition, _, _, account, name = role.split(":", 5)
    return f"arn:{partition}:sts::{account}:assumed-role/{name.rsplit('/', 1)[-1]}/*"


# -- what may be the same --


def _generated(kind: str, text: str, places: Set[_Place]) -> GeneratedText:
    """What a text may come to that is compared at some places. Of what something is called that is made no pattern is
    supposed to ask how the name of the stack begins."""
    return GeneratedText.of(NAMED if any(place.member == "arn" for place in places) else kind, text)


def _touched(places: Mapping[_Key, Set[_Place]], of_key: Mapping[_Key, GeneratedText]) -> frozenset[_Key]:
    """The texts with placeholders that may be another one, and these."""
    found: set[_Key] = set()
    for kind, text in places.keys() - of_key.keys():
        for own, generated in of_key.items():
            if own[0] == kind and generated.may_be(text) and len(places[kind, text] | places[own]) > 1:
                found |= {(kind, text), own}
    return frozenset(found)


class _Names:
    """What the ARNs of what is made may come to, but for those of keys."""

    def __init__(self, places: Mapping[_Key, Set[_Place]], of_key: Mapping[_Key, GeneratedText]) -> None:
        found = (generated for key, generated in of_key.items() if any(place.member == "arn" for place in places[key]))
        self._forms = tuple(generated for generated in found if ":key/" not in generated.text)
        self.of = cache(self._of)

    def _of(self, resource: str) -> tuple[str, ...]:
        """Those that a resource of a statement may match, and need not. One with placeholders is as it will be."""
        if PLACEHOLDER.search(resource):
            return ()
        return tuple(form.text for form in self._forms if form.may_be(resource))


# -- what is in doubt --


def _with_doubts(estate: Estate, touched: frozenset[_Key], names: _Names, kinds: _Kinds) -> Estate:
    things: dict[str, Unmodelled] = {}
    others = [(place, text) for place, text in _facts(estate) if place.member not in _OWN_NAMES]
    facts = sorted((kinds.of(place.kind), place.member, str(place.within), text) for place, text in others)

    def statement(policy: Policy, given: Statement) -> Statement:
        open_ones = [condition for condition in given.conditions if _is_touched(condition, touched, kinds)]
        on = [one for one in given.resources or () if names.of(one.value)]
        if not open_ones and not on:
            return given
        kept = tuple(condition for condition in given.conditions if condition not in open_ones)
        named = {kinds.of(kind) for condition in given.conditions for kind in _named_in(condition)}
        thing = _thing(policy, given, (open_ones, on), [fact for fact in facts if fact[0] in named])
        found = replace(possible_by(given, things.setdefault(thing.name, thing)), conditions=kept)
        return _on_more(found, on, names) if on else found

    found = with_statements(estate, statement)
    return replace(found, unmodelled=(*estate.unmodelled, *things.values()))


def _is_touched(condition: Condition, touched: frozenset[_Key], kinds: _Kinds) -> bool:
    """True iff it compares such texts, or what may be such with each other."""
    compared = ((kinds.of(place.kind), text) for place, text in _in_condition(condition))
    open_kinds = {kind for kind, _ in touched}
    return any(key in touched or (key[0] in open_kinds and VARIABLE.search(key[1])) for key in compared)


def _on_more(given: Statement, on: Sequence[Text], names: _Names) -> Statement:
    """The statement, with all among its resources that some of them may match."""
    resources = given.resources or ()
    if given.not_resource and len(resources) > len(on):
        return replace(given, resources=tuple(one for one in resources if one not in on))
    if given.not_resource:
        return replace(given, resources=(Text("*", on[0].span),), not_resource=False)
    found = (Text(name, one.span) for one in on for name in names.of(one.value))
    return replace(given, resources=(*resources, *found))


def _thing(
    policy: Policy, given: Statement, touched: tuple[Sequence[Condition], Sequence[Text]], facts: object
) -> Unmodelled:
    """That it is not known whether a statement applies; what it compares tells it from another version's. `touched` are
    its conditions and resources by which that is so."""
    conditions, resources = touched
    stated = f"{given.effect.value} of statement {given.index + 1} of {policy.identity}"
    tested = first_few([f"`{brief(condition.key.value)}`" for condition in conditions])
    covered = first_few([f"`{brief(one.value)}`" for one in resources])
    does = " and ".join([*([f"tests {tested}"] if conditions else ()), *([f"is on {covered}"] if resources else ())])
    compared = [given.conditions, facts, *([given.resources] if resources else ())]
    return Unmodelled(
        printable(f"{stated} by what is generated ({letters_of(compared)})"),
        "E2" if policy.kind is PolicyKind.TRUST else "S4",
        Influence.MAY_ALLOW if given.effect is Effect.ALLOW else Influence.MAY_REFUSE,
        printable(f"whether a statement that {does} applies is not known: it compares {GENERATED}"),
        span=given.span,
        of_statement=True,
    )
