"""Statements with unknown parts, between a statement that says less and statements that say more.

In: a policy document in which values are `Unknown`. Out: a document without any, and which of its statements are in
doubt.
Guarantee: whatever the unknown values are, the document says at least what its certain statements say, and at most what
those say together with the statements in doubt (S1: nothing is dropped, nothing is widened without a symbol for it).

A statement S becomes at most one certain statement, S with every unknown listed value taken in the way that matches
fewest requests, and statements in doubt that match all that S might. One symbol decides for all of these: for every
request and every value of the unknown parts some value of it decides as S does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from verifier.inputs.doubt_elements import changed_conditions, changed_list, principals_of, with_condition
from verifier.inputs.text.nodes import Members, Node, Scalar, listing, member, text_at, values_of
from verifier.inputs.text.unknown import Unknown, content, names_in, replaced, resolved
from verifier.model.policy import PolicyKind

_LISTS = ("Action", "NotAction", "Resource", "NotResource")
_WITH_PRINCIPAL = (PolicyKind.KEY, PolicyKind.ENDPOINT, PolicyKind.RCP, PolicyKind.TRUST)


@dataclass(frozen=True)
class Doubt:
    """The statement at `index` of the rewritten document stands for what the one at `original`, with this `sid`, might
    say. `names` say what is not known; `said` tells one that says something else, or of other things."""

    index: int
    original: int
    sid: Scalar | None
    names: tuple[str, ...]
    said: object


def without_unknowns(document: Members, kind: PolicyKind) -> tuple[Members, list[Doubt]]:
    """The document with every statement that has unknown parts replaced, and its statements in doubt. A statement keeps
    its index as long as it can."""
    pairs: list[tuple[Scalar, Node]] = []
    doubts: list[Doubt] = []
    for key, value in document.pairs:
        if key.text == "Statement":
            statements, found = _statements(value, kind)
            doubts += found
            pairs.append((key, listing(value, statements)))
        elif not isinstance(value, Unknown):
            pairs.append((key, value))
    return resolved(document, pairs), doubts


def _statements(value: Node, kind: PolicyKind) -> tuple[list[Node], list[Doubt]]:
    given = values_of(value)
    kept: list[Node] = []
    further: list[Node] = []
    doubts: list[Doubt] = []
    for index, statement in enumerate(given):
        names, sid = names_in([statement]), member(statement, "Sid")
        doubt = partial(
            Doubt, original=index, sid=sid if isinstance(sid, Scalar) else None, names=names, said=content(statement)
        )
        certain, possible = _between(statement, kind) if names else (None, [])
        if certain is None and possible:
            certain = possible.pop(0)
            doubts.append(doubt(index))
        kept.append(certain if certain is not None else statement)
        for other in possible:
            doubts.append(doubt(len(given) + len(further)))
            further.append(replaced(other, "Sid", None))
    return [*kept, *further], doubts


def _between(statement: Node, kind: PolicyKind) -> tuple[Members | None, list[Members]]:
    """A statement that certainly applies, if there is one, and those that together cover what might."""
    if isinstance(statement, Unknown) and statement.options is not None:
        options = [option for option in statement.options if isinstance(option, Members)]
        if len(options) == len(statement.options):
            said = [_between(option, kind) for option in options]
            return None, [found for certain, possible in said for found in (certain, *possible) if found is not None]
    if not isinstance(statement, Members):
        return None, [_anything(statement, effect, kind) for effect in _effects(kind)]
    statement = replaced(statement, "Sid", None) if isinstance(member(statement, "Sid"), Unknown) else statement
    effect = member(statement, "Effect")
    if not names_in([statement]):
        return statement, []
    if isinstance(effect, Unknown):
        either = [replaced(statement, "Effect", text_at(effect, each)) for each in _effects(kind)]
        return None, [possible for each in either for possible in _widened(each, kind, certain=False)]
    return _narrowed(statement, kind), _widened(statement, kind)


def _effects(kind: PolicyKind) -> tuple[str, ...]:
    return ("Deny",) if kind is PolicyKind.RCP else ("Allow", "Deny")


def _anything(place: Node, effect: str, kind: PolicyKind) -> Members:
    """A statement about everything and everyone, in the place of one of which nothing is known."""
    elements = {"Effect": effect, **({"Principal": "*"} if kind in _WITH_PRINCIPAL else {}), "Action": "*"}
    elements |= {} if kind is PolicyKind.TRUST else {"Resource": "*"}
    return resolved(place, [(text_at(place, name), text_at(place, value)) for name, value in elements.items()])


def _element(key: Scalar, value: Node, kind: PolicyKind, *, wide: bool) -> tuple[Scalar, Node] | None:
    """An element of a statement, so that it matches most requests if `wide`, else fewest; `None` where it is left out,
    or matches none. Whom an unknown principal might name is for `_widened` to say."""
    found: Node | None = value
    if key.text in _LISTS:
        return changed_list(key, value, wide=wide)
    if key.text == "Condition":
        found = changed_conditions(value, wide=wide)
    elif key.text == "Principal" and not wide:
        found, _ = principals_of(value, kind)
    elif key.text == "NotPrincipal" and (wide or names_in([value])):
        found = principals_of(value, kind)[0] if wide else None
        if wide and found is None:
            return text_at(key, "Principal"), text_at(value, "*")
    return None if found is None else (key, found)


def _narrowed(statement: Members, kind: PolicyKind) -> Members | None:
    """The statement with every unknown value taken so that it matches fewest requests; `None` where that is none at
    all."""
    pairs = [_element(key, value, kind, wide=False) for key, value in statement.pairs]
    return None if None in pairs else resolved(statement, filter(None, pairs))


def _widened(statement: Members, kind: PolicyKind, *, certain: bool = True) -> list[Members]:
    """Statements that together match whatever the statement might match; what is `certain` anyway may be left out."""
    pairs = filter(None, (_element(key, value, kind, wide=True) for key, value in statement.pairs))
    whole, named = resolved(statement, pairs), member(statement, "Principal")
    if named is None:
        return [whole]
    (sure, limits), everyone = principals_of(named, kind), replaced(whole, "Principal", text_at(named, "*"))
    # The principals that are known are in the certain statement if nothing else of it is unknown.
    is_certain = certain and not names_in([value for key, value in statement.pairs if key.text != "Principal"])
    known = [] if sure is None or is_certain else [replaced(whole, "Principal", sure)]
    limited = kind in (PolicyKind.KEY, PolicyKind.ENDPOINT, PolicyKind.TRUST)
    distinct = dict.fromkeys(limits)
    return [*known, *(with_condition(everyone, one) if one and limited else everyone for one in distinct)]
