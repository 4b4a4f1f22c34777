"""What an input says in one Region, and what it says in another.

In: estates that were read for one Region each. Out: an estate as it would be in another Region; one that says what all
of them say.
Guarantee: what all say is certain, a statement that is not the same in all is in doubt, as it is in each (S1); where
they differ in more than statements of policies, there is no such estate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from types import MappingProxyType
from typing import Any

from verifier.inputs.policies import HOLDERS, possible_by
from verifier.inputs.snapshot.parts import Parts
from verifier.inputs.text.definitions import letters_of
from verifier.model.estate import Estate, Key, Pairs
from verifier.model.policy import Effect, Policy, PolicyKind, Statement
from verifier.model.symbol_texts import read_symbol
from verifier.model.symbols import SymbolName
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.syntax.diagnostic import Diagnostic, InputError
from verifier.syntax.source import Span
from verifier.syntax.text import printable


class DifferError(Exception):
    """What the input says hangs on the Region otherwise than by statements."""


def swapped(node: Any, one: str, other: str, partitions: Mapping[str, str] = MappingProxyType({})) -> Any:
    """A part of an estate, with two texts changed for each other, and partitions by themselves. Places stay. Raises
    `DifferError` for one that is written in another case, which conditions may compare without regard to it."""
    if isinstance(node, str):
        if any(text in node.lower() and text not in node for text in (one, other)):
            raise DifferError
        exchanged = other.join(part.replace(other, one) for part in node.split(one))
        if exchanged == node:
            return node
        return read_symbol(exchanged) if isinstance(node, SymbolName) else exchanged
    if isinstance(node, tuple):
        return tuple(swapped(inner, one, other, partitions) for inner in node)
    if not is_dataclass(node) or isinstance(node, (Span, Diagnostic, type)):
        return node
    labels = _LABELS.get(type(node), ())
    old = {each.name: getattr(node, each.name) for each in fields(node) if each.name not in labels}
    new = {name: swapped(value, one, other, partitions) for name, value in old.items()}
    new |= {name: partitions.get(value, value) for name, value in old.items() if name == "partition"}
    return node if new == old else replace(node, **new)


def texts_in(node: object) -> Iterator[str]:
    """All texts in a part of an estate but the lines of its sources."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, tuple):
        for inner in node:
            yield from texts_in(inner)
    elif is_dataclass(node) and not isinstance(node, (Span, Diagnostic)):
        for each in fields(node):
            yield from texts_in(getattr(node, each.name))


_LABELS: Mapping[type, tuple[str, ...]] = {Key: ("name", "supposed", "unknown_facts"), Unmodelled: ("description",)}
"""Members that say what things are called, in sentences or by themselves."""


def partition_of_keys(sides: Sequence[tuple[Estate, Parts]]) -> str:
    """The partition of plans and templates that do not tell it: that of the keys, for nobody of another can use these.
    Raises `InputError` where keys are in several; without keys, or plans and templates, it is `aws`."""
    found = {key.arn.split(":")[1] for estate, parts in sides for key in estate.keys if parts.has_planned} or {"aws"}
    if len(found) > 1:
        message = f"the keys are in {' and '.join(sorted(found))}, and the Region of what is planned is not given"
        raise InputError.of(message, hint="give it with --region", rule="S4")
    return min(found)


def merged(versions: Sequence[Estate]) -> Estate:
    """An estate that says what each version says. Raises `DifferError` where more than statements differ."""
    things: dict[str, Unmodelled] = {}
    for thing in (thing for version in versions for thing in version.unmodelled):
        first = things.setdefault(thing.name, thing)
        if replace(thing, description=first.description) != first:
            raise DifferError
    plain = [replace(version, unmodelled=(), warnings=(), inputs=()) for version in versions]
    found: Estate = _alike(plain, things)
    return replace(found, unmodelled=tuple(things.values()), warnings=versions[0].warnings, inputs=versions[0].inputs)


def _alike(versions: Sequence[Any], things: dict[str, Unmodelled]) -> Any:
    first = versions[0]
    if all(version == first for version in versions[1:]):
        return first
    if any(type(version) is not type(first) for version in versions):
        raise DifferError
    if isinstance(first, Policy):
        return _policy(versions, things)
    if isinstance(first, tuple) and len({len(version) for version in versions}) == 1:
        return tuple(_alike(inner, things) for inner in zip(*versions, strict=True))
    if not isinstance(first, HOLDERS):
        raise DifferError
    parts = {each.name: [getattr(version, each.name) for version in versions] for each in fields(first) if each.compare}
    with_letters = parts.keys() & {"left_open", "unlisted_may_have"}
    found: dict[str, Any] = {name: _open(parts.pop(name)) for name in with_letters}
    return replace(first, **found, **{name: _alike(values, things) for name, values in parts.items()})


def _open(versions: Sequence[Pairs]) -> Pairs:
    """What is left open in all, with letters for what they say of it."""
    if len({tuple(what for what, _ in pairs) for pairs in versions}) != 1:
        raise DifferError
    each = zip(*versions, strict=True)
    return tuple((said[0][0], "-".join(dict.fromkeys(letters for _, letters in said))) for said in each)


def _policy(versions: Sequence[Policy], things: dict[str, Unmodelled]) -> Policy:
    """A policy that says in doubt what only some versions say; its size and warnings are those of the first."""
    first = versions[0]
    if len({(one.kind, one.identity, one.name, one.variables, len(one.statements)) for one in versions}) != 1:
        raise DifferError
    kept: list[Statement] = []
    more: list[Statement] = []
    for said in zip(*(version.statements for version in versions), strict=True):
        different = list(dict.fromkeys(said))
        if len(different) > 1:
            if len({statement.effect for statement in different}) != 1:
                raise DifferError
            thing = _thing(first, said)
            things[thing.name] = thing
            sure, different = _with_others_apart(different)
            different = [*sure, *(possible_by(statement, thing) for statement in different)]
        kept.append(different[0])
        more += different[1:]
    further = (replace(statement, index=len(kept) + number) for number, statement in enumerate(more))
    return replace(first, statements=(*kept, *further))


def _with_others_apart(versions: list[Statement]) -> tuple[list[Statement], list[Statement]]:
    """What versions of a statement that differ in principals alone say of those in all, and of the others."""
    first = versions[0]
    common = tuple(
        one for one in first.principals or () if all(one in (version.principals or ()) for version in versions)
    )
    alike = all(replace(version, principals=first.principals) == first for version in versions)
    if not common or first.not_principal or not alike:
        return [], versions
    others = [tuple(one for one in version.principals or () if one not in common) for version in versions]
    return [replace(first, principals=common)], [replace(first, principals=named) for named in others if named]


def _thing(policy: Policy, said: Sequence[Statement]) -> Unmodelled:
    """That what a statement says hangs on the Region; its name tells apart what it says in each."""
    statement, listed = said[0], letters_of(said)
    shown = f'statement "{statement.sid.value}"' if statement.sid is not None else f"statement {statement.index + 1}"
    return Unmodelled(
        printable(
            f"{statement.effect.value} of statement {statement.index + 1} of {policy.identity} ({listed}){BY_REGION}"
        ),
        "E2" if policy.kind is PolicyKind.TRUST else "S4",
        Influence.MAY_ALLOW if statement.effect is Effect.ALLOW else Influence.MAY_REFUSE,
        printable(f"{shown} of the {policy.kind.value} depends on the Region, which is not given (--region)"),
        span=statement.span,
        of_statement=True,
    )


BY_REGION = " by the Region"
"""How the name of a thing ends where it is not known for that reason alone what a statement says."""
