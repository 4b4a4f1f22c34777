"""Statements with unknown parts, between a statement that says less and statements that say more.

In: a policy document in which values are `Unknown`. Out: a document without any, and which of its statements are in doubt.
Guarantee: whatever the unknown values are, the document says at least what its certain statements say, and at most what those say together
with the statements in doubt (S1: nothing is dropped, nothing is widened without a symbol for it).

A statement S becomes at most one certain statement, S with every unknown listed value taken in the way that matches fewest requests, and
statements in doubt that match all that S might. One symbol decides for all of these: for every request and every value of the unknown
parts some value of it decides as S does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verifier.inputs.doubt_conditions import narrowed_conditions, widened_conditions, with_condition
from verifier.inputs.doubt_elements import Principals, narrowed_list, principals_of, widened_list
from verifier.inputs.nodes import Items, Members, Node, Scalar, text_at
from verifier.inputs.unknown import Resolved, Unknown, names_in
from verifier.model.policy import PolicyKind

_LISTS = ("Action", "NotAction", "Resource", "NotResource")
_WITH_PRINCIPAL = (PolicyKind.KEY, PolicyKind.ENDPOINT, PolicyKind.RCP, PolicyKind.TRUST)


@dataclass(frozen=True)
class Doubt:
    """The statement at `index` of the rewritten document stands for what the one at `original`, with this `sid`, might say.
    `names` say what is not known."""

    index: int
    original: int
    sid: Scalar | None
    names: tuple[str, ...]


@dataclass(frozen=True)
class Settled:
    """A document without unknown values, and its statements in doubt."""

    document: Members
    doubts: tuple[Doubt, ...]


def is_unknown_whole(node: Node) -> bool:
    """Whether nothing can be said of a document: it is unknown itself, or what language its statements are in is."""
    if isinstance(node, Unknown):
        return True
    return isinstance(node, Members) and any(key.text == "Version" and isinstance(value, Unknown) for key, value in node.pairs)


def settled(document: Members, kind: PolicyKind) -> Settled:
    """The document with every statement that has unknown parts replaced. A statement keeps its index as long as it can."""
    pairs: list[tuple[Scalar, Node]] = []
    doubts: list[Doubt] = []
    for key, value in document.pairs:
        if key.text == "Statement":
            statements, found = _statements(value, kind)
            doubts += found
            pairs.append((key, Items(value.source, value.start, value.end, list(statements))))
        elif not isinstance(value, Unknown):
            pairs.append((key, value))
    return Settled(Resolved(document.source, document.start, document.end, pairs), tuple(doubts))


def _statements(value: Node, kind: PolicyKind) -> tuple[list[Node], list[Doubt]]:
    given = value.items if isinstance(value, Items) else [value]
    kept: list[Node] = []
    further: list[tuple[Node, int]] = []
    doubts: list[Doubt] = []
    for index, statement in enumerate(given):
        names = names_in([statement])
        certain, possible = _between(statement, kind) if names else (statement, [])
        sid = _sid(statement)
        if certain is None and possible:
            certain = possible.pop(0)
            doubts.append(Doubt(index, index, sid, names))
        kept.append(certain if certain is not None else statement)
        further += [(other, index) for other in possible]
        doubts += [Doubt(len(given) + len(further) - len(possible) + n, index, sid, names) for n in range(len(possible))]
    return [*kept, *(_without_sid(node) for node, _ in further)], doubts


def _between(statement: Node, kind: PolicyKind) -> tuple[Node | None, list[Node]]:
    """A statement that certainly applies, if there is one, and those that together cover what might."""
    if isinstance(statement, Unknown) and statement.options is not None and all(isinstance(o, Members) for o in statement.options):
        return None, [possible for option in statement.options for possible in _any_of(option, kind)]
    if not isinstance(statement, Members):
        return None, [_anything(statement, effect, kind) for effect in _effects(kind)]
    statement = _members(statement, [(key, value) for key, value in statement.pairs if key.text != "Sid" or not isinstance(value, Unknown)])
    if not names_in([statement]):
        return statement, []
    effect = next((value for key, value in statement.pairs if key.text == "Effect"), None)
    if isinstance(effect, Unknown):
        return None, [w for e in _effects(kind) for w in _widened(_with_effect(statement, e), kind, certain=False)]
    return _narrowed(statement, kind), _widened(statement, kind)


def _any_of(option: Node, kind: PolicyKind) -> list[Node]:
    """What a statement says that may be there, or not."""
    certain, possible = _between(option, kind) if names_in([option]) else (option, [])
    return [*([certain] if certain is not None else []), *possible]


def _effects(kind: PolicyKind) -> tuple[str, ...]:
    return ("Deny",) if kind is PolicyKind.RCP else ("Allow", "Deny")


def _anything(place: Node, effect: str, kind: PolicyKind) -> Node:
    """A statement about everything and everyone, in the place of one of which nothing is known."""
    elements = {"Effect": effect, **({"Principal": "*"} if kind in _WITH_PRINCIPAL else {}), "Action": "*"}
    elements |= {} if kind is PolicyKind.TRUST else {"Resource": "*"}
    pairs: list[tuple[Scalar, Node]] = [(text_at(place, name), text_at(place, value)) for name, value in elements.items()]
    return Resolved(place.source, place.start, place.end, pairs)


def _narrowed(statement: Members, kind: PolicyKind) -> Node | None:
    """The statement with every unknown value taken so that it matches fewest requests; `None` where that is none at all."""
    pairs: list[tuple[Scalar, Node]] = []
    for key, value in statement.pairs:
        narrow: Node | None = value
        if key.text in _LISTS:
            narrow = narrowed_list(key.text, value)
        elif key.text == "Principal":
            narrow = principals_of(value, kind).known
        elif key.text == "NotPrincipal" and names_in([value]):
            narrow = None
        elif key.text == "Condition":
            narrow = narrowed_conditions(value)
        if narrow is None:
            return None
        pairs.append((key, narrow))
    return _members(statement, pairs)


def _widened(statement: Members, kind: PolicyKind, *, certain: bool = True) -> list[Node]:
    """Statements that together match whatever the statement might match; what is `certain` anyway may be left out."""
    pairs: list[tuple[Scalar, Node]] = []
    principals: Principals | None = None
    for key, value in statement.pairs:
        if key.text in _LISTS:
            pairs.append(widened_list(key, value))
        elif key.text == "Principal":
            principals = principals_of(value, kind)
            pairs.append((key, value))
        elif key.text == "NotPrincipal":
            rest = principals_of(value, kind).known
            pairs.append((key, rest) if rest is not None else (text_at(key, "Principal"), text_at(value, "*")))
        elif key.text == "Condition":
            wide = widened_conditions(value)
            pairs += [(key, wide)] if wide is not None else []
        else:
            pairs.append((key, value))
    if principals is None:
        return [_members(statement, pairs)]
    return [*_for_known(statement, pairs, principals, certain), *_for_unknown(statement, pairs, principals, kind)]


def _for_known(statement: Members, pairs: Sequence[tuple[Scalar, Node]], principals: Principals, certain: bool) -> list[Node]:
    """The widened statement for the principals that are known; none where that is certain, for nothing else of it is unknown."""
    others = [value for key, value in statement.pairs if key.text != "Principal"]
    if principals.known is None or (certain and not names_in(others)):
        return []
    known = principals.known
    return [_members(statement, [(key, known if key.text == "Principal" else value) for key, value in pairs])]


def _for_unknown(statement: Members, pairs: Sequence[tuple[Scalar, Node]], principals: Principals, kind: PolicyKind) -> list[Node]:
    """The widened statement for everyone whom an unknown principal might name."""
    found: list[Node] = []
    for limit in dict.fromkeys(principals.unknown):
        everyone = [(key, text_at(value, "*") if key.text == "Principal" else value) for key, value in pairs]
        limited = kind in (PolicyKind.KEY, PolicyKind.ENDPOINT, PolicyKind.TRUST)
        found.append(_members(statement, with_condition(everyone, statement, limit) if limit and limited else everyone))
    return found


def _with_effect(statement: Members, effect: str) -> Members:
    pairs = [(key, text_at(value, effect) if key.text == "Effect" else value) for key, value in statement.pairs]
    return _members(statement, pairs)


def _members(like: Members, pairs: Sequence[tuple[Scalar, Node]]) -> Members:
    return Resolved(like.source, like.start, like.end, list(pairs))


def _sid(statement: Node) -> Scalar | None:
    pairs = statement.pairs if isinstance(statement, Members) else []
    return next((value for key, value in pairs if key.text == "Sid" and isinstance(value, Scalar)), None)


def _without_sid(statement: Node) -> Node:
    if not isinstance(statement, Members):
        return statement
    return _members(statement, [(key, value) for key, value in statement.pairs if key.text != "Sid"])
