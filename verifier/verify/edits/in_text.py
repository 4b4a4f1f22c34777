"""Edits of a policy made in the text that holds it: comments, layout and everything else of the file stay.

In: the text of a JSON, YAML or `.tf` file, a policy that was read from it, the edits of a suggestion. Out: the text
with them.
Guarantee: the text is read again after each change; the elements that the edits change are what the edits say, and no
others are touched. What is not written out there (a reference, a function of CloudFormation, an alias of YAML, a
document inside a string) is a `NotLiteral`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from verifier.inputs.terraform.hcl_nodes import read_hcl
from verifier.inputs.text.files import CONFIGURATION, Files
from verifier.inputs.text.nodes import Items, Members, Node, Scalar
from verifier.model.policy import Policy
from verifier.model.results.explanation import EditShown
from verifier.syntax.source import NOWHERE, Source, Span

_Json = dict[str, Any]
_Step = str | int


class NotLiteral(ValueError):
    """The policy is not written out where an edit would change it."""


def edited(path: Path, text: str, policy: Policy, edits: Iterable[EditShown]) -> str:
    """The text of a file with the edits, each about the policy that those before it left. Raises `NotLiteral`."""
    document = _Document(path, text)
    at = [statement.span for statement in policy.statements]
    whole, first = document.statements(at)
    changes: dict[Span, tuple[_Json | None, _Json | None]] = {}
    added: list[_Json] = []
    for edit in edits:
        before, after = (None if shown is None else json.loads(shown) for shown in (edit.before, edit.after))
        if edit.span == NOWHERE and before is None and after is not None:
            added.append(after)
        else:
            changes[edit.span] = (changes.get(edit.span, (before,))[0], after)
    numbers = {span: number for number, span in enumerate(at)}
    for span, (before, after) in sorted(changes.items(), key=lambda change: -numbers.get(change[0], 0)):
        if span not in numbers or before is None:
            raise NotLiteral("an edit is of no statement of the file")
        if after is None:
            document.change(whole, partial(_without, number=numbers[span]))
        else:
            document.become([*whole, numbers[span]] if whole != first else whole, before, after)
    for statement in added:
        document.change(whole, partial(_with, hcl=document.is_hcl, name=None, value=statement))
    return document.text


class _Document:
    """A text that is changed step by step, and read again after each."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text, self.is_hcl = path, text, path.suffix in CONFIGURATION

    def root(self) -> Node:
        if self.is_hcl:
            return read_hcl(Source(str(self.path), self.text))
        return Files(given={self.path: self.text}).node(self.path)

    def statements(self, at: Sequence[Span]) -> tuple[list[_Step], list[_Step]]:
        """The way to the list of statements, and to the first one. Raises `NotLiteral`."""
        place = at[0].line, at[0].column
        found = [way for way, node in _ways(self.root(), []) if (node.span.line, node.span.column) == place]
        ways = [way for way in found if isinstance(_follow(self.root(), way), Members)]
        if len(ways) != 1 or ways[0] == [] or any(span.line == 0 for span in at):
            raise NotLiteral("the policy is not written out in the file, or in more than one place")
        (way,) = ways
        return (way[:-1] if isinstance(way[-1], int) else way), way

    def change(self, way: Sequence[_Step], made: Callable[[str, Node], str]) -> None:
        self.text = made(self.text, _follow(self.root(), way))

    def become(self, way: list[_Step], before: _Json, after: _Json) -> None:
        """Makes the object at the end of a way say `after`, which says `before`."""
        for name in dict.fromkeys((*after, *before)):  # what comes first, since something must be left
            if before.get(name) == after.get(name):
                continue
            node = _follow(self.root(), way)
            number = _number(node, name)
            if name not in after:
                self.change(way, partial(_without, number=number))
            elif name not in before:
                self.change(way, partial(_with, hcl=self.is_hcl, name=name, value=after[name]))
            else:
                self._value([*way, name], before[name], after[name])
            if name in after and _plain(_follow(self.root(), [*way, name])) != _one(after[name]):
                raise NotLiteral(f"`{name}` cannot be changed where it is written")

    def _value(self, way: list[_Step], before: object, after: object) -> None:
        node = _follow(self.root(), way)
        if isinstance(before, dict) and isinstance(after, dict) and isinstance(node, Members):
            self.become(way, before, after)
            return
        if _plain(node) != _one(before):
            raise NotLiteral(f"`{way[-1]}` is not written out")
        old, new = _several(before), _several(after)
        kept = [value for value in old if value in new]
        if not isinstance(node, Items) or not kept or new[: len(kept)] != kept:
            self.text = self.text[: node.start] + _flow(after, self.is_hcl) + self.text[node.end :]
            return
        for number in reversed([number for number, value in enumerate(old) if value not in new]):
            self.change(way, partial(_without, number=number))
        for value in new[len(kept) :]:
            self.change(way, partial(_with, hcl=self.is_hcl, name=None, value=value))


# -- what the tree says --


def _ways(node: Node, way: list[_Step]) -> Iterable[tuple[list[_Step], Node]]:
    """Every value with the way to it; what an alias repeats comes with each way."""
    yield way, node
    for step, inner in _inside(node):
        yield from _ways(inner, [*way, step])


def _inside(node: Node) -> list[tuple[_Step, Node]]:
    if isinstance(node, Members):
        return [(key.text, value) for key, value in node.pairs]
    return list(enumerate(node.items)) if isinstance(node, Items) else []


def _follow(node: Node, way: Iterable[_Step]) -> Node:
    """The value at the end of a way. Raises `NotLiteral` where it is not there, or is written elsewhere."""
    for step in way:
        inside = _inside(node)
        number = _number(node, step) if isinstance(step, str) else step
        if not 0 <= number < len(inside) or not node.start <= inside[number][1].start <= node.end:
            raise NotLiteral(f"`{step}` is not written out")
        node = inside[number][1]
    return node


def _number(node: Node, name: str) -> int:
    """Which member of an object is called so, whatever its case; -1 for none."""
    names = [str(step).lower() for step, _ in _inside(node)]
    return names.index(name.lower()) if names.count(name.lower()) == 1 else -1


def _plain(node: Node) -> object:
    """The value as plain data; a list of one value as the value."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Members):
        return {key.text: _plain(value) for key, value in node.pairs}
    return _one([_plain(value) for _, value in _inside(node)])


def _one(value: object) -> object:
    if isinstance(value, dict):
        return {name: _one(inner) for name, inner in value.items()}
    return _one(value[0]) if isinstance(value, list) and len(value) == 1 else value


def _several(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


# -- changes of the text --


def _is_flow(text: str, node: Node) -> bool:
    return text[node.start : node.start + 1] in ("{", "[")


def _starts(node: Node) -> list[int]:
    if isinstance(node, Members):
        return [key.start for key, _ in node.pairs]
    return [value.start for _, value in _inside(node)]


def _without(text: str, node: Node, number: int) -> str:
    """Without one member or item, which is not the only one."""
    starts, ends = _starts(node), [value.end for _, value in _inside(node)]
    if not 0 <= number < len(starts) or len(starts) == 1:
        raise NotLiteral("what goes is not written out, or all that there is")
    start, end = starts[number], ends[number]
    if _is_flow(text, node):
        (start, end) = (start, starts[number + 1]) if number + 1 < len(starts) else (ends[number - 1], end)
        return text[:start] + text[end:]
    line = _line_start(text, start)
    own = text[line:start].strip()
    if isinstance(node, Members) and own == "-" and number + 1 < len(starts):
        return text[:start] + text[starts[number + 1] :]
    if own != ("" if isinstance(node, Members) else "-"):
        raise NotLiteral("what goes shares its line")
    return text[:line] + text[_line_end(text, end) :].removeprefix("\n")


def _with(text: str, node: Node, *, name: str | None, value: object, hcl: bool) -> str:
    """With a further member, or a further item (`name` is `None`), behind the others."""
    starts, inside = _starts(node), _inside(node)
    if not starts or isinstance(node, Members) != (name is not None):
        raise NotLiteral("there is nothing to put it behind")
    column, end = starts[0] - _line_start(text, starts[0]), inside[-1][1].end
    if _is_flow(text, node):
        lines = "\n" in text[node.start : starts[0]]
        entry = _flow(value, hcl, lines) if name is None else _member(name, value, hcl, lines)
        if not lines:
            return f"{text[:end]}, {entry}{text[end:]}"
        line = _line_end(text, end)
        rest = text[end:line]
        if rest.lstrip().startswith(","):
            return f"{text[:line]}{_indented(entry, column)},{text[line:]}"
        if rest.strip() and not rest.lstrip().startswith(("#", "//")):
            line, rest = end, ""
        return f"{text[:end]},{rest}{_indented(entry, column)}{text[line:]}"
    added = [value] if name is None else {name: value}
    shown = yaml.safe_dump(added, sort_keys=False, allow_unicode=True, width=1 << 20)
    if name is None:
        column = text[: starts[0]].rindex("-") - _line_start(text, starts[0])
    end = _line_end(text, end)
    return text[:end] + _indented(shown.rstrip("\n"), column) + text[end:]


def _flow(value: object, hcl: bool, lines: bool = False) -> str:
    """A value in braces and brackets, with a line for each member where it has `lines`."""
    if not hcl or not isinstance(value, dict):
        shown = json.dumps(value, indent=2 if lines and isinstance(value, dict) else None, ensure_ascii=False)
        return shown.replace("${", "$${").replace("%{", "%%{") if hcl else shown
    members = [_member(name, inner, hcl, lines) for name, inner in value.items()]
    return "{" + _indented("\n".join(members), 2) + "\n}" if lines else "{ " + ", ".join(members) + " }"


def _member(name: str, value: object, hcl: bool, lines: bool) -> str:
    shown = name if hcl and name.isidentifier() else json.dumps(name, ensure_ascii=False)
    return f"{shown} = {_flow(value, hcl, lines)}" if hcl else f"{shown}: {_flow(value, hcl, lines)}"


def _indented(entry: str, column: int) -> str:
    return "".join(f"\n{' ' * column}{line}" for line in entry.split("\n"))


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, end: int) -> int:
    """The end of the line on which the characters before `end` stop; a comment behind them is on it."""
    found = text.find("\n", len(text[:end].rstrip()))
    return len(text) if found < 0 else found
