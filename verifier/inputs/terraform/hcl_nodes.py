"""Objects, lists and texts that a `.tf` file writes out, as nodes with their places.

In: the source of a file. Out: a `Node`: a list of what stands in each block, call and other expression, down to
objects, lists and texts.
Guarantee: a value that is not written out (a reference, a text with something to interpolate) is a plain scalar of how
it is written.
"""

from __future__ import annotations

from verifier.inputs.terraform.hcl_tree import Tree, literal_of, parse_body, tree_parts, tree_rule, unwrapped, word_of
from verifier.inputs.text.nodes import Items, Members, Node, Scalar
from verifier.syntax.source import Source


def read_hcl(source: Source) -> Node:
    """The values of a file; none where python-hcl2 cannot read it."""
    tree = parse_body(source.text)
    return Items(source, 0, len(source.text), []) if tree is None else _node(source, tree)


def _node(source: Source, tree: Tree) -> Node:
    tree = unwrapped(tree)
    start, end = _place(tree)
    if tree_rule(tree) == "object":
        pairs = [tree_parts(element) for element in tree_parts(tree) if tree_rule(element) == "object_elem"]
        return Members(source, start, end, [(_name(source, key), _node(source, value)) for key, value in pairs])
    text = literal_of(tree) if tree_rule(tree) == "string" else None
    if text is not None:
        return Scalar(source, start, end, text, "string")
    if not tree_parts(tree):
        return Scalar(source, start, end, source.text[start:end], "plain")
    return Items(source, start, end, [_node(source, part) for part in tree_parts(tree)])


def _name(source: Source, key: Tree) -> Scalar:
    start, end = _place(key)
    (inner,) = tree_parts(key)
    return Scalar(source, start, end, word_of(inner) or literal_of(inner) or source.text[start:end], "string")


def _place(tree: Tree) -> tuple[int, int]:
    return getattr(tree.meta, "start_pos", 0), getattr(tree.meta, "end_pos", 0)
