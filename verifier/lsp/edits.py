"""Edits of statements as changes of the text in which they are written.

In: the tree of a document; a statement before and after, as `lint` and `suggest` tell it. Out: `Replacement`s. Guarantee: what an edit
does not change keeps its characters; where the text does not say literally what the statement was before (a function of a template, a
parameter), there is no edit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from verifier.inputs.text.nodes import Items, Members, Node, Scalar, member, nodes_in
from verifier.model.results.explanation import EditShown
from verifier.syntax.source import Span


@dataclass(frozen=True)
class Replacement:
    """The characters from `start` to `end` (exclusive) of a document become `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Edit:
    """Replacements that belong together, and what they do, in a sentence."""

    title: str
    replacements: tuple[Replacement, ...] = field(default=())


class NoEdit(Exception):
    """The text does not say literally what is to be changed."""


def statement_edit(tree: Node, span: Span, before: dict[str, Any], after: dict[str, Any]) -> tuple[Replacement, ...]:
    """What makes the statement at a span another one. Raises `NoEdit`."""
    return tuple(_changed(_at(tree, span), before, after))


def policy_edit(tree: Node, edits: Iterable[EditShown]) -> tuple[Replacement, ...]:
    """What makes all edits of one policy. Raises `NoEdit`."""
    ends: dict[Span, tuple[str, str | None]] = {}
    added: list[str] = []
    for edit in edits:
        if edit.before is None and edit.after is not None:
            added.append(edit.after)
        elif edit.before is None or (edit.span in ends and edit.before != ends[edit.span][1]):
            raise NoEdit
        else:
            ends[edit.span] = (ends.get(edit.span, (edit.before,))[0], edit.after)
    found: list[Replacement] = []
    for span, (first, last) in ends.items():
        statement = _at(tree, span)
        if last is not None:
            found += _changed(statement, json.loads(first), json.loads(last))
        else:
            found.append(_without(statement, _list_of(tree, statement)))
    for text in added:
        found.append(_with(_statements(tree), json.loads(text)))
    return tuple(sorted(found, key=lambda one: one.start))


# --- the places of things ---


def _at(tree: Node, span: Span) -> Members:
    """The object at a span. A statement may stand alone, without a list."""
    found = next((node for node in nodes_in(tree) if isinstance(node, Members) and node.span == span), None)
    if found is None:
        raise NoEdit
    return found


def _list_of(tree: Node, node: Node) -> Items:
    found = next((items for items in nodes_in(tree) if isinstance(items, Items) and any(one is node for one in items.items)), None)
    if found is None or len(found.items) == 1:
        raise NoEdit
    return found


def _statements(tree: Node) -> Items:
    """The only list of statements of a document."""
    found = [member(node, "Statement") for node in nodes_in(tree) if isinstance(node, Members) and node.has("Statement")]
    if len(found) != 1 or not isinstance(found[0], Items) or not found[0].items:
        raise NoEdit
    return found[0]


def _flow(node: Node) -> bool:
    """Whether an object or list is written in brackets."""
    return node.source.text[node.start] in "{["


# --- changes ---


def _changed(node: Members, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Replacement]:
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        value = member(node, name)
        if new is None:
            yield _without_member(node, name, old)
        elif old is None:
            yield _with_member(node, name, new)
        elif value is None or _plain(value) != _normal(old):
            raise NoEdit
        else:
            yield Replacement(value.start, value.end, _written(value, new))


def _without_member(node: Members, name: str, old: Any) -> Replacement:
    number = next((number for number, (key, _) in enumerate(node.pairs) if key.text == name), None)
    if number is None or len(node.pairs) == 1 or _plain(node.pairs[number][1]) != _normal(old):
        raise NoEdit
    key, value = node.pairs[number]
    if number:
        return Replacement(node.pairs[number - 1][1].end, value.end, "")
    return Replacement(key.start, node.pairs[1][0].start, "")


def _with_member(node: Members, name: str, new: Any) -> Replacement:
    first, last = node.pairs[0][0], node.pairs[-1][1]
    at, text = last.end, node.source.text
    if _flow(node):
        before = text[: first.start]
        space = before[len(before.rstrip()) :]
        between = f",{space if space else ' '}"
        return Replacement(at, at, f"{between}{json.dumps(name)}: {_json(new, _indent(text, first.start), bool(space.strip(' ')))}")
    return Replacement(at, at, f"\n{' ' * _column(text, first.start)}{name}: {json.dumps(new, ensure_ascii=False)}")


def _without(node: Node, items: Items) -> Replacement:
    number = next(number for number, one in enumerate(items.items) if one is node)
    text = node.source.text
    if number:
        return Replacement(items.items[number - 1].end, node.end, "")
    following = items.items[1].start
    if _flow(items):
        return Replacement(node.start, following, "")
    return Replacement(text.rindex("-", 0, node.start), text.rindex("-", 0, following), "")


def _with(items: Items, new: Any) -> Replacement:
    text, last = items.source.text, items.items[-1]
    at = last.end
    if _flow(items):
        before = text[: last.start]
        space = before[len(before.rstrip()) :] or " "
        return Replacement(at, at, f",{space}{_json(new, _indent(text, last.start), chr(10) in text[last.start : at])}")
    dash = text.rindex("-", 0, last.start)
    return Replacement(at, at, f"\n{' ' * _column(text, dash)}- {json.dumps(new, ensure_ascii=False)}")


# --- values ---


def _written(place: Node, new: Any) -> str:
    text = place.source.text
    return _json(new, _indent(text, place.start), _flow(place) and "\n" in text[place.start : place.end])


def _json(value: Any, indent: str, over_lines: bool) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=2 if over_lines else None)
    return text.replace("\n", "\n" + indent)


def _indent(text: str, offset: int) -> str:
    """The white space at the beginning of a line."""
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    return line[: len(line) - len(line.lstrip())]


def _column(text: str, offset: int) -> int:
    return offset - (text.rfind("\n", 0, offset) + 1)


def _plain(node: Node) -> Any:
    """What a node says, as `_normal` has it."""
    match node:
        case Scalar():
            return (node.text,)
        case Items():
            found = [_plain(item) for item in node.items]
            return tuple(one[0] if isinstance(one, tuple) and len(one) == 1 else one for one in found)
        case Members():
            return {key.text: _plain(value) for key, value in node.pairs}
    raise NoEdit


def _normal(value: Any) -> Any:
    """A value in which one text is a list of it (L2)."""
    match value:
        case dict():
            return {key: _normal(inner) for key, inner in value.items()}
        case list():
            return tuple(value)
    return (value,)
