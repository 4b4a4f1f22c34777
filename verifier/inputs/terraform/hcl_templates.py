"""The values of templates, and of files: of heredocs, `file` and `templatefile`.

In: the parts of a template, and what evaluates the expressions in it. Out: a text; `None` where a directive is not
carried out. Guarantee: a directive is carried out where its condition, or its collection and the order of that, is
known. [HCL native syntax: Templates]
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from verifier.inputs.terraform import hcl_kinds as kinds
from verifier.inputs.terraform import hcl_tree as trees
from verifier.inputs.terraform.documents import with_places
from verifier.inputs.terraform.hcl_tree import Tree
from verifier.inputs.text.nodes import Members, Node, Scalar, nodes_in
from verifier.inputs.text.open_json import PlacedText, aligned, is_unquoted, placed_source, read_open_json
from verifier.inputs.text.unknown import Embedded, UnknownNode, names_in, said_by, text_pieces
from verifier.syntax.source import Source
from verifier.syntax.text import printable

if TYPE_CHECKING:
    from verifier.inputs.terraform.hcl_evaluator import Evaluator

_Parts = Sequence[tuple[str, str]]
_POLICY = '"Statement"'
"""What the text of a policy has."""
_FORM = re.compile("(?:[^%]|%s)*")
"""What `format` is given that only puts its other arguments into a text."""


def of_file(own: Evaluator, tree: Tree, name: str, arguments: Sequence[Tree]) -> Node | None:
    """The text of a file, or what `templatefile` makes of it: a template that refers to its variables alone."""
    base, rest = trees.path_parts(arguments[0])
    (named,) = own.compared(own.joined(tree, rest) or own.unknown(tree))
    below = named.text if isinstance(named, Scalar) and kinds.is_text(named) else ""
    path = trees.path_below(base, below)
    if own.read is None or path is None:
        return None
    source = own.read(*path)
    if source is None:
        return UnknownNode(own.at(tree), [printable(f'{name}("{base}{below}") (a file that is not read)')])
    if len(arguments) == 1:
        found = kinds.text_value(own.at(tree), source.text)
        return Embedded(*_at(found), source) if found.text == source.text and _POLICY in source.text else found
    variables = kinds.object_of(own.get(arguments[1]))
    made = None if variables is None else rendered(own, tree, source, variables)
    return None if made is None else said_by(made, own.at(tree).written)


def rendered(own: Evaluator, tree: Tree, source: Source, variables: Members) -> Node | None:
    """What is made of a template that refers to its variables alone; an expression by itself keeps its type, and is
    known if that is a text. Raises `FailsError`."""
    unknown, text = own.unknown(tree, [variables]), source.text
    bound = {key.text: value for key, value in variables.pairs}
    inner, parts = replace(own, refer=lambda _, __: unknown, bound=bound, read=None), trees.template_parts(text)
    written = [part for part in parts or () if part[0]]
    if [sign for _, sign in written] != ["$"]:
        return filled(inner, tree, parts, Node(source, 0, len(text)))
    expression = trees.parse_expression(written[0][0])
    found = None if expression is None else inner.get(expression)
    return found if found is not None and kinds.is_text(found) else None


def heredoc(own: Evaluator, tree: Tree) -> Node | None:
    """The value of a heredoc. Raises `FailsError`."""
    written, at = str(tree.children[0]), own.at(tree)
    parts = trees.heredoc_parts(written)
    if parts is None or not own.source.text.startswith(written.rstrip("\n"), at.start):
        return filled(own, tree, parts)
    return filled(own, tree, parts, Node(at.source, at.start + written.index("\n"), at.start + len(written)))


def filled(own: Evaluator, tree: Tree, parts: _Parts | None, at: Node | None = None) -> Node | None:
    """The parts of a template, put together; `at` is where they stand. Raises `FailsError`."""
    found, position = list[Node](), 0
    if parts is None or not own.allows(1, own.depth):
        return None
    places = None if at is None else aligned(at, [f"{sign}{{{part}}}" if sign else part for part, sign in parts])
    while position < len(parts):
        text, sign = parts[position]
        expression = trees.parse_expression(trees.expression_in(text, sign)) if sign else None
        if sign and expression is None:
            return None
        if sign == "%":
            position, values = _directed(own, tree, expression, parts, position)
            if values is None:
                return None
            found += (said_by(value, text) for value in values)
        else:
            literal = kinds.text_value(own.at(tree), text)
            if at is not None and places is not None and literal.text == text:
                literal = PlacedText(at, text, places[position])
            found.append(literal if expression is None else said_by(own.get(expression), text))
        position += 1
    return assembled(own, tree, found)


def assembled(own: Evaluator, tree: Tree, values: Sequence[Node]) -> Node | None:
    """Values put together as a text; a policy has the places of what is written, and is an object if some of it is not
    known. `None` where it is too long. Raises `FailsError`."""
    found = kinds.concatenated(own.at(tree), values)
    if found is None or not any(_POLICY in (piece or "") for piece in text_pieces(found)):
        return found
    placed = next((value for value in values if isinstance(value, PlacedText)), None)
    if isinstance(found, UnknownNode):
        return _open_policy(own, placed or own.at(tree), found, has_places=placed is not None)
    if placed is None:
        return found
    known = [value for value in values if isinstance(value, Scalar)]
    source = placed_source(placed, known, [value.text for value in known])
    return Embedded(*_at(placed), source) if isinstance(found, Scalar) and source.text == found.text else found


def _open_policy(own: Evaluator, at: Node, text: UnknownNode, *, has_places: bool) -> Node:
    """A policy of which parts are not known, as the object that it is whatever they are; else the text as it is."""
    document, references = read_open_json(at, text.parts) or (None, [])
    if not isinstance(document, Members):
        return text
    own.unquoted(names_in(references))
    policy = kinds.JsonText(*_at(document), document.pairs)
    return policy if has_places else with_places(f"{own.source.name}#{own.own}", policy)


def _at(node: Node) -> tuple[Source, int, int]:
    return node.source, node.start, node.end


def makes_no_quotes(name: str, given: Sequence[Node]) -> bool:
    """True iff what a function makes has no quotation mark and no backslash if its unknown arguments have none."""
    if name in ("format", "formatlist") and not _FORM.fullmatch(getattr(given[0], "text", "%q") if given else "%q"):
        return False
    return name not in ("jsondecode", "jsonencode", "yamldecode") and all(map(is_without_quotes, given))


def is_without_quotes(node: Node) -> bool:
    """True iff a value has no quotation mark and no backslash if what references are to has none; JSON has some."""
    return is_unquoted(node) and not any(isinstance(inner, kinds.JsonText) for inner in nodes_in(node))


def _directed(
    own: Evaluator, tree: Tree, expression: Tree, parts: _Parts, start: int
) -> tuple[int, Sequence[Node] | None]:
    """Where the directive ends that begins at a position, and what it makes."""
    own, (middle, end) = replace(own, depth=own.depth + 1), _ends(parts, start)
    first, second, loop = parts[start + 1 : middle], parts[middle + 1 : end], trees.unwrapped(expression)
    if end and _word(parts[start]) == "if":
        holds = kinds.truth_value(own.get(expression))
        taken = None if holds is None else filled(own, tree, first if holds else second)
        return end, None if taken is None else [taken]
    made = None
    if end and trees.tree_rule(loop) == "for_tuple_expr":
        made = own.looped(loop, lambda inner: filled(inner, tree, first) or own.unknown(tree))
    return end, None if made is None or made[1] else [value for _, value in made[0]]


def _ends(parts: _Parts, start: int) -> tuple[int, int]:
    """Where the `else` of a directive is, or else its end, and its end; zeros where it has none."""
    open_, middle = list[str](), 0
    for position in range(start, len(parts)):
        word = _word(parts[position])
        if word in ("if", "for"):
            open_.append(word)
        elif word == "else" and open_ == ["if"] and not middle:
            middle = position
        elif word == "else" and open_[1:] and open_[-1] == "if":
            continue  # of a directive inside
        elif word and word != f"end{open_.pop()}":
            break
        if not open_:
            return middle or position, position
    return 0, 0


def _word(part: tuple[str, str]) -> str:
    """The name of a directive that begins something, or another one whole; empty for another part."""
    text, sign = part
    first = text.split(maxsplit=1)[:1]
    return "" if sign != "%" else first[0] if first in (["if"], ["for"]) else text.strip() or "%"
